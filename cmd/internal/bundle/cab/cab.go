// Package cab reads cabinets ([MS-CAB]): stored, MSZIP ([MS-MCI]) and LZX folders, with
// reserved fields, and sets of several cabinets. Quantum is named and not read. Checksums
// of blocks are verified; what a broken one may have spoilt is told and given all the same.
package cab

import (
	"cmp"
	"errors"
	"io"
	"iter"
	"math"
	"slices"

	"portverdict/cmd/internal/bundle/archive"
)

// Volume is one cabinet of a set; Name is told where there are several.
type Volume struct {
	Name string
	R    io.ReaderAt
	Size int64
}

// stream is a folder as it is unpacked: its blocks in all the cabinets it is in, and its
// files. Of a folder that goes on in a cabinet that is missing, that is told.
type stream struct {
	kind     uint16
	pieces   []piece
	files    []file
	headless bool // its beginning is in a cabinet that is missing
	open     bool // its end is
}

// piece is the blocks of a folder in one cabinet.
type piece struct {
	volume   *Volume
	at       int64
	blocks   int
	perBlock int
	last     bool // nothing of the folder is behind it
}

// Walk yields the files of the cabinets of one set, folder by folder, in the order of
// their bytes. The volumes are those that are there, by their index. Damage of a cabinet
// is an error that does not end the walk.
func Walk(volumes []Volume, limits archive.Limits) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		w := &walk{limits: limits, yield: yield, several: len(volumes) > 1}
		w.gather(volumes)
		for _, s := range w.streams {
			if w.done {
				return
			}
			w.folder(s)
		}
	}
}

type walk struct {
	limits  archive.Limits
	yield   func(archive.Entry, error) bool
	several bool
	done    bool
	streams []*stream
}

func (w *walk) damage(v *Volume, code string, at int64, format string, args ...any) {
	e := archive.Errorf(code, at, format, args...)
	if w.several {
		e.Detail = v.Name + ": " + e.Detail
	}
	w.done = w.done || !w.yield(archive.Entry{}, e)
}

// gather reads the headers and puts together the folders that go over several cabinets.
func (w *walk) gather(volumes []Volume) {
	var before *stream // goes on in the next cabinet
	lost := func() {
		if before != nil {
			before.open, before = true, nil
		}
	}
	next := uint16(0)
	for i := range volumes {
		v := &volumes[i]
		h, err := readHeader(v.R, v.Size)
		if h == nil {
			w.damage(v, archive.CodeDamaged, 0, "the cabinet cannot be read: %v", err)
			lost()
			continue
		}
		switch {
		case err != nil:
			w.damage(v, archive.CodeDamaged, 0, "the cabinet is damaged: %v", err)
		case int64(h.size) > v.Size:
			w.damage(v, archive.CodeDamaged, v.Size, "the cabinet was cut: it has %d of %d bytes, and what was behind them is missing", v.Size, h.size)
		}
		if h.flags&flagPrev != 0 && (i == 0 || h.index != next) {
			w.damage(v, archive.CodePart, 0, "this is cabinet %d of a set, and the one before it is missing: give all together", h.index+1)
			lost()
		}
		if h.flags&flagNext != 0 && i == len(volumes)-1 {
			w.damage(v, archive.CodePart, v.Size, "this is cabinet %d of a set, and the next one is missing: give all together", h.index+1)
		}
		before = w.join(v, h, before)
		next = h.index + 1
	}
	lost()
}

// join adds the folders of a cabinet. It gives the one that goes on in the next.
func (w *walk) join(v *Volume, h *header, before *stream) (after *stream) {
	has := func(marks ...uint16) bool {
		return slices.ContainsFunc(h.files, func(f file) bool { return slices.Contains(marks, f.folder) })
	}
	streams := make([]*stream, len(h.folders))
	for i, f := range h.folders {
		p := piece{v, int64(f.at), int(f.blocks), h.perBlock, true}
		switch goesOn := i == 0 && has(fromPrev, both); {
		case goesOn && before != nil && before.kind == f.kind:
			before.pieces[len(before.pieces)-1].last = false
			before.pieces = append(before.pieces, p)
			streams[i] = before
		default:
			streams[i] = &stream{kind: f.kind, pieces: []piece{p}, headless: goesOn}
			w.streams = append(w.streams, streams[i])
		}
	}
	if before != nil && (len(streams) == 0 || streams[0] != before) {
		before.open = true
	}
	for _, f := range h.files {
		at := int(f.folder)
		switch f.folder {
		case fromPrev, both:
			at = 0
		case toNext:
			at = len(streams) - 1
		}
		if at < 0 || at >= len(streams) {
			w.damage(v, archive.CodeEntry, 0, "%q is in folder %d, and there are %d", f.name, f.folder, len(streams))
			continue
		}
		if (f.folder == fromPrev || f.folder == both) && streams[at] == before {
			continue // the cabinet before named it
		}
		streams[at].files = append(streams[at].files, f)
	}
	if len(streams) > 0 && has(toNext, both) {
		return streams[len(streams)-1]
	}
	return nil
}

// folder yields the files of one folder.
func (w *walk) folder(s *stream) {
	slices.SortStableFunc(s.files, func(a, b file) int { return cmp.Compare(a.at, b.at) })
	offset := s.pieces[0].at
	var refused *archive.FormatError
	switch {
	case s.headless:
		refused = archive.Errorf(archive.CodePart, offset, "begins in a cabinet that is missing")
	default:
		if err := readable(s.kind); err != nil {
			refused = archive.Errorf(archive.CodeMethod, offset, "%v", err)
		}
	}
	var b *blocks
	var unpacked io.Reader
	at := int64(math.MaxInt64)
	for _, f := range s.files {
		e := archive.Entry{Name: f.name, Size: int64(f.size), Offset: offset, Refused: refused}
		if refused == nil {
			if int64(f.at) < at { // the first file, or one that has bytes in common with the one before
				b = newBlocks(s, w.several)
				unpacked, at = w.limits.Meter(b), 0
			}
			n, err := io.CopyN(io.Discard, unpacked, int64(f.at)-at)
			at += n
			if err != nil && !errors.As(err, new(*archive.FormatError)) && !errors.Is(err, io.EOF) { // the meter's
				w.done = w.done || !w.yield(archive.Entry{}, err)
				return
			}
			limited := &counted{io.LimitReader(unpacked, int64(f.size)), 0}
			e.Data = archive.NewChecked(&suspect{limited, b, int64(f.at), int64(f.at) + int64(f.size)}, offset, int64(f.size), nil, false)
			more := w.yield(e, nil)
			if at += limited.n; !more {
				w.done = true
				return
			}
			continue
		}
		if !w.yield(e, nil) {
			w.done = true
			return
		}
	}
}

// counted counts what was read of a file.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// suspect ends a file with an error when a block that it lies in did not fit its
// checksum, or one before that it was unpacked by.
type suspect struct {
	r        io.Reader
	b        *blocks
	from, to int64
}

func (s *suspect) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if errors.Is(err, io.EOF) {
		for _, w := range s.b.wrong {
			if w.from < s.to && w.to > s.from {
				return n, w.err
			}
		}
	}
	return n, err
}
