package bundle

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
)

// outermost is the archive that lies on the disk. What archives inside it unpack to is
// charged to it, so that a nest of archives has no more than one archive has.
type outermost struct {
	size    int64 // of the archive
	written int64 // unpacked so far, archives inside included
	stopped bool
}

// archive unpacks a zip. name is what diagnostics of the archive itself are told of;
// prefix stands before the path of each entry; outer is nil for an outermost archive.
func (l *loader) archive(name, prefix string, r io.ReaderAt, size int64, outer *outermost, depth int) error {
	if prefix == "" {
		l.rootNested = true
	}
	if outer == nil {
		outer = &outermost{size: size}
	}
	if depth > l.limits.depth {
		l.diagnose("archive-limit", "error", name, 0, size, fmt.Sprintf("archives are read %d deep; this one lies deeper and is not read", l.limits.depth))
		return nil
	}
	if w := l.options.Watch; w != nil {
		w.Unpacking(0, size)
		r = &watchedReader{r, w}
	}
	z := l.directory(name, r, size)
	if z == nil {
		return nil
	}
	before := l.members + len(l.bundle.Diagnostics)
	u := &unpacker{loader: l, outer: outer, name: name, prefix: prefix, depth: depth, size: size}
	for i, f := range z.File {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if err := u.entry(f); err != nil {
			return err
		}
		if outer.stopped {
			u.tellRest(z.File[i:])
			return nil
		}
	}
	if l.members+len(l.bundle.Diagnostics) == before {
		l.diagnose("input-empty", "warning", name, 0, size, "the archive has no files")
	}
	return nil
}

// directory reads the directory of a zip; nil is one that cannot be read, which was told.
func (l *loader) directory(name string, r io.ReaderAt, size int64) *zip.Reader {
	budget := &budgetReader{r: r}
	budget.left.Store(l.limits.directory)
	z, err := zip.NewReader(budget, size)
	if err == nil || errors.Is(err, zip.ErrInsecurePath) {
		budget.left.Store(-1)
		return z
	}
	text := "the archive cannot be read: its directory at the end is missing or damaged"
	if errors.Is(err, errBudget) {
		text = fmt.Sprintf("the archive's directory is larger than %d bytes: none of its files is read", l.limits.directory)
	} else if found := l.withDirectory(r, size); found.entries > 0 {
		if z, err = zip.NewReader(found.zip, found.size); err == nil || errors.Is(err, zip.ErrInsecurePath) {
			l.diagnose("archive-damaged", "error", name, 0, size, fmt.Sprintf("the archive was cut: its directory at the end is missing; %d of its files were found without it and are read, the last perhaps in part", found.entries))
			if found.why != "" {
				l.diagnose("archive-limit", "error", name, found.end, size-found.end, "what follows is not read: "+found.why)
			}
			return z
		}
	}
	l.diagnose("archive-damaged", "error", name, 0, size, text)
	return nil
}

// unpacker is one archive being unpacked.
type unpacker struct {
	*loader
	outer        *outermost
	name, prefix string
	depth        int
	size         int64  // of the archive
	why          string // it was stopped here, for this reason
}

// offset of an entry's data in the archive, 0 when its local header is damaged.
func offset(f *zip.File) int64 {
	n, err := f.DataOffset()
	if err != nil {
		return 0
	}
	return n
}

func (u *unpacker) entry(f *zip.File) error {
	if u.members++; u.members > u.limits.entries {
		u.stop(fmt.Sprintf("the archives have more than %d entries", u.limits.entries))
		return nil
	}
	rel, ok := entryName(f.Name)
	if !ok {
		u.diagnose("archive-path", "warning", u.name, offset(f), 0, fmt.Sprintf("the entry %q leads out of the archive and is not read", f.Name))
		return nil
	}
	if f.FileInfo().IsDir() || strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) {
		return nil
	}
	rel = u.prefix + rel
	if m := f.Mode(); m&fs.ModeType != 0 {
		u.diagnose("input-special", "note", rel, 0, 0, "is "+special(m)+" and is not read")
		return nil
	}
	if f.Flags&1 != 0 {
		u.diagnose("archive-encrypted", "error", rel, 0, int64(f.CompressedSize64), "is encrypted and is not read: unpack the archive with its password and give the folder")
		return nil
	}
	m, err := u.unpack(f, rel)
	if err != nil || m == nil {
		return err
	}
	head, err := u.readHead(m)
	if err != nil {
		return fmt.Errorf("cannot read the temp folder: %w", cause(err))
	}
	kind, fault := u.recognise(head)
	if kind == kindArchive {
		defer m.drop()
		return u.archive(rel, rel+"!/", m, m.size, u.outer, u.depth+1)
	}
	u.add(m.keep(Input{Path: rel, Kind: kind, Fault: fault}))
	return nil
}

