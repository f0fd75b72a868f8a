// Package pace counts how far the reading of a bundle is and says it in a line: bytes,
// share, speed and the time left. It starts no clock: who shows the line says when it is.
package pace

import (
	"io"
	"sync/atomic"
	"time"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/etl"
)

// Work counts what is read of a bundle. An input is read several times, to be
// hashed, for its facts and for its tables, and a byte costs more in one reading
// than in another. So done and plan are costs, and what a person sees is the size
// of the inputs and the part of the plan that is done.
type Work struct {
	archives, unpacked atomic.Int64 // bytes
	size               atomic.Int64 // bytes of all inputs
	plan, done         atomic.Int64 // costs
	readings           []analysis.Reading
}

// NewWork is work on a bundle that is read for a verdict, and also for something else.
func NewWork(also ...analysis.Reading) *Work {
	return &Work{readings: append([]analysis.Reading{analysis.ForFacts, analysis.ForTables}, also...)}
}

// State is the work at a time; Size is in bytes, Part of 1.
type State struct {
	At         time.Time
	Unpacking  bool
	Size, Part float64
}

// State is how far the work is.
func (w *Work) State(at time.Time) State {
	s := State{At: at, Size: float64(w.size.Load())}
	done, plan := w.done.Load(), w.plan.Load()
	if plan == 0 {
		done, plan = w.unpacked.Load(), w.archives.Load()
		s.Unpacking, s.Size = true, float64(plan)
	}
	if plan > 0 {
		s.Part = min(float64(done)/float64(plan), 1)
	}
	return s
}

// What a byte costs, measured against hashing it. Nothing rests on it but how
// steady the time left is.
const (
	hashCost  = 1
	traceCost = 2
	textCost  = 6
	logCost   = 3
)

const (
	longText       = 64 << 20   // a longer text is read for its tables only
	oneBuffer      = 0x10000000 // log file mode: the processors share the buffers
	enoughOfATrace = 1 << 20
)

// cost is what a reading of an input costs for each byte, and how often it reads them.
func cost(what analysis.Reading, in bundle.Input) (each, times int64) {
	switch {
	case in.Kind == "unknown", in.Kind == "dump", (in.Kind == "etl" || in.Kind == "evtx") && what == analysis.ForTables, in.Kind != "etl" && what == analysis.ForEachTrace:
		return 0, 0
	case in.Kind == "etl":
		return traceCost, traceWalks(in)
	case in.Kind == "evtx":
		return logCost, 2
	case what == analysis.ForFacts && in.Size > longText:
		return 0, 0
	}
	return textCost, 1
}

// traceWalks is how often the bytes of a trace are read: buffers that processors
// share are read once more to be put in order.
func traceWalks(in bundle.Input) (walks int64) {
	defer func() {
		if recover() != nil { // a fault of ours; told when the trace is read for good
			walks = 1
		}
	}()
	r, closer, err := in.Open()
	if err != nil {
		return 1
	}
	defer closer.Close()
	head, err := etl.NewReader(r, min(in.Size, enoughOfATrace), nil)
	if err == nil && head.Header().LogFileMode&oneBuffer != 0 {
		return 2
	}
	return 1
}

// Expect plans the readings of the inputs that are still to come: once all are known, and
// again when duplicates are out and most inputs are hashed.
func (w *Work) Expect(inputs []bundle.Input) {
	var size, plan int64
	for _, in := range inputs {
		size += in.Size
		if in.SHA256 == "" {
			plan += in.Size * hashCost
		}
		for _, what := range w.readings {
			each, times := cost(what, in)
			plan += in.Size * each * times
		}
	}
	w.size.Store(size)
	w.plan.Store(w.done.Load() + plan)
}

// Watch follows the loading of the bundle.
func (w *Work) Watch() *bundle.Watch {
	return &bundle.Watch{
		Unpacking: func(read, found int64) { w.unpacked.Add(read); w.archives.Add(found) },
		Gathered:  w.Expect,
		Hashed:    func(n int64) { w.done.Add(n * hashCost) },
	}
}

// Reads makes a reader of an input count, and gives what is to be called when the
// reading is over; it is an analysis.Options.Watch.
func (w *Work) Reads(what analysis.Reading, in bundle.Input, r io.ReaderAt) (io.ReaderAt, func()) {
	each, times := cost(what, in)
	c := &countedReader{r: r, work: w, each: each}
	c.left.Store(in.Size * each * times)
	return c, c.over
}

// countedReader counts one reading of an input: never more than was planned, and
// at its end all of it, whatever was passed over.
type countedReader struct {
	r    io.ReaderAt
	work *Work
	each int64
	left atomic.Int64
}

func (c *countedReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(p, at)
	cost := int64(n) * c.each
	if left := c.left.Add(-cost); left < 0 {
		cost = max(cost+left, 0)
	}
	c.work.done.Add(cost)
	return n, err
}

func (c *countedReader) over() { c.work.done.Add(max(c.left.Swap(0), 0)) }
