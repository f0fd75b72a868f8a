package verdict

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portverdict/etl"
	"portverdict/evtx"
	"portverdict/netstatparse"
	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

// input is one file of a case's bundle.
type input struct {
	name string
	data []byte
}

// truth is what the composer of a bundle says happened in it; it stands beside
// the bundle as truth.json.
type truth struct {
	Range   [2]int         `json:"range"`
	Outcome report.Outcome `json:"outcome"`
	EVTX    map[string]int `json:"evtx"`
	Victims map[string]struct {
		Bind    int `json:"bind"`
		Connect int `json:"connect"`
	} `json:"victims"`
	Failures        *int           `json:"failures"`
	BindFailures    int            `json:"bind_failures"`
	ConnectFailures int            `json:"connect_failures"`
	Holders         map[string]int `json:"holders"`
	Holder          int            `json:"holder"`
	Ports           int            `json:"ports"`
	Growth          float64        `json:"growth_per_minute"`
	First           string         `json:"first"`
	Last            string         `json:"last"`
	UsedAtEnd       *int           `json:"used_at_end"`
	Transport       string         `json:"transport"`
	Snapshots       int            `json:"snapshots"`
}

func bundleOf(t *testing.T, dir string) []input {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join(dir, "bundle.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out []input
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, input{f.Name, data})
	}
	return out
}

func kindOf(head []byte) string {
	head = head[:min(len(head), 1<<16)]
	switch {
	case etl.Sniff(head):
		return "etl"
	case evtx.Sniff(head):
		return "evtx"
	}
	if kind, ok := netstatparse.Sniff(head); ok {
		return kind
	}
	if kind, ok := hosttext.Sniff(head); ok {
		return kind
	}
	return "unknown"
}

func analyse(inputs []input, o Options) *report.Report {
	ev := New(o)
	for _, in := range inputs {
		sum := sha256.Sum256(in.data)
		ev.Add(report.Source{
			Path: in.name, Kind: kindOf(in.data), Size: int64(len(in.data)), SHA256: hex.EncodeToString(sum[:]),
		}, bytes.NewReader(in.data))
	}
	for _, in := range inputs {
		ev.AddTables(in.name, bytes.NewReader(in.data))
	}
	return Judge(ev)
}

func sampleOptions(t *testing.T) Options {
	t.Helper()
	zone, err := time.LoadLocation("Etc/GMT-1")
	if err != nil {
		t.Fatal(err)
	}
	return Options{Version: "test", Zone: zone}
}

