package synth

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// stories are hosts whose right answers follow from what they do. Where two answers are
// right the first is the best one.
var stories = []struct {
	name, recipe string
	outcome      string // with what is as good
	headline     string
	causes       string // of the headline's pool
	windows      string // transport and end of each
	named        string // who must be named: window:PID
}{
	{
		"a leak fills the pool", `tcp: {start: 50000, count: 300}
processes: [{pid: 4242, image: leaky.exe, sockets: [{rate: 100}]}]
trace: {}
texts: {range: r.txt}`,
		"exhausted", "tcp", "leak", "tcp end-of-inputs", "0:4242",
	},
	{
		"too fast a leak for the rule, and no table", `tcp: {start: 50000, count: 300}
processes: [{pid: 4242, image: leaky.exe, sockets: [{rate: 400}]}]
trace: {}
texts: {range: r.txt}`,
		"exhausted", "tcp", "leak small-range", "tcp end-of-inputs", "0:4242",
	},
	{
		"a burst that is given back", `tcp: {start: 50000, count: 300}
duration: 8m
processes: [{pid: 4242, image: batch.exe, sockets: [{rate: 600, from: 60s, until: 100s, back: 3m}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
texts: {range: r.txt, tasklist: t.txt}`,
		"exhausted", "tcp", "burst", "tcp recovered", "0:4242",
	},
	{
		"two bursts are two episodes", `tcp: {start: 50000, count: 300}
duration: 8m
processes: [{pid: 4242, image: batch.exe, sockets: [{rate: 600, from: 60s, until: 100s, back: 2m}, {rate: 600, from: 260s, until: 300s, back: 320s}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
texts: {range: r.txt, tasklist: t.txt}`,
		"exhausted", "tcp", "burst", "tcp recovered, tcp recovered", "0:4242 1:4242",
	},
	{
		"churn", `tcp: {start: 50000, count: 300}
time_wait: 60s
processes: [{pid: 4500, image: poller.exe, sockets: [{rate: 420, life: 500ms, connect: true}]}, {pid: 1888, image: svchost.exe, sockets: [{transport: udp, held: 2}]}]
trace: {}
tables: [{stamp: iso}]
texts: {range: r.txt}`,
		"exhausted", "tcp", "churn", "tcp end-of-inputs", "",
	},
	{
		"churn without a table: nobody is named", `tcp: {start: 50000, count: 300}
time_wait: 60s
processes: [{pid: 4500, image: poller.exe, sockets: [{rate: 420, life: 500ms, connect: true}]}]
trace: {}
texts: {range: r.txt}`,
		"exhausted", "tcp", "small-range", "tcp end-of-inputs", "",
	},
	{
		"a range of the usual size that old connections fill", `processes: [{pid: 4400, image: proxy.exe, sockets: [{held: 16384, connect: true, remotes: 300}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
tables: [{stamp: iso}]
texts: {range: r.txt}`,
		"exhausted", "tcp", "unknown", "tcp end-of-inputs", "0:4400",
	},
	{
		"UDP runs out, TCP does not", `udp: {start: 50000, count: 255}
processes: [{pid: 4242, image: dns.exe, sockets: [{transport: udp, rate: 80, family: dual}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
log: {}
texts: {range: r.txt}`,
		"exhausted", "udp", "leak", "udp end-of-inputs", "0:4242",
	},
	{
		"one process takes both pools", `tcp: {start: 50000, count: 300}
udp: {start: 50000, count: 255}
processes: [{pid: 4242, image: leaky.exe, sockets: [{rate: 120}, {transport: udp, rate: 90}]}]
trace: {}
texts: {range: r.txt}`,
		"exhausted", "tcp udp", "leak", "tcp end-of-inputs, udp end-of-inputs", "0:4242 1:4242",
	},
	{
		"a restart ends an episode, and the table after it tells nothing of it", `tcp: {start: 50000, count: 300}
duration: 8m
restart: 5m
processes: [{pid: 4242, image: leaky.exe, sockets: [{rate: 100, until: 5m}]}, {pid: 1888, image: svchost.exe, sockets: [{transport: udp, held: 2}]}]
trace: {until: 5m}
log: {}
tables: [{stamp: iso, flags: anobq}]
texts: {range: r.txt}`,
		"exhausted", "tcp", "leak", "tcp restart", "0:4242",
	},
	{
		"the log alone: an episode in each boot", `tcp: {start: 50000, count: 300}
duration: 10m
restart: 5m
processes: [{pid: 4242, image: leaky.exe, sockets: [{rate: 120}]}]
log: {}
texts: {range: r.txt}`,
		"exhausted", "tcp", "small-range", "tcp restart, tcp end-of-inputs", "",
	},
	{
		"closes that hang: no program is at fault", `tcp: {start: 50000, count: 300}
duration: 20m
processes: [{pid: 4242, image: agent.exe, sockets: [{rate: 30, life: 1s, connect: true, remotes: 40, hangs: true}]}]
log: {until: 30m}
texts: {range: r.txt}`,
		"exhausted", "tcp", "stuck-close", "tcp end-of-inputs", "",
	},
	{
		"closes that hang, and the pool is not full yet", `tcp: {start: 50000, count: 300}
duration: 9m
processes: [{pid: 4242, image: agent.exe, sockets: [{rate: 30, life: 1s, connect: true, remotes: 40, hangs: true}]}]
log: {until: 30m}
texts: {range: r.txt}`,
		"likely", "tcp", "stuck-close", "", "",
	},
	{
		"half of the pool hangs, and ports are given", `tcp: {start: 50000, count: 300}
duration: 6m
processes: [{pid: 4242, image: agent.exe, sockets: [{rate: 30, life: 1s, connect: true, remotes: 40, hangs: true}]}]
trace: {}
log: {until: 30m}
texts: {range: r.txt}`,
		"inconclusive", "tcp", "", "", "",
	},
	{
		"connects that time out", `processes: [{pid: 5000, image: a.exe, sockets: [{rate: 30, connect: true, fails: timed-out}]}]
trace: {}
texts: {range: r.txt}`,
		"not-exhausted", "tcp", "not-ports", "", "",
	},
	{
		"many of one image are the holder together", `tcp: {start: 50000, count: 300}
processes:
  - {pid: 4000, image: worker.exe, sockets: [{rate: 30}]}
  - {pid: 4004, image: worker.exe, sockets: [{rate: 30}]}
  - {pid: 4008, image: worker.exe, sockets: [{rate: 30}]}
  - {pid: 4012, image: worker.exe, sockets: [{rate: 30}]}
trace: {}
texts: {range: r.txt, tasklist: t.txt}`,
		"exhausted", "tcp", "leak", "tcp end-of-inputs", "0:0",
	},
	{
		"95 % held, and nothing failed", `tcp: {start: 50000, count: 300}
processes: [{pid: 4400, image: proxy.exe, sockets: [{held: 286, connect: true, remotes: 200}]}, {pid: 1888, image: svchost.exe, sockets: [{transport: udp, held: 2}]}]
tables: [{stamp: iso}]
texts: {range: r.txt}`,
		"likely", "tcp", "small-range", "", "-1:4400",
	},
	{
		"80 % held, and a port was used again too soon", `tcp: {start: 50000, count: 300}
processes: [{pid: 4400, image: proxy.exe, sockets: [{held: 262, connect: true, remotes: 200}]}]
log: {records: [{at: 200s, provider: Tcpip, id: 4227}]}
tables: [{stamp: iso}]
texts: {range: r.txt}`,
		"likely", "tcp", "small-range", "", "-1:4400",
	},
	{
		"80 % held, and nothing more", `tcp: {start: 50000, count: 300}
processes: [{pid: 4400, image: proxy.exe, sockets: [{held: 262, connect: true, remotes: 200}]}, {pid: 1888, image: svchost.exe, sockets: [{transport: udp, held: 2}]}]
log: {}
tables: [{stamp: iso}]
texts: {range: r.txt}`,
		"inconclusive", "tcp", "", "", "",
	},
	{
		"a pool of connections that is opened and kept", `duration: 8m
processes: [{pid: 4240, image: appserver.exe, sockets: [{rate: 3000, from: 30s, until: 60s, connect: true, remotes: 5}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
texts: {range: r.txt}`,
		"not-exhausted", "tcp", "", "", "",
	},
	{
		"a pool of connections that takes half of a small pool and is kept", `duration: 8m
tcp: {start: 50000, count: 1000}
processes: [{pid: 4240, image: appserver.exe, sockets: [{rate: 1200, from: 30s, until: 60s, connect: true, remotes: 5}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
texts: {range: r.txt}`,
		"not-exhausted", "tcp", "", "", "",
	},
	{
		"what is refused is memory, not ports", `processes: [{pid: 5000, image: a.exe, sockets: [{rate: 12, refused: insufficient-resources}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
texts: {range: r.txt}`,
		"not-exhausted", "tcp", "not-ports", "", "",
	},
	{
		"a stated port is refused as if the pool were empty", `processes: [{pid: 5000, image: a.exe, sockets: [{rate: 12, port: 81, refused: too-many-addresses}]}, {pid: 7300, image: chrome.exe, sockets: [{rate: 60, life: 2s}]}]
trace: {}
texts: {range: r.txt}`,
		"inconclusive", "tcp", "", "", "",
	},
	{
		"a full table and two symptoms near it", `tcp: {start: 50000, count: 300}
processes: [{pid: 4400, image: proxy.exe, sockets: [{held: 300, connect: true, remotes: 200}]}]
log: {records: [{at: 3m50s, provider: NETLOGON, id: 5719}, {at: 3m55s, provider: Microsoft-Windows-DNS-Client, id: 1014}]}
tables: [{stamp: iso}]
texts: {range: r.txt}`,
		"exhausted", "tcp", "small-range", "tcp unknown end-of-inputs", "0:4400",
	},
}

