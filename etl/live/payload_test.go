package live

import (
	"encoding/hex"
	"errors"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

func refused() map[string]any {
	return map[string]any{
		"EnterExit": "1", "Location": "7025", "Process": "0xFFFFC40A0F0E1080", "Endpoint": "0xFFFFC40A1B2C3D40",
		"Status": "0xC0000209", "AddressLen": "16", "Address": "0.0.0.0:0",
	}
}

func afd(id uint16) etl.Event {
	return etl.Event{Kind: etl.KindEvent, Provider: winsock.AFD, ID: id, Keyword: 2, PID: 4}
}

// TestTexts reads the ways in which a field may be printed.
func TestTexts(t *testing.T) {
	for _, c := range []struct {
		field, text, address string
	}{
		{"Status", "0xC0000209", "0.0.0.0:0"},
		{"Status", "0xc0000209", "0.0.0.0:0"},
		{"Status", "3221225993", "0.0.0.0:0"},
		{"Status", "-1073741303", "0.0.0.0:0"},
		{"Status", "STATUS_TOO_MANY_ADDRESSES", "0.0.0.0:0"},
		{"Address", "0.0.0.0", "0.0.0.0:0"},
		{"Address", "192.0.2.5:50123", "192.0.2.5:50123"},
		{"Address", "::", "[::]:0"},
		{"Address", "[2001:db8::5]:50123", "[2001:db8::5]:50123"},
		{"Address", "[fe80::1%4]:80", "[fe80::1]:80"},
		{"Address", "fe80::1%4", "[fe80::1]:0"},
		{"Address", "0x0200C3CBC00002050000000000000000", "192.0.2.5:50123"},
		{"Address", "0200C3CB C0000205 00000000 00000000", "192.0.2.5:50123"},
		{"Address", "", ""},
		{"Process", "0x1", "0.0.0.0:0"},
		{"Process", "18446678146223837312", "0.0.0.0:0"},
	} {
		fields := refused()
		fields[c.field] = c.text
		e, f, err := decode(afd(1030), fields)
		if err != nil {
			t.Errorf("%s %q: %v", c.field, c.text, err)
			continue
		}
		if f.Status != winsock.StatusTooManyAddresses || f.EnterExit != 1 || f.Op != winsock.OpBind || f.Transport != winsock.TransportTCP || e.PointerSize != 8 || e.PID != 4 {
			t.Errorf("%s %q: %+v", c.field, c.text, f)
		}
		if f.HasAddress != (c.address != "") || f.HasAddress && f.Address != netip.MustParseAddrPort(c.address) {
			t.Errorf("%s %q: address %v", c.field, c.text, f.Address)
		}
	}
}

// TestUnread: what cannot be read is an error, never a success or a port 0.
func TestUnread(t *testing.T) {
	for _, c := range []struct {
		field string
		value any
	}{
		{"Status", "The transport address could not be opened"},
		{"Status", ""},
		{"Status", "0x1C0000209"},
		{"Status", "-99999999999"},
		{"Status", nil},
		{"Status", []string{"0"}},
		{"EnterExit", "Exited"},
		{"Process", "-1"},
		{"Endpoint", "0x"},
		{"Address", "0x0200C"},
		{"Address", "localhost:80"},
		{"Address", "192.0.2.5:99999"},
		{"Address", strings.Repeat("00", maxPropertyText)},
	} {
		fields := refused()
		fields[c.field] = c.value
		if c.value == nil {
			delete(fields, c.field)
		}
		_, f, err := decode(afd(1030), fields)
		var fe *etl.FormatError
		if !errors.As(err, &fe) || fe.Code != codeProperty || !strings.Contains(fe.Detail, c.field) || f != (winsock.Fact{}) {
			t.Errorf("%s %v: %+v, %v", c.field, c.value, f, err)
		}
	}
}

// TestEveryWatchedID decodes each id from the printed fields of all of them.
func TestEveryWatchedID(t *testing.T) {
	all := refused()
	maps.Copy(all, map[string]any{
		"AddressFamily": "2", "SocketType": "1", "Protocol": "6", "ProcessID": "0x1092", // another case than the manifest's
		"Buffer": "?", "BufferLength": "?",
	})
	ops := map[uint16]winsock.Op{
		1000: winsock.OpCreate, 1001: winsock.OpClose, 1002: winsock.OpCleanup, 1029: winsock.OpBind, 1030: winsock.OpBind,
		1017: winsock.OpConnect, 1018: winsock.OpConnect, 1020: winsock.OpConnect, 1021: winsock.OpConnect,
	}
	for id := range uint16(2000) {
		if watched(id) != (ops[id] != winsock.OpUnknown) {
			t.Fatalf("watched(%d) is %v", id, watched(id))
		}
		if !watched(id) {
			continue
		}
		_, f, err := decode(afd(id), all)
		if err != nil || f.Op != ops[id] || f.Status != winsock.StatusTooManyAddresses || f.Endpoint != 0xFFFFC40A1B2C3D40 {
			t.Errorf("%d: %+v, %v", id, f, err)
		}
		withAddress := id == 1018 || id == 1021 || id == 1030
		if f.HasAddress != withAddress || (id == 1000) != f.HasPID || id == 1000 && f.PID != 4242 {
			t.Errorf("%d: %+v", id, f)
		}
	}
}

// The payload made of printed fields is laid out as winsock's tables have it, whatever version
// the event had: EnterExit, Location, Process, Endpoint and what follows of that id.
func TestPayload(t *testing.T) {
	const (
		head    = "01000000 711b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff"
		refusal = "090200c0"
		address = "10000000 0200c3cbc00002050000000000000000"
	)
	fields := refused()
	maps.Copy(fields, map[string]any{"AddressFamily": "2", "SocketType": "1", "Protocol": "6", "ProcessId": "4242", "Address": "192.0.2.5:50123", "Buffer": "?"})
	for id, want := range map[uint16]string{
		1000: head + "02000000 01000000 06000000 9210000000000000" + refusal,
		1029: head + refusal,
		1030: head + refusal + address,
		1018: head + "0000000000000000 00000000" + refusal + address,
	} {
		e := afd(id)
		e.Version = 7
		made, _, err := decode(e, fields)
		if got := hex.EncodeToString(made.Payload); err != nil || got != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%d: %v\ngot  %s\nwant %s", id, err, got, want)
		}
	}
}

func FuzzSockaddr(f *testing.F) {
	for _, s := range []string{"", "0.0.0.0", "[::1]:80", "::%1", "0x0200", "1.2.3.4:5", "[", "zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := sockaddr(s)
		if err != nil {
			return
		}
		if len(b) > len(s)/2+28 {
			t.Fatalf("%d bytes of %d characters", len(b), len(s))
		}
	})
}
