package facts

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Proves that the table holds what a map holds, through growth, and through removals
// that move up what stands behind them.
func TestOpenEndpointsAreAMap(t *testing.T) {
	for _, spread := range []uint64{1, 0x200, 1 << 40} {
		rng := rand.New(rand.NewPCG(spread, 2))
		table, want := newOpenEndpoints(), map[uint64]*endpoint{}
		for step := range 200_000 {
			key := rng.Uint64N(uint64(100+step/100)) * spread
			switch rng.IntN(5) {
			case 0, 1:
				ep := &endpoint{serial: uint64(step)}
				table.put(key, ep)
				want[key] = ep
			case 2, 3:
				table.remove(key)
				delete(want, key)
			}
			if table.get(key) != want[key] || table.len() != len(want) {
				t.Fatalf("step %d: %d endpoints, want %d, or not the one of %#x", step, table.len(), len(want), key)
			}
		}
		if keys := table.keys(); !slices.Equal(keys, sortedKeys(want)) || len(keys) < 500 {
			t.Errorf("%d keys, want %d", len(keys), len(want))
		}
		given := map[*endpoint]bool{}
		for ep := range table.all() {
			given[ep] = true
		}
		for key, ep := range want {
			if !given[ep] {
				t.Errorf("the endpoint of %#x is not given", key)
			}
		}
		if len(given) != len(want) {
			t.Errorf("%d endpoints are given, want %d", len(given), len(want))
		}
	}
}
