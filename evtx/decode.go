package evtx

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/0xrawsec/golang-evtx/evtx"
	quiet "github.com/0xrawsec/golang-utils/log"
)

var (
	errBinXML = errors.New("it is no BinXML")
	errNested = errors.New("it is nested too deep")
	errValues = errors.New("its values do not fit")
	errNoID   = errors.New("it has no EventID")
)

// init lowers the level of golang-evtx's logger, which nothing else here uses and
// which cannot be handed to a call. It is the one place where this is done. What
// golang-evtx logs at any level is left: see the package comment.
func init() { quiet.SetLogLevel(quiet.LCritical) }

// decode reads the content of the record f of a chunk into r.
func (w *walk) decode(chunk []byte, f frame, r *Record) error {
	fragment, err := w.parse(chunk, f)
	if err != nil {
		return err
	}
	c := &content{chunk: chunk, record: r}
	if err := c.fragment(fragment, 0); err != nil {
		return err
	}
	if !c.hasID {
		return errNoID
	}
	return nil
}

// parse has golang-evtx parse one record. The chunk of the library is a new one
// each time because it keeps templates that failed.
//
// It runs in a goroutine of its own, which this waits for: a read that must not be
// made ends the goroutine, whatever the library is in the middle of, because it
// goes on after most errors and prints them with a stack.
func (w *walk) parse(chunk []byte, f frame) (fragment *evtx.Fragment, err error) {
	if w.budget <= 0 {
		return nil, errors.New("the records before it in the chunk took too long")
	}
	b := &source{data: chunk, at: int64(f.offset + recordHeader), left: min(readBudget, w.budget)}
	given := b.left
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = errBinXML // of a goroutine that ends early
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("golang-evtx: %v", v)
			}
		}()
		c := evtx.NewChunk()
		c.Data = chunk
		element, parseErr := evtx.Parse(b, &c, false)
		err = parseErr
		if f, ok := element.(*evtx.Fragment); ok {
			fragment = f
		} else if err == nil {
			err = errBinXML
		}
	}()
	<-done
	w.budget -= given - b.left
	if err != nil {
		return nil, err
	}
	return fragment, nil
}

// source is a chunk as golang-evtx reads it, from 1 to 16 bytes at a time.
type source struct {
	data  []byte
	at    int64
	left  int  // reads
	token bool // the last read was of one byte
}

// Read gives all of p or does not return: see walk.parse.
func (s *source) Read(p []byte) (int, error) {
	s.left--
	if s.left < 0 || s.at < 0 || int64(len(s.data))-s.at < int64(len(p)) {
		runtime.Goexit()
	}
	n := copy(p, s.data[s.at:])
	s.at += int64(n)
	s.token = n == 1
	return n, nil
}

// Seek is io.Seeker's. The library steps back one byte after one only to look at a
// token; one that it does not know ends the reading here.
func (s *source) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += int64(len(s.data))
	}
	if offset < 0 {
		return s.at, errBinXML
	}
	if s.token && offset == s.at-1 && offset < int64(len(s.data)) && !known(s.data[offset]) {
		runtime.Goexit()
	}
	s.at, s.token = offset, false
	return offset, nil
}

func known(token byte) bool {
	switch token {
	case evtx.TokenEOF, evtx.TokenOpenStartElementTag1, evtx.TokenOpenStartElementTag2,
		evtx.TokenCloseStartElementTag, evtx.TokenCloseEmptyElementTag, evtx.TokenEndElementTag,
		evtx.TokenValue1, evtx.TokenValue2, evtx.TokenCharRef1, evtx.TokenCharRef2,
		evtx.TokenEntityRef1, evtx.TokenEntityRef2, evtx.TokenTemplateInstance,
		evtx.TokenNormalSubstitution, evtx.TokenOptionalSubstitution, evtx.FragmentHeaderToken:
		return true
	}
	return false
}
