package netstatparse

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// textTruth is what a composed text holds, as its writer tells it.
type textTruth struct {
	Why       string
	Kind      string
	Failed    string
	Snapshots []struct {
		Local     string
		Either    []string
		Rows      []rowTruth
		Bound     bool
		Truncated bool
		Filtered  bool
		Lacks     bool
		Host      string
	}
	Counts []struct {
		Name  string
		Count int
	}
}

type rowTruth struct {
	Proto, Local, Remote, State string
	PID                         int
	Owner                       string
	Components                  []string
}

func corpus(t testing.TB) map[string]textTruth {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "texts", "*.truth.json"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d truths, %v", len(files), err)
	}
	out := map[string]textTruth{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var truth textTruth
		if err := json.Unmarshal(raw, &truth); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[strings.TrimSuffix(name, ".truth.json")] = truth
	}
	return out
}

// sameEndpoint tells that an endpoint is what the truth says; what the file hides,
// cuts or names is known by its port alone, if at all.
func sameEndpoint(ap netip.AddrPort, want string) bool {
	if want == "" || want == "*:*" {
		return ap.Port() == 0
	}
	if exact, err := netip.ParseAddrPort(want); err == nil {
		return ap == exact
	}
	port := want[strings.LastIndexByte(want, ':')+1:]
	return port == strconv.Itoa(int(ap.Port())) || ap.Port() == 0 && !digitsOnly(port)
}

// Every composed text gives the rows its writer put in.
func TestCorpus(t *testing.T) {
	for name, want := range corpus(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			kind, ok := Sniff(data[:min(len(data), 1<<16)])
			if tables := want.Kind == "netstat" || want.Kind == "psnet"; ok != tables || ok && kind != want.Kind {
				t.Errorf("told to be %q %v, want %s (%s)", kind, ok, want.Kind, want.Why)
			}
			all, codes, dayFirst := readAll(t, bytes.NewReader(data))
			var got []Snapshot
			for _, s := range all {
				if len(s.Entries) > 0 {
					got = append(got, s)
				} else if s.Failed != want.Failed && len(s.Totals) == 0 && len(want.Snapshots) == 0 {
					t.Errorf("failed %q, want %q", s.Failed, want.Failed)
				}
			}
			compareTotals(t, all, want)
			if len(got) != len(want.Snapshots) {
				t.Fatalf("%d tables, want %d (%s); damage %v", len(got), len(want.Snapshots), want.Why, codes)
			}
			for i := range got {
				s, w := &got[i], &want.Snapshots[i]
				invented := strings.Contains(want.Why, "invented")
				if (s.HasBound || s.HasQ) != w.Bound && !invented || s.Truncated != w.Truncated || s.Filtered != w.Filtered {
					t.Errorf("table %d: bound %v truncated %v filtered %v, want %v %v %v", i, s.HasBound, s.Truncated, s.Filtered, w.Bound, w.Truncated, w.Filtered)
				}
				if s.Ambiguous && dayFirst {
					s.Local = s.Swapped
				}
				if text := stampText(s); text != fraction(w.Local) && len(w.Either) == 0 {
					t.Errorf("table %d: stamp %q, want %q", i, text, w.Local)
				}
				if len(w.Either) > 0 && (!s.Ambiguous || s.Swapped.Format(stampLayout) != fraction(w.Either[0]) || s.Local.Format(stampLayout) != fraction(w.Either[1])) {
					t.Errorf("table %d: %v or %v, want %v", i, s.Swapped, s.Local, w.Either)
				}
				if s.Host != w.Host {
					t.Errorf("table %d: of %q, want %q", i, s.Host, w.Host)
				}
				if whole := w.Bound && !w.Truncated && !w.Filtered && !w.Lacks && countable(w.Rows); s.Complete() != whole && !invented {
					t.Errorf("table %d: complete %v, want %v: %+v", i, s.Complete(), whole, s.Cuts)
				}
				law(t, s)
				compareRows(t, s.Entries, w.Rows, invented)
			}
		})
	}
}

// countable tells whether rows of UDP are among rows whose ports are all numbers.
func countable(rows []rowTruth) bool {
	udp := false
	for _, r := range rows {
		udp = udp || r.Proto == "UDP"
		if port := r.Local[strings.LastIndexByte(r.Local, ':')+1:]; !digitsOnly(port) {
			return false
		}
	}
	return udp
}

// compareTotals looks for each count that the text gives for a process.
func compareTotals(t *testing.T, got []Snapshot, want textTruth) {
	t.Helper()
	found := map[string]int{}
	for _, s := range got {
		for _, total := range s.Totals {
			found[strconv.Itoa(total.PID)] += total.Rows
		}
	}
	if want.Kind != "psnet" {
		return
	}
	told := map[string]int{}
	for _, c := range want.Counts {
		if _, pid, ok := strings.Cut(c.Name, ", "); ok && digitsOnly(pid) {
			told[pid] += c.Count
		} else if _, pid, ok := strings.Cut(c.Name, " ["); ok {
			told[strings.TrimSuffix(pid, "]")] += c.Count
		}
	}
	if !maps.Equal(found, told) {
		t.Errorf("counts %v, want %v", found, told)
	}
}

const stampLayout = "2006-01-02T15:04:05.9999999"

// fraction cuts the zeros of a fraction of a second.
func fraction(text string) string {
	if strings.Contains(text, ".") {
		return strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func stampText(s *Snapshot) string {
	switch {
	case s.Local.IsZero():
		return ""
	case s.Dateless:
		text := s.Local.Format("T15:04:05.9999999")
		if day := s.Local.Day() - 1; day > 0 {
			text = "+" + strconv.Itoa(day) + text
		}
		return text
	}
	return s.Local.Format(stampLayout)
}

func compareRows(t *testing.T, got []Entry, want []rowTruth, invented bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
		return
	}
	for i, e := range got {
		w := want[i]
		state := e.State.String()
		if e.Proto == "udp" {
			state = ""
		}
		if e.Proto != strings.ToLower(w.Proto[:3]) || !sameEndpoint(e.Local, w.Local) || e.Proto == "tcp" && !sameEndpoint(e.Remote, w.Remote) || e.PID != w.PID ||
			state != w.State && !((invented || w.State == "") && e.State == StateUnknown) || e.Owner != w.Owner || strings.Join(e.Components, "|") != strings.Join(w.Components, "|") {
			t.Errorf("row %d: %+v, want %+v", i, e, w)
		}
	}
}
