package facts

import (
	"fmt"
	"io"
)

const (
	// aheadLeast is the size from which a text is read ahead.
	aheadLeast = 4 << 20
	// aheadBlocks is how many blocks of a text are read ahead of what is parsed.
	aheadBlocks = 3
)

// ahead gives the bytes of a reader that a goroutine of its own reads a few blocks ahead:
// reading also hashes, which takes a good part of the time that parsing takes.
type ahead struct {
	filled chan block
	free   chan []byte
	stop   chan struct{}
	ended  chan struct{}
	now    []byte // the block that is being given
	rest   []byte // of it
	err    error
}

// block is what one Read gave.
type block struct {
	bytes []byte
	err   error
}

// readAhead begins to read r. Its close must be called.
func readAhead(r io.Reader) *ahead {
	a := &ahead{
		filled: make(chan block, aheadBlocks), free: make(chan []byte, aheadBlocks), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	for range aheadBlocks {
		a.free <- make([]byte, deskBuffer)
	}
	go a.run(r)
	return a
}

func (a *ahead) run(r io.Reader) {
	defer close(a.ended)
	defer func() {
		if v := recover(); v != nil {
			a.filled <- block{err: fmt.Errorf("a fault while it was read: %v", v)} // there is room: no block is being filled
		}
	}()
	for {
		select {
		case <-a.stop:
			return
		case b := <-a.free:
			n, err := r.Read(b)
			a.filled <- block{bytes: b[:n], err: err} // as many as there are blocks have room
			if err != nil {
				return
			}
		}
	}
}

// Read gives what was read ahead.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.now != nil {
			a.free <- a.now[:cap(a.now)]
		}
		b := <-a.filled
		a.now, a.rest, a.err = b.bytes, b.bytes, b.err
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// close ends the reading and waits for it.
func (a *ahead) close() {
	close(a.stop)
	<-a.ended
}
