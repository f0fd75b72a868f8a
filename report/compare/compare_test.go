package compare

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/report"
)

func at(minutes float64) report.Time {
	return report.Time{Time: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))}
}

type edit = func(*report.Report)

// made is a report of all four inputs whose trace begins at a minute and lasts four.
// Exhausted is a leak of 200 ports a minute, seen by trace, log and table; likely is a
// complete table at 490 of 512; not exhausted is a spanning trace with a complete table.
func made(from float64, o report.Outcome, changes ...edit) *report.Report {
	w := report.Span{From: at(from), To: at(from + 4)}
	r := &report.Report{
		SchemaVersion: report.SchemaVersion,
		Bundle:        report.Bundle{ID: string(o) + at(from).String(), Host: "HOST1", Hosts: []string{"HOST1"}, OSBuild: "20348", Window: w},
		Verdict: report.Verdict{
			Outcome: o, Confidence: report.Strong, Host: "HOST1", Transport: "tcp",
			Pools: []report.Pool{
				{Host: "HOST1", Transport: "tcp", Family: "any", Outcome: o, Confidence: report.Strong, RangeSource: "ev-1"},
				{Host: "HOST1", Transport: "udp", Family: "any", Outcome: report.Inconclusive, Confidence: report.Weak, RangeSource: "ev-1"},
			},
		},
		Sources: []report.Source{
			{Path: "a.etl", Host: "HOST1", Kind: "etl", Decoded: 9, Window: w},
			{Path: "b.evtx", Host: "HOST1", Kind: "evtx", Decoded: 9, Window: w},
			{Path: "c.txt", Host: "HOST1", Kind: "netstat", Decoded: 9, Window: report.Span{From: at(from + 2), To: at(from + 2)}},
			{Path: "d.txt", Host: "HOST1", Kind: "hosttext.range", Decoded: 1},
		},
	}
	r.Verdict.Pools[1].Balance = report.Balance{Basis: "none", Unaccounted: 16384, Capacity: 16384}
	switch o {
	case report.Exhausted:
		pool(512, 512)(r)
		refused(100)(r)
		tcp(r).Cause = report.CauseLeak
		finding("afd-bind-0x209", 100)(r)
		holder("leaky.exe", 4242, 500, 200)(r)
		r.Verdict.Holders[0].Named = true
		r.Verdict.Victims = []report.Victim{{Host: "HOST1", Transport: "tcp", PID: 9, Image: "svchost.exe", Services: []string{"Dnscache"}, Failures: 100}}
	case report.Likely:
		pool(512, 490)(r)
		finding("pool-full", 490)(r)
		holder("leaky.exe", 4242, 480, 200)(r)
	case report.NotExhausted:
		pool(512, 20)(r)
		finding("trace-binds-succeed", 1000)(r)
		holder("svchost.exe", 9, 12, 0)(r)
	}
	for _, f := range changes {
		f(r)
	}
	return r
}

func tcp(r *report.Report) *report.Pool { return &r.Verdict.Pools[0] }

// pool sets the size and use of the TCP pool, by a complete table two minutes into the trace.
func pool(count, used int) edit {
	return func(r *report.Report) {
		p := tcp(r)
		p.Start, p.Count, p.Capacity = 49152, count, count
		p.Used, p.UsedSource, p.UsedAt = &used, "ev-2", report.Time{Time: r.Bundle.Window.From.Add(2 * time.Minute)}
		p.Balance = report.Balance{At: p.UsedAt, Basis: "table", Source: "ev-2", Capacity: count, Holders: used, Free: count - used}
	}
}

// incomplete makes the table one that lacks -q: what it does not show is unknown.
func incomplete(r *report.Report) {
	b := &tcp(r).Balance
	b.Unaccounted, b.Free = b.Free, 0
}

// refused sets one episode of the TCP pool, from the second to the fourth minute.
func refused(n int) edit {
	return func(r *report.Report) {
		from := r.Bundle.Window.From
		r.Verdict.Windows = []report.Window{{
			Host: "HOST1", Transport: "tcp", Family: "any", Failures: n, Ends: "end-of-inputs",
			From: report.Time{Time: from.Add(time.Minute)}, To: report.Time{Time: from.Add(3 * time.Minute)},
		}}
		tcp(r).Episodes = []int{0}
	}
}

