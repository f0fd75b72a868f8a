package live

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

// Codes of the *etl.FormatError given for an event that cannot be read.
const (
	codeProperties = "live-properties" // TDH or the ETW package gave no fields
	codeProperty   = "live-property"   // a field is missing, or its text is not understood
)

// pointerSize of every payload made here. The texts tell numbers, not sizes,
// so the wider layout holds both.
const pointerSize = 8

// maxPropertyText limits the text of one field. The longest that means
// anything is a SOCKADDR of 128 bytes in hex.
const maxPropertyText = 1024

// watched tells the ids that have a layout here.
func watched(id uint16) bool {
	switch id {
	case 1000, 1001, 1002, 1017, 1018, 1020, 1021, 1029, 1030:
		return true
	}
	return false
}

// payload writes the printed fields of the AFD event e.ID back into its
// 64-bit layout, version 0.
func payload(id uint16, fields map[string]any) ([]byte, error) {
	w := writer{fields: fields}
	w.number("EnterExit", 4)
	w.number("Location", 4)
	w.number("Process", pointerSize)
	w.number("Endpoint", pointerSize)
	switch id {
	case 1000:
		w.number("AddressFamily", 4)
		w.number("SocketType", 4)
		w.number("Protocol", 4)
		w.number("ProcessId", pointerSize)
	case 1018, 1021:
		// Buffer and BufferLength, which no Fact has.
		w.b = append(w.b, make([]byte, pointerSize+4)...)
	}
	w.status()
	switch id {
	case 1018, 1021, 1030:
		w.address()
	}
	return w.b, w.err
}

// decode gives the fact of an event with these fields, or the reason why not.
func decode(e etl.Event, fields map[string]any) (etl.Event, winsock.Fact, error) {
	b, err := payload(e.ID, fields)
	if err != nil {
		return e, winsock.Fact{}, &etl.FormatError{Code: codeProperty, Offset: e.Offset, Detail: fmt.Sprintf("AFD event %d: %v", e.ID, err)}
	}
	e.PointerSize, e.Payload = pointerSize, b
	f, _, err := winsock.Decode(e)
	return e, f, err
}

// writer appends fields in the order of the layout; the first error stays.
type writer struct {
	fields map[string]any
	b      []byte
	err    error
}

// text gives the text of a field. Names are those of the manifest; their case
// has been seen to differ between tools that print it.
func (w *writer) text(name string) (string, bool) {
	if w.err != nil {
		return "", false
	}
	v, ok := w.fields[name]
	if !ok {
		for other, value := range w.fields {
			if strings.EqualFold(other, name) {
				v, ok = value, true
			}
		}
	}
	s, isText := v.(string)
	if !ok || !isText || len(s) > maxPropertyText {
		w.err = fmt.Errorf("no field %s", name)
		return "", false
	}
	return strings.TrimSpace(s), true
}

// number appends a field of 4 or 8 bytes.
func (w *writer) number(name string, size int) {
	s, ok := w.text(name)
	if !ok {
		return
	}
	v, err := parse(s, size*8)
	if err != nil {
		w.err = fmt.Errorf("field %s is %q", name, s)
		return
	}
	w.put(v, size)
}

func (w *writer) put(v uint64, size int) {
	if size == 4 {
		w.b = binary.LittleEndian.AppendUint32(w.b, uint32(v))
		return
	}
	w.b = binary.LittleEndian.AppendUint64(w.b, v)
}

// parse reads hex with 0x, or decimal, which may be a negative 32-bit number.
func parse(s string, bits int) (uint64, error) {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		return strconv.ParseUint(s[2:], 16, bits)
	}
	if bits == 32 && strings.HasPrefix(s, "-") {
		v, err := strconv.ParseInt(s, 10, bits)
		return uint64(uint32(v)), err
	}
	return strconv.ParseUint(s, 10, bits)
}

// status appends Status, a number or a name.
func (w *writer) status() {
	s, ok := w.text("Status")
	if !ok {
		return
	}
	if v, err := parse(s, 32); err == nil {
		w.put(v, 4)
		return
	}
	for _, known := range [...]winsock.Status{
		winsock.StatusSuccess, winsock.StatusPending, winsock.StatusAccessDenied, winsock.StatusSharingViolation,
		winsock.StatusInsufficientResources, winsock.StatusIOTimeout, winsock.StatusInvalidAddress,
		winsock.StatusInvalidAddressComponent, winsock.StatusInvalidAddressWildcard, winsock.StatusTooManyAddresses,
		winsock.StatusAddressAlreadyExists, winsock.StatusConnectionRefused, winsock.StatusAddressAlreadyAssociated,
		winsock.StatusNetworkUnreachable, winsock.StatusHostUnreachable,
	} {
		if strings.EqualFold(s, known.Name()) {
			w.put(uint64(known), 4)
			return
		}
	}
	w.err = fmt.Errorf("field Status is %q", s)
}

// address appends AddressLen and Address.
func (w *writer) address() {
	s, ok := w.text("Address")
	if !ok {
		return
	}
	b, err := sockaddr(s)
	if err != nil {
		w.err = fmt.Errorf("field Address is %q", s)
		return
	}
	w.put(uint64(len(b)), 4)
	w.b = append(w.b, b...)
}

// sockaddr reads a SOCKADDR printed as hex bytes, as an address with a port,
// or as an address alone, which means port 0.
func sockaddr(s string) ([]byte, error) {
	if !strings.ContainsAny(s, ".:") {
		return hex.DecodeString(strings.TrimPrefix(strings.ReplaceAll(s, " ", ""), "0x"))
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		ip, ipErr := netip.ParseAddr(strings.Trim(s, "[]"))
		if ipErr != nil {
			return nil, err
		}
		a = netip.AddrPortFrom(ip, 0)
	}
	if a.Addr().Is4() {
		b := binary.LittleEndian.AppendUint16(nil, winsock.FamilyIPv4)
		b = binary.BigEndian.AppendUint16(b, a.Port())
		return append(append(b, a.Addr().AsSlice()...), make([]byte, 8)...), nil
	}
	b := binary.LittleEndian.AppendUint16(nil, winsock.FamilyIPv6)
	b = binary.BigEndian.AppendUint16(b, a.Port())
	b = append(b, 0, 0, 0, 0) // flow info
	// The scope id after a percent sign is left out: no Fact has it.
	return append(append(b, a.Addr().AsSlice()...), make([]byte, 4)...), nil
}
