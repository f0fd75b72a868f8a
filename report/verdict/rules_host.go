package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// manyHandles are the processes that hold many handles for other reasons.
var manyHandles = []string{"system", "lsass", "store", "sqlservr"}

func excepted(image string) bool {
	return slices.Contains(manyHandles, strings.TrimSuffix(strings.ToLower(image), ".exe"))
}

// hostFindings judge what the saved texts say of the machine.
func (j *judgement) hostFindings(m *machine) {
	j.handles(m)
	j.registry(m, "maxuserport-ignored", "MaxUserPort", m.maxUserPort)
	j.registry(m, "time-wait-delay", "TcpTimedWaitDelay", func(v uint32) string {
		return fmt.Sprintf("TcpTimedWaitDelay is %d: a closed connection keeps its port for that many seconds; 30 to 300 are taken.", v)
	})
	j.savedCounts(m)
	j.errorFindings(m)
	j.transcriptFinding(m)
}

// maxUserPort says that the value has no effect, "" where it may have set the range in
// force: it is read on Windows Server 2003 and XP, and a range from 1025 that ends at it
// fits it.
func (m *machine) maxUserPort(v uint32) string {
	if m.before(6) {
		return ""
	}
	for _, p := range m.pools {
		if p.known && uint32(p.view.End()) == v {
			return ""
		}
	}
	return fmt.Sprintf("MaxUserPort is %d, and the range in force does not show it: since Windows Vista the range is what netsh int ipv4 show dynamicport says.", v)
}

// before tells that the machine runs a Windows older than that major version; 6 is Vista.
func (m *machine) before(major int) bool {
	for _, s := range m.texts {
		if s.Host != nil && s.Host.Host != nil {
			first, _, _ := strings.Cut(s.Host.Host.Version, ".")
			n, err := strconv.Atoi(first)
			return err == nil && n < major
		}
	}
	return false
}

// registry makes a finding of a value of Tcpip\Parameters.
func (j *judgement) registry(m *machine, id, name string, text func(uint32) string) {
	c := claim{id: id, m: m}
	for _, s := range m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Registry {
			r := &s.Host.Registry[i]
			if !strings.EqualFold(r.Name, name) {
				continue
			}
			if said := text(r.Value); said != "" {
				c.text = said
				c.count++
				c.rows = append(c.rows, s.RegistryRow(r))
			}
		}
	}
	j.claim(c)
}

// handles tells of processes with more handles than the procedure finds normal.
func (j *judgement) handles(m *machine) {
	all := m.manyHandles()
	c := claim{id: "handles-suspicious", m: m, count: len(all)}
	for i, p := range all {
		c.rows = append(c.rows, p.row)
		if i >= 5 {
			continue
		}
		c.text += fmt.Sprintf("%s has %s", label(p.image, nil, p.pid), report.Counted(p.n, "handle", "handles"))
		if p.sockets >= 0 {
			c.text += fmt.Sprintf(", %s of them sockets (\\Device\\Afd)", report.Grouped(p.sockets))
		}
		if p.n > handlesHigh {
			c.text += ", which is high"
		}
		c.text += ". "
	}
	c.text += "A handle is needed for each socket, and for much else: many handles support a leak and do not prove one."
	j.claim(c)
}

// savedCounts tells of the numbers that a tool counted, which support and do not prove:
// most are of rows, and a port can stand in several.
func (j *judgement) savedCounts(m *machine) {
	c := claim{id: "saved-counts", m: m}
	var told []string
	most, ofProcess := 0, 0
	for _, src := range m.texts {
		list := slices.Clone(src.Counts)
		slices.SortStableFunc(list, func(a, b facts.Count) int { return cmp.Compare(b.Rows, a.Rows) })
		for i := range list {
			n := &list[i]
			c.rows = append(c.rows, src.CountRow(n))
			most = max(most, n.Rows)
			if n.PID > 0 {
				ofProcess = max(ofProcess, n.Rows)
			}
			if len(told) < countsTold {
				told = append(told, countWords(m, n))
			}
		}
	}
	c.count = cmp.Or(ofProcess, most)
	c.text = strings.Join(told, "; ") + ". Rows are not ports: one port can stand in several rows, so this points at a suspect and proves nothing."
	j.claim(c)
}

