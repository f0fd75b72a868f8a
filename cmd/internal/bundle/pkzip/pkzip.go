// Package pkzip reads zip archives (PKWARE APPNOTE 6.3.10): zip64, split ones, and those
// whose directory is missing since they were cut. It reads the methods stored, Deflate,
// Deflate64, bzip2, LZMA, zstd and xz. Entries that are encrypted or packed otherwise are
// named with what they are.
package pkzip

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"iter"
	"unicode/utf8"

	"portverdict/cmd/internal/bundle/archive"
)

const (
	localSignature   = "PK\x03\x04"
	localSize        = 30
	centralSignature = "PK\x01\x02"
	centralSize      = 46

	flagEncrypted  = 1 << 0
	flagEndMark    = 1 << 1 // LZMA: a mark ends the stream
	flagDescriptor = 1 << 3 // the sizes stand behind the data
	flagUTF8       = 1 << 11
)

// header is what the directory, or the header before its data, says of an entry.
type header struct {
	flags, method uint16
	crc           uint32
	packed, size  uint64
	name          []byte
	extra         []byte
	disk          uint32
	at            uint64 // of its local header, from the start of the disk
	mode          fs.FileMode
	unsure        bool // crc and size are not known
}

// reader is one zip.
type reader struct {
	r      io.ReaderAt
	size   int64
	disks  []int64 // where each begins, -1 for one that is missing
	limits archive.Limits
	base   int64 // offsets count from here
	seen   map[int64]bool
}

// Walk yields the entries in the order of the directory, and without a directory in that
// of their headers. disks are where the files of a split archive begin in r, -1 for one
// that is missing; nil for an archive in one piece. Damage of the archive is an error
// that does not end the walk.
func Walk(r io.ReaderAt, size int64, disks []int64, limits archive.Limits) iter.Seq2[archive.Entry, error] {
	if disks == nil {
		disks = []int64{0}
	}
	return func(yield func(archive.Entry, error) bool) {
		z := &reader{r: r, size: size, disks: disks, limits: limits, seen: map[int64]bool{}}
		e, ok := readEnd(r, size)
		if !ok {
			z.walkHeaders(archive.Errorf(archive.CodeDamaged, size, "the archive was cut: %s", unreadableEnd), yield)
			return
		}
		z.walkDirectory(e, yield)
	}
}

// walkDirectory yields the entries of the directory, and behind a damaged place in it
// those whose headers it did not come to.
func (z *reader) walkDirectory(e *end, yield func(archive.Entry, error) bool) {
	start, ok := z.directory(e)
	if !ok {
		z.walkHeaders(archive.Errorf(archive.CodeDamaged, e.at, "the archive is damaged: %s", unreadableEnd), yield)
		return
	}
	b := bufio.NewReaderSize(io.NewSectionReader(z.r, start, e.at-start), 64<<10)
	for at := start; ; {
		h, n, err := readCentral(b)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			z.walkHeaders(archive.Errorf(archive.CodeDamaged, at, "the archive's directory is damaged here"), yield)
			return
		}
		at += int64(n)
		if !yield(z.entry(h), nil) {
			return
		}
	}
}

// directory is where the directory begins. Something may stand before the archive, so
// its offsets are held against the place of the record at its end.
func (z *reader) directory(e *end) (int64, bool) {
	if e.size > uint64(e.at) {
		return 0, false
	}
	start := e.at - int64(e.size)
	if len(z.disks) > 1 {
		if int(e.directoryDisk) < len(z.disks) && z.disks[e.directoryDisk] >= 0 && e.offset < uint64(z.size) {
			start = z.disks[e.directoryDisk] + int64(e.offset)
		}
	} else if e.disk == 0 && e.offset <= uint64(start) {
		z.base = start - int64(e.offset)
	}
	var first [4]byte
	if e.size == 0 {
		return e.at, true
	}
	if z.base > 0 && readsAt(z.r, first[:], int64(e.offset)) && string(first[:]) == centralSignature {
		start, z.base = int64(e.offset), 0
	}
	return start, start <= e.at && readsAt(z.r, first[:], start) && string(first[:]) == centralSignature
}

var errHeader = errors.New("not a header")