// stop ends the unpacking of the outermost archive and of all in it.
func (u *unpacker) stop(why string) {
	u.outer.stopped, u.why = true, why
}

// tellRest says once, for the archive where the limit was reached, what is left out.
func (u *unpacker) tellRest(rest []*zip.File) {
	if u.why == "" {
		return
	}
	left := "its last entry is not read"
	if n := len(rest); n > 1 {
		left = fmt.Sprintf("%d of its entries are not read", n)
	}
	u.diagnose("archive-limit", "error", u.name, 0, u.size, fmt.Sprintf("%s: %s, from %q on, nor is what follows in an archive around it", u.why, left, rest[0].Name))
}

// unpack unpacks an entry. A damaged entry is kept as far as it goes, for its readers
// know how to live with that. A nil member and a nil error mean that there is nothing to
// keep.
func (u *unpacker) unpack(f *zip.File, rel string) (*member, error) {
	src, err := f.Open()
	if err != nil {
		text := "the entry cannot be read: " + err.Error()
		if errors.Is(err, zip.ErrAlgorithm) {
			text = fmt.Sprintf("the entry is packed with method %d, which is not known: unpack the archive and give the folder", f.Method)
		}
		u.diagnose("archive-entry", "error", rel, 0, int64(f.CompressedSize64), text)
		return nil, nil
	}
	defer src.Close()
	m := u.store.member(f.UncompressedSize64)
	err = u.copy(m, src)
	if err == nil {
		return m, nil
	}
	var w *writeError
	if u.ctx.Err() != nil || errors.As(err, &w) {
		m.drop()
		return nil, err
	}
	if errors.Is(err, errBomb) {
		m.drop()
		u.stop(fmt.Sprintf("the archive unpacks to more than %d times its size and %d bytes, or than %d bytes", u.limits.ratio, u.limits.floor, u.limits.unpacked))
		return nil, nil
	}
	u.diagnose("archive-entry", "warning", rel, 0, m.size, fmt.Sprintf("the entry is damaged after %d bytes (%v); what came out of it is read", m.size, err))
	return m, nil
}

var (
	errBomb   = errors.New("unpacks to too much")
	errBudget = errors.New("directory too large")
)

// writeError is a failure of the temp folder, not of the archive.
type writeError struct{ err error }

func (e *writeError) Error() string { return "cannot write the temp folder: " + e.err.Error() }

// copy unpacks until the end, damage, a limit or the end of the context.
func (u *unpacker) copy(dst io.Writer, src io.Reader) error {
	if u.buf == nil {
		u.buf = make([]byte, 256<<10)
	}
	for {
		if err := u.ctx.Err(); err != nil {
			return err
		}
		n, err := src.Read(u.buf)
		written := u.outer.written + int64(n)
		if u.unpacked+int64(n) > u.limits.unpacked || (written > u.limits.floor && written/u.limits.ratio > u.outer.size) {
			return errBomb
		}
		if _, werr := dst.Write(u.buf[:n]); werr != nil {
			return werr
		}
		u.unpacked += int64(n)
		u.outer.written = written
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// budgetReader lets the zip reader read so much and no more while it reads the
// directory, whatever the archive says of its length. A negative rest is no limit.
type budgetReader struct {
	r    io.ReaderAt
	left atomic.Int64
}

func (b *budgetReader) ReadAt(p []byte, at int64) (int, error) {
	left := b.left.Load()
	if left < 0 {
		return b.r.ReadAt(p, at)
	}
	if int64(len(p)) > left {
		return 0, errBudget
	}
	b.left.Add(-int64(len(p)))
	return b.r.ReadAt(p, at)
}

// watchedReader tells who watches what is read of an archive.
type watchedReader struct {
	r     io.ReaderAt
	watch *Watch
}

func (w *watchedReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := w.r.ReadAt(p, at)
	w.watch.Unpacking(int64(n), 0)
	return n, err
}
