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

// decode gives the fact of an event with these printed fields, or the reason why not. The
// fields go into the layout of the built-in tables, so any version of the event will do that
// has them.
func decode(e etl.Event, fields map[string]any) (etl.Event, winsock.Fact, error) {
	made, f, err := winsock.DecodeFields(e, texts(fields).bytes)
	if err != nil {
		return e, winsock.Fact{}, &etl.FormatError{Code: codeProperty, Offset: e.Offset, Detail: fmt.Sprintf("AFD event %d: %v", e.ID, err)}
	}
	return made, f, nil
}

// texts are the fields of an event as they are printed.
type texts map[string]any

// bytes gives a field as it lies in a payload; false when there is none of that name.
func (t texts) bytes(name string, size int) ([]byte, bool, error) {
	if strings.HasPrefix(name, "Buffer") {
		return nil, false, nil // of no Fact, and not printed as a number
	}
	s, ok := t.text(name)
	if !ok {
		return nil, false, nil
	}
	var b []byte
	var err error
	switch {
	case name == "Status":
		b, err = status(s)
	case size > 0:
		b, err = number(s, size)
	default:
		b, err = sockaddr(s)
	}
	if err != nil {
		return nil, false, fmt.Errorf("field %s is %q", name, s)
	}
	return b, true, nil
}

// text gives the text of a field. Names are those of the manifest; their case
// has been seen to differ between tools that print it.
func (t texts) text(name string) (string, bool) {
	v, ok := t[name]
	if !ok {
		for other, value := range t {
			if strings.EqualFold(other, name) {
				v = value
			}
		}
	}
	s, isText := v.(string)
	return strings.TrimSpace(s), isText && len(s) <= maxPropertyText
}

// number reads a field of 4 or 8 bytes.
func number(s string, size int) ([]byte, error) {
	v, err := parse(s, size*8)
	return binary.LittleEndian.AppendUint64(nil, v)[:size], err
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

// status reads a number or a name.
func status(s string) ([]byte, error) {
	b, err := number(s, 4)
	if err == nil {
		return b, nil
	}
	for _, known := range [...]winsock.Status{
		winsock.StatusSuccess, winsock.StatusPending, winsock.StatusAccessDenied, winsock.StatusSharingViolation,
		winsock.StatusInsufficientResources, winsock.StatusIOTimeout, winsock.StatusInvalidAddress,
		winsock.StatusInvalidAddressComponent, winsock.StatusInvalidAddressWildcard, winsock.StatusTooManyAddresses,
		winsock.StatusAddressAlreadyExists, winsock.StatusConnectionRefused, winsock.StatusAddressAlreadyAssociated,
		winsock.StatusNetworkUnreachable, winsock.StatusHostUnreachable,
	} {
		if strings.EqualFold(s, known.Name()) {
			return binary.LittleEndian.AppendUint32(nil, uint32(known)), nil
		}
	}
	return nil, err
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
