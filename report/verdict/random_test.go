package verdict

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

var randomStories = flag.Int("stories", 60, "how many random stories TestLawsInRandomStories tells")

// Random stories obey the laws too, and all four outcomes are among them.
func TestLawsInRandomStories(t *testing.T) {
	outcomes := map[report.Outcome]int{}
	namedIn := 0
	for seed := range *randomStories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 42))
			s := randomStory(t, random)
			r := sameAgain(t, s.bundle(), s.options, random)
			laws(t, r)
			printouts(t, r, seed%8 == 0)
			outcomes[r.Verdict.Outcome]++
			if named(r) != "" {
				namedIn++
			}
		})
	}
	if *randomStories >= 60 && (len(outcomes) < 4 || namedIn < 5) {
		t.Errorf("outcomes %v, somebody named in %d", outcomes, namedIn)
	}
}

// randomStory is a machine, sometimes two, with some of what a bundle may hold.
func randomStory(t *testing.T, random *rand.Rand) *story {
	s := tell(t)
	chance := func(of int) bool { return random.IntN(of) == 0 }
	switch random.IntN(8) {
	case 0:
	case 1:
		s.rangeOf("tcp", "ipv4", 50000, 300).rangeOf("tcp", "ipv6", 50000+random.IntN(2)*400, 300)
	case 2:
		s.options.Ranges = map[string]facts.PortRange{"tcp": {Start: 50000, Count: 300}}
	default:
		s.small()
	}
	if chance(3) {
		s.rangeOf("udp", "any", 50000, 300)
	}
	if chance(4) {
		from := 50000 + random.IntN(300)
		s.excluded([2]int{from, from + random.IntN(60)})
	}
	if !chance(4) {
		randomTrace(s, random)
	}
	if chance(10) {
		randomTrace(s, random)
	}
	for range random.IntN(4) {
		randomTable(s, random)
	}
	if !chance(3) {
		randomLog(s, computer, random)
	}
	if chance(8) {
		randomLog(s, "HOST2", random)
	}
	if chance(2) {
		s.tasks(task(7, "app.exe"), task(8, "svchost.exe", "Dnscache"), task(632, "lsass.exe"), task(21, "chrome.exe"), task(22, "chrome.exe"), task(40, "dns.exe"))
	}
	if chance(6) {
		s.options.Zone = nil
	} else if chance(6) {
		s.options.Zone = time.FixedZone("UTC+1", 3600)
	}
	return s
}

var pids = []int{4, 7, 8, 9, 21, 22, 40, 632, 4242}

func randomTrace(s *story, random *rand.Rand) {
	length := 60 + 600*random.Float64()
	tr := s.trace(0, length)
	at := func() float64 { return 0.95 * length * random.Float64() }
	if random.IntN(2) == 0 {
		tr.busy(0, length-0.01, 10, random.IntN(4) == 0, 50299)
	}
	for range random.IntN(3) {
		from := at()
		tr.opensMany(pids[random.IntN(len(pids))], 50000+random.IntN(100), 10+random.IntN(290), from, from+(length-from)*random.Float64())
	}
	for range random.IntN(20) {
		tr.v6 = random.IntN(3) == 0
		tr.anon = random.IntN(6) == 0
		tr.untyped = random.IntN(2) == 0
		when, pid := at(), pids[random.IntN(len(pids))]
		if tr.anon {
			pid += 10000 // of which no record tells the PID
		}
		switch random.IntN(8) {
		case 0, 1, 2:
			tr.fails(when, pid, random.IntN(3) == 0, tooMany)
		case 3:
			tr.fails(when, pid, tcp, []uint32{statusMemory, statusDenied, statusInUse, statusTimeout}[random.IntN(4)])
		case 4:
			x := tr.open(when, pid, 50000+random.IntN(400))
			if random.IntN(2) == 0 {
				x.closes(when + 10*random.Float64())
			}
		case 5:
			tr.socket(when, pid, tcp).opens(when, 0, 0).connect(when+0.1, tooMany)
		case 6:
			tr.driver(when, random.IntN(3) == 0, tooMany, 0)
		case 7:
			tr.started(when, pid, "named.exe")
		}
	}
	tr.v6, tr.anon, tr.untyped = false, false, false
	if random.IntN(8) == 0 {
		tr.tune = lostEvents
	}
}

func randomTable(s *story, random *rand.Rand) {
	var rows []string
	port := 49990
	for range random.IntN(5) {
		n := 1 + random.IntN(250)
		if random.IntN(4) == 0 {
			n = 300
		}
		pid := pids[random.IntN(len(pids))]
		state := []string{"BOUND", "ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT", "FIN_WAIT_2", "LISTENING"}[random.IntN(6)]
		if random.IntN(6) == 0 {
			rows = append(rows, datagrams(pid, port, n))
			continue
		}
		rows = append(rows, conns(pid, port, n, state))
		port += random.IntN(n)
	}
	at := -300 + 1500*random.Float64()
	if random.IntN(6) == 0 {
		at = never
	}
	s.table(at, []string{"anobq", "anoq", "ano", "an"}[random.IntN(4)], rows...)
}

func randomLog(s *story, name string, random *rand.Rand) {
	from, to := -3*day*random.Float64(), 1000+3*day*random.Float64()
	j := s.logOf(name, from, to)
	at := func() float64 {
		if random.IntN(2) == 0 {
			return max(from, min(to, -200+1000*random.Float64()))
		}
		return from + (to-from)*random.Float64()
	}
	for range random.IntN(8) {
		switch random.IntN(7) {
		case 0, 1:
			j.witness(at())
		case 2:
			j.witness6(at())
		case 3:
			j.reused(at())
		case 4:
			j.boot(at())
		case 5:
			j.symptom(at(), 5719, "NETLOGON")
		case 6:
			j.stuck(at(), pids[random.IntN(len(pids))], 50000+random.IntN(100), random.IntN(250))
		}
	}
}
