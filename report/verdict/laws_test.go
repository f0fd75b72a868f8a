package verdict

import (
	"archive/zip"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// laws hold in every report, whatever the inputs were.
func laws(t testing.TB, r *report.Report) {
	t.Helper()
	balances(t, r)
	holders(t, r)
	countsAgree(t, r)
	sentencesAgree(t, r)
	severities(t, r)
	citations(t, r)
	outcomesAgree(t, r)
}

func balances(t testing.TB, r *report.Report) {
	t.Helper()
	adds := func(where string, b *report.Balance) {
		if b.Holders+b.StuckCloses+b.TimeWait+b.Unaccounted+b.Free != b.Capacity {
			t.Errorf("%s: %+v does not add up", where, *b)
		}
		for _, n := range []int{b.Holders, b.StuckCloses, b.TimeWait, b.Unaccounted, b.Free} {
			if n < 0 {
				t.Errorf("%s: %+v has fewer than none", where, *b)
			}
		}
		if b.Basis == "none" && b.Unaccounted != b.Capacity {
			t.Errorf("%s: nothing tells, and %+v", where, *b)
		}
		if (b.Source == "") != (b.Basis == "none") {
			t.Errorf("%s: basis %q of source %q", where, b.Basis, b.Source)
		}
	}
	for i := range r.Verdict.Pools {
		p := &r.Verdict.Pools[i]
		adds(p.Host+" "+p.Transport+" "+p.Family, &p.Balance)
		if p.Balance.Capacity != p.Capacity || p.Capacity != p.Count-p.Excluded {
			t.Errorf("capacity %d of %+v", p.Balance.Capacity, p)
		}
		if p.Used != nil && (*p.Used > p.Capacity || *p.Used < 0) {
			t.Errorf("%d of %d ports used", *p.Used, p.Capacity)
		}
	}
	for i := range r.Verdict.Windows {
		w := &r.Verdict.Windows[i]
		if len(w.Evidence) == 0 {
			t.Errorf("nothing shows window %d: %+v", i, *w)
		}
		if i > 0 && w.From.Before(r.Verdict.Windows[i-1].From.Time) {
			t.Error("episodes are not in order")
		}
		if !slices.Contains([]string{"restart", "recovered", "end-of-inputs", "unknown"}, w.Ends) || w.To.Before(w.From.Time) || !w.EndedAt.IsZero() && w.EndedAt.Before(w.To.Time) {
			t.Errorf("window %d from %s to %s ends %q at %s", i, w.From, w.To, w.Ends, w.EndedAt)
		}
		if (w.Balance == nil) != (w.Transport == "unknown") {
			t.Errorf("balance of window %+v", w)
		}
		if w.Balance == nil {
			continue
		}
		adds(fmt.Sprint("window ", i), w.Balance)
		if w.Balance.Free != 0 {
			t.Errorf("window %d: %d ports free in an episode", i, w.Balance.Free)
		}
	}
}

// booksBehind are the pool and the balance that a holder's row rests on.
func booksBehind(r *report.Report, h *report.Holder) (*report.Pool, *report.Balance) {
	for i := range r.Verdict.Pools {
		p := &r.Verdict.Pools[i]
		if p.Host != h.Host || p.Transport != h.Transport {
			continue
		}
		if h.Window < 0 {
			return p, &p.Balance
		}
		if slices.Contains(p.Episodes, h.Window) {
			return p, r.Verdict.Windows[h.Window].Balance
		}
	}
	return nil, nil
}

func holders(t testing.TB, r *report.Report) {
	t.Helper()
	seen := map[string]bool{}
	for i := range r.Verdict.Holders {
		h := &r.Verdict.Holders[i]
		p, b := booksBehind(r, h)
		if h.Transport == "unknown" {
			if h.Named || h.Share != 0 || r.Verdict.Windows[h.Window].Transport != "unknown" || len(h.Evidence) == 0 {
				t.Errorf("of no pool, and yet %+v", h)
			}
			continue
		}
		if p == nil {
			t.Errorf("no pool has the holder %+v", h)
			continue
		}
		if i > 0 && h.Ports > r.Verdict.Holders[i-1].Ports {
			t.Error("holders are not in order")
		}
		if len(h.Evidence) == 0 {
			t.Errorf("nothing shows the holder %+v", h)
		}
		if h.PID == 0 && h.Instances < 2 {
			t.Errorf("nobody is a holder: %+v", h)
		}
		if h.Ports <= 0 || h.Instances < 2 && h.Ports > p.Capacity {
			t.Errorf("%d ports of %d: %+v", h.Ports, p.Capacity, h)
		}
		if !h.Named {
			continue
		}
		key := fmt.Sprint(p.Host, p.Transport, p.Family, h.Window)
		if seen[key] {
			t.Errorf("two are named in %s", key)
		}
		seen[key] = true
		if h.Ports <= b.Unaccounted || h.Ports <= b.TimeWait || h.ByDesign != "" || b.Basis == "stuck-closes" || b.Basis == "none" {
			t.Errorf("%+v is named beside %+v", h, b)
		}
		if p.Outcome != report.Exhausted && p.Outcome != report.Likely && h.Window < 0 {
			t.Errorf("%+v is named in a pool that is %s", h, p.Outcome)
		}
	}
}

func countsAgree(t testing.TB, r *report.Report) {
	t.Helper()
	failures, victims, found := map[string]int{}, map[string]int{}, map[string]int{}
	for _, w := range r.Verdict.Windows {
		failures["all"] += w.Failures
		failures[w.Transport] += w.Failures
	}
	for i, v := range r.Verdict.Victims {
		victims["all"] += v.Failures
		victims[v.Transport] += v.Failures
		if len(v.Evidence) == 0 {
			t.Errorf("nothing shows the victim %+v", v)
		}
		if v.First.IsZero() || v.Failures < 1 || v.Endpoints < 1 || v.Endpoints > v.Failures || v.Last.Before(v.First.Time) {
			t.Errorf("victim %+v", v)
		}
		if i > 0 && v.Failures > r.Verdict.Victims[i-1].Failures {
			t.Error("victims are not in order")
		}
	}
	for _, f := range r.Findings {
		if f.ID == "afd-bind-0x209" || f.ID == "afd-connect-0x209" {
			found["all"] += f.Count
		}
	}
	for _, k := range []string{"all", "tcp", "udp", "unknown"} {
		if failures[k] != victims[k] {
			t.Errorf("%s: episodes have %d failures, victims %d", k, failures[k], victims[k])
		}
	}
	if failures["all"] != found["all"] {
		t.Errorf("episodes have %d failures, findings %d", failures["all"], found["all"])
	}
}

func sentencesAgree(t testing.TB, r *report.Report) {
	t.Helper()
	pairs := [][2]string{
		{"The System log covers the same time", "no System log covers the time"},
		{"show it independently of each other", "nothing that could contradict it was lost"},
		{"These sources are independent", "shows the pool far from full"},
		{"The books close", "The books do not close"},
		{"The books close", "No input shows who held the ports"},
		{"No input speaks of", "in the trace were refused"},
		{"did not run out", "ran out"},
	}
	for _, p := range r.Verdict.Pools {
		text := strings.Join(p.Reasons, "\n")
		for _, pair := range pairs {
			if strings.Contains(text, pair[0]) && strings.Contains(text, pair[1]) {
				t.Errorf("%q stands beside %q in %s", pair[0], pair[1], text)
			}
		}
		if len(p.Reasons) == 0 {
			t.Errorf("no reason for %s of %s", p.Outcome, p.Transport)
		}
		for _, reason := range p.Reasons {
			if strings.Contains(reason, "At the present rate") && p.Outcome == report.NotExhausted && !strings.HasPrefix(reason, "That is so for the time the inputs cover. ") {
				t.Errorf("a forecast stands alone beside not-exhausted: %s", reason)
			}
			if strings.TrimSpace(reason) != reason || reason == "" || strings.Contains(reason, "  ") {
				t.Errorf("reason %q", reason)
			}
		}
	}
	if strings.Contains(r.Verdict.Summary, "did not run out") != (r.Verdict.Outcome == report.NotExhausted) || strings.Contains(r.Verdict.Summary, "  ") {
		t.Errorf("%s: %s", r.Verdict.Outcome, r.Verdict.Summary)
	}
}

func severities(t testing.TB, r *report.Report) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range r.Findings {
		key := f.ID + f.Host + f.Transport
		p := r.Verdict.Pools
		if seen[key] && !slices.ContainsFunc(p, func(p report.Pool) bool { return p.Family != "any" }) {
			t.Errorf("%s stands twice", key)
		}
		seen[key] = true
		if f.Count < 1 || f.Text == "" || f.Title == "" || f.Unit == "" || strings.TrimSpace(f.Text) != f.Text {
			t.Errorf("finding %+v", f)
		}
		if len(f.RestsOn) == 0 && f.ID != "range-unknown" { // which rests on what is not there
			t.Errorf("%s rests on nothing", f.ID)
		}
		if f.Severity != "critical" {
			continue
		}
		if r.Verdict.Outcome == report.NotExhausted {
			t.Errorf("%s is critical beside not-exhausted", f.ID)
		}
		for _, p := range p {
			if p.Host == f.Host && p.Transport == f.Transport && p.Family == "any" && p.Outcome == report.NotExhausted {
				t.Errorf("%s is critical beside its pool's not-exhausted", f.ID)
			}
		}
	}
}

