package etl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// samplesDir gives the folder of real and composed traces, or skips.
func samplesDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			break
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up
			continue
		}
		t.Skip("samples not present: no module root")
	}
	samples := filepath.Join(dir, "..", "shared", "samples")
	if _, err := os.Stat(samples); err != nil {
		t.Skip("samples not present: ../shared/samples")
	}
	return samples
}

func openBytes(t testing.TB, b []byte, o *Options) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// walkAll walks r, checks what is true of every file, and gives the stats.
func walkAll(t testing.TB, r *Reader, size int64) (Stats, []*FormatError) {
	t.Helper()
	var faults []*FormatError
	var yielded int
	var lost int64
	// No file holds more events than 8-byte units, packed or not.
	limit := size + freeUnpack/minEventSize + maxRatio*size/minEventSize
	for e, err := range r.Events() {
		if limit--; limit < 0 {
			t.Fatalf("the walk does not end in a file of %d bytes", size)
		}
		if err != nil {
			fe, ok := err.(*FormatError)
			if !ok || CodeText(fe.Code) == "" || fe.Length < 0 || fe.Offset < 0 || fe.Offset+fe.Length > size {
				t.Fatalf("damage record %#v in a file of %d bytes", err, size)
			}
			lost += fe.Length
			faults = append(faults, fe)
			continue
		}
		if e.Kind == KindUnknown || e.Offset < 0 || e.Offset >= size {
			t.Fatalf("event %+v in a file of %d bytes", e, size)
		}
		yielded++
	}
	s := r.Stats()
	if sum := s.HeaderBytes + s.EventBytes + s.PaddingBytes + s.DiagnosedBytes; sum != size ||
		min(s.HeaderBytes, s.EventBytes, s.PaddingBytes, s.DiagnosedBytes) < 0 {
		t.Fatalf("bytes told %d+%d+%d+%d = %d of %d", s.HeaderBytes, s.EventBytes, s.PaddingBytes, s.DiagnosedBytes, sum, size)
	}
	if lost != s.DiagnosedBytes {
		t.Fatalf("damage records say %d bytes, the stats %d", lost, s.DiagnosedBytes)
	}
	counted := 0
	for _, n := range s.Counts {
		counted += n
	}
	if counted != s.Events || (!r.filter && yielded != s.Events) {
		t.Fatalf("%d events in the counts, %d in all, %d yielded", counted, s.Events, yielded)
	}
	return s, faults
}

// keyName writes a key as the independent reader of the samples does.
func keyName(k EventKey) string {
	switch k.Kind {
	case KindEvent:
		return fmt.Sprintf("%s/%d/v%d", k.Provider, k.ID, k.Version)
	case KindFull, KindInstance:
		return fmt.Sprintf("%s/op%d/v%d", k.Provider, k.Opcode, k.Version)
	case KindMessage:
		return fmt.Sprintf("wpp:%s/%d", k.Provider, k.ID)
	}
	return fmt.Sprintf("hook:0x%04x/v%d", k.Hook, k.Version)
}

type expectedTrace struct {
	Header struct {
		SysTime           int64 `json:"sys_time"`
		BufferSize        uint32
		Version           string
		ProviderVersion   uint32
		Processors        uint32 `json:"NumberOfProcessors"`
		EndTimeRaw        FileTime
		TimerResolution   uint32
		MaximumFileSizeMB uint32
		LogFileModeInt    uint32
		BuffersWritten    uint32
		StartBuffers      uint32
		PointerSize       uint32
		EventsLost        uint32
		CPUSpeed          uint32 `json:"CpuSpeedInMHz"`
		TZ                struct {
			Bias, StandardBias, DaylightBias int32
			StandardName, DaylightName       string
		}
		PerfFreq     int64
		StartTimeRaw FileTime
		Clock        uint32 `json:"ReservedFlags_ClockType"`
		BuffersLost  uint32
		LoggerName   string
		BootTime     string
		StartTime    string
		EndTime      string
		Compression  uint16 `json:"CompressionFormatFromFirstBufferState"`
	}
	Buffers    int            `json:"buffers"`
	Compressed int            `json:"compressed_buffers"`
	Events     int            `json:"events"`
	Counts     map[string]int `json:"counts"`
	Bytes      int64          `json:"file_bytes"`
	MinRaw     int64          `json:"ts_min_raw"`
	MaxRaw     int64          `json:"ts_max_raw"`
}

// micros is how the independent reader prints a time; null is none.
func micros(f FileTime) string {
	if f == 0 {
		return ""
	}
	return f.Time().Format("2006-01-02T15:04:05.000000Z")
}

