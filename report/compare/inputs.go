package compare

import (
	"slices"
	"strings"
	"time"

	"portverdict/report"
)

// What an input can show.
const (
	trace    = "a trace (.etl)"
	log      = "the System log (.evtx)"
	snapshot = "a connection table (netstat)"
	ranges   = "the dynamic port range (netsh)"
)

// ability says what inputs of a kind can show, "" when it bears on no comparison.
func ability(kind string) string {
	switch kind {
	case "etl":
		return trace
	case "evtx", "eventtext":
		return log
	case "netstat", "psnet", "sockets":
		return snapshot
	case "hosttext.range":
		return ranges
	}
	return ""
}

// able tells that the machine has an input that can show something.
func (p *part) able(what string) bool {
	return slices.ContainsFunc(p.r.Sources, func(s report.Source) bool {
		return s.Decoded > 0 && ability(s.Kind) == what && p.is(s.Host)
	})
}

// gaps are the findings after which the silence of an input means nothing.
var gaps = map[string][]string{
	log:   {"evtx-does-not-cover"},
	trace: {"trace-lost-events", "trace-wrapped", "trace-unfinalised"},
}

// shows tells that the silence of an input means something: it is there, and no finding
// says that it does not cover the time or that it lost events.
func (p *part) shows(what string) bool {
	return p.able(what) && !slices.ContainsFunc(p.r.Findings, func(f report.Finding) bool {
		return f.Count > 0 && p.is(f.Host) && slices.Contains(gaps[what], f.ID)
	})
}

// rests says what a finding was seen in, "" when several inputs can show it.
func rests(id string) string {
	switch {
	case strings.HasPrefix(id, "afd-"), strings.HasPrefix(id, "tcpip-"), strings.HasPrefix(id, "trace-"), strings.HasPrefix(id, "lookalike-"),
		id == "connect-outcomes":
		return trace
	case strings.HasPrefix(id, "evtx-"):
		return log
	case id == "pool-full", id == "pool-pressure", id == "snapshot-growth", id == "server-side-states",
		id == "bound-leak", id == "time-wait-churn", id == "close-wait-pile", id == "tuple-exhaustion":
		return snapshot
	case id == "range-small", id == "range-excluded":
		return ranges
	}
	return ""
}

// finding is what the report says under an id of the pool's machine and transport, nil
// when it does not. A finding without a transport is of every pool.
func (h *half) finding(id string) *report.Finding {
	for i := range h.r.Findings {
		f := &h.r.Findings[i]
		if f.ID == id && f.Count > 0 && h.is(f.Host) && (f.Transport == h.transport || f.Transport == "") {
			return f
		}
	}
	return nil
}

// complete tells that the balance is that of a table which leaves nothing open: what
// it does not show in use is free.
func (h *half) complete() bool {
	return h.pool != nil && h.pool.Balance.Basis == "table" && h.pool.Balance.Unaccounted == 0
}

// exact tells of a pool, which there must be, that no more ports were in use than the
// report says.
func (h *half) exact() bool {
	return h.pool.Used != nil && (h.complete() || *h.pool.Used >= h.pool.Capacity)
}

// witnesses are the inputs that show the trouble.
func (h *half) witnesses() []string {
	var out []string
	for _, w := range h.windows {
		if w.Failures > 0 {
			out = append(out, trace)
		}
		if slices.ContainsFunc(w.Log, func(l report.LogEntry) bool { return l.ID == 4231 || l.ID == 4266 }) {
			out = append(out, log)
		}
	}
	for _, id := range []string{
		"afd-bind-0x209", "afd-connect-0x209", "tcpip-port-acquire-failed", "tcpip-weak-reference", "trace-socket-leak",
		"evtx-4231", "evtx-4266", "evtx-stuck-closes", "pool-full", "pool-pressure", "snapshot-growth", "bound-leak",
	} {
		if h.finding(id) != nil {
			out = append(out, rests(id))
		}
	}
	if len(out) == 0 && h.pool != nil {
		switch h.pool.Balance.Basis {
		case "table":
			out = append(out, snapshot)
		case "trace":
			out = append(out, trace)
		case "stuck-closes":
			out = append(out, log)
		}
	}
	return unique(out)
}

// eyes are the inputs whose silence on this pool means something.
func (h *half) eyes() []string {
	var out []string
	for _, what := range []string{trace, log} {
		if h.shows(what) {
			out = append(out, what)
		}
	}
	if h.complete() {
		out = append(out, snapshot)
	}
	return out
}

// spanning is the finding that dynamic binds succeed, of a trace without a gap; nil
// when there is none.
func (h *half) spanning() *report.Finding {
	if !h.shows(trace) {
		return nil
	}
	return h.finding("trace-binds-succeed")
}

// covered is the time the inputs speak for, as far as it lies in the analysed window.
func covered(r *report.Report) report.Span {
	var s report.Span
	for _, src := range r.Sources {
		s = joined(s, src.Window)
	}
	a := r.Bundle.Window
	if !s.From.IsZero() && a.From.After(s.From.Time) {
		s.From = a.From
	}
	if !a.To.IsZero() && a.To.Before(s.To.Time) {
		s.To = a.To
	}
	return s
}

// joined reaches over both spans; an end that is not known adds nothing.
func joined(s, t report.Span) report.Span {
	if !t.From.IsZero() && (s.From.IsZero() || t.From.Before(s.From.Time)) {
		s.From = t.From
	}
	if t.To.After(s.To.Time) {
		s.To = t.To
	}
	return s
}

// span reaches over the machine's inputs that can show something.
func (p *part) span(what ...string) report.Span {
	var s report.Span
	for _, src := range p.r.Sources {
		if src.Decoded > 0 && p.is(src.Host) && slices.Contains(what, ability(src.Kind)) {
			s = joined(s, src.Window)
		}
	}
	return s
}

// lasting is how long a span is, 0 when an end is not known.
func lasting(s report.Span) time.Duration {
	if s.From.IsZero() || s.To.IsZero() {
		return 0
	}
	return max(s.To.Sub(s.From.Time), 0)
}
