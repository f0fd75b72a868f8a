package synth

import (
	"strings"
	"testing"

	"portverdict/report"
)

// truthOf is the truth of two pools by hand: TCP ran out in one episode and UDP did not;
// some of it may be told in two ways.
func truthOf() *Truth {
	used, idle := 300, 4
	return &Truth{
		Outcome: exhausted, Because: "the trace tells of a refused attempt", Transport: "tcp", Cause: "leak",
		Pools: []PoolTruth{
			{Transport: "tcp", Start: 50000, Count: 310, Capacity: 300, Ranged: true, Used: &used, UsedMost: 301, UsedSure: true, Outcome: exhausted, Cause: "leak", CauseAlso: []string{"small-range"}, CauseSure: true, Windows: []int{0}},
			{Transport: "udp", Start: 50000, Count: 255, Capacity: 255, Ranged: true, Used: &idle, UsedSure: true, Outcome: healthy, Also: []string{open}, Windows: []int{}},
		},
		Windows: []Window{{
			Transport: "tcp", From: "2026-03-10T09:01:00.1234567Z", To: "2026-03-10T09:02:00Z", ToAlso: []string{"2026-03-10T09:02:01Z"}, Ends: "recovered", EndsAlso: []string{"unknown"},
			EndedAt: "2026-03-10T09:02:05Z", Failures: 12, Balance: Balance{Sure: true, Basis: "trace", Capacity: 300, Holders: 280, Unaccounted: 20, Closing: 1},
		}},
		Holders: []Holder{
			{Transport: "tcp", Window: 0, PID: 4242, Image: "leaky.exe", Ports: 200, PortsMost: 201, Sure: true, Named: true, MayName: true},
			{Transport: "tcp", Window: 0, PID: 0, Image: "chrome.exe", Instances: 4, Ports: 80, PortsMost: 80, MayName: true},
			{Transport: "udp", Window: -1, PID: 1888, Image: "svchost.exe", Ports: 4, PortsMost: 4, Sure: true},
		},
		Victims: []Victim{{Transport: "tcp", PID: 1888, Failures: 10}, {Transport: "tcp", PID: 4242, Failures: 2}},
		Sure:    Sure{Victims: true, Windows: true}, Missing: []string{"System.evtx"},
	}
}

// reportOf is a report that says the same.
func reportOf() *report.Report {
	used := 300
	stamp := func(s string) report.Time { return report.Time{Time: moment(s)} }
	books := report.Balance{Basis: "trace", Capacity: 300, Holders: 280, Unaccounted: 20}
	return &report.Report{Verdict: report.Verdict{
		Outcome: report.Exhausted, Confidence: report.Strong, Transport: "tcp", Cause: report.CauseLeak, Summary: "The TCP ports ran out, the UDP ports did not.",
		Pools: []report.Pool{
			{Transport: "tcp", Start: 50000, Count: 310, Capacity: 300, Used: &used, Outcome: report.Exhausted, Cause: report.CauseLeak, Balance: books},
			{Transport: "udp", Start: 50000, Count: 255, Capacity: 255, Used: new(4), Outcome: report.NotExhausted, Balance: report.Balance{Capacity: 255, Holders: 4, Free: 251}},
		},
		Windows: []report.Window{{
			Transport: "tcp", From: stamp("2026-03-10T09:01:00.1234567Z"), To: stamp("2026-03-10T09:02:00Z"), Ends: "recovered", EndedAt: stamp("2026-03-10T09:02:04Z"), Failures: 12, Balance: &books,
		}},
		Holders: []report.Holder{
			{Transport: "tcp", PID: 4242, Image: "leaky.exe", Ports: 200, Named: true},
			{Transport: "tcp", PID: 0, Image: "chrome.exe", Ports: 80, Instances: 4},
			{Transport: "udp", Window: -1, PID: 1888, Image: "svchost.exe", Ports: 4},
		},
		Victims: []report.Victim{{Transport: "tcp", PID: 1888, Failures: 10}, {Transport: "tcp", PID: 4242, Failures: 2}},
		Missing: []report.Missing{{Input: "the System log"}},
	}}
}

