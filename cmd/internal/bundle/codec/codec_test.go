package codec

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

const window = 1 << 20

var text = []byte(strings.Repeat("TCP 10.0.0.5:49152 192.0.2.7:443 ESTABLISHED 4242\r\n", 2000))

func packed(t *testing.T, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func xzOf(t *testing.T, dictionary int) []byte {
	return packed(t, func(w io.Writer) (io.WriteCloser, error) { return xz.WriterConfig{DictCap: dictionary}.NewWriter(w) })
}

func lzmaOf(t *testing.T, mark bool) []byte {
	return packed(t, func(w io.Writer) (io.WriteCloser, error) {
		return lzma.WriterConfig{DictCap: 1 << 16, EOSMarker: mark, SizeInHeader: !mark, Size: int64(len(text))}.NewWriter(w)
	})
}

func TestCodecs(t *testing.T) {
	marked, sized := lzmaOf(t, true), lzmaOf(t, false)
	two := packed(t, func(w io.Writer) (io.WriteCloser, error) { return lzma.Writer2Config{DictCap: 1 << 16}.NewWriter2(w) })
	zst := packed(t, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	size := int64(len(text))
	for name, open := range map[string]func() (io.Reader, error){
		"xz":               func() (io.Reader, error) { return NewXZ(bytes.NewReader(xzOf(t, 1<<16)), window) },
		"zstd":             func() (io.Reader, error) { return NewZstd(bytes.NewReader(zst), 8<<20) },
		"lzma with a mark": func() (io.Reader, error) { return NewLZMA(bytes.NewReader(marked[13:]), marked[:5], -1, window) },
		"lzma":             func() (io.Reader, error) { return NewLZMA(bytes.NewReader(sized[13:]), sized[:5], size, window) },
		"lzma2":            func() (io.Reader, error) { return NewLZMA2(bytes.NewReader(two), 8, size, window) },
	} {
		r, err := open()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := io.ReadAll(io.LimitReader(r, size))
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// A header that asks for a large dictionary gets none, and less data need less.
func TestWindows(t *testing.T) {
	large := []byte{0x5d, 0, 0, 0, 0x40}                  // 1 GiB
	zst := []byte("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00") // 1 GiB, and an empty block
	for name, open := range map[string]func() (io.Reader, error){
		"xz":    func() (io.Reader, error) { return NewXZ(bytes.NewReader(xzOf(t, 8<<20)), window) },
		"zstd":  func() (io.Reader, error) { return NewZstd(bytes.NewReader(zst), window) },
		"lzma":  func() (io.Reader, error) { return NewLZMA(bytes.NewReader(nil), large, -1, window) },
		"size":  func() (io.Reader, error) { return NewLZMA(bytes.NewReader(nil), large, 2<<20, window) },
		"lzma2": func() (io.Reader, error) { return NewLZMA2(bytes.NewReader(nil), 40, 2<<20, window) },
	} {
		r, err := open()
		if err == nil {
			_, err = io.ReadAll(r)
		}
		var w *WindowError
		if !errors.As(err, &w) || w.Limit != window {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewLZMA2(bytes.NewReader([]byte{0}), 40, 1<<10, window); err != nil {
		t.Errorf("little data: %v", err)
	}
	if _, err := NewLZMA2(bytes.NewReader(nil), 41, 1, window); err == nil {
		t.Error("a property over 40 is no error")
	}
	if _, err := NewLZMA(bytes.NewReader(nil), []byte{0x5d}, 1, window); err == nil {
		t.Error("properties of one byte are no error")
	}
}

// A panic of a module is an error of its stream.
func TestPanicOfAModule(t *testing.T) {
	_, err := guard(func() (io.Reader, error) { panic("index out of range") }, window)
	if err == nil {
		t.Error("a panic while it was opened is no error")
	}
	r, err := guard(func() (io.Reader, error) { return &broken{}, nil }, window)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("%v", err)
	}
}

type broken struct{}

func (*broken) Read([]byte) (int, error) { panic("index out of range") }

func FuzzCodecs(f *testing.F) {
	f.Add([]byte("\xfd7zXZ\x00\x00\x04"), uint8(0))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00"), uint8(1))
	f.Add([]byte("\x5d\x00\x00\x01\x00\x00"), uint8(2))
	f.Add([]byte("\x08\x01\x00\x02abc\x00"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		if len(data) < 6 {
			return
		}
		var r io.Reader
		var err error
		switch in := bytes.NewReader(data); kind % 4 {
		case 0:
			r, err = NewXZ(in, window)
		case 1:
			r, err = NewZstd(in, window)
		case 2:
			r, err = NewLZMA(bytes.NewReader(data[5:]), data[:5], -1, window)
		default:
			r, err = NewLZMA2(bytes.NewReader(data[1:]), data[0], 1<<20, window)
		}
		if err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<22))
		}
	})
}
