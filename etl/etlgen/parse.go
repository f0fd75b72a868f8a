package etlgen

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"portverdict/etl"
)

// A parser reads the lines of the section "trace".
type parser struct {
	trace  *Trace
	seen   bool // of the header
	saved  bool // in the current buffer
	closed bool // cut or append was read
}

// Parse reads the text form of the package comment. An error begins with the
// line in text. What the header line leaves out is a 64-bit sequential trace of
// Windows 11 with two processors, 4096-byte buffers and a 10 MHz counter.
func Parse(text []byte) (*Trace, error) {
	body, first, ok := section(string(text), "trace")
	if !ok {
		return nil, fmt.Errorf("no section %q", "trace")
	}
	p := &parser{trace: &Trace{}}
	for i, line := range strings.Split(body, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := p.item(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", first+i, err)
		}
	}
	if !p.seen {
		return nil, fmt.Errorf("line %d: no header", first)
	}
	return p.trace, nil
}

// section gives one file of a txtar archive and the number of its first line.
func section(text, name string) (body string, first int, ok bool) {
	var out []string
	for i, line := range strings.SplitAfter(text, "\n") {
		mark := strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(mark, "-- ") && strings.HasSuffix(mark, " --") && len(mark) > 6 {
			if ok {
				break
			}
			if strings.TrimSpace(mark[3:len(mark)-3]) == name {
				first, ok = i+2, true
			}
			continue
		}
		if ok {
			out = append(out, line)
		}
	}
	return strings.Join(out, ""), first, ok
}

func (p *parser) item(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	a, err := parseAttributes(rest)
	if err != nil {
		return err
	}
	t := p.trace
	switch {
	case p.seen == (word == "header"):
		return fmt.Errorf("%s: the header comes first, once", word)
	case p.closed && word != "append":
		return fmt.Errorf("%s after the end of the file", word)
	case word == "header":
		p.seen = true
		t.Buffers = []Buffer{{Type: typeHeader}}
		return p.header(a)
	}
	buf := &t.Buffers[len(t.Buffers)-1]
	switch word {
	case "first":
		if len(t.Buffers) > 1 || len(buf.Events) > 0 {
			return fmt.Errorf("first comes right after the header")
		}
		return p.buffer(a)
	case "buffer":
		t.Buffers = append(t.Buffers, Buffer{Flags: flagProcessorIndex, Sequence: int64(len(t.Buffers))})
		p.saved = false
		return p.buffer(a)
	case "saved":
		p.saved = true
		return nil
	case "stream":
		buf.Compress = true
		buf.Stream, err = a.joined()
		return err
	case "cut":
		p.closed = true
		t.Cut, err = strconv.ParseInt(strings.TrimSpace(rest), 0, 64)
		return err
	case "append":
		p.closed = true
		t.Append, err = a.joined()
		return err
	}
	e, err := parseEvent(word, a, t.Header.T0)
	if err != nil {
		return err
	}
	buf.Events = append(buf.Events, e)
	if p.saved {
		buf.LateEvents++
	}
	return nil
}

func (p *parser) buffer(a attributes) error {
	b := &p.trace.Buffers[len(p.trace.Buffers)-1]
	for _, at := range a {
		switch at.key {
		case "cpu":
			b.CPU = uint16(at.number(16))
		case "seq":
			b.Sequence = at.signed(0)
		case "flags":
			b.Flags = uint16(at.number(16))
		case "type":
			b.Type = uint16(at.number(16))
		case "timestamp":
			b.TimeStamp = at.signed(0)
		case "state":
			b.State = at.lie()
		case "compress":
			b.Compress = true
		case "disk":
			b.DiskSize = uint32(at.number(32))
		case "size":
			b.Size = at.lie()
		case "savedoffset":
			b.SavedOffset = at.lie()
		case "currentoffset":
			b.CurrentOffset = at.lie()
		case "offset":
			b.Offset = at.lie()
		default:
			at.unknown()
		}
	}
	return a.err()
}

