package verdict

import (
	"fmt"
	"strings"
	"testing"

	"portverdict/report"
)

// scene is a story and what must be said of it.
type scene struct {
	name  string
	story func(s *story)
	check func(t *testing.T, r *report.Report)
}

func play(t *testing.T, scenes []scene) {
	t.Helper()
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			s := tell(t)
			sc.story(s)
			sc.check(t, s.judge())
		})
	}
}

// attempted are the counts that every story of attempts is asked for.
type attempted struct{ binds, connects, stated, portless, acquires, episodes int }

func counted(r *report.Report) attempted {
	return attempted{
		count(r, "afd-bind-0x209"), count(r, "afd-connect-0x209"), count(r, "afd-bind-0x209-fixed-port"), count(r, "afd-0x209-no-port"),
		count(r, "tcpip-port-acquire-failed"), len(r.Verdict.Windows),
	}
}

var attemptStories = []struct {
	name  string
	story func(t *tape)
	want  attempted
}{
	{"enter and exit are one attempt", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, 0, 0).bind(1.1, 1, tooMany, 0)
	}, attempted{binds: 1, episodes: 1}},
	{"both records fail: still one", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, tooMany, 0).bind(1.1, 1, tooMany, 0)
	}, attempted{binds: 1, episodes: 1}},
	{"a failing enter without an exit counts", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, tooMany, 0).closes(2)
	}, attempted{binds: 1, episodes: 1}},
	{"1029 and 1030 both tell of one completion", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, 0, 0).plain(1.1, 1029, 1, tooMany).bind(1.1001, 1, tooMany, 0)
	}, attempted{binds: 1, episodes: 1}},
	{"an exit whose enter is lost is an attempt, 1029 and 1030 within 10 ms one", func(t *tape) {
		t.socket(1, 7, tcp).plain(1, 1029, 1, tooMany).bind(1.01, 1, tooMany, 0)
	}, attempted{binds: 1, episodes: 1}},
	{"more than 10 ms apart they are two", func(t *tape) {
		t.socket(1, 7, tcp).plain(1, 1029, 1, tooMany).bind(1.0101, 1, tooMany, 0)
	}, attempted{binds: 2, episodes: 1}},
	{"an internal record alone counts", func(t *tape) { t.socket(1, 7, tcp).bind(1, 3, tooMany, 0) }, attempted{binds: 1, episodes: 1}},
	{"an internal record beside an exit does not", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, 0, 0).bind(1.1, 2, tooMany, 0).bind(1.1, 4, tooMany, 0).bind(1.2, 1, tooMany, 0)
	}, attempted{binds: 1, episodes: 1}},
	{"the next enter is the next attempt", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, 0, 0).bind(1.1, 1, tooMany, 0).bind(2, 0, 0, 0).bind(2.1, 1, tooMany, 0)
	}, attempted{binds: 2, episodes: 1}},
	{"a connect refused right after its bind is the same attempt", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, 0, 0).bind(1.1, 1, tooMany, 0).connect(1.2, tooMany)
	}, attempted{binds: 1, episodes: 1}},
	{"a connect refused after a bind that was not is an attempt of its own", func(t *tape) {
		t.socket(1, 7, tcp).opens(1, 0, 0).connect(1.2, tooMany)
	}, attempted{connects: 1, episodes: 1}},
	{"every connect event is looked at", func(t *tape) {
		for i, id := range []uint16{1017, 1020} {
			t.socket(float64(i), 7, tcp).plain(float64(i), id, 0, 0).plain(float64(i)+0.1, id, 1, tooMany)
		}
	}, attempted{connects: 2, episodes: 1}},
	{"a stated port is an anomaly and no witness", func(t *tape) {
		t.socket(1, 7, tcp).bind(1, 0, 0, 8080).bind(1.1, 1, tooMany, 8080)
	}, attempted{stated: 1}},
	{"AF_UNIX, Hyper-V and Bluetooth have no port", func(t *tape) {
		for i, family := range []uint32{1, 34, 32} {
			s := &sock{t: t, process: t.key(7), key: 0xFFFFC40A60000000 + uint64(i)*0x200, pid: 7}
			s.create(1, family, 1, 0).plain(2, 1029, 0, 0).plain(2.1, 1029, 1, tooMany)
		}
	}, attempted{portless: 3}},
	{"a raw socket has no port", func(t *tape) {
		s := &sock{t: t, process: t.key(7), key: 0xFFFFC40A60000000, pid: 7}
		s.create(1, 2, 3, 1).bind(2, 0, 0, 0).bind(2.1, 1, tooMany, 0)
	}, attempted{portless: 1}},
	{"the driver alone makes an episode and no attempt", func(t *tape) { t.driver(5, tcp, tooMany, 0) }, attempted{acquires: 1, episodes: 1}},
	{"the driver beside AFD joins its episode", func(t *tape) {
		t.refuse(5, 7).driver(5.001, tcp, tooMany, 0)
	}, attempted{binds: 1, acquires: 1, episodes: 1}},
	{"a driver's failure for a stated port is none", func(t *tape) { t.driver(5, tcp, tooMany, 8080) }, attempted{}},
	{"another status is none", func(t *tape) { t.fails(5, 7, tcp, statusInUse) }, attempted{}},
}

