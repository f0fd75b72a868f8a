package evtx

import (
	"fmt"
	"slices"
	"time"
)

// chunk is one chunk of the file while its records are read.
type chunk struct {
	*result
	filter  *filter
	dirty   bool // the log was not closed
	data    []byte
	at      int64 // offset in the file
	header  chunkHeader
	origin  Origin
	first   bool // of the file: it tells whose log this is
	wary    bool // the header says nothing of where records are: take whole ones only
	from    time.Time
	decoder *decoder
	second  second
	untimed frame // the record of the log before, when its time is not known yet
}

// records walks the records from behind the header to the end of the chunk. Where
// one does not fit it looks for the next: inside the log that is damage, behind
// its end it is what is left of older records.
func (c *chunk) records() {
	for at := chunkHeaderSize; len(c.data)-at >= minRecord; {
		live := !c.wary && at < c.header.free && at <= c.header.lastRecord
		f, ok := frameAt(c.data, at)
		if ok && !f.copied(c.data) {
			// The copy alone can be damaged: then the next record is in place.
			_, next := frameAt(c.data, f.offset+f.size)
			ok = live && (next || f.offset+f.size == c.header.free)
		}
		if ok {
			c.record(f, live || c.continues(f))
			at += f.size
			continue
		}
		next := nextFrame(c.data, at+1)
		if live && (len(c.data) == chunkSize || next < len(c.data)) {
			c.damage(CodeRecordFrame, c.at+int64(at), int64(next-at), "no record fits here; reading went on at the next one")
		}
		at = next
	}
	c.timeUntimed()
}

// before reports whether a record was surely created before from.
func (c *chunk) before(g glance) bool {
	return g.time >= earliest && fileTime(g.time).Before(c.from)
}

// continues reports whether a record behind the end that the chunk header knows is part
// of the log: one that was not closed holds records that its headers do not know
// yet, and these count on without a gap.
func (c *chunk) continues(f frame) bool {
	return c.dirty && !c.wary && f.copied(c.data) && f.number == c.numbers.last+1
}

// record counts a record and keeps it when it is wanted.
func (c *chunk) record(f frame, live bool) {
	origin := c.origin
	if !live && origin != OriginEmptyChunk && !c.wary {
		origin = OriginSlack
	}
	g := c.decoder.glance(f)
	left := origin == OriginSlack || origin == OriginEmptyChunk
	if left {
		c.stats.Leftover++
		c.stats.Cleared = c.stats.Cleared || origin == OriginEmptyChunk
	} else {
		c.count(f, g)
	}
	if c.first && !left && c.stats.Channel == "" {
		c.identify(f)
	}
	if !g.may || c.before(g) {
		return
	}
	n := len(c.items)
	c.items = append(c.items, item{record: Record{RecordID: f.number, Offset: c.at + int64(f.offset), Written: eventTime(f.written), Origin: origin}})
	given, damage := c.content(f, &c.items[n].record, left)
	if !given {
		c.items = c.items[:n]
	}
	if damage != nil {
		c.tell(damage)
	}
}

// content reads the content of a record into r. It says whether the record is given
// and what is told behind it.
func (c *chunk) content(f frame, r *Record, left bool) (given bool, damage *FormatError) {
	err := c.decoder.decode(f, r, left)
	if err != nil && left {
		return false, nil // the chunk's templates may long be others
	}
	if !left && !r.Time.IsZero() {
		c.span(r.Time)
	}
	if err != nil {
		c.stats.Undecoded++
		damage := &FormatError{CodeRecord, r.Offset, int64(f.size), "the content of the record cannot be read: " + err.Error()}
		// Whether it is one of the wanted, a record that cannot be read does not say.
		if !c.filter.everything() {
			return false, damage
		}
		if c.decoder.finish(); r.Time.IsZero() {
			r.Time = r.Written
		}
		r.Payload = slices.Clone(c.data[f.offset+recordHeader : f.offset+f.size-4])
		return true, damage
	}
	if !c.filter.match(r) || !r.Time.IsZero() && r.Time.Before(c.from) {
		return false, nil
	}
	c.decoder.finish()
	c.stats.Decoded++
	if c.stats.Channel == "" {
		c.stats.Channel, c.stats.Computer = r.Channel, r.Computer
	}
	if id, ok := r.binaryID(); ok && id != r.ID {
		damage = &FormatError{CodeBinaryID, r.Offset, int64(f.size), binaryDetail(r.ID, id)}
	}
	return true, damage
}

// identify takes the channel and the computer from a record, wanted or not.
func (c *chunk) identify(f frame) {
	var r Record
	if c.decoder.decode(f, &r, false) == nil {
		c.stats.Channel, c.stats.Computer = r.Channel, r.Computer
	}
}

