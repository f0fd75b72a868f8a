package facts

import (
	"bufio"
	"io"
)

// A desk is what one text after the other is read with: a folder may hold 20,000 small
// ones, and a megabyte to be cleared for each would cost more than all its rows.
type desk struct {
	in      *bufio.Reader
	tallies []*tally // by view, nil until tables are read
}

// deskBuffer is at least as much as the readers of texts read at a time: they use a
// bufio.Reader of that size as it is.
const deskBuffer = 256 << 10

// desk gives a desk that nobody uses. One on which a reading ended in a panic does not
// come back.
func (f *Facts) desk() *desk {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.spare); n > 0 {
		d := f.spare[n-1]
		f.spare = f.spare[:n-1]
		return d
	}
	return &desk{in: bufio.NewReaderSize(nil, deskBuffer)}
}

// tidy gives a desk back.
func (f *Facts) tidy(d *desk) {
	d.in.Reset(nil)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spare = append(f.spare, d)
}

// open gives the bytes of a source from their beginning.
func (d *desk) open(s *Source, r io.ReaderAt) io.Reader {
	d.in.Reset(io.NewSectionReader(r, 0, s.Size))
	return d.in
}
