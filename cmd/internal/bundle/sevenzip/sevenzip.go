// Package sevenzip reads 7z archives (7zFormat.txt of the LZMA SDK). It reads folders
// packed with Copy, LZMA, LZMA2, Deflate, Deflate64 and bzip2, behind Delta and the filter
// for programs of x86 (BCJ). PPMd, AES and the rest are named with what they are: an
// unknown coder costs its folder and not the archive.
package sevenzip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"

	"portverdict/cmd/internal/bundle/archive"
)

const (
	startSize  = 32       // signature, u8 2 of version, u32 CRC, u64 offset, u64 size, u32 CRC
	maxHeader  = 64 << 20 // bytes of a header, packed or not
	maxEncoded = 4        // a packed header may hold a packed header, so deep
)

// Walk yields the files, folder by folder. A solid folder is unpacked once, in order.
// Damage of the archive is an error that does not end the walk.
func Walk(r io.ReaderAt, size int64, limits archive.Limits) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		z := &reader{r: r, size: size, limits: limits}
		s, all, err := z.read()
		if err != nil {
			yield(archive.Entry{}, err)
			return
		}
		z.walk(&s, all, yield)
	}
}

type reader struct {
	r      io.ReaderAt
	size   int64
	limits archive.Limits
}

// read reads the header, wherever it is.
func (z *reader) read() (s streams, all []file, err error) {
	var b [startSize]byte
	if n, _ := z.r.ReadAt(b[:], 0); n < startSize || !hasSignature(b[:]) {
		return s, nil, archive.Errorf(archive.CodeDamaged, 0, "the archive was cut: it ends in its first %d bytes", startSize)
	}
	le := binary.LittleEndian
	if sum := crc32.ChecksumIEEE(b[12:]); sum != le.Uint32(b[8:]) {
		return s, nil, archive.Errorf(archive.CodeChecksum, 8, "the start of the archive does not fit its checksum: nothing in it can be read")
	}
	at, size, crc := le.Uint64(b[12:]), le.Uint64(b[20:]), le.Uint32(b[28:])
	switch {
	case size == 0:
		return s, nil, nil
	case at > uint64(z.size) || size > uint64(z.size) || at+size+startSize > uint64(z.size):
		return s, nil, archive.Errorf(archive.CodeDamaged, z.size, "the archive was cut, or a part of it is missing: its list of files, at offset %d, is not there, and without it nothing can be read", at+startSize)
	case size > maxHeader:
		return s, nil, archive.Errorf(archive.CodeDamaged, int64(at)+startSize, "the archive's list of files has %d bytes; up to %d are read", size, maxHeader)
	}
	header := make([]byte, size)
	if n, _ := z.r.ReadAt(header, int64(at)+startSize); n < len(header) {
		return s, nil, archive.Errorf(archive.CodeDamaged, int64(at)+startSize, "the archive's list of files cannot be read")
	}
	return z.header(header, int64(at)+startSize, crc)
}

// header reads a header that is there; one that is packed is unpacked first.
func (z *reader) header(header []byte, at int64, crc uint32) (s streams, all []file, err error) {
	for range maxEncoded {
		if crc32.ChecksumIEEE(header) != crc {
			return s, nil, archive.Errorf(archive.CodeChecksum, at, "the archive's list of files does not fit its checksum: nothing can be read")
		}
		p := &parser{b: header[1:], entries: z.limits.Entries}
		switch header[0] {
		case idHeader:
			if s, all = p.header(); p.err != nil {
				return s, nil, archive.Errorf(archive.CodeDamaged, at, "the archive cannot be read: %v", p.err)
			}
			return s, all, nil
		case idEncoded:
			s = p.streams()
			if p.err != nil || len(s.folders) != 1 || s.folders[0].size() == 0 || s.folders[0].size() > maxHeader {
				return s, nil, archive.Errorf(archive.CodeDamaged, at, "the archive cannot be read: %v", errHeader)
			}
			if header, err = z.unpackHeader(&s); err != nil {
				return s, nil, err
			}
			crc = crc32.ChecksumIEEE(header)
			if want := s.folders[0].crc; want != nil {
				crc = *want
			}
		default:
			return s, nil, archive.Errorf(archive.CodeDamaged, at, "the archive cannot be read: %v", errHeader)
		}
	}
	return s, nil, archive.Errorf(archive.CodeDamaged, at, "the archive's list of files is packed more than %d times", maxEncoded)
}