// episode adds one more, between two minutes of the clock of all tests.
func episode(from, to float64, ends string, endedAt report.Time) edit {
	return func(r *report.Report) {
		tcp(r).Episodes = append(tcp(r).Episodes, len(r.Verdict.Windows))
		r.Verdict.Windows = append(r.Verdict.Windows, report.Window{Host: "HOST1", Transport: "tcp", Family: "any", From: at(from), To: at(to), Ends: ends, EndedAt: endedAt, Failures: 1})
	}
}

func logged(id int) edit {
	return func(r *report.Report) {
		w := &r.Verdict.Windows[0]
		w.Log = append(w.Log, report.LogEntry{ID: id, Time: w.From})
	}
}

func finding(id string, n int) edit {
	return func(r *report.Report) {
		r.Findings = append(r.Findings, report.Finding{
			ID: id, Title: "Title of " + id, Severity: "critical", Host: "HOST1", Transport: "tcp", Count: n,
			First: r.Bundle.Window.From, Last: r.Bundle.Window.To,
		})
	}
}

func holder(image string, pid report.PID, ports int, growth float64) edit {
	return func(r *report.Report) {
		window := -1
		if len(r.Verdict.Windows) > 0 {
			window = 0
		}
		r.Verdict.Holders = append(r.Verdict.Holders, report.Holder{
			Host: "HOST1", Transport: "tcp", Window: window, PID: pid, Image: image, Instances: 1, Ports: ports, Share: float64(ports) / 512, GrowthPerMinute: growth,
		})
	}
}

// growth sets that of every holder.
func growth(perMinute float64) edit {
	return func(r *report.Report) {
		for i := range r.Verdict.Holders {
			r.Verdict.Holders[i].GrowthPerMinute = perMinute
		}
	}
}

// only leaves the inputs of some kinds, and what rests on them.
func only(kinds ...string) edit {
	return func(r *report.Report) {
		r.Sources = slices.DeleteFunc(r.Sources, func(s report.Source) bool { return !slices.Contains(kinds, s.Kind) })
		r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool {
			return rests(f.ID) == trace && !slices.Contains(kinds, "etl") || rests(f.ID) == log && !slices.Contains(kinds, "evtx")
		})
		for i := range r.Verdict.Windows {
			if !slices.Contains(kinds, "etl") {
				r.Verdict.Windows[i].Failures = 0
			}
		}
		if !slices.Contains(kinds, "netstat") {
			incomplete(r)
			tcp(r).Balance.Basis = "trace"
		}
	}
}

func host(name string) edit {
	return func(r *report.Report) {
		r.Bundle.Host, r.Bundle.Hosts = name, []string{name}
		for i := range r.Verdict.Pools {
			r.Verdict.Pools[i].Host = name
		}
		for i := range r.Verdict.Windows {
			r.Verdict.Windows[i].Host = name
		}
		for i := range r.Verdict.Holders {
			r.Verdict.Holders[i].Host = name
		}
		for i := range r.Verdict.Victims {
			r.Verdict.Victims[i].Host = name
		}
		for i := range r.Findings {
			r.Findings[i].Host = name
		}
		for i := range r.Sources {
			r.Sources[i].Host = name
		}
	}
}

// udp exchanges the two pools: what was said of TCP is said of UDP.
func udp(r *report.Report) {
	swap := map[string]string{"tcp": "udp", "udp": "tcp"}
	for i := range r.Verdict.Pools {
		r.Verdict.Pools[i].Transport = swap[r.Verdict.Pools[i].Transport]
	}
	for i := range r.Verdict.Windows {
		r.Verdict.Windows[i].Transport = "udp"
	}
	for i := range r.Verdict.Holders {
		r.Verdict.Holders[i].Transport = "udp"
	}
	for i := range r.Findings {
		r.Findings[i].Transport = "udp"
	}
}

// and puts what another report says of its machine and pools to a report.
func and(o *report.Report) edit {
	return func(r *report.Report) {
		n := len(r.Verdict.Windows)
		for _, p := range o.Verdict.Pools {
			p.Episodes = slices.Clone(p.Episodes)
			for i := range p.Episodes {
				p.Episodes[i] += n
			}
			r.Verdict.Pools = append(r.Verdict.Pools, p)
		}
		for _, h := range o.Verdict.Holders {
			if h.Window >= 0 {
				h.Window += n
			}
			r.Verdict.Holders = append(r.Verdict.Holders, h)
		}
		r.Verdict.Windows = append(r.Verdict.Windows, o.Verdict.Windows...)
		r.Verdict.Victims = append(r.Verdict.Victims, o.Verdict.Victims...)
		r.Findings = append(r.Findings, o.Findings...)
		r.Sources = append(r.Sources, o.Sources...)
		r.Bundle.Hosts = unique(r.Bundle.Hosts, o.Bundle.Hosts...)
		if rank(o.Verdict.Outcome) > rank(r.Verdict.Outcome) {
			r.Verdict.Outcome = o.Verdict.Outcome
		}
	}
}

