package verdict

import (
	"fmt"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// witnessFindings are what the traces of a machine show of refused attempts.
func (j *judgement) witnessFindings(m *machine) {
	for tr := facts.TCP; tr <= facts.Unknown; tr++ {
		name, free := strings.ToUpper(tr.String()), "any free "+strings.ToUpper(tr.String())+" port"
		if tr == facts.Unknown {
			name, free = "unknown transport:", "any free port"
		}
		j.sampled(claim{id: "afd-bind-0x209", m: m, transport: tr.String(), title: "Binds to " + free + " were refused (0xC0000209)"},
			func(t *facts.Trace) *facts.Sample { return &t.BindRefused[tr] },
			func(n int) string {
				return fmt.Sprintf("%s to port 0 (%s) refused with 0xC0000209: no dynamic port was left at those moments. One row is one attempt.", report.Counted(n, "bind", "binds"), strings.TrimSuffix(name, ":"))
			})
		j.sampled(claim{id: "afd-connect-0x209", m: m, transport: tr.String(), title: "Connects were refused for want of " + strings.Replace(free, "any free", "a", 1) + " (0xC0000209)"},
			func(t *facts.Trace) *facts.Sample { return &t.ConnectRefused[tr] },
			func(n int) string {
				return fmt.Sprintf("%s (%s) refused with 0xC0000209: the port is chosen at connect, and none was left.", report.Counted(n, "connect", "connects"), strings.TrimSuffix(name, ":"))
			})
		j.sampled(claim{id: "tcpip-port-acquire-failed", m: m, transport: tr.String()},
			func(t *facts.Trace) *facts.Sample { return &t.Acquire[tr] },
			func(int) string {
				return "The TCP/IP driver reports the same refusal: it could not acquire a port (0xC0000209)."
			})
	}
	j.sampled(claim{id: "tcpip-weak-reference", m: m, transport: "tcp"},
		func(t *facts.Trace) *facts.Sample { return &t.WeakRef },
		func(int) string {
			return "The TCP/IP driver handed out a port that is in use already, with a weak reference, because none was free. The connect may still succeed."
		})
	j.sampled(claim{id: "afd-bind-0x209-fixed-port", m: m},
		func(t *facts.Trace) *facts.Sample { return &t.Stated },
		func(int) string {
			return "The status of exhaustion on an attempt that asked for one port by number: an anomaly. It does not witness exhaustion, and it is not explained."
		})
	j.sampled(claim{id: "afd-0x209-no-port", m: m},
		func(t *facts.Trace) *facts.Sample { return &t.NoPort },
		func(int) string {
			return "The status of exhaustion on sockets that take no TCP or UDP port (AF_UNIX, Hyper-V, Bluetooth, raw): an anomaly. It says nothing of the dynamic ports."
		})
}

// sampled makes a finding of the same sample of every trace.
func (j *judgement) sampled(c claim, pick func(*facts.Trace) *facts.Sample, text func(int) string) {
	for _, t := range c.m.traces {
		if s := pick(t); s != nil {
			c.count += s.Count
			c.rows = append(c.rows, s.Rows()...)
		}
	}
	c.text = text(c.count)
	j.claim(c)
}

// successFindings are the counter-evidence of traces.
func (j *judgement) successFindings(m *machine) {
	for _, tr := range []facts.Transport{facts.TCP, facts.UDP} {
		var first, last report.Time
		for _, t := range m.traces {
			sp := &t.Dynamic[tr][0]
			if sp.Count > 0 && (first.IsZero() || sp.First.Before(first.Time)) {
				first = sp.First
			}
			if sp.Last.After(last.Time) {
				last = sp.Last
			}
		}
		j.sampled(claim{id: "trace-binds-succeed", m: m, transport: tr.String(), title: "Binds to any free " + strings.ToUpper(tr.String()) + " port succeeded", first: first, last: last},
			func(t *facts.Trace) *facts.Sample { return &t.Success[tr] },
			func(n int) string {
				return fmt.Sprintf("%s to port 0 (%s) got a port, %s.", report.Counted(n, "bind", "binds"), strings.ToUpper(tr.String()), report.Period(first, last))
			})
	}
}

// failureFindings are failures that are not exhaustion.
func (j *judgement) failureFindings(m *machine) {
	alike := func(id string, status uint32, text string) {
		j.sampled(claim{id: id, m: m}, func(t *facts.Trace) *facts.Sample { return t.Failed[status] }, func(int) string { return text })
	}
	alike("lookalike-0xc000020a", statusInUse, "0xC000020A: one stated port or one pair of endpoints was taken. The pool itself was not empty.")
	alike("lookalike-0xc000009a", statusMemory, "0xC000009A: Windows ran short of memory. Programs see the same error (10055) as for exhausted ports; the cause is another.")
	alike("lookalike-0xc0000043", statusSharing, "0xC0000043: the port that was asked for is held for exclusive use. The pool itself was not empty.")
	alike("lookalike-0xc0000207", statusNotLocal, "0xC0000207: the local address that was asked for is not one of this machine's.")
	j.deniedFinding(m)
	j.outcomesFinding(m)
}

// deniedFinding tells a filter from an exclusion: who asks for port 0, or connects, asks
// for no particular port.
func (j *judgement) deniedFinding(m *machine) {
	anyPort, connects := 0, 0
	for _, t := range m.traces {
		if s := t.Failed[statusDenied]; s != nil {
			for _, n := range s.Tally() {
				anyPort += n.AnyPort
				connects += n.Connects
			}
		}
	}
	text := "0xC0000022: binds to a port by number were denied. The port lies in an excluded range or is in exclusive use."
	if anyPort+connects > 0 {
		text = fmt.Sprintf("0xC0000022: %s for any free port and %s were denied. No particular port is meant there: a filter blocks the program (firewall, security product).",
			report.Counted(anyPort, "bind", "binds"), report.Counted(connects, "connect", "connects"))
	}
	j.sampled(claim{id: "lookalike-access-denied", m: m}, func(t *facts.Trace) *facts.Sample { return t.Failed[statusDenied] }, func(int) string { return text })
}

// connectFailures are the statuses of a connect that the network or the peer ended.
var connectFailures = []uint32{statusTimeout, statusRefused, statusUnreachable, statusNoHost}

func (j *judgement) outcomesFinding(m *machine) {
	c := claim{id: "connect-outcomes", m: m, transport: "tcp"}
	var parts []string
	for _, st := range connectFailures {
		n := 0
		for _, t := range m.traces {
			if s := t.Failed[st]; s != nil {
				n += s.Count
				c.rows = append(c.rows, some(s.Rows())...)
			}
		}
		if n > 0 {
			c.count += n
			parts = append(parts, fmt.Sprintf("%s with %s (%s)", report.Counted(n, "connect failed", "connects failed"), hex32(st), failureWords[st].short))
		}
	}
	c.text = sentence(report.Joined(parts)) + " The pool had ports; the cause is on the way to the peer or at the peer."
	if len(j.notPorts(m)) > 0 {
		c.severity = "warning"
	}
	j.claim(c)
}

func hex32(v uint32) string { return fmt.Sprintf("0x%08X", v) }
