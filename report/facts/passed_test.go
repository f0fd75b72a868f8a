package facts

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/etl/etlgen"
	"portverdict/etl/winsock"
)

// Proves that events of AFD and TCPIP that hold no fact count and widen the span of a
// trace, in each file of a session, and that those of processes and of others do not.
func TestEventsWithoutFactsCount(t *testing.T) {
	plain, err := etlgen.Parse([]byte("-- trace --\nheader mode=8 cpus=1\n"))
	if err != nil {
		t.Fatal(err)
	}
	plain.Header.StartTime = start
	file := func(number int, events ...etlgen.Event) []byte {
		one := *plain
		for i := range events {
			events[i].Kind, events[i].PointerSize, events[i].Payload = etl.KindEvent, 8, make([]byte, 8)
		}
		one.Buffers = append(one.Buffers[:1:1], etlgen.Buffer{Sequence: int64(number), Flags: plain.Buffers[0].Flags, Events: events})
		data, err := one.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	at := func(seconds float64) int64 { return plain.Header.T0 + int64(seconds*1e7) }
	first := file(1,
		etlgen.Event{Provider: winsock.KernelProcess, ID: 5, Time: at(1)},
		etlgen.Event{Provider: winsock.AFD, ID: 1003, Time: at(2)},
		etlgen.Event{Provider: winsock.TCPIP, ID: 1070, Time: at(3)},
		etlgen.Event{Provider: etl.GUID{7}, ID: 1003, Time: at(9)})
	second := file(2,
		etlgen.Event{Provider: winsock.TCPIP, ID: 1070, Time: at(10)},
		etlgen.Event{Provider: winsock.AFD, ID: 1003, Time: at(11)},
		etlgen.Event{Provider: winsock.KernelProcess, ID: 5, Time: at(12)})
	for _, jobs := range []int{1, 3} {
		c := addSession(t, Options{Jobs: jobs}, first, second)
		tr := c.Traces[0]
		got := fmt.Sprintf("%d events, %d of AFD, %s to %s, files %s and %s", tr.Events, tr.AFDEvents, wanted(tr.First), wanted(tr.Last),
			c.Sources[0].Facts["port_events"], c.Sources[1].Facts["port_events"])
		want := fmt.Sprintf("4 events, 2 of AFD, %s to %s, files 2 and 2", wanted(clock(2)), wanted(clock(11)))
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

// Proves that a text is read the same whatever was read before with the same memory.
func TestTextsShareADesk(t *testing.T) {
	inputs := []input{
		{"a.txt", "netstat", []byte(loopOf(30, 20))},
		{"b.txt", "netstat", []byte(loopOf(25))},
		{"c.txt", "netstat", []byte(loopOf(10, 40))},
	}
	used := func(c *Case) (out []string) {
		for _, t := range c.Tables {
			out = append(out, fmt.Sprint(t.Source.Path, t.Count, t.counted()))
		}
		return out
	}
	var apart []string
	for _, in := range inputs {
		apart = append(apart, used(settled(t, Options{}, in))...)
	}
	if d := cmp.Diff(apart, used(settled(t, Options{}, inputs...))); d != "" || len(apart) != 5 {
		t.Errorf("%d tables: %s", len(apart), d)
	}
}
