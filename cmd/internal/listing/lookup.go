package listing

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"portverdict/cmd/internal/filter"
	"portverdict/etl/schema"
)

// headerNames are the names of one part that a filter may use.
var headerNames = []string{"Provider", "Id", "Version", "Opcode", "Level", "PID", "TID", "Time"}

// systemNames are more of them for an event log: those of the System element. The
// fields of EventData and UserData go by their names alone, too, and before these.
var systemNames = []string{
	"EventID", "EventRecordID", "Channel", "Computer", "Qualifiers", "Task", "Keywords", "ProcessID", "ThreadID", "UserID", "ActivityID",
	"RelatedActivityID", "ProviderGuid", "EventSourceName", "Origin", "Data", "Binary",
}

// lookup gives the values that a name of the filter has in an event.
func (l *Listing) lookup(r *row, n filter.Name) []filter.Value {
	out := l.values(r, n.Parts)
	if len(out) > 0 {
		l.found[strings.Join(n.Parts, ".")] = true
	}
	return out
}

func (l *Listing) values(r *row, parts []string) []filter.Value {
	if len(parts) == 1 {
		if out := r.header(parts[0]); out != nil || r.log == nil {
			return out
		}
		return r.recordValues(parts)
	}
	if parts[0] == "*" {
		return r.fieldValues(l, parts[1:])
	}
	if r.kind == "other" {
		return nil
	}
	// A provider's name may hold dots: each split that fits counts.
	var out []filter.Value
	for i := 1; i+1 < len(parts); i++ {
		if !r.hasProvider(l, strings.Join(parts[:i], ".")) {
			continue
		}
		for j := i + 1; j < len(parts); j++ {
			if r.hasName(l, strings.Join(parts[i:j], ".")) {
				out = append(out, r.fieldValues(l, parts[j:])...)
			}
		}
	}
	return out
}

// fieldValues gives the values at a path through the fields of an event.
func (r *row) fieldValues(l *Listing, path []string) []filter.Value {
	if r.log != nil {
		return r.recordValues(path)
	}
	r.decode(l)
	return fieldValues(r.fields, path)
}

func (r *row) header(name string) []filter.Value {
	switch {
	case strings.EqualFold(name, "Provider"):
		out := []filter.Value{filter.Text(r.provider)}
		if r.kind != "evtx" && r.provider != "" {
			out[0] = filter.GUID(r.provider)
		}
		if r.providerName != "" {
			out = append(out, filter.Text(r.providerName))
		}
		return out
	case strings.EqualFold(name, "Id"):
		return []filter.Value{filter.Uint(uint64(r.id))}
	case strings.EqualFold(name, "Version"):
		return []filter.Value{filter.Uint(uint64(r.version))}
	case strings.EqualFold(name, "Opcode"):
		return []filter.Value{filter.Uint(uint64(r.opcode))}
	case strings.EqualFold(name, "Level"):
		return []filter.Value{filter.Uint(uint64(r.level))}
	case strings.EqualFold(name, "PID") && r.pid != noID:
		return []filter.Value{filter.Uint(uint64(r.pid))}
	case strings.EqualFold(name, "TID") && r.tid != noID:
		return []filter.Value{filter.Uint(uint64(r.tid))}
	case strings.EqualFold(name, "Time") && !r.at.IsZero():
		return []filter.Value{filter.Time(r.at)}
	}
	return nil
}

func (r *row) hasProvider(l *Listing, name string) bool {
	if sameName(name, r.providerName) || sameName(name, r.provider) {
		return true
	}
	if r.event != nil {
		r.aliases[0], r.aliases[1] = l.o.Catalog.Aliases(r.event)
	}
	return slices.ContainsFunc(r.aliases[0], func(a string) bool { return sameName(name, a) })
}

func (r *row) hasName(l *Listing, name string) bool {
	r.decode(l)
	task, _, _ := strings.Cut(r.name, "/")
	return sameName(name, r.name) || sameName(name, task) || sameName(name, fmt.Sprintf("Event%d", r.id)) ||
		slices.ContainsFunc(r.aliases[1], func(a string) bool { return sameName(name, a) })
}

