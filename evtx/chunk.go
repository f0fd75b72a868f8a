package evtx

import "time"

// chunk is one chunk of the file while its records are read.
type chunk struct {
	*result
	filter   *filter
	dirty    bool // the log was not closed
	data     []byte
	at       int64 // offset in the file
	header   chunkHeader
	origin   Origin
	first    bool // of the file: it tells whose log this is
	wary     bool // the header says nothing of where records are: take whole ones only
	from     time.Time
	any, all bool // a record may be wanted, each may be
	// templates tells of those seen, by offset, whether they name a provider.
	templates map[uint32]bool
	decoder   decoder
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
		if live && len(c.data) == chunkSize || live && next >= 0 {
			end := next
			if end < 0 {
				end = len(c.data)
			}
			c.damage(CodeRecordFrame, c.at+int64(at), int64(end-at), "no record fits here; reading went on at the next one")
		}
		if next < 0 {
			break
		}
		at = next
	}
}

// reaches tells that a record of the chunk may be written at or after from.
func (c *chunk) reaches() bool {
	for at := chunkHeaderSize; at >= 0; {
		f, ok := frameAt(c.data, at)
		if !ok {
			at = nextFrame(c.data, at+1)
			continue
		}
		if !f.written.Before(c.from) {
			return true
		}
		at += f.size
	}
	return false
}

// continues tells that a record behind the end that the chunk header knows is part
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
	left := origin == OriginSlack || origin == OriginEmptyChunk
	if left {
		c.stats.Leftover++
		c.stats.Cleared = c.stats.Cleared || origin == OriginEmptyChunk
	} else {
		c.count(f)
	}
	if c.first && !left && c.stats.Channel == "" {
		c.identify(f)
	}
	if !c.any || f.written.Before(c.from) || !c.filter.record(c.data, f, c.all, c.templates) {
		return
	}
	r := Record{RecordID: f.number, Offset: c.at + int64(f.offset), Time: f.written, Written: f.written, Origin: origin}
	if err := c.decoder.decode(f, &r); err != nil {
		if left {
			return // the chunk's templates may long be others
		}
		c.stats.Undecoded++
		c.damage(CodeRecord, r.Offset, int64(f.size), "the content of the record cannot be read: "+err.Error())
		return
	}
	if !c.filter.match(&r) {
		return
	}
	c.stats.Decoded++
	if c.stats.Channel == "" {
		c.stats.Channel, c.stats.Computer = r.Channel, r.Computer
	}
	c.items = append(c.items, item{record: r})
	if id, ok := r.binaryID(); ok && id != r.ID {
		c.damage(CodeBinaryID, r.Offset, int64(f.size), binaryDetail(r.ID, id))
	}
}

// identify takes the channel and the computer from a record, wanted or not.
func (c *chunk) identify(f frame) {
	var r Record
	if c.decoder.decode(f, &r) == nil {
		c.stats.Channel, c.stats.Computer = r.Channel, r.Computer
	}
}

// count adds a record of the log to what Stats tells.
func (c *chunk) count(f frame) {
	s := &c.stats
	s.Records++
	if t := f.written; !t.IsZero() {
		if s.First.IsZero() || t.Before(s.First) {
			s.First = t
		}
		if t.After(s.Last) {
			s.Last = t
		}
	}
	if s.FirstRecordID == 0 || f.number < s.FirstRecordID {
		s.FirstRecordID = f.number
	}
	s.LastRecordID = max(s.LastRecordID, f.number)
	if c.numbers.first == 0 {
		c.numbers.first = f.number
	} else if f.number != c.numbers.last+1 {
		s.Gaps++
	}
	c.numbers.last = f.number
}
