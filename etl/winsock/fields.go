package winsock

import (
	"fmt"
	"slices"

	"portverdict/etl"
	"portverdict/etl/schema"
)

// DecodeFields decodes an event of which the fields are known by their names and not by
// their places. value gives a field: a number as so many bytes, little-endian, or for a size
// of 0 what is as long as it is; false when there is none of that name. The event that is
// returned has the payload they make in the layout of the built-in tables.
func DecodeFields(e etl.Event, value func(name string, size int) ([]byte, bool, error)) (etl.Event, Fact, error) {
	payload, version, err := schema.Compose(e.Provider, e.ID, e.Version, func(name string, size int) ([]byte, error) {
		b, ok, err := value(name, size)
		switch {
		case err != nil:
			return nil, err
		case ok:
			return b, nil
		case needed(e.Provider, name):
			return nil, fmt.Errorf("no field %s", name)
		}
		return absent(name, size), nil
	})
	if err != nil {
		return e, Fact{}, err
	}
	e.Payload, e.Version, e.PointerSize = payload, version, 8
	f, _, err := Decode(e)
	return e, f, err
}

// facts are the names of the fields without which an event says nothing, or would say
// something else.
var facts = []string{
	"EnterExit", "Process", "Status", "Error", "Address", "LocalAddress", "SocketAddress", "Port", "PortNumber",
	"AddressFamily", "SocketType", "Protocol", "ProcessId", "ProcessID", "UserModePid",
}

// needed leaves out the endpoints of TCPIP, which one version has and another has not.
func needed(provider etl.GUID, name string) bool {
	return slices.Contains(facts, name) || provider == AFD && name == "Endpoint"
}

// absent stands for a field that is not there: zero, no text, and a SID of no parts.
func absent(name string, size int) []byte {
	switch {
	case size > 0:
		return make([]byte, size)
	case name == "MandatoryLabel":
		return []byte{1, 0, 0, 0, 0, 0, 0, 0}
	case name == "RemoteAddress":
		return nil
	}
	return []byte{0, 0}
}

// Decoder decodes the events of one trace: by the layouts of this package or, where the trace
// itself or a manifest describes an event that these do not know or have otherwise, by that.
// The zero Decoder is ready for use.
type Decoder struct {
	catalog *schema.Catalog
	foreign map[event]bool // by such a description
}

// NewDecoder gives a Decoder that goes by what a catalog knows of manifests. It keeps it.
func NewDecoder(c *schema.Catalog) Decoder {
	d := Decoder{catalog: c, foreign: map[event]bool{}}
	for _, e := range c.Overruling() {
		if holdsFact(&e) {
			d.foreign[event{e.Provider, e.ID, e.Version}] = true
		}
	}
	return d
}

// holdsFact tells that an event is of a provider and an id of which facts are made.
func holdsFact(e *etl.Event) bool {
	return slices.ContainsFunc(Wanted(), func(w etl.Wanted) bool { return w.Provider == e.Provider && slices.Contains(w.IDs, e.ID) })
}

type event struct {
	provider    etl.GUID
	id, version uint16
}

// Learn takes in a description that stands in the trace, an event of schema.Metadata; those
// of events that hold no Fact it leaves alone. The error is one of schema's Learn.
func (d *Decoder) Learn(e *etl.Event) error {
	of, ok := schema.Described(e)
	if !ok || !holdsFact(&of) {
		return nil
	}
	if d.catalog == nil {
		catalog, err := schema.NewCatalog()
		if err != nil {
			return err
		}
		d.catalog, d.foreign = catalog, map[event]bool{}
	}
	err := d.catalog.Learn(e)
	if k := (event{of.Provider, of.ID, of.Version}); d.catalog.Overrules(&of) {
		d.foreign[k] = true
	} else {
		delete(d.foreign, k) // a manifest had it otherwise, and the trace knows better
	}
	return err
}

// Decode reads e into f as Fact.Decode does.
func (d *Decoder) Decode(f *Fact, e *etl.Event) (bool, error) {
	if len(d.foreign) == 0 || e.Kind != etl.KindEvent || !d.foreign[event{e.Provider, e.ID, e.Version}] {
		return f.Decode(e)
	}
	*f = Fact{}
	parts, err := d.catalog.Parts(e)
	if err != nil {
		return false, err
	}
	_, fact, err := byName(e, parts)
	if err != nil {
		return false, &etl.FormatError{
			Code: CodeVersion, Offset: e.Offset, Length: int64(len(e.Payload)),
			Detail: fmt.Sprintf("event %d version %d of %s, as the trace or a manifest describes it: %v", e.ID, e.Version, e.Provider, err),
		}
	}
	*f = fact
	return true, nil
}

// byName decodes an event by its named parts.
func byName(e *etl.Event, parts []schema.Part) (etl.Event, Fact, error) {
	return DecodeFields(*e, func(name string, size int) ([]byte, bool, error) {
		i := slices.IndexFunc(parts, func(p schema.Part) bool { return p.Name == name })
		if i < 0 {
			return nil, false, nil
		}
		b, ok := resized(parts[i].Bytes, size)
		if !ok {
			return nil, false, fmt.Errorf("field %s has %d bytes", name, len(parts[i].Bytes))
		}
		return b, true, nil
	})
}

// resized gives a number, or what has no size of its own, as so many bytes; false when it
// needs more.
func resized(b []byte, size int) ([]byte, bool) {
	if size == 0 || len(b) == size {
		return b, true
	}
	if n := len(b); n != 1 && n != 2 && n != 4 && n != 8 || size > 8 {
		return nil, false
	}
	number := make([]byte, max(size, len(b)))
	copy(number, b)
	return number[:size], !slices.ContainsFunc(number[size:], func(c byte) bool { return c != 0 })
}
