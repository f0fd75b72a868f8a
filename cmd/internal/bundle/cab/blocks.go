package cab

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"portverdict/cmd/internal/bundle/archive"
	"portverdict/cmd/internal/bundle/codec"
)

const (
	blockSize   = 8        // u32 checksum, u16 packed, u16 unpacked
	maxPacked   = 38912    // bytes of a block
	maxUnpacked = 32 << 10 // all but the last of a folder have so many

	methodStored  = 0
	methodMSZIP   = 1
	methodQuantum = 2
	methodLZX     = 3
)

// readable tells why a folder is not read.
func readable(kind uint16) error {
	switch kind & 15 {
	case methodStored, methodMSZIP:
		return nil
	case methodLZX:
		_, err := codec.NewLZX(int(kind >> 8 & 31))
		return err
	case methodQuantum:
		return errors.New("is packed with Quantum")
	}
	return fmt.Errorf("is packed with method %d (not known)", kind&15)
}

// blocks unpacks a folder.
type blocks struct {
	s       *stream
	several bool
	piece   int // that is read
	done    int // blocks of it
	at      int64
	joined  []byte // of a block that began in the cabinet before

	unpack func(packed []byte, size int) ([]byte, error)
	rest   []byte // that is not handed out
	wrote  int64
	wrong  []wrong
	err    error
}

// wrong are bytes of a folder that a broken checksum may have spoilt.
type wrong struct {
	from, to int64
	err      *archive.FormatError
}

func newBlocks(s *stream, several bool) *blocks {
	b := &blocks{s: s, several: several, at: s.pieces[0].at}
	switch s.kind & 15 {
	case methodStored:
		b.unpack = stored
	case methodMSZIP:
		b.unpack = (&mszip{}).block
	default:
		lzx, err := codec.NewLZX(int(s.kind >> 8 & 31))
		if err != nil {
			b.err = err
			return b
		}
		b.unpack = lzx.Frame
	}
	return b
}

func (b *blocks) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		b.err = b.next()
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// errorf is damage at a place of the cabinet that is read.
func (b *blocks) errorf(code string, at int64, format string, args ...any) *archive.FormatError {
	e := archive.Errorf(code, at, format, args...)
	if b.several {
		e.Detail += " (in " + b.s.pieces[b.piece].volume.Name + ")"
	}
	return e
}

// next unpacks the next block. What came out of it before an error is given too.
func (b *blocks) next() error {
	p := &b.s.pieces[b.piece]
	for b.done == p.blocks {
		if p.last {
			if b.s.open {
				return b.errorf(archive.CodePart, b.at, "is cut after block %d of its folder: it goes on in a cabinet that is missing", b.done)
			}
			return io.EOF
		}
		b.piece, b.done = b.piece+1, 0
		p = &b.s.pieces[b.piece]
		b.at = p.at
	}
	start := b.at
	var head [blockSize]byte
	if n, _ := p.volume.R.ReadAt(head[:], b.at); n < blockSize {
		return b.errorf(archive.CodeEntry, start, "is cut: the cabinet ends before block %d of its folder", b.done+1)
	}
	le := binary.LittleEndian
	packed, size := int(le.Uint16(head[4:])), int(le.Uint16(head[6:]))
	if packed > maxPacked || size > maxUnpacked {
		return b.errorf(archive.CodeEntry, start, "is damaged: block %d of its folder has no such sizes (%d and %d bytes)", b.done+1, packed, size)
	}
	data := make([]byte, p.perBlock+packed)
	n, _ := p.volume.R.ReadAt(data, b.at+blockSize)
	b.at += int64(blockSize + len(data))
	b.done++
	cut := n < len(data)
	data = data[:n]
	if !cut {
		b.check(head, data, p.perBlock, start, size)
	}
	data = data[min(p.perBlock, n):]
	if size == 0 && !cut && b.done == p.blocks && (!p.last || b.s.open) { // its rest is in the next cabinet
		if len(b.joined) > 0 {
			return b.errorf(archive.CodeEntry, start, "is damaged: a block goes over more than two cabinets")
		}
		b.joined = data
		return nil
	}
	if b.joined != nil {
		data, b.joined = append(b.joined, data...), nil
	}
	out, err := b.unpack(data, size)
	b.rest = out
	b.wrote += int64(len(out))
	switch {
	case cut:
		return b.errorf(archive.CodeEntry, start, "is cut: the cabinet ends in block %d of its folder", b.done)
	case err != nil:
		return b.errorf(archive.CodeEntry, start, "is damaged: block %d of its folder cannot be unpacked (%v)", b.done, err)
	}
	return nil
}

// check holds a block against its checksum, 0 for none: the XOR of its words. Some
// programs count the reserved bytes in and others do not.
func (b *blocks) check(head [blockSize]byte, data []byte, reserved int, start int64, size int) {
	want := binary.LittleEndian.Uint32(head[:])
	if want == 0 || want == checksum(head[4:], checksum(data[reserved:], 0)) {
		return
	}
	if reserved > 0 && want == checksum(append(bytes.Clone(head[4:]), data[:reserved]...), checksum(data[reserved:], 0)) {
		return
	}
	w := wrong{from: b.wrote, to: b.wrote + int64(size)}
	if b.s.kind&15 != methodStored {
		w.to = math.MaxInt64 // what follows is unpacked by it
	}
	w.err = b.errorf(archive.CodeChecksum, start, "does not fit the checksum of block %d of its folder, at offset %d of the cabinet", b.done, start)
	b.wrong = append(b.wrong, w)
}

// checksum: u32 LE words; of 1 to 3 bytes at the end the first is the highest.
func checksum(data []byte, sum uint32) uint32 {
	for ; len(data) >= 4; data = data[4:] {
		sum ^= binary.LittleEndian.Uint32(data)
	}
	last := uint32(0)
	for _, c := range data {
		last = last<<8 | uint32(c)
	}
	return sum ^ last
}

var errLength = errors.New("it has another length")

func stored(packed []byte, size int) ([]byte, error) {
	if len(packed) != size {
		return packed[:min(len(packed), size)], errLength
	}
	return packed, nil
}

// mszip unpacks blocks that are a whole Deflate stream each, behind "CK". Matches refer to
// the output of the blocks before.
type mszip struct {
	out     []byte
	deflate io.Reader
}

func (m *mszip) block(packed []byte, size int) ([]byte, error) {
	if len(packed) < 2 || string(packed[:2]) != "CK" {
		return nil, errors.New("it does not begin with CK")
	}
	in := bytes.NewReader(packed[2:])
	if m.deflate == nil {
		m.deflate = flate.NewReader(in)
	} else if err := m.deflate.(flate.Resetter).Reset(in, m.out); err != nil {
		return nil, err
	}
	out := make([]byte, size)
	n, err := io.ReadFull(m.deflate, out)
	if n < maxUnpacked { // only the last block of a folder is shorter, and nothing follows it
		m.out = append(m.out, out[:n]...)
		m.out = m.out[max(len(m.out)-maxUnpacked, 0):]
	} else {
		m.out = out
	}
	if err == nil {
		if extra, _ := m.deflate.Read(make([]byte, 1)); extra > 0 {
			err = errLength
		}
	}
	return out[:n], err
}
