package evtx

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// role is what an open element is to a Record.
type role uint8

const (
	inNothing   role = iota
	inEvent          // Event
	inSystem         // Event/System
	inField          // an element of System
	inEventData      // Event/EventData
	inItem           // Event/EventData/Data
	inBinary         // Event/EventData/Binary
	inOther          // UserData, RenderingInfo and what else Event may have
	inUser           // elements in these, and others of EventData
)

// element is an open element. Its text is a text of the template, or a part of the
// record's text.
type element struct {
	role   role
	known  known
	name   string
	prefix string // of the names in it
	label  string // Data: its Name
	text   string
	span
	hasText bool
	inner   bool // it has elements, attributes, or was an array
}

// open begins an element.
func (d *decoder) open(o *op) {
	if len(d.stack) >= maxPath {
		d.end(errNested)
		return
	}
	e := element{known: o.known, name: o.name}
	if len(d.stack) == 0 {
		if o.known == nameEvent {
			e.role = inEvent
		}
		d.stack = append(d.stack, e)
		return
	}
	top := &d.stack[len(d.stack)-1]
	top.inner = true
	e.prefix = top.prefix
	switch top.role {
	case inEvent:
		switch e.role = inOther; o.known {
		case nameSystem:
			e.role = inSystem
		case nameEventData:
			e.role = inEventData
		case nameUserData:
		default:
			e.prefix = o.name
		}
	case inSystem:
		e.role = inField
	case inEventData:
		switch e.role = inUser; o.known {
		case nameData:
			e.role = inItem
		case nameBinary:
			e.role = inBinary
		}
	case inItem, inOther, inUser:
		e.role = inUser
	}
	d.stack = append(d.stack, e)
}

// close ends the innermost element.
func (d *decoder) close() {
	e := &d.stack[len(d.stack)-1]
	switch e.role {
	case inItem:
		if e.hasText || !e.inner {
			d.add(piece{e.label, e.text, e.span})
		}
	case inUser:
		if !e.inner || e.hasText && !d.blank(e) {
			d.add(piece{d.joined(label{e.prefix, "/", e.name}), e.text, e.span})
		}
	case inOther, inEventData:
		if e.hasText && !d.blank(e) {
			d.add(piece{e.name, e.text, e.span})
		}
	case inBinary:
		if b, err := hex.DecodeString(e.text + string(d.text[e.from:e.to])); err == nil && len(b) > 0 {
			d.record.Binary = b
		}
	}
	d.stack = d.stack[:len(d.stack)-1]
}

// blank reports whether the text of an element is white space between its elements.
func (d *decoder) blank(e *element) bool {
	if e.to > e.from {
		return len(strings.TrimSpace(string(d.text[e.from:e.to]))) == 0
	}
	return strings.TrimSpace(e.text) == ""
}

// add adds one of the record's Data.
func (d *decoder) add(p piece) {
	if d.spend(pieceCost); len(d.pieces) >= maxStrings {
		d.end(errLong)
	}
	if !d.stop {
		d.pieces = append(d.pieces, p)
	}
}

// inside takes what stands between the tags of the innermost element, which is open: a
// text of the template when raw is nil, else a value.
func (d *decoder) inside(kind byte, raw []byte, text string) {
	e := &d.stack[len(d.stack)-1]
	switch e.role {
	case inNothing, inEvent, inSystem:
		return
	case inField:
		d.field(e, kind, raw, text)
		return
	case inBinary:
		if kind == kindBinary && len(raw) > 0 {
			d.binary = raw
			return
		}
	}
	if kind&array != 0 {
		d.array(e, kind&^array, raw)
		return
	}
	if len(raw) == 0 && text == "" {
		return
	}
	if raw == nil && !e.hasText {
		e.text, e.hasText = text, true
		return
	}
	e.hasText = true
	before := len(d.text)
	if e.text != "" || e.to != before {
		// What the element has already is moved together with what comes.
		d.text = append(d.text, e.text...)
		d.text = append(d.text, d.text[e.from:e.to]...)
		e.from, e.text = before, ""
	}
	if raw == nil {
		d.text = append(d.text, text...)
	} else {
		d.text = appendValue(d.text, kind, raw)
	}
	e.to = len(d.text)
	d.spend(e.to - before)
}

// array takes a value that is an array: Windows repeats the element for each of its
// elements.
func (d *decoder) array(e *element, kind byte, raw []byte) {
	e.inner = true
	p := piece{label: e.label}
	if e.role != inItem {
		p.label = d.joined(label{e.prefix, "/", e.name})
	}
	pointer := pointerSize(raw)
	for len(raw) > 0 && !d.stop {
		b, size, ok := elementOf(kind, raw, pointer)
		if !ok {
			b, size = raw, len(raw)
		}
		p.from = len(d.text)
		if ok {
			d.text = appendValue(d.text, kind, b)
		} else {
			d.text = appendHex(d.text, b)
		}
		p.to = len(d.text)
		d.spend(p.to - p.from)
		d.add(p)
		raw = raw[size:]
	}
}

// field takes the content of an element of System.
func (d *decoder) field(e *element, kind byte, raw []byte, text string) {
	r := d.record
	switch e.known {
	case nameEventID:
		if n, ok := number(kind, raw, text, 16); ok {
			r.ID, d.hasID = uint16(n), true
		}
	case nameVersion:
		setNumber(&r.Version, 8, kind, raw, text)
	case nameLevel:
		setNumber(&r.Level, 8, kind, raw, text)
	case nameOpcode:
		setNumber(&r.Opcode, 8, kind, raw, text)
	case nameTask:
		setNumber(&r.Task, 16, kind, raw, text)
	case nameKeywords:
		setNumber(&r.Keywords, 64, kind, raw, text)
	case nameEventRecordID:
		if n, ok := number(kind, raw, text, 64); ok && n != 0 {
			r.RecordID = n
		}
	case nameChannel:
		r.Channel += d.string(kind, raw, text)
	case nameComputer:
		r.Computer += d.string(kind, raw, text)
	}
}

