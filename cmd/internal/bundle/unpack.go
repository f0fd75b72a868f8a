package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"portverdict/cmd/internal/bundle/archive"
)

// outermost is the archive that lies on the disk. What archives inside it unpack to is
// charged to it, so that a nest of archives has no more than one archive has.
type outermost struct {
	size    int64 // of the archive
	written int64 // unpacked so far, archives inside included
	stopped bool
}

// unpacker is one archive being unpacked.
type unpacker struct {
	*loader
	*source
	outer   *outermost
	prefix  string // of the paths of its entries
	within  *level // archives that lie in it
	mark    int    // diagnostics and entries before it
	mail    bool   // its entries are attached to a mail
	kept    int    // entries that are inputs or archives
	current string // the entry that is read
}

// archive unpacks one archive of a level, and then those that lie in it: only one
// decompressor is at work at a time.
func (l *loader) archive(s *set, lv *level) error {
	src, closers, err := s.open()
	defer closeAll(closers)
	switch {
	case err != nil && lv.given:
		return fmt.Errorf("cannot read %s: %w", src.name, cause(err))
	case err != nil:
		l.diagnose("input-unreadable", "error", src.name, 0, 0, "cannot be read: "+cause(err).Error())
		return nil
	}
	outer := lv.outer
	if outer == nil {
		outer = &outermost{size: src.size}
	}
	if lv.depth > l.limits.depth {
		l.diagnose("archive-limit", "error", src.name, 0, src.size, fmt.Sprintf("archives are read %d deep; this one lies deeper and is not read", l.limits.depth))
		l.done(s, false)
		return nil
	}
	u := &unpacker{loader: l, source: src, outer: outer, mail: s.mail, prefix: src.name + inside, mark: l.members + len(l.bundle.Diagnostics)}
	if lv.given {
		u.prefix = ""
	}
	u.within = &level{outer: outer, depth: lv.depth + 1}
	if w := l.options.Watch; w != nil {
		w.Unpacking(0, src.size)
		for i, r := range src.parts {
			src.parts[i] = &watchedReader{r, w}
		}
	}
	s.tellMissing(u)
	if err := u.walk(s.walk); err != nil {
		return err
	}
	u.within.given = lv.given && src.alone
	if lv.given && !src.alone && !s.mail {
		l.rootNested = true
	}
	l.done(s, u.kept > 0)
	return l.openAll(u.within)
}

// walk takes the entries as they come.
func (u *unpacker) walk(walk walker) error {
	limits := archive.Limits{Window: u.limits.window, Entries: u.limits.entries, Meter: u.meter}
	for e, err := range walk(u.source, limits) {
		if ctxErr := u.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		if err == nil {
			err = u.entry(&e)
		}
		if err = u.damage(err); err != nil {
			return err
		}
		if u.outer.stopped {
			return nil
		}
	}
	if u.members+len(u.bundle.Diagnostics) == u.mark && !u.mail {
		u.diagnose("input-empty", "warning", u.name, 0, u.size, "the archive has no files")
	}
	return nil
}

// damage tells of what is wrong with the archive. Behind a checksum that was broken at its
// end all its entries are in doubt.
func (u *unpacker) damage(err error) error {
	var fe *archive.FormatError
	switch {
	case errors.Is(err, errBomb):
		u.stop(fmt.Sprintf("the archive unpacks to more than %d times its size and %d bytes, or than %d bytes", u.limits.ratio, u.limits.floor, u.limits.unpacked))
		return nil
	case u.ctx.Err() != nil || !errors.As(err, &fe):
		return err
	}
	u.diagnose(fe.Code, "error", u.name, fe.Offset, fe.Length, fe.Detail)
	if fe.Code == archive.CodeChecksum {
		for i := range u.bundle.Inputs[u.inputMark:] {
			in := &u.bundle.Inputs[u.inputMark+i]
			in.Damaged = in.Damaged || strings.HasPrefix(in.Path, u.prefix)
		}
	}
	return nil
}

