package listing

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"portverdict/etl"
	"portverdict/etl/schema"
	"portverdict/report"
)

// Trace is what `info` tells of a trace beside its source.
type Trace struct {
	Header    Header     `json:"header"`
	Bytes     Bytes      `json:"bytes"`
	Known     Known      `json:"known"`
	Providers []Provider `json:"providers"`
}

// Header is the trace header event; BufferSize is bytes, PerfFreq hertz,
// LogFileMode hexadecimal, TimeZoneBiasMinutes UTC less local standard time.
type Header struct {
	Start               report.Time `json:"start"`
	End                 report.Time `json:"end"`
	Clock               string      `json:"clock"`
	PerfFreq            int64       `json:"perf_freq"`
	PointerSize         uint32      `json:"pointer_size"`
	BufferSize          uint32      `json:"buffer_size"`
	Buffers             int         `json:"buffers"`
	EventsLost          uint32      `json:"events_lost"`
	BuffersLost         uint32      `json:"buffers_lost"`
	LogFileMode         string      `json:"log_file_mode"`
	LoggerName          string      `json:"logger_name"`
	OSBuild             string      `json:"os_build"`
	TimeZoneBiasMinutes int32       `json:"time_zone_bias_minutes"`
}

// Bytes is what each byte of the file is; the four add up to its size. A
// compressed buffer counts as events from its header on.
type Bytes struct {
	Header    int64 `json:"header"`
	Events    int64 `json:"events"`
	Padding   int64 `json:"padding"`
	Diagnosed int64 `json:"diagnosed"`
}

// Provider is one provider's events. Provider is "" for kernel events,
// which have a hook, and for events counted by their size only.
type Provider struct {
	Provider string  `json:"provider"`
	Name     string  `json:"name"`
	Kind     string  `json:"kind"`
	Events   []Count `json:"events"`
}

type Count struct {
	ID      uint16 `json:"id"`
	Opcode  uint8  `json:"opcode"`
	Hook    string `json:"hook"`
	Version uint16 `json:"version"`
	Count   int    `json:"count"`
	// Name is "" when it is not known, or when events of one id have several.
	Name string `json:"name"`
}

// ReadTrace reads a trace of size bytes to its end; nil when it has no header. Its
// damage is told by whoever judges the same bytes.
func ReadTrace(r io.ReaderAt, size int64, catalog *schema.Catalog) *Trace {
	// What is wrong with a description is told where events are listed.
	reader, err := learn(r, size, catalog, func(error) {})
	if err != nil {
		return nil
	}
	h, stats := reader.Header(), reader.Stats()
	known, names := survey(r, size, stats.Counts, catalog)
	return &Trace{
		Known: known,
		Header: Header{
			Start: report.Time{Time: h.StartTime.Time()}, End: report.Time{Time: h.EndTime.Time()}, Clock: clockName(h.Clock),
			PerfFreq: h.PerfFreq, PointerSize: h.PointerSize, BufferSize: h.BufferSize, Buffers: stats.Buffers,
			EventsLost: h.EventsLost, BuffersLost: h.BuffersLost, LogFileMode: fmt.Sprintf("0x%08X", h.LogFileMode),
			LoggerName: h.LoggerName, OSBuild: fmt.Sprint(h.Build), TimeZoneBiasMinutes: h.Bias,
		},
		Bytes:     Bytes{stats.HeaderBytes, stats.EventBytes, stats.PaddingBytes, stats.DiagnosedBytes},
		Providers: providers(stats.Counts, names, catalog),
	}
}

func clockName(c uint32) string {
	switch c {
	case 1:
		return "qpc"
	case 2:
		return "system"
	case 3:
		return "cycles"
	}
	return fmt.Sprintf("unknown (%d)", c)
}

// kindWord is the kind of a header layout and, of those that are only counted
// by their size, its name.
func kindWord(k etl.Kind) (kind, name string) {
	switch k {
	case etl.KindEvent:
		return "event", ""
	case etl.KindFull, etl.KindInstance:
		return "classic", ""
	case etl.KindSystem, etl.KindCompact, etl.KindPerfInfo:
		return "kernel", ""
	case etl.KindMessage:
		return "wpp", ""
	case etl.KindTimed:
		return "other", "timed"
	case etl.KindError:
		return "other", "error"
	case etl.KindWnode:
		return "other", "wnode"
	}
	return "other", "unknown"
}