// count adds a record of the log to what Stats tells.
func (c *chunk) count(f frame, g glance) {
	s := &c.stats
	s.Records++
	if s.FirstRecordID == 0 || f.number < s.FirstRecordID {
		s.FirstRecordID = f.number
	}
	s.LastRecordID = max(s.LastRecordID, f.number)
	if f.written == 0 {
		c.headerTimes.add(place{c.at + int64(f.offset), int64(f.size)})
	}
	if c.numbers.first == 0 {
		c.numbers.first = f.number
		if !g.timed {
			c.untimed = f
			c.timeUntimed()
		}
	} else if f.number != c.numbers.last+1 {
		s.Gaps++
	}
	c.numbers.last = f.number
	if c.untimed = (frame{}); !g.timed {
		c.untimed = f
	} else if g.time >= earliest && g.time < latest {
		c.ordered(f, g.time)
	}
}

// timeUntimed reads all of the first or the last record of the log in the chunk for
// its time alone, which its template does not tell.
func (c *chunk) timeUntimed() {
	var r Record
	if c.untimed.size > 0 && c.decoder.decode(c.untimed, &r, false) == nil && !r.Time.IsZero() {
		c.span(r.Time)
	}
	c.untimed = frame{}
}

// span widens the time that the log speaks for.
func (c *chunk) span(t time.Time) {
	s := &c.stats
	if s.First.IsZero() || t.Before(s.First) {
		s.First = t
	}
	if t.After(s.Last) {
		s.Last = t
	}
}

// ordered takes the time of a record, a FILETIME, and looks whether it goes back.
func (c *chunk) ordered(f frame, t uint64) {
	n := &c.numbers
	switch {
	case n.earliest == 0:
		n.earliest, n.latest, n.firstTime = t, t, t
		n.place = place{c.at + int64(f.offset), int64(f.size)}
	case goesBack(n.lastTime, t):
		c.backs.add(place{c.at + int64(f.offset), int64(f.size)})
		c.backs.note(f.number, n.lastTime-t)
	}
	n.lastTime = t
	n.earliest, n.latest = min(n.earliest, t), max(n.latest, t)
}

// goesBack reports whether a record of FILETIME t lies far before the record before it.
func goesBack(before, t uint64) bool { return t+uint64(maxTimeBack/100) < before }

// place is a record in the file, in bytes.
type place struct{ offset, length int64 }

// found counts records of a kind and keeps the first of the file.
type found struct {
	place
	count  int
	number uint64 // of the first record
	ticks  uint64 // 100 ns by which its time goes back
}

// add counts one more, and keeps the place when it is the first of all.
func (f *found) add(p place) {
	if f.count++; f.count == 1 {
		f.place = p
	}
}

// note keeps what is told of the first one.
func (f *found) note(number, ticks uint64) {
	if f.count == 1 {
		f.number, f.ticks = number, ticks
	}
}

// join adds what was found elsewhere in the file.
func (f *found) join(o found) {
	n := f.count + o.count
	if f.count == 0 || o.count > 0 && o.offset < f.offset {
		*f = o
	}
	f.count = n
}

// back words by how much a time goes back.
func (f *found) back() string {
	d := time.Duration(min(f.ticks, 1<<62/100)) * 100
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.Round(time.Second).String()
}

// confirm has a second reader read those of the chunk's records that it is asked for.
func (c *chunk) confirm(ids []uint16) {
	if len(ids) == 0 {
		return
	}
	count := map[uint16]int{}
	for i := range c.items {
		if c.items[i].err == nil {
			count[c.items[i].record.ID]++
		}
	}
	c.second = second{chunk: c.data, budget: secondBudget}
	defer c.second.close()
	seen := map[uint16]int{}
	for i := 0; i < len(c.items); i++ {
		it := &c.items[i]
		id := it.record.ID
		if it.err != nil || it.record.Payload != nil || !slices.Contains(ids, id) {
			continue
		}
		n := seen[id]
		seen[id]++
		if count[id] > secondEach && n%secondEvery != 0 && n != count[id]-1 {
			continue
		}
		if err := c.confirmOne(&it.record); err != nil {
			i++
			c.items = slices.Insert(c.items, i, item{err: err})
		}
	}
}

// confirmOne asks the second reader for one record.
func (c *chunk) confirmOne(r *Record) *FormatError {
	f, ok := frameAt(c.data, int(r.Offset-c.at))
	if !ok {
		return nil
	}
	var difference string
	r.Confirmed, difference = c.second.confirm(f, r)
	switch r.Confirmed {
	case Agreed:
		c.stats.Agreed++
	case Disagreed:
		c.stats.Disagreed++
		return &FormatError{CodeReaders, r.Offset, int64(f.size), fmt.Sprintf("two readers disagree on record %d: %s", r.RecordID, difference)}
	default:
		c.stats.Unconfirmed++
	}
	return nil
}
