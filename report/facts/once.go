package facts

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// once puts the records of all logs and texts together by time, each once. Logs come
// before texts, which say less of a record, and of these the ones whose time is known.
func once(sources []*Source, pick func(*Log) []*Record) []*Record {
	seen := seenRecords{}
	var out []*Record
	take := func(l *Log, timed bool) {
		if l == nil {
			return
		}
		for _, r := range pick(l) {
			if r.Time.IsZero() == timed || seen.has(r) {
				continue
			}
			seen.add(r)
			out = append(out, r)
		}
	}
	for _, s := range sources {
		take(s.Log, true)
		take(s.Log, false)
	}
	for _, timed := range []bool{true, false} {
		for _, s := range sources {
			take(s.Saved, timed)
		}
	}
	slices.SortStableFunc(out, func(a, b *Record) int {
		return cmp.Or(a.Time.Compare(b.Time.Time), cmp.Compare(a.number, b.number), strings.Compare(a.Source.Path, b.Source.Path), cmp.Compare(a.offset, b.offset))
	})
	return out
}

// seenRecords are records by what two copies of one have in common. A text may lack the
// number of a record, its computer, its channel, parts of its second, and its zone.
type seenRecords map[recordKey][]*Record

type recordKey struct {
	id     int
	number uint64 // 0: of records of any number
	second int64  // UTC, or of the wall time
	wall   bool
}

// maxSameSecond is how many records of one second a copy without a number is compared
// with.
const maxSameSecond = 64

func (s seenRecords) add(r *Record) {
	k := recordKey{id: r.ID, number: r.number, second: r.Time.Unix()}
	if r.Time.IsZero() {
		k.second, k.wall = r.Wall.Unix(), true
	}
	if r.number != 0 {
		s[k] = append(s[k], r)
		k.number = 0
	}
	if len(s[k]) < maxSameSecond {
		s[k] = append(s[k], r)
	}
}

// has tells that a record was seen. One without a number is compared with those of other
// sources: a source that has two of a second has two.
func (s seenRecords) has(r *Record) bool {
	for k := range keysOf(r) {
		if r.number != 0 {
			k.number = r.number
			if slices.ContainsFunc(s[k], r.copies) {
				return true
			}
			k.number = 0
		}
		if slices.ContainsFunc(s[k], func(o *Record) bool {
			return (o.number == 0 || r.number == 0) && o.Source != r.Source && r.copies(o)
		}) {
			return true
		}
	}
	return false
}

// keysOf are the keys that a copy of the record may have been added under. A wall time
// is at most 14 hours from UTC, by whole quarters.
func keysOf(r *Record) func(yield func(recordKey) bool) {
	return func(yield func(recordKey) bool) {
		if !r.Time.IsZero() {
			yield(recordKey{id: r.ID, second: r.Time.Unix()})
			return
		}
		for _, wall := range []time.Time{r.Wall, r.WallOr} {
			if wall.IsZero() {
				continue
			}
			if !yield(recordKey{id: r.ID, second: wall.Unix(), wall: true}) {
				return
			}
			for far := -14 * time.Hour; far <= 14*time.Hour; far += 15 * time.Minute {
				if !yield(recordKey{id: r.ID, second: wall.Add(far).Unix()}) {
					return
				}
			}
		}
	}
}

// copies tells that two records of one second and id are one: what both of them tell is
// the same.
func (r *Record) copies(o *Record) bool {
	return (r.Channel == "" || o.Channel == "" || strings.EqualFold(r.Channel, o.Channel)) &&
		(r.Computer == "" || o.Computer == "" || strings.EqualFold(firstLabel(r.Computer), firstLabel(o.Computer))) &&
		(len(r.Data) == 0 || len(o.Data) == 0 || r.Port == o.Port && r.PID == o.PID) &&
		r.sameTime(o)
}

func firstLabel(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return first
}

// sameTime compares two times of one second as finely as the coarser is written.
func (r *Record) sameTime(o *Record) bool {
	if r.Time.IsZero() || o.Time.IsZero() {
		return true
	}
	unit := max(fineness(r.Time.Time), fineness(o.Time.Time))
	return r.Time.Truncate(unit).Equal(o.Time.Truncate(unit))
}

// fineness is the least unit that a time is written with.
func fineness(t time.Time) time.Duration {
	switch ns := t.Nanosecond(); {
	case ns == 0:
		return time.Second
	case ns%1e6 == 0:
		return time.Millisecond
	}
	return 100 * time.Nanosecond
}