// cases gives the folders of testdata/cases that hold a truth.json.
func cases(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../../testdata/cases/*/truth.json")
	if err != nil || len(found) == 0 {
		t.Fatalf("no case with a truth: %v", err)
	}
	return found
}

func TestSampleBundlesEqualTheirTruth(t *testing.T) {
	for _, path := range cases(t) {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want truth
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			o := sampleOptions(t)
			if want.Snapshots == 0 {
				o.Zone = nil
			}
			r := analyse(bundleOf(t, dir), o)
			if r.Verdict.Outcome != want.Outcome {
				t.Fatalf("outcome %s, want %s; %v", r.Verdict.Outcome, want.Outcome, r.Verdict.Reasons)
			}
			checkVictims(t, r, &want)
			checkHolders(t, r, &want)
			checkLog(t, r, &want)
			checkTimes(t, r, &want)
		})
	}
}

func count(r *report.Report, id string) int {
	for _, f := range r.Findings {
		if f.ID == id {
			return f.Count
		}
	}
	return 0
}

func checkVictims(t *testing.T, r *report.Report, want *truth) {
	t.Helper()
	if len(r.Verdict.Victims) != len(want.Victims) {
		t.Errorf("%d victims, want %d", len(r.Verdict.Victims), len(want.Victims))
	}
	for _, v := range r.Verdict.Victims {
		w := want.Victims[strconv.Itoa(v.PID)]
		if v.Failures != w.Bind+w.Connect {
			t.Errorf("PID %d: %d failures, want %d", v.PID, v.Failures, w.Bind+w.Connect)
		}
	}
	if b, c := count(r, "afd-bind-0x209"), count(r, "afd-connect-0x209"); b != want.BindFailures || c != want.ConnectFailures {
		t.Errorf("%d binds and %d connects refused, want %d and %d", b, c, want.BindFailures, want.ConnectFailures)
	}
}

func checkHolders(t *testing.T, r *report.Report, want *truth) {
	t.Helper()
	if want.Range[1] != 0 && len(want.Holders)+want.Holder > 0 {
		p := r.Verdict.Pools[0]
		for _, q := range r.Verdict.Pools {
			if q.Transport == want.Transport {
				p = q
			}
		}
		if p.Start != want.Range[0] || p.Count != want.Range[1] {
			t.Errorf("range %d+%d, want %v", p.Start, p.Count, want.Range)
		}
		if want.UsedAtEnd != nil && p.Used != *want.UsedAtEnd {
			t.Errorf("used %d, want %d", p.Used, *want.UsedAtEnd)
		}
	}
	for _, h := range r.Verdict.Holders {
		if n, ok := want.Holders[strconv.Itoa(h.PID)]; want.Holders != nil && (!ok || n != h.Ports) {
			t.Errorf("PID %d holds %d ports, want %d", h.PID, h.Ports, n)
		}
	}
	if want.Holders != nil && len(r.Verdict.Holders) != len(want.Holders) {
		t.Errorf("%d holders, want %d", len(r.Verdict.Holders), len(want.Holders))
	}
	if want.Holder != 0 {
		h := r.Verdict.Holders[0]
		if h.PID != want.Holder || h.Ports != want.Ports || h.Image != "leaky.exe" {
			t.Errorf("holder %d %s with %d ports, want %d with %d", h.PID, h.Image, h.Ports, want.Holder, want.Ports)
		}
		if math.Abs(h.GrowthPerMinute-want.Growth) > 1 {
			t.Errorf("growth %v a minute, want %v", h.GrowthPerMinute, want.Growth)
		}
	}
}

func checkLog(t *testing.T, r *report.Report, want *truth) {
	t.Helper()
	for id, n := range want.EVTX {
		if got := count(r, "evtx-"+id); got != n {
			t.Errorf("%d records of %s, want %d", got, id, n)
		}
	}
	if want.Failures == nil || *want.Failures == 0 {
		return
	}
	paired := map[string]int{}
	failures := 0
	for _, w := range r.Verdict.Windows {
		failures += w.Failures
		for _, l := range w.Log {
			paired[strconv.Itoa(l.ID)]++
			if math.Abs(l.DeltaSeconds) > pairWithin.Seconds() {
				t.Errorf("%d is paired %v s away", l.ID, l.DeltaSeconds)
			}
		}
	}
	if failures != *want.Failures {
		t.Errorf("windows hold %d failures, want %d", failures, *want.Failures)
	}
	for id, n := range want.EVTX {
		if paired[id] != n {
			t.Errorf("%d of %d records of %s are paired", paired[id], n, id)
		}
	}
}

func checkTimes(t *testing.T, r *report.Report, want *truth) {
	t.Helper()
	if want.First == "" || len(r.Verdict.Windows) == 0 {
		return
	}
	w := r.Verdict.Windows
	if first, err := time.Parse(time.RFC3339Nano, want.First); err != nil || !w[0].From.Equal(first) {
		t.Errorf("first failure %s, want %s", w[0].From, want.First)
	}
	if want.Last == "" {
		return
	}
	if last, err := time.Parse(time.RFC3339Nano, want.Last); err != nil || !w[len(w)-1].To.Equal(last) {
		t.Errorf("last failure %s, want %s", w[len(w)-1].To, want.Last)
	}
}

// The records of the log beside the nearest refused attempts of the trace, by hand:
// the time of each record less that of the nearest of the attempts in the evidence.
func TestPairingOfTheLeak(t *testing.T) {
	r := analyse(bundleOf(t, filepath.Join("..", "..", "testdata", "cases", "exhausted-leak-x64")), sampleOptions(t))
	want := []struct {
		id    int
		delta float64
	}{
		{4227, -20.00002},
		{4227, -9.00002},
		{4231, -0.026879},
		{4227, -0.064157},
		{4227, -0.055096},
		{4227, 0.034546},
		{4231, -0.012378},
		{4231, 0.070907},
	}
	if len(r.Verdict.Windows) != 1 || len(r.Verdict.Windows[0].Log) != len(want) {
		t.Fatalf("%+v", r.Verdict.Windows)
	}
	for i, l := range r.Verdict.Windows[0].Log {
		if l.ID != want[i].id || math.Abs(l.DeltaSeconds-want[i].delta) > 1e-6 {
			t.Errorf("record %d: %d %v s, want %d %v s", i, l.ID, l.DeltaSeconds, want[i].id, want[i].delta)
		}
	}
	if !slices.ContainsFunc(r.Verdict.Reasons, func(s string) bool { return strings.Contains(s, "the first 0.5 s after the first refused attempt") }) {
		t.Errorf("%q", r.Verdict.Reasons)
	}
}
