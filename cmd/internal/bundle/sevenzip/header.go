package sevenzip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// The ids of properties (7zFormat.txt).
const (
	idEnd          = 0x00
	idHeader       = 0x01
	idArchive      = 0x02
	idMoreStreams  = 0x03
	idMainStreams  = 0x04
	idFiles        = 0x05
	idPack         = 0x06
	idUnpack       = 0x07
	idSubStreams   = 0x08
	idSize         = 0x09
	idCRC          = 0x0a
	idFolder       = 0x0b
	idUnpackSize   = 0x0c
	idNumUnpack    = 0x0d
	idEmptyStream  = 0x0e
	idEmptyFile    = 0x0f
	idAnti         = 0x10
	idNames        = 0x11
	idAttributes   = 0x15
	idEncoded      = 0x17
	maxCoders      = 32
	maxStreams     = 32
	attributeDir   = 0x10
	attributeUnix  = 0x8000 // the mode of Unix stands in the high half
	maxProperties  = 64
	minFileOfNames = 2 // bytes of the shortest name, its zero
)

var (
	errHeader = errors.New("its header is damaged")
	errMany   = errors.New("its header tells of more than is allowed")
)

// streams is where packed bytes lie and what is made of them.
type streams struct {
	packAt    uint64 // behind the start header
	packSizes []uint64
	folders   []folder
}

// folder is a stream that is unpacked as a whole, by one or more coders.
type folder struct {
	coders   []coder
	binds    []bind // of an input of one coder to the output of another
	packed   []int  // the inputs that are read from the archive, in order
	first    int    // of its packed streams
	sizes    []uint64
	crc      *uint32
	subSizes []uint64 // of the files in it
	subCRCs  []*uint32
}

type coder struct {
	method     string // the bytes of its id
	ins, outs  int
	properties []byte
}

type bind struct{ in, out int }

// file is an entry.
type file struct {
	name       string
	empty      bool // it has no stream
	dir        bool
	attributes uint32
}

// parser reads a header. Its first error stays.
type parser struct {
	b       []byte
	entries int // the most that are read
	err     error
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.b = nil
}

func (p *parser) bytes(n uint64) []byte {
	if n > uint64(len(p.b)) {
		p.fail(errHeader)
		return nil
	}
	b := p.b[:n]
	p.b = p.b[n:]
	return b
}