// readCentral reads one entry of the directory and says how long it is.
func readCentral(b *bufio.Reader) (*header, int, error) {
	fixed, err := b.Peek(centralSize)
	switch {
	case len(fixed) == 0:
		return nil, 0, io.EOF
	case err != nil || string(fixed[:4]) != centralSignature:
		return nil, 0, errHeader
	}
	le := binary.LittleEndian
	h := &header{
		flags: le.Uint16(fixed[8:]), method: le.Uint16(fixed[10:]), crc: le.Uint32(fixed[16:]),
		packed: uint64(le.Uint32(fixed[20:])), size: uint64(le.Uint32(fixed[24:])),
		disk: uint32(le.Uint16(fixed[34:])), at: uint64(le.Uint32(fixed[42:])),
	}
	names, extra, comment := int(le.Uint16(fixed[28:])), int(le.Uint16(fixed[30:])), int(le.Uint16(fixed[32:]))
	if system := fixed[5]; system == 3 || system == 19 { // Unix, macOS
		h.mode = unixMode(le.Uint16(fixed[40:]))
	} else if fixed[38]&0x10 != 0 {
		h.mode = fs.ModeDir
	}
	rest := make([]byte, centralSize+names+extra+comment)
	if _, err := io.ReadFull(b, rest); err != nil {
		return nil, 0, errHeader
	}
	h.name, h.extra = rest[centralSize:][:names], rest[centralSize+names:][:extra]
	h.read64(true)
	if h.mode.IsDir() && h.size > 0 { // what has bytes is a file, whatever its attributes say
		h.mode = 0
	}
	return h, len(rest), nil
}

// unixMode is the type of a file by the mode of Unix, as far as it is not a plain file.
func unixMode(mode uint16) fs.FileMode {
	switch mode & 0xf000 {
	case 0, 0x8000:
		return 0
	case 0x4000:
		return fs.ModeDir
	case 0xa000:
		return fs.ModeSymlink
	case 0x1000:
		return fs.ModeNamedPipe
	case 0xc000:
		return fs.ModeSocket
	}
	return fs.ModeDevice
}

// field gives an extra field: u16 id, u16 length, bytes.
func (h *header) field(id uint16) []byte {
	le := binary.LittleEndian
	for x := h.extra; len(x) >= 4; {
		n := int(le.Uint16(x[2:]))
		if n > len(x)-4 {
			return nil
		}
		if le.Uint16(x) == id {
			return x[4 : 4+n]
		}
		x = x[4+n:]
	}
	return nil
}

// read64 takes what is too large for the fixed fields from extra field 1, where only
// those stand that are all ones there, in this order. A local header has both sizes.
func (h *header) read64(central bool) {
	x := h.field(1)
	take := func(n int) (uint64, bool) {
		if len(x) < n {
			return 0, false
		}
		var b [8]byte
		copy(b[:], x[:n])
		x = x[n:]
		return binary.LittleEndian.Uint64(b[:]), true
	}
	if v, ok := uint64(0), false; h.size == unknown32 {
		if v, ok = take(8); ok {
			h.size = v
		}
	}
	if h.packed == unknown32 {
		if v, ok := take(8); ok {
			h.packed = v
		}
	}
	if central && h.at == unknown32 {
		if v, ok := take(8); ok {
			h.at = v
		}
	}
	if central && h.disk == unknown16 {
		if v, ok := take(4); ok {
			h.disk = uint32(v)
		}
	}
}

// text is the name of the entry: UTF-8 where the archive says so or it is that, else in
// code page 437.
func (h *header) text() string {
	if x := h.field(0x7075); len(x) > 5 && x[0] == 1 && utf8.Valid(x[5:]) {
		return string(x[5:])
	}
	if h.flags&flagUTF8 != 0 || utf8.Valid(h.name) {
		return string(h.name)
	}
	out := make([]rune, 0, len(h.name))
	for _, b := range h.name {
		if b < 0x80 {
			out = append(out, rune(b))
		} else {
			out = append(out, codePage437[b-0x80])
		}
	}
	return string(out)
}

// codePage437 are the characters from 0x80 on.
var codePage437 = []rune("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ")
