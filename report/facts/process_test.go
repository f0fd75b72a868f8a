package facts

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl/winsock"
	"portverdict/report"
)

// began, listed and ended are process events; a key of 0 is Kernel-Process, which tells
// none.
func began(pid uint32, key uint64, image string) winsock.Fact {
	return winsock.Fact{Op: winsock.OpProcess, ID: 1, EnterExit: 1, PID: pid, HasPID: true, Process: key, Image: image, ProcessStart: true}
}

func listed(pid uint32, key uint64, image string) winsock.Fact {
	f := began(pid, key, image)
	f.ID = 3
	if key == 0 {
		f.ID = 15
	}
	return f
}

func ended(pid uint32, key uint64, image string) winsock.Fact {
	f := began(pid, key, image)
	f.ID, f.ProcessStart = 2, false
	return f
}

// lifeOf is a process in a line: its PID, name, refusals, and what became of it.
func lifeOf(p *Process) string {
	s := fmt.Sprintf("%d %s refused %d", p.PID, p.Image, p.Refused[TCP][0].Count)
	if p.Later {
		s += " later"
	}
	if !p.Ended.IsZero() {
		s += " ended " + p.Ended.Sub(clock(0).Time).String()
	}
	return s
}

var processStories = []struct {
	name  string
	steps []step
	want  []string
}{
	{"an EPROCESS that comes with another PID is another process", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{2, closing(procA, sock1)},
		{3, create(procA, sock2, 9)},
		{4, bind(procA, sock2, 1, 0, refused)},
		{5, bind(procA, sock2, 1, 0, refused)},
	}, []string{"7  refused 1", "9  refused 2"}},
	{"a PID that comes with another EPROCESS is another process, and the first is not the last", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{2, create(procB, sock2, 7)},
		{3, bind(procB, sock2, 1, 0, refused)},
	}, []string{"7  refused 1 later", "7  refused 1"}},
	{"a PID is learned from a later create", []step{
		{1, over(winsock.TransportTCP, bind(procA, sock1, 1, 0, refused))},
		{2, create(procA, sock2, 7)},
		{3, bind(procA, sock2, 1, 0, refused)},
	}, []string{"7  refused 2"}},
	{"a create whose call came from no process tells no PID", []step{
		{0, create(procA, sock1, 0)},
		{1, bind(procA, sock1, 1, 0, refused)},
	}, []string{"-1  refused 1"}},
	{"the exit of a create tells no PID", []step{
		{0, func() winsock.Fact { f := create(procA, sock1, 7); f.EnterExit = 1; return f }()},
		{1, bind(procA, sock1, 1, 0, refused)},
	}, []string{"-1  refused 1"}},
	{"a process that begins at a used address is another one", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{2, began(7, procA, "second.exe")},
		{3, create(procA, sock2, 7)},
		{4, bind(procA, sock2, 1, 0, refused)},
	}, []string{"7  refused 1 later", "7 second.exe refused 1"}},
	{"a process that begins under a used PID is another one, its address too", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{2, began(7, 0, "second.exe")},
		{3, create(procA, sock2, 7)},
		{4, bind(procA, sock2, 1, 0, refused)},
	}, []string{"7  refused 1 later", "7 second.exe refused 1"}},
	{"a process that has ended acts no more", []step{
		{0, began(7, procA, "first.exe")},
		{1, create(procA, sock1, 7)},
		{2, bind(procA, sock1, 1, 0, refused)},
		{3, ended(7, procA, "first.exe")},
		{4, over(winsock.TransportTCP, bind(procA, sock2, 1, 0, refused))},
	}, []string{"7 first.exe refused 1 ended 3s", "-1  refused 1"}},
	{"nor does one of which only the PID has ended", []step{
		{0, began(7, 0, "first.exe")},
		{1, create(procA, sock1, 7)},
		{2, bind(procA, sock1, 1, 0, refused)},
		{3, ended(7, 0, "")},
		{4, over(winsock.TransportTCP, bind(procA, sock2, 1, 0, refused))},
	}, []string{"7 first.exe refused 1 ended 3s", "-1  refused 1"}},
	{"what a process left open is its own after its end", []step{
		{0, began(7, procA, "first.exe")},
		{1, create(procA, sock1, 7)},
		{3, ended(7, procA, "first.exe")},
		{3.1, bind(procA, sock1, 1, 0, refused)},
	}, []string{"7 first.exe refused 1 ended 3s"}},
	{"a socket that another process was given is that one's", []step{
		{0, create(procA, sock1, 7)},
		{1, create(procB, sock2, 9)},
		{2, bind(procB, sock1, 1, 0, refused)},
	}, []string{"9  refused 1"}},
	{"but not while it holds a port", story(
		opened(0, procA, sock1, 7, 50000), step{1, create(procB, sock2, 9)}, step{2, bind(procB, sock1, 1, 0, refused)},
	), []string{"7  refused 1"}},
	{"two providers that tell of one start tell of one process", []step{
		{0, began(7, procA, "first.exe")},
		{0.001, began(7, 0, "first.exe")},
		{1, create(procA, sock1, 7)},
		{2, bind(procA, sock1, 1, 0, refused)},
	}, []string{"7 first.exe refused 1"}},
	{"a name found later is not given to an earlier life", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{5, began(7, procB, "other.exe")},
		{6, create(procB, sock2, 7)},
		{7, bind(procB, sock2, 1, 0, refused)},
	}, []string{"7  refused 1 later", "7 other.exe refused 1"}},
	{"nor without an address", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{5, began(7, 0, "other.exe")},
	}, []string{"7  refused 1"}},
	{"the name of an earlier life is not given to a later one", []step{
		{0, began(7, procA, "first.exe")},
		{1, ended(7, procA, "first.exe")},
		{2, create(procB, sock2, 7)},
		{3, bind(procB, sock2, 1, 0, refused)},
	}, []string{"7 first.exe refused 0 later ended 1s", "7  refused 1"}},
	{"a process that is listed at the end was there before", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{9, listed(7, procA, "old.exe")},
	}, []string{"7 old.exe refused 1"}},
	{"a listed one with another address is another process", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{9, listed(7, procB, "other.exe")},
	}, []string{"7  refused 1 later", "7 other.exe refused 0"}},
	{"an end alone names the life before it", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{9, ended(7, procA, "old.exe")},
	}, []string{"7 old.exe refused 1 ended 9s"}},
}

