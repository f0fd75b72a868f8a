package listing

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"portverdict/evtx/saved"
	"portverdict/netstatparse/paste"
	"portverdict/report"
)

// WriteLines writes the lines of a saved text that stand at the places, in the order of
// the file, as "text" or "ndjson".
func WriteLines(b *bufio.Writer, format, source string, r io.Reader, places []report.Place) error {
	places = slices.Clone(places)
	slices.SortFunc(places, func(a, b report.Place) int { return a.Line - b.Line })
	s := paste.NewScanner(r)
	for len(places) > 0 && s.Scan() {
		for len(places) > 0 && places[0].Last < s.Line() {
			places = places[1:]
		}
		if len(places) > 0 && places[0].Line <= s.Line() {
			writeLine(b, format, source, s.Line(), s.Text())
		}
	}
	return s.Err()
}

func writeLine(b *bufio.Writer, format, source string, line int, text string) {
	if format == "text" {
		fmt.Fprintf(b, "%s:%d: %s\n", oneLine(source), line, oneLine(text))
		return
	}
	out, err := json.Marshal(struct {
		Source string `json:"source"`
		Line   int    `json:"line"`
		Text   string `json:"text"`
	}{source, line, text})
	if err == nil { // texts and a number cannot fail
		b.Write(append(report.Inert(out), '\n'))
	}
}

// SavedRecord writes the lines of the saved event record at a place: those up to the next
// record or, where several stand in one line, its part of it.
func SavedRecord(b *bufio.Writer, format, source string, r io.ReaderAt, size int64, at report.Place) error {
	open := func() io.Reader { return io.NewSectionReader(r, 0, size) }
	from, next := savedAt(saved.NewReader(open()), at)
	if from == nil {
		from, next = savedAt(saved.NewUnwrapped(open()), at)
	}
	last := at.Line
	switch {
	case from == nil:
	case next == nil:
		last = 1 << 30
	case next.Line > at.Line:
		last = next.Line - 1
	case next.Event.Offset > from.Event.Offset:
		part := make([]byte, min(next.Event.Offset-from.Event.Offset, maxPart))
		n, err := r.ReadAt(part, from.Event.Offset)
		if n > 0 {
			writeLine(b, format, source, at.Line, string(part[:n]))
			return nil
		}
		return err
	}
	return WriteLines(b, format, source, open(), []report.Place{{Line: at.Line, Last: last}})
}

// maxPart is how much of a line is printed as one record, in bytes.
const maxPart = 1 << 20

// savedAt finds a record by its place, and the one after it.
func savedAt(reader *saved.Reader, at report.Place) (found, next *saved.Record) {
	for rec, err := range reader.Records() {
		switch {
		case err != nil:
		case found != nil:
			return found, &rec
		case rec.Line == at.Line && int64(rec.Event.RecordID) == at.Record && rec.Event.Offset == at.Offset:
			found = &rec
		}
	}
	return found, nil
}

// Bytes of a record of an event log: its signature, its size and its number with its time
// before the event, and the size again behind it.
const (
	recordHead = 24
	recordTail = 4
	maxRecord  = 64 << 10
)

// rawRecord gives the bytes of the event of the record at an offset, nil where they cannot
// be read.
func rawRecord(r io.ReaderAt, offset int64) []byte {
	var head [8]byte
	if _, err := r.ReadAt(head[:], offset); err != nil {
		return nil
	}
	size := binary.LittleEndian.Uint32(head[4:])
	if size < recordHead+recordTail || size > maxRecord {
		return nil
	}
	out := make([]byte, size-recordHead-recordTail)
	if _, err := r.ReadAt(out, offset+recordHead); err != nil {
		return nil
	}
	return out
}
