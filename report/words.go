package report

import (
	"fmt"
	"strings"
)

// face is how an outcome looks: its word, the sentence of the heading (%s is
// the transport), the class of the page, its terminal colour and sign.
type face struct {
	word, heading, class, colour, sign string
}

// redactedCode is that of the notes that say which names were replaced.
const redactedCode = "redacted"

func faceOf(o Outcome) face {
	switch o {
	case Exhausted:
		return face{"EXHAUSTED", "Exhausted: the %s dynamic ports ran out", "exhausted", "31", "●"}
	case Likely:
		return face{"LIKELY", "Likely: the %s dynamic ports nearly ran out", "likely", "33", "▲"}
	case NotExhausted:
		return face{"NOT EXHAUSTED", "Not exhausted: %s dynamic ports did not run out", "not-exhausted", "32", "✓"}
	}
	return face{"INCONCLUSIVE", "Inconclusive: whether %s ports ran out is not shown", "inconclusive", "36", "?"}
}

// transports names what the verdict speaks of: those with a window, else the
// one pool that is known.
func transports(v *Verdict) string {
	seen := map[string]bool{}
	for _, w := range v.Windows {
		seen[w.Transport] = true
	}
	if len(seen) == 0 {
		if p := mainPool(v); p != nil {
			seen[p.Transport] = true
		}
	}
	switch {
	case seen["tcp"] && seen["udp"]:
		return "TCP and UDP"
	case seen["udp"]:
		return "UDP"
	}
	return "TCP"
}

func heading(v *Verdict) string { return fmt.Sprintf(faceOf(v.Outcome).heading, transports(v)) }

// mainPool is the pool the verdict speaks of: the one of the first window,
// else the first.
func mainPool(v *Verdict) *Pool {
	for _, w := range v.Windows {
		for i := range v.Pools {
			if v.Pools[i].Transport == w.Transport {
				return &v.Pools[i]
			}
		}
	}
	if len(v.Pools) > 0 {
		return &v.Pools[0]
	}
	return nil
}

// outer is the span over all windows and their failures; false without one.
func outer(v *Verdict) (Span, int, bool) {
	var s Span
	n := 0
	for _, w := range v.Windows {
		if !w.From.IsZero() && (s.From.IsZero() || w.From.Before(s.From.Time)) {
			s.From = w.From
		}
		if w.To.After(s.To.Time) {
			s.To = w.To
		}
		n += w.Failures
	}
	return s, n, !s.From.IsZero()
}

// spanText says a span: the day once when both ends are on it.
func spanText(s Span) string {
	switch {
	case s.From.IsZero() && s.To.IsZero():
		return "time not known"
	case s.From.IsZero():
		return "until " + s.To.UTC().Format("2006-01-02 15:04:05.000") + " UTC"
	case s.To.IsZero():
		return "from " + s.From.UTC().Format("2006-01-02 15:04:05.000") + " UTC"
	}
	to := s.To.UTC().Format("2006-01-02 15:04:05.000")
	if sameDay(s.From, s.To) {
		to = clockText(s.To)
	}
	return s.From.UTC().Format("2006-01-02 15:04:05.000") + " .. " + to + " UTC"
}

