package etlgen

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"portverdict/etl"
)

// listing reads b to its end and lists what the reader says, a line a fact.
func listing(t *testing.T, b []byte) string {
	t.Helper()
	var out strings.Builder
	r, err := etl.NewReader(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		listDamage(t, &out, err)
		return out.String()
	}
	listHeader(&out, r.Header())
	for e, err := range r.Events() {
		if err != nil {
			listDamage(t, &out, err)
			continue
		}
		listEvent(&out, &e)
	}
	s := r.Stats()
	listStats(&out, &s)
	if sum := s.HeaderBytes + s.EventBytes + s.PaddingBytes + s.DiagnosedBytes; sum != int64(len(b)) {
		t.Errorf("the bytes add up to %d of %d", sum, len(b))
	}
	return out.String()
}

func listHeader(out *strings.Builder, h etl.Header) {
	fmt.Fprintf(out, "header version=%d.%d.%d.%d build=%d cpus=%d pointer=%d buffersize=%#x mode=%#x written=%d compression=%d\n",
		h.VersionMajor, h.VersionMinor, h.VersionSub, h.VersionSubMinor, h.Build, h.Processors, h.PointerSize,
		h.BufferSize, h.LogFileMode, h.BuffersWritten, h.Compression)
	fmt.Fprintf(out, "clock %d freq=%d mhz=%d t0=%d start=%s end=%s boot=%s\n",
		h.Clock, h.PerfFreq, h.CPUSpeedMHz, h.T0, stamp(h.StartTime), stamp(h.EndTime), stamp(h.BootTime))
	fmt.Fprintf(out, "zone %d %q %s %d %q %s %d\n", h.Bias, h.StandardName, rule(h.StandardDate), h.StandardBias,
		h.DaylightName, rule(h.DaylightDate), h.DaylightBias)
	fmt.Fprintf(out, "names %q %q\n", h.LoggerName, h.LogFileName)
}

func listEvent(out *strings.Builder, e *etl.Event) {
	fmt.Fprintf(out, "%s %s", stamp(e.Time), kindName(e))
	switch e.Kind {
	case etl.KindSystem, etl.KindCompact, etl.KindPerfInfo:
		fmt.Fprintf(out, " hook=%#04x version=%d", e.Hook, e.Version)
	case etl.KindFull, etl.KindInstance:
		fmt.Fprintf(out, " %s opcode=%d version=%d level=%d", e.Provider, e.Opcode, e.Version, e.Level)
	case etl.KindMessage:
		fmt.Fprintf(out, " %s number=%d", e.Provider, e.ID)
	case etl.KindEvent:
		fmt.Fprintf(out, " %s id=%d version=%d opcode=%d level=%d channel=%d task=%d keyword=%#x",
			e.Provider, e.ID, e.Version, e.Opcode, e.Level, e.Channel, e.Task, e.Keyword)
	}
	fmt.Fprintf(out, " cpu=%d pid=%d tid=%d", e.CPU, e.PID, e.TID)
	if len(e.Ext) > 0 {
		fmt.Fprintf(out, " ext=%d", len(e.Ext))
	}
	fmt.Fprintf(out, " payload=%d at %d.%d %#x\n", len(e.Payload), e.Buffer, e.Record, e.Offset)
}

func listDamage(t *testing.T, out *strings.Builder, err error) {
	t.Helper()
	var f *etl.FormatError
	if !errors.As(err, &f) {
		t.Errorf("not a FormatError: %v", err)
		return
	}
	fmt.Fprintf(out, "damage %s %#x %d\n", f.Code, f.Offset, f.Length)
}

func listStats(out *strings.Builder, s *etl.Stats) {
	fmt.Fprintf(out, "events %d buffers %d compressed %d\n", s.Events, s.Buffers, s.CompressedBuffers)
	fmt.Fprintf(out, "bytes header %d event %d padding %d diagnosed %d\n", s.HeaderBytes, s.EventBytes, s.PaddingBytes, s.DiagnosedBytes)
	fmt.Fprintf(out, "first %s last %s\n", stamp(s.First), stamp(s.Last))
	fmt.Fprintf(out, "lost events %d buffers %d gaps %d", s.LostEvents, s.LostBuffers, s.SequenceGaps)
	for _, f := range []struct {
		on   bool
		name string
	}{{s.Wrapped, "wrapped"}, {s.Truncated, "truncated"}, {s.Unfinalised, "unfinalised"}} {
		if f.on {
			out.WriteString(" " + f.name)
		}
	}
	out.WriteString("\n")
}

// stamp is UTC to 100 ns.
func stamp(t etl.FileTime) string {
	if t == 0 {
		return "0"
	}
	return t.Time().Format("2006-01-02T15:04:05.0000000Z")
}

func rule(t etl.SystemTime) string {
	return fmt.Sprintf("%d/%d/%d/%d/%d/%d/%d/%d", t.Year, t.Month, t.DayOfWeek, t.Day, t.Hour, t.Minute, t.Second, t.Milliseconds)
}

// kindName is the kind with the pointer size of the event, in bits.
func kindName(e *etl.Event) string {
	names := map[etl.Kind]string{
		etl.KindSystem: "system", etl.KindCompact: "compact", etl.KindPerfInfo: "perfinfo", etl.KindFull: "full",
		etl.KindInstance: "instance", etl.KindTimed: "timed", etl.KindError: "error", etl.KindWnode: "wnode",
		etl.KindMessage: "message", etl.KindEvent: "event",
	}
	return fmt.Sprintf("%s%d", names[e.Kind], e.PointerSize*8)
}

func TestStamp(t *testing.T) {
	at := time.Date(2026, 3, 10, 9, 0, 0, 1_234_500, time.UTC)
	if got := stamp(fileTime(at)); got != "2026-03-10T09:00:00.0012345Z" {
		t.Error(got)
	}
	if got := fileTime(time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)); got != 0 {
		t.Errorf("1601 is %d", got)
	}
}
