package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"
)

// hash fills in the SHA-256 of the inputs. An input that cannot be read to its end
// is dropped with a diagnostic. A trace that nothing else here can equal is left to
// the caller, who hashes it while it is read: traces are most of the bytes.
func (l *loader) hash() error {
	inputs := l.bundle.Inputs
	later := l.later()
	failed := make([]error, len(inputs))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, min(l.options.Jobs, len(inputs))) {
		workers.Go(func() {
			for i := range next {
				inputs[i].SHA256, failed[i] = inputs[i].Sum(l.ctx)
			}
		})
	}
	for i := range inputs {
		if !later[i] && inputs[i].SHA256 == "" {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	if err := l.ctx.Err(); err != nil {
		return err
	}
	kept := inputs[:0]
	for i, in := range inputs {
		if failed[i] != nil {
			l.diagnose("input-unreadable", "error", in.Path, 0, 0, "cannot be read: "+cause(failed[i]).Error())
			continue
		}
		kept = append(kept, in)
	}
	l.bundle.Inputs = kept
	return nil
}

// later tells which inputs need no hash to be sorted and told apart: traces of a
// size and a path of their own.
func (l *loader) later() []bool {
	sizes, paths := map[int64]int{}, map[string]int{}
	for _, in := range l.bundle.Inputs {
		sizes[in.Size]++
		paths[in.Path]++
	}
	out := make([]bool, len(l.bundle.Inputs))
	for i, in := range l.bundle.Inputs {
		out[i] = in.Kind == "etl" && in.SHA256 == "" && sizes[in.Size] == 1 && paths[in.Path] == 1
	}
	return out
}

// Sum is the SHA-256 of the input's Size bytes in lower-case hex: a file that is
// still written grows, and what is behind them is not read. The error names no path.
func (in Input) Sum(ctx context.Context) (string, error) {
	f, closer, err := in.Open()
	if err != nil {
		return "", err
	}
	defer closer.Close()
	h := sha256.New()
	// Much at a time, since another reader may want the disk as well; of a small file no
	// more than it has, since there may be 20,000 of them.
	buf := make([]byte, min(max(in.Size, 1), 256<<10))
	if _, err := io.CopyBuffer(h, &ctxReader{ctx, io.NewSectionReader(f, 0, in.Size), in.watch}, buf); err != nil {
		return "", cause(err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ctxReader ends a long read soon after ctx ends, and tells who watches of it.
type ctxReader struct {
	ctx   context.Context
	r     io.Reader
	watch *Watch
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if c.watch != nil {
		c.watch.Hashed(int64(n))
	}
	return n, err
}
