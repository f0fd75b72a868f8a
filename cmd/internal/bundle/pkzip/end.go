package pkzip

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
)

const (
	endSignature       = "PK\x05\x06"
	endSize            = 22
	end64Signature     = "PK\x06\x06"
	end64Size          = 56
	locatorSignature   = "PK\x06\x07"
	locatorSize        = 20
	maxComment         = math.MaxUint16
	unknown16          = math.MaxUint16
	unknown32          = math.MaxUint32
	maxDisks           = 10_000
	unreadableEnd      = "its directory at the end is missing or damaged"
	unreadableEntry    = "the header of the entry is damaged"
	unreadableMissing  = "begins in a part of its archive that is missing"
	unreadableDeclared = "its place in the archive is not given"
)

// end is the record at the end of a zip: where its directory is (APPNOTE 4.3.16, 4.3.14).
type end struct {
	at            int64  // of the record, or of its zip64 form
	disk          uint32 // that it stands on: the number of the last, from 0
	directoryDisk uint32
	size, offset  uint64 // of the directory; the offset counts from the start of its disk
}

// readEnd finds the record: 22 bytes and a comment, the last thing in the file.
func readEnd(r io.ReaderAt, size int64) (*end, bool) {
	n := min(size, endSize+maxComment)
	tail := make([]byte, n)
	if m, _ := r.ReadAt(tail, size-n); int64(m) < n {
		return nil, false
	}
	le := binary.LittleEndian
	for len(tail) >= endSize {
		at := bytes.LastIndex(tail[:len(tail)-endSize+len(endSignature)], []byte(endSignature))
		if at < 0 {
			return nil, false
		}
		b := tail[at:]
		if comment := int(le.Uint16(b[20:])); int64(comment) <= n-int64(at)-endSize {
			e := &end{
				at: size - n + int64(at), disk: uint32(le.Uint16(b[4:])), directoryDisk: uint32(le.Uint16(b[6:])),
				size: uint64(le.Uint32(b[12:])), offset: uint64(le.Uint32(b[16:])),
			}
			e.read64(r)
			return e, true
		}
		tail = tail[:at+endSize-1]
	}
	return nil, false
}

// read64 reads the zip64 form of the record, if there is one. A locator stands before the
// record; what it locates may lie behind a prefix, and is then found before the locator.
func (e *end) read64(r io.ReaderAt) {
	var locator [locatorSize]byte
	if !readsAt(r, locator[:], e.at-locatorSize) || string(locator[:4]) != locatorSignature {
		return
	}
	le := binary.LittleEndian
	var b [end64Size]byte
	for _, at := range []int64{int64(le.Uint64(locator[8:])), e.at - locatorSize - end64Size} {
		if readsAt(r, b[:], at) && string(b[:4]) == end64Signature {
			e.at, e.disk, e.directoryDisk = at, le.Uint32(b[16:]), le.Uint32(b[20:])
			e.size, e.offset = le.Uint64(b[40:]), le.Uint64(b[48:])
			return
		}
	}
}

// readsAt fills p from an offset, which may be any.
func readsAt(r io.ReaderAt, p []byte, at int64) bool {
	if at < 0 {
		return false
	}
	n, _ := r.ReadAt(p, at)
	return n == len(p)
}

// Disks gives the number of files that a zip was split into (x.z01, x.z02, ... x.zip) when
// r is the last of them; 1 for one that was not split, 0 when its end is not there.
func Disks(r io.ReaderAt, size int64) int {
	e, ok := readEnd(r, size)
	if !ok {
		return 0
	}
	return int(min(e.disk, maxDisks-1)) + 1
}
