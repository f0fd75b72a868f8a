package bundle

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"

	"portverdict/cmd/internal/bundle/archive"
	"portverdict/cmd/internal/bundle/codec"
)

// opener opens a compressed stream.
type opener func(r io.Reader, window int64) (io.Reader, error)

func unpackGzip(r io.Reader, _ int64) (io.Reader, error)  { return gzip.NewReader(r) }
func unpackBzip2(r io.Reader, _ int64) (io.Reader, error) { return bzip2.NewReader(r), nil }
func unpackXZ(r io.Reader, window int64) (io.Reader, error) {
	return codec.NewXZ(r, window)
}

func unpackZstd(r io.Reader, window int64) (io.Reader, error) {
	return codec.NewZstd(r, window)
}

// walkStream reads a file that is compressed as a whole: a tar in it is walked as it
// comes, anything else is one file.
func walkStream(open opener) walker {
	return func(s *source, l archive.Limits) iter.Seq2[archive.Entry, error] {
		return func(yield func(archive.Entry, error) bool) {
			packed := &progressReader{r: io.NewSectionReader(s, 0, s.size)}
			unpacked, err := open(bufio.NewReaderSize(packed, 64<<10), l.Window)
			if err != nil {
				s.alone = true
				yield(archive.Entry{}, archive.Errorf(archive.CodeDamaged, 0, "the file cannot be unpacked: %v", err))
				return
			}
			b := bufio.NewReaderSize(l.Meter(unpacked), 64<<10)
			if head, _ := b.Peek(tarBlock); isTar(head) {
				(&tape{b, func() int64 { return packed.n }, l.Meter, true}).walk(yield)
				return
			}
			s.alone = true
			yield(archive.Entry{Name: withoutSuffix(path.Base(s.name)), Size: -1, Data: archive.NewChecked(b, 0, -1, nil, false)}, nil)
		}
	}
}

// progressReader tells how many of the packed bytes were read.
type progressReader struct {
	r io.Reader
	n int64
}

func (c *progressReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// suffixes are those of compressed files; the short ones are of a tar.
var suffixes = []struct{ packed, unpacked string }{
	{".gz", ""}, {".bz2", ""}, {".xz", ""}, {".zst", ""}, {".zstd", ""}, {".tgz", ".tar"}, {".tbz2", ".tar"}, {".tbz", ".tar"}, {".txz", ".tar"}, {".tzst", ".tar"},
}

// withoutSuffix is the name of what a compressed file holds.
func withoutSuffix(name string) string {
	for _, s := range suffixes {
		if n := len(name) - len(s.packed); n > 0 && strings.EqualFold(name[n:], s.packed) {
			return name[:n] + s.unpacked
		}
	}
	return name
}

func walkTar(s *source, l archive.Limits) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		r := io.NewSectionReader(s, 0, s.size)
		at := func() int64 {
			n, _ := r.Seek(0, io.SeekCurrent) // of a section it cannot fail
			return n
		}
		(&tape{r, at, l.Meter, false}).walk(yield)
	}
}

// tape is a tar. at tells how far its archive was read; counted tells that what it is read
// from has gone through the meter.
type tape struct {
	r       io.Reader
	at      func() int64
	meter   func(io.Reader) io.Reader
	counted bool
}

func (t *tape) walk(yield func(archive.Entry, error) bool) {
	files := tar.NewReader(t.r)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			wrong := archive.Errorf(archive.CodeDamaged, t.at(), "the archive is damaged here (%v): what follows is not read", err)
			if errors.Is(err, io.ErrUnexpectedEOF) {
				wrong.Detail = "the archive was cut: it ends here, and what followed is missing"
			}
			yield(archive.Entry{}, wrong)
			return
		}
		e := archive.Entry{Name: h.Name, Size: h.Size, Offset: t.at(), Mode: tarMode(h)}
		if e.Mode == 0 {
			data := io.Reader(files)
			if !t.counted || sparse(h) { // the zeros of a sparse file are in no stream
				data = t.meter(data)
			}
			e.Data = archive.NewChecked(data, e.Offset, h.Size, nil, false)
		}
		if !yield(e, nil) {
			return
		}
	}
	if !t.counted {
		return
	}
	// The checksum of the stream stands behind what is behind the end of the tar.
	if _, err := io.Copy(io.Discard, t.r); err != nil {
		yield(archive.Entry{}, archive.Errorf(archive.CodeChecksum, t.at(), "the archive is damaged at its end (%v): its files may be wrong", err))
	}
}

func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

func tarMode(h *tar.Header) fs.FileMode {
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeCont, tar.TypeGNUSparse:
		return 0
	case tar.TypeDir:
		return fs.ModeDir
	case tar.TypeLink, tar.TypeSymlink:
		return fs.ModeSymlink
	case tar.TypeFifo:
		return fs.ModeNamedPipe
	case tar.TypeChar, tar.TypeBlock:
		return fs.ModeDevice
	}
	return fs.ModeIrregular
}