func (p *parser) byte() byte {
	if b := p.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// number: the leading ones of the first byte tell how many bytes follow, low first; its
// other bits are the highest of the number.
func (p *parser) number() uint64 {
	first := p.byte()
	var v uint64
	for i := range uint(8) {
		mask := byte(0x80) >> i
		if first&mask == 0 {
			return v | uint64(first&(mask-1))<<(8*i)
		}
		v |= uint64(p.byte()) << (8 * i)
	}
	return v
}

// count is a number of things that take at least a byte each in what is left.
func (p *parser) count() int {
	n := p.number()
	if n > uint64(len(p.b)) {
		p.fail(errHeader)
		return 0
	}
	return int(n)
}

func (p *parser) uint32() uint32 {
	if b := p.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// bits reads n flags, the first one highest.
func (p *parser) bits(n int) []bool {
	b := p.bytes(uint64(n+7) / 8)
	out := make([]bool, n)
	for i := range out {
		out[i] = b != nil && b[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// optionalBits reads n flags behind a byte that tells that all are set.
func (p *parser) optionalBits(n int) []bool {
	if p.byte() == 0 {
		return p.bits(n)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// digests reads checksums; nil is one that is not given.
func (p *parser) digests(n int) []*uint32 {
	out := make([]*uint32, n)
	for i, given := range p.optionalBits(n) {
		if given {
			crc := p.uint32()
			out[i] = &crc
		}
	}
	return out
}

// want reads an id that has to come.
func (p *parser) want(id byte) {
	if p.byte() != id {
		p.fail(errHeader)
	}
}

// streams reads the parts of StreamsInfo up to its end.
func (p *parser) streams() streams {
	var s streams
	for p.err == nil {
		switch p.number() {
		case idPack:
			p.pack(&s)
		case idUnpack:
			p.unpack(&s)
			p.oneEach(&s)
		case idSubStreams:
			p.subStreams(&s)
		case idEnd:
			return s
		default:
			p.fail(errHeader)
		}
	}
	return s
}

func (p *parser) pack(s *streams) {
	s.packAt = p.number()
	n := p.count()
	for p.err == nil {
		switch p.number() {
		case idSize:
			for range n {
				s.packSizes = append(s.packSizes, p.number())
			}
		case idCRC:
			p.digests(n)
		case idEnd:
			return
		default:
			p.fail(errHeader)
		}
	}
}

func (p *parser) unpack(s *streams) {
	p.want(idFolder)
	n := p.count()
	if p.byte() != 0 { // somewhere else: no program writes that
		p.fail(errHeader)
	}
	first := 0
	for range n {
		f := p.folder()
		f.first = first
		first += len(f.packed)
		s.folders = append(s.folders, f)
		if p.err != nil {
			return
		}
	}
	p.want(idUnpackSize)
	for i := range s.folders {
		for _, c := range s.folders[i].coders {
			for range c.outs {
				s.folders[i].sizes = append(s.folders[i].sizes, p.number())
			}
		}
	}
	for p.err == nil {
		switch p.number() {
		case idCRC:
			for i, crc := range p.digests(n) {
				s.folders[i].crc = crc
			}
		case idEnd:
			return
		default:
			p.fail(errHeader)
		}
	}
}

// folder reads its coders: a byte with the length of the id, 0x10 for other than one
// input and output, 0x20 for properties.
func (p *parser) folder() folder {
	var f folder
	ins, outs := 0, 0
	n := p.count()
	if n == 0 || n > maxCoders {
		p.fail(errHeader)
		return f
	}
	for range n {
		flags := p.byte()
		c := coder{method: string(p.bytes(uint64(flags & 15))), ins: 1, outs: 1}
		if flags&0x10 != 0 {
			c.ins, c.outs = p.count(), p.count()
		}
		if flags&0x20 != 0 {
			c.properties = p.bytes(uint64(p.count()))
		}
		if flags&0xc0 != 0 || c.ins > maxStreams || c.outs > maxStreams || len(c.properties) > maxProperties {
			p.fail(errHeader)
			return f
		}
		ins, outs = ins+c.ins, outs+c.outs
		f.coders = append(f.coders, c)
	}
	if outs == 0 || ins < outs-1 {
		p.fail(errHeader)
		return f
	}
	bound := map[int]bool{}
	for range outs - 1 {
		b := bind{int(p.number() & 0xff), int(p.number() & 0xff)}
		if b.in >= ins || b.out >= outs || bound[b.in] {
			p.fail(errHeader)
			return f
		}
		bound[b.in] = true
		f.binds = append(f.binds, b)
	}
	if packed := ins - len(f.binds); packed > 1 {
		for range packed {
			f.packed = append(f.packed, int(p.number()&0xff))
		}
		return f
	}
	for in := range ins {
		if !bound[in] {
			f.packed = append(f.packed, in)
		}
	}
	return f
}

// oneEach is what holds without SubStreams: one file in each folder.
func (p *parser) oneEach(s *streams) {
	for i := range s.folders {
		f := &s.folders[i]
		f.subSizes, f.subCRCs = []uint64{f.size()}, []*uint32{f.crc}
	}
}

func (p *parser) subStreams(s *streams) {
	id := p.number()
	counts := make([]int, len(s.folders))
	for i := range counts {
		counts[i] = 1
	}
	total := 0
	if id == idNumUnpack {
		for i := range counts {
			n := p.number()
			if n > uint64(p.entries) {
				p.fail(errMany)
				return
			}
			counts[i] = int(n)
		}
		id = p.number()
	}
	for _, n := range counts {
		if total += n; total > p.entries {
			p.fail(errMany)
			return
		}
	}
	missing := 0 // checksums that are not those of a whole folder
	for i := range s.folders {
		p.subSizes(&s.folders[i], counts[i], id == idSize)
		if counts[i] != 1 || s.folders[i].crc == nil {
			missing += counts[i]
		}
	}
	if id == idSize {
		id = p.number()
	}
	for ; id != idEnd && p.err == nil; id = p.number() {
		if id != idCRC {
			p.fail(errHeader)
			return
		}
		digests := p.digests(missing)
		for i := range s.folders {
			if f := &s.folders[i]; counts[i] != 1 || f.crc == nil {
				f.subCRCs, digests = digests[:counts[i]], digests[counts[i]:]
			}
		}
	}
}

// subSizes reads the sizes of all files of a folder but the last, which has the rest.
func (p *parser) subSizes(f *folder, n int, given bool) {
	f.subSizes, f.subCRCs = make([]uint64, n), make([]*uint32, n)
	rest := f.size()
	for k := range n - 1 {
		if given {
			f.subSizes[k] = p.number()
		}
		if f.subSizes[k] > rest {
			p.fail(errHeader)
			return
		}
		rest -= f.subSizes[k]
	}
	if n > 0 {
		f.subSizes[n-1] = rest
	}
	if n == 1 {
		f.subCRCs[0] = f.crc
	}
}

// size is what a folder unpacks to: the output that no other coder takes.
func (f *folder) size() uint64 {
	if out := f.output(); out >= 0 && out < len(f.sizes) {
		return f.sizes[out]
	}
	return 0
}

// output is the output that no other coder takes, -1 when there is none.
func (f *folder) output() int {
	taken := map[int]bool{}
	for _, b := range f.binds {
		taken[b.out] = true
	}
	for out := range len(f.binds) + 1 {
		if !taken[out] {
			return out
		}
	}
	return -1
}

// files reads FilesInfo.
func (p *parser) files() []file {
	count := p.number()
	if count > uint64(len(p.b)) || count > uint64(p.entries) {
		p.fail(errMany)
		return nil
	}
	all := make([]file, count)
	var empty []int
	for p.err == nil {
		id := p.number()
		if id == idEnd {
			break
		}
		q := parser{b: p.bytes(p.number())}
		switch id {
		case idEmptyStream:
			for i, is := range q.bits(len(all)) {
				if all[i].empty, all[i].dir = is, is; is {
					empty = append(empty, i)
				}
			}
		case idEmptyFile:
			for i, is := range q.bits(len(empty)) {
				all[empty[i]].dir = !is
			}
		case idNames:
			q.names(all)
		case idAttributes:
			given := q.optionalBits(len(all))
			if q.byte() != 0 {
				q.fail(errHeader)
			}
			for i := range all {
				if given[i] {
					all[i].attributes = q.uint32()
				}
			}
		}
		if q.err != nil {
			p.fail(q.err)
		}
	}
	return all
}

// names are UTF-16LE, each ended by a zero.
func (p *parser) names(all []file) {
	if p.byte() != 0 { // somewhere else: no program writes that
		p.fail(errHeader)
	}
	for i := range all {
		var units []uint16
		for {
			b := p.bytes(2)
			if b == nil {
				return
			}
			u := binary.LittleEndian.Uint16(b)
			if u == 0 {
				break
			}
			units = append(units, u)
		}
		all[i].name = string(utf16.Decode(units))
	}
}

// header reads the whole of a header that is not packed.
func (p *parser) header() (s streams, all []file) {
	for p.err == nil {
		switch p.number() {
		case idArchive:
			for p.err == nil {
				if id := p.number(); id == idEnd {
					break
				}
				p.bytes(p.number())
			}
		case idMoreStreams:
			p.streams()
		case idMainStreams:
			s = p.streams()
		case idFiles:
			all = p.files()
		case idEnd:
			return s, all
		default:
			p.fail(errHeader)
		}
	}
	return s, all
}

var signature = []byte("7z\xbc\xaf\x27\x1c")

func hasSignature(b []byte) bool { return bytes.HasPrefix(b, signature) }