func TestStories(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			r, err := Read(strings.NewReader("schema: 1\nseed: 7\n" + s.recipe + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			truth, _ := files(t, r)
			pool := truth.Pools[slices.Index(transportNames[:], truth.Transport)]
			var windows, named []string
			for _, w := range truth.Windows {
				windows = append(windows, strings.Join(append([]string{w.Transport, w.Ends}, w.EndsAlso...), " "))
			}
			for _, h := range truth.Holders {
				if h.Named {
					named = append(named, fmt.Sprintf("%d:%d", h.Window, h.PID))
				}
			}
			slices.Sort(named)
			for _, x := range []struct{ what, got, want string }{
				{"outcome", strings.Join(append([]string{truth.Outcome}, truth.Also...), " "), s.outcome},
				{"headline", strings.Join(append([]string{truth.Transport}, truth.TransportAlso...), " "), s.headline},
				{"causes", strings.Join(append([]string{pool.Cause}, pool.CauseAlso...), " "), s.causes},
				{"windows", strings.Join(windows, ", "), s.windows},
				{"named", strings.Join(named, " "), s.named},
			} {
				if x.got != x.want {
					t.Errorf("%s: %q, want %q", x.what, x.got, x.want)
				}
			}
			if t.Failed() {
				text, _ := json.MarshalIndent(truth, "", " ")
				t.Logf("%s", text)
			}
		})
	}
}