// providers groups the counts, sorted by kind, provider and then event.
func providers(counts map[etl.EventKey]int, names map[etl.EventKey]string, catalog *schema.Catalog) []Provider {
	type key struct {
		kind, name string
		guid       etl.GUID
	}
	type event struct {
		id, version uint16
		opcode      uint8
		hook        string
		name        string
	}
	groups := map[key]map[event]int{}
	for k, n := range counts {
		kind, name := kindWord(k.Kind)
		e := event{k.ID, k.Version, k.Opcode, "", names[k]}
		switch kind {
		case "kernel":
			e.hook = fmt.Sprintf("0x%04x", k.Hook)
			if class := catalog.ProviderName(&etl.Event{Kind: k.Kind, Hook: k.Hook}); class != "" && e.name != "" {
				e.name = class + " " + e.name
			}
		default:
			name = cmp.Or(name, catalog.ProviderName(&etl.Event{Kind: k.Kind, Provider: k.Provider}))
		}
		g := key{kind, name, k.Provider}
		if groups[g] == nil {
			groups[g] = map[event]int{}
		}
		groups[g][e] += n
	}
	out := make([]Provider, 0, len(groups))
	for g, events := range groups {
		p := Provider{Name: g.name, Kind: g.kind}
		if g.guid != (etl.GUID{}) || g.kind == "event" || g.kind == "classic" || g.kind == "wpp" {
			p.Provider = g.guid.String()
		}
		for e, n := range events {
			p.Events = append(p.Events, Count{ID: e.id, Opcode: e.opcode, Hook: e.hook, Version: e.version, Count: n, Name: e.name})
		}
		slices.SortFunc(p.Events, func(a, b Count) int {
			return cmp.Or(cmp.Compare(a.Hook, b.Hook), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Opcode, b.Opcode), cmp.Compare(a.Version, b.Version))
		})
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Provider) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// text prints the trace through line, which takes a name and a format.
func (t *Trace) text(line func(name, format string, args ...any)) {
	h := t.Header
	line("header", "start %s, end %s", h.Start, cmp.Or(h.End.String(), "not written"))
	line("", "clock %s, %d Hz, pointers of %d bytes, time zone bias %d minutes", h.Clock, h.PerfFreq, h.PointerSize, h.TimeZoneBiasMinutes)
	line("", "%d buffers of %d bytes, lost %d events and %d buffers", h.Buffers, h.BufferSize, h.EventsLost, h.BuffersLost)
	line("", "logger %q, mode %s, Windows build %s", h.LoggerName, h.LogFileMode, h.OSBuild)
	line("bytes", "%d header, %d events, %d padding, %d diagnosed", t.Bytes.Header, t.Bytes.Events, t.Bytes.Padding, t.Bytes.Diagnosed)
	line("names", "of %d events %s have a name, %s have fields", t.Known.Events, share(t.Known.Named, t.Known.Events), share(t.Known.Fields, t.Known.Events))
	for _, p := range t.Providers {
		total := 0
		for _, e := range p.Events {
			total += e.Count
		}
		line("events", "%8d %-7s %s %s", total, p.Kind, p.Provider, p.Name)
		for _, e := range p.Events {
			line("", "%8d   %s", e.Count, strings.TrimSpace(e.words(p.Kind)+" "+e.Name))
		}
	}
}

func (e Count) words(kind string) string {
	switch kind {
	case "kernel":
		return fmt.Sprintf("hook %s v%d", e.Hook, e.Version)
	case "classic":
		return fmt.Sprintf("opcode %d v%d", e.Opcode, e.Version)
	case "wpp":
		return fmt.Sprintf("message %d", e.ID)
	case "event":
		return fmt.Sprintf("id %d v%d", e.ID, e.Version)
	}
	return "counted by size"
}
