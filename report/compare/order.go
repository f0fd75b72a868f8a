package compare

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"portverdict/report"
)

// ordered is a copy of a report whose lists stand in an order that rests on what is in
// them alone, so that no order of an input reaches an output. What it shares with the
// original is only read.
func ordered(r *report.Report) *report.Report {
	out := *r
	v := &out.Verdict
	v.Pools, v.Holders = slices.Clone(v.Pools), slices.Clone(v.Holders)
	sortWindows(v)
	v.Pools, v.Holders = sorted(v.Pools), sorted(v.Holders)
	v.Victims, v.OtherFailures = sorted(v.Victims), sorted(v.OtherFailures)
	out.Findings, out.Sources, out.Series = sorted(r.Findings), sorted(r.Sources), sorted(r.Series)
	out.Bundle.Boots = slices.SortedFunc(slices.Values(r.Bundle.Boots), func(a, b report.Boot) int {
		return cmp.Or(a.At.Compare(b.At.Time), cmp.Compare(a.Host, b.Host))
	})
	return &out
}

// sortWindows puts the episodes in time order and makes everything that points at one
// by its index follow. An index that points at none is left out.
func sortWindows(v *report.Verdict) {
	old := v.Windows
	order := make([]int, len(old))
	for i := range order {
		order[i] = i
	}
	keys := encoded(old)
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(old[a].From.Compare(old[b].From.Time), bytes.Compare(keys[a], keys[b]))
	})
	v.Windows = make([]report.Window, len(old))
	at := make([]int, len(old))
	for now, before := range order {
		v.Windows[now], at[before] = old[before], now
	}
	for i := range v.Pools {
		episodes := []int{}
		for _, e := range v.Pools[i].Episodes {
			if e >= 0 && e < len(at) {
				episodes = append(episodes, at[e])
			}
		}
		v.Pools[i].Episodes = unique(episodes)
	}
	for i := range v.Holders {
		if w := &v.Holders[i].Window; *w >= 0 && *w < len(at) {
			*w = at[*w]
		}
	}
}

// sorted is a copy of a list in the order of its elements' JSON.
func sorted[T any](list []T) []T {
	keys := encoded(list)
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return bytes.Compare(keys[a], keys[b]) })
	out := make([]T, len(list))
	for i, at := range order {
		out[i] = list[at]
	}
	return out
}

// encoded is the JSON of each element; what cannot be encoded, which a report that was
// read cannot hold, has none.
func encoded[T any](list []T) [][]byte {
	out := make([][]byte, len(list))
	for i := range list {
		out[i], _ = json.Marshal(&list[i])
	}
	return out
}

// unique is a sorted set, never nil, with more put to it.
func unique[T cmp.Ordered](set []T, more ...T) []T {
	all := append(append([]T{}, set...), more...)
	slices.Sort(all)
	return slices.Compact(all)
}
