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
			asBefore(t, r)
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

// More of them, each judged once: laws hold, and the reports are those last read.
func TestRandomScenes(t *testing.T) {
	for seed := range 150 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 43))
			s := randomStory(t, random)
			for range 1 + random.IntN(4) {
				randomExtra(s, random)
			}
			s.judge()
		})
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

// randomExtra adds one of the inputs that few bundles have.
func randomExtra(s *story, random *rand.Rand) {
	some := func() int { return 1 + random.IntN(12) }
	switch random.IntN(11) {
	case 0, 1:
		randomLoop(s, random)
	case 2:
		tr := s.trace(0, 900)
		for i := range 2 {
			tr.opensMany([]int{7, 8, 21, 22}[2*i+random.IntN(2)], 50000+150*i, 20*some()/(1+i), 5, 890)
		}
		if random.IntN(2) == 0 {
			tr.started(3, 7, "app.exe").weak(400, 50001).refuse(800, 9)
		}
	case 3:
		s.system(computer, []string{"6.0.6002", "6.1.7601", "6.3.9600", "10.0.20348"}[random.IntN(4)])
	case 4:
		s.text("errors.txt", fmt.Sprintf("2026-03-10 09:0%d:00 connect: No buffer space available (10055)\r\n2026-03-10 09:02:00 bind 10.0.0.5:%d failed: 10013\r\n2026-03-10 09:02:01 Error: bind EADDRINUSE\r\n",
			random.IntN(9), 50000+random.IntN(300)))
	case 5:
		s.text("drivers.csv", systemDrivers).text("bindings.csv", bindings)
	case 6:
		s.window(600*random.Float64()-200, 300+600*random.Float64())
	case 7:
		j := s.logOf(computer, -2*day, 12*hour).boot(-day)
		for i := range some() {
			j.stuck(float64(i)*hour+0.3, 7+i%2, 50000+12*i, some())
		}
		j.record(-5000, 7045, "Service Control Manager", "Acme WFP Callout", `\SystemRoot\System32\drivers\acmewfp.sys`, "kernel mode driver", "auto start", "")
	case 8:
		s.logOf("HOST2", -day, 900).witness(100).symptom(120, 5719, "NETLOGON").symptom(-500, 1129, "Microsoft-Windows-GroupPolicy")
		s.text("HOST2/netstat.txt", tableText(200, "C:\\>netstat -anobq", conns(8, 49900, 30*some(), "BOUND"), towards(9, 50000, 40*some(), "ESTABLISHED", "203.0.113.9:1433")))
	case 9:
		n := 100 + 20*some()
		s.table(600*random.Float64(), "anoq", owned(towards(7, 50000, n, "ESTABLISHED", "203.0.113.9:1433"), "app.exe"), towards(0, 50000+n, 10*some(), "TIME_WAIT", "203.0.113.9:1433"))
	case 10:
		j := s.logOf(computer, -40*day, 900)
		for i := range some() {
			j.reused(-200*float64(i)).symptom(-300*float64(i), 5719, "NETLOGON").symptom(100+float64(i), 1055, "Microsoft-Windows-GroupPolicy")
		}
	}
}

// randomLoop adds tables in which a few processes take ports, or give them back.
func randomLoop(s *story, random *rand.Rand) {
	grows := []int{random.IntN(60), random.IntN(40), -random.IntN(20)}
	var times []float64
	step := 30 * float64(1+random.IntN(40))
	for i := range 3 + random.IntN(4) {
		times = append(times, step*float64(i))
	}
	state := []string{"BOUND", "ESTABLISHED", "CLOSE_WAIT"}[random.IntN(3)]
	s.loop("anoq", times, func(i int) string {
		rows, port := "", 50000
		for k, g := range grows {
			n := max(1, 30+g*i)
			rows += conns([]int{7, 21, 22}[k], port, n, state)
			port += n
		}
		return rows
	})
}
