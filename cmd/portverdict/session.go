package main

import (
	"context"
	"slices"

	"portverdict/cmd/portverdict/internal/bundle"
	"portverdict/etl"
)

// sessions groups the inputs: the files of one trace session belong together, in
// their order, and every other input stands alone.
func sessions(ctx context.Context, inputs []bundle.Input) [][]int {
	readers := map[int]*etl.Reader{}
	traces := 0
	for _, in := range inputs {
		if in.Kind == "etl" {
			traces++
		}
	}
	for i, in := range inputs {
		if in.Kind != "etl" || traces < 2 {
			continue
		}
		// What cannot be read here is told when it is read for good.
		if r, closer, err := in.Open(); err == nil {
			if reader, err := etl.NewReader(&interruptible{ctx, r}, in.Size, nil); err == nil {
				readers[i] = reader
			}
			_ = closer.Close()
		}
	}
	next := map[int]int{}
	follows := map[int]bool{}
	for a := range inputs {
		for b := range inputs {
			if a == b || readers[a] == nil || readers[b] == nil || follows[b] || !readers[a].Continues(readers[b]) {
				continue
			}
			next[a], follows[b] = b, true
			break
		}
	}
	var out [][]int
	for i := range inputs {
		if follows[i] {
			continue
		}
		group := []int{i}
		for at, more := next[i]; more && !slices.Contains(group, at); at, more = next[at] {
			group = append(group, at)
		}
		out = append(out, group)
	}
	return out
}
