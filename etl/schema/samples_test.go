package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portverdict/etl"
)

func samples(t testing.TB, pattern ...string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(append([]string{"..", "..", "..", "shared", "samples"}, pattern...)...))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("samples not present: the descriptions in real traces are not checked here")
	}
	return files
}

func newCatalog(t testing.TB) *Catalog {
	t.Helper()
	c, err := NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// open reads a trace twice: for its descriptions, and again for its events.
func open(t testing.TB, file string) (*Catalog, *etl.Reader, []string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	fi, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := etl.NewReader(f, fi.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newCatalog(t)
	var problems []string
	for e, err := range r.Events() {
		if err == nil {
			if err := c.Learn(&e); err != nil {
				problems = append(problems, err.Error())
			}
		}
	}
	return c, r, problems
}

// Every event that a real trace describes, or that describes itself, is decoded
// and its payload used up to the last byte.
func TestRealDescriptionsAreExact(t *testing.T) {
	decoded := map[Source]int{}
	for _, file := range samples(t, "etl", "real", "*.etl") {
		c, r, problems := open(t, file)
		if len(problems) > 0 {
			t.Errorf("%s: %v", filepath.Base(file), problems)
		}
		for e, err := range r.Events() {
			if err != nil {
				continue
			}
			d, err := c.Decode(&e)
			if err != nil {
				t.Fatalf("%s: %v", filepath.Base(file), err)
			}
			decoded[d.Source]++
			if d.Source != SourceNone && d.Rest != 0 {
				t.Errorf("%s: %s %s leaves %d bytes", filepath.Base(file), d.Provider, d.Event, d.Rest)
			}
			if self := extItem(e.Ext, extTraceLogging) != nil; self != (d.Source == SourceTraceLogging) {
				t.Errorf("%s: event at %#x describes itself: %v, source %v", filepath.Base(file), e.Offset, self, d.Source)
			}
		}
	}
	if decoded[SourceEmbedded] != 6248 || decoded[SourceTraceLogging] != 25 || decoded[SourceBuiltin] < 2300 {
		t.Errorf("decoded %v", decoded)
	}
}

// What the bytes of two real events say, read by hand.
func TestRealValues(t *testing.T) {
	want := map[string]string{
		"tracelogging-primitive-types.etl": "solar_system PrimitiveTypesTest {string_type=Mercury, boolean_type=false, char_type=M, int16_type=-51, int32_type=-102, uint16_type=51, uint32_type=102, int64_type=18446744073709551412, uint64_type=204, guid_type=0ad614c4-0ef4-4225-8013-f44f37cb0397, ",
		"tracelogging-single-xpress.etl":   "MySource TestEvent {a={b=Hello, c=World!}}",
		"pktmon-ws2022-xpress.etl":         "Microsoft-Windows-PktMon Packet {PktGroupId=1071654, PktNumber=1, AppearanceCount=1, DirTag=3 Rx, PacketType=1 Ethernet, ComponentId=59, ",
	}
	for _, file := range samples(t, "etl", "real", "*.etl") {
		prefix, ok := want[filepath.Base(file)]
		if !ok {
			continue
		}
		c, r, _ := open(t, file)
		for e, err := range r.Events() {
			if err != nil {
				continue
			}
			d, _ := c.Decode(&e)
			if d.Source <= SourceBuiltin {
				continue
			}
			if got := d.Provider + " " + d.Event + " " + (Value{Kind: Struct, Fields: d.Fields}).String(); !strings.HasPrefix(got, prefix) {
				t.Errorf("got  %.300s\nwant %s", got, prefix)
			}
			break
		}
	}
}

// In the composed traces the descriptions agree with the built-in tables.
func TestComposedDescriptionsAgree(t *testing.T) {
	for _, file := range samples(t, "bundles", "*", "Server.etl") {
		c, r, problems := open(t, file)
		if len(problems) > 0 {
			t.Errorf("%s: %v", file, problems)
		}
		for e, err := range r.Events() {
			if err != nil || e.Kind != etl.KindEvent || e.Provider != afd {
				continue // their TCPIP events are filler
			}
			d, err := c.Decode(&e)
			if err != nil || d.Rest != 0 && d.Source != SourceNone {
				t.Fatalf("%s: event %d at %#x: %v, %d bytes left", file, e.ID, e.Offset, err, d.Rest)
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	c, r, _ := open(b, samples(b, "bundles", "leak64", "Server.etl")[0])
	n := 0
	for e := range r.Events() {
		n += len(e.Payload)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		for e := range r.Events() {
			if _, err := c.Decode(&e); err != nil {
				b.Fatal(err)
			}
		}
	}
}
