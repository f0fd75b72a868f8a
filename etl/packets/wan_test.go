package packets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
)

func wan(keyword uint64, data string) etl.Event {
	e := ndisEvent(idWan, keyword, wide("{1}"), wide("user"), u32s(uint32(len(data))), []byte(data))
	e.Provider = NDISWan
	return e
}

func TestWan(t *testing.T) {
	if s := NDISWan.String(); s != "d84521f7-2235-4237-a7c0-14e3a9676286" {
		t.Error(s)
	}
	const who = "RoutingDomainID={1} RRASUserName=user"
	v4 := "E\x00\x00\x1c" + strings.Repeat("x", 16)
	short := wan(0, v4)
	short.Payload = short.Payload[:len(short.Payload)-1]
	for name, c := range map[string]struct {
		events []etl.Event
		want   []outcome
	}{
		"an IP packet":           {[]etl.Event{wan(0, v4)}, []outcome{{In: "ndiswan", Link: LinkRaw, Length: 28, Data: v4, Comment: who}}},
		"what is none":           {[]etl.Event{wan(whole|keywordSend, "\xff\x03")}, []outcome{{In: "ndiswan", Link: LinkOther, Way: Outbound, Length: 2, Data: "\xff\x03", Comment: who}}},
		"in two events":          {[]etl.Event{wan(keywordStart, v4[:4]), wan(keywordEnd, v4[4:])}, []outcome{{In: "ndiswan", Link: LinkRaw, Length: 28, Data: v4, Comment: who}}},
		"shorter than it says":   {[]etl.Event{short}, []outcome{{Damage: CodePayload, Interval: int64(len(short.Payload))}}},
		"an event of other kind": {[]etl.Event{func() etl.Event { e := wan(0, v4); e.ID++; return e }()}, nil},
	} {
		if d := cmp.Diff(c.want, collect(t, c.events...)); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

// The length on the wire is that of the IP header, behind VLAN tags too.
func TestLengthBehindTags(t *testing.T) {
	const tag, qinq, old = "\x81\x00\x00\x64", "\x88\xa8\x00\x64", "\x91\x00\x00\x64"
	v4, v6 := "\x08\x00E\x00\x05\xa0"+strings.Repeat("x", 16), "\x86\xdd`\x00\x00\x00\x05\xa0"+strings.Repeat("x", 34)
	for name, c := range map[string]struct {
		frame string
		want  int
	}{
		"no tag":              {v4, 14 + 1440},
		"one tag":             {tag + v4, 18 + 1440},
		"two tags":            {qinq + tag + v4, 22 + 1440},
		"the older type":      {old + tag + v6, 22 + 40 + 1440},
		"four tags":           {strings.Repeat(tag, 4) + v4, 30 + 1440},
		"more than are read":  {strings.Repeat(tag, 5) + v4, 0},
		"a tag and no more":   {tag, 0},
		"a tag and no header": {tag + v4[:10], 0},
	} {
		b := "123456123456" + c.frame
		want := c.want
		if got := ipLength(LinkEthernet, []byte(b)); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}
