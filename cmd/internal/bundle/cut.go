package bundle

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// A zip's directory stands at its end: a download that was cut has none. Its entries have
// headers of their own, from which a directory can be made (APPNOTE.TXT 4.3.7, 4.3.12).
const (
	localSignature   = "PK\x03\x04"
	localSize        = 30
	centralSignature = "PK\x01\x02"
	endSignature     = "PK\x05\x06"
	flagDescriptor   = 8 // the sizes stand behind the data
)

// local is the header of an entry: u16 version, flags, method, time, date, u32 checksum,
// packed size, size, u16 length of the name, of the extra field.
type local struct {
	at, data     int64
	fixed        [localSize]byte
	name         []byte
	crc          uint32
	packed, size uint64
}

func (h *local) flags() uint16  { return binary.LittleEndian.Uint16(h.fixed[6:]) }
func (h *local) method() uint16 { return binary.LittleEndian.Uint16(h.fixed[8:]) }

// readLocal reads the header at an offset.
func readLocal(r io.ReaderAt, at int64) (*local, bool) {
	h := &local{at: at}
	if n, _ := r.ReadAt(h.fixed[:], at); n < localSize || string(h.fixed[:4]) != localSignature {
		return nil, false
	}
	le := binary.LittleEndian
	names, extra := int(le.Uint16(h.fixed[26:])), int(le.Uint16(h.fixed[28:]))
	rest := make([]byte, names+extra)
	if n, _ := r.ReadAt(rest, at+localSize); n < len(rest) {
		return nil, false
	}
	h.name, h.data = rest[:names], at+localSize+int64(len(rest))
	h.crc, h.packed, h.size = le.Uint32(h.fixed[14:]), uint64(le.Uint32(h.fixed[18:])), uint64(le.Uint32(h.fixed[22:]))
	for x := rest[names:]; len(x) >= 4; {
		n := int(le.Uint16(x[2:]))
		if n > len(x)-4 {
			break
		}
		if le.Uint16(x) == 1 && n >= 16 && h.packed == math.MaxUint32 { // zip64
			h.size, h.packed = le.Uint64(x[4:]), le.Uint64(x[12:])
		}
		x = x[4+n:]
	}
	return h, true
}

// measure finds the end of an entry whose sizes stand behind it, by unpacking it.
func (h *local) measure(ctx context.Context, r io.ReaderAt, size, most int64) error {
	if h.method() != zip.Deflate {
		return zip.ErrAlgorithm
	}
	in := &counted{r: bufio.NewReaderSize(io.NewSectionReader(r, h.data, size-h.data), 64<<10)}
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, &ctxReader{ctx, io.LimitReader(flate.NewReader(in), most+1), nil})
	if err != nil {
		return err
	}
	if n > most {
		return errBomb
	}
	h.crc, h.packed, h.size = sum.Sum32(), uint64(in.n), uint64(n)
	return nil
}

// end is where the next entry begins.
func (h *local) end(r io.ReaderAt) int64 {
	at := h.data + int64(h.packed)
	if h.flags()&flagDescriptor == 0 {
		return at
	}
	for _, n := range []int64{16, 12, 24, 20} { // with and without a signature, of zip64
		if next := [4]byte{}; readsAt(r, next[:], at+n) && (string(next[:]) == localSignature || string(next[:]) == centralSignature) {
			return at + n
		}
	}
	return at
}

func readsAt(r io.ReaderAt, p []byte, at int64) bool {
	n, _ := r.ReadAt(p, at)
	return n == len(p)
}

// central adds the entry to a directory. The sizes are in it, so none is behind the data.
func (h *local) central(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, centralSignature...)
	b = append(b, 20, 0)
	b = append(b, h.fixed[4:6]...)
	b = le.AppendUint16(b, h.flags()&^flagDescriptor)
	b = append(b, h.fixed[8:14]...)
	b = le.AppendUint32(b, h.crc)
	b = le.AppendUint32(b, uint32(h.packed))
	b = le.AppendUint32(b, uint32(h.size))
	b = le.AppendUint16(b, uint16(len(h.name)))
	b = append(b, make([]byte, 12)...)
	b = le.AppendUint32(b, uint32(h.at))
	return append(b, h.name...)
}

// found is a zip with a directory made from the headers of its entries.
type found struct {
	zip     io.ReaderAt
	size    int64
	entries int
	end     int64  // of the last entry
	why     string // the limit that ended the search, "" when nothing more was found
}

// withDirectory gives a zip whose directory is missing with one. The last entry may be
// cut: it ends with the file. The directory has no entries of zip64, so that it reaches up
// to 4 GiB.
func (l *loader) withDirectory(r io.ReaderAt, size int64) found {
	var f found
	var directory []byte
	left := l.limits.floor
	// One entry more than are read: reading tells that there are too many.
	for last := false; !last && f.entries <= l.limits.entries && l.ctx.Err() == nil; {
		h, ok := readLocal(r, f.end)
		if !ok {
			break
		}
		var err error
		if h.flags()&flagDescriptor != 0 && h.packed == 0 {
			err = h.measure(l.ctx, r, size, left)
			left -= int64(h.size)
		}
		if last = err != nil || h.packed > uint64(size-h.data); last {
			h.packed = uint64(size - h.data)
		}
		switch {
		case h.packed >= math.MaxUint32 || h.size >= math.MaxUint32 || h.data+int64(h.packed) >= math.MaxUint32:
			f.why = "without its directory an archive is read up to 4 GiB"
		case errors.Is(err, errBomb):
			f.why = fmt.Sprintf("without a directory %d bytes at most are unpacked to find where files end", l.limits.floor)
		case int64(len(directory)) > l.limits.directory:
			f.why = fmt.Sprintf("its directory would be larger than %d bytes", l.limits.directory)
		}
		if f.why != "" {
			break
		}
		directory = h.central(directory)
		f.entries++
		f.end = h.end(r)
	}
	directory = ended(directory, f.entries, f.end)
	f.zip, f.size = &joined{r, f.end, directory}, f.end+int64(len(directory))
	return f
}

// ended is a directory that begins at an offset, with the record behind it. Of a number of
// entries over 65,535 the record has the lower half; what is in the directory counts.
func ended(directory []byte, entries int, at int64) []byte {
	le := binary.LittleEndian
	long := len(directory)
	directory = append(append(directory, endSignature...), 0, 0, 0, 0)
	directory = le.AppendUint16(le.AppendUint16(directory, uint16(entries)), uint16(entries))
	directory = le.AppendUint32(directory, uint32(long))
	return append(le.AppendUint32(directory, uint32(at)), 0, 0)
}

// counted counts the bytes that a decompressor takes: it takes one at a time and none too
// many.
type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// joined reads one thing and then another.
type joined struct {
	first io.ReaderAt
	size  int64
	then  []byte
}

func (j *joined) ReadAt(p []byte, at int64) (int, error) {
	if at >= j.size {
		return bytes.NewReader(j.then).ReadAt(p, at-j.size)
	}
	if rest := j.size - at; int64(len(p)) > rest {
		n, err := j.first.ReadAt(p[:rest], at)
		if int64(n) < rest {
			return n, err
		}
		m, err := j.ReadAt(p[n:], j.size)
		return n + m, err
	}
	return j.first.ReadAt(p, at)
}
