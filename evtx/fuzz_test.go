package evtx

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// FuzzRecords reads a file of any chunk in every way: nothing dies, and damage lies in
// the file.
func FuzzRecords(f *testing.F) {
	whole := composed(f)
	// Short ones: what is found in long files is minimized for a minute each.
	f.Add(whole[fileHeaderSize:fileHeaderSize+2500], true)
	f.Add(small(f)[fileHeaderSize:], true)
	f.Add(small(f)[fileHeaderSize:], false)
	f.Fuzz(func(t *testing.T, chunk []byte, mend bool) {
		d := append(append([]byte{}, whole[:fileHeaderSize]...), chunk...)
		if mend && len(chunk) > chunkHeaderSize {
			copy(d[fileHeaderSize:], chunkMagic)
			seal(d)
		}
		all := readLog(t, d, nil)
		o := wantedOnly
		o.SecondReader = o.IDs
		o.From = someTime
		readLog(t, d, &o)
		for _, r := range all.records {
			if len(r.Data) != len(r.Names) || len(r.Data) > maxStrings {
				t.Errorf("%d Data, %d Names", len(r.Data), len(r.Names))
			}
		}
	})
}

// FuzzContent decodes one record of any content, alone in a chunk that holds another:
// the other stays as it is, and where golang-evtx reads the record as well, both say
// the same of who wrote it and what it is.
func FuzzContent(f *testing.F) {
	chunk := composed(f)[fileHeaderSize:]
	for at, n := chunkHeaderSize, 0; n < 40; n++ {
		fr, ok := frameAt(chunk, at)
		if !ok {
			break
		}
		f.Add(chunk[at+recordHeader : at+fr.size-4])
		at += fr.size
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > chunkSize-20000 {
			return
		}
		w := newWriter()
		w.b = append(w.b, make([]byte, 16384)...)
		copy(w.b, chunk[:16384])
		fuzzed := w.record(func() { w.put(content...) })
		whole := w.record(func() { w.put(tokenFragment, 1, 1, 0).instance(func() { w.event(func() {}) }) })
		d := newDecoder(&filter{})
		d.begin(w.b)
		var r, other Record
		err := d.decode(fuzzed, &r, false)
		d.finish()
		if n := len(d.text); n > chunkOutput+4*chunkSize {
			t.Errorf("%d bytes of text", n)
		}
		d.begin(w.b)
		if e := d.decode(whole, &other, false); e != nil || other.ID != 7 || other.Provider != "P" {
			t.Errorf("the record behind it: %v %+v", e, other)
		}
		if err != nil {
			return
		}
		if !sizesFit(d, fuzzed) {
			return // golang-evtx reads each type in its own size, whatever the descriptor says
		}
		s := &second{chunk: bytes.Clone(w.b), budget: secondBudget}
		defer s.close()
		theirs, err := s.read(fuzzed)
		if err != nil {
			return
		}
		if theirs.provider != r.Provider || theirs.id != r.ID || !theirs.time.Equal(r.Time) && !r.Time.IsZero() {
			t.Errorf("golang-evtx: %q %d %v, we: %q %d %v", theirs.provider, theirs.id, theirs.time, r.Provider, r.ID, r.Time)
		}
	})
}

// sizesFit reports whether each value of a record has the size that golang-evtx takes.
func sizesFit(d *decoder, f frame) bool {
	in, err := d.header(f.offset+recordHeader+fragmentHeader+1, f.offset+f.size-4)
	if err != nil {
		return false
	}
	at := in.descriptors + 4*in.count
	for b := d.chunk[in.descriptors:at]; len(b) >= 4; b = b[4:] {
		size, kind := int(binary.LittleEndian.Uint16(b)), b[2]
		fixed := sizeOf(kind)
		switch {
		case kind == kindSID && sidSize(d.chunk[at:at+size]) != size:
			return false
		case kind == kindBinXML && at+size < d.valuesEnd(in):
			return false
		case kind&array != 0 || kind == kindString || kind == kindANSI:
			if size%2 != 0 {
				return false
			}
		case fixed != 0 && size != fixed:
			return false
		}
		at += size
	}
	return true
}
