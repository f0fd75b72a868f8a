package main

import (
	"io"
	"sync/atomic"
	"time"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/etl"
)

// work counts what is read of a bundle. An input is read several times, to be
// hashed, for its facts and for its tables, and a byte costs more in one reading
// than in another. So done and plan are costs, and what a person sees is the size
// of the inputs and the part of the plan that is done.
type work struct {
	archives, unpacked atomic.Int64 // bytes
	size               atomic.Int64 // bytes of all inputs
	plan, done         atomic.Int64 // costs
	readings           []analysis.Reading
}

// state is the work at a time; size is in bytes, part of 1.
type state struct {
	at         time.Time
	unpacking  bool
	size, part float64
}

func (w *work) state(at time.Time) state {
	s := state{at: at, size: float64(w.size.Load())}
	done, plan := w.done.Load(), w.plan.Load()
	if plan == 0 {
		done, plan = w.unpacked.Load(), w.archives.Load()
		s.unpacking, s.size = true, float64(plan)
	}
	if plan > 0 {
		s.part = min(float64(done)/float64(plan), 1)
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
	case in.Kind == "unknown", (in.Kind == "etl" || in.Kind == "evtx") && what == analysis.ForTables, in.Kind != "etl" && what == analysis.ForEachTrace:
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

// expect plans the readings of the inputs that are still to come.
func (w *work) expect(inputs []bundle.Input) {
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

// watch is for the loading of the bundle.
func (p *progress) watch() *bundle.Watch {
	if p == nil {
		return nil
	}
	return &bundle.Watch{
		Unpacking: func(read, found int64) { p.work.unpacked.Add(read); p.work.archives.Add(found) },
		Gathered:  p.work.expect,
		Hashed:    func(n int64) { p.work.done.Add(n * hashCost) },
	}
}

// loaded corrects the plan once duplicates are out and most inputs are hashed.
func (p *progress) loaded(inputs []bundle.Input) {
	if p != nil {
		p.work.expect(inputs)
	}
}

// reads makes a reader of an input count, and gives what is to be called when the
// reading is over.
func (p *progress) reads(what analysis.Reading, in bundle.Input, r io.ReaderAt) (io.ReaderAt, func()) {
	each, times := cost(what, in)
	c := &countedReader{r: r, work: &p.work, each: each}
	c.left.Store(in.Size * each * times)
	return c, c.over
}

// countedReader counts one reading of an input: never more than was planned, and
// at its end all of it, whatever was passed over.
type countedReader struct {
	r    io.ReaderAt
	work *work
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
