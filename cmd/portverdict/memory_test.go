package main

import (
	"flag"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"portverdict/etl/etlgen"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/verdict"
)

var afdEvents = flag.Int64("afd", 2_000_000, "how many events the trace of TestMemoryOfALongTrace has")

// Memory depends on the sockets that are open, not on the events: 60,000 are open
// through four hours.
func TestMemoryOfALongTrace(t *testing.T) {
	const open, most = 60_000, 256 << 20
	trace, err := etlgen.NewLong(*afdEvents, open, 4*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var peak atomic.Uint64
	done := make(chan struct{})
	go func() {
		var m runtime.MemStats
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-done:
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
			}
		}
	}()
	start := time.Now()
	f := facts.New(facts.Options{Jobs: 2, Ranges: map[string]facts.PortRange{"tcp": {Start: 1025, Count: 64511}}})
	f.Add(report.Source{Path: "Server.etl", Kind: "etl", Size: trace.Size(), SHA256: "00"}, trace)
	r := verdict.Judge(f.Settled(), verdict.Options{Version: "test"})
	close(done)
	t.Logf("%d events, %d bytes in %v, at most %d MiB", *afdEvents, trace.Size(), time.Since(start), peak.Load()>>20)
	if peak.Load() > most {
		t.Errorf("%d bytes of memory, at most %d are allowed", peak.Load(), most)
	}
	// The header event counts.
	if s := r.Sources[0]; int64(s.Decoded) != *afdEvents+1 || len(r.Diagnostics) != 0 {
		t.Errorf("decoded %d, diagnostics %+v", s.Decoded, r.Diagnostics)
	}
	held := 0
	for _, h := range r.Verdict.Holders {
		held += h.Ports
	}
	if held < open*9/10 || held > open+16 || len(r.Verdict.Holders) < 16 {
		t.Errorf("%d ports held by %d processes", held, len(r.Verdict.Holders))
	}
}
