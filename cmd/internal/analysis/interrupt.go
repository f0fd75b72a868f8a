package analysis

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
)

// Interruptible makes all reads fail once ctx has ended, so that a reader in the middle
// of a large file comes to its end soon.
func Interruptible(ctx context.Context, r io.ReaderAt) io.ReaderAt { return &interruptible{ctx, r} }

type interruptible struct {
	ctx context.Context
	r   io.ReaderAt
}

func (i *interruptible) ReadAt(p []byte, at int64) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.ReadAt(p, at)
}

// Await does work that knows no context, and leaves it behind when ctx ends before. A
// panic is a fault of ours and becomes an error that says when it was, with its stack.
func Await[T any](ctx context.Context, when string, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if v := recover(); v != nil {
				r.err = fmt.Errorf("internal error while %s: %v\n%s", when, v, debug.Stack())
			}
			done <- r
		}()
		r.value, r.err = do()
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
