// Package codec unpacks the compressed streams that archives are made of. Deflate64, LZX
// and the filters of 7z are our own; the rest is the standard library's or a module's.
//
// Every decompressor is bounded in memory by a window in bytes. A panic of a module ends
// the stream with an error.
package codec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/klauspost/compress/zstd"
	xzreader "github.com/mikelolasagasti/xz"
	"github.com/ulikunitz/xz/lzma"
)

// WindowError is a stream that needs a larger dictionary than is allowed, in bytes.
type WindowError struct{ Window, Limit int64 }

func (e *WindowError) Error() string {
	if e.Window == 0 {
		return fmt.Sprintf("it needs a dictionary larger than %d MiB", e.Limit>>20)
	}
	return fmt.Sprintf("it needs a dictionary of %d MiB; up to %d MiB are read", e.Window>>20, e.Limit>>20)
}

// NewXZ unpacks .xz: all its blocks, filters and joined streams; checks are verified.
func NewXZ(r io.Reader, window int64) (io.Reader, error) {
	return guard(func() (io.Reader, error) { return xzreader.NewReader(r, uint32(window)) }, window)
}

// NewZstd unpacks .zst: all its frames; checks are verified.
func NewZstd(r io.Reader, window int64) (io.Reader, error) {
	return guard(func() (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(window)))
	}, window)
}

// maxDictionary is the largest dictionary that LZMA can say.
const maxDictionary = 1<<32 - 1

// NewLZMA unpacks a raw LZMA stream. Its five bytes of properties are one that packs lc,
// lp and pb, and the dictionary as u32 LE. size is what it unpacks to, -1 when a mark
// ends it. A dictionary is never larger than what is unpacked.
func NewLZMA(r io.Reader, properties []byte, size, window int64) (io.Reader, error) {
	if len(properties) != 5 {
		return nil, fmt.Errorf("LZMA has %d bytes of properties, not 5", len(properties))
	}
	need := int64(binary.LittleEndian.Uint32(properties[1:]))
	if size >= 0 {
		need = min(need, size)
	}
	if need > window {
		return nil, &WindowError{need, window}
	}
	makeRoom(need)
	head := binary.LittleEndian.AppendUint32([]byte{properties[0]}, uint32(max(need, lzma.MinDictCap)))
	head = binary.LittleEndian.AppendUint64(head, uint64(size))
	return guard(func() (io.Reader, error) {
		return lzma.ReaderConfig{DictCap: int(max(window, lzma.MinDictCap))}.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(head), r)))
	}, window)
}

// NewLZMA2 unpacks a raw LZMA2 stream to size bytes; its property is a byte that packs
// the dictionary.
func NewLZMA2(r io.Reader, property byte, size, window int64) (io.Reader, error) {
	need := int64(maxDictionary)
	switch {
	case property > 40:
		return nil, fmt.Errorf("the property of LZMA2 is %d, over 40", property)
	case property < 40:
		need = int64(2|property&1) << (property/2 + 11)
	}
	if need = min(need, size); need > window {
		return nil, &WindowError{need, window}
	}
	makeRoom(need)
	return guard(func() (io.Reader, error) {
		return lzma.Reader2Config{DictCap: int(max(need, lzma.MinDictCap))}.NewReader2(bufio.NewReader(r))
	}, window)
}

// makeRoom frees the dictionaries of earlier streams before a large one is made: they are
// garbage, and would else lie in memory beside it.
func makeRoom(need int64) {
	if need >= 8<<20 {
		runtime.GC()
	}
}

// guard opens a decompressor of a module; what panics in it is an error.
func guard(open func() (io.Reader, error), window int64) (r io.Reader, err error) {
	defer caught(&err)
	inner, err := open()
	if err != nil {
		return nil, tooLarge(err, window)
	}
	return &guarded{inner, window}, nil
}

type guarded struct {
	r      io.Reader
	window int64
}

func (g *guarded) Read(p []byte) (n int, err error) {
	defer caught(&err)
	n, err = g.r.Read(p)
	return n, tooLarge(err, g.window)
}

func caught(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("the decompressor failed: %v", v)
	}
}

// tooLarge words the errors of modules about their windows.
func tooLarge(err error, window int64) error {
	if errors.Is(err, xzreader.ErrMemlimit) || errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return &WindowError{0, window}
	}
	return err
}
