package winsock

import (
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf16"

	"portverdict/etl"
)

func hex16(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s + "\x00")) {
		b = append(b, byte(u), byte(u>>8))
	}
	return hex.EncodeToString(b)
}

func hexANSI(s string) string { return hex.EncodeToString([]byte(s + "\x00")) }

const sidSystem = "0101000000000005 12000000" // S-1-5-18

func processLayouts() []layout {
	kernel := func(id, version uint16) etl.Event {
		return etl.Event{Kind: etl.KindEvent, Provider: KernelProcess, ID: id, Version: version, PointerSize: 8, Offset: 4096}
	}
	classic := func(opcode uint8, version uint16, pointer uint8) etl.Event {
		return etl.Event{Kind: etl.KindFull, Provider: KernelProcessClass, Opcode: opcode, Version: version, PointerSize: pointer, Offset: 4096}
	}
	hook := etl.Event{Kind: etl.KindSystem, Hook: 0x0303, Version: 4, PointerSize: 8, Offset: 4096}
	fact := func(id uint16, process uint64, start bool, image string) Fact {
		return Fact{Op: OpProcess, ID: id, EnterExit: 1, PID: 4242, HasPID: true, Process: process, ProcessStart: start, Image: image}
	}
	path := hex16(`\Device\HarddiskVolume2\Windows\System32\svchost.exe`)
	const (
		pid, file, four = "92100000 ", "0011223344556677 ", "01000000 "
		long            = four + four + four + four // four u32
		head64          = "80100e0f0ac4ffff 92100000 01000000 00000000 03010000 "
		head32          = "30a01285 92100000 01000000 00000000 03010000 "
		user64          = "00a0b0c0d0e0f0ff 0000000000000000 " + sidSystem
		user32          = "00a0b0c0 00000000 " + sidSystem
		table           = "00b01a0000000000 "
	)
	return []layout{
		{"start v0", kernel(1, 0), pid + file + four + four + path, fact(1, 0, true, "svchost.exe"), 20},
		{"start v1", kernel(1, 1), pid + file + four + four + four + path, fact(1, 0, true, "svchost.exe"), 24},
		{"start v2", kernel(1, 2), pid + file + four + four + four + path + four + four + "0000 0000", fact(1, 0, true, "svchost.exe"), 24},
		{"start v3", kernel(1, 3), pid + file + file + four + file + long + sidSystem + path, fact(1, 0, true, "svchost.exe"), 48},
		{"start v5", kernel(1, 5), pid + file + file + four + file + long + sidSystem + path, fact(1, 0, true, "svchost.exe"), 48},
		{"start v6, not known", kernel(1, 6), pid + file, fact(1, 0, true, ""), 4},
		{"stop v1", kernel(2, 1), pid + file, fact(2, 0, false, ""), 4},
		{"rundown v0", kernel(15, 0), pid + file + four + four + four + path, fact(15, 0, true, "svchost.exe"), 24},
		{"rundown v1", kernel(15, 1), pid + file + file + four + file + long + sidSystem + path, fact(15, 0, true, "svchost.exe"), 48},
		{"rundown v1, no SID", kernel(15, 1), pid + file + file + four + file + long + "00000000" + path, fact(15, 0, true, ""), 48},

		{"class v2", classic(3, 2, 4), head32 + user32 + hexANSI("lsass.exe"), fact(3, process32, true, "lsass.exe"), 20},
		{"class v3", classic(1, 3, 8), head64 + table + user64 + hexANSI("lsass.exe") + hex16("lsass.exe -x"), fact(1, process64, true, "lsass.exe"), 32},
		{"class v3, no SID", classic(4, 3, 8), head64 + table + "00000000" + hexANSI("System"), fact(4, process64, true, "System"), 32},
		{"class v4", classic(2, 4, 8), head64 + table + four + user64 + hexANSI("lsass.exe"), fact(2, process64, false, "lsass.exe"), 36},
		{"class v4, bad SID", classic(2, 4, 8), head64 + table + four + strings.Replace(user64, "0101", "0110", 1) + hexANSI("lsass.exe"), fact(2, process64, false, ""), 36},
		{"class v4, no name", classic(1, 4, 8), head64 + table + four + user64 + "0102030400", fact(1, process64, true, ""), 36},
		{"class v9, not known", classic(1, 9, 8), head64 + table, fact(1, process64, true, ""), 24},
		{"kernel hook", hook, head64 + table + four + user64 + hexANSI("w3wp.exe"), fact(3, process64, true, "w3wp.exe"), 36},
	}
}

// TestLimits reaches the limits: a name as long as Windows allows is read, one
// more character is none.
func TestLimits(t *testing.T) {
	for n, want := range map[int]int{maxImageName: maxImageName, maxImageName + 1: 0} {
		name := strings.Repeat("a", n)
		wide, _ := hex.DecodeString(hex16(name))
		if got := len(utf16Name(wide)); got != want {
			t.Errorf("%d UTF-16 characters give %d", n, got)
		}
		if got := len(ansiName([]byte(name + "\x00"))); got != want {
			t.Errorf("%d ANSI characters give %d", n, got)
		}
	}
	sid := func(n byte) []byte { return append([]byte{1, n}, make([]byte, 6+4*int(n)+1)...) }
	if got := afterSID(sid(maxSubAuthorities)); len(got) != 1 {
		t.Errorf("a SID of %d: %d bytes left", maxSubAuthorities, len(got))
	}
	if afterSID(sid(maxSubAuthorities+1)) != nil {
		t.Error("a SID with too many sub-authorities")
	}
}
