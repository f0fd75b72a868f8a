package pkzip

import (
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"io"
	"math"

	"portverdict/cmd/internal/bundle/archive"
	"portverdict/cmd/internal/bundle/codec"
)

// methods are those that have a name (APPNOTE 4.4.5).
var methods = map[uint16]string{
	1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 10: "PKWARE Implode", 18: "IBM TERSE", 19: "IBM LZ77",
	94: "MP3", 96: "JPEG", 97: "WavPack", 98: "PPMd",
}

// entry finds the data of an entry of the directory.
func (z *reader) entry(h *header) archive.Entry {
	e := archive.Entry{Name: h.text(), Size: size(h.size), Mode: h.mode}
	var at int64
	switch disk := z.disk(h.disk); {
	case disk < 0:
		e.Refused = archive.Errorf(archive.CodePart, 0, unreadableMissing)
	case h.at > uint64(z.size):
		e.Refused = archive.Errorf(archive.CodeEntry, 0, unreadableDeclared)
	default:
		at = disk + z.base + int64(h.at)
		z.seen[at] = true
	}
	if e.Refused != nil {
		e.Refused.Length = size(h.packed)
		return e
	}
	local, data, ok := z.local(at)
	if !ok {
		e.Offset = at
		e.Refused = archive.Errorf(archive.CodeEntry, at, unreadableEntry)
		return e
	}
	h.extra = local.extra // says how it is encrypted
	e.Offset = data
	z.open(&e, h, h.packed > uint64(z.size-data))
	return e
}

// disk is where a disk begins, -1 when it is missing.
func (z *reader) disk(n uint32) int64 {
	if int64(n) >= int64(len(z.disks)) {
		return -1
	}
	return z.disks[n]
}

func size(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// open gives the data of an entry, or says why there are none.
func (z *reader) open(e *archive.Entry, h *header, cut bool) {
	packed := min(size(h.packed), z.size-e.Offset)
	if e.Refused = refused(h, e.Offset); e.Refused != nil {
		e.Refused.Length = packed
		return
	}
	if e.Mode != 0 {
		return
	}
	unpacked, err := z.unpacker(h, io.NewSectionReader(z.r, e.Offset, packed))
	if err != nil {
		e.Refused = archive.Errorf(archive.CodeEntry, e.Offset, "%v", err)
		e.Refused.Length = packed
		return
	}
	crc := &h.crc
	if h.unsure {
		e.Size, crc = -1, nil
	}
	e.Data = archive.NewChecked(z.limits.Meter(unpacked), e.Offset, e.Size, crc, cut)
}

// refused says of an entry that is encrypted or packed in a way that is not read.
func refused(h *header, at int64) *archive.FormatError {
	switch {
	case h.flags&flagEncrypted != 0 || h.method == 99:
		return archive.Errorf(archive.CodeEncrypted, at, "is encrypted (%s)", cipher(h))
	case !read(h.method):
		name := methods[h.method]
		if name == "" {
			name = "not known"
		}
		return archive.Errorf(archive.CodeMethod, at, "is packed with method %d (%s)", h.method, name)
	}
	return nil
}

// cipher names the encryption: extra field 0x9901 of method 99 has u16 version, "AE",
// u8 strength, u16 method; bit 6 of the flags is that of PKWARE.
func cipher(h *header) string {
	if x := h.field(0x9901); h.method == 99 && len(x) >= 5 && x[4] >= 1 && x[4] <= 3 {
		return [...]string{"AES-128", "AES-192", "AES-256"}[x[4]-1]
	}
	if h.flags&(1<<6) != 0 {
		return "PKWARE strong encryption"
	}
	return "ZipCrypto"
}

func read(method uint16) bool {
	switch method {
	case 0, 8, 9, 12, 14, 93, 95:
		return true
	}
	return false
}

func (z *reader) unpacker(h *header, raw io.Reader) (io.Reader, error) {
	switch h.method {
	case 0:
		return raw, nil
	case 8:
		return flate.NewReader(raw), nil
	case 9:
		return codec.NewDeflate64(raw), nil
	case 12:
		return bzip2.NewReader(raw), nil
	case 14:
		return z.lzma(h, raw)
	case 93:
		return codec.NewZstd(raw, z.limits.Window)
	}
	return codec.NewXZ(raw, z.limits.Window)
}

// lzma: u16 version, u16 length of the properties, these, the raw stream (APPNOTE 5.8.8).
func (z *reader) lzma(h *header, raw io.Reader) (io.Reader, error) {
	var head [9]byte
	if _, err := io.ReadFull(raw, head[:]); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if n := binary.LittleEndian.Uint16(head[2:]); n != 5 {
		return nil, archive.Errorf(archive.CodeEntry, 0, "its LZMA properties have %d bytes, not 5", n)
	}
	n := size(h.size)
	if h.flags&flagEndMark != 0 || h.unsure {
		n = -1
	}
	return codec.NewLZMA(raw, head[4:], n, z.limits.Window)
}
