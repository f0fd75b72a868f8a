package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"portverdict/cmd/internal/bundle"
)

// A program under a guard has its guard's pipe for a standard input, whose end tells that
// the guard is gone. So the guard reads a text that is given with "-" and sends it down
// that pipe: its length in 8 bytes, little endian, and its bytes. What the guard could not
// read has a length of -1.

// asksForStdin tells that "-" stands in the place of an input. What stands behind a flag
// is its value.
func asksForStdin(args []string) bool {
	if !slices.Contains(args, "-") {
		return false // nothing that could go wrong
	}
	root := newRoot()
	cmd, rest, err := root.Find(analyzed(root, args))
	if err != nil || cmd.ParseFlags(rest) != nil {
		return false // it will be told
	}
	return slices.Contains(cmd.Flags().Args(), bundle.Stdin)
}

// sendStdin sends what stands in r to the program.
func sendStdin(to io.Writer, r io.Reader) {
	text, err := io.ReadAll(io.LimitReader(r, bundle.MaxStdin+1)) // one more tells that it is too long
	size := int64(len(text))
	if err != nil {
		size, text = -1, nil
	}
	_ = binary.Write(to, binary.LittleEndian, size) // a program that is gone needs it no more
	_, _ = to.Write(text)
}

var errStdin = errors.New("standard input cannot be read")

// receivedStdin is the other end of sendStdin.
func receivedStdin(from io.Reader) io.Reader {
	var size int64
	if err := binary.Read(from, binary.LittleEndian, &size); err != nil || size < 0 || size > bundle.MaxStdin+1 {
		return failing{errStdin}
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(from, text); err != nil {
		return failing{errStdin}
	}
	return bytes.NewReader(text)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// later is a reader that is not there yet.
type later chan io.Reader

// Read waits for the reader, and reads.
func (l later) Read(p []byte) (int, error) {
	r := <-l
	n, err := r.Read(p)
	l <- r
	return n, err
}