// got puts what the Reader found into the independent reader's words.
func (e *expectedTrace) got(h Header, s Stats) {
	x := &e.Header
	x.SysTime, x.BufferSize, x.ProviderVersion, x.Processors = h.T0, h.BufferSize, h.Build, h.Processors
	x.Version = fmt.Sprintf("%d.%d.%d.%d", h.VersionMajor, h.VersionMinor, h.VersionSub, h.VersionSubMinor)
	x.EndTimeRaw, x.TimerResolution, x.MaximumFileSizeMB = h.EndTime, h.TimerResolution, h.MaximumFileSize
	x.LogFileModeInt, x.BuffersWritten, x.StartBuffers = h.LogFileMode, h.BuffersWritten, h.StartBuffers
	x.PointerSize, x.EventsLost, x.CPUSpeed = h.PointerSize, h.EventsLost, h.CPUSpeedMHz
	x.TZ.Bias, x.TZ.StandardBias, x.TZ.DaylightBias = h.Bias, h.StandardBias, h.DaylightBias
	x.TZ.StandardName, x.TZ.DaylightName = h.StandardName, h.DaylightName
	x.PerfFreq, x.StartTimeRaw, x.Clock, x.BuffersLost = h.PerfFreq, h.StartTime, h.Clock, h.BuffersLost
	x.LoggerName, x.Compression = h.LoggerName, h.Compression
	x.BootTime, x.StartTime, x.EndTime = micros(h.BootTime), micros(h.StartTime), micros(h.EndTime)
	e.Buffers, e.Compressed, e.Events = s.Buffers, s.CompressedBuffers, s.Events
	e.Counts = map[string]int{}
	for k, n := range s.Counts {
		e.Counts[keyName(k)] += n
	}
}

// Proves that header, buffers, counts and the span of time of every real trace
// are what a reader that shares no code with this one found.
func TestRealTracesAgreeWithIndependentReader(t *testing.T) {
	dir := samplesDir(t)
	files, _ := filepath.Glob(filepath.Join(dir, "etl", "expected", "*.counts.json"))
	if len(files) == 0 {
		t.Skip("samples not present: etl/expected")
	}
	if real, _ := filepath.Glob(filepath.Join(dir, "etl", "real", "*.etl")); len(real) != len(files) {
		t.Errorf("%d traces, but %d expectations", len(real), len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".counts.json")
		t.Run(name, func(t *testing.T) {
			var want, got expectedTrace
			if err := json.Unmarshal(readSample(t, file), &want); err != nil {
				t.Fatal(err)
			}
			data := readSample(t, filepath.Join(dir, "etl", "real", name+".etl"))
			if !Sniff(data[:min(len(data), 64<<10)]) {
				t.Error("Sniff says no")
			}
			r := openBytes(t, data, nil)
			s, faults := walkAll(t, r, int64(len(data)))
			if len(faults) > 0 || s.DiagnosedBytes != 0 {
				t.Errorf("damage in a good file: %v", faults)
			}
			got.got(r.Header(), s)
			got.Bytes = int64(len(data))
			got.MinRaw, got.MaxRaw = checkSpan(t, r)
			if r.Header().LogFileMode&modeCompressed == 0 {
				want.Header.Compression = 0
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if s.Truncated || s.Wrapped || s.SequenceGaps != 0 || s.Unfinalised != (name == "wpp-unfinalised") ||
				s.LostEvents != int(want.Header.EventsLost) || s.LostBuffers != int(want.Header.BuffersLost) {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// checkSpan tests First and Last, and gives the span of raw time as the
// independent reader has it: without the kernel's events, of which the header
// is one, but with metadata that are stamped with the start.
func checkSpan(t *testing.T, r *Reader) (low, high int64) {
	t.Helper()
	low, high = math.MaxInt64, math.MinInt64
	first, last := low, high
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind != KindSystem && e.Kind != KindPerfInfo {
			low, high = min(low, e.RawTime), max(high, e.RawTime)
		}
		if e.RawTime != r.Header().T0 {
			first, last = min(first, e.RawTime), max(last, e.RawTime)
		}
	}
	s := r.Stats()
	if first > last {
		if s.First != 0 || s.Last != 0 {
			t.Errorf("first %d last %d without an event", s.First, s.Last)
		}
	} else if s.First != r.clock.fileTime(first) || s.Last != r.clock.fileTime(last) {
		t.Errorf("first %d last %d, want %d %d", s.First, s.Last, r.clock.fileTime(first), r.clock.fileTime(last))
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// Proves that the traces of the bundles hold the events that their writer says.
func TestComposedTracesAgreeWithTruth(t *testing.T) {
	dir := samplesDir(t)
	files, _ := filepath.Glob(filepath.Join(dir, "bundles", "*", "Server.etl"))
	if len(files) == 0 {
		t.Skip("samples not present: bundles")
	}
	for _, file := range files {
		folder := filepath.Dir(file)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			data := readSample(t, file)
			var truth struct{ Events int }
			if err := json.Unmarshal(readSample(t, folder+".truth.json"), &truth); err != nil {
				t.Fatal(err)
			}
			if truth.Events == 0 {
				t.Fatal("the truth has no events")
			}
			r := openBytes(t, data, nil)
			s, faults := walkAll(t, r, int64(len(data)))
			// The truth counts what its writer put in; the relogger's own events
			// are of the other kinds.
			written := 0
			for k, n := range s.Counts {
				if k.Kind == KindEvent {
					written += n
				}
			}
			if len(faults) > 0 || written != truth.Events {
				t.Errorf("%d events, want %d; damage %v", written, truth.Events, faults)
			}
			last := int64(math.MinInt64)
			for e := range r.Events() {
				if e.RawTime < last {
					t.Fatalf("event at %#x falls back in time", e.Offset)
				}
				last = e.RawTime
			}
			again := r.Stats()
			if !maps.Equal(again.Counts, s.Counts) {
				t.Error("a second walk counts otherwise")
			}
		})
	}
}
