package evtx

import (
	"bytes"
	"encoding/binary"
)

const (
	instanceHeader   = 9  // version u8, template id u32, offset of its definition u32
	definitionHeader = 24 // next u32, GUID, size u32
)

// decoder reads the BinXML of records, one chunk at a time. What it learns of names
// and texts serves all chunks, what it learns of templates one.
type decoder struct {
	chunk     []byte
	budget    int // steps left, for the chunk
	output    int // bytes left of what the records of the chunk may say
	templates map[int]template
	steps     []op // of the templates
	shapes    [1 << shapeBits]shape
	filter    *filter
	wanted    map[string]bool // the providers seen, by their UTF-16
	names     map[string]name
	texts     map[string]string
	sids      map[string]string
	guids     map[string]string
	labels    map[label]string
	scratch   []op
	nest      []int

	// Of the record being read:
	record            *Record
	values            []value
	stack             []element
	text              []byte
	pieces            []piece
	parts             []byte // of an attribute, without its last
	binary            []byte // in the chunk
	activity, related span   // in text
	err               error
	stop              bool
	hasID             bool
}

func newDecoder(f *filter) *decoder {
	return &decoder{
		filter: f, wanted: map[string]bool{},
		templates: map[int]template{}, names: map[string]name{}, texts: map[string]string{}, labels: map[label]string{},
		sids: map[string]string{}, guids: map[string]string{},
	}
}

// begin turns to another chunk.
func (d *decoder) begin(chunk []byte) {
	d.chunk, d.budget, d.output = chunk, chunkBudget, chunkOutput
	clear(d.templates)
	d.steps = d.steps[:0]
	clear(d.shapes[:])
}

// value is one value of an instance; it is empty when it does not fit in the record.
type value struct {
	at   int32 // in the chunk
	size uint16
	kind byte
}

// span is a part of the text of a record.
type span struct{ from, to int }

// piece is one of a record's Data.
type piece struct {
	label string
	text  string // a text of the template, instead of
	span         // a part of the record's text
}

// decode reads the record f into r, but for the texts that finish adds. After an error
// r has what was read until then.
func (d *decoder) decode(f frame, r *Record, leftover bool) error {
	d.record, d.err, d.stop, d.hasID = r, nil, false, false
	d.values, d.stack, d.text, d.pieces = d.values[:0], d.stack[:0], d.text[:0], d.pieces[:0]
	d.binary, d.parts, d.activity, d.related = nil, d.parts[:0], span{}, span{}
	at, end := f.offset+recordHeader, f.offset+f.size-4
	if leftover && d.overwritten(at, end) {
		return errValues
	}
	d.content(at, end, 0)
	if d.err == nil && !d.hasID {
		return errNoID
	}
	return d.err
}

// overwritten reports whether another definition stands where that of a record's
// template was, as happens to records that are left over.
func (d *decoder) overwritten(at, end int) bool {
	if end-at < fragmentHeader+1 || d.chunk[at+fragmentHeader] != tokenTemplate {
		return false
	}
	in, err := d.header(at+fragmentHeader+1, end)
	le := binary.LittleEndian
	return err != nil || le.Uint32(d.chunk[at+fragmentHeader+2:]) != le.Uint32(d.chunk[in.definition+4:])
}

// finish adds the texts of the record that was just decoded.
func (d *decoder) finish() {
	r := d.record
	text := string(d.text)
	if n := len(d.pieces); n > 0 {
		all := make([]string, 2*n)
		r.Data, r.Names = all[:n:n], all[n:]
		for i := range d.pieces {
			p := &d.pieces[i]
			r.Names[i] = p.label
			if r.Data[i] = p.text; p.to > p.from {
				r.Data[i] = text[p.from:p.to]
			}
		}
	}
	r.ActivityID, r.RelatedActivityID = text[d.activity.from:d.activity.to], text[d.related.from:d.related.to]
	if len(d.binary) > 0 {
		r.Binary = bytes.Clone(d.binary)
	}
}

// fail keeps the first error of a record.
func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// end gives up the record.
func (d *decoder) end(err error) {
	d.fail(err)
	d.stop = true
}

// content reads the fragments between two offsets of the chunk: one in a record, and
// usually one in a value.
func (d *decoder) content(at, end, depth int) {
	for first := true; at < end && !d.stop && (first || depth > 0 && begins(d.chunk[at])); first = false {
		if d.chunk[at] == tokenFragment && end-at > fragmentHeader {
			at += fragmentHeader
		}
		if d.chunk[at] == tokenTemplate {
			at = d.instance(at+1, end, depth)
			continue
		}
		p := parser{decoder: d, at: at, end: end, open: d.nest[:0]}
		err := p.parse(depth == 0)
		d.nest = p.open
		d.run(p.ops, len(d.values), depth) // without a template there are no values
		if err != nil {
			d.fail(err)
		}
		return
	}
}

// header is where the parts of an instance of a template are.
type header struct {
	definition  int
	count       int // values
	descriptors int // size u16, type u8, 0 u8 of each; the values follow
}

// header reads the header of an instance behind its token. The definition follows it
// where it is first used in the chunk, and stands before it elsewhere.
func (d *decoder) header(at, end int) (header, error) {
	le := binary.LittleEndian
	if end-at < instanceHeader+4 {
		return header{}, errCut
	}
	definition := int64(le.Uint32(d.chunk[at+5:]))
	if definition < chunkHeaderSize || definition+definitionHeader > int64(len(d.chunk)) {
		return header{}, errSize
	}
	size := int64(le.Uint32(d.chunk[definition+20:]))
	if definition+definitionHeader+size > int64(len(d.chunk)) {
		return header{}, errSize
	}
	at += instanceHeader
	in := header{definition: int(definition)}
	if in.definition == at {
		at += definitionHeader + int(size)
	}
	if end-at < 4 {
		return header{}, errCut
	}
	count := le.Uint32(d.chunk[at:])
	at += 4
	if int64(count)*4 > int64(end-at) {
		return header{}, errValues
	}
	in.count, in.descriptors = int(count), at
	return in, nil
}

