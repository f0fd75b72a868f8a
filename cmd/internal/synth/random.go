package synth

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Random gives the recipe of a host that might be: one or two habits that matter,
// among quiet ones, and some of the files that a customer might send. The same seed
// gives the same recipe.
func Random(seed uint64) *Recipe {
	d := dice{rand.New(rand.NewPCG(seed, 0x72656369))}
	r := &Recipe{Schema: 1, Seed: seed, Why: fmt.Sprintf("random, from seed %d", seed), Duration: Duration(d.between(2, 8)) * Duration(time.Minute)}
	r.Host = Host{Name: fmt.Sprintf("HOST%02d", d.IntN(100)), Build: pick[uint32](d, 20348, 20348, 17763, 26100, 14393, 9600, 7601), Bits: pick(d, 64, 64, 64, 32), CPUs: d.between(1, 8), Zone: pick(d, "UTC", "Etc/GMT-1", "Etc/GMT+5")}
	r.TCP, r.UDP = d.pool(), d.pool()
	r.TimeWait = Duration(d.between(10, 120)) * Duration(time.Second)
	d.quiet(r)
	for range d.between(1, 2) {
		d.story(r)
	}
	if d.chance(0.1) {
		d.crowd(r)
	}
	d.files(r)
	if d.chance(0.12) {
		d.restart(r)
	}
	r.fill()
	return r
}

type dice struct{ *rand.Rand }

func (d dice) between(from, to int) int      { return from + d.IntN(to-from+1) }
func (d dice) chance(p float64) bool         { return d.Float64() < p }
func pick[T any](d dice, choices ...T) T     { return choices[d.IntN(len(choices))] }
func (d dice) minutes(r *Recipe) float64     { return time.Duration(r.Duration).Minutes() }
func (d dice) seconds(from, to int) Duration { return Duration(d.between(from, to) * int(time.Second)) }

func (d dice) pool() Range {
	p := Range{Start: pick(d, 49152, 49152, 1025, 20000), Count: pick(d, 255, 300, 512, 1000, 2048)}
	for range d.IntN(3) {
		from := p.Start + d.IntN(p.Count)
		p.Excluded = append(p.Excluded, Span{from, min(from+d.IntN(p.Count/8), 65535)})
	}
	return p
}

// quiet are processes that any host has.
func (d dice) quiet(r *Recipe) {
	r.Processes = []Process{
		{PID: 660, Image: "lsass.exe", Services: []string{"SamSs"}, Listen: []int{r.TCP.Start + 7}},
		{PID: 1004, Image: "svchost.exe", Services: []string{"RpcSs"}, Listen: []int{135}},
		{PID: 1888, Image: "svchost.exe", Services: []string{"Dnscache"}, Sockets: []Sockets{{Transport: "udp", Rate: float64(d.between(5, 40)), Life: d.seconds(1, 4)}}},
		{PID: 7300, Image: "chrome.exe", Sockets: []Sockets{{Rate: float64(d.between(10, 60)), Life: d.seconds(1, 5), Family: d.family(), Connect: d.chance(0.3), Remotes: d.between(1, 30)}}},
	}
}

func (d dice) family() string { return pick(d, "ipv4", "ipv4", "ipv6", "dual") }

// story adds a process that may be in trouble or make it.
func (d dice) story(r *Recipe) {
	p := Process{PID: 4000 + 4*len(r.Processes), Image: pick(d, "leaky.exe", "backup agent.exe", "w3wp.exe", "sqlservr.exe", "java.exe")}
	s := Sockets{Family: d.family()}
	pool := float64(r.TCP.Count)
	switch d.IntN(15) {
	case 0, 1, 2: // a leak that fills the pool in a part of the time, or not
		s.Rate = pool / d.minutes(r) * pick(d, 0.1, 0.3, 0.6, 1.4, 2, 3)
		s.Connect = d.chance(0.4)
		s.PeerGone = s.Connect && d.chance(0.3)
		if d.chance(0.3) { // it begins late
			s.From = r.Duration / Duration(d.between(2, 4))
		}
	case 3: // churn: closed soon, but the port waits
		s.Rate, s.Life, s.Connect, s.Remotes = pool/d.minutes(r)*pick(d, 0.5, 3, 6), d.seconds(1, 3), true, d.between(1, 3)
	case 4: // a leak of UDP
		s.Transport, s.Rate = "udp", float64(r.UDP.Count)/d.minutes(r)*pick(d, 0.2, 0.7, 2.0)
	case 5: // ports that are chosen late
		s.Rate, s.Connect, s.Deferred, s.Remotes = pool/d.minutes(r)*pick(d, 0.3, 2.5), true, true, d.between(1, 20)
		s.Reuse = d.chance(0.4)
	case 6: // refused for another reason
		s.Rate, s.Refused = float64(d.between(5, 80)), pick(d, "address-already-exists", "insufficient-resources", "access-denied", "sharing-violation", "invalid-address-component")
	case 7: // stated ports, often taken
		s.Rate, s.Port, s.Life = float64(d.between(5, 60)), d.between(5000, 5004), d.seconds(2, 20)
	case 8: // much held from before
		s.Held, s.Rate, s.Life = int(pool*pick(d, 0.3, 0.6, 0.97)), float64(d.between(1, 30)), d.seconds(1, 9)
	case 9: // a burst that fills the pool, or nearly, and is given back
		s.From, s.Until, s.Back = r.Duration/6, r.Duration/3, r.Duration/2
		s.Rate, s.Connect = 6*pool/d.minutes(r)*pick(d, 0.4, 1.3, 2), d.chance(0.3)
	case 10: // a pool of connections that is opened and kept
		s.From, s.Until = r.Duration/10, r.Duration/5
		s.Rate, s.Connect, s.Remotes = 10*pool/d.minutes(r)*pick(d, 0.1, 0.4, 0.7), true, d.between(1, 9)
	case 11: // both pools by one process
		s.Rate = pool / d.minutes(r) * pick(d, 0.3, 2.0)
		p.Sockets = append(p.Sockets, Sockets{Transport: "udp", Family: d.family(), Rate: float64(r.UDP.Count) / d.minutes(r) * pick(d, 0.3, 1.5, 3)})
	case 12: // closes that hang
		s.Rate, s.Life, s.Connect, s.Remotes, s.Hangs = pool/d.minutes(r)*pick(d, 0.3, 0.7, 1.5), d.seconds(1, 3), true, d.between(5, 40), true
	case 13: // connects that fail, and not for want of a port
		s.Rate, s.Connect, s.Fails, s.Remotes = float64(d.between(10, 80)), true, pick(d, "timed-out", "connection-refused", "network-unreachable"), d.between(1, 4)
	default: // nothing of note
		s.Rate, s.Life = float64(d.between(20, 120)), d.seconds(1, 3)
	}
	p.Sockets = append(p.Sockets, s)
	r.Processes = append(r.Processes, p)
}

