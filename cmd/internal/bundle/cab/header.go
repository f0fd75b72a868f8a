package cab

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"
)

const (
	signature   = "MSCF"
	headerSize  = 36
	folderSize  = 8
	fileSize    = 16
	maxName     = 256 // with the zero behind it
	flagPrev    = 1
	flagNext    = 2
	flagReserve = 4

	fromPrev = 0xfffd // the folder of a file goes on from the cabinet before,
	toNext   = 0xfffe // into the next,
	both     = 0xffff // or both

	attributeUTF8 = 0x80
)

// header is what one cabinet says of itself: u32 size at 8, u32 offset of its files at
// 16, u16 folders, files, flags, set, index from 26.
type header struct {
	size       uint32
	set, index uint16
	flags      uint16
	perBlock   int // bytes that are reserved in the head of a block
	folders    []folder
	files      []file
}

type folder struct {
	at     uint32 // of its first block
	blocks uint16
	kind   uint16 // the method in the low nibble, the window in bits 8 to 12
}

type file struct {
	size, at uint32 // of its bytes in the folder
	folder   uint16
	name     string
}

// fixed is what of a header has a fixed place.
type fixed struct {
	size, files           uint32
	folders, count, flags uint16
	set, index            uint16
}

func readFixed(r io.ReaderAt) (fixed, bool) {
	var b [headerSize]byte
	if n, _ := r.ReadAt(b[:], 0); n < headerSize || string(b[:4]) != signature {
		return fixed{}, false
	}
	le := binary.LittleEndian
	return fixed{
		size: le.Uint32(b[8:]), files: le.Uint32(b[16:]), folders: le.Uint16(b[26:]), count: le.Uint16(b[28:]),
		flags: le.Uint16(b[30:]), set: le.Uint16(b[32:]), index: le.Uint16(b[34:]),
	}, true
}

// Place says which cabinet of which set this is; more tells that there are others.
func Place(r io.ReaderAt) (set, index uint16, more bool) {
	f, ok := readFixed(r)
	return f.set, f.index, ok && f.flags&(flagPrev|flagNext) != 0
}

var (
	errHeader = errors.New("the header is damaged")
	errCut    = errors.New("the list of files is cut or damaged")
)

// readHeader reads the header, folders and files of a cabinet. What was read before an
// error is good.
func readHeader(r io.ReaderAt, size int64) (*header, error) {
	f, ok := readFixed(r)
	if !ok {
		return nil, errHeader
	}
	h := &header{size: f.size, set: f.set, index: f.index, flags: f.flags}
	b := bufio.NewReader(io.NewSectionReader(r, headerSize, size-headerSize))
	perFolder := 0
	if f.flags&flagReserve != 0 { // u16 of the header, u8 of each folder, u8 of each block
		var reserve [4]byte
		if _, err := io.ReadFull(b, reserve[:]); err != nil {
			return nil, errHeader
		}
		perFolder, h.perBlock = int(reserve[2]), int(reserve[3])
		if _, err := b.Discard(int(binary.LittleEndian.Uint16(reserve[:]))); err != nil {
			return nil, errHeader
		}
	}
	names := 0
	for _, flag := range []uint16{flagPrev, flagNext} { // the other's name and that of its disk
		if f.flags&flag != 0 {
			names += 2
		}
	}
	for range names {
		if _, err := readName(b); err != nil {
			return nil, errHeader
		}
	}
	for range f.folders {
		fixed := make([]byte, folderSize+perFolder)
		if _, err := io.ReadFull(b, fixed); err != nil {
			return nil, errHeader
		}
		le := binary.LittleEndian
		h.folders = append(h.folders, folder{le.Uint32(fixed), le.Uint16(fixed[4:]), le.Uint16(fixed[6:])})
	}
	return h, h.readFiles(io.NewSectionReader(r, int64(f.files), max(size-int64(f.files), 0)), int(f.count))
}

func (h *header) readFiles(r io.Reader, n int) error {
	b := bufio.NewReader(r)
	for range n {
		var fixed [fileSize]byte
		if _, err := io.ReadFull(b, fixed[:]); err != nil {
			return errCut
		}
		name, err := readName(b)
		if err != nil {
			return errCut
		}
		le := binary.LittleEndian
		h.files = append(h.files, file{le.Uint32(fixed[:]), le.Uint32(fixed[4:]), le.Uint16(fixed[8:]), text(name, le.Uint16(fixed[14:]))})
	}
	return nil
}

// readName reads a text that a zero ends.
func readName(b *bufio.Reader) ([]byte, error) {
	var name []byte
	for {
		c, err := b.ReadByte()
		switch {
		case err != nil:
			return nil, err
		case c == 0:
			return name, nil
		case len(name) == maxName:
			return nil, errHeader
		}
		name = append(name, c)
	}
}

// text is a name: UTF-8 where the file says so or it is that, else Latin-1.
func text(name []byte, attributes uint16) string {
	if attributes&attributeUTF8 != 0 || utf8.Valid(name) {
		return string(name)
	}
	out := make([]rune, len(name))
	for i, b := range name {
		out[i] = rune(b)
	}
	return string(out)
}
