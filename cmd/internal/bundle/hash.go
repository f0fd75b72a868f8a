package bundle

import "sync"

// hash fills in the SHA-256 of the inputs. An input that cannot be read to its end
// is dropped with a diagnostic. One that nothing else here can equal is left to the
// caller, who hashes what is read of it.
func (l *loader) hash() error {
	inputs := l.bundle.Inputs
	hashers := make([]*Hasher, len(inputs))
	for i, later := range l.later() {
		if !later && inputs[i].SHA256 == "" {
			hashers[i] = inputs[i].Hasher(l.ctx)
		}
	}
	failed := Sums(hashers, l.options.Jobs, func(i int, sum string) { inputs[i].SHA256 = sum })
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

// Sums gives the hashes of those that are not nil, from so many goroutines at once, and
// why each of the others has none.
func Sums(hashers []*Hasher, jobs int, give func(i int, sum string)) []error {
	failed := make([]error, len(hashers))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, min(jobs, len(hashers))) {
		workers.Go(func() {
			for i := range next {
				var sum string
				if sum, failed[i] = hashers[i].Sum(); failed[i] == nil {
					give(i, sum)
				}
			}
		})
	}
	for i := range hashers {
		if hashers[i] != nil {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	return failed
}

// later tells which inputs on the disk need no hash to be sorted and told apart: those that
// are read, of a size and a path of their own.
func (l *loader) later() []bool {
	sizes, paths := map[int64]int{}, map[string]int{}
	for _, in := range l.bundle.Inputs {
		sizes[in.Size]++
		paths[in.Path]++
	}
	out := make([]bool, len(l.bundle.Inputs))
	for i, in := range l.bundle.Inputs {
		out[i] = in.file != "" && in.Kind != kindUnknown && in.SHA256 == "" && sizes[in.Size] == 1 && paths[in.Path] == 1
	}
	return out
}
