package report

import (
	"cmp"
	"fmt"
	"strings"
)

// face is how an outcome looks: its word and sign on the terminal, the class of the
// page, its terminal colour ("" is none).
type face struct {
	word, sign, class, colour string
	ink                       string // class of its text on the page
}

// redactedCode is that of the notes that say which names were replaced.
const redactedCode = "redacted"

// faceOf is the face of a verdict. Ports that were fine are no good news where
// something else failed, so that has no tick and no green.
func faceOf(o Outcome, c Cause) face {
	switch {
	case o == Exhausted:
		return face{"EXHAUSTED", "●", "exhausted", "31", "cb"}
	case o == Likely:
		return face{"LIKELY EXHAUSTED", "▲", "likely", "33", "cw"}
	case o == NotExhausted && c == CauseNotPorts:
		return face{"NOT EXHAUSTED", "○", "inconclusive", "", "m"}
	case o == NotExhausted:
		return face{"NOT EXHAUSTED", "✓", "not-exhausted", "32", "co"}
	}
	return face{"INCONCLUSIVE", "?", "inconclusive", "", "m"}
}

// outcomeWord is the outcome as it stands before a colon: "Likely exhausted".
func outcomeWord(o Outcome) string {
	w := faceOf(o, "").word
	return w[:1] + strings.ToLower(w[1:])
}

// portsName names the ports that the heading speaks of: "TCP ports", "IPv6 UDP ports".
func portsName(v *Verdict) string {
	family := ""
	if p := v.mainPool(); p != nil {
		family = p.Family
	}
	if name := poolName(v.Transport, family); name != "" {
		return name + " ports"
	}
	return "ports"
}

// poolName is "TCP" or "IPv6 TCP"; "" for a transport that is not known.
func poolName(transport, family string) string {
	if transport == "unknown" || transport == "" {
		return ""
	}
	name := strings.ToUpper(transport)
	if family == "ipv4" || family == "ipv6" {
		name = "IPv" + family[len(family)-1:] + " " + name
	}
	return name
}

// transportName is that of a list that has other transports too.
func transportName(transport string) string {
	if name := poolName(transport, ""); name != "" {
		return name
	}
	return "TCP or UDP"
}

// causeText says a cause in a few words; "" where there is none.
func causeText(c Cause) string {
	switch c {
	case CauseLeak:
		return "a leak"
	case CauseStuckClose:
		return "closes stuck in the network stack"
	case CauseChurn:
		return "many short connections"
	case CauseBurst:
		return "a burst"
	case CauseSmallRange:
		return "a small range"
	case CauseByDesign:
		return "sockets that are there by design"
	case CausePerPeer:
		return "one remote endpoint"
	case CauseServerSide:
		return "connections to the server's own port"
	case CauseNotPorts:
		return "not ports"
	case CauseUnknown:
		return "cause not known"
	}
	return string(c)
}

// endText says how an episode ended.
func endText(w *Window) string {
	at := ""
	if !w.EndedAt.IsZero() {
		at = Moment(w.EndedAt)
	}
	switch w.Ends {
	case "restart":
		return strings.TrimSuffix("until the restart of "+at, " of ")
	case "recovered":
		return strings.TrimSpace("recovered " + at)
	case "end-of-inputs":
		return "until the inputs end"
	}
	return "end not known"
}

// episodeFacts say how long an episode was, how it ended and what shows it: refused
// attempts, or the records of a log where no trace was running.
func episodeFacts(w *Window) []string {
	var out []string
	if !w.From.IsZero() && w.To.After(w.From.Time) {
		out = append(out, Rough(w.To.Sub(w.From.Time)))
	}
	out = append(out, endText(w))
	return append(out, shownBy(w))
}