// What is true of every truth, whatever the host did.
func TestRandomTruths(t *testing.T) {
	for seed := range uint64(60) {
		truth, _ := files(t, Random(seed))
		fail := func(format string, a ...any) {
			t.Helper()
			t.Errorf("seed %d: "+format, append([]any{seed}, a...)...)
		}
		for i, w := range truth.Windows {
			if b := w.Balance; b.Holders+b.StuckCloses+b.TimeWait+b.Unaccounted+b.Free != b.Capacity || min(b.Holders, b.TimeWait, b.Unaccounted, b.Free) < 0 {
				fail("the balance of window %d does not add up: %+v", i, b)
			}
			if i > 0 && moment(w.From).Before(moment(truth.Windows[i-1].From)) || moment(w.To).Before(moment(w.From)) {
				fail("windows are not in order: %+v", truth.Windows)
			}
			if w.Failures == 0 && w.Records == 0 && truth.Pools[slices.Index(transportNames[:], w.Transport)].Outcome != exhausted {
				fail("window %d rests on nothing: %+v", i, w)
			}
		}
		failures := map[string]int{}
		for _, w := range truth.Windows {
			failures[w.Transport] += w.Failures
		}
		for _, v := range truth.Victims {
			failures[v.Transport] -= v.Failures
		}
		for transport, n := range failures {
			if n != 0 {
				fail("%s: the windows have %+d failures more than the victims", transport, n)
			}
		}
		for _, p := range truth.Pools {
			if len(p.Windows) > 0 && p.Outcome != exhausted {
				fail("%s has a window and is %s", p.Transport, p.Outcome)
			}
			if p.Used != nil && (*p.Used > p.Capacity || p.UsedMost > 0 && p.UsedMost < *p.Used) {
				fail("%s: %d used of %d", p.Transport, *p.Used, p.Capacity)
			}
			if slices.Contains(p.Also, p.Outcome) || slices.Contains(p.CauseAlso, p.Cause) {
				fail("%s: an answer stands twice: %+v", p.Transport, p)
			}
		}
		for _, h := range truth.Holders {
			if h.Named && !h.MayName || h.Ports > h.PortsMost {
				fail("holder %+v", h)
			}
		}
		if truth.Failures > 0 && truth.Told == truth.Failures && truth.Outcome != exhausted {
			fail("%d refusals are told, and it is %s", truth.Told, truth.Outcome)
		}
	}
}

