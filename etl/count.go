package etl

import (
	"bytes"
	"cmp"
	"slices"
)

// counted is how many events of one key a part of a buffer has.
type counted struct {
	key EventKey
	n   int
}

// counts are those of one part; a key may stand in it more than once.
type counts struct {
	list []counted
	room int // before keys that are equal are joined
}

// leastRoom is how many entries counts have before equal keys are looked for.
const leastRoom = 1 << 14

func (c *counts) reset() { c.list, c.room = c.list[:0], leastRoom }

func (c *counts) add(k EventKey, n int) {
	if n == 0 {
		return
	}
	c.list = append(c.list, counted{k, n})
	if len(c.list) >= c.room {
		c.join()
	}
}

// join adds up what has one key; keys over the limit are counted under the zero key.
func (c *counts) join() {
	slices.SortFunc(c.list, func(a, b counted) int { return compareKeys(&a.key, &b.key) })
	kept := c.list[:1]
	for _, e := range c.list[1:] {
		switch last := &kept[len(kept)-1]; {
		case last.key == e.key:
			last.n += e.n
		case len(kept) < maxKeys:
			kept = append(kept, e)
		case kept[0].key == EventKey{}:
			kept[0].n += e.n
		default:
			last.key, last.n = EventKey{}, last.n+e.n
			kept[0], *last = *last, kept[0]
		}
	}
	c.list, c.room = kept, max(leastRoom, 2*len(kept))
}

func compareKeys(a, b *EventKey) int {
	return cmp.Or(
		bytes.Compare(a.Provider[:], b.Provider[:]), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Opcode, b.Opcode), cmp.Compare(a.Hook, b.Hook), cmp.Compare(a.Version, b.Version))
}

// count adds the events of a part to those of the walk.
func (s *Stats) count(of []counted) {
	for i := range of {
		k := of[i].key
		if _, known := s.Counts[k]; !known && len(s.Counts) >= maxKeys {
			k = EventKey{}
		}
		s.Counts[k] += of[i].n
	}
}
