package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"portverdict/cmd/internal/bundle/mail"
	"portverdict/report"
)

// loader gathers one bundle; inputs and diagnostics from the marks on belong to
// the root being read.
type loader struct {
	ctx        context.Context
	options    Options
	limits     limits
	bundle     *Bundle
	store      *store
	kind       func(head []byte) string
	outputs    []fs.FileInfo
	files      int            // of folders, and given: seen so far
	members    int            // of archives
	unpacked   int64          // so far
	left       map[string]int // inputs that are too many, by kind
	unseen     string         // the first file that was not looked at
	untold     int            // diagnostics that are too many
	head, buf  []byte         // are used again
	inputMark  int
	diagMark   int
	rootNested bool   // the root is a folder or an archive
	want       string // what was asked for in the archive of the root, "" for all
}

func (l *loader) diagnose(code, severity, source string, offset, length int64, text string) {
	if len(l.bundle.Diagnostics) >= l.limits.told {
		l.untold++
		return
	}
	l.bundle.Diagnostics = append(l.bundle.Diagnostics, report.Diagnostic{
		Code: code, Severity: severity, Source: source, Offset: offset, Length: length, Text: text, Count: 1,
	})
}

// roots reads the PATHs of the command line. Archives among them are read last, since one
// may be in several files.
func (l *loader) roots(names []string) error {
	lv := &level{depth: 1, given: true}
	for i, name := range names {
		if name == Stdin {
			if slices.Contains(names[:i], Stdin) {
				return errors.New("- is given twice")
			}
			if err := l.stdin(lv); err != nil {
				return fmt.Errorf("cannot read -: %w", err)
			}
			l.endRoot()
			continue
		}
		if file, member, ok := Split(name); ok {
			if err := l.addressed(file, member, name, &level{depth: 1, given: true}); err != nil {
				return err
			}
			l.endRoot()
			continue
		}
		fi, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", name, cause(err))
		}
		if fi.IsDir() {
			err = l.folder(name)
		} else {
			err = l.file(lv, filepath.Base(name), name, fi)
		}
		if err != nil {
			return err
		}
		l.endRoot()
	}
	return l.openAll(lv)
}

// stdin takes what stands on the standard input: a text, or any other file.
func (l *loader) stdin(lv *level) error {
	if l.options.Stdin == nil {
		return errors.New("this command has no standard input")
	}
	data, err := io.ReadAll(io.LimitReader(l.options.Stdin, MaxStdin+1))
	switch {
	case err != nil:
		return cause(err)
	case len(data) > MaxStdin:
		return fmt.Errorf("it is longer than %d bytes: save it to a file", MaxStdin)
	}
	f := found{path: StdinName, size: int64(len(data)), memory: bytes.NewReader(data)}
	l.recognise(&f, data[:min(len(data), headSize)], f.memory)
	l.take(lv, f)
	return nil
}

// folder walks a folder; a root that is a link is followed, links in it are not.
func (l *loader) folder(root string) error {
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	l.rootNested = true
	lv := &level{depth: 1}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
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
		if l.files >= l.limits.seen {
			l.unseen = rel
			return filepath.SkipAll
		}
		fi, err := d.Info()
		if err != nil {
			l.diagnose("input-unreadable", "error", rel, 0, 0, "cannot be read: "+cause(err).Error())
			return nil
		}
		return l.file(lv, rel, name, fi)
	})
	if err != nil {
		return err
	}
	return l.openAll(lv)
}

// file takes one file on disk. Where the user named this very file, failure is the user's.
func (l *loader) file(lv *level, rel, name string, fi fs.FileInfo) error {
	if !fi.Mode().IsRegular() {
		if lv.given {
			return fmt.Errorf("cannot read %s: %w", name, Regular(fi))
		}
		l.diagnose("input-special", "note", rel, 0, 0, "is "+special(fi.Mode())+" and is not read")
		return nil
	}
	l.files++
	f, err := Open(name)
	if err == nil {
		defer f.Close()
		var head []byte
		if head, err = l.readHead(f); err == nil {
			return l.typed(lv, rel, name, f, fi, head)
		}
	}
	if lv.given {
		return fmt.Errorf("cannot read %s: %w", name, cause(err))
	}
	l.diagnose("input-unreadable", "error", rel, 0, 0, "cannot be read: "+cause(err).Error())
	return nil
}

