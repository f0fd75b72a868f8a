package bundle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"portverdict/report"
)

// Options are the wishes of the caller. Jobs is the number of workers, at least
// one. Outputs are files about to be written: one of them that lies in a folder
// and is no usable input is an earlier report and is left out; one that is a
// usable input is an error. Watch, if not nil, is told how the work goes on.
type Options struct {
	Jobs    int
	Outputs []string
	Watch   *Watch
}

// Watch follows the work on a bundle. Its functions are all set and are called
// from several goroutines at once.
type Watch struct {
	Unpacking func(read, found int64) // so many more bytes of archives were read, or found
	Gathered  func([]Input)           // all inputs are known, and their hashing begins
	Hashed    func(n int64)           // so many more bytes of an input were hashed
}

// Input is one file of the bundle. Path has forward slashes; SHA256, "" for a trace
// that Load left to be hashed while it is read, is lower-case
// hex; Kind is that of report.Source.
type Input struct {
	Path   string
	Kind   string
	Size   int64
	SHA256 string
	file   string
	watch  *Watch
}

// Open opens the input's bytes; the caller closes.
func (in Input) Open() (io.ReaderAt, io.Closer, error) {
	f, err := os.Open(in.file)
	if err != nil {
		return nil, nil, err
	}
	return f, f, nil
}

// Bundle is all inputs, sorted by Path and then SHA256, and what was wrong on
// the way to them. Close it to remove its temporary files.
type Bundle struct {
	Inputs      []Input
	Diagnostics []report.Diagnostic
	temp        string
}

// Close removes the temporary files.
func (b *Bundle) Close() error {
	if b.temp == "" {
		return nil
	}
	return os.RemoveAll(b.temp)
}

// ErrOutputIsInput means that a file to be written is one of the inputs.
var ErrOutputIsInput = errors.New("the output would overwrite this input")

