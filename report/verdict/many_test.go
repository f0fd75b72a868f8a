package verdict

import (
	"bytes"
	"testing"
	"time"

	"portverdict/etl"
	"portverdict/report"
)

// A million refused binds of 5,000 processes: the counts are exact, and the page is
// soon made and small.
func TestManyVictims(t *testing.T) {
	const processes, each = 5_000, 200
	src := &source{Source: report.Source{Path: "t.etl", Kind: "etl", SHA256: "e0", Facts: map[string]string{}}}
	tr := newTrace(src, etl.Header{})
	src.trace = tr
	tell := func(n int, f step) {
		at := place{src, start + etl.FileTime(f.at*1e7), int64(n), int32(n), f.fact.ID}
		tr.span(at.time)
		tr.fold(&at, &f.fact)
	}
	for n := range processes * each {
		pid := uint32(100 + n%processes)
		p, ep, at := key(pid), 0xFFFFC40A20000000+uint64(n)*0x200, float64(n)*0.0005
		tell(n, step{at, create(p, ep, pid)})
		tell(n, step{at, bind(p, ep, 0, 0, 0)})
		tell(n, step{at, bind(p, ep, 1, 0, refused)})
		tell(n, step{at, closing(p, ep)})
	}
	tr.finish()
	ev := New(Options{Version: "test"})
	ev.keep(src)
	begin := time.Now()
	r := Judge(ev)
	judged := time.Since(begin)
	var page bytes.Buffer
	begin = time.Now()
	if err := report.WriteHTML(&page, r); err != nil {
		t.Fatal(err)
	}
	rendered := time.Since(begin)
	t.Logf("judged in %v, a page of %d bytes in %v", judged, page.Len(), rendered)
	if page.Len() > 1<<20 || rendered > 2*time.Second && !testing.Short() {
		t.Errorf("a page of %d bytes in %v", page.Len(), rendered)
	}
	failures := 0
	for _, v := range r.Verdict.Victims {
		failures += v.Failures
	}
	if f := finding(r, "afd-bind-0x209"); f == nil || f.Count != processes*each || failures != processes*each || len(r.Verdict.Victims) != processes {
		t.Errorf("%d failures of %d processes", failures, len(r.Verdict.Victims))
	}
	if f := finding(r, "afd-bind-0x209"); f != nil && len(f.Evidence) > EvidenceDefault {
		t.Errorf("%d rows of evidence", len(r.Evidence))
	}
}