// differenceCases are changes of the report, or of the truth, and what is said of them.
var differenceCases = []struct {
	name   string
	change func(*Truth, *report.Verdict)
	want   []string // beginnings; none: no difference
}{
	{"the truth", func(*Truth, *report.Verdict) {}, nil},
	{"outcome", func(_ *Truth, v *report.Verdict) { v.Outcome = report.Likely }, []string{"outcome likely, want exhausted: the trace"}},
	{"outcome that is as good", func(t *Truth, v *report.Verdict) { v.Outcome, t.Also = report.Likely, []string{likely} }, nil},
	{"headline", func(_ *Truth, v *report.Verdict) { v.Transport, v.Cause = "udp", "" }, []string{"headline of udp, want tcp"}},
	{"headline that is as good", func(t *Truth, v *report.Verdict) { v.Transport, v.Cause, t.TransportAlso = "udp", "", []string{"udp"} }, nil},
	{"cause", func(_ *Truth, v *report.Verdict) { v.Cause, v.Pools[0].Cause = report.CauseBurst, report.CauseBurst }, []string{`cause of tcp is "burst", want leak or small-range`}},
	{"cause that is as good", func(_ *Truth, v *report.Verdict) {
		v.Cause, v.Pools[0].Cause = report.CauseSmallRange, report.CauseSmallRange
	}, nil},
	{"cause of nothing", func(t *Truth, _ *report.Verdict) { t.Pools[0].Cause, t.Pools[0].CauseAlso = "", nil }, []string{`cause of tcp is "leak", want none`}},
	{"cause of which nothing is known", func(t *Truth, _ *report.Verdict) { t.Pools[0].Cause, t.Pools[0].CauseSure = "", false }, nil},
	{"cause of the headline and of its pool", func(_ *Truth, v *report.Verdict) { v.Cause = report.CauseChurn }, []string{`cause "churn" of the headline`}},

	{"pool outcome", func(_ *Truth, v *report.Verdict) { v.Pools[0].Outcome = report.Likely }, []string{"pool tcp is likely, want exhausted"}},
	{"pool outcome that is as good", func(_ *Truth, v *report.Verdict) { v.Pools[1].Outcome = report.Inconclusive }, nil},
	{"pool outcome of UDP", func(_ *Truth, v *report.Verdict) { v.Pools[1].Outcome = report.Exhausted }, []string{"pool udp is exhausted, want not-exhausted or inconclusive"}},
	{"capacity", func(_ *Truth, v *report.Verdict) { v.Pools[0].Capacity = 310 }, []string{"pool tcp: 310 from 50000, capacity 310, want", "balance of pool tcp", "balance of window 0"}},
	{"capacity without a range", func(t *Truth, v *report.Verdict) { t.Pools[1].Ranged, v.Pools[1].Count = false, 16384 }, nil},
	{"no pool", func(_ *Truth, v *report.Verdict) { v.Pools = v.Pools[:1] }, []string{"pool udp stands 0 times"}},
	{"two pools", func(_ *Truth, v *report.Verdict) { v.Pools = append(v.Pools, v.Pools[1]) }, []string{"pool udp stands 2 times"}},
	{"used", func(_ *Truth, v *report.Verdict) { v.Pools[0].Used = new(299) }, []string{"pool tcp: 299 used, want 300 to 301"}},
	{"used, with a close under way", func(_ *Truth, v *report.Verdict) { v.Pools[0].Used = new(301) }, nil},
	{"used, too many", func(_ *Truth, v *report.Verdict) { v.Pools[0].Used = new(302) }, []string{"pool tcp: 302 used"}},
	{"used is not told", func(_ *Truth, v *report.Verdict) { v.Pools[0].Used = nil }, []string{"pool tcp: what is used is not told, want 300"}},
	{"used, of which nothing is sure", func(t *Truth, v *report.Verdict) { t.Pools[0].UsedSure, v.Pools[0].Used = false, nil }, nil},

	{"a window too many", func(_ *Truth, v *report.Verdict) { v.Windows = append(v.Windows, v.Windows[0]) }, []string{"window: 2 of them, want 1"}},
	{"no window", func(_ *Truth, v *report.Verdict) { v.Windows = nil }, []string{"window: 0 of them, want 1"}},
	{"windows of which nothing is sure", func(t *Truth, v *report.Verdict) { t.Sure.Windows, v.Windows = false, nil }, nil},
	{"window of the other pool", func(_ *Truth, v *report.Verdict) { v.Windows[0].Transport, v.Windows[0].Balance = "udp", nil }, []string{"window 0 is of udp, want tcp"}},
	{"from", func(_ *Truth, v *report.Verdict) { v.Windows[0].From = v.Windows[0].To }, []string{"window 0 is from 2026-03-10T09:02:00Z, want 2026-03-10T09:01:00.1234567Z"}},
	{"from that is as good", func(t *Truth, v *report.Verdict) {
		v.Windows[0].From, t.Windows[0].FromAlso = v.Windows[0].To, []string{t.Windows[0].To}
	}, nil},
	{"to", func(_ *Truth, v *report.Verdict) { v.Windows[0].To = v.Windows[0].From }, []string{"window 0 is to 2026-03-10T09:01:00.1234567Z, want"}},
	{"to that is as good", func(t *Truth, v *report.Verdict) { v.Windows[0].To.Time = moment(t.Windows[0].ToAlso[0]) }, nil},
	{"failures", func(_ *Truth, v *report.Verdict) { v.Windows[0].Failures++ }, []string{"window 0 has 13 failures, want 12"}},
	{"ends", func(_ *Truth, v *report.Verdict) { v.Windows[0].Ends = "restart" }, []string{"window 0 ends by restart, want recovered or unknown"}},
	{"ends that is as good", func(_ *Truth, v *report.Verdict) { v.Windows[0].Ends, v.Windows[0].EndedAt = "unknown", report.Time{} }, nil},
	{"ended at", func(_ *Truth, v *report.Verdict) { v.Windows[0].EndedAt = v.Windows[0].From }, []string{"window 0 ended at 2026-03-10T09:01:00.1234567Z, want 2026-03-10T09:02:05Z"}},

	{"balance", func(_ *Truth, v *report.Verdict) {
		v.Windows[0].Balance.Holders, v.Windows[0].Balance.TimeWait = 270, 10
	}, []string{"balance of window 0: {"}},
	{"balance that does not add up", func(_ *Truth, v *report.Verdict) { v.Pools[1].Balance.Free++ }, []string{"balance of pool udp: the parts are 256, its capacity 255"}},
	{"balance with a part below nothing", func(_ *Truth, v *report.Verdict) { v.Pools[1].Balance.Free, v.Pools[1].Balance.TimeWait = 252, -1 }, []string{"balance of pool udp: a part is -1"}},
	{"balance with a close under way", func(_ *Truth, v *report.Verdict) {
		v.Windows[0].Balance.Holders, v.Windows[0].Balance.Unaccounted = 281, 19
	}, nil},
	{"balance by another input", func(_ *Truth, v *report.Verdict) { v.Windows[0].Balance.Basis = "table" }, []string{"balance of window 0 is by table, want trace"}},
	{"balance by another table", func(t *Truth, v *report.Verdict) {
		t.Windows[0].Balance.Basis, t.Windows[0].Balance.At, v.Windows[0].Balance.Basis = "table", "2026-03-10T09:01:30Z", "table"
	}, []string{"balance of window 0 is by the table of"}},
	{"no balance", func(_ *Truth, v *report.Verdict) { v.Windows[0].Balance = nil }, []string{"balance of window 0 is not told"}},
	{"balance of which nothing is sure", func(t *Truth, v *report.Verdict) { t.Windows[0].Balance.Sure, v.Windows[0].Balance = false, nil }, nil},

	{"holder is missing", func(_ *Truth, v *report.Verdict) { v.Holders = v.Holders[1:] }, []string{"holder 4242 leaky.exe of 200 ports of tcp is not told of window 0"}},
	{"holder of another window", func(_ *Truth, v *report.Verdict) { v.Holders[2].Window = 0 }, []string{"holder 1888 svchost.exe of 4 ports of udp is not told of window -1"}},
	{"ports", func(_ *Truth, v *report.Verdict) { v.Holders[0].Ports = 202 }, []string{"holder 4242 leaky.exe: 202 ports of tcp in window 0, want 200 to 201"}},
	{"ports with a close under way", func(_ *Truth, v *report.Verdict) { v.Holders[0].Ports = 201 }, nil},
	{"not named", func(_ *Truth, v *report.Verdict) { v.Holders[0].Named = false }, []string{"holder 4242 leaky.exe of tcp is not named in window 0"}},
	{"a sum that may be named", func(_ *Truth, v *report.Verdict) { v.Holders[1].Named = true }, nil},
	{"another sum", func(_ *Truth, v *report.Verdict) { v.Holders[1].Named, v.Holders[1].Image = true, "edge.exe" }, []string{"holder 0 edge.exe of 80 ports of tcp is named in window 0 and must not be"}},
	{"named without an episode", func(_ *Truth, v *report.Verdict) { v.Holders[2].Named = true }, []string{"holder 1888 svchost.exe of 4 ports of udp is named in window -1 and must not be"}},
	{"a stranger is named", func(_ *Truth, v *report.Verdict) {
		v.Holders = append(v.Holders, report.Holder{Transport: "tcp", PID: 7, Ports: 1, Named: true})
	}, []string{"holder 7  of 1 ports of tcp is named in window 0 and must not be"}},
	{"named, where the windows are not sure", func(t *Truth, v *report.Verdict) { t.Sure.Windows, v.Holders[0].Window, v.Windows = false, 3, nil }, nil},
	{"an innocent named, where the windows are not sure", func(t *Truth, v *report.Verdict) { t.Sure.Windows, v.Holders[2].Named = false, true }, []string{"holder 1888"}},

	{"victim is missing", func(_ *Truth, v *report.Verdict) { v.Victims = v.Victims[1:] }, []string{"victim 1888 of tcp is not told"}},
	{"victim of the other pool", func(_ *Truth, v *report.Verdict) { v.Victims[1].Transport = "udp" }, []string{"victim 4242 of tcp is not told", "victim 4242 of udp was never refused"}},
	{"victim in two rows", func(_ *Truth, v *report.Verdict) {
		v.Victims[0].Failures = 9
		v.Victims = append(v.Victims, report.Victim{Transport: "tcp", PID: 1888, Failures: 1})
	}, nil},
	{"victim's failures", func(_ *Truth, v *report.Verdict) { v.Victims[0].Failures = 11 }, []string{"victim 1888 of tcp: 11 failures, want 10"}},
	{"victims of which nothing is sure", func(t *Truth, v *report.Verdict) { t.Sure.Victims, v.Victims = false, nil }, nil},

	{"another machine's pool", func(t *Truth, v *report.Verdict) { t.Host, v.Pools[1].Host = "HOST1", "HOST2" }, []string{"headline of the machine"}},
	{"another machine", func(t *Truth, v *report.Verdict) {
		t.Host, v.Host = "HOST1", "HOST2"
	}, []string{"headline of the machine"}},
	{"a headline of the other pool", func(_ *Truth, v *report.Verdict) { v.Summary = "The UDP ports did not run out." }, []string{"headline"}},
	{"missing", func(_ *Truth, v *report.Verdict) { v.Missing = nil }, []string{"missing System.evtx is not told"}},
	{"missing, and nothing to gain", func(_ *Truth, v *report.Verdict) { v.Missing, v.Confidence = nil, report.Proven }, nil},
}

func TestDifferences(t *testing.T) {
	for _, tt := range differenceCases {
		truth, r := truthOf(), reportOf()
		tt.change(truth, &r.Verdict)
		got := Differences(truth, r)
		if len(got) != len(tt.want) {
			t.Errorf("%s: %d differences, want %d: %q", tt.name, len(got), len(tt.want), got)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], tt.want[i]) {
				t.Errorf("%s: %q, want %q...", tt.name, got[i], tt.want[i])
			}
		}
	}
}