// citations tells of ids that no evidence has.
func citations(t testing.TB, r *report.Report) {
	t.Helper()
	rows := map[string]bool{"": true}
	for _, e := range r.Evidence {
		if rows[e.ID] {
			t.Errorf("%s stands twice", e.ID)
		}
		rows[e.ID] = true
	}
	cited := func(where string, ids ...string) {
		for _, id := range ids {
			if !rows[id] && !strings.HasPrefix(id, "--") {
				t.Errorf("%s cites %s, which is no evidence", where, id)
			}
		}
	}
	for _, f := range r.Findings {
		cited(f.ID, f.Evidence...)
	}
	for _, p := range r.Verdict.Pools {
		cited("pool", p.UsedSource, p.Balance.Source)
		if strings.HasPrefix(p.RangeSource, "ev-") {
			cited("range", p.RangeSource)
		}
		if p.Forecast != nil {
			cited("forecast", p.Forecast.Evidence...)
		}
	}
	for _, w := range r.Verdict.Windows {
		cited("window", w.Evidence...)
		for _, l := range w.Log {
			cited("log", l.Evidence)
		}
	}
	for _, h := range r.Verdict.Holders {
		cited("holder", h.Evidence...)
	}
	for _, v := range r.Verdict.Victims {
		cited("victim", v.Evidence...)
	}
	for _, b := range r.Bundle.Boots {
		cited("boot", b.Evidence)
	}
	for _, s := range r.Verdict.NextSteps {
		if report.FindingByID(s.Why) == nil {
			cited("step", s.Why)
		}
		if s.Text == "" || s.RunsOn != "customer" && s.RunsOn != "here" {
			t.Errorf("step %+v", s)
		}
	}
}

