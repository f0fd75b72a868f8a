package listing

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"portverdict/etl"
	"portverdict/etl/schema"
)

// learn takes over what a trace says of its events, which may stand behind them; tell is
// told of what is wrong with it. The reader it returns was read to the end, so its counts
// are complete. Only a trace in which sources describe themselves is read once more.
func learn(r io.ReaderAt, size int64, catalog *schema.Catalog, tell func(error)) (*etl.Reader, error) {
	reader, err := etl.NewReader(r, size, &etl.Options{Providers: []etl.GUID{schema.Metadata}})
	if err != nil {
		return nil, err
	}
	learnAll(reader, catalog, tell)
	var sources []etl.Wanted
	for k := range reader.Stats().Counts {
		if k.Kind == etl.KindEvent && k.ID == schema.ManifestEvent {
			sources = append(sources, etl.Wanted{Provider: k.Provider, IDs: []uint16{schema.ManifestEvent}})
		}
	}
	if len(sources) > 0 {
		again, err := etl.NewReader(r, size, &etl.Options{Wanted: sources})
		if err != nil {
			return nil, err
		}
		learnAll(again, catalog, tell)
	}
	return reader, nil
}

func learnAll(reader *etl.Reader, catalog *schema.Catalog, tell func(error)) {
	for e, err := range reader.Events() {
		if err == nil {
			tell(catalog.Learn(&e))
		}
	}
}

// Lines gives a function that prints single events of a trace of size bytes, each as the
// line that the format ndjson has of it; the line is good until the next one. An event that
// only describes others has none. Of o what picks events is not used.
func Lines(r io.ReaderAt, size int64, o Options) (func(*etl.Event) []byte, error) {
	var line bytes.Buffer
	b := bufio.NewWriter(&line)
	l := New(o, NewWriter("ndjson", b, o.Message))
	if _, err := learn(r, size, o.Catalog, l.tell); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Source, err)
	}
	return func(e *etl.Event) []byte {
		if e.Provider == schema.Metadata && e.Kind == etl.KindFull {
			return nil
		}
		line.Reset()
		row := l.eventRow(e)
		row.decode(l)
		l.out.row(row)
		b.Flush() // into memory
		return line.Bytes()
	}, nil
}
