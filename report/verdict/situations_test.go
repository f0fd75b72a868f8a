package verdict

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/evtx/evtxgen"
	"portverdict/report"
)

// story is a trace told by its facts, ten minutes long unless it says otherwise.
type story struct {
	steps  []step
	next   uint64 // socket
	change func(*trace)
}

const storyLength = 600.0

// opened tells of a socket that asks for any port and is given one, and perhaps
// closes it again.
func (s *story) opened(at float64, pid uint32, port uint16, closes bool) *story {
	s.next++
	p, ep := key(pid), 0xFFFFC40A20000000+s.next*0x200
	s.steps = append(s.steps, step{at, create(p, ep, pid)}, step{at + 0.01, bind(p, ep, 0, 0, 0)}, step{at + 0.02, bind(p, ep, 1, port, 0)})
	if closes {
		s.steps = append(s.steps, step{at + 0.5, closing(p, ep)})
	}
	return s
}

// refusal tells of a socket that asks for any port and gets the status.
func (s *story) refusal(at float64, pid uint32, status winsock.Status) *story {
	s.next++
	p, ep := key(pid), 0xFFFFC40A20000000+s.next*0x200
	s.steps = append(s.steps, step{at, create(p, ep, pid)}, step{at + 0.01, bind(p, ep, 0, 0, 0)}, step{at + 0.02, bind(p, ep, 1, 0, status)}, step{at + 0.03, closing(p, ep)})
	return s
}

func key(pid uint32) uint64 { return 0xFFFFC40A00000080 + uint64(pid)*0x1000 }

// busy opens and closes a socket every ten seconds, but for a gap.
func busy(gapFrom, gapTo float64) *story {
	s := &story{}
	for at := 0.0; at <= storyLength; at += 10 {
		if at < gapFrom || at >= gapTo {
			s.opened(at, 50, uint16(50000+int(at)), true)
		}
	}
	return s
}

func healthy() *story { return busy(0, 0) }

func (s *story) with(more ...step) *story {
	s.steps = append(s.steps, more...)
	return s
}

func (s *story) changed(change func(*trace)) *story {
	s.change = change
	return s
}

// leaking opens so many sockets and closes none.
func (s *story) leaking(pid uint32, sockets int) *story {
	for i := range sockets {
		s.opened(storyLength*float64(i)/float64(sockets), pid, uint16(49152+i), false)
	}
	return s
}

// trace is the story as a source that was read.
func (s *story) source() *source {
	inOrder(s.steps)
	t := tell(s.steps)
	src := t.source
	src.Kind, src.SHA256, src.trace = "etl", "e0", t
	if s.change != nil {
		s.change(t)
	}
	return src
}

func inOrder(steps []step) {
	// Insertion keeps what is told at one time in its order.
	for i := range steps {
		for n := i; n > 0 && steps[n].at < steps[n-1].at; n-- {
			steps[n], steps[n-1] = steps[n-1], steps[n]
		}
	}
}

// moment is a time of the story.
func moment(at float64) time.Time {
	return (start + etl.FileTime(at*1e7)).Time()
}

// event is a record of a log at a time of the story.
func event(at float64, id uint16, provider string) evtxgen.Record {
	return evtxgen.Record{ID: id, Level: 3, Provider: provider, Channel: "System", Computer: "HOST1", Time: moment(at)}
}

const tcpipSource = "Tcpip"

// systemLog is a log of an hour before the story to an hour after it, and the events.
func systemLog(t *testing.T, events ...evtxgen.Record) []byte {
	t.Helper()
	return logOf(t, -3600, 4200, events...)
}

func logOf(t *testing.T, from, to float64, events ...evtxgen.Record) []byte {
	t.Helper()
	all := []evtxgen.Record{event(from, 7036, "Service Control Manager")}
	all = append(append(all, events...), event(to, 7036, "Service Control Manager"))
	data, err := (&evtxgen.Log{Records: all}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// table is a connection table at a time of the story: so many ports of a PID from
// 49152 on, in a state, below the command that was run.
func table(at float64, command string, rows ...string) string {
	text := ""
	if at >= 0 {
		text = moment(at).Format("2006-01-02 15:04:05") + "\r\n"
	}
	return text + "C:\\>" + command + "\r\n" + tableHead + strings.Join(rows, "")
}

func rowsOf(pid, from, n int, state string) string {
	var b strings.Builder
	for i := range n {
		remote := "198.51.100.7:443"
		if state == "BOUND" {
			remote = "0.0.0.0:0"
		}
		fmt.Fprintf(&b, "  TCP    10.0.0.5:%d   %s   %s   %d\r\n", from+i, remote, state, pid)
	}
	return b.String()
}

func rangeText(start, count int) string {
	return fmt.Sprintf("\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : %d\r\nNumber of Ports : %d\r\n\r\n", start, count)
}

// judged judges a story, logs and texts together.
func judged(t *testing.T, s *story, logs [][]byte, texts []string, zone *time.Location) *report.Report {
	t.Helper()
	ev := New(Options{Version: "test", Zone: zone, Jobs: 1})
	if s != nil {
		ev.keep(s.source())
	}
	for i, data := range logs {
		ev.Add(report.Source{Path: fmt.Sprintf("log%d.evtx", i), Kind: "evtx", Size: int64(len(data)), SHA256: fmt.Sprint("l", i)}, bytes.NewReader(data))
	}
	for i, text := range texts {
		ev.Add(report.Source{Path: fmt.Sprintf("text%d.txt", i), Kind: kindOf([]byte(text)), Size: int64(len(text)), SHA256: fmt.Sprint("t", i)}, strings.NewReader(text))
	}
	for i, text := range texts {
		ev.AddTables(fmt.Sprintf("text%d.txt", i), strings.NewReader(text))
	}
	return Judge(ev)
}

func address(f winsock.Fact, ap string) winsock.Fact {
	f.Address, f.HasAddress = netip.MustParseAddrPort(ap), true
	return f
}

func overUDP(steps []step) []step {
	for i := range steps {
		steps[i].fact.Transport = winsock.TransportUDP
	}
	return steps
}

// again is the story to be told once more.
func (s *story) again() *story {
	if s == nil {
		return nil
	}
	return &story{steps: slices.Clone(s.steps), next: s.next, change: s.change}
}
