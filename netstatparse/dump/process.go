package dump

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The streams that are read (MINIDUMP_STREAM_TYPE).
const (
	streamModules    = 4
	streamSystem     = 7
	streamHandles    = 12
	streamMisc       = 15
	headerSize       = 32
	entrySize        = 12 // of the directory
	maxStreams       = 4096
	maxText          = 32 << 10 // bytes of a name
	maxTexts         = 1 << 16  // names that are kept
	maxTextBytes     = 64 << 20 // that are read for names
	moduleName       = 20       // offset of its name's address
	systemSize       = 32       // of the fields that are read
	miscSize         = 24       // of its smallest form
	hasPID, hasTimes = 1, 2
	windowsNT        = 2
	elsewhere        = 0x8000 // platforms from here on are of Breakpad and Crashpad
)

// stream is a part of a minidump.
type stream struct{ at, size int64 }

// process reads a minidump: u32 streams at 8, u32 address of their directory, u32 time at
// 20, u64 flags.
func (f *file) process() (*Dump, []error) {
	head := f.bytes(0, headerSize)
	if len(head) < headerSize {
		f.damage(CodeTruncated, int64(len(head)), 0, "the dump ends within its header")
		return nil, f.errs
	}
	d := &Dump{Process: &Process{PID: -1}, Time: unix(le.Uint32(head[20:]))}
	streams := f.directory(int64(le.Uint32(head[12:])), le.Uint32(head[8:]))
	if s, ok := streams[streamSystem]; ok {
		if !f.system(d, s) {
			return nil, []error{ErrForeign}
		}
	}
	p := d.Process
	if b := f.bytes(streams[streamMisc].at, miscSize); len(b) == miscSize && streams[streamMisc].size >= miscSize {
		flags := le.Uint32(b[4:])
		if flags&hasPID != 0 {
			p.PID = int(le.Uint32(b[8:]))
		}
		if flags&hasTimes != 0 {
			p.Created = unix(le.Uint32(b[12:]))
		}
	}
	if b := f.bytes(streams[streamModules].at, 4+moduleName+4); len(b) == 4+moduleName+4 && le.Uint32(b) > 0 {
		name, _ := f.text(int64(le.Uint32(b[4+moduleName:])))
		p.Image = path.Base(strings.ReplaceAll(name, `\`, "/"))
		if name == "" {
			p.Image = ""
		}
	}
	if s, ok := streams[streamHandles]; ok {
		p.Handles = f.handles(s)
	}
	return d, f.errs
}

// directory reads where the streams are: u32 type, u32 size, u32 address each. Of two of a
// type the first counts; type 0 is padding.
func (f *file) directory(at int64, n uint32) map[uint32]stream {
	out := map[uint32]stream{}
	if n > maxStreams {
		f.damage(CodeDamaged, 8, 4, fmt.Sprintf("the dump tells of %d streams; %d are read", n, maxStreams))
		n = maxStreams
	}
	b := f.bytes(at, int(n)*entrySize)
	if len(b) < int(n)*entrySize {
		f.damage(CodeTruncated, at+int64(len(b)), 0, "the dump ends within the directory of its streams")
	}
	for ; len(b) >= entrySize; b = b[entrySize:] {
		kind := le.Uint32(b)
		if _, twice := out[kind]; !twice && kind != 0 {
			out[kind] = stream{int64(le.Uint32(b[8:])), int64(le.Uint32(b[4:]))}
		}
	}
	return out
}

// system reads u16 architecture, u8 product at 7, u32 major, minor and build, u32 platform
// at 20. It tells whether the dump is of Windows.
func (f *file) system(d *Dump, s stream) bool {
	b := f.bytes(s.at, systemSize)
	if len(b) < systemSize {
		f.damage(CodeTruncated, s.at, 0, "the dump ends within what it says of Windows")
		return true
	}
	if platform := le.Uint32(b[20:]); platform != windowsNT {
		return platform < elsewhere
	}
	d.Machine = map[uint16]string{0: "x86", 9: "x64", 12: "arm64"}[le.Uint16(b)]
	d.Product = product(uint32(b[7]))
	if build := le.Uint32(b[16:]); build > 0 && build < 1<<20 {
		d.Build = int(build)
		d.Version = fmt.Sprintf("%d.%d.%d", le.Uint32(b[8:]), le.Uint32(b[12:]), build)
	}
	return true
}

// text reads u32 bytes and UTF-16LE.
func (f *file) text(at int64) (string, bool) {
	b := f.bytes(at, 4)
	if len(b) < 4 {
		return "", false
	}
	n := le.Uint32(b)
	if n > maxText {
		return "", false
	}
	b = f.bytes(at+4, int(n))
	return wide(b), len(b) == int(n)
}

func wide(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = le.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

const (
	handlesHeader   = 16
	smallDescriptor = 32
	maxDescriptor   = 4096
	handlesAtOnce   = 4096
	socketName      = `\device\afd`
	typeFile        = "File"
)

// handles reads u32 size of the header, of a descriptor, and their number; and of each
// descriptor u64 handle, u32 address of its type's name and of its object's. Sizes may
// grow: they are what is stepped by.
func (f *file) handles(s stream) *Handles {
	h := &Handles{Types: map[string]int{}, Sockets: -1}
	b := f.bytes(s.at, handlesHeader)
	if len(b) < handlesHeader || s.size < handlesHeader {
		f.damage(CodeTruncated, s.at, 0, "the dump ends within its list of handles")
		h.AtLeast = true
		return h
	}
	header, step, count := int64(le.Uint32(b)), int64(le.Uint32(b[4:])), int64(le.Uint32(b[8:]))
	if header < handlesHeader || step < smallDescriptor || step > maxDescriptor || header > s.size {
		f.damage(CodeDamaged, s.at, handlesHeader, fmt.Sprintf("the list of handles has descriptors of %d bytes, which cannot be", step))
		h.AtLeast = true
		return h
	}
	if room := (s.size - header) / step; count > room {
		f.damage(CodeDamaged, s.at+8, 4, fmt.Sprintf("the list of handles tells of %d; there is room for %d, which are read", count, room))
		count, h.AtLeast = room, true
	}
	if there := max(f.size-s.at-header, 0) / step; count > there {
		f.damage(CodeTruncated, f.size, 0, fmt.Sprintf("the dump ends within its list of handles: %d of %d are there and are counted", there, count))
		count, h.AtLeast = there, true
	}
	names := &names{f: f, by: map[uint32]string{}}
	for at := s.at + header; count > 0; {
		n := min(count, handlesAtOnce)
		b := f.bytes(at, int(n*step))
		for ; int64(len(b)) >= step; b = b[step:] {
			h.add(names.at(le.Uint32(b[8:])), names.at(le.Uint32(b[12:])))
		}
		at, count = at+n*step, count-n
	}
	if names.bad > 0 {
		f.damage(CodeDamaged, int64(names.first), 4, fmt.Sprintf("%d names of handles lie behind the end of the dump or cannot be read", names.bad))
		h.AtLeast = true
	}
	return h
}

func (h *Handles) add(kind, name string) {
	if kind == "" {
		kind = "unknown"
	}
	if h.Types[kind]++; len(h.Types) > maxStreams {
		delete(h.Types, kind)
		h.Types["other"]++
	}
	h.Total++
	if kind != typeFile || name == "" {
		return
	}
	h.Sockets = max(h.Sockets, 0)
	if len(name) >= len(socketName) && strings.EqualFold(name[:len(socketName)], socketName) {
		h.Sockets++
	}
}

// names are the names of objects by their address: many handles share one.
type names struct {
	f     *file
	by    map[uint32]string
	bad   int
	first uint32
	spent int // bytes that were read
}

func (n *names) at(address uint32) string {
	if address == 0 {
		return ""
	}
	name, known := n.by[address]
	if !known {
		ok := n.spent < maxTextBytes
		if ok {
			name, ok = n.f.text(int64(address))
			n.spent += 2 * len(name)
		}
		if !ok {
			if n.bad++; n.bad == 1 {
				n.first = address
			}
		}
		if len(n.by) < maxTexts {
			n.by[address] = name
		}
	}
	return name
}

// Code is a bug check as it is written: 0x133.
func (k *Kernel) Code() string {
	return "0x" + strings.ToUpper(strconv.FormatUint(uint64(k.BugCheck), 16))
}
