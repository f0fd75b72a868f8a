package regress

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"
)

// Limits are what a case may take, from its start to the report, the writing of a
// recipe's bundle included; 0 is no limit.
type Limits struct {
	Seconds  float64 `yaml:"seconds"`
	MemoryMB float64 `yaml:"memory_mb"` // heap and stacks of the program, in units of 1,000,000
}

// excess says what went over the limits, and whether the work was ended for it.
type excess struct {
	diffs   []string
	stopped bool
}

// memoryEvery is how often memory is looked at: often enough to see what a reader
// keeps, too seldom to slow it down.
const memoryEvery = 5 * time.Millisecond

// watch does the work within the limits. Work that takes too long is ended, so that
// a case that hangs does not hang the run.
func (l Limits) watch(ctx context.Context, work func(context.Context)) excess {
	if l == (Limits{}) {
		work(ctx)
		return excess{}
	}
	done, peak := make(chan struct{}), make(chan uint64)
	if l.MemoryMB > 0 {
		runtime.GC() // what the cases before have left is not of this one
		go func() { peak <- highest(done) }()
	}
	start := time.Now() // before the deadline is set: what ended at it took longer than the limit
	if l.Seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(l.Seconds*float64(time.Second)))
		defer cancel()
	}
	work(ctx)
	took := time.Since(start)
	close(done)
	var d diff
	var e excess
	if l.Seconds > 0 && took.Seconds() > l.Seconds {
		e.stopped = ctx.Err() != nil
		word := "taken"
		if e.stopped {
			word = "ended after"
		}
		d.note("limit seconds", fmt.Sprintf("at most %g", l.Seconds), fmt.Sprintf("%s %.2f", word, took.Seconds()))
	}
	if l.MemoryMB > 0 {
		if most := float64(<-peak) / 1e6; most > l.MemoryMB {
			d.note("limit memory_mb", fmt.Sprintf("at most %g", l.MemoryMB), fmt.Sprintf("%.1f", most))
		}
	}
	e.diffs = d
	return e
}

// highest gives the most memory that was seen until done, in bytes.
func highest(done <-chan struct{}) (most uint64) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"},
	}
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		metrics.Read(samples)
		most = max(most, samples[0].Value.Uint64()+samples[1].Value.Uint64())
		select {
		case <-done:
			return most
		case <-tick.C:
		}
	}
}