// udpToo is a report in which the UDP pool is as the TCP pool of another one.
func udpToo(o report.Outcome, changes ...edit) edit {
	return func(r *report.Report) {
		from := r.Bundle.Window.From.Sub(at(0).Time).Minutes()
		other := made(from, o, append(changes, udp)...)
		other.Verdict.Pools = other.Verdict.Pools[:1]
		other.Sources = nil
		r.Verdict.Pools = r.Verdict.Pools[:1]
		and(other)(r)
	}
}

// lasts makes the trace last for so many minutes.
func lasts(m float64) edit {
	return func(r *report.Report) {
		end := report.Time{Time: r.Bundle.Window.From.Add(time.Duration(m * float64(time.Minute)))}
		r.Bundle.Window.To = end
		r.Sources[0].Window.To = end
		for i := range r.Findings {
			r.Findings[i].Last = end
		}
	}
}

const day = 24 * 60

var ex, li, no, in = report.Exhausted, report.Likely, report.NotExhausted, report.Inconclusive

type pairCase struct {
	name          string
	before, after *report.Report
	want          Result
	says          string // part of the heading and the reasons
}

func checkPairs(t *testing.T, cases []pairCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c := Compare(tt.before, tt.after)
			all := resultText(c.Verdict) + ": " + c.heading + "\n" + strings.Join(c.Reasons, "\n")
			if c.Verdict != tt.want || !strings.Contains(all, tt.says) {
				t.Errorf("%s, want %s with %q; it says:\n%s", c.Verdict, tt.want, tt.says, all)
			}
			if !strings.HasPrefix(c.Summary, resultText(c.Verdict)+": ") || strings.Contains(c.Summary, "\n") || !strings.HasSuffix(c.Summary, ".") || strings.HasSuffix(c.Summary, "..") {
				t.Errorf("summary %q", c.Summary)
			}
			for _, r := range c.Reasons {
				if !strings.HasSuffix(r, ".") || strings.HasSuffix(r, "..") || strings.Contains(r, "()") || strings.Contains(r, "%!") {
					t.Errorf("reason %q", r)
				}
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	same := made(0, ex)
	checkPairs(t, []pairCase{
		{"fixed", made(0, ex), made(day, no), Fixed, "Fixed: exhausted before, not exhausted after"},
		{"fixed: why", made(0, ex), made(day, no), Fixed, "The later bundle could have shown exhaustion and shows none."},
		{"fixed: how long", made(0, ex), made(day, no), Fixed, "It watches the pool for 4 min, and at 200 ports a minute, as before, 512 ports last 3 min"},
		{"fixed: the holder is gone", made(0, ex), made(day, no), Fixed, "leaky.exe held 500 TCP ports before and none after"},
		{"fixed from likely", made(0, li), made(day, no), Fixed, "Fixed: likely exhausted before, not exhausted after"},
		{"fixed: the host by its full name", made(0, ex), made(day, no, host("host1.example.org")), Fixed, "shows none"},
		{"fixed: host not known", made(0, ex), made(day, no, host("")), Fixed, "One bundle does not name its machine: that both are of HOST1 is not shown."},
		{"fixed: no host known", made(0, ex, host("")), made(day, no, host("")), Fixed, "Neither bundle names its machine"},
		{"fixed: the UDP pool", made(0, ex, udp), made(day, no, udp), Fixed, "UDP: The later bundle could have shown exhaustion and shows none."},
		{"better: exhausted, then likely", made(0, ex), made(day, li), Better, "The pressure is lower but not gone."},
		{"same", made(0, ex), made(day, ex), Same, "No change: exhausted before and after"},
		{"same: both well", made(0, no), made(day, no, pool(512, 5)), Same, "No change: not exhausted before and after"},
		{"same inputs", same, same, Same, "Both bundles are the same inputs, byte for byte."},
		{"worse", made(0, no), made(day, ex), Worse, "Worse: not exhausted before, exhausted after"},
		{"worse: likely, then exhausted", made(0, li), made(day, ex), Worse, "The pool was likely exhausted and is now exhausted."},
		{"worse: calm, then likely", made(0, no), made(day, li), Worse, "The pool was not exhausted and is now likely exhausted."},
		{"unclear: after inconclusive", made(0, ex), made(day, in), Unclear, "Unclear: the second bundle cannot show it"},
		{"unclear: calm, then inconclusive", made(0, no), made(day, in), Unclear, "Both bundles are inconclusive"},
		{"unclear: before inconclusive", made(0, in), made(day, no), Unclear, "Unclear: the first bundle shows no trouble to compare with"},
		{"unclear: both inconclusive", made(0, in), made(day, in), Unclear, "Unclear: neither bundle can show it"},
		{"unclear: no pool at all", &report.Report{}, &report.Report{}, Unclear, "Unclear: neither bundle can show it"},
	})
}

func TestNewTrouble(t *testing.T) {
	checkPairs(t, []pairCase{
		{"the first would have shown it in a trace", made(0, in, only("etl")), made(day, ex, only("etl")), Worse, "a trace (.etl) of the first bundle shows nothing of it"},
		{"one refusal, and no finding", made(0, in, only("etl")), made(day, ex, only("etl"), refused(1), func(r *report.Report) { r.Findings = nil }), Worse, "a trace (.etl) of the first bundle"},
		{"the first has no trace", made(0, in, only("evtx")), made(day, ex, only("etl")), Unclear, "Unclear: the first bundle cannot show it"},
		{"the first trace has lost events", made(0, in, only("etl"), finding("trace-lost-events", 1)), made(day, ex, only("etl")), Unclear, "no input of the first bundle could have shown it"},
		{"a log that does not cover", made(0, in, only("evtx"), finding("evtx-does-not-cover", 1)), made(day, ex, only("evtx"), logged(4231)), Unclear, "cannot show it"},
		{"the first would have shown it in its log", made(0, in, only("evtx")), made(day, ex, only("evtx"), logged(4231)), Worse, "the System log (.evtx) of the first bundle"},
		{"4227 is no witness", made(0, in, only("evtx")), made(day, ex, only("evtx", "netstat"), logged(4227)), Unclear, "cannot show it"},
		{"4266 is one", made(0, in, only("evtx"), udp), made(day, ex, only("evtx"), logged(4266), udp), Worse, "the System log (.evtx)"},
		{"the first has a complete table", made(0, in, only("netstat"), pool(512, 20)), made(day, li, only("netstat")), Worse, "a connection table (netstat) of the first bundle"},
		{"the first table is not complete", made(0, in, only("netstat"), pool(512, 20), incomplete), made(day, li, only("netstat")), Unclear, "cannot show it"},
		{"likely by nothing but its balance", made(0, in, only("netstat"), pool(512, 20)), made(day, li, func(r *report.Report) { r.Findings = nil }), Worse, "a connection table (netstat) of the first bundle"},
	})
	// A second pool that is new and cannot be compared keeps a gain in the first from deciding.
	checkPairs(t, []pairCase{
		{"UDP new, and shown", made(0, ex, udpToo(in)), made(day, no, udpToo(ex)), Worse, "UDP: The pool is now exhausted"},
		{"UDP new, unseen before", made(0, ex, only("evtx"), logged(4231), udpToo(in)), made(day, no, udpToo(ex)), Unclear, "the first bundle cannot show it"},
		{"UDP was calm", made(0, ex, udpToo(no)), made(day, no, udpToo(ex)), Worse, "UDP: The pool was not exhausted and is now exhausted."},
	})
}

func TestTogether(t *testing.T) {
	checkPairs(t, []pairCase{
		{"both fixed", made(0, ex, udpToo(ex)), made(day, no, udpToo(no)), Fixed, "UDP: The later bundle could have shown"},
		{"one fixed, one the same", made(0, ex, udpToo(ex)), made(day, no, udpToo(ex)), Better, "Better: exhausted before, not exhausted after, but not in every pool"},
		{"one fixed, one unclear", made(0, ex, udpToo(ex)), made(day, no, udpToo(in)), Better, "UDP: The second bundle is inconclusive"},
		{"one fixed, one better", made(0, ex, udpToo(ex)), made(day, no, udpToo(no, finding("bound-leak", 1))), Better, "not shown to be fixed"},
		{"one better, one the same", made(0, ex, udpToo(ex)), made(day, no, finding("bound-leak", 1), udpToo(ex)), Better, "UDP: The pool is exhausted in both bundles"},
		{"one the same, one unclear", made(0, ex, udpToo(ex)), made(day, ex, udpToo(in)), Unclear, "the second bundle cannot show it"},
		{"one the same, one worse", made(0, ex, udpToo(li)), made(day, ex, udpToo(ex)), Worse, "UDP: The pool was likely exhausted and is now exhausted."},
		{"nothing to compare UDP with", made(0, no, udpToo(in)), made(day, no, udpToo(no)), Same, "not exhausted before and after"},
		{"UDP not shown after", made(0, no, udpToo(no)), made(day, no, udpToo(in)), Same, "not exhausted before and after"},
		{"UDP calm on one side each", made(0, in, udpToo(no)), made(day, no, udpToo(in)), Unclear, "UDP: The second bundle is inconclusive"},
		{"a calm pool has no say", made(0, ex, udpToo(no)), made(day, no, udpToo(no, pool(512, 400))), Fixed, "shows none"},
		{"a calm pool that is fuller counts where no other is in trouble", made(0, no, udpToo(no)), made(day, no, udpToo(no, pool(512, 400))), Worse, "The pool is still not exhausted, with clearly higher use"},
	})
}

func TestMachines(t *testing.T) {
	two := func(a, b *report.Report) *report.Report { and(b)(a); return a }
	checkPairs(t, []pairCase{
		{"two machines", made(0, ex), made(day, no, host("HOST2")), Unclear, "Unclear: the bundles are of different machines"},
		{"two machines are named", made(0, ex), made(day, no, host("HOST2")), Unclear, "The machines differ: HOST1 before, HOST2 after."},
		{"two addresses", made(0, ex, host("10.0.0.1")), made(day, no, host("10.0.0.2")), Unclear, "The machines differ: 10.0.0.1 before, 10.0.0.2 after."},
		{"one address", made(0, ex, host("10.0.0.1")), made(day, no, host("10.0.0.1")), Fixed, "shows none"},
		{"two domains", made(0, ex, host("host1.a.example")), made(day, no, host("HOST1.b.example")), Fixed, "shows none"},
		{"both machines fixed", two(made(0, ex), made(0, ex, host("B"))), two(made(day, no), made(day, no, host("B"))), Fixed, "HOST1, TCP: The later bundle"},
		{"one machine fixed", two(made(0, ex), made(0, ex, host("B"))), two(made(day, no), made(day, ex, host("B"))), Better, "B, TCP: The pool is exhausted in both bundles"},
		{"one machine is missing", two(made(0, ex), made(0, ex, host("B"))), made(day, no), Better, "Only the first bundle speaks of B."},
		{"a calm one is missing", two(made(0, ex), made(0, no, host("B"))), made(day, no), Fixed, "Only the first bundle speaks of B."},
		{"another machine is exhausted", made(0, ex), two(made(day, no), made(day, ex, host("B"))), Unclear, "Only the second bundle speaks of B."},
		{"another machine is well", made(0, ex), two(made(day, no), made(day, no, host("B"))), Fixed, "Only the second bundle speaks of B."},
		{"each has one of its own", two(made(0, ex), made(0, no, host("B"))), two(made(day, no), made(day, no, host("C"))), Fixed, "Only the first bundle speaks of B, only the second of C."},
		{"a nameless machine beside two", made(0, ex, host("")), two(made(day, no), made(day, no, host("B"))), Unclear, "different machines"},
		{"the log of one machine does not answer for the other", two(made(0, in, only("netstat")), made(0, no, host("B"))), two(made(day, ex), made(day, no, host("B"))), Unclear, "HOST1, TCP: The pool is now exhausted, and no input"},
	})
}

// What is of one machine has no say for another.
func TestMachinesApart(t *testing.T) {
	two := func(a, b *report.Report) *report.Report { and(b)(a); return a }
	busy := func(from float64) *report.Report { return made(from, ex, host("B")) }
	checkPairs(t, []pairCase{
		{"a gap in the trace of another", two(made(0, ex), busy(0)), two(made(day, no), made(day, ex, host("B"), func(r *report.Report) {
			finding("trace-lost-events", 1)(r)
			r.Findings[1].Host = "B"
		})), Better, "HOST1, TCP: The later bundle could have shown exhaustion and shows none."},
		{"the long trace of another", two(made(0, ex), made(0, ex, lasts(40), host("B"))), two(made(day, ex, refused(75)), made(day, ex, lasts(40), host("B"))), Better, "HOST1, TCP: The pool is still exhausted, with clearly lower refused attempts: 100 before, 75 after (25 and 18.8 a minute)."},
		{"a leak of another", two(made(0, ex), busy(0)), two(made(day, no), made(day, ex, host("B"), func(r *report.Report) {
			finding("bound-leak", 1)(r)
			r.Findings[1].Host = "B"
		})), Better, "HOST1, TCP: The later bundle could have shown exhaustion and shows none."},
		{"a leak of nobody knows which", two(made(0, ex), busy(0)), two(made(day, no), made(day, ex, host("B"), func(r *report.Report) {
			finding("bound-leak", 1)(r)
			r.Findings[1].Host = ""
		})), Better, "HOST1, TCP: The later bundle could have shown exhaustion and shows none."},
		{"a trace in which nothing was understood", made(0, ex, func(r *report.Report) {
			r.Sources = append(r.Sources, report.Source{Kind: "etl", Host: "HOST1", Window: report.Span{From: at(0), To: at(40)}})
		}), made(day, ex, refused(75)), Better, "(25 and 18.8 a minute)"},
		{"a nameless one after two", two(made(0, ex), busy(0)), made(day, no, host("")), Unclear, "different machines"},
		{"two spellings are one", two(made(0, ex), func() *report.Report {
			r := made(0, ex, host("host1.example"), udp)
			r.Verdict.Pools, r.Sources = r.Verdict.Pools[:1], nil
			return r
		}()), made(day, no, udpToo(no)), Fixed, "shows none"},
		{"no pool, and a machine by its bundle", &report.Report{Bundle: report.Bundle{Host: "A"}}, &report.Report{Bundle: report.Bundle{Host: "B"}}, Unclear, "The machines differ: A before, B after."},
		{"the worst pool leads", made(0, li, udpToo(ex)), made(day, in, udpToo(in)), Unclear, "UDP: The second bundle is inconclusive"},
	})
	c := Compare(made(0, ex, host("")), two(made(day, no), made(day, no, host("B"))))
	for _, p := range c.Pools {
		if p.Before != nil && p.After != nil || p.Before == nil && p.After == nil {
			t.Errorf("%s %s: %v, %v", p.Host, p.Transport, p.Before, p.After)
		}
	}
	if len(c.Pools) != 6 || c.Pools[0].Host != "" || !strings.HasPrefix(c.Pools[2].Reasons[0], "The first bundle does not speak of this machine: not exhausted in the second") {
		t.Errorf("%+v", c.Pools)
	}
	c = Compare(made(0, ex), made(day, no, host("HOST2")))
	if !strings.HasPrefix(c.Pools[0].Reasons[0], "The second bundle does not speak of this machine: exhausted in the first") || strings.Contains(strings.Join(c.Reasons, "\n"), "Episodes") {
		t.Errorf("%q %q", c.Pools[0].Reasons, c.Reasons)
	}
	if c := Compare(made(0, li, udpToo(ex)), made(day, in, udpToo(in))); !strings.Contains(c.Summary, "UDP of HOST1: exhausted before") {
		t.Errorf("the worst pool leads: %s", c.Summary)
	}
	if c := Compare(two(made(0, ex), made(0, in, host("B"))), two(made(day, no), made(day, in, host("B"), func(r *report.Report) {
		r.Verdict.Windows = []report.Window{{Host: "B", Transport: unknown, From: at(day), To: at(day)}}
		r.Verdict.Pools = append(r.Verdict.Pools, report.Pool{Host: "B", Transport: "sctp"})
	}))); len(c.Pools) != 6 {
		t.Errorf("%d pools, want those of each machine", len(c.Pools))
	}
	other := made(0, ex)
	other.Bundle.ID = made(day, no).Bundle.ID
	if c := Compare(other, made(day, no)); c.Verdict != Fixed {
		t.Errorf("the same inputs judged anew are compared: %s", c.Summary)
	}
	// The largest holder of a calm machine is not the one to speak of.
	c = Compare(two(made(0, ex), made(0, no, holder("big.exe", 5, 510, 0), host("B"))), two(made(day, no), made(day, no, host("B"))))
	if all := strings.Join(c.Reasons, "\n"); strings.Contains(all, "big.exe") || !strings.Contains(all, "leaky.exe on HOST1 held 500 TCP ports") {
		t.Error(all)
	}
	c = Compare(made(0, ex, udpToo(no, holder("big.exe", 5, 510, 0))), made(day, no, udpToo(no)))
	if all := strings.Join(c.Reasons, "\n"); strings.Contains(all, "big.exe") {
		t.Error(all)
	}
}

// Refusals of which nothing tells the transport.
func TestUnknownTransport(t *testing.T) {
	stray := func(host string) edit {
		return func(r *report.Report) {
			r.Verdict.Windows = append(r.Verdict.Windows, report.Window{Host: host, Transport: unknown, Family: "any", From: at(0), To: at(1), Failures: 9})
		}
	}
	before := made(0, in, stray("HOST1"), pool(512, 20))
	c := Compare(before, made(day, no, udpToo(no)))
	if p := c.Pools[2]; c.Verdict != Better || p.Transport != unknown || len(p.Reasons) != 1 || p.Before.Outcome != ex || *p.Before.Failures != 9 || p.After != nil || p.Before.Balance != nil {
		t.Errorf("%s %+v", c.Verdict, p)
	}
	for name, tt := range map[string]struct {
		after *report.Report
		want  Result
	}{
		"a pool that is not calm": {made(day, no), Unclear},
		"one of another machine":  {made(day, no, udpToo(no), and(made(day, in, host("B")))), Better},
		"there as well": {made(day, no, udpToo(no), func(r *report.Report) {
			stray("HOST1")(r)
			r.Verdict.Windows[0].From, r.Verdict.Windows[0].To = at(day), at(day+1)
		}), Same},
		"refusals of another":        {made(day, no, udpToo(no), and(made(day, no, host("B"), stray("B")))), Unclear},
		"refusals of no transport":   {made(day, no, udpToo(no), episode(day, day+1, "", report.Time{})), Better},
		"without any pool to go by":  {made(day, no, func(r *report.Report) { r.Verdict.Pools = nil; r.Verdict.Windows = nil; r.Bundle.Host = "HOST1" }), Unclear},
		"new ones, which are unseen": {made(day, in, only("netstat")), Unclear},
	} {
		if c := Compare(before, tt.after); c.Verdict != tt.want {
			t.Errorf("%s: %s", name, c.Summary)
		}
	}
	if c := Compare(made(day, no, udpToo(no)), made(2*day, no, udpToo(no), func(r *report.Report) {
		stray("HOST1")(r)
		r.Verdict.Windows[0].From, r.Verdict.Windows[0].To = at(2*day), at(2*day+1)
	})); c.Verdict != Worse {
		t.Errorf("new: %s", c.Summary)
	}
}

// The later report answers only in the order of time.
func TestOrder(t *testing.T) {
	untimed := func(r *report.Report) {
		for i := range r.Sources {
			r.Sources[i].Window = report.Span{}
		}
		for i := range r.Findings {
			r.Findings[i].First, r.Findings[i].Last = report.Time{}, report.Time{}
		}
		for i := range r.Verdict.Windows {
			r.Verdict.Windows[i].From, r.Verdict.Windows[i].To = report.Time{}, report.Time{}
		}
		tcp(r).UsedAt, tcp(r).Balance.At = report.Time{}, report.Time{}
	}
	const nano = 1.0 / 60e9
	checkPairs(t, []pairCase{
		// The last refusal before is at minute 3; the trace after begins where it is said to.
		{"one tick before the last refusal", made(0, ex), made(3-nano, no), Unclear, "Unclear: the second bundle is not later than the first"},
		{"at the last refusal", made(0, ex), made(3, no), Unclear, "which is not later than the first (2026-03-10 09:03 UTC)"},
		{"one tick after", made(0, ex), made(3+nano, no), Fixed, "shows none"},
		// The first refusal is at minute 1; a trace of four minutes ends there.
		{"ends one tick before the first refusal", made(0, ex), made(-3-nano, no), Unclear, "Unclear: the second bundle is the earlier one"},
		{"ends at the first refusal", made(0, ex), made(-3, no), Unclear, "not later than the first"},
		{"swapped", made(day, ex), made(0, no), Unclear, "ends (2026-03-10 09:04 UTC) before the first begins: the two may be swapped"},
		{"swapped, and worse", made(day, no), made(0, ex), Unclear, "may be swapped"},
		{"no time before", made(0, ex, untimed), made(day, no), Unclear, "Unclear: it is not known which bundle is later"},
		{"no time after", made(0, ex), made(day, no, untimed), Unclear, "No time tells that the second bundle is later than the first."},
		{"no time, and worse", made(0, no, untimed), made(day, ex), Worse, "No time tells that the second bundle is later than the first."},
		{"no later, and worse", made(0, no), made(1, ex), Worse, "The second bundle is not later than the first: check that it was taken after the change."},
		{"no later, and the same", made(0, ex), made(0.5, ex), Same, "check that it was taken after the change"},
		{"no later, with fewer failures", made(0, ex), made(0.5, ex, refused(10)), Unclear, "Unclear: the second bundle is not later than the first"},
		{"no time, and the same", made(0, ex, untimed), made(day, ex), Same, "No time tells that the second bundle is later than the first."},
		{"no time, with fewer failures", made(0, li, pool(512, 500)), made(day, li, pool(512, 300), untimed), Unclear, "it is not known which bundle is later"},
		{"later, and worse: nothing is said of order", made(0, no), made(day, ex), Worse, "Episodes: none before, 1 (2026-03-11, 09:01:00 to 09:03:00 UTC) after."},
		{"a table alone tells the time", made(0, li, only("netstat")), made(1, no, only("netstat", "evtx")), Better, "The second bundle watches the pool for 0 s"},
		{"the traces tell where the use has no time", made(0, li, func(r *report.Report) { tcp(r).UsedAt = report.Time{} }), made(4, no), Unclear, "not later than the first"},
		{"the log tells where nothing else does", made(0, li, func(r *report.Report) {
			tcp(r).UsedAt = report.Time{}
			r.Sources = r.Sources[1:2]
		}), made(4, no), Unclear, "not later than the first"},
		{"no later than the instant of the table", made(0, li), made(2, no), Unclear, "not later than the first"},
		{"later than the instant of the table", made(0, li), made(2+nano, no), Fixed, "shows none"},
		{"exhausted without an episode", made(0, ex, func(r *report.Report) { r.Verdict.Windows, tcp(r).Episodes = nil, nil }), made(2+nano, no), Fixed, "shows none"},
		{"inputs without an end", made(0, ex, untimed, func(r *report.Report) { r.Sources[1].Window.From = at(0) }), made(day, no), Unclear, "it is not known which bundle is later"},
		{"inputs without a start", made(0, ex, untimed, func(r *report.Report) { r.Sources[1].Window.To = at(0) }), made(day, no), Unclear, "it is not known which bundle is later"},
		{"inputs without an end, after", made(0, ex), made(day, no, untimed, func(r *report.Report) { r.Sources[1].Window.From = at(day) }), Unclear, "it is not known which bundle is later"},
		{"inputs without a start, after", made(0, ex), made(day, no, untimed, func(r *report.Report) { r.Sources[1].Window.To = at(day) }), Unclear, "it is not known which bundle is later"},
		{"an episode without a start", made(0, ex, func(r *report.Report) { r.Verdict.Windows[0].From = report.Time{} }), made(4+nano, no), Fixed, "shows none"},
		{"binds that succeed until nobody knows when", made(0, ex, growth(1e9)), made(day, no, only("etl"), func(r *report.Report) { r.Findings[0].Last = report.Time{} }), Better, "watches the pool for 0 s"},
		{"an episode without an end", made(0, ex, func(r *report.Report) { r.Verdict.Windows[0].To = report.Time{} }), made(1+nano, no), Fixed, "shows none"},
	})
}

// A System log keeps its records over a fix.
func TestOldFailures(t *testing.T) {
	old := func(minute float64) edit {
		return func(r *report.Report) {
			r.Verdict.Windows[0].From, r.Verdict.Windows[0].To = at(1), at(minute)
			r.Sources[1].Window.From = at(0)
		}
	}
	const nano = 1.0 / 60e9
	checkPairs(t, []pairCase{
		{"older", made(0, ex), made(day, ex, old(2)), Unclear, "Unclear: the second bundle repeats the failures of the first"},
		{"the last is the last of before", made(0, ex), made(day, ex, old(3)), Unclear, "All failures of the second bundle lie in the time of the first (until 2026-03-10 09:03 UTC)"},
		{"one tick later", made(0, ex), made(day, ex, old(3+nano)), Same, "exhausted before and after"},
		{"a bundle that reaches no further is no later one", made(0, ex), made(-0.5, ex, old(2), func(r *report.Report) { r.Sources[1].Window.To = at(4) }), Same, "exhausted before and after"},
		{"likely is judged by its table", made(0, li), made(day, li, episode(0, 1, "", report.Time{}), only("netstat")), Same, "likely exhausted before and after"},
		{"a later one as well", made(0, ex), made(day, ex, old(2), episode(day+1, day+3, "", report.Time{})), Same, "exhausted before and after"},
	})
}