func outcomesAgree(t testing.TB, r *report.Report) {
	t.Helper()
	has := func(o report.Outcome) bool {
		return slices.ContainsFunc(r.Verdict.Pools, func(p report.Pool) bool { return p.Outcome == o })
	}
	unknown := slices.ContainsFunc(r.Verdict.Windows, func(w report.Window) bool { return w.Transport == "unknown" })
	want := r.Verdict.Outcome
	switch {
	case has(report.Exhausted) || unknown:
		want = report.Exhausted
	case has(report.Likely):
		want = report.Likely
	case r.Verdict.Outcome != report.NotExhausted:
		want = report.Inconclusive
	}
	is(t, "outcome of the worst pool", r.Verdict.Outcome, want)
	for _, p := range r.Verdict.Pools {
		if (p.Outcome == report.Exhausted) != (p.Cause != "" && len(p.Episodes) > 0 && p.Confidence != report.Weak) {
			t.Errorf("pool %s: %s, %s, cause %q, episodes %v", p.Transport, p.Outcome, p.Confidence, p.Cause, p.Episodes)
		}
		if (p.Outcome == report.Likely || p.Outcome == report.Inconclusive) && p.Confidence != report.Weak {
			t.Errorf("%s with %s", p.Outcome, p.Confidence)
		}
	}
}

// sameAgain tells whether judging twice, and from the files in another order, gives the
// same bytes.
func sameAgain(t *testing.T, files []file, o facts.Options, random *rand.Rand) *report.Report {
	t.Helper()
	c := settledCase(files, o)
	r := Judge(c, Options{Version: "test"})
	first := asJSON(t, r)
	if again := asJSON(t, Judge(c, Options{Version: "test"})); again != first {
		t.Errorf("judging again gives another report:\n%s", firstDifference(first, again))
	}
	shuffled := slices.Clone(files)
	random.Shuffle(len(shuffled), func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
	if other := asJSON(t, judged(shuffled, o, "")); other != first {
		t.Errorf("another order of the inputs gives another report:\n%s", firstDifference(first, other))
	}
	return r
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d: %s\n%s", i+1, x[i], y[i])
		}
	}
	return "one is longer"
}

// The bundles of the regression cases that are kept as archives.
func TestLawsInCases(t *testing.T) {
	found, err := filepath.Glob("../../testdata/cases/*/bundle.zip")
	if err != nil || len(found) < 5 {
		t.Fatalf("%d cases: %v", len(found), err)
	}
	random := rand.New(rand.NewPCG(20260310, 1))
	for _, path := range found {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			laws(t, sameAgain(t, unpacked(t, path), facts.Options{Zone: time.FixedZone("UTC+1", 3600), Jobs: 1}, random))
		})
	}
}

func unpacked(t *testing.T, path string) []file {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out []file
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, file{name: f.Name, data: data})
	}
	return out
}
