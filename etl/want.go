package etl

import "slices"

// Wanted names events of one provider.
type Wanted struct {
	Provider GUID
	// IDs are those of the manifest events to yield. Nil stands for all of them, and
	// for the classic events of a class with that GUID.
	IDs []uint16
}

// Passed is what a walk tells of the events of a provider of Options.Wanted whose ids
// are not wanted: how many there are, and the earliest and the latest.
type Passed struct {
	Events      int
	First, Last FileTime
}

// has tells whether an event with that id is wanted.
func (w *Wanted) has(id uint16) bool { return w.IDs == nil || slices.Contains(w.IDs, id) }

// passing tells that events of a provider are counted by themselves when they are not
// wanted: its place in the reader's list, or notFound.
func (r *Reader) passing(provider GUID) int {
	return slices.IndexFunc(r.wanted, func(w Wanted) bool { return w.Provider == provider && w.IDs != nil })
}

// wants tells whether events of a provider and id are yielded; those of classes, which
// have no ids, if all of the class are.
func (r *Reader) wants(kind Kind, provider GUID, id uint16) bool {
	if !r.filter {
		return true
	}
	return (kind == KindEvent || kind == KindFull) && slices.ContainsFunc(r.wanted, func(w Wanted) bool {
		return w.Provider == provider && (w.IDs == nil || kind == KindEvent && w.has(id))
	})
}
