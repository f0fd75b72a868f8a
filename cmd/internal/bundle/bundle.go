package bundle

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"portverdict/report"
)

// Options are the wishes of the caller. Jobs is the number of workers, at least
// one. Outputs are files about to be written: one of them that lies in a folder and is
// empty or an earlier report is left out; one that is an input, or the archive of one,
// is an error. Watch, if not nil, is told how the work goes on. Stdin is what the path
// "-" stands for; nil is nothing.
type Options struct {
	Jobs    int
	Outputs []string
	Watch   *Watch
	Stdin   io.Reader
}

// Stdin is the path of what stands on the standard input, StdinName its name among the
// inputs, and MaxStdin how many bytes of it are read.
const (
	Stdin     = "-"
	StdinName = "stdin"
	MaxStdin  = 256 << 20
)

// Watch follows the work on a bundle. Its functions are all set and are called
// from several goroutines at once.
type Watch struct {
	Unpacking func(read, found int64) // so many more bytes of archives were read, or found
	Gathered  func([]Input)           // all inputs are known, and their hashing begins
	Hashed    func(n int64)           // so many more bytes of an input were hashed
}

// Input is one file of the bundle. Path has forward slashes; SHA256 is lower-case hex, ""
// where Load left it to whoever reads the input (Hasher); Kind is that of report.Source.
// Fault is not nil when the input could not be recognised for a fault of this program; it
// is then of kind "unknown". Damaged tells that it came out of an archive that is cut or
// does not fit its checksums, so that it may end too soon or be wrong. Copies are the paths
// of the files with the same bytes, which are left out: where a file lies can tell of what
// machine it is.
type Input struct {
	Path    string
	Kind    string
	Size    int64
	SHA256  string
	Fault   *Fault
	Damaged bool
	Copies  []string
	file    string      // on the disk; "" is held in memory
	memory  io.ReaderAt // of the caller
	data    []byte
	watch   *Watch
}

// Fault is a panic of this program, and the stack at that time.
type Fault struct {
	Value, Stack string
}

// Open opens the input's bytes; the caller closes. The error names no path.
func (in Input) Open() (io.ReaderAt, io.Closer, error) {
	switch {
	case in.memory != nil:
		return in.memory, io.NopCloser(nil), nil
	case in.file == "":
		return bytes.NewReader(in.data), io.NopCloser(nil), nil
	}
	f, err := Open(in.file)
	if err != nil {
		return nil, nil, cause(err)
	}
	return readerOf(f), f, nil
}

// Head is the first bytes of the input, at most so many. The error names no path.
func (in Input) Head(most int64) ([]byte, error) {
	r, closer, err := in.Open()
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	data := make([]byte, min(in.Size, most))
	n, err := r.ReadAt(data, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return data[:n], cause(err)
}

// Bundle is all inputs, sorted by Path and then SHA256, and what was wrong on
// the way to them. Close it to remove its temporary files; they are gone too when the
// context of Load has ended.
type Bundle struct {
	Inputs      []Input
	Diagnostics []report.Diagnostic
	store       *store
}

// Close removes the temporary files.
func (b *Bundle) Close() error {
	if b.store == nil || b.store.remove == nil {
		return nil
	}
	return b.store.remove()
}

// ErrOutputIsInput means that a file to be written is one of the inputs.
var ErrOutputIsInput = errors.New("the output would overwrite this input")

// Load gathers the inputs of all paths. It fails when a path does not exist or
// cannot be read, when the temp folder cannot be written, and with the error of
// ctx; on failure nothing is left behind.
func Load(ctx context.Context, paths []string, o Options) (*Bundle, error) {
	return load(ctx, o, defaultLimits, func(l *loader) error { return l.roots(paths) })
}

// LoadArchive gathers the inputs of one archive, or one file, held in memory.
func LoadArchive(ctx context.Context, name string, r io.ReaderAt, size int64, o Options) (*Bundle, error) {
	return load(ctx, o, defaultLimits, inMemory(name, r, size))
}

func inMemory(name string, r io.ReaderAt, size int64) func(*loader) error {
	return func(l *loader) error {
		head, err := l.readHead(r)
		if err != nil {
			return err
		}
		f := found{path: name, size: size, memory: r}
		l.recognise(&f, head, r)
		return l.openAll(&level{depth: 1, given: true, found: []found{f}})
	}
}

func load(ctx context.Context, o Options, lim limits, gather func(*loader) error) (*Bundle, error) {
	st := &store{ctx: ctx, limits: lim}
	l := &loader{ctx: ctx, options: o, limits: lim, bundle: &Bundle{store: st}, store: st, kind: Kind, left: map[string]int{}}
	done := false
	defer func() {
		if !done {
			_ = l.bundle.Close()
		}
	}()
	for _, name := range o.Outputs {
		if fi, err := os.Stat(name); err == nil {
			l.outputs = append(l.outputs, fi)
		}
	}
	if err := gather(l); err != nil {
		return nil, err
	}
	l.trim(lim.entries)
	l.tellUseless()
	if o.Watch != nil {
		o.Watch.Gathered(l.bundle.Inputs)
	}
	if err := l.hash(); err != nil {
		return nil, err
	}
	l.tellLeft()
	l.sort()
	done = true
	return l.bundle, nil
}

func (l *loader) sort() {
	b := l.bundle
	slices.SortStableFunc(b.Inputs, func(x, y Input) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.SHA256, y.SHA256))
	})
	first, copies := map[string]string{}, map[string][]string{}
	b.Inputs = slices.DeleteFunc(b.Inputs, func(in Input) bool {
		at, seen := first[in.SHA256]
		if !seen || in.Kind == kindUnknown || in.SHA256 == "" {
			first[in.SHA256] = in.Path
			return false
		}
		// Reading it again would count every attempt twice.
		l.diagnose("input-duplicate", "note", in.Path, 0, in.Size, "has the same bytes as "+at+" and is read once")
		copies[in.SHA256] = append(copies[in.SHA256], in.Path)
		return true
	})
	for i := range b.Inputs {
		b.Inputs[i].Copies = copies[b.Inputs[i].SHA256]
	}
	slices.SortStableFunc(b.Diagnostics, func(x, y report.Diagnostic) int {
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.Code, y.Code), cmp.Compare(x.Offset, y.Offset), cmp.Compare(x.Text, y.Text))
	})
}