// covered is the time the inputs speak for: from the first to the last time any of
// them has, as far as it lies in the analysed window.
func covered(r *Report) Span {
	var s Span
	for i := range r.Sources {
		w := r.Sources[i].Window
		if !w.From.IsZero() && (s.From.IsZero() || w.From.Before(s.From.Time)) {
			s.From = w.From
		}
		if w.To.After(s.To.Time) {
			s.To = w.To
		}
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

// synthetic says whether any input was made by the program itself.
func synthetic(r *Report) bool {
	for _, s := range r.Sources {
		if s.Facts["synthetic"] == "true" {
			return true
		}
	}
	return false
}

const syntheticLine = "synthetic sample, not captured"

// processName is the image, or the key or PID when no input names it.
func processName(image string, pid int, key string) string {
	switch {
	case image != "":
		return image
	case pid < 0 && key != "":
		return "process " + key
	case pid < 0:
		return "unknown process"
	}
	return "name not known"
}

func pidText(pid int) string {
	if pid < 0 {
		return "unknown"
	}
	return fmt.Sprint(pid)
}

// place is where a row stands in its source, so that a hand can find it.
func place(e *Evidence) string {
	switch {
	case strings.HasPrefix(e.Kind, "evtx") && e.Record > 0:
		return fmt.Sprintf("%s record %d", e.Source, e.Record)
	case e.Line > 0:
		return fmt.Sprintf("%s:%d", e.Source, e.Line)
	}
	return fmt.Sprintf("%s @0x%X", e.Source, max(e.Offset, 0))
}

// printCommand is the line that prints a row from its source, run where the sources
// are; "" when the name would need quoting that differs between shells.
func printCommand(e *Evidence) string {
	name, ok := shellName(e.Source)
	switch {
	case !ok:
		return ""
	case e.Line > 0:
		return fmt.Sprintf("sed -n %dp %s", e.Line, name)
	case strings.HasPrefix(e.Kind, "evtx") && e.Record > 0:
		return fmt.Sprintf(`portverdict events %s --filter "EventRecordID == %d"`, name, e.Record)
	case e.Kind == "etl.trace":
		return "portverdict info " + name
	case e.TimePrecision == "exact" && !e.Time.IsZero():
		return fmt.Sprintf("portverdict events %s --from %s --to %s", name, e.Time, e.Time)
	}
	return ""
}

// shellName is a file name as any shell takes it.
func shellName(s string) (string, bool) {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"
	if s == "" || s[0] == '-' || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(plain+" ", r) }) {
		return "", false
	}
	if strings.Contains(s, " ") {
		return `"` + s + `"`, true
	}
	return s, true
}

// rangeOrigin says where a pool's range comes from.
func rangeOrigin(p *Pool, rows map[string]*Evidence) string {
	if e := rows[p.RangeSource]; e != nil {
		return "read from " + e.Source
	}
	if assumed(p) != "" {
		return "assumed: the default"
	}
	return "from " + p.RangeSource
}

// assumed is what stands behind the size of a pool whose range no input says.
func assumed(p *Pool) string {
	if p.RangeSource == "default" || p.RangeSource == "" {
		return ", assumed"
	}
	return ""
}

// byID indexes the evidence; of equal ids the first counts.
func byID(r *Report) map[string]*Evidence {
	out := make(map[string]*Evidence, len(r.Evidence))
	for i := range r.Evidence {
		if e := &r.Evidence[i]; out[e.ID] == nil {
			out[e.ID] = e
		}
	}
	return out
}

func lastPort(p *Pool) int { return p.Start + max(p.Count, 1) - 1 }

// growthText says how fast a holder grows; "" when it does not.
func growthText(h *Holder) string {
	if h.GrowthPerMinute < 0.5 && h.GrowthPerMinute > -0.5 {
		return ""
	}
	return fmt.Sprintf("%+.0f/min", h.GrowthPerMinute)
}

// statesText says in which states the held ports are.
func statesText(h *Holder) string {
	var parts []string
	switch {
	case h.OrphanBound > 0 && h.OrphanBound >= h.Ports:
		parts = append(parts, "all BOUND, none connected")
	case h.OrphanBound > 0:
		parts = append(parts, Grouped(h.OrphanBound)+" BOUND and not connected")
	}
	if h.CloseWait > 0 {
		parts = append(parts, Grouped(h.CloseWait)+" CLOSE_WAIT")
	}
	if h.TimeWait > 0 {
		parts = append(parts, Grouped(h.TimeWait)+" TIME_WAIT")
	}
	return strings.Join(parts, ", ")
}

func basisText(basis string) string {
	switch basis {
	case "both":
		return "seen in the trace and in netstat"
	case "trace":
		return "seen in the trace"
	case "snapshot":
		return "seen in netstat"
	}
	return ""
}