// countWords says a number with what it counts, and whether it is all of them.
func countWords(m *machine, n *facts.Count) string {
	text := report.Grouped(n.Rows)
	if n.AtLeast {
		text = "at least " + text
	}
	text += " " + facts.Shorten(n.What)
	if n.PID > 0 {
		if id := m.who(nil, report.PID(n.PID), n.Image); id.image != "" && !strings.Contains(n.What, id.image) {
			text += " (" + label(id.image, id.running(), 0) + ")"
		}
	}
	if n.Of > 0 {
		text += " of " + report.Grouped(n.Of)
	}
	return text
}

// errorFindings tell of the errors that programs wrote: symptoms with what each can mean,
// never proof.
func (j *judgement) errorFindings(m *machine) {
	c := claim{id: "program-errors", m: m}
	by, words, listens := map[int]int{}, map[int][]string{}, map[string]bool{}
	for _, src := range m.texts {
		if src.Host == nil {
			continue
		}
		for i := range src.Host.Symptoms {
			x := &src.Host.Symptoms[i]
			by[x.Code]++
			if port := listened(x.Code, x.Port, x.Text); port > 0 {
				listens[fmt.Sprint(port)] = true
			}
			if x.Word != fmt.Sprint(x.Code) && !strings.Contains(x.Word, " ") && !slices.Contains(words[x.Code], x.Word) {
				words[x.Code] = append(words[x.Code], x.Word)
			}
			c.count++
			c.rows = append(c.rows, src.SymptomRow(x))
		}
		c.count += src.Host.SymptomsMore
	}
	var parts []string
	for _, code := range sortedKeys(by) {
		name := fmt.Sprint(code)
		if of := unique(words[code]); len(of) > 0 {
			name += " (" + report.Joined(of[:min(len(of), 3)]) + ")"
		}
		parts = append(parts, fmt.Sprintf("%s %s: %s", name, report.Counted(by[code], "time", "times"), errorMeanings[code]))
	}
	c.text = sentence(strings.Join(parts, ". "))
	if ports := sortedKeys(listens); len(ports) > 0 {
		c.text += fmt.Sprintf(" A program that listens found port %s taken: find who has it (netstat -ano); that is not the dynamic range running out.", report.Joined(ports[:min(len(ports), 3)]))
	}
	for _, x := range m.deniedPorts() {
		c.text += fmt.Sprintf(" Port %d lies in the excluded range %d-%d, so no program can bind it; that is not the dynamic range running out.", x.port, x.start, x.end)
	}
	j.claim(c)
}

// denied is a port that a program was denied and the excluded range it lies in.
type denied struct{ port, start, end int }

// deniedPorts are the ports by number that programs were denied (10013) and that lie in an
// excluded range: WinNAT and Hyper-V reserve others after each start of Windows.
func (m *machine) deniedPorts() []denied {
	var out []denied
	for _, src := range m.texts {
		if src.Host == nil {
			continue
		}
		for i := range src.Host.Symptoms {
			x := &src.Host.Symptoms[i]
			if x.Code != 10013 || x.Port == 0 || len(out) >= 3 || slices.ContainsFunc(out, func(d denied) bool { return d.port == x.Port }) {
				continue
			}
			if start, end, ok := m.excludes(x.Port); ok {
				out = append(out, denied{x.Port, start, end})
			}
		}
	}
	return out
}

// excludes gives the excluded range that a port lies in. One that an administrator made
// keeps a port from others and for the program that asks for it.
func (m *machine) excludes(port int) (start, end int, ok bool) {
	for _, src := range m.texts {
		if src.Host == nil {
			continue
		}
		for i := range src.Host.Excluded {
			if x := &src.Host.Excluded[i]; !x.Administered && x.Start <= port && port <= x.End {
				return x.Start, x.End, true
			}
		}
	}
	return 0, 0, false
}

// listened is the port that a program could not listen on since another has it; 0 where
// an error is another one.
func listened(code, port int, text string) int {
	text = strings.ToLower(text)
	if code != 10048 || !strings.Contains(text, "listen") && !strings.Contains(text, "failed to bind to address") {
		return 0
	}
	return port
}

// errorMeanings are what a Winsock error of a program can mean.
var errorMeanings = map[int]string{
	10013: "access denied: the port is excluded or in exclusive use, or a filter blocks the program",
	10048: "address in use: a stated port is taken, the same pair of endpoints is used again too soon, or, for a connect, no dynamic port was left",
	10055: "no buffer space: no dynamic port was left, or Windows ran short of memory",
}