// expectation is what a case, or the samples' own list, says of a recipe.
type expectation struct {
	Outcome   string
	Transport string
	Cause     *string
	Windows   *int
	Only      bool
	Holders   []struct {
		PID       int
		Transport string
		Ports     *int
		Named     *bool
	}
	Victims []struct {
		PID       int
		Transport string
		Failures  *int
	}
	Pools []struct {
		Transport                    string
		Start, Count, Capacity, Used *int
		Outcome, Cause               *string
	}
}

// compare says where a truth is not what is expected.
func (e *expectation) compare(truth *Truth) (out []string) {
	say := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	if e.Outcome != "" && !oneOf(e.Outcome, truth.Outcome, truth.Also) {
		say("outcome %s, expected %s", truth.Outcome, e.Outcome)
	}
	if e.Transport != "" && !oneOf(e.Transport, truth.Transport, truth.TransportAlso) {
		say("headline of %s, expected %s", truth.Transport, e.Transport)
	}
	for i := range truth.Pools {
		p := &truth.Pools[i]
		if e.Cause != nil && p.Transport == e.Transport && p.CauseSure && !oneOf(*e.Cause, p.Cause, p.CauseAlso) {
			say("cause %q %q, expected %q", p.Cause, p.CauseAlso, *e.Cause)
		}
		for _, want := range e.Pools {
			if want.Transport != p.Transport {
				continue
			}
			for _, x := range []struct {
				what string
				want *int
				got  int
			}{{"start", want.Start, p.Start}, {"count", want.Count, p.Count}, {"capacity", want.Capacity, p.Capacity}} {
				if x.want != nil && *x.want != x.got && p.Ranged {
					say("%s %s %d, expected %d", p.Transport, x.what, x.got, *x.want)
				}
			}
			if want.Used != nil && p.UsedSure && (p.Used == nil || *want.Used < *p.Used || *want.Used > max(*p.Used, p.UsedMost)) {
				say("%s used %v, expected %d", p.Transport, p.Used, *want.Used)
			}
			if want.Outcome != nil && !oneOf(*want.Outcome, p.Outcome, p.Also) {
				say("%s is %s %q, expected %s", p.Transport, p.Outcome, p.Also, *want.Outcome)
			}
			if want.Cause != nil && p.CauseSure && !oneOf(*want.Cause, p.Cause, p.CauseAlso) {
				say("cause of %s %q, expected %q", p.Transport, p.Cause, *want.Cause)
			}
		}
	}
	if e.Windows != nil && truth.Sure.Windows && *e.Windows != len(truth.Windows) {
		say("%d windows, expected %d", len(truth.Windows), *e.Windows)
	}
	return append(append(out, e.holders(truth)...), e.victims(truth)...)
}

