package facts

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"portverdict/etl/etlgen"
	"portverdict/netstatparse"
	"portverdict/report"
)

// cycling folds the four records of a socket's life into a trace that has 10,000 open.
func cycling(refuse bool) (socket func()) {
	tr := newTeller(tcpView(49152, 16384), View{Transport: UDP, Families: AnyFamily, Start: 49152, Count: 16384})
	const open = 10_000
	n := uint64(0)
	socket = func() {
		at, ep := ticksAt(float64(n)/1000), sock1+n%open*0x200
		over, made, asked, got := closing(procA, ep), create(procA, ep, 7), bind(procA, ep, 0, 0, 0), bind(procA, ep, 1, uint16(50000+n%open), 0)
		if refuse {
			got = bind(procA, ep, 1, 0, refused)
		}
		tr.tell(at, &over)
		tr.tell(at, &made)
		tr.tell(at, &asked)
		tr.tell(at, &got)
		n++
	}
	for range 3 * open {
		socket()
	}
	return socket
}

func BenchmarkFold(b *testing.B) {
	for _, refuse := range []bool{false, true} {
		b.Run(map[bool]string{false: "given", true: "refused"}[refuse], func(b *testing.B) {
			socket := cycling(refuse)
			b.ReportAllocs()
			for b.Loop() {
				socket()
			}
			b.ReportMetric(4*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// A socket that comes and goes takes no memory.
func TestFoldingAllocatesNothing(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		if got := testing.AllocsPerRun(2000, cycling(refuse)); got >= 0.5 {
			t.Errorf("%v allocations for a socket, refused %v", got, refuse)
		}
	}
}

// A trace as it is read from a file: decoded, folded and settled.
func BenchmarkTrace(b *testing.B) {
	const events = 400_000
	trace, err := etlgen.NewLong(events, 10_000, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(trace.Size())
	b.ReportAllocs()
	for b.Loop() {
		f := New(Options{})
		f.Add(report.Source{Path: "t.etl", Kind: "etl", Size: trace.Size()}, trace)
		if c := f.Settled(); c.Traces[0].AFDEvents != events {
			b.Fatalf("%d events", c.Traces[0].AFDEvents)
		}
	}
	b.ReportMetric(events*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// The ports of a full table, counted by one view and by 16.
func BenchmarkTally(b *testing.B) {
	var entries []netstatparse.Entry
	for i := range 16384 {
		entries = append(entries, netstatparse.Entry{Proto: "tcp", Local: netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(49152+i)), PID: 1000 + i/500, State: netstatparse.Established})
	}
	for _, n := range []int{1, maxViews} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var views []View
			for i := range n {
				views = append(views, tcpView(49152-i, 16384))
			}
			tallies := newTallies(views)
			b.ReportAllocs()
			for b.Loop() {
				for _, t := range tallies {
					t.count(entries)
				}
			}
			b.ReportMetric(float64(len(entries)*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// A loop of tables as it is read from a file.
func BenchmarkTables(b *testing.B) {
	l := newLoopFile(100, 2000)
	b.SetBytes(l.size())
	b.ReportAllocs()
	for b.Loop() {
		f := New(ranged(49152, 16384))
		f.AddTables(f.Add(report.Source{Path: "loop.txt", Kind: "psnet", Size: l.size()}, strings.NewReader("")), l)
		if c := f.Settled(); c.Sources[0].Decoded != 100*2001 {
			b.Fatalf("%d rows", c.Sources[0].Decoded)
		}
	}
	b.ReportMetric(100*2001*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
