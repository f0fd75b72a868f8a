package sevenzip

import (
	"compress/bzip2"
	"compress/flate"
	"io"
	"slices"

	"portverdict/cmd/internal/bundle/archive"
	"portverdict/cmd/internal/bundle/codec"
)

// The ids of methods (Methods.txt).
const (
	methodCopy      = "\x00"
	methodDelta     = "\x03"
	methodLZMA2     = "\x21"
	methodLZMA      = "\x03\x01\x01"
	methodBCJ       = "\x03\x03\x01\x03"
	methodX86       = "\x04"
	methodDeflate   = "\x04\x01\x08"
	methodDeflate64 = "\x04\x01\x09"
	methodBzip2     = "\x04\x02\x02"
	methodAES       = "\x06\xf1\x07\x01"
)

var methodNames = map[string]string{
	"\x03\x03\x01\x1b": "BCJ2", "\x03\x04\x01": "PPMd", "\x04\xf7\x11\x01": "zstd", "\x04\xf7\x11\x04": "LZ4", "\x04\xf7\x11\x02": "Brotli",
	"\x03\x03\x02\x05": "PPC", "\x03\x03\x05\x01": "ARM", "\x03\x03\x07\x01": "ARMT", "\x03\x03\x08\x05": "SPARC", "\x0a": "ARM64", "\x0b": "RISCV",
}

// open gives what a folder unpacks to. What it is packed with and is not read is a
// FormatError.
func (z *reader) open(s *streams, n int) (io.Reader, error) {
	f := &s.folders[n]
	at := z.place(s, n)
	for i := range f.coders {
		switch c := &f.coders[i]; {
		case c.method == methodAES:
			return nil, archive.Errorf(archive.CodeEncrypted, at, "is encrypted (AES-256)")
		case !read(c.method):
			return nil, archive.Errorf(archive.CodeMethod, at, "is packed with %s", methodName(c.method))
		case c.ins != 1 || c.outs != 1:
			return nil, errGraph
		}
	}
	if len(f.packed) != 1 || f.first >= len(s.packSizes) {
		return nil, errGraph
	}
	packed := min(s.packSizes[f.first], uint64(z.size-at))
	g := &graph{z: z, f: f, used: make([]bool, len(f.coders)), raw: io.NewSectionReader(z.r, at, int64(packed))}
	out, err := g.output(f.output())
	if err == nil && slices.Contains(g.used, false) {
		return nil, errGraph
	}
	return out, err
}

func read(method string) bool {
	switch method {
	case methodCopy, methodDelta, methodLZMA2, methodLZMA, methodBCJ, methodX86, methodDeflate, methodDeflate64, methodBzip2:
		return true
	}
	return false
}

// graph puts the coders of a folder one behind the other. Each has one input and one
// output, which have its number.
type graph struct {
	z    *reader
	f    *folder
	used []bool
	raw  io.Reader
}

func (g *graph) output(n int) (io.Reader, error) {
	if n < 0 || n >= len(g.f.coders) || n >= len(g.f.sizes) || g.used[n] {
		return nil, errGraph
	}
	g.used[n] = true
	in := g.raw
	if n != g.f.packed[0] {
		from := -1
		for _, b := range g.f.binds {
			if b.in == n {
				from = b.out
			}
		}
		var err error
		if in, err = g.output(from); err != nil {
			return nil, err
		}
	}
	size := g.f.sizes[n]
	if size > 1<<62 {
		return nil, errGraph
	}
	out, err := g.unpack(&g.f.coders[n], in, int64(size))
	if err != nil {
		return nil, err
	}
	return io.LimitReader(out, int64(size)), nil
}

func (g *graph) unpack(c *coder, in io.Reader, size int64) (io.Reader, error) {
	window := g.z.limits.Window
	switch c.method {
	case methodCopy:
		return in, nil
	case methodLZMA:
		return codec.NewLZMA(in, c.properties, size, window)
	case methodLZMA2:
		if len(c.properties) != 1 {
			return nil, errGraph
		}
		return codec.NewLZMA2(in, c.properties[0], size, window)
	case methodDeflate:
		return flate.NewReader(in), nil
	case methodDeflate64:
		return codec.NewDeflate64(in), nil
	case methodBzip2:
		return bzip2.NewReader(in), nil
	case methodDelta:
		if len(c.properties) != 1 {
			return nil, errGraph
		}
		return codec.NewDelta(in, int(c.properties[0])+1), nil
	}
	return codec.NewBCJ(in), nil
}
