package bundle

import (
	"io"
	"os"
	"syscall"
	"syscall/js"
)

// readerOf reads a file of a page: its file system hands out the blocks that it keeps, so
// they are copied once and not, as os does it, into a new array for every read.
func readerOf(f *os.File) io.ReaderAt {
	piece := js.Global().Get("fs").Get("piece")
	if piece.Type() != js.TypeFunction {
		return f // another file system
	}
	return &pieces{f, int(f.Fd()), piece}
}

type pieces struct {
	file  *os.File
	fd    int
	piece js.Value
}

func (r *pieces) ReadAt(p []byte, at int64) (int, error) {
	for n := 0; n < len(p); {
		bytes := r.piece.Invoke(r.fd, at+int64(n), len(p)-n)
		if bytes.IsNull() { // os tells why
			more, err := r.file.ReadAt(p[n:], at+int64(n))
			return n + more, err
		}
		more := js.CopyBytesToGo(p[n:], bytes)
		if n += more; more == 0 {
			return n, io.EOF
		}
	}
	return len(p), nil
}

// hashedElsewhere lets the page hash a file in another thread, which tells how it goes on;
// nil: it does not.
func hashedElsewhere(file string, count func(n int64)) func() (string, error) {
	hash := js.Global().Get("fs").Get("hash")
	if file == "" || hash.Type() != js.TypeFunction {
		return nil
	}
	sum := make(chan string, 1)
	answer := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if args[0].Type() == js.TypeNumber {
			go count(int64(args[0].Int())) // it may wait, which nothing may that the page calls
		} else {
			sum <- args[0].String()
		}
		return nil
	})
	if !hash.Invoke(file, answer).Bool() {
		answer.Release()
		return nil
	}
	return func() (string, error) {
		defer answer.Release()
		if text := <-sum; text != "" {
			return text, nil
		}
		return "", syscall.EIO
	}
}
