package live

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

// The layout is that of evntcons.h on a machine of 64 bits.
func TestLayoutOfARecord(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("this machine asks for it in another layout: make slow runs it on 64 bits")
	}
	var r eventRecord
	for name, c := range map[string][2]uintptr{
		"size of all": {unsafe.Sizeof(r), 112}, "Flags": {unsafe.Offsetof(r.flags), 4}, "TimeStamp": {unsafe.Offsetof(r.timeStamp), 16},
		"ProviderId": {unsafe.Offsetof(r.provider), 24}, "Id": {unsafe.Offsetof(r.id), 40}, "Keyword": {unsafe.Offsetof(r.keyword), 48},
		"ActivityId": {unsafe.Offsetof(r.activity), 64}, "BufferContext": {unsafe.Offsetof(r.processor), 80},
		"UserDataLength": {unsafe.Offsetof(r.userLength), 86}, "UserData": {unsafe.Offsetof(r.user), 96},
	} {
		if c[0] != c[1] {
			t.Errorf("%s at %d, want %d", name, c[0], c[1])
		}
	}
}

// A record gives the event that a file gives, and its payload is what Decode reads.
func TestEventOfARecord(t *testing.T) {
	// AFD 1030: EnterExit 1, Location, Process, Endpoint, Status 0xC0000209, AddressLen 16, 0.0.0.0:0.
	payload := []byte{
		1, 0, 0, 0, 0x71, 0x1b, 0, 0, 0x80, 0x10, 0x0e, 0x0f, 0x0a, 0xc4, 0xff, 0xff, 0x40, 0x3d, 0x2c, 0x1b, 0x0a, 0xc4, 0xff, 0xff,
		9, 2, 0, 0xc0, 16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	}
	r := eventRecord{
		flags: flag64BitHeader, tid: 8, pid: 4, timeStamp: 132000000000000001, provider: winsock.AFD, id: 1030, channel: 16, level: 2, opcode: 12, task: 1030,
		keyword: 0x8000000000000006, processor: 3, userLength: uint16(len(payload)), user: unsafe.Pointer(&payload[0]),
	}
	e := r.event(7)
	if e.Kind != etl.KindEvent || e.PointerSize != 8 || e.Time != 132000000000000001 || e.PID != 4 || e.TID != 8 || e.CPU != 3 || e.Level != 2 || e.Record != 7 {
		t.Errorf("%+v", e)
	}
	f, ok, err := winsock.Decode(e)
	if !ok || err != nil || f.Op != winsock.OpBind || f.Status != winsock.StatusTooManyAddresses || f.Process != 0xffffc40a0f0e1080 || !f.HasAddress {
		t.Errorf("%+v, %v, %v", f, ok, err)
	}
	r.flags = flag32BitHeader
	if got := r.event(0).PointerSize; got != 4 {
		t.Errorf("pointer size %d in a record of 32 bits", got)
	}
	r.user, r.flags = nil, 0
	if e := r.event(0); e.Payload != nil || uintptr(e.PointerSize) != unsafe.Sizeof(uintptr(0)) {
		t.Errorf("%+v without a payload", e)
	}
}

// The ETW package keeps the record where Watch looks for it. Its source is read, as it can
// be built for Windows only; recordOffset is asked under Wine.
func TestTheFieldOfTheRecord(t *testing.T) {
	const name, kind = "eventRecord", "PEVENT_RECORD"
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/Velocidex/etw").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skip("the source of the ETW package is not in the module cache: make lint runs what puts it there")
	}
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "event.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Event" {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			sel, ok := f.Type.(*ast.SelectorExpr)
			found = found || ok && len(f.Names) == 1 && f.Names[0].Name == name && sel.Sel.Name == kind
		}
		return false
	})
	if !found {
		t.Errorf("etw.Event has no field %s of type %s", name, kind)
	}
}
