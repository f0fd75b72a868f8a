package schema

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"portverdict/etl"
)

// item is one extended item as evntcons.h lays it out.
func item(kind uint16, more bool, data string) string {
	size := 8 + (len(data)+7)/8*8
	b := binary.LittleEndian.AppendUint16(nil, uint16(size))
	b = binary.LittleEndian.AppendUint16(b, kind)
	linkage := uint16(0)
	if more {
		linkage = 1
	}
	b = binary.LittleEndian.AppendUint16(b, linkage)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	return string(b) + data + strings.Repeat("\x00", size-8-len(data))
}

func TestExtended(t *testing.T) {
	const (
		guid  = "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
		sid   = "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x21\x02\x00\x00"
		match = "\x01\x00\x00\x00\x00\x00\x00\x00"
		a64   = "\x10\x00\x00\x00\x01\xf8\xff\xff"
	)
	for name, c := range map[string]struct{ ext, want string }{
		"a related activity":     {item(1, false, guid), "RelatedActivityID=00112233-4455-6677-8899-aabbccddeeff"},
		"a user":                 {item(2, false, sid), "UserID=S-1-5-32-545"},
		"a session and its user": {item(3, true, "\x02\x00\x00\x00") + item(2, false, sid), "TerminalSession=2 UserID=S-1-5-32-545"},
		"a stack of 32 bits":     {item(5, false, match+"\x10\x00\x00\x80"), "Stack=[0x80000010]"},
		"a stack of 64 bits":     {item(6, false, match+a64+a64), "Stack=[0xFFFFF80100000010, 0xFFFFF80100000010]"},
		"a start key":            {item(0xd, false, match), "ProcessStartKey=0x0000000000000001"},
		"an event key":           {item(0xa, false, match), "EventKey=0x0000000000000001"},
		"a container":            {item(0x10, false, "{c}"), "ContainerID={c}"},
		"what describes it":      {item(0xb, true, "\x02\x00") + item(0xc, false, "\x02\x00"), ""},
		"a short GUID":           {item(1, false, guid[:15]), "RelatedActivityID=332211005544776688" + "99aabbccddee"},
		"a SID that lies":        {item(2, false, sid[:12]), "UserID=010200000000000520000000"},
		"half an address":        {item(6, false, match+a64[:4]), "Stack=010000000000000010000000"},
		"an item that is cut":    {item(3, true, "\x02\x00\x00\x00") + item(2, false, sid)[:20], "TerminalSession=2"},
		"one that says no more":  {item(3, false, "\x02\x00\x00\x00") + item(2, false, sid), "TerminalSession=2"},
		"nothing":                {"", ""},
	} {
		var got []string
		for _, f := range Extended(&etl.Event{Kind: etl.KindEvent, Ext: []byte(c.ext)}) {
			got = append(got, fmt.Sprintf("%s=%s", f.Name, f.Value))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
	if out := Extended(&etl.Event{Kind: etl.KindFull, Ext: []byte(item(3, false, "\x02\x00\x00\x00"))}); out != nil {
		t.Errorf("a classic event has %v", out)
	}
}

func TestNarrowText(t *testing.T) {
	for raw, want := range map[string]string{
		"plain\x00rest": "plain", "Stra\xdfe \x80": "Straße €", "gr\xc3\xbcn": "grün", "\x99\x81\x9f\xff": "™\u0081Ÿÿ", "": "",
	} {
		if got := narrowText([]byte(raw)); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
