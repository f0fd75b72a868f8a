package facts

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// sampled is a sample of refusals: of each process so many, one a second, at most rows of
// evidence.
func sampled(rows int, ofProcess ...int) (*Sample, *Source) {
	s := &Source{Source: report.Source{Path: "t.etl", SHA256: "h"}, options: &Options{Evidence: rows}}
	sm := &Sample{}
	n := 0
	for pid, count := range ofProcess {
		for range count {
			d := seedOf(&place{s, ticksAt(float64(n)), int64(n), int32(n), 1030}, bindRefused)
			d.pid, d.port, d.status = report.PID(pid+1), 0, refused
			sm.add(groupKey{pid: d.pid}, &d)
			n++
		}
	}
	return sm, s
}

func recordsOf(rows []report.Evidence) []int {
	var out []int
	for _, e := range rows {
		out = append(out, int(e.Record))
	}
	return out
}

// Of each process the first and the last records stay, and all are counted.
func TestSample(t *testing.T) {
	sm, _ := sampled(60, 100, 1, 5)
	if sm.Count != 106 {
		t.Errorf("%d counted", sm.Count)
	}
	if d := cmp.Diff([]int{0, 1, 2, 97, 98, 99, 100, 101, 102, 103, 104, 105}, recordsOf(sm.Rows())); d != "" {
		t.Error(d)
	}
	want := []Tallied{{1, 0, 100, 0, 100}, {3, 0, 5, 0, 5}, {2, 0, 1, 0, 1}}
	if d := cmp.Diff(want, sm.Tally()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{98, 99, 100, 101}, recordsOf(sm.Near(clock(98), clock(101)))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{0, 1, 2, 97, 98, 99}, recordsOf(sm.Process(&Process{PID: 1}))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{101, 102, 103, 104, 105}, recordsOf(Ends(&Process{PID: 3}, sm, &Sample{}))); d != "" {
		t.Error(d)
	}
	if Ends(&Process{PID: 9}, sm) == nil || len(Ends(&Process{PID: 9}, sm)) != 0 || (&Sample{}).Rows() != nil {
		t.Error("rows of nobody")
	}
}

// More processes than rows are counted and have none; of more rows than are wanted the
// ends stay.
func TestSampleIsBounded(t *testing.T) {
	each := slices.Repeat([]int{3}, 100)
	sm, _ := sampled(20, each...)
	if sm.Count != 300 || len(sm.Tally()) != 20 {
		t.Errorf("%d counted, %d processes", sm.Count, len(sm.Tally()))
	}
	rows := recordsOf(sm.Rows())
	if len(rows) != 20 || rows[0] != 0 || rows[19] != 59 || !slices.IsSorted(rows) {
		t.Errorf("rows %v", rows)
	}
	const processes, each200 = 5000, 200
	sm, _ = sampled(EvidenceDefault, slices.Repeat([]int{each200}, processes)...)
	kept := 0
	for _, g := range sm.groups {
		kept += len(g.first) + len(g.last)
	}
	if sm.Count != processes*each200 || len(sm.Rows()) != EvidenceDefault || kept > EvidenceDefault*each200 {
		t.Errorf("%d counted, %d rows, %d kept", sm.Count, len(sm.Rows()), kept)
	}
}

// A process whose PID is not known is told by its key.
func TestSampleOfUnknownProcesses(t *testing.T) {
	tr := told([]step{{1, over(1, bind(procA, sock1, 1, 0, refused))}, {2, over(1, bind(procB, sock2, 1, 0, refused))}, {3, over(1, bind(procB, sock2, 1, 0, refused))}})
	var got []string
	for _, sm := range tr.Witnesses(TCP) {
		for _, k := range sm.Tally() {
			got = append(got, fmt.Sprintf("%d %s %d", k.PID, HexKey(k.Key), k.Count))
		}
	}
	if d := cmp.Diff([]string{"-1 0xFFFFC40A0F0E2080 2", "-1 0xFFFFC40A0F0E1080 1"}, got); d != "" {
		t.Error(d)
	}
	if rows := Ends(tr.Processes[1], tr.Witnesses(TCP)...); len(rows) != 2 {
		t.Errorf("%+v", rows)
	}
	if len(tr.Witnesses(TCP)) != 4 || len(tr.Witnesses(Unknown)) != 2 || HexKey(0) != "" || StatusName(0xC0000209) != "STATUS_TOO_MANY_ADDRESSES" || StatusName(1) != "" {
		t.Error("names")
	}
}

