package synth

import "math/rand/v2"

// pool hands out the ports of one transport, at random, as long as there are any.
type pool struct {
	free     []uint16
	place    [1 << 16]int32 // in free, from 1 on; 0 is not free
	uses     [1 << 16]int32 // how many hold it
	dynamic  [1 << 16]bool
	capacity int
}

func newPool(r *Range) *pool {
	p := new(pool)
	for port := r.Start; port < r.Start+r.Count; port++ {
		p.dynamic[port] = true
	}
	for _, x := range r.Excluded {
		for port := max(x.Start, 0); port <= min(x.End, 1<<16-1); port++ {
			p.dynamic[port] = false
		}
	}
	for port, ok := range p.dynamic {
		if ok {
			p.capacity++
			p.put(uint16(port))
		}
	}
	return p
}

func (p *pool) put(port uint16) {
	p.free = append(p.free, port)
	p.place[port] = int32(len(p.free))
}

func (p *pool) remove(port uint16) {
	at, last := p.place[port]-1, len(p.free)-1
	moved := p.free[last]
	p.free[at], p.place[moved] = moved, at+1
	p.free, p.place[port] = p.free[:last], 0
}

// take gives a free port.
func (p *pool) take(random *rand.Rand) (uint16, bool) {
	if len(p.free) == 0 {
		return 0, false
	}
	port := p.free[random.IntN(len(p.free))]
	p.hold(port)
	return port, true
}

// claim takes a stated port unless someone holds it.
func (p *pool) claim(port uint16) bool {
	if p.uses[port] > 0 {
		return false
	}
	p.hold(port)
	return true
}

// hold counts one more that has the port.
func (p *pool) hold(port uint16) {
	if p.uses[port]++; p.place[port] > 0 {
		p.remove(port)
	}
}

func (p *pool) release(port uint16) {
	if p.uses[port]--; p.uses[port] == 0 && p.dynamic[port] {
		p.put(port)
	}
}

func (p *pool) used() int { return p.capacity - len(p.free) }
