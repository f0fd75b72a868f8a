package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// outlet is stdout or stderr. Who reads it may be slow or asleep: once ctx has
// ended a write waits for so much patience and then fails, as all after it. With
// no patience none begins any more.
type outlet struct {
	ctx      context.Context
	w        io.Writer
	patience time.Duration

	mu    sync.Mutex
	kept  []byte // what is being written, since the caller may reuse its bytes
	stuck bool
	lost  error // the first write that failed
}

// failure is why not all arrived.
func (o *outlet) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}

type wrote struct {
	n   int
	err error
}

func (o *outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stuck || o.patience == 0 && o.ctx.Err() != nil {
		return 0, o.ctx.Err()
	}
	o.kept = append(o.kept[:0], p...)
	done := make(chan wrote, 1)
	go func() {
		n, err := o.w.Write(o.kept)
		done <- wrote{n, err}
	}()
	select {
	case r := <-done:
		if o.lost == nil {
			o.lost = r.err
		}
		return r.n, r.err
	case <-o.ctx.Done():
	}
	select {
	case r := <-done:
		return r.n, r.err
	case <-time.After(o.patience):
		o.stuck = true
		return 0, o.ctx.Err()
	}
}

// endLine ends a line that was left unfinished, as that of the progress.
func (o *outlet) endLine() {
	o.mu.Lock()
	n := len(o.kept)
	unfinished := n > 0 && o.kept[n-1] != '\n' && o.kept[n-1] != '\r'
	o.mu.Unlock()
	if unfinished {
		fmt.Fprintln(o)
	}
}

// interruptibleWriter fails all writes once ctx has ended.
type interruptibleWriter struct {
	ctx context.Context
	w   io.Writer
}

func (i *interruptibleWriter) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.w.Write(p)
}
