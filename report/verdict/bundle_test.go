package verdict

import (
	"strings"
	"testing"

	"portverdict/report"
)

// headlineOf is the outcome of the bundle and the pool that the headline speaks of.
func headlineOf(o report.Outcome, transport string) func(*testing.T, *report.Report) {
	return func(t *testing.T, r *report.Report) {
		t.Helper()
		is(t, "outcome", r.Verdict.Outcome, o)
		is(t, "transport", r.Verdict.Transport, transport)
		is(t, "cause", r.Verdict.Cause, poolOf(r, transport).Cause)
		is(t, "confidence", r.Verdict.Confidence, poolOf(r, transport).Confidence)
	}
}

func udpSpan(s *story) *story { return s.small().rangeOf("udp", "any", 50000, 300) }

var bundleScenes = []scene{
	{"UDP ran out, TCP did not", func(s *story) { udpSpan(s).healthy(0, 600).fails(300, 9, udp, tooMany) }, func(t *testing.T, r *report.Report) {
		headlineOf(report.Exhausted, "udp")(t, r)
		is(t, "tcp", tcpPool(r).Outcome, report.NotExhausted)
		is(t, "victims", len(r.Verdict.Victims), 1)
	}},
	{"both ran out: TCP before UDP", func(s *story) { udpSpan(s).trace(0, 600).fails(300, 9, udp, tooMany).refuse(300, 9) }, func(t *testing.T, r *report.Report) {
		headlineOf(report.Exhausted, "tcp")(t, r)
		wants(t, r.Verdict.Summary, "The UDP ports 50000-50299 ran out too, on 2026-03-10 09:05:00 UTC: 1 attempt was refused")
		wants(t, strings.Join(r.Verdict.Reasons, "\n"), "UDP: 1 bind or connect in the trace was refused")
	}},
	{"more confidence before TCP", func(s *story) {
		udpSpan(s).trace(0, 600).fails(300, 9, udp, tooMany).refuse(300, 9)
		s.log(-900, 900).witness6(301)
	}, headlineOf(report.Exhausted, "udp")},
	{"TCP of another machine before UDP", func(s *story) {
		s.logOf(hostA, -900, 900).witness6(100)
		s.logOf(hostB, -900, 900).witness(100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "host", r.Verdict.Host, hostB)
		is(t, "transport", r.Verdict.Transport, "tcp")
	}},
	{"of equals the first machine", func(s *story) {
		s.logOf(hostB, -900, 900).witness(100)
		s.logOf(hostA, -900, 900).witness(100)
	}, func(t *testing.T, r *report.Report) { is(t, "host", r.Verdict.Host, hostA) }},
	{"exhausted before likely", func(s *story) {
		udpSpan(s).trace(0, 600).fails(300, 9, udp, tooMany)
		s.table(100, "anobq", conns(7, 50000, 290, "BOUND"))
	}, headlineOf(report.Exhausted, "udp")},
	{"likely before not exhausted", func(s *story) {
		udpSpan(s).healthy(0, 600)
		s.table(100, "anobq", datagrams(7, 50000, 290))
	}, func(t *testing.T, r *report.Report) {
		headlineOf(report.Likely, "udp")(t, r)
		wants(t, r.Verdict.Summary, "The UDP ports 50000-50299 were close to running out")
	}},
	{"both likely", func(s *story) {
		udpSpan(s).table(100, "anobq", conns(7, 50000, 290, "BOUND"), datagrams(7, 50000, 295))
	}, func(t *testing.T, r *report.Report) {
		headlineOf(report.Likely, "tcp")(t, r)
		wants(t, r.Verdict.Summary, "The UDP ports 50000-50299 were close too: 295 of 300 UDP ports were in use.")
	}},
	{"UDP at 80 % spoils an all-clear", func(s *story) {
		udpSpan(s).healthy(0, 600)
		s.table(100, "anobq", datagrams(7, 50000, 240))
	}, headlineOf(report.Inconclusive, "tcp")},
	{"below it does not", func(s *story) {
		udpSpan(s).healthy(0, 600)
		s.table(100, "anobq", datagrams(7, 50000, 239))
	}, headlineOf(report.NotExhausted, "tcp")},
	{"TCP that is inconclusive stays so", func(s *story) { udpSpan(s).trace(0, 600).busy(0, 600, 10, udp, 50000).busy(0, 300, 10, tcp, 50000) }, headlineOf(report.Inconclusive, "tcp")},
	{"UDP alone speaks", func(s *story) {
		s.rangeOf("udp", "any", 50000, 300).table(100, "anobq", datagrams(7, 50000, 200))
	}, func(t *testing.T, r *report.Report) {
		is(t, "transport", r.Verdict.Transport, "udp")
		wants(t, r.Verdict.Summary, "These files cannot show whether the UDP dynamic ports ran out.")
	}},
	{"not-exhausted speaks of the time the inputs cover", func(s *story) { udpSpan(s).healthy(0, 600) }, func(t *testing.T, r *report.Report) {
		is(t, "summary", r.Verdict.Summary, "The TCP ports 50000-50299 did not run out in the time covered (2026-03-10, 09:00:00 to 09:10:00 UTC).")
	}},
}

func TestOutcomeOfTheBundle(t *testing.T) { play(t, bundleScenes) }
