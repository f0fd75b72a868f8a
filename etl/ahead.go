package etl

import (
	"fmt"
	"math/bits"
	"runtime/debug"
)

// A stretch is some buffers, in the order in which the walk opens them, that are read
// and framed at one go.
type stretch struct {
	cursors []*cursor
	bytes   int
	done    chan struct{}
	fault   string // what the worker panicked with, "" for nothing
}

// ahead reads and frames buffers before the walk opens them. With one worker it does
// so when they are opened.
type ahead struct {
	r       *Reader
	planned int // of r.order
	framers chan *framer
	own     *framer // of the walk itself
	queue   []*stretch
	bytes   int // of the queue
	current []*cursor
	idle    []*cursor
	spare   []*stretch
}

func newAhead(r *Reader) *ahead {
	a := &ahead{r: r, own: &framer{r: r}}
	if r.jobs > 1 {
		a.framers = make(chan *framer, r.jobs)
		for range r.jobs {
			a.framers <- &framer{r: r}
		}
	}
	return a
}

// cursor gives the next buffer in r.order that is one.
func (a *ahead) cursor() *cursor {
	if len(a.current) == 0 {
		a.plan()
		s := a.queue[0]
		a.queue = a.queue[:copy(a.queue, a.queue[1:])]
		if a.framers != nil {
			<-s.done
			a.bytes -= s.bytes
			a.plan()
		}
		if s.fault != "" {
			panic(s.fault) // on the goroutine of who walks, where it can be caught
		}
		a.current = append(a.current[:0], s.cursors...)
		a.spare = append(a.spare, s)
	}
	c := a.current[0]
	a.current = a.current[1:]
	return c
}

// plan begins further stretches, as many as there are framers for.
func (a *ahead) plan() {
	if a.framers == nil {
		s := a.stretch(1)
		a.own.stretch(s)
		a.queue = append(a.queue, s)
		return
	}
	for len(a.queue) == 0 || len(a.queue) <= a.r.jobs && a.bytes < maxAhead {
		s := a.stretch(a.r.stretch)
		if s == nil {
			return
		}
		a.bytes += s.bytes
		a.queue = append(a.queue, s)
		go func() {
			f := <-a.framers
			s.fault = fenced(func() { f.stretch(s) })
			a.framers <- f
			s.done <- struct{}{}
		}()
	}
}

// stretch takes the next buffers of that many bytes, at least one; nil at the end.
func (a *ahead) stretch(most int) *stretch {
	var s *stretch
	for ; a.planned < len(a.r.order) && (s == nil || s.bytes < most); a.planned++ {
		e := &a.r.index[a.r.order[a.planned]]
		if e.end == 0 {
			continue // damage
		}
		if s == nil {
			s = a.empty()
		}
		c := &cursor{}
		if n := len(a.idle); n > 0 {
			c, a.idle = a.idle[n-1], a.idle[:n-1]
		}
		c.begin(e)
		a.r.admit(&c.batch)
		s.cursors = append(s.cursors, c)
		s.bytes += max(cap(c.buf), 1)
	}
	return s
}

func (a *ahead) empty() *stretch {
	if n := len(a.spare); n > 0 {
		s := a.spare[n-1]
		a.spare = a.spare[:n-1]
		s.cursors, s.bytes = s.cursors[:0], 0
		return s
	}
	return &stretch{done: make(chan struct{}, 1)}
}

// wait lets the workers come to their end, since the file may be closed afterwards.
func (a *ahead) wait() {
	if a.framers == nil {
		return
	}
	for _, s := range a.queue {
		<-s.done
	}
	a.queue = nil
}

// stretch reads and frames the buffers of a stretch.
func (f *framer) stretch(s *stretch) {
	for _, c := range s.cursors {
		b := &c.batch
		f.r.load(b, &f.scratch)
		if f.r.header.LogFileMode&modeNoPerProcessor != 0 {
			b.sortEvents(f.r.session)
		}
		f.frame(b)
	}
}

// fenced does work of a worker and gives what it panics with: there nobody could catch it.
func fenced(do func()) (fault string) {
	defer func() {
		if v := recover(); v != nil {
			fault = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	do()
	return ""
}

// take gives a slice of n bytes, a closed buffer's if there is one. Slices are of a
// power of two, so that a buffer costs about what is in it, whatever size the
// header claims, and fits where another of its kind was.
func (r *Reader) take(n int) []byte {
	class := bits.Len(uint(max(n, 1) - 1))
	if last := len(r.free[class]) - 1; last >= 0 {
		b := r.free[class][last]
		r.free[class] = r.free[class][:last]
		r.freed -= cap(b)
		return b[:n]
	}
	return make([]byte, n, 1<<class)
}

// release gives a buffer back.
func (r *Reader) release(b []byte) {
	if b == nil || r.freed+cap(b) > maxFree {
		return
	}
	r.freed += cap(b)
	class := bits.Len(uint(cap(b) - 1))
	r.free[class] = append(r.free[class], b)
}
