package main

import (
	"bytes"
	"io"
	"log"
)

// quietLog keeps golang-evtx, which writes stacks of what it cannot parse to the
// program's logger, from standard error: we tell of such records ourselves. What
// anything else logs still comes through.
type quietLog struct{ out io.Writer }

func (q quietLog) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("0xrawsec/golang-evtx")) {
		return len(p), nil
	}
	return q.out.Write(p)
}

func silenceLibrary() { log.SetOutput(quietLog{log.Writer()}) }
