package verdict

import (
	"slices"

	"portverdict/etl"
)

// window is a stretch of refused attempts with no gap of windowGap between them.
type window struct {
	from, to etl.FileTime
	failures int
	families map[uint16]int
}

// failed folds the time of one refused attempt, mostly in time order.
func (w *witnesses) failed(at etl.FileTime, family uint16) {
	win := w.touch(at)
	win.failures++
	if win.families == nil {
		win.families = map[uint16]int{}
	}
	win.families[family]++
	w.keep(at)
}

// acquired folds a TCPIP port-acquire failure: the same refusal seen from
// below, so it widens a window and counts no attempt.
func (w *witnesses) acquired(at etl.FileTime) {
	w.touch(at)
	w.keep(at)
}

func (w *witnesses) touch(at etl.FileTime) *window {
	gap := ticks(windowGap)
	for i := len(w.windows) - 1; i >= 0; i-- {
		win := &w.windows[i]
		if at >= win.from-gap+1 && at < win.to+gap {
			win.from, win.to = min(win.from, at), max(win.to, at)
			return win
		}
		if at >= win.to+gap {
			break
		}
	}
	w.windows = append(w.windows, window{from: at, to: at})
	return &w.windows[len(w.windows)-1]
}

// keep remembers the time for the pairing with log records, thinned so that
// memory stays bounded: a pairing is then exact to minGap.
func (w *witnesses) keep(at etl.FileTime) {
	if n := len(w.times); n > 0 && at >= w.times[n-1] && at-w.times[n-1] < w.minGap {
		return
	}
	w.times = append(w.times, at)
	if len(w.times) < maxFailureTimes {
		return
	}
	w.minGap = max(2*w.minGap, 10000)
	kept := w.times[:1]
	for _, v := range w.times[1:] {
		if v-kept[len(kept)-1] >= w.minGap {
			kept = append(kept, v)
		}
	}
	w.times = kept
}

// sortWindows puts windows and times in order and joins windows that grew together.
func (w *witnesses) sortWindows() {
	slices.Sort(w.times)
	w.windows = joinWindows(w.windows)
}

func joinWindows(in []window) []window {
	slices.SortFunc(in, func(a, b window) int { return int(min(max(a.from-b.from, -1), 1)) })
	var out []window
	for _, win := range in {
		if n := len(out); n > 0 && win.from-out[n-1].to < ticks(windowGap) {
			last := &out[n-1]
			last.to = max(last.to, win.to)
			last.failures += win.failures
			if last.families == nil {
				last.families = map[uint16]int{}
			}
			for f, c := range win.families {
				last.families[f] += c
			}
			continue
		}
		out = append(out, win)
	}
	return out
}

// nearest gives the failure time closest to at.
func nearest(times []etl.FileTime, at etl.FileTime) (etl.FileTime, bool) {
	if len(times) == 0 {
		return 0, false
	}
	i, _ := slices.BinarySearch(times, at)
	switch {
	case i == 0:
		return times[0], true
	case i == len(times):
		return times[i-1], true
	case times[i]-at < at-times[i-1]:
		return times[i], true
	}
	return times[i-1], true
}