// transcriptFinding says where a trace lies that a transcript names and the bundle lacks.
func (j *judgement) transcriptFinding(m *machine) {
	if slices.ContainsFunc(m.traces, func(t *facts.Trace) bool { return t.Events > 0 || t.Outside }) {
		return
	}
	c := claim{id: "trace-not-sent", m: m}
	for _, src := range m.texts {
		if src.Host == nil {
			continue
		}
		for i := range src.Host.Traces {
			c.count++
			c.rests = append(c.rests, src.Path)
			c.text += fmt.Sprintf("%s (line %d) tells of a trace at %s. ", src.Path, src.Host.Traces[i].Line, facts.Shorten(src.Host.Traces[i].File))
		}
	}
	c.text += "It is not in the bundle: ask for it."
	j.claim(c)
}

// serverFindings tell of connections on the server's own ports.
func (j *judgement) serverFindings(m *machine) {
	c := claim{id: "server-side-states", m: m, transport: "tcp"}
	for i, s := range j.serverSides(m) {
		c.count += s.waiting + s.closing
		row := s.table.EndingRow(whose{pid: s.pid}.pidOf(), s.of, s.waiting, s.closing)
		c.rows = append(c.rows, row)
		c.first, c.last = s.table.Time, s.table.Time
		if i >= 3 {
			continue
		}
		var parts []string
		if s.waiting > 0 {
			parts = append(parts, report.Grouped(s.waiting)+" in TIME_WAIT")
		}
		if s.closing > 0 {
			parts = append(parts, report.Grouped(s.closing)+" in CLOSE_WAIT")
		}
		c.text += fmt.Sprintf("Port %d of this machine's own server has %s: they take no dynamic port", s.port, report.Joined(parts))
		if id := m.who(s.table, whose{pid: s.pid}.pidOf(), s.owner); s.closing > 0 && (id.image != "" || s.pid > 0) {
			c.text += fmt.Sprintf("; %s has not closed what its peers closed", label(id.image, id.running(), whose{pid: s.pid}.pidOf()))
		}
		if s.self {
			c.text += "; the other ends are this machine's too"
		}
		c.text += ". "
	}
	c.text = strings.TrimSuffix(c.text, " ")
	j.claim(c)
}

// limitFindings are what a trace or a log cannot tell.
func (j *judgement) limitFindings(m *machine) {
	each := func(id string, bad func(*facts.Trace) (int, string)) {
		c := claim{id: id, m: m}
		for _, t := range m.traces {
			if n, text := bad(t); n > 0 {
				c.count += n
				c.text += t.Source.Path + ": " + text + " "
				c.rests = append(c.rests, t.Source.Path)
			}
		}
		c.text = strings.TrimSuffix(c.text, " ")
		j.claim(c)
	}
	one := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	each("trace-lost-events", func(t *facts.Trace) (int, string) {
		return t.Lost.Events + t.Lost.Buffers, fmt.Sprintf("%s and %s were lost; silence in it proves nothing.",
			report.Counted(t.Lost.Events, "event", "events"), report.Counted(t.Lost.Buffers, "buffer", "buffers"))
	})
	each("trace-wrapped", func(t *facts.Trace) (int, string) {
		text := "its ring was overwritten from the start; older sockets and failures are unseen."
		if t.Events > 0 {
			text = "its ring was overwritten from the start; sockets and failures older than " + report.Moment(t.First) + " are unseen."
		}
		return one(t.Lost.Wrapped), text
	})
	each("trace-unfinalised", func(t *facts.Trace) (int, string) {
		return one(t.Lost.Unfinalised), "the header has no end time; the last buffers may be missing."
	})
	c := claim{id: "evtx-does-not-cover", m: m}
	for _, t := range m.traces {
		for _, l := range m.logs {
			if t.Events == 0 || !l.Log.IsSystem() || l.Log.Covers(t.First, t.Last) || m.covered(t.First, t.Last) {
				continue
			}
			c.count++
			c.text += fmt.Sprintf("%s covers %s; the trace covers %s. Its silence proves nothing there. ", l.Path, report.Period(l.Log.First, l.Log.Last), report.Period(t.First, t.Last))
			c.rests = append(c.rests, l.Path, t.Source.Path)
		}
	}
	c.text = strings.TrimSuffix(c.text, " ")
	j.claim(c)
}
