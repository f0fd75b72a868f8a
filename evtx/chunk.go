package evtx

// chunk is one chunk of the file while its records are read.
type chunk struct {
	walk     *walk
	data     []byte
	at       int64 // offset in the file
	header   chunkHeader
	origin   Origin
	wary     bool // the header says nothing of where records are: take whole ones only
	any, all bool // a record may be wanted, each may be
}

// records walks the records from behind the header to the end of the chunk. Where
// one does not fit it looks for the next: inside the log that is damage, behind
// its end it is what is left of older records.
func (c *chunk) records() bool {
	for at := chunkHeaderSize; len(c.data)-at >= minRecord; {
		live := !c.wary && at < c.header.free && at <= c.header.lastRecord
		f, ok := frameAt(c.data, at)
		if ok && !f.copied(c.data) {
			// The copy alone can be damaged: then the next record is in place.
			_, next := frameAt(c.data, f.offset+f.size)
			ok = live && (next || f.offset+f.size == c.header.free)
		}
		if ok {
			if !c.record(f, live || c.continues(f)) {
				return false
			}
			at += f.size
			continue
		}
		next := nextFrame(c.data, at+1)
		if live && len(c.data) == chunkSize || live && next >= 0 {
			end := next
			if end < 0 {
				end = len(c.data)
			}
			if !c.walk.damage(CodeRecordFrame, c.at+int64(at), int64(end-at), "no record fits here; reading went on at the next one") {
				return false
			}
		}
		if next < 0 {
			break
		}
		at = next
	}
	return true
}

// continues tells that a record behind the end that the chunk header knows is part
// of the log: one that was not closed holds records that its headers do not know
// yet, and these count on without a gap.
func (c *chunk) continues(f frame) bool {
	return c.walk.reader.header.dirty && !c.wary && f.copied(c.data) && f.number == c.walk.now.last+1
}

// record counts a record and gives it when it is wanted.
func (c *chunk) record(f frame, live bool) bool {
	w, origin := c.walk, c.origin
	if !live && origin != OriginEmptyChunk && !c.wary {
		origin = OriginSlack
	}
	left := origin == OriginSlack || origin == OriginEmptyChunk
	if left {
		w.stats.Leftover++
		w.stats.Cleared = w.stats.Cleared || origin == OriginEmptyChunk
	} else {
		w.count(f)
	}
	filter := &w.reader.filter
	if !c.any || !c.all && !filter.record(c.data[f.offset:f.offset+f.size]) {
		return true
	}
	r := Record{RecordID: f.number, Offset: c.at + int64(f.offset), Time: f.written, Written: f.written, Origin: origin}
	if err := w.decode(c.data, f, &r); err != nil {
		if left {
			return true // the chunk's templates may long be others
		}
		w.stats.Undecoded++
		return w.damage(CodeRecord, r.Offset, int64(f.size), "the content of the record cannot be read: "+err.Error())
	}
	if !filter.match(&r) {
		return true
	}
	w.stats.Decoded++
	if w.stats.Channel == "" {
		w.stats.Channel, w.stats.Computer = r.Channel, r.Computer
	}
	if !w.yield(r, nil) {
		return false
	}
	if id, ok := r.binaryID(); ok && id != r.ID {
		return w.damage(CodeBinaryID, r.Offset, int64(f.size), binaryDetail(r.ID, id))
	}
	return true
}