// One attempt is one bind enter and what follows on its endpoint.
func TestAttempts(t *testing.T) {
	for _, tc := range attemptStories {
		t.Run(tc.name, func(t *testing.T) {
			s := tell(t).small()
			tc.story(s.trace(0, 30))
			if got := counted(s.judge()); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

var attemptsInPoolsScenes = []scene{
	{"the time is that of the failing record", func(s *story) {
		s.small().trace(0, 30).socket(1, 7, tcp).bind(1, 0, 0, 0).bind(2.5, 1, tooMany, 0)
	}, func(t *testing.T, r *report.Report) {
		if w := r.Verdict.Windows[0]; !w.From.Equal(moment(2.5)) || !w.To.Equal(moment(2.5)) {
			t.Errorf("%s to %s", w.From, w.To)
		}
	}},
	{"UDP has a pool of its own", func(s *story) {
		s.small().trace(0, 30).fails(1, 7, udp, tooMany)
	}, func(t *testing.T, r *report.Report) {
		is(t, "transport", r.Verdict.Transport, "udp")
		is(t, "tcp", tcpPool(r).Outcome, report.Inconclusive)
		is(t, "victim", r.Verdict.Victims[0].Transport, "udp")
		wants(t, r.Verdict.Summary, "UDP ports 49152-65535 ran out")
	}},
	{"1394 is of UDP", func(s *story) { s.small().trace(0, 30).driver(1, udp, tooMany, 0) }, func(t *testing.T, r *report.Report) {
		is(t, "udp", poolOf(r, "udp").Outcome, report.Exhausted)
		is(t, "failures", r.Verdict.Windows[0].Failures, 0)
		wants(t, r.Verdict.Reasons[0], "Only the trace shows it")
		wants(t, strings.Join(r.Verdict.Reasons, "\n"), "1 port request of the TCP/IP driver in the trace failed")
	}},
	{"the keyword tells where no create was seen", func(s *story) {
		tr := s.small().trace(0, 30)
		tr.anon = true
		tr.fails(1, 7, udp, tooMany)
	}, func(t *testing.T, r *report.Report) {
		is(t, "udp", poolOf(r, "udp").Outcome, report.Exhausted)
		if r.Verdict.Victims[0].PID != report.NoPID || r.Verdict.Victims[0].ProcessKey == "" {
			t.Errorf("victim %+v", r.Verdict.Victims[0])
		}
	}},
	{"IPv6 is told", func(s *story) {
		tr := s.small().trace(0, 30)
		tr.v6 = true
		tr.refuse(1, 7)
	}, func(t *testing.T, r *report.Report) {
		is(t, "family", r.Verdict.Windows[0].Family, "ipv6")
		wants(t, r.Verdict.Summary, "for IPv6 alone", "1 attempt was refused")
	}},
	{"both families together are any", func(s *story) {
		tr := s.small().trace(0, 30).refuse(1, 7)
		tr.v6 = true
		tr.refuse(2, 7)
	}, func(t *testing.T, r *report.Report) {
		is(t, "family", r.Verdict.Windows[0].Family, "any")
		wantsNot(t, r.Verdict.Summary, "alone")
	}},
	{"a deferred bind proves nothing and is no success", func(s *story) {
		tr := s.small().trace(0, 30)
		for at := range 30 {
			tr.socket(float64(at), 50, tcp).opens(float64(at), 0, 0)
		}
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		is(t, "successes", has(r, "trace-binds-succeed"), false)
	}},
	{"a stated port leaves it unexplained", func(s *story) {
		s.small().healthy(0, 300).socket(100, 7, tcp).bind(100, 0, 0, 8080).bind(100.1, 1, tooMany, 8080)
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, said(r), "for a stated port failed with 0xC0000209, which is not explained")
	}},
	{"unless a witness stands beside it", func(s *story) {
		s.small().healthy(0, 300).refuse(101, 9).socket(100, 7, tcp).bind(100, 0, 0, 8080).bind(100.1, 1, tooMany, 8080)
	}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Exhausted) }},
	{"sockets without a port say nothing of the pool", func(s *story) {
		tr := s.small().healthy(0, 300)
		k := &sock{t: tr, process: tr.key(7), key: 0xFFFFC40A60000000, pid: 7}
		k.create(1, 1, 1, 0).plain(2, 1029, 0, 0).plain(2.1, 1029, 1, tooMany)
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.NotExhausted)
		is(t, "told", count(r, "afd-0x209-no-port"), 1)
	}},
}