func (p *parser) header(a attributes) error {
	h := &p.trace.Header
	*h = etl.Header{
		BufferSize: 4096, VersionMajor: 10, VersionSub: 1, VersionSubMinor: 5, Build: 26100, Processors: 2,
		TimerResolution: 156250, LogFileMode: 1, StartBuffers: 1, PointerSize: 8,
		PerfFreq: 1e7, Clock: 1, T0: 5_000_000, LoggerName: "session", LogFileName: "trace.etl",
	}
	h.StartTime = fileTime(time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC))
	ended := false
	for _, at := range a {
		if at.key == "end" {
			ended = true
		}
		if !p.headerSize(h, at) && !headerTime(h, at) {
			at.unknown()
		}
	}
	if !ended {
		h.EndTime = h.StartTime + 60e7
	}
	return a.err()
}

// headerSize sets the fields that describe the system and the session.
func (p *parser) headerSize(h *etl.Header, at *attribute) bool {
	switch at.key {
	case "buffersize":
		h.BufferSize = uint32(at.number(32))
	case "version":
		for i, part := range at.list(".", 4, 8) {
			*[]*uint8{&h.VersionMajor, &h.VersionMinor, &h.VersionSub, &h.VersionSubMinor}[i] = uint8(part)
		}
	case "build":
		h.Build = uint32(at.number(32))
	case "cpus":
		h.Processors = uint32(at.number(32))
	case "timer":
		h.TimerResolution = uint32(at.number(32))
	case "maxsize":
		h.MaximumFileSize = uint32(at.number(32))
	case "mode":
		h.LogFileMode = uint32(at.number(32))
	case "written":
		h.BuffersWritten = uint32(at.number(32))
	case "unfinalised":
		p.trace.Unfinalised = true
	case "startbuffers":
		h.StartBuffers = uint32(at.number(32))
	case "pointer":
		h.PointerSize = uint32(at.number(32))
	case "eventslost":
		h.EventsLost = uint32(at.number(32))
	case "bufferslost":
		h.BuffersLost = uint32(at.number(32))
	case "compression":
		h.Compression = uint16(at.number(16))
	case "logger":
		h.LoggerName = at.value
	case "file":
		h.LogFileName = at.value
	default:
		return false
	}
	return true
}

// headerTime sets the fields of the clock and the time zone.
func headerTime(h *etl.Header, at *attribute) bool {
	switch at.key {
	case "clock":
		switch at.value {
		case "qpc":
			h.Clock = 1
		case "system":
			h.Clock = 2
		case "cycles":
			h.Clock = 3
		default:
			h.Clock = uint32(at.number(32))
		}
	case "freq":
		h.PerfFreq = at.signed(0)
	case "mhz":
		h.CPUSpeedMHz = uint32(at.number(32))
	case "start":
		h.StartTime = at.fileTime()
	case "end":
		h.EndTime = at.fileTime()
	case "boot":
		h.BootTime = at.fileTime()
	case "t0":
		if h.T0 = int64(h.StartTime); at.value != "start" {
			h.T0 = at.signed(0)
		}
	case "bias":
		h.Bias = int32(at.signed(0))
	case "standardname":
		h.StandardName = at.value
	case "standarddate":
		h.StandardDate = at.systemTime()
	case "standardbias":
		h.StandardBias = int32(at.signed(0))
	case "daylightname":
		h.DaylightName = at.value
	case "daylightdate":
		h.DaylightDate = at.systemTime()
	case "daylightbias":
		h.DaylightBias = int32(at.signed(0))
	default:
		return false
	}
	return true
}

// fileTime gives t in 100 ns since 1601.
func fileTime(t time.Time) etl.FileTime {
	const unixEpoch = 116444736000000000
	return etl.FileTime(t.Unix()*1e7 + int64(t.Nanosecond())/100 + unixEpoch)
}

func (at *attribute) fileTime() etl.FileTime {
	if at.value == "0" {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, at.value)
	if err != nil {
		at.fail(err)
	}
	return fileTime(t)
}

// systemTime reads the eight fields of SYSTEMTIME with slashes between.
func (at *attribute) systemTime() etl.SystemTime {
	v := at.list("/", 8, 16)
	if v == nil {
		return etl.SystemTime{}
	}
	n := func(i int) uint16 { return uint16(v[i] & math.MaxUint16) }
	return etl.SystemTime{
		Year: n(0), Month: n(1), DayOfWeek: n(2), Day: n(3),
		Hour: n(4), Minute: n(5), Second: n(6), Milliseconds: n(7),
	}
}