func (u *unpacker) entry(e *archive.Entry) error {
	u.current = e.Name
	if u.members++; u.members > u.limits.entries {
		u.stop(fmt.Sprintf("the archives have more than %d entries", u.limits.entries))
		return nil
	}
	rel, ok := entryName(e.Name)
	switch {
	case !ok:
		u.diagnose("archive-path", "warning", u.name, e.Offset, 0, fmt.Sprintf("the entry %q leads out of the archive and is not read", e.Name))
		return u.pass(e)
	case strings.HasSuffix(e.Name, "/") || strings.HasSuffix(e.Name, `\`):
		if e.Size > 0 {
			u.diagnose("input-special", "note", u.name, e.Offset, 0, fmt.Sprintf("the folder %q has %d bytes, which are not read", e.Name, e.Size))
		}
		return u.pass(e)
	case e.Mode.IsDir():
		return u.pass(e)
	}
	full := u.prefix + rel
	if u.alone {
		full = path.Join(path.Dir(u.name), rel)
	}
	switch {
	case e.Mode&fs.ModeType != 0:
		u.diagnose("input-special", "note", full, 0, 0, "is "+special(e.Mode)+" and is not read")
		return u.pass(e)
	case !u.wants(full):
		return u.pass(e)
	case e.Refused != nil:
		u.refused(e.Refused, full)
		return nil
	}
	return u.unpack(e, full)
}

// pass leaves an entry out. Its stream is read on, and counted, all the same.
func (u *unpacker) pass(e *archive.Entry) error {
	if e.Data == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, e.Data)
	if errors.Is(err, errBomb) || u.ctx.Err() != nil {
		return err
	}
	return nil // damage of what is not read is of no matter
}

// refused says of an entry that it cannot be read, and what to do.
func (u *unpacker) refused(why *archive.FormatError, full string) {
	what := "the file " + why.Detail
	switch why.Code {
	case archive.CodeEncrypted:
		what += " and is not read: unpack the archive with its password and give the folder"
	case archive.CodeMethod:
		what += ", which is not read: unpack the archive with the program that made it and give the folder"
	case archive.CodePart:
		what += " and is not read: give all parts together"
	default:
		what = "the file cannot be read: " + why.Detail
	}
	u.diagnose(why.Code, "error", full, 0, why.Length, what+placed(why.Offset))
}

// placed says where in the archive the data of an entry are.
func placed(offset int64) string { return fmt.Sprintf(" (in its archive at offset %d)", offset) }

// unpack unpacks an entry. A damaged entry is kept as far as it goes, for its readers
// know how to live with that.
func (u *unpacker) unpack(e *archive.Entry, full string) error {
	m := u.store.member(uint64(max(e.Size, 0)))
	err := u.copy(m, e.Data)
	var fe *archive.FormatError
	if err != nil && (u.ctx.Err() != nil || errors.Is(err, errBomb) || !errors.As(err, &fe)) {
		m.drop()
		return err
	}
	head, err := u.readHead(m)
	if err != nil {
		return fmt.Errorf("cannot read the temp folder: %w", cause(err))
	}
	f := found{path: full, size: m.size, member: m, damaged: fe != nil}
	u.recognise(&f, head, m)
	if u.mail && f.fault == nil && isText(f.kind, head) { // it is read with the mail
		m.drop()
		return nil
	}
	if fe != nil {
		u.diagnose(fe.Code, "error", full, m.size, fe.Length, "the file "+fe.Detail+"; what came out of it is read"+placed(fe.Offset))
		if m.size == 0 {
			m.drop()
			return nil
		}
	}
	u.kept++
	u.take(u.within, f)
	return nil
}

// stop ends the unpacking of the outermost archive and of all in it, and says so.
func (u *unpacker) stop(why string) {
	if u.outer.stopped = true; u.current == "" {
		u.diagnose("archive-limit", "error", u.name, 0, u.size, why+": it is not read")
		return
	}
	u.diagnose("archive-limit", "error", u.name, 0, u.size, fmt.Sprintf("%s: %q and what follows it are not read, nor are archives in it or around it that were not opened yet", why, u.current))
}

var errBomb = errors.New("unpacks to too much")

// writeError is a failure of the temp folder, not of the archive.
type writeError struct{ err error }

func (e *writeError) Error() string { return "cannot write the temp folder: " + e.err.Error() }

func (e *writeError) Unwrap() error { return e.err }

// copy unpacks until the end, damage, a limit or the end of the context.
func (u *unpacker) copy(dst io.Writer, src io.Reader) error {
	if u.buf == nil {
		u.buf = make([]byte, 256<<10)
	}
	for {
		n, err := src.Read(u.buf)
		if _, werr := dst.Write(u.buf[:n]); werr != nil {
			return werr
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// meter counts what comes out of a decompressor, whether it is kept or passed over.
func (u *unpacker) meter(r io.Reader) io.Reader { return &metered{u, r} }

type metered struct {
	u *unpacker
	r io.Reader
}

func (m *metered) Read(p []byte) (int, error) {
	u := m.u
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	if len(p) > 256<<10 {
		p = p[:256<<10]
	}
	n, err := m.r.Read(p)
	written := u.outer.written + int64(n)
	if u.unpacked+int64(n) > u.limits.unpacked || (written > u.limits.floor && written/u.limits.ratio > u.outer.size) {
		return 0, errBomb
	}
	u.unpacked += int64(n)
	u.outer.written = written
	return n, err
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
