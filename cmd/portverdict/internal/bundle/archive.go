package bundle

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// archive unpacks a zip into the temp folder. name is what diagnostics of the
// archive itself are told of; prefix stands before the path of each entry.
func (l *loader) archive(name, prefix string, r io.ReaderAt, size int64, depth int) error {
	if prefix == "" {
		l.rootNested = true
	}
	if depth > l.limits.depth {
		l.diagnose("archive-limit", "error", name, 0, size, fmt.Sprintf("archives are read %d deep; this one lies deeper", l.limits.depth))
		return nil
	}
	if w := l.options.Watch; w != nil {
		w.Unpacking(0, size)
		r = &watchedReader{r, w}
	}
	budget := &budgetReader{r: r}
	budget.left.Store(l.limits.directory)
	z, err := zip.NewReader(budget, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		text := "the archive cannot be read: its directory at the end is missing or damaged"
		if errors.Is(err, errBudget) {
			text = fmt.Sprintf("the archive's directory is larger than %d bytes", l.limits.directory)
		}
		l.diagnose("archive-damaged", "error", name, 0, size, text)
		return nil
	}
	budget.left.Store(-1)
	before := l.files + len(l.bundle.Diagnostics)
	u := &unpacker{loader: l, name: name, prefix: prefix, depth: depth, size: size}
	for _, f := range z.File {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if err := u.entry(f); err != nil {
			return err
		}
		if u.stopped {
			break
		}
	}
	if l.files+len(l.bundle.Diagnostics) == before {
		l.diagnose("input-empty", "warning", name, 0, size, "the archive has no files")
	}
	return nil
}

// unpacker is one archive being unpacked.
type unpacker struct {
	*loader
	name, prefix string
	depth        int
	size         int64 // of the archive
	written      int64 // unpacked so far
	stopped      bool
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
	if u.files++; u.files > u.limits.entries {
		u.stop(fmt.Sprintf("more than %d files: the rest of the archive is not read", u.limits.entries))
		return nil
	}
	if f.Flags&1 != 0 {
		u.diagnose("archive-encrypted", "error", rel, 0, int64(f.CompressedSize64), "is encrypted and is not read: unpack the archive with its password and give the folder")
		return nil
	}
	file, n, err := u.unpack(f, rel)
	if err != nil || file == nil {
		return err
	}
	defer file.Close() // a second time after an archive; only the first counts
	head, err := readHead(file)
	if err != nil {
		return fmt.Errorf("cannot read the temp folder: %w", cause(err))
	}
	kind := Kind(head)
	if kind == kindArchive {
		err := u.archive(rel, rel+"!/", file, n, u.depth+1)
		file.Close() // Windows does not remove an open file
		return errors.Join(err, os.Remove(file.Name()))
	}
	u.add(Input{Path: rel, Kind: kind, Size: n, file: file.Name()})
	return nil
}

func (u *unpacker) stop(text string) {
	u.stopped = true
	u.diagnose("archive-limit", "error", u.name, 0, u.size, text)
}

// unpack writes an entry to the temp folder. A damaged entry is kept as far as
// it goes, for its readers know how to live with that. A nil file and a nil
// error mean that there is nothing to keep.
func (u *unpacker) unpack(f *zip.File, rel string) (*os.File, int64, error) {
	src, err := f.Open()
	if err != nil {
		text := "the entry cannot be read: " + err.Error()
		if errors.Is(err, zip.ErrAlgorithm) {
			text = fmt.Sprintf("the entry is packed with method %d, which is not known: unpack the archive and give the folder", f.Method)
		}
		u.diagnose("archive-entry", "error", rel, 0, int64(f.CompressedSize64), text)
		return nil, 0, nil
	}
	defer src.Close()
	out, err := u.tempFile()
	if err != nil {
		return nil, 0, fmt.Errorf("cannot write the temp folder: %w", cause(err))
	}
	n, err := u.copy(out, src)
	if err == nil {
		return out, n, nil
	}
	var w *writeError
	if u.ctx.Err() != nil || errors.As(err, &w) {
		out.Close()
		return nil, 0, err
	}
	if errors.Is(err, errBomb) {
		u.stop(fmt.Sprintf("the archive unpacks to more than %d bytes or %d times its size: the rest is not read", u.limits.unpacked, u.limits.ratio))
		out.Close()
		return nil, 0, os.Remove(out.Name())
	}
	u.diagnose("archive-entry", "warning", rel, 0, n, fmt.Sprintf("the entry is damaged after %d bytes (%v); what came out of it is read", n, err))
	return out, n, nil
}

func (l *loader) tempFile() (*os.File, error) {
	if l.bundle.temp == "" {
		dir, err := os.MkdirTemp("", "portverdict-")
		if err != nil {
			return nil, err
		}
		l.bundle.temp = dir
	}
	l.tempFiles++
	return os.OpenFile(filepath.Join(l.bundle.temp, fmt.Sprintf("%06d", l.tempFiles)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

var (
	errBomb   = errors.New("unpacks to too much")
	errBudget = errors.New("directory too large")
)

// writeError is a failure of the temp folder, not of the archive.
type writeError struct{ err error }

func (e *writeError) Error() string { return "cannot write the temp folder: " + e.err.Error() }

// copy unpacks until the end, damage, a limit or the end of the context.
func (u *unpacker) copy(dst io.Writer, src io.Reader) (int64, error) {
	buf := make([]byte, 256<<10)
	var total int64
	for {
		if err := u.ctx.Err(); err != nil {
			return total, err
		}
		n, err := src.Read(buf)
		if u.unpacked+int64(n) > u.limits.unpacked || (u.written+int64(n) > u.limits.floor && (u.written+int64(n))/u.limits.ratio > u.size) {
			return total, errBomb
		}
		if _, werr := dst.Write(buf[:n]); werr != nil {
			return total, &writeError{cause(werr)}
		}
		u.unpacked += int64(n)
		u.written += int64(n)
		total += int64(n)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
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
