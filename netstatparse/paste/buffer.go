package paste

import (
	"bufio"
	"bytes"
	"io"
)

// Buffer gives r with the buffer that the readers of texts want. A bufio.Reader that
// can look far enough ahead is used as it is. The buffer of a text in memory is no larger
// than the text: a folder may hold 20,000 small files, each looked at by seven readers.
func Buffer(r io.Reader) *bufio.Reader {
	size := blockSize
	switch in := r.(type) {
	case *bufio.Reader:
		if in.Size() >= leastBuffer {
			return in
		}
	case *bytes.Reader:
		size = min(size, in.Len()+leastBuffer)
	}
	return bufio.NewReaderSize(r, size)
}