func shownBy(w *Window) string {
	if w.Failures > 0 || len(w.Log) == 0 {
		return Counted(w.Failures, "attempt refused", "attempts refused")
	}
	return Counted(len(w.Log), "log record", "log records")
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
		if !w.To.IsZero() && w.To.After(s.To.Time) {
			s.To = w.To
		}
	}
	a := r.Bundle.Window
	if !s.From.IsZero() && !a.From.IsZero() && a.From.After(s.From.Time) {
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

// processName is the image, or the PID or key when no input names it.
func processName(image string, pid PID, key string) string {
	switch {
	case image != "":
		return image
	case pid >= 0:
		return "PID " + pidText(pid)
	case key != "":
		return "process " + key
	}
	return "unknown process"
}

// named is a process with its first service and its PID: "svchost.exe Dnscache (1888)".
func named(image string, services []string, pid PID, key string) string {
	s := processName(image, pid, key)
	if len(services) > 0 {
		s += " " + services[0]
	}
	if pid >= 0 && image != "" {
		s += fmt.Sprintf(" (%d)", pid)
	}
	return s
}

// isSum is whether a holder is the sum of the processes of one image.
func (h *Holder) isSum() bool { return h.Instances >= 2 }

// name is the holder as a list has it: "leaky.exe (4242)", "300 x chrome.exe".
func (h *Holder) name() string {
	if h.isSum() {
		return Grouped(h.Instances) + " x " + processName(h.Image, NoPID, h.ProcessKey)
	}
	return named(h.Image, h.Services, h.PID, h.ProcessKey)
}

// who is the name without the PID, which stands beside it.
func (h *Holder) who() string {
	if h.isSum() {
		return h.name()
	}
	return processName(h.Image, h.PID, h.ProcessKey)
}

// pidOf is what stands where the PID of a holder does.
func pidOf(h *Holder) string {
	if h.isSum() {
		return "several"
	}
	return pidText(h.PID)
}

func pidText(pid PID) string {
	if pid < 0 {
		return "unknown"
	}
	return fmt.Sprint(int(pid))
}

// Where is the place of a row in its source, so that a hand can find it.
func (e *Evidence) Where() string {
	switch {
	case strings.HasPrefix(e.Kind, "evtx") && e.Record > 0:
		return fmt.Sprintf("%s record %d", e.Source, e.Record)
	case e.Line > 0:
		return fmt.Sprintf("%s:%d", e.Source, e.Line)
	}
	return fmt.Sprintf("%s @0x%X", e.Source, max(e.Offset, 0))
}

// bundleName is what a command names the inputs: the one file, or what stands for all.
// The path that was given is in no report.
func bundleName(r *Report) string {
	if len(r.Sources) == 1 {
		if r.Sources[0].Path == "stdin" {
			return "-" // where it can be given again
		}
		if name, ok := shellName(r.Sources[0].Path); ok {
			return name
		}
	}
	return "bundle.zip"
}

// ZoneGiven is the basis of a clock whose zone the user gave.
const ZoneGiven = "given with --tz"

// asGiven are the options of the analysis without which other rows would be cited.
func asGiven(r *Report) string {
	out := ""
	for i := range r.Sources {
		if c := &r.Sources[i].Clock; strings.HasPrefix(c.Basis, ZoneGiven) {
			if zone, ok := shellName(c.Zone); ok {
				out = " --tz " + zone
			}
			break
		}
	}
	for i := range r.Verdict.Pools {
		p := &r.Verdict.Pools[i]
		if given := fmt.Sprintf(" --range %s=%d+%d", p.Transport, p.Start, p.Count); p.RangeSource == "option" && !strings.Contains(out, given) {
			out += given
		}
	}
	return out + windowGiven(r) + offsetsGiven(r)
}

// windowGiven are the ends of the analysed window that are not those of the inputs.
func windowGiven(r *Report) string {
	var from, to Time
	for i := range r.Sources {
		w := &r.Sources[i].Window
		if !w.From.IsZero() && (from.IsZero() || w.From.Before(from.Time)) {
			from = w.From
		}
		if w.To.After(to.Time) {
			to = w.To
		}
	}
	out := ""
	if w := r.Bundle.Window.From; !w.IsZero() && !w.Equal(from.Time) {
		out += " --from " + w.String()
	}
	if w := r.Bundle.Window.To; !w.IsZero() && !w.Equal(to.Time) {
		out += " --to " + w.String()
	}
	return out
}

// offsetsGiven are the clocks that were moved.
func offsetsGiven(r *Report) string {
	var out strings.Builder
	for i := range r.Sources {
		s := &r.Sources[i]
		if by, moved := s.Facts["clock_offset"]; moved {
			if name, ok := shellName(s.Path); ok {
				out.WriteString(" --clock-offset " + name + "=" + by)
			}
		}
	}
	return out.String()
}

// evidenceCommand prints the first row that a finding rests on with what it stands for in
// its file; "" where no file has one.
func evidenceCommand(r *Report, f *Finding, rows map[string]*Evidence) string {
	for _, id := range f.Evidence {
		if e := rows[id]; e != nil && !strings.HasPrefix(e.Source, "--") {
			return "portverdict events " + bundleName(r) + " --evidence " + id + asGiven(r)
		}
	}
	return ""
}

// shellName is a file name as any shell takes it.
func shellName(s string) (string, bool) {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/"
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
	switch p.RangeSource {
	case "default", "":
		return "assumed: Windows' default"
	case "option":
		return "given with --range"
	case "inferred":
		return "inferred from the ports given out"
	}
	return "from " + p.RangeSource
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
	return fmt.Sprintf("%+.0f a minute", h.GrowthPerMinute)
}

// basisText says what a number of ports rests on.
func basisText(basis string) string {
	switch basis {
	case "both":
		return "from trace and table"
	case "trace":
		return "from the trace"
	case "table":
		return "from the table"
	case "stuck-closes":
		return "from AFD 16002 in the System log"
	case "counts":
		return "from counts a tool made"
	}
	return ""
}

// runsOn says where the command of a step is run, and in what: "On FILES-02, elevated
// prompt:".
func runsOn(s *NextStep, host string) string {
	switch s.RunsOn {
	case "customer":
		host = cmp.Or(s.Host, host, "the machine itself")
		return "On " + host + ", " + shellFor(s.Command) + ":"
	case "here":
		return "Here:"
	}
	return ""
}

// shellFor is where a command of Windows is typed.
func shellFor(command string) string {
	verb, _, _ := strings.Cut(command, " ")
	switch {
	case verb == "cmd":
		return "elevated prompt or PowerShell"
	case strings.HasPrefix(verb, "Get-") || strings.HasPrefix(verb, "Test-"):
		return "PowerShell"
	case strings.Contains(verb, "-") && verb != "-":
		return "elevated PowerShell"
	}
	return "elevated prompt"
}

// outcomeRank orders outcomes, the worst first.
func outcomeRank(o Outcome) int {
	switch o {
	case Exhausted:
		return 0
	case Likely:
		return 1
	case NotExhausted:
		return 3
	}
	return 2
}