// valuesEnd is where the values of an instance end.
func (d *decoder) valuesEnd(in header) int {
	at := in.descriptors + 4*in.count
	for b := d.chunk[in.descriptors:at]; len(b) >= 4; b = b[4:] {
		at += int(binary.LittleEndian.Uint16(b))
	}
	return at
}

// instance reads an instance of a template behind its token and gives where it ends.
func (d *decoder) instance(at, end, depth int) int {
	in, err := d.header(at, end)
	switch {
	case err != nil:
		d.end(err)
		return end
	case depth > maxDepth:
		d.end(errNested)
		return end
	}
	base := len(d.values)
	next := in.descriptors + 4*in.count
	for b := d.chunk[in.descriptors:next]; len(b) >= 4; b = b[4:] {
		v := value{int32(next), binary.LittleEndian.Uint16(b), b[2]}
		if next += int(v.size); next > end {
			d.fail(errValues)
			v = value{}
		}
		d.values = append(d.values, v)
	}
	t := d.templateAt(in.definition)
	d.run(t.ops, base, depth)
	if t.err != nil {
		d.fail(t.err)
	}
	d.values = d.values[:base]
	return min(next, end)
}

// valueOf gives a value of the instance whose values begin at base; one that does not
// exist is empty.
func (d *decoder) valueOf(base int, o *op) (kind byte, raw []byte) {
	n := base + int(o.value)
	if n >= len(d.values) {
		return kindNull, nil
	}
	v := &d.values[n]
	return v.kind, d.chunk[v.at : int(v.at)+int(v.size)]
}

// isNull reports whether the instance has the value of that number, and it is null.
func (d *decoder) isNull(base int, o *op) bool {
	n := base + int(o.value)
	return n < len(d.values) && d.values[n].kind == kindNull
}

// run takes the steps of a fragment with the values from base on.
func (d *decoder) run(ops []op, base, depth int) {
	floor := len(d.stack)
	for i := 0; i < len(ops); i++ {
		if d.budget--; d.budget < 0 {
			d.end(errBudget)
		}
		if d.stop {
			break
		}
		o := &ops[i]
		switch o.kind {
		case opOpen:
			if o.value != noValue && d.isNull(base, o) {
				i = min(int(o.place), len(ops)-1)
				continue
			}
			d.open(o)
		case opClose:
			if len(d.stack) > floor {
				d.close()
			}
		case opText:
			d.inside(kindString, nil, o.text)
		case opValue:
			kind, raw := d.valueOf(base, o)
			if kind == kindBinXML {
				d.content(d.place(base, o), d.place(base, o)+len(raw), depth+1)
				continue
			}
			d.inside(kind, raw, "")
		case opPart, opAttribute:
			d.attribute(o, base)
		case opInstance:
			d.instance(int(o.place)+1, int(o.end), depth+1)
		}
	}
	for len(d.stack) > floor {
		d.close()
	}
	d.stack = d.stack[:floor]
}

func (d *decoder) place(base int, o *op) int { return int(d.values[base+int(o.value)].at) }

// attribute takes a part of an attribute, or its last part and the whole.
func (d *decoder) attribute(o *op, base int) {
	kind, raw := byte(kindString), []byte(nil)
	if !o.isText {
		kind, raw = d.valueOf(base, o)
	}
	if o.kind == opAttribute && len(d.parts) == 0 {
		if !o.isText && (kind == kindNull || o.optional && len(raw) == 0) {
			return // Windows leaves the attribute out
		}
		d.named(o, kind, raw, o.text)
		return
	}
	if o.isText {
		d.parts = append(d.parts, o.text...)
	} else {
		d.parts = appendAny(d.parts, kind, raw)
	}
	if len(d.parts) > chunkSize {
		d.end(errLong)
	}
	if o.kind == opAttribute {
		text := string(d.parts)
		d.parts = d.parts[:0]
		d.spend(len(text))
		d.named(o, kindString, nil, text)
	}
}

// spend counts what the records of the chunk say.
func (d *decoder) spend(n int) {
	if d.output -= n; d.output < 0 {
		d.end(errLong)
	}
}

// appendAny adds a value, the elements of an array with commas.
func appendAny(dst []byte, kind byte, raw []byte) []byte {
	if kind&array == 0 {
		return appendValue(dst, kind, raw)
	}
	pointer := pointerSize(raw)
	for n := 0; len(raw) > 0; n++ {
		if n > 0 {
			dst = append(dst, ',')
		}
		b, size, ok := elementOf(kind&^array, raw, pointer)
		if !ok {
			return appendHex(dst, raw)
		}
		dst, raw = appendValue(dst, kind&^array, b), raw[size:]
	}
	return dst
}

// pointerSize guesses the size of the elements of an array of kindSize, which the
// machine's pointers had.
func pointerSize(raw []byte) int {
	if len(raw)%8 == 0 {
		return 8
	}
	return 4
}

// label is a name that is put together.
type label struct{ before, between, after string }

// joined gives a label as one string, which equal ones share.
func (d *decoder) joined(l label) string {
	if l.before == "" {
		return l.after
	}
	s, ok := d.labels[l]
	if ok {
		return s
	}
	s = l.before + l.between + l.after
	if len(s) > maxInternedBytes {
		d.spend(len(s))
		return s
	}
	if len(d.labels) >= maxInterned {
		clear(d.labels)
	}
	d.labels[l] = s
	return s
}