func (l *loader) typed(lv *level, rel, name string, f *os.File, fi fs.FileInfo, head []byte) error {
	in := found{path: rel, size: fi.Size(), file: name}
	l.recognise(&in, head, f)
	if slices.ContainsFunc(l.outputs, func(o fs.FileInfo) bool { return os.SameFile(o, fi) }) {
		if lv.given || in.kind != kindUnknown || len(head) > 0 && !isReport(head) {
			return fmt.Errorf("%s: %w", name, ErrOutputIsInput)
		}
		return nil
	}
	if fi.Size() == int64(len(head)) && in.kind != kindArchive { // it need not be opened again
		if in.kind == kindUnknown || !l.store.hold(&in, head) {
			sum := sha256.Sum256(head)
			in.sum = hex.EncodeToString(sum[:])
		}
	}
	l.take(lv, in)
	return nil
}

// readHead reads what a file is told by. It is good until the next is read.
func (l *loader) readHead(r io.ReaderAt) ([]byte, error) {
	if l.head == nil {
		l.head = make([]byte, headSize)
	}
	n, err := r.ReadAt(l.head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return l.head[:n], nil
}

// recognise tells what a file is by its head and, where a text may have its table behind
// the output of other commands, by the rest. A panic is a fault of ours and costs this
// file only.
func (l *loader) recognise(f *found, head []byte, r io.ReaderAt) {
	defer func() {
		if v := recover(); v != nil {
			f.kind, f.fault = kindUnknown, &Fault{Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	f.kind = l.kind(head)
	if title, _ := packedAs(head); f.kind == kindUnknown && f.size > int64(len(head)) && title == "" {
		f.kind = behind(r, f.size)
	}
	f.mail = f.kind != kindArchive && mail.Sniff(head)
}

// add keeps an input.
func (l *loader) add(in Input) {
	in.watch = l.options.Watch
	l.bundle.Inputs = append(l.bundle.Inputs, in)
	if len(l.bundle.Inputs) >= 2*l.limits.entries {
		l.trim(l.limits.entries)
	}
}

// tellUseless says of inputs that they are of no use.
func (l *loader) tellUseless() {
	for _, in := range l.bundle.Inputs {
		switch {
		case in.Kind != kindUnknown, in.Fault != nil: // whoever reads the inputs tells of the fault
		case in.Size == 0:
			l.diagnose("input-empty", "warning", in.Path, 0, 0, "the file is empty"+emptied(in.Path))
		default:
			l.tellUnknown(&in)
		}
	}
}

// tellUnknown says what an input of no known kind is, and what to do.
func (l *loader) tellUnknown(in *Input) {
	head := make([]byte, min(in.Size, headSize))
	if r, closer, err := in.Open(); err == nil {
		n, _ := r.ReadAt(head, 0) // what cannot be read is of no known kind
		head = head[:n]
		closer.Close()
	}
	if what, do := foreignAs(head); what != "" {
		l.diagnose("input-unknown", "warning", in.Path, 0, 0, what+", which is not read. "+do)
		return
	}
	if title, _ := packedAs(head); title != "" {
		l.diagnose("archive-method", "error", in.Path, 0, in.Size, "this is a "+title+" archive, which is not read: unpack it with the program that made it and give the folder")
		return
	}
	l.diagnose("input-unknown", "warning", in.Path, 0, 0, "the content is of no known kind"+expected(in.Path))
}

// endRoot sees through folders that hold nothing but one folder.
func (l *loader) endRoot() {
	inputs, diags := l.bundle.Inputs[l.inputMark:], l.bundle.Diagnostics[l.diagMark:]
	if l.rootNested {
		seeThrough(inputs, diags)
	}
	l.inputMark, l.diagMark, l.rootNested = len(l.bundle.Inputs), len(l.bundle.Diagnostics), false
}
