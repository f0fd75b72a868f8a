package facts

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

// Parts of a capture, the whole of it and a second copy tell what the whole alone tells.
func TestEventInSeveralFilesIsOne(t *testing.T) {
	o := Options{Ranges: map[string]PortRange{"tcp": {50000, 30}}}
	parts, whole := traceOf(t, 3, longStory())
	one := addSession(t, o, whole).Traces[0]
	for name, c := range map[string]struct {
		files  [][]byte
		copies int
	}{
		"the whole and its parts":     {append([][]byte{whole}, parts...), one.Events + 2}, // process events too
		"the whole twice":             {[][]byte{whole, whole}, one.Events + 2},
		"the whole and its last part": {[][]byte{whole, parts[2]}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := addSession(t, o, c.files...)
			if len(got.Traces) != 1 {
				t.Fatalf("%d traces", len(got.Traces))
			}
			if d := cmp.Diff(essence(one), essence(got.Traces[0])); d != "" {
				t.Errorf("(-the whole +with copies)\n%s", d)
			}
			if n := codes(got.Traces[0].Source)["trace-copies"]; n == 0 || c.copies > 0 && n != c.copies {
				t.Errorf("%d copies, want %d", n, c.copies)
			}
		})
	}
}

// An event that one file has twice at one time is two, in however many files.
func TestEqualEventsOfOneFileAreTwo(t *testing.T) {
	steps := story(step{1, create(procA, sock1, 7)}, step{2, bindBare(procA, sock1, 1, refused)}, step{2, bindBare(procA, sock1, 1, refused)})
	_, whole := traceOf(t, 1, steps)
	one, two := addSession(t, Options{}, whole).Traces[0], addSession(t, Options{}, whole, whole).Traces[0]
	if one.Events != len(steps) || two.Events != one.Events {
		t.Errorf("%d events, and %d in two files", one.Events, two.Events)
	}
}

// What differs in anything is no copy.
func TestCopyIsTheSameInAll(t *testing.T) {
	e := etl.Event{Provider: winsock.AFD, ID: 1030, Time: 5, CPU: 1, Payload: []byte("payload")}
	for name, other := range map[string]struct{ n, copies int }{
		"time": {0, 0}, "provider": {1, 0}, "id": {2, 0}, "cpu": {3, 0}, "payload": {4, 0}, "nothing": {5, 1},
	} {
		c := newCopies(2)
		o := e
		switch other.n {
		case 0:
			o.Time++
		case 1:
			o.Provider = winsock.TCPIP
		case 2:
			o.ID++
		case 3:
			o.CPU++
		case 4:
			o.Payload = []byte("payloae")
		}
		c.isNew(0, &e)
		if isNew := c.isNew(1, &o); isNew != (other.copies == 0) {
			t.Errorf("another %s: new %v", name, isNew)
		}
	}
}

// A time between the parts that no file covers is a loss.
func TestHoleBetweenParts(t *testing.T) {
	for gap, want := range map[float64]int{59: 0, 61: 1} {
		steps := story(
			step{1, create(procA, sock1, 7)}, step{2, bindBare(procA, sock1, 1, refused)}, step{3, create(procB, sock2, 9)}, step{4, closing(procB, sock2)},
			step{4 + gap, create(procA, sock1+64, 7)}, step{5 + gap, closing(procA, sock1)}, step{6 + gap, closing(procA, sock1+64)}, step{7 + gap, create(procB, sock2, 9)},
		)
		parts, _ := traceOf(t, 2, steps)
		tr := addSession(t, Options{}, parts[1], parts[0]).Traces[0] // not in the order of a session
		if tr.Lost.Gaps != want || codes(tr.Source)["trace-hole"] != want {
			t.Errorf("%g s apart: %d gaps, diagnostics %v", gap, tr.Lost.Gaps, codes(tr.Source))
		}
		if tr.Events != len(steps) {
			t.Errorf("%d events of %s", tr.Events, fmt.Sprint(steps))
		}
	}
}
