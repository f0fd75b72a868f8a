package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
)

// hash fills in the SHA-256 of all inputs. An input that cannot be read to its
// end is dropped with a diagnostic.
func (l *loader) hash() error {
	inputs := l.bundle.Inputs
	failed := make([]error, len(inputs))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, min(l.options.Jobs, len(inputs))) {
		workers.Go(func() {
			for i := range next {
				failed[i] = hashInput(l.ctx, &inputs[i])
			}
		})
	}
	for i := range inputs {
		next <- i
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

func hashInput(ctx context.Context, in *Input) error {
	f, err := os.Open(in.file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	// The size is what was hashed: a file that is still written grows.
	n, err := io.Copy(h, &ctxReader{ctx, f})
	if err != nil {
		return err
	}
	in.Size = n
	in.SHA256 = hex.EncodeToString(h.Sum(nil))
	return nil
}

// ctxReader ends a long read soon after ctx ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