func TestLivesOfProcesses(t *testing.T) {
	for _, tc := range processStories {
		t.Run(tc.name, func(t *testing.T) {
			tr := told(tc.steps)
			tr.nameProcesses()
			var got []string
			for _, p := range tr.Processes {
				if p.Refused[TCP][0].Count > 0 || p.Image != "" || p.Later {
					got = append(got, lifeOf(p))
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// lives is checked by itself: several lives of one PID, and who is named at which time.
var namings = []struct {
	name   string
	events []step
	at     map[float64]string // of a process without an address that acts then
}{
	{"one life after the other", []step{
		{1, began(7, 0, "a.exe")}, {2, ended(7, 0, "")}, {4, began(7, 0, "b.exe")}, {6, ended(7, 0, "")},
	}, map[float64]string{0.5: "", 1.5: "a.exe", 3: "", 5: "b.exe", 7: ""}},
	{"an end that was lost", []step{
		{1, began(7, 0, "a.exe")}, {4, began(7, 0, "b.exe")},
	}, map[float64]string{0.5: "", 3.9: "a.exe", 4.1: "b.exe"}},
	{"a start that was lost", []step{
		{1, began(7, 0, "a.exe")}, {2, ended(7, 0, "")}, {5, ended(7, 0, "b.exe")},
	}, map[float64]string{1.5: "a.exe", 3: "b.exe", 6: ""}},
	{"listed before and after", []step{
		{0, listed(7, 0, "a.exe")}, {9, listed(7, 0, "a.exe")},
	}, map[float64]string{0.1: "a.exe", 5: "a.exe", 10: "a.exe"}},
	{"listed at the end after an end", []step{
		{2, ended(7, 0, "a.exe")}, {9, listed(7, 0, "b.exe")},
	}, map[float64]string{1: "a.exe", 5: "b.exe", 10: "b.exe"}},
	{"a name told only by the list at the end", []step{
		{1, began(7, 0, "")}, {9, listed(7, 0, "a.exe")},
	}, map[float64]string{5: "a.exe"}},
	{"a name told only by the end", []step{
		{1, began(7, 0, "")}, {9, ended(7, 0, "a.exe")},
	}, map[float64]string{5: "a.exe"}},
	{"events in the order of several processors", []step{
		{4, began(7, 0, "b.exe")}, {2, ended(7, 0, "")}, {1, began(7, 0, "a.exe")},
	}, map[float64]string{1.5: "a.exe", 3: "", 5: "b.exe"}},
	{"another PID", []step{{1, began(8, 0, "a.exe")}}, map[float64]string{5: ""}},
}

func TestNamesOfLives(t *testing.T) {
	for _, tc := range namings {
		t.Run(tc.name, func(t *testing.T) {
			tr := told(tc.events)
			for at, want := range tc.at {
				p := &Process{PID: 7, first: ticksAt(at), last: ticksAt(at)}
				tr.Processes = []*Process{p}
				tr.nameProcesses()
				if p.Image != want {
					t.Errorf("at %v s the name is %q, want %q", at, p.Image, want)
				}
			}
			for _, of := range tr.lives() {
				if !slices.IsSortedFunc(of, func(a, b life) int { return int(a.from) - int(b.from) }) {
					t.Errorf("lives not by time: %+v", of)
				}
			}
		})
	}
}

// Of two lives that overlap, as far as the events tell, the address decides.
func TestAddressDecidesBetweenLives(t *testing.T) {
	tr := told([]step{
		{1, began(7, procA, "a.exe")}, {2, create(procA, sock1, 7)}, {3, create(procB, sock2, 7)}, {9, listed(7, procB, "b.exe")},
	})
	tr.nameProcesses()
	for _, p := range tr.Processes {
		if want := map[uint64]string{procA: "a.exe", procB: "b.exe"}[p.Key]; p.Image != want {
			t.Errorf("%x is %q, want %q", p.Key, p.Image, want)
		}
	}
}

func TestProcessOfAndImageOf(t *testing.T) {
	tr := told([]step{
		{0, began(7, 0, "a.exe")},
		{0.5, began(8, 0, "")},
		{1, create(procA, sock1, 7)},
		{2, create(procB, sock2, 7)},
		{3, over(winsock.TransportTCP, bind(procA+0x2000, sock3, 1, 0, refused))},
	})
	if p := tr.ProcessOf(7, 0); p == nil || p.Key != procB {
		t.Errorf("the last process of PID 7 is %+v", p)
	}
	if p := tr.ProcessOf(report.NoPID, procA+0x2000); p == nil || p.PID != report.NoPID {
		t.Errorf("the process of a key is %+v", p)
	}
	if p := tr.ProcessOf(report.NoPID, procA); p != nil {
		t.Errorf("a process whose PID is known is not found by its key, but %+v", p)
	}
	if p := tr.ProcessOf(9, procA); p != nil {
		t.Errorf("PID 9 is %+v", p)
	}
	for pid, want := range map[report.PID]string{7: "a.exe", 8: "", 9: ""} {
		if got := tr.ImageOf(pid); got != want {
			t.Errorf("PID %d is %q, want %q", pid, got, want)
		}
	}
}

// A process that acts on after it gave its last port back has not just ended.
func TestOutlived(t *testing.T) {
	for _, tc := range []struct {
		last float64
		want bool
	}{{3, false}, {4, false}, {4.0000001, true}} {
		tr := told(story(opened(1, procA, sock1, 7, 50000), step{3, closing(procA, sock1)}, step{tc.last, create(procA, sock2, 7)}))
		if p := tr.Processes[0]; p.Outlived(TCP) != tc.want || p.Outlived(UDP) {
			t.Errorf("acting until %v: TCP %v, UDP %v", tc.last, p.Outlived(TCP), p.Outlived(UDP))
		}
	}
}

func TestProcessLimits(t *testing.T) {
	tr := newTeller()
	tr.Processes = make([]*Process, maxProcesses)
	if p := tr.process(procA, 7, start); p == nil || p.PID != 7 || len(tr.Processes) != maxProcesses {
		t.Errorf("process %+v, %d of them", p, len(tr.Processes))
	}
	tr.Processes, tr.names = nil, make([]nameEvent, maxNames)
	f := began(7, procA, "a.exe")
	tr.tell(start, &f)
	if len(tr.names) != maxNames || codes(tr.Source)["trace-too-many-processes"] != 1 {
		t.Errorf("%d names, diagnostics %v", len(tr.names), codes(tr.Source))
	}
	if tr.ProcessOf(7, procA) == nil {
		t.Error("the process of an event that is not kept was not told apart")
	}
}