func TestBothEnds(t *testing.T) {
	all := []int{1, 2, 3, 4, 5, 6, 7}
	for most, want := range map[int][]int{0: {}, 1: {1}, 2: {1, 7}, 3: {1, 2, 7}, 6: {1, 2, 3, 5, 6, 7}, 7: all, 9: all} {
		if got := BothEnds(all, most); !slices.Equal(got, want) {
			t.Errorf("%d: %v", most, got)
		}
	}
}

// A million refused binds of 5,000 processes: the counts are exact, and what is kept does
// not depend on how many there are.
func TestManyVictims(t *testing.T) {
	if testing.Short() {
		t.Skip("folds four million records")
	}
	const processes, each = 5_000, 200
	tr := newTeller(tcpView(50000, 100))
	for n := range uint64(processes * each) {
		pid := 100 + n%processes
		p, ep, at := 0xFFFFC40A10000000+pid*0x100, 0xFFFFC40A20000000+n*0x200, ticksAt(float64(n)*0.0005)
		made, asked, no, over := create(p, ep, uint32(pid)), bind(p, ep, 0, 0, 0), bind(p, ep, 1, 0, refused), closing(p, ep)
		tr.tell(at, &made)
		tr.tell(at, &asked)
		tr.tell(at, &no)
		tr.tell(at, &over)
	}
	tr.finish()
	same(t, "attempts", tr.Attempts, processes*each)
	same(t, "refused binds", tr.BindRefused[TCP].Count, processes*each)
	same(t, "processes", len(tr.Processes), processes)
	same(t, "rows", len(tr.BindRefused[TCP].Rows()), EvidenceDefault)
	if w := tr.Runs[TCP][0].List; len(w) != 1 || w[0].Failures != processes*each {
		t.Errorf("runs %+v", w)
	}
	for _, p := range tr.Processes {
		if r := p.Refused[TCP][0]; r.Count != each || r.Endpoints != each || p.Attempts != each {
			t.Fatalf("PID %d: %+v", p.PID, r)
		}
	}
	kept := 0
	for _, g := range tr.BindRefused[TCP].groups {
		kept += len(g.first) + len(g.last)
	}
	if kept > EvidenceDefault*EvidenceDefault/evidencePart*2 {
		t.Errorf("%d rows are kept", kept)
	}
}

// What a process was refused before a record told its PID is its own, with its evidence.
func TestSampleBeforeThePIDIsKnown(t *testing.T) {
	tr := newTeller()
	for i := range 3 {
		s := step{float64(i), bindBare(procA, sock1+64*uint64(i), 1, refused)}
		tr.tell(ticksAt(s.at), &s.fact)
	}
	for i := 3; i < 7; i++ {
		at, sock := float64(i), sock1+64*uint64(i)
		for _, s := range []step{{at, create(procA, sock, 7)}, {at, bind(procA, sock, 0, 0, 0)}, {at, bindBare(procA, sock, 1, refused)}} {
			tr.tell(ticksAt(s.at), &s.fact)
		}
	}
	tr.finish()
	p := tr.Processes[0]
	if len(tr.Processes) != 1 || p.PID != 7 {
		t.Fatalf("%+v", tr.Processes)
	}
	if n := tr.BindRefused[Unknown].Tally(); len(n) != 1 || n[0].PID != 7 || n[0].Count != 3 {
		t.Errorf("of unknown transport %+v", n)
	}
	rows := Ends(p, tr.Witnesses(TCP)...)
	if len(rows) != 6 || rows[0].PID != 7 || wanted(rows[0].Time) != wanted(clock(0)) {
		t.Errorf("%d rows, %+v", len(rows), rows)
	}
}