// unpackHeader unpacks a packed header. With encryption of names it is encrypted.
func (z *reader) unpackHeader(s *streams) ([]byte, error) {
	at := z.place(s, 0)
	unpacked, err := z.open(s, 0)
	var refused *archive.FormatError
	switch {
	case errors.As(err, &refused) && refused.Code == archive.CodeEncrypted:
		refused.Detail = "the archive is encrypted, the names of its files too: unpack it with its password and give the folder"
		return nil, refused
	case err != nil:
		return nil, archive.Errorf(archive.CodeDamaged, at, "the archive's list of files cannot be unpacked: it %v", err)
	}
	header := make([]byte, s.folders[0].size())
	if _, err := io.ReadFull(z.limits.Meter(unpacked), header); err != nil {
		return nil, archive.Errorf(archive.CodeDamaged, at, "the archive's list of files cannot be unpacked: %v", err)
	}
	return header, nil
}

// place is where the packed bytes of a folder begin.
func (z *reader) place(s *streams, n int) int64 {
	at := s.packAt + startSize
	for i := range min(s.folders[n].first, len(s.packSizes)) {
		at += s.packSizes[i]
	}
	if at > uint64(z.size) {
		return z.size
	}
	return int64(at)
}

// walk yields the files of the folders, and the empty ones where they stand among them.
func (z *reader) walk(s *streams, all []file, yield func(archive.Entry, error) bool) {
	folder, inFolder := -1, 0
	var unpacked io.Reader
	var refused *archive.FormatError
	var at int64
	for i := range all {
		f := &all[i]
		e := archive.Entry{Name: f.name, Mode: f.mode()}
		if f.empty {
			if e.Mode == 0 {
				e.Data = archive.NewChecked(none{}, 0, 0, nil, false)
			}
			if !yield(e, nil) {
				return
			}
			continue
		}
		for folder < 0 || inFolder == len(s.folders[folder].subSizes) {
			if folder, inFolder = folder+1, 0; folder == len(s.folders) {
				yield(archive.Entry{}, archive.Errorf(archive.CodeDamaged, z.size, "the archive names more files than it has: %q and what follows it are not there", f.name))
				return
			}
			at = z.place(s, folder)
			opened, err := z.open(s, folder)
			if refused = asRefused(err, at); refused == nil {
				unpacked = z.limits.Meter(opened)
			}
		}
		size := int64(s.folders[folder].subSizes[inFolder] & (1<<63 - 1))
		e.Size, e.Offset, e.Refused = size, at, refused
		var data *counted
		if refused == nil {
			data = &counted{io.LimitReader(unpacked, size), 0}
			e.Data = archive.NewChecked(data, at, size, s.folders[folder].subCRCs[inFolder], false)
		}
		if inFolder++; !yield(e, nil) {
			return
		}
		if data != nil && data.n < size { // it was not read to its end
			if _, err := io.CopyN(io.Discard, unpacked, size-data.n); err != nil {
				unpacked = &failed{err}
			}
		}
	}
}

func asRefused(err error, at int64) *archive.FormatError {
	var fe *archive.FormatError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &fe):
		return fe
	}
	return archive.Errorf(archive.CodeEntry, at, "%v", err)
}

// mode is the type of a file.
func (f *file) mode() fs.FileMode {
	if f.attributes&attributeUnix != 0 {
		switch f.attributes >> 16 & 0xf000 {
		case 0x4000:
			return fs.ModeDir
		case 0xa000:
			return fs.ModeSymlink
		case 0x1000, 0xc000, 0x2000, 0x6000:
			return fs.ModeIrregular
		}
	}
	if f.dir || f.attributes&attributeDir != 0 {
		return fs.ModeDir
	}
	return 0
}

// none is a file without bytes.
type none struct{}

func (none) Read([]byte) (int, error) { return 0, io.EOF }

// failed is a folder that cannot be read on.
type failed struct{ err error }

func (f *failed) Read([]byte) (int, error) {
	if errors.Is(f.err, io.EOF) {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, f.err
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

var errGraph = errors.New("has coders that do not fit together")

// methodName names a method by its id.
func methodName(id string) string {
	if name := methodNames[id]; name != "" {
		return name
	}
	return fmt.Sprintf("%x", id)
}
