package winsock

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
)

const (
	process64  = 0xFFFFC40A0F0E1080
	endpoint64 = 0xFFFFC40A1B2C3D40
	process32  = 0x8512A030
	endpoint32 = 0x86C01D48
)

// The heads of an AFD payload without its status, as a person reads them:
// EnterExit, Location, Process, Endpoint.
const (
	enter64 = "00000000 621b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff "
	exit64  = "01000000 711b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff "
	exit32  = "01000000 711b0000 30a01285 481dc086 "
	any4    = "10000000 0200 0000 00000000 0000000000000000"
	any6    = "1c000000 1700 0000 00000000 00000000000000000000000000000000 00000000"
	peer4   = "10000000 0200 01bb c6336407 0000000000000000"
	legacy8 = "80100e0f0ac4ffff 403d2c1b0ac4ffff "
	legacy4 = "30a01285 481dc086 "
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// layout is one event with the fact that it must give. fixed is the length
// below which it is an error; 0 means the whole payload.
type layout struct {
	name    string
	event   etl.Event
	payload string
	want    Fact
	fixed   int
}

func afd(id uint16, pointer uint8, keyword uint64) etl.Event {
	// The opcode is wrong on purpose: nothing may depend on it.
	return etl.Event{Kind: etl.KindEvent, Provider: AFD, ID: id, PointerSize: pointer, Opcode: 99, Level: 2, Keyword: 0x8000000000000004 | keyword, Offset: 4096}
}

func tcp(id, version uint16, pointer uint8) etl.Event {
	return etl.Event{Kind: etl.KindEvent, Provider: TCPIP, ID: id, Version: version, PointerSize: pointer, Offset: 4096}
}

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// afdLayouts are the vectors composed from the manifest. The first five are
// the ones that were worked out by hand, byte for byte.
func afdLayouts() []layout {
	bind := Fact{Op: OpBind, ID: 1030, EnterExit: 1, Location: 0x1b71, Process: process64, Endpoint: endpoint64, Status: StatusTooManyAddresses, Family: 2, HasAddress: true, Address: addr("0.0.0.0:0")}
	with := func(f Fact, edit func(*Fact)) Fact { edit(&f); return f }
	bind32 := with(bind, func(f *Fact) { f.Process, f.Endpoint = process32, endpoint32 })
	plain := with(bind, func(f *Fact) { f.HasAddress, f.Address, f.Family = false, netip.AddrPort{}, 0 })
	return []layout{
		{
			"bind enter", afd(1030, 8, 0), "00000000 621b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff 00000000 10000000 0200 0000 00000000 0000000000000000",
			with(bind, func(f *Fact) { f.EnterExit, f.Location, f.Status = 0, 0x1b62, 0 }), 32,
		},
		{
			"bind exit", afd(1030, 8, 2), "01000000 6e1b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff 00000000 10000000 0200 c3cb 00000000 0000000000000000",
			with(bind, func(f *Fact) {
				f.Location, f.Status, f.Address, f.Transport = 0x1b6e, 0, addr("0.0.0.0:50123"), TransportTCP
			}), 32,
		},
		{
			"bind refused", afd(1030, 8, 1), "01000000 711b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff 090200c0 10000000 0200 0000 00000000 0000000000000000",
			with(bind, func(f *Fact) { f.Transport = TransportUDP }), 32,
		},
		{
			"bind refused v6", afd(1030, 8, 0), "01000000 711b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff 090200c0 1c000000 1700 0000 00000000 00000000000000000000000000000000 00000000",
			with(bind, func(f *Fact) { f.Family, f.Address = 23, addr("[::]:0") }), 32,
		},
		{
			"bind refused, no address", afd(1029, 8, 0), "01000000 6f1b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff 090200c0",
			with(plain, func(f *Fact) { f.ID, f.Location = 1029, 0x1b6f }), 0,
		},

		{"bind refused x86", afd(1030, 4, 0), exit32 + "090200c0" + any4, bind32, 24},
		{"bind refused v6 x86", afd(1030, 4, 0), exit32 + "090200c0" + any6, with(bind32, func(f *Fact) { f.Family, f.Address = 23, addr("[::]:0") }), 24},
		{
			"bind refused, no address, x86", afd(1029, 4, 0), exit32 + "090200c0",
			with(plain, func(f *Fact) { f.ID, f.Process, f.Endpoint = 1029, process32, endpoint32 }), 0,
		},
		{"bind, empty address", afd(1030, 8, 2), exit64 + "090200c0 00000000", with(plain, func(f *Fact) { f.Transport = TransportTCP }), 32},
		{"bind, both keyword bits", afd(1030, 8, 3), exit64 + "090200c0 00000000", plain, 32},
		{"bind, length beyond the payload", afd(1030, 8, 0), exit64 + "090200c0 ffffffff 0200 0000 00000000", bind, 32},
		{"bind, Unix family", afd(1030, 8, 2), exit64 + "090200c0 06000000 0100 2f746d70", with(plain, func(f *Fact) { f.Family = 1 }), 32},
		{"bind, Hyper-V family", afd(1030, 8, 2), exit64 + "00000000 04000000 2200 0000", with(plain, func(f *Fact) { f.Family, f.Status = 34, 0 }), 32},
		{"bind, odd length", afd(1030, 8, 0), exit64 + "090200c0 01000000 02", plain, 32},

		{"close", afd(1001, 8, 0), exit64 + "00000000", with(plain, func(f *Fact) { f.Op, f.ID, f.Status = OpClose, 1001, 0 }), 0},
		{
			"cleanup x86", afd(1002, 4, 0), exit32 + "00000000",
			with(plain, func(f *Fact) { f.Op, f.ID, f.Status, f.Process, f.Endpoint = OpCleanup, 1002, 0, process32, endpoint32 }), 0,
		},
		{"connect", afd(1017, 8, 2), exit64 + "360200c0", with(plain, func(f *Fact) {
			f.Op, f.ID, f.Status, f.Transport = OpConnect, 1017, StatusConnectionRefused, TransportTCP
		}), 0},
		{"connectex", afd(1020, 8, 0), exit64 + "090200c0", with(plain, func(f *Fact) { f.Op, f.ID = OpConnect, 1020 }), 0},
		{
			"connect with address", afd(1018, 8, 2), enter64 + "1122334455667788 40000000 00000000" + peer4,
			with(bind, func(f *Fact) {
				f.Op, f.ID, f.EnterExit, f.Location, f.Status, f.Address, f.Transport = OpConnect, 1018, 0, 0x1b62, 0, addr("198.51.100.7:443"), TransportTCP
			}), 44,
		},
		{
			"connectex with address x86", afd(1021, 4, 0), exit32 + "11223344 00000000 090200c0" + peer4,
			with(bind32, func(f *Fact) { f.Op, f.ID, f.Address = OpConnect, 1021, addr("198.51.100.7:443") }), 32,
		},
	}
}

func createLayouts() []layout {
	made := Fact{Op: OpCreate, ID: 1000, EnterExit: 1, Location: 0x1b71, Process: process64, Endpoint: endpoint64, AddressFamily: 2, Family: 2, SocketType: 1, Protocol: 6, PID: 4242, HasPID: true, Transport: TransportTCP}
	with := func(edit func(*Fact)) Fact { f := made; edit(&f); return f }
	return []layout{
		{"create", afd(1000, 8, 0), exit64 + "02000000 01000000 06000000 9210000000000000 00000000", made, 0},
		{
			"create x86", afd(1000, 4, 0), exit32 + "02000000 01000000 06000000 92100000 00000000",
			with(func(f *Fact) { f.Process, f.Endpoint = process32, endpoint32 }), 0,
		},
		{
			"create UDP v6", afd(1000, 8, 0), exit64 + "17000000 02000000 11000000 9210000000000000 00000000",
			with(func(f *Fact) {
				f.AddressFamily, f.Family, f.SocketType, f.Protocol, f.Transport = 23, 23, 2, 17, TransportUDP
			}), 0,
		},
		{
			"create without protocol", afd(1000, 8, 0), exit64 + "02000000 02000000 00000000 9210000000000000 00000000",
			with(func(f *Fact) { f.SocketType, f.Protocol, f.Transport = 2, 0, TransportUDP }), 0,
		},
		{
			"create, type untold, keyword stream", afd(1000, 8, 2), exit64 + "02000000 00000000 00000000 9210000000000000 00000000",
			with(func(f *Fact) { f.SocketType, f.Protocol = 0, 0 }), 0,
		},
		{
			"create raw", afd(1000, 8, 1), exit64 + "02000000 03000000 06000000 9210000000000000 00000000",
			with(func(f *Fact) { f.SocketType, f.Transport = 3, TransportUnknown }), 0,
		},
		{
			"create Unix stream", afd(1000, 8, 2), exit64 + "01000000 01000000 00000000 9210000000000000 00000000",
			with(func(f *Fact) { f.AddressFamily, f.Family, f.Protocol, f.Transport = 1, 1, 0, TransportUnknown }), 0,
		},
		{
			"create by no process", afd(1000, 8, 0), exit64 + "02000000 01000000 06000000 ffffffffffffffff 00000000",
			with(func(f *Fact) { f.PID, f.HasPID = 0xffffffff, false }), 0,
		},
		{
			"create refused", afd(1000, 8, 0), exit64 + "02000000 01000000 06000000 9210000000000000 9a0000c0",
			with(func(f *Fact) { f.Status = StatusInsufficientResources }), 0,
		},
	}
}

func legacyLayouts() []layout {
	old := Fact{Legacy: true, EnterExit: 1, Process: process64, Endpoint: endpoint64}
	with := func(op Op, id uint16, edit func(*Fact)) Fact {
		f := old
		f.Op, f.ID = op, id
		edit(&f)
		return f
	}
	v4 := func(f *Fact) { f.HasAddress, f.Address, f.Family = true, addr("192.0.2.5:50123"), 2 }
	v6 := func(f *Fact) { f.HasAddress, f.Address, f.Family = true, addr("[2001:db8::5]:50123"), 23 }
	const ip6 = "20010db8000000000000000000000005"
	return []layout{
		{"legacy create", afd(1, 8, 0), legacy8 + "02000000 01000000 06000000 9210000000000000", with(OpCreate, 1, func(f *Fact) {
			f.AddressFamily, f.Family, f.SocketType, f.Protocol, f.PID, f.HasPID, f.Transport = 2, 2, 1, 6, 4242, true, TransportTCP
		}), 0},
		{"legacy bind v4", afd(2, 8, 2), legacy8 + "c0000205 c3cb 00000000", with(OpBind, 2, func(f *Fact) { v4(f); f.Transport = TransportTCP }), 0},
		{"legacy bind v6", afd(3, 8, 0), legacy8 + ip6 + "c3cb 090200c0", with(OpBind, 3, func(f *Fact) { v6(f); f.Status = StatusTooManyAddresses }), 0},
		{"legacy connect v4", afd(4, 8, 0), legacy8 + "c0000205 c3cb", with(OpConnect, 4, v4), 0},
		{"legacy connect v6", afd(5, 8, 0), legacy8 + ip6 + "c3cb", with(OpConnect, 5, v6), 0},
		{"legacy connected", afd(6, 8, 0), legacy8 + "b50000c0", with(OpConnect, 6, func(f *Fact) { f.Status = StatusIOTimeout }), 0},
		{"legacy close", afd(13, 8, 0), legacy8 + "00000000", with(OpClose, 13, func(*Fact) {}), 0},
		{"legacy cleanup", afd(14, 8, 0), legacy8 + "00000000", with(OpCleanup, 14, func(*Fact) {}), 0},
		{"legacy failed bind x86", afd(40, 4, 1), legacy4 + "090200c0", with(OpBind, 40, func(f *Fact) {
			f.Process, f.Endpoint, f.Status, f.Transport = process32, endpoint32, StatusTooManyAddresses, TransportUDP
		}), 0},
	}
}

func tcpipLayouts() []layout {
	fail := Fact{Op: OpPortFailure, EnterExit: 1, Transport: TransportTCP, Status: StatusTooManyAddresses, HasAddress: true, Address: addr("0.0.0.0:0"), Family: 2}
	with := func(id uint16, edit func(*Fact)) Fact { f := fail; f.ID = id; edit(&f); return f }
	object := func(f *Fact) { f.Endpoint = endpoint64 }
	conn := func(f *Fact) {
		object(f)
		f.HasRemote, f.Remote, f.PID, f.HasPID = true, addr("198.51.100.7:443"), 4242, true
	}
	const end8 = "403d2c1b0ac4ffff"
	return []layout{
		{"1006 v0", tcp(1006, 0, 8), any4 + "090200c0", with(1006, func(*Fact) {}), 0},
		{"1006 v1", tcp(1006, 1, 8), end8 + any4 + "090200c0", with(1006, object), 0},
		{"1006 v1 x86", tcp(1006, 1, 4), "481dc086" + any4 + "090200c0", with(1006, func(f *Fact) { f.Endpoint = endpoint32 }), 0},
		{"1006 v0, no address", tcp(1006, 0, 8), "00000000 090200c0", with(1006, func(f *Fact) { f.HasAddress, f.Address, f.Family = false, netip.AddrPort{}, 0 }), 0},
		{"1050 v0", tcp(1050, 0, 8), any4 + peer4 + "090200c0 92100000 01000000" + end8, with(1050, conn), 0},
		{"1050 v1", tcp(1050, 1, 8), any4 + peer4 + "090200c0 92100000 01000000" + end8 + "0807060504030201", with(1050, conn), 60},
		{"1050 v0 x86", tcp(1050, 0, 4), any4 + peer4 + "090200c0 92100000 01000000 481dc086", with(1050, func(f *Fact) { conn(f); f.Endpoint = endpoint32 }), 0},
		{"1122", tcp(1122, 0, 8), end8 + any4 + "090200c0 92100000 01000000 02000000", with(1122, func(f *Fact) { object(f); f.PID, f.HasPID = 4242, true }), 0},
		{"1394", tcp(1394, 0, 8), any6 + "090200c0" + end8, with(1394, func(f *Fact) { object(f); f.Family, f.Address, f.Transport = 23, addr("[::]:0"), TransportUDP }), 0},
		{"1195", tcp(1195, 0, 8), end8 + "cbc3 01000000 80100e0f0ac4ffff", Fact{Op: OpWeakReference, ID: 1195, EnterExit: 1, Transport: TransportTCP, Endpoint: endpoint64, Port: 50123}, 0},
		{"1195 x86", tcp(1195, 0, 4), "481dc086 cbc3 01000000 30a01285", Fact{Op: OpWeakReference, ID: 1195, EnterExit: 1, Transport: TransportTCP, Endpoint: endpoint32, Port: 50123}, 0},
	}
}

func layouts() []layout {
	var all []layout
	for _, part := range [][]layout{afdLayouts(), createLayouts(), legacyLayouts(), tcpipLayouts(), processLayouts()} {
		all = append(all, part...)
	}
	return all
}

var sameAddr = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestDecode(t *testing.T) {
	for _, l := range layouts() {
		t.Run(l.name, func(t *testing.T) {
			e := l.event
			e.Payload = unhex(t, l.payload)
			got, ok, err := Decode(e)
			if !ok || err != nil {
				t.Fatalf("Decode: %v, %v", ok, err)
			}
			if d := cmp.Diff(l.want, got, sameAddr); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			// More bytes than the layout has are a later version's business.
			e.Payload = append(e.Payload, 0xAA, 0xBB, 0xCC)
			if more, ok, err := Decode(e); !ok || err != nil || more.Status != got.Status {
				t.Errorf("with trailing bytes: %+v, %v, %v", more, ok, err)
			}
		})
	}
}

// TestDecodeTruncated cuts every layout at every length. Below the fixed part
// it is an error; above it the status and the endpoint must be those of the
// whole, whatever became of the address or the name.
func TestDecodeTruncated(t *testing.T) {
	for _, l := range layouts() {
		whole := unhex(t, l.payload)
		fixed := l.fixed
		if fixed == 0 {
			fixed = len(whole)
		}
		for n := range whole {
			e := l.event
			e.Payload = whole[:n:n]
			f, ok, err := Decode(e)
			if n < fixed {
				var fe *etl.FormatError
				if !errors.As(err, &fe) || ok {
					t.Fatalf("%s cut at %d: %+v, %v, %v", l.name, n, f, ok, err)
				}
				if fe.Code != CodePayload || fe.Offset != 4096 || fe.Length != int64(n) || fe.Detail == "" {
					t.Fatalf("%s cut at %d: %+v", l.name, n, fe)
				}
				continue
			}
			if !ok || err != nil || f.Status != l.want.Status || f.Endpoint != l.want.Endpoint || f.PID != l.want.PID {
				t.Fatalf("%s cut at %d: %+v, %v, %v", l.name, n, f, ok, err)
			}
			if f.HasAddress && f.Address != l.want.Address {
				t.Fatalf("%s cut at %d: address %v", l.name, n, f.Address)
			}
			if f.Image != "" && f.Image != l.want.Image {
				t.Fatalf("%s cut at %d: image %q", l.name, n, f.Image)
			}
		}
	}
}

// TestDecodeFlipped flips each byte: any answer will do but a panic.
func TestDecodeFlipped(t *testing.T) {
	for _, l := range layouts() {
		e := l.event
		e.Payload = unhex(t, l.payload)
		for i := range e.Payload {
			for _, x := range []byte{0xFF, 0x80, 0x01} {
				e.Payload[i] ^= x
				if _, ok, err := Decode(e); ok && err != nil {
					t.Fatalf("%s, byte %d: a fact and an error", l.name, i)
				}
				e.Payload[i] ^= x
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	bind := afd(1030, 8, 0)
	bind.Payload = unhex(t, exit64+"090200c0"+any4)
	for _, c := range []struct {
		name string
		edit func(*etl.Event)
		code string // "": not a fact, no error
	}{
		{"other provider", func(e *etl.Event) { e.Provider = etl.GUID{1} }, ""},
		{"id of no fact", func(e *etl.Event) { e.ID = 1003 }, ""},
		{"TCPIP 1030 is not AFD 1030", func(e *etl.Event) { e.Provider = TCPIP }, ""},
		{"AFD version", func(e *etl.Event) { e.Version = 1 }, CodeVersion},
		{"legacy version", func(e *etl.Event) { e.ID, e.Version = 40, 1 }, CodeVersion},
		{"1006 v2", func(e *etl.Event) { e.Provider, e.ID, e.Version = TCPIP, 1006, 2 }, CodeVersion},
		{"1195 v1", func(e *etl.Event) { e.Provider, e.ID, e.Version = TCPIP, 1195, 1 }, CodeVersion},
		{"pointer size", func(e *etl.Event) { e.PointerSize = 0 }, CodePointerSize},
		{"1006 length beyond", func(e *etl.Event) {
			e.Provider, e.ID, e.Payload = TCPIP, 1006, unhex(t, "ffffffff 02000000")
		}, CodePayload},
		{"thread start", func(e *etl.Event) { e.Provider, e.ID = KernelProcess, 3 }, ""},
		{"classic, no key", func(e *etl.Event) { e.Provider, e.Kind, e.Opcode, e.Version = KernelProcessClass, etl.KindFull, 1, 1 }, ""},
		{"hook of another group", func(e *etl.Event) { e.Provider, e.Kind, e.Hook, e.Version = etl.GUID{}, etl.KindSystem, 0x0501, 3 }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := bind
			c.edit(&e)
			f, ok, err := Decode(e)
			if ok || f != (Fact{}) {
				t.Fatalf("a fact: %+v", f)
			}
			var fe *etl.FormatError
			if errors.As(err, &fe); (c.code == "") != (err == nil) || c.code != "" && fe.Code != c.code {
				t.Fatalf("error %v, want code %q", err, c.code)
			}
		})
	}
}

func TestGUIDs(t *testing.T) {
	for want, g := range map[string]etl.GUID{
		"e53c6823-7bb8-44bb-90dc-3f86090d48a6": AFD,
		"2f07e2ee-15db-40f1-90ef-9d7ba282188a": TCPIP,
		"22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716": KernelProcess,
		"3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c": KernelProcessClass,
	} {
		if g.String() != want {
			t.Errorf("%s, want %s", g, want)
		}
	}
}

func TestWords(t *testing.T) {
	if s := StatusTooManyAddresses; s.String() != "0xC0000209" || s.Name() != "STATUS_TOO_MANY_ADDRESSES" {
		t.Errorf("%s %s", s, s.Name())
	}
	// Low word 0x209 with another severity is not the witness.
	if s := Status(0x80000209); s.Name() != "" || s.String() != "0x80000209" || s == StatusTooManyAddresses {
		t.Errorf("%s %s", s, s.Name())
	}
	seen := map[string]bool{}
	for _, s := range []Status{
		StatusSuccess, StatusPending, StatusAccessDenied, StatusSharingViolation, StatusInsufficientResources,
		StatusIOTimeout, StatusInvalidAddress, StatusInvalidAddressComponent, StatusInvalidAddressWildcard, StatusTooManyAddresses,
		StatusAddressAlreadyExists, StatusConnectionRefused, StatusAddressAlreadyAssociated, StatusNetworkUnreachable, StatusHostUnreachable,
	} {
		if !strings.HasPrefix(s.Name(), "STATUS_") || seen[s.Name()] {
			t.Errorf("%s: name %q", s, s.Name())
		}
		seen[s.Name()] = true
	}
	for op := OpUnknown; op <= OpProcess+1; op++ {
		if (op.String() == "unknown") != (op == OpUnknown || op > OpProcess) {
			t.Errorf("Op %d is %q", op, op)
		}
	}
	if TransportUnknown.String() != "unknown" || TransportTCP.String() != "tcp" || TransportUDP.String() != "udp" {
		t.Error("transport words")
	}
}

func TestDecodeAllocates(t *testing.T) {
	for _, l := range layouts() {
		if l.want.Op == OpProcess {
			continue // its image name is a new string
		}
		e := l.event
		e.Payload = unhex(t, l.payload)
		if n := testing.AllocsPerRun(50, func() { _, _, _ = Decode(e) }); n != 0 {
			t.Errorf("%s: %v allocations", l.name, n)
		}
	}
}

func BenchmarkDecodeBind(b *testing.B) {
	e := afd(1030, 8, 2)
	e.Payload = unhex(b, exit64+"090200c0"+any4)
	b.SetBytes(int64(len(e.Payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := Decode(e); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, l := range layouts() {
		which := byte(0)
		switch l.event.Provider {
		case TCPIP:
			which = 1
		case KernelProcess:
			which = 2
		case KernelProcessClass:
			which = 3
		}
		f.Add(which, l.event.ID, uint8(l.event.Version), l.event.PointerSize, l.event.Opcode, l.event.Keyword, unhex(f, l.payload))
	}
	providers := [4]etl.GUID{AFD, TCPIP, KernelProcess, KernelProcessClass}
	f.Fuzz(func(t *testing.T, which byte, id uint16, version, pointer, opcode uint8, keyword uint64, payload []byte) {
		e := etl.Event{Kind: etl.KindEvent, Provider: providers[which%4], ID: id, Version: uint16(version), PointerSize: pointer, Opcode: opcode, Keyword: keyword, Payload: payload}
		if e.Provider == KernelProcessClass {
			e.Kind = etl.KindFull
		}
		fact, ok, err := Decode(e)
		switch {
		case ok && (err != nil || fact.Op == OpUnknown):
			t.Fatalf("%+v, %v", fact, err)
		case !ok && fact != (Fact{}):
			t.Fatalf("no fact, but %+v", fact)
		case fact.HasAddress && fact.Family != FamilyIPv4 && fact.Family != FamilyIPv6:
			t.Fatalf("address of family %d", fact.Family)
		case fact.HasAddress != fact.Address.IsValid(), fact.HasRemote != fact.Remote.IsValid():
			t.Fatalf("address %v %v", fact.Address, fact.Remote)
		}
		again, _, _ := Decode(e.Clone())
		if again != fact {
			t.Fatalf("the copy gives %+v, not %+v", again, fact)
		}
	})
}

// Proves that Wanted names exactly the events that Decode reads.
func TestWantedIsWhatDecodeReads(t *testing.T) {
	wanted := Wanted()
	for _, w := range wanted {
		if w.IDs == nil {
			continue // a class, whose events have no ids
		}
		for id := range 1 << 16 {
			_, known, err := Decode(etl.Event{Kind: etl.KindEvent, Provider: w.Provider, ID: uint16(id), PointerSize: 8})
			if reads := known || err != nil; reads != slices.Contains(w.IDs, uint16(id)) {
				t.Errorf("%s %d: read %v, wanted %v", w.Provider, id, reads, !reads)
			}
		}
	}
	if len(wanted) != 4 {
		t.Errorf("%d providers", len(wanted))
	}
}