func setNumber[N uint8 | uint16 | uint32 | uint64](field *N, bits int, kind byte, raw []byte, text string) {
	if n, ok := number(kind, raw, text, bits); ok {
		*field = N(n)
	}
}

// number gives a value or, when raw is nil, a text as a number of no more than bits.
func number(kind byte, raw []byte, text string, bits int) (uint64, bool) {
	switch kind {
	case kindString, kindANSI:
		if raw != nil {
			text = string(appendValue(nil, kind, raw))
		}
		n, err := strconv.ParseUint(strings.TrimSpace(text), 0, bits)
		return n, err == nil
	case kindInt8, kindInt16, kindInt32, kindInt64, kindUint8, kindUint16, kindUint32, kindUint64, kindHexInt32, kindHexInt64, kindSize:
		n, ok := unsigned(raw)
		if bits < 64 && n>>bits != 0 {
			return 0, false
		}
		return n, ok
	}
	return 0, false
}

// string gives a value or, when raw is nil, a text as a string that equal ones share.
func (d *decoder) string(kind byte, raw []byte, text string) string {
	switch {
	case raw == nil:
		return text
	case kind == kindString:
		return d.intern(raw)
	}
	var cache map[string]string
	switch kind {
	case kindSID:
		cache = d.sids
	case kindGUID:
		cache = d.guids
	}
	if s, ok := cache[string(raw)]; ok {
		return s
	}
	s := string(appendAny(nil, kind, raw))
	if d.spend(len(s)); cache != nil && len(cache) < maxInterned && len(raw) < maxInternedBytes*4 {
		cache[string(raw)] = s
	}
	return s
}

// named takes an attribute of the innermost element, with a text when raw is nil.
func (d *decoder) named(o *op, kind byte, raw []byte, text string) {
	if len(d.stack) == 0 {
		return
	}
	e, r := &d.stack[len(d.stack)-1], d.record
	switch e.role {
	case inItem:
		if o.known == nameName {
			e.label = d.string(kind, raw, text)
			return
		}
	case inEventData:
		if o.known == nameName {
			r.Name = d.string(kind, raw, text)
			return
		}
	case inField:
		d.fieldAttribute(e, o, kind, raw, text)
		return
	case inNothing, inEvent, inSystem:
		return
	}
	e.inner = e.inner || e.role == inUser
	before := e.name
	if e.prefix != "" && e.prefix != e.name {
		before = d.joined(label{e.prefix, "/", e.name})
	}
	p := piece{label: d.joined(label{before, "/@", o.name}), text: text}
	if raw != nil {
		p.from = len(d.text)
		d.text = appendAny(d.text, kind, raw)
		p.to = len(d.text)
		d.spend(p.to - p.from)
	}
	d.add(p)
}

// fieldAttribute takes an attribute of an element of System.
func (d *decoder) fieldAttribute(e *element, o *op, kind byte, raw []byte, text string) {
	r := d.record
	switch {
	case e.known == nameProvider && o.known == nameName:
		r.Provider = d.string(kind, raw, text)
	case e.known == nameProvider && o.known == nameGuid:
		r.ProviderGUID = d.string(kind, raw, text)
	case e.known == nameProvider && o.known == nameEventSourceName:
		r.EventSource = d.string(kind, raw, text)
	case e.known == nameEventID && o.known == nameQualifiers:
		setNumber(&r.Qualifiers, 16, kind, raw, text)
	case e.known == nameTimeCreated && o.known == nameSystemTime:
		d.timeCreated(kind, raw, text)
	case e.known == nameCorrelation && o.known == nameActivityID:
		d.activity = d.put(kind, raw, text)
	case e.known == nameCorrelation && o.known == nameRelatedActivityID:
		d.related = d.put(kind, raw, text)
	case e.known == nameExecution && o.known == nameProcessID:
		setNumber(&r.PID, 32, kind, raw, text)
	case e.known == nameExecution && o.known == nameThreadID:
		setNumber(&r.TID, 32, kind, raw, text)
	case e.known == nameSecurity && o.known == nameUserID:
		r.UserID = d.string(kind, raw, text)
	}
}

// put adds a value or a text to the record's text.
func (d *decoder) put(kind byte, raw []byte, text string) span {
	from := len(d.text)
	if raw == nil {
		d.text = append(d.text, text...)
	} else {
		d.text = appendAny(d.text, kind, raw)
	}
	d.spend(len(d.text) - from)
	return span{from, len(d.text)}
}

// timeCreated takes TimeCreated; a time that no event can have is left out.
func (d *decoder) timeCreated(kind byte, raw []byte, text string) {
	var t time.Time
	switch {
	case kind == kindFileTime && len(raw) == 8:
		t = eventTime(binary.LittleEndian.Uint64(raw))
	case kind == kindSystemTime:
		t, _ = systemTime(raw)
	case kind == kindString:
		t, _ = time.Parse(time.RFC3339Nano, strings.TrimSpace(d.string(kind, raw, text)))
	}
	if t = t.UTC(); t.Before(fileTime(earliest)) || !t.Before(fileTime(latest)) {
		t = time.Time{}
	}
	d.record.Time = t
}