// sameName compares names as Network Monitor's parsers form them: without the
// characters that an identifier cannot have.
func sameName(a, b string) bool { return b != "" && strings.EqualFold(plainName(a), plainName(b)) }

func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// fieldValues follows a path through fields, structs and lists.
func fieldValues(fields []schema.Field, path []string) []filter.Value {
	var out []filter.Value
	for i := range fields {
		if sameName(path[0], fields[i].Name) {
			out = append(out, valuesAt(&fields[i].Value, path[1:])...)
		}
	}
	return out
}

func valuesAt(v *schema.Value, path []string) []filter.Value {
	switch v.Kind {
	case schema.List:
		var out []filter.Value
		for i := range v.List {
			out = append(out, valuesAt(&v.List[i], path)...)
		}
		return out
	case schema.Struct:
		if len(path) > 0 {
			return fieldValues(v.Fields, path)
		}
	}
	if len(path) > 0 {
		return statusPart(v, path)
	}
	return scalar(v)
}

// statusPart is a part of an NTSTATUS as Network Monitor's LENTStatus has them:
// Sev bits 31-30, C 29, N 28, Facility 27-16, Code 15-0.
func statusPart(v *schema.Value, path []string) []filter.Value {
	if v.Kind != schema.Hex && v.Kind != schema.Uint || !strings.EqualFold(path[0], "LENTStatus") || len(path) > 2 {
		return nil
	}
	if len(path) == 1 {
		return scalar(v)
	}
	for name, bits := range map[string][2]uint{"Code": {0, 16}, "Facility": {16, 12}, "N": {28, 1}, "C": {29, 1}, "Sev": {30, 2}} {
		if strings.EqualFold(path[1], name) {
			return []filter.Value{filter.Uint(v.Uint >> bits[0] & (1<<bits[1] - 1))}
		}
	}
	return nil
}

func scalar(v *schema.Value) []filter.Value {
	switch v.Kind {
	case schema.Uint, schema.Hex, schema.Bool:
		out := []filter.Value{filter.Uint(v.Uint)}
		if v.Text != "" {
			out = append(out, filter.Text(v.Text))
		}
		return out
	case schema.Int:
		return []filter.Value{filter.Int(v.Int)}
	case schema.Float:
		return []filter.Value{filter.Float(v.Float)}
	case schema.Text:
		if _, ok := schema.ParseGUID(v.Text); ok {
			return []filter.Value{filter.GUID(v.Text)}
		}
		return []filter.Value{filter.Text(v.Text)}
	case schema.Bytes:
		return []filter.Value{filter.Text(v.String())}
	}
	return nil
}

// checkNames refuses names that cannot be in any event, with those that can.
func (l *Listing) checkNames() error {
	if l.o.Filter == nil || l.isLog {
		return nil // the names in a log's EventData are known only when they come
	}
	for _, n := range l.o.Filter.Names() {
		if len(n.Parts) == 1 && !slices.ContainsFunc(headerNames, func(h string) bool { return strings.EqualFold(h, n.Parts[0]) }) {
			return &filter.Error{Column: n.Column, Text: fmt.Sprintf("there is no %s; one-part names are %s, others are Provider.Event.Field or *.Field",
				n.Parts[0], strings.Join(headerNames, " "))}
		}
		if len(n.Parts) < 3 || n.Parts[0] == "*" {
			continue
		}
		if fields, ok := l.fieldsOf(n.Parts); ok {
			return &filter.Error{Column: n.Column, Text: fmt.Sprintf("%s has no such field; it has %s", strings.Join(n.Parts[:2], "."), strings.Join(fields, " "))}
		}
	}
	return nil
}

// fieldsOf are the fields of the event that a name means, when that is known and
// none of them is the one named.
func (l *Listing) fieldsOf(parts []string) ([]string, bool) {
	var all []string
	for _, d := range l.o.Catalog.Describe(func(p string) bool { return sameName(parts[0], p) }) {
		if !slices.ContainsFunc(d.Events, func(e string) bool { return sameName(parts[1], e) }) {
			continue
		}
		for _, f := range d.Fields {
			if sameName(parts[2], f) {
				return nil, false
			}
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all, len(all) > 0
}