func TestAttemptsInPools(t *testing.T) {
	play(t, attemptsInPoolsScenes)
}

// refuseUnknown tells of a refused attempt whose transport no record tells.
func refuseUnknown(tr *tape, at float64) {
	tr.anon, tr.untyped = true, true
	tr.refuse(at, 8)
	tr.anon, tr.untyped = false, false
}

var unknownTransportScenes = []scene{
	{"alone it is an episode without a pool", func(s *story) { refuseUnknown(s.small().healthy(0, 300), 100) }, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
		is(t, "confidence", r.Verdict.Confidence, report.Moderate)
		is(t, "transport", r.Verdict.Transport, "unknown")
		is(t, "window", r.Verdict.Windows[0].Transport, "unknown")
		if r.Verdict.Windows[0].Balance != nil || named(r) != "" {
			t.Errorf("somebody is told: %+v", r.Verdict.Holders)
		}
		wants(t, r.Verdict.Summary, "no record tells whether TCP or UDP", "1 attempt was refused")
		wants(t, said(r), "1 attempt of unknown transport refused with 0xC0000209 may be of this pool")
	}},
	{"of traces that overlap they are told in the order of their times", func(s *story) {
		refuseUnknown(s.small().trace(0, 300), 190)
		refuseUnknown(s.trace(10, 310), 20)
		refuseUnknown(s.trace(10, 310), 250)
	}, func(t *testing.T, r *report.Report) {
		w := window(t, r, 0)
		is(t, "episodes", len(r.Verdict.Windows), 1)
		is(t, "span", fmt.Sprint(w.From, w.To), fmt.Sprint(report.Time{Time: moment(20)}, report.Time{Time: moment(250)}))
		is(t, "evidence", len(w.Evidence), 3)
	}},
	{"who opened most sockets of unknown transport is told and not named", func(s *story) {
		tr := s.small().healthy(0, 300)
		tr.anon, tr.untyped = true, true
		tr.opensMany(7, 50000, 3, 10, 20).opensMany(9, 51000, 5, 10, 20).opensMany(9, 52000, 5, 200, 210)
		tr.anon, tr.untyped = false, false
		refuseUnknown(tr, 100)
	}, func(t *testing.T, r *report.Report) {
		var got []string
		for _, h := range r.Verdict.Holders {
			if h.Transport == "unknown" {
				got = append(got, fmt.Sprint(h.Ports, h.Named, h.Share, h.Window, h.Basis))
			}
		}
		is(t, "holders", fmt.Sprint(got), "[5 false 0 0trace 3 false 0 0trace]")
		is(t, "named", named(r), "")
		wants(t, said(r), "Nobody has more ports of unknown transport than", ": 5 ports.")
	}},
	{"beside the pool's own it joins them", func(s *story) {
		tr := s.small().trace(0, 300).refuse(90, 9).refuse(110, 9)
		refuseUnknown(tr, 100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "failures", r.Verdict.Windows[0].Failures, 3)
		is(t, "episodes", len(r.Verdict.Windows), 1)
		is(t, "victims", len(r.Verdict.Victims), 2)
		wants(t, r.Verdict.Summary, "3 attempts of 2 processes")
	}},
	{"with refusals on one side alone it does not", func(s *story) {
		tr := s.small().trace(0, 300).refuse(90, 9)
		refuseUnknown(tr, 100)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
	{"of two pools it joins none", func(s *story) {
		tr := s.small().trace(0, 300).refuse(90, 9).refuse(110, 9).fails(91, 9, udp, tooMany).fails(111, 9, udp, tooMany)
		refuseUnknown(tr, 100)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 3) }},
	{"a record within 5 min gives it to its pool", func(s *story) {
		refuseUnknown(s.small().trace(0, 300), 100)
		s.log(-90000, 900).witness6(400)
	}, func(t *testing.T, r *report.Report) {
		is(t, "udp", poolOf(r, "udp").Outcome, report.Exhausted)
		is(t, "episodes", len(r.Verdict.Windows), 1)
		is(t, "failures", r.Verdict.Windows[0].Failures, 1)
	}},
	{"one later than 5 min does not", func(s *story) {
		refuseUnknown(s.small().trace(0, 300), 100)
		s.log(-90000, 900).witness6(400.1)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
	{"records of both pools give it to none", func(s *story) {
		refuseUnknown(s.small().trace(0, 300), 100)
		s.log(-90000, 900).witness6(300).witness(300)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 3) }},
	{"the family must be one of the pool's", func(s *story) {
		s.rangeOf("tcp", "ipv4", 50000, 300).rangeOf("tcp", "ipv6", 51000, 400)
		tr := s.trace(0, 300).refuse(90, 9).refuse(110, 9)
		tr.v6 = true
		refuseUnknown(tr, 100)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
	{"ten minutes part them as they part any", func(s *story) {
		tr := s.small().trace(0, 3000)
		refuseUnknown(tr, 100)
		refuseUnknown(tr, 699)
		refuseUnknown(tr, 1299)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 2)
		is(t, "first", r.Verdict.Windows[0].Failures, 2)
	}},
	{"another pool that ran out explains it", func(s *story) {
		tr := s.small().healthy(0, 600).fails(90, 9, udp, tooMany)
		refuseUnknown(tr, 100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "tcp", tcpPool(r).Outcome, report.NotExhausted)
		is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
		is(t, "transport", r.Verdict.Transport, "udp")
	}},
}

func TestUnknownTransport(t *testing.T) {
	play(t, unknownTransportScenes)
}

// Equal records of several logs are one record.
func TestEqualRecordsOfSeveralLogs(t *testing.T) {
	s := tell(t).small()
	s.log(-90000, 900).witness(100).reused(50)
	s.log(-90000, 900).witness(100).reused(50)
	r := s.judge()
	is(t, "4231", count(r, "evtx-4231"), 1)
	is(t, "4227", count(r, "evtx-4227"), 1)
	is(t, "paired", len(r.Verdict.Windows[0].Log), 2)
}
