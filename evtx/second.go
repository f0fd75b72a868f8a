package evtx

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/0xrawsec/golang-evtx/evtx"
	quiet "github.com/0xrawsec/golang-utils/log"
)

var errBinXML = errors.New("it is not BinXML")

// init lowers the level of golang-evtx's logger, which nothing else here uses and
// which cannot be handed to a call. It is the one place where this is done. What
// golang-evtx logs at any level is left: see the package comment.
func init() { quiet.SetLogLevel(quiet.LCritical) }

// second has golang-evtx parse records of one chunk.
//
// The library runs in a goroutine of its own, which this waits for: a read that must
// not be made ends the goroutine, whatever the library is in the middle of, because
// it goes on after most errors and prints them with a stack. A goroutine serves until
// then, since the library keeps the templates of a chunk; one that failed is kept as
// well, so with the goroutine they are all forgotten.
type second struct {
	chunk    []byte
	budget   int // reads left
	requests chan *request
}

type request struct {
	source   source
	fragment *evtx.Fragment
	err      error
	done     chan struct{}
}

// confirm compares a record with what the second reader says of it. The text names
// the first difference.
func (s *second) confirm(f frame, r *Record) (Confirmation, string) {
	w, err := s.read(f)
	if err != nil {
		return Unconfirmed, ""
	}
	switch {
	case w.provider != r.Provider:
		return Disagreed, fmt.Sprintf("provider %q, the second reader says %q", r.Provider, w.provider)
	case w.id != r.ID:
		return Disagreed, fmt.Sprintf("event id %d, the second reader says %d", r.ID, w.id)
	case !r.Time.IsZero() && !w.time.Equal(r.Time):
		return Disagreed, fmt.Sprintf("TimeCreated %v, the second reader says %v", r.Time, w.time)
	}
	if i := differ(w.data, r.Data); i >= 0 && !w.other {
		return Disagreed, fmt.Sprintf("string %d is not what the second reader says", i+1)
	}
	return Agreed, ""
}

// differ gives the index of the first string of which two readers say another thing,
// -1 if there is none. The library drops empty strings of an array, so none count. It
// gives no arrays but those of strings: what it does not know fits any one string.
func differ(theirs []said, ours []string) int {
	i := 0
	for _, s := range theirs {
		if s.known && s.text == "" {
			continue
		}
		for i < len(ours) && ours[i] == "" {
			i++
		}
		if i == len(ours) || s.known && s.text != ours[i] {
			return i
		}
		i++
	}
	for ; i < len(ours); i++ {
		if ours[i] != "" {
			return i
		}
	}
	return -1
}

// read gives what the second reader says of a record.
func (s *second) read(f frame) (*witness, error) {
	fragment, err := s.parse(f)
	if err != nil {
		return nil, err
	}
	w := &tree{}
	if err := w.fragment(fragment, 0); err != nil {
		return nil, err
	}
	if !w.hasID {
		return nil, errNoID
	}
	return &w.witness, nil
}

func (s *second) parse(f frame) (*evtx.Fragment, error) {
	if s.budget <= 0 {
		return nil, errBudget
	}
	if s.requests == nil {
		s.requests = make(chan *request)
		go serve(s.chunk, s.requests)
	}
	q := &request{source: source{data: s.chunk, at: int64(f.offset + recordHeader), left: min(readBudget, s.budget)}, done: make(chan struct{})}
	given := q.source.left
	s.requests <- q
	<-q.done
	s.budget -= given - q.source.left
	if q.err != nil {
		s.requests = nil // it has ended
		return nil, q.err
	}
	return q.fragment, nil
}

// close ends the goroutine.
func (s *second) close() {
	if s.requests != nil {
		close(s.requests)
	}
}

// serve parses until there is no more to parse, or until one parse fails.
func serve(chunk []byte, requests <-chan *request) {
	c := evtx.NewChunk()
	c.Data = chunk
	for q := range requests {
		if !q.parse(&c) {
			return
		}
	}
}

// parse answers a request; false, or no return at all, when it failed.
func (q *request) parse(c *evtx.Chunk) bool {
	defer close(q.done)
	q.err = errBinXML // of a goroutine that ends in the middle
	defer func() {
		if v := recover(); v != nil {
			q.err = fmt.Errorf("golang-evtx: %v", v)
		}
	}()
	element, err := evtx.Parse(&q.source, c, false)
	f, ok := element.(*evtx.Fragment)
	switch {
	case err != nil:
		q.err = err
	case ok:
		q.fragment, q.err = f, nil
	}
	return q.err == nil
}

// source is a chunk as golang-evtx reads it, from 1 to 16 bytes at a time.
type source struct {
	data  []byte
	at    int64
	left  int  // reads
	token bool // the last read was of one byte
}

// Read gives all of p or does not return: see request.parse.
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
	if s.token && offset == s.at-1 && offset < int64(len(s.data)) && !tokenKnown(s.data[offset]) {
		runtime.Goexit()
	}
	s.at, s.token = offset, false
	return offset, nil
}

func tokenKnown(token byte) bool {
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