// Load gathers the inputs of all paths. It fails when a path does not exist or
// cannot be read, when the temp folder cannot be written, and with the error of
// ctx; on failure nothing is left behind.
func Load(ctx context.Context, paths []string, o Options) (*Bundle, error) {
	return load(ctx, o, defaultLimits, func(l *loader) error {
		for _, p := range paths {
			if err := l.root(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// LoadZip gathers the inputs of one zip archive held in memory.
func LoadZip(ctx context.Context, name string, r io.ReaderAt, size int64, o Options) (*Bundle, error) {
	return load(ctx, o, defaultLimits, func(l *loader) error {
		if err := l.archive(name, "", r, size, 1); err != nil {
			return err
		}
		l.endRoot()
		return nil
	})
}

func load(ctx context.Context, o Options, lim limits, gather func(*loader) error) (*Bundle, error) {
	l := &loader{ctx: ctx, options: o, limits: lim, bundle: &Bundle{}}
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
	if o.Watch != nil {
		o.Watch.Gathered(l.bundle.Inputs)
	}
	if err := l.hash(); err != nil {
		return nil, err
	}
	l.sort()
	done = true
	return l.bundle, nil
}

// loader gathers one bundle; inputs and diagnostics from the marks on belong to
// the root being read.
type loader struct {
	ctx        context.Context
	options    Options
	limits     limits
	bundle     *Bundle
	outputs    []fs.FileInfo
	files      int   // seen so far
	unpacked   int64 // so far
	tempFiles  int
	inputMark  int
	diagMark   int
	rootNested bool // the root is a folder or an archive
}

func (l *loader) diagnose(code, severity, source string, offset, length int64, text string) {
	l.bundle.Diagnostics = append(l.bundle.Diagnostics, report.Diagnostic{
		Code: code, Severity: severity, Source: source, Offset: offset, Length: length, Text: text, Count: 1,
	})
}

// root reads one PATH of the command line.
func (l *loader) root(name string) error {
	fi, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", name, cause(err))
	}
	if fi.IsDir() {
		if err := l.folder(name); err != nil {
			return err
		}
		l.endRoot()
		return nil
	}
	if err := l.file(filepath.Base(name), name, fi, true); err != nil {
		return err
	}
	l.endRoot()
	return nil
}

// folder walks a folder; a root that is a link is followed, links in it are not.
func (l *loader) folder(root string) error {
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	l.rootNested = true
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if ctxErr := l.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		rel, relErr := filepath.Rel(root, name)
		if relErr != nil {
			return relErr
		}
		rel = filepath.ToSlash(rel)
		if err != nil {
			if rel == "." {
				return fmt.Errorf("cannot read %s: %w", root, cause(err))
			}
			l.diagnose("input-unreadable", "error", rel, 0, 0, "cannot be read: "+cause(err).Error())
			return nil
		}
		if d.IsDir() {
			return nil
		}
		fi, err := d.Info()
		if err != nil {
			l.diagnose("input-unreadable", "error", rel, 0, 0, "cannot be read: "+cause(err).Error())
			return nil
		}
		return l.file(rel, name, fi, false)
	})
}

// file takes one file on disk: an archive is opened, the rest is an input.
// given tells that the user named this very file, so failure is the user's.
func (l *loader) file(rel, name string, fi fs.FileInfo, given bool) error {
	if !fi.Mode().IsRegular() {
		if given {
			return fmt.Errorf("cannot read %s: it is %s", name, special(fi.Mode()))
		}
		l.diagnose("input-special", "note", rel, 0, 0, "is "+special(fi.Mode())+" and is not read")
		return nil
	}
	if l.files++; l.files > l.limits.entries {
		return fmt.Errorf("more than %d files: give a smaller folder", l.limits.entries)
	}
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		var head []byte
		if head, err = readHead(f); err == nil {
			return l.typed(rel, name, f, fi, head, given)
		}
	}
	if given {
		return fmt.Errorf("cannot read %s: %w", name, cause(err))
	}
	l.diagnose("input-unreadable", "error", rel, 0, 0, "cannot be read: "+cause(err).Error())
	return nil
}

func (l *loader) typed(rel, name string, f *os.File, fi fs.FileInfo, head []byte, given bool) error {
	kind := Kind(head)
	if kind == kindArchive {
		if given {
			l.rootNested = true
			return l.archive(rel, "", f, fi.Size(), 1)
		}
		return l.archive(rel, rel+"!/", f, fi.Size(), 1)
	}
	if slices.ContainsFunc(l.outputs, func(o fs.FileInfo) bool { return os.SameFile(o, fi) }) {
		if kind != kindUnknown || given {
			return fmt.Errorf("%s: %w", name, ErrOutputIsInput)
		}
		return nil
	}
	l.add(Input{Path: rel, Kind: kind, Size: fi.Size(), file: name})
	return nil
}

// add keeps an input and says so when it is of no use.
func (l *loader) add(in Input) {
	switch {
	case in.Kind != kindUnknown:
	case in.Size == 0:
		l.diagnose("input-empty", "warning", in.Path, 0, 0, "the file is empty"+emptied(in.Path))
	default:
		l.diagnose("input-unknown", "warning", in.Path, 0, 0, "the content is of no known kind"+expected(in.Path))
	}
	in.watch = l.options.Watch
	l.bundle.Inputs = append(l.bundle.Inputs, in)
}

// endRoot sees through folders that hold nothing but one folder.
func (l *loader) endRoot() {
	inputs, diags := l.bundle.Inputs[l.inputMark:], l.bundle.Diagnostics[l.diagMark:]
	if l.rootNested {
		seeThrough(inputs, diags)
	}
	l.inputMark, l.diagMark, l.rootNested = len(l.bundle.Inputs), len(l.bundle.Diagnostics), false
}

func (l *loader) sort() {
	b := l.bundle
	slices.SortStableFunc(b.Inputs, func(x, y Input) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.SHA256, y.SHA256))
	})
	first := map[string]string{}
	b.Inputs = slices.DeleteFunc(b.Inputs, func(in Input) bool {
		at, seen := first[in.SHA256]
		if !seen || in.Kind == kindUnknown || in.SHA256 == "" {
			first[in.SHA256] = in.Path
			return false
		}
		// Reading it again would count every attempt twice.
		l.diagnose("input-duplicate", "note", in.Path, 0, in.Size, "has the same bytes as "+at+" and is read once")
		return true
	})
	slices.SortStableFunc(b.Diagnostics, func(x, y report.Diagnostic) int {
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.Code, y.Code), cmp.Compare(x.Offset, y.Offset), cmp.Compare(x.Text, y.Text))
	})
}
