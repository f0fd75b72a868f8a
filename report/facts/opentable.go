package facts

import (
	"iter"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// openEndpoints are the open endpoints of a trace by their address. Each record of a
// trace looks one up, so that a look-up costs one place in memory: a row of slots, of
// which less than two thirds are taken, each key as near behind the slot its hash names
// as there was room. The seeds are random, since the keys are a stranger's; nothing that
// is told depends on where a key lies.
type openEndpoints struct {
	slots []openSlot // a power of two
	n     int
	seeds [2]uint64
}

type openSlot struct {
	key uint64
	ep  *endpoint // nil: free
}

const leastSlots = 64

func newOpenEndpoints() *openEndpoints {
	return &openEndpoints{slots: make([]openSlot, leastSlots), seeds: [2]uint64{rand.Uint64(), rand.Uint64() | 1}}
}

func (o *openEndpoints) len() int { return o.n }

// home is the slot that the hash of a key names.
func (o *openEndpoints) home(key uint64) int {
	high, low := bits.Mul64(key^o.seeds[0], 0x9e3779b97f4a7c15^o.seeds[1])
	return int(high^low) & (len(o.slots) - 1)
}

// find is the slot of a key, or the free one where it would be put.
func (o *openEndpoints) find(key uint64) int {
	mask := len(o.slots) - 1
	i := o.home(key) & mask
	for o.slots[i].ep != nil && o.slots[i].key != key {
		i = (i + 1) & mask
	}
	return i
}

// get gives the endpoint of a key, nil when there is none.
func (o *openEndpoints) get(key uint64) *endpoint { return o.slots[o.find(key)].ep }

// put sets the endpoint of a key.
func (o *openEndpoints) put(key uint64, ep *endpoint) {
	if 3*(o.n+1) > 2*len(o.slots) {
		old := o.slots
		o.slots = make([]openSlot, 2*len(old))
		for _, s := range old {
			if s.ep != nil {
				o.slots[o.find(s.key)] = s
			}
		}
	}
	s := &o.slots[o.find(key)]
	if s.ep == nil {
		o.n++
	}
	*s = openSlot{key, ep}
}

// remove takes a key out and moves up what stands behind it and was pushed there.
func (o *openEndpoints) remove(key uint64) {
	mask := len(o.slots) - 1
	hole := o.find(key)
	if o.slots[hole].ep == nil {
		return
	}
	o.n--
	for i := (hole + 1) & mask; o.slots[i].ep != nil; i = (i + 1) & mask {
		// It may move up unless its home lies between the hole and where it is.
		if (i-o.home(o.slots[i].key))&mask >= (i-hole)&mask {
			o.slots[hole] = o.slots[i]
			hole = i
		}
	}
	o.slots[hole] = openSlot{}
}

// all gives the endpoints in no order.
func (o *openEndpoints) all() iter.Seq[*endpoint] {
	return func(yield func(*endpoint) bool) {
		for i := range o.slots {
			if ep := o.slots[i].ep; ep != nil && !yield(ep) {
				return
			}
		}
	}
}

// keys gives the keys, the least first.
func (o *openEndpoints) keys() []uint64 {
	keys := make([]uint64, 0, o.n)
	for _, s := range o.slots {
		if s.ep != nil {
			keys = append(keys, s.key)
		}
	}
	slices.Sort(keys)
	return keys
}