func (e *expectation) holders(truth *Truth) (out []string) {
	for _, want := range e.Holders {
		fits := func(h Holder) bool {
			return h.PID == want.PID && (want.Transport == "" || want.Transport == h.Transport) && (want.Ports == nil || !h.Sure || h.Ports <= *want.Ports && *want.Ports <= h.PortsMost) &&
				(want.Named == nil || *want.Named && h.MayName || !*want.Named && !h.Named)
		}
		if !slices.ContainsFunc(truth.Holders, fits) && len(truth.Holders) > 0 && truth.Sure.Holder {
			out = append(out, fmt.Sprintf("holder %+v is not among %+v", want, truth.Holders))
		}
	}
	for _, h := range truth.Holders {
		expected := slices.ContainsFunc(e.Holders, func(x struct {
			PID       int
			Transport string
			Ports     *int
			Named     *bool
		},
		) bool {
			return x.PID == h.PID
		})
		if e.Only && h.Named && !expected {
			out = append(out, fmt.Sprintf("holder %+v must be named, and only others are expected", h))
		}
	}
	return out
}

func (e *expectation) victims(truth *Truth) (out []string) {
	if !truth.Sure.Victims {
		return nil
	}
	left := map[int]int{}
	for _, v := range truth.Victims {
		left[v.PID] += v.Failures
	}
	for _, want := range e.Victims {
		n := 0
		for _, v := range truth.Victims {
			if v.PID == want.PID && (want.Transport == "" || want.Transport == v.Transport) {
				n += v.Failures
			}
		}
		if n == 0 || want.Failures != nil && n != *want.Failures {
			out = append(out, fmt.Sprintf("victim %d has %d failures, expected %v", want.PID, n, want.Failures))
		}
		delete(left, want.PID)
	}
	if e.Only && len(left) > 0 {
		out = append(out, fmt.Sprintf("victims %v are not expected", left))
	}
	return out
}

// What the cases expect of their recipes is the truth of those.
func TestCasesExpectTheTruth(t *testing.T) {
	names, err := filepath.Glob(casesFolder + "/*/recipe.yaml")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d recipes, %v", len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(name), "case.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			ID     string
			Expect expectation
		}
		if err := yaml.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		truth, _ := files(t, recipeOf(t, name))
		for _, d := range c.Expect.compare(truth) {
			t.Errorf("%s: %s", c.ID, d)
		}
	}
}

// So is what the samples say of theirs.
func TestSamplesExpectTheTruth(t *testing.T) {
	text, err := os.ReadFile(samplesFolder + "/expected.json")
	if err != nil {
		t.Skipf("the samples are not there: %v", err)
	}
	type who struct {
		PID       int
		Ports     *int
		Transport string
	}
	var list struct {
		Inputs []struct {
			File               string
			Outcome            []string
			SynthOutcome       []string `json:"synth_outcome"`
			Holder             *who
			HoldersByTransport map[string]who `json:"holders_by_transport"`
			Pools              []struct {
				Transport   string
				Count, Used int
			}
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, x := range list.Inputs {
		if filepath.Ext(x.File) != ".yaml" {
			continue
		}
		compared++
		truth, _ := files(t, recipeOf(t, filepath.Join(samplesFolder, x.File)))
		for _, outcomes := range [][]string{x.Outcome, x.SynthOutcome} {
			if outcomes != nil && !slices.Equal(outcomes, []string{truth.Outcome}) {
				t.Errorf("%s: outcome %s, expected %v", x.File, truth.Outcome, outcomes)
			}
		}
		holders := x.HoldersByTransport
		if x.Holder != nil {
			transport := x.Holder.Transport
			if transport == "" {
				transport = truth.Transport
			}
			holders = map[string]who{transport: *x.Holder}
		}
		for transport, want := range holders {
			i := slices.IndexFunc(truth.Holders, func(h Holder) bool { return h.Transport == transport })
			if i < 0 || truth.Holders[i].PID != want.PID || want.Ports != nil && truth.Holders[i].Ports != *want.Ports || !truth.Holders[i].Named {
				t.Errorf("%s: holder %+v of %s is not first and named in %+v", x.File, want, transport, truth.Holders)
			}
		}
		for _, want := range x.Pools {
			p := truth.Pools[slices.Index(transportNames[:], want.Transport)]
			if p.Count != want.Count || p.Used == nil || *p.Used != want.Used {
				t.Errorf("%s: %+v, expected %+v", x.File, p, want)
			}
		}
	}
	if compared < 10 {
		t.Errorf("%d recipes", compared)
	}
}
