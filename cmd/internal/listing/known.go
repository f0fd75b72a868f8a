package listing

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"portverdict/etl"
	"portverdict/etl/schema"
)

// maxAsked bounds the providers that a reader is asked for by name; of a trace with more,
// all events are looked at.
const maxAsked = 256

// Known is how many events of a trace there are and of how many the name and the fields
// are known; the others show their payload.
type Known struct {
	Events int `json:"events"`
	Named  int `json:"named"`
	Fields int `json:"with_fields"`
}

func (k *Known) add(n int, name string, source schema.Source) {
	if name != "" {
		k.Named += n
	}
	if source != schema.SourceNone {
		k.Fields += n
	}
}

// row adds a row that is printed. The name of a kind that is only counted is none.
func (k *Known) row(r *row) {
	k.Events++
	if r.name != "" && r.kind != "other" {
		k.Named++
	}
	if !r.unknown {
		k.Fields++
	}
}

// share is never 100 % while one is missing, nor 0 % when there is one.
func share(n, of int) string {
	tenths := 0
	if of > 0 {
		tenths = int(int64(n) * 1000 / int64(of))
	}
	if tenths == 0 && n > 0 {
		tenths = 1
	}
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

// survey finds out what is known of the events that were counted, and the names of those
// of one key. Of those that only the event itself can describe, TraceLogging, the trace is
// read once more.
func survey(r io.ReaderAt, size int64, counts map[etl.EventKey]int, catalog *schema.Catalog) (Known, map[etl.EventKey]string) {
	var known Known
	names := map[etl.EventKey]string{}
	open := map[etl.EventKey]bool{}
	providers := map[etl.GUID]bool{}
	for k, n := range counts {
		name, source := catalog.Known(&etl.Event{Kind: k.Kind, Provider: k.Provider, ID: k.ID, Opcode: k.Opcode, Hook: k.Hook, Version: k.Version})
		known.Events += n
		if k.Kind == etl.KindEvent && source == schema.SourceNone {
			open[k], providers[k.Provider] = true, true
			continue
		}
		known.add(n, name, source)
		names[k] = name
	}
	if len(open) == 0 {
		return known, names
	}
	var o etl.Options
	if len(providers) <= maxAsked {
		o.Providers = slices.Collect(maps.Keys(providers))
	}
	reader, err := etl.NewReader(r, size, &o)
	if err != nil {
		return known, names // it was read before
	}
	for e, err := range reader.Events() {
		k := etl.EventKey{Kind: e.Kind, Provider: e.Provider, ID: e.ID, Version: e.Version}
		if err != nil || !open[k] {
			continue
		}
		name, source := catalog.Known(&e)
		known.add(1, name, source)
		if first, seen := names[k]; !seen {
			names[k] = name
		} else if first != name {
			names[k] = "" // they have several
		}
	}
	return known, names
}
