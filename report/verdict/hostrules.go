package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

// manyHandles are the processes that hold many handles for other reasons.
var manyHandles = []string{"system", "lsass", "store", "sqlservr"}

func excepted(image string) bool {
	return slices.Contains(manyHandles, strings.TrimSuffix(strings.ToLower(image), ".exe"))
}

func (c *situation) hosts() []*source {
	var out []*source
	for _, s := range c.sources {
		if s.host != nil {
			out = append(out, s)
		}
	}
	return out
}

// hostRules judge what the saved texts say of the machine.
func hostRules() []rule {
	return []rule{
		{"handles-suspicious", "A process holds very many handles", "warning", (*situation).handles},
		{"maxuserport-ignored", "MaxUserPort is set and does nothing", "info", func(c *situation) *report.Finding {
			return c.registry("MaxUserPort", func(v uint32) string {
				if c.before(6) {
					return ""
				}
				return fmt.Sprintf("MaxUserPort is %d. Windows has not read it since Vista: the range is what netsh int ipv4 show dynamicport says.", v)
			})
		}},
		{"time-wait-delay", "The time in TIME_WAIT is set", "info", func(c *situation) *report.Finding {
			return c.registry("TcpTimedWaitDelay", func(v uint32) string {
				return fmt.Sprintf("TcpTimedWaitDelay is %d: a closed connection keeps its port for that many seconds; 30 to 300 are taken.", v)
			})
		}},
	}
}

// before tells that the machine runs a Windows older than that major version; 6 is Vista.
func (c *situation) before(major int) bool {
	for _, s := range c.hosts() {
		if h := s.host.Host; h != nil {
			first, _, _ := strings.Cut(h.Version, ".")
			n, err := strconv.Atoi(first)
			return err == nil && n < major
		}
	}
	return false
}

// registry makes a finding of a value of Tcpip\Parameters.
func (c *situation) registry(name string, text func(uint32) string) *report.Finding {
	var rows []report.Evidence
	f := &report.Finding{}
	for _, s := range c.hosts() {
		for _, r := range s.host.Registry {
			said := text(r.Value)
			if !strings.EqualFold(r.Name, name) || said == "" {
				continue
			}
			f.Text = said
			rows = append(rows, s.row(report.Evidence{
				Kind: "host.registry", Line: r.Line, TimePrecision: "unknown", PID: -1,
				Text: fmt.Sprintf("%s is %d", r.Name, r.Value), Fields: map[string]string{"key": r.Key, "value": fmt.Sprint(r.Value)},
			}))
		}
	}
	f.Count = len(rows)
	f.CheckByHand = `reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`
	return c.withRows(f, rows)
}

// handles tells of processes with more handles than the procedure finds normal.
func (c *situation) handles() *report.Finding {
	type count struct {
		process hosttext.Process
		source  *source
		n       int
	}
	most := map[int]count{}
	for _, s := range c.hosts() {
		for _, p := range s.host.Processes {
			if n := max(p.Handles, p.Sockets); n > handlesSuspicious && n > most[p.PID].n && !excepted(p.Image) {
				most[p.PID] = count{p, s, n}
			}
		}
	}
	var all []count
	for _, pid := range sortedKeys(most) {
		all = append(all, most[pid])
	}
	slices.SortStableFunc(all, func(a, b count) int { return cmp.Compare(b.n, a.n) })
	f := &report.Finding{Count: len(all), CheckByHand: "Task Manager, Details, the column Handles; handle.exe -a -p PID"}
	var rows []report.Evidence
	for i, p := range all {
		high := ""
		if p.n > handlesHigh {
			high = ", which is high"
		}
		sockets := ""
		if p.process.Sockets >= 0 {
			sockets = fmt.Sprintf(", %d of them sockets (\\Device\\Afd)", p.process.Sockets)
		}
		row := p.source.row(report.Evidence{
			Kind: "host.process", Line: p.process.Line, TimePrecision: "unknown", PID: p.process.PID,
			Text: fmt.Sprintf("%s holds %s%s", p.process.Image, number(p.n, "handle"), sockets), Fields: map[string]string{"handles": fmt.Sprint(p.n)},
		})
		if i < 5 {
			f.Text += fmt.Sprintf("%s (PID %d) holds %d handles%s%s. ", p.process.Image, p.process.PID, p.n, sockets, high)
		}
		rows = append(rows, row)
	}
	f.Text += "A handle is needed for each socket, and for much else: many handles support a leak and do not prove one."
	return c.withRows(f, rows)
}
