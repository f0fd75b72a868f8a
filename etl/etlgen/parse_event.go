package etlgen

import (
	"fmt"
	"strings"

	"portverdict/etl"
)

// parseEvent reads one event; t0 is what +N in its time counts from.
func parseEvent(word string, a attributes, t0 int64) (Event, error) {
	var e Event
	if word == "raw" {
		data, err := a.joined()
		return Event{Payload: data}, err
	}
	var ok bool
	if e.Kind, e.PointerSize, ok = kindOf(word); !ok {
		return e, fmt.Errorf("unknown item %q", word)
	}
	e.Time = t0
	for _, at := range a {
		if !e.parseCore(at, t0) && !e.parseRest(at) {
			at.unknown()
		}
	}
	return e, a.err()
}

// kindOf reads the word an event line begins with.
func kindOf(word string) (kind etl.Kind, pointer uint8, ok bool) {
	switch word {
	case "timed":
		return etl.KindTimed, 0, true
	case "error":
		return etl.KindError, 0, true
	case "wnode":
		return etl.KindWnode, 0, true
	case "message":
		return etl.KindMessage, 0, true
	}
	name := word[:max(0, len(word)-2)]
	switch word[len(name):] {
	case "32":
		pointer = 4
	case "64":
		pointer = 8
	default:
		return 0, 0, false
	}
	switch name {
	case "event":
		return etl.KindEvent, pointer, true
	case "system":
		return etl.KindSystem, pointer, true
	case "compact":
		return etl.KindCompact, pointer, true
	case "perfinfo":
		return etl.KindPerfInfo, pointer, true
	case "full":
		return etl.KindFull, pointer, true
	case "instance":
		return etl.KindInstance, pointer, true
	}
	return 0, 0, false
}

// parseCore sets what most kinds have.
func (e *Event) parseCore(at *attribute, t0 int64) bool {
	switch at.key {
	case "time":
		e.Time = at.signed(t0)
	case "pid":
		e.PID = uint32(at.number(32))
	case "tid":
		e.TID = uint32(at.number(32))
	case "provider", "guid":
		e.Provider = at.guid()
	case "id", "number":
		e.ID = uint16(at.number(16))
	case "version":
		e.Version = uint16(at.number(16))
	case "opcode":
		e.Opcode = uint8(at.number(8))
	case "level":
		e.Level = uint8(at.number(8))
	case "channel":
		e.Channel = uint8(at.number(8))
	case "task":
		e.Task = uint16(at.number(16))
	case "keyword":
		e.Keyword = at.number(64)
	case "activity":
		e.Activity = at.guid()
	case "hook":
		e.Hook = uint16(at.number(16))
	case "payload":
		e.Payload = append(e.Payload, at.data()...)
	case "size":
		size := uint16(at.number(16))
		e.Size = &size
	case "type":
		typ := uint8(at.number(8))
		e.HeaderType = &typ
	default:
		return false
	}
	return true
}

// parseRest sets what one kind has.
func (e *Event) parseRest(at *attribute) bool {
	switch at.key {
	case "flags":
		e.Flags = uint16(at.number(16))
	case "ext":
		kind, data, _ := strings.Cut(at.value, ":")
		item := ExtItem{Type: uint16(at.parse(kind, 16))}
		at.value = data
		item.Data = at.data()
		e.Ext = append(e.Ext, item)
	case "options":
		e.Options = uint16(at.number(16))
	case "sequence":
		e.Sequence = uint32(at.number(32))
	case "component":
		e.Component = uint32(at.number(32))
	case "pebs":
		e.PEBS = true
	case "pmc":
		if e.PMC = uint8(at.number(8)); e.PMC > 7 {
			at.fail(fmt.Errorf("%d counters", e.PMC))
		}
	case "instance":
		e.InstanceID = uint32(at.number(32))
	case "parent":
		e.ParentInstanceID = uint32(at.number(32))
	case "parentguid":
		e.ParentProvider = at.guid()
	default:
		return false
	}
	return true
}