// crowd adds several processes of one image that hold a part of the pool each.
func (d dice) crowd(r *Recipe) {
	n := d.between(3, 6)
	for range n {
		r.Processes = append(r.Processes, Process{PID: 4000 + 4*len(r.Processes), Image: "worker.exe", Sockets: []Sockets{{
			Rate: float64(r.TCP.Count) / d.minutes(r) * pick(d, 0.3, 1.2) / float64(n), Family: d.family(),
		}}})
	}
}

// restart lets the machine start again in the middle. A trace is of one boot or the
// other.
func (d dice) restart(r *Recipe) {
	if r.Duration < Duration(4*time.Minute) || r.Log == nil { // nothing else would tell of it
		return
	}
	r.Restart = r.Duration / 2
	if t := r.Trace; t != nil {
		if d.chance(0.5) {
			t.From, t.Until = 0, r.Restart
		} else {
			t.From = r.Restart + Duration(downFor*100)
		}
	}
	for i := range r.Tables {
		r.Tables[i].Every = 0
		r.Tables[i].At = pick(d, r.Duration, r.Restart-Duration(5*time.Second))
	}
}

// files are what the customer sends.
func (d dice) files(r *Recipe) {
	if d.chance(0.75) {
		r.Trace = &Trace{
			Compressed: d.chance(0.4), BufferKB: pick(d, 8, 64, 64, 256), Schemas: d.chance(0.6), Names: d.chance(0.4), Noise: pick(d, 0, 0, 0.2, 1.0),
			NotClosed: d.chance(0.1), TCPIP: d.chance(0.3),
		}
		switch d.IntN(8) {
		case 0:
			r.Trace.LostEvents = 0.01
		case 1:
			r.Trace.LostBuffer = 0.1
		case 2:
			r.Trace.RingMB, r.Trace.BufferKB = 0.25, 8
		case 3:
			r.Trace.From = r.Duration / 3
		}
	}
	if d.chance(0.7) {
		r.Log = &Log{Noise: d.between(5, 60), Silent: d.chance(0.15), Throttle: d.seconds(10, 60), Delay: Duration(d.between(0, 3000) * int(time.Millisecond))}
	}
	if d.chance(0.7) {
		t := Table{
			Flags: pick(d, "anobq", "anobq", "anoq", "ano", "anob", "an"), Language: pick(d, "", "", "de", "fr"), Stamp: pick(d, "iso", "iso", "us", ""), Command: d.chance(0.5),
		}
		if t.Language != "" {
			t.Page = "850"
		}
		if d.chance(0.3) {
			t.At, t.Every = Duration(20*time.Second), d.seconds(20, 50)
		}
		r.Tables = []Table{t}
	}
	if d.chance(0.8) {
		r.Texts.Range = "dynamicport.txt"
		if d.chance(0.7) || len(r.TCP.Excluded)+len(r.UDP.Excluded) > 0 {
			r.Texts.Excluded = "excluded.txt"
		}
	} else {
		r.TCP.Excluded, r.UDP.Excluded = nil, nil
	}
	if d.chance(0.6) {
		r.Texts.Tasklist = "tasklist.txt"
	}
	if r.Trace == nil && r.Log == nil && len(r.Tables) == 0 {
		r.Log = &Log{}
	}
}
