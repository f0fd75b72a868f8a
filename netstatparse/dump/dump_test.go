package dump

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func composed(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".dmp"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func read(data []byte) (*Dump, []string) {
	d, errs := Read(bytes.NewReader(data), int64(len(data)))
	var codes []string
	for _, err := range errs {
		var fe *FormatError
		if errors.As(err, &fe) {
			codes = append(codes, fe.Code)
		} else {
			codes = append(codes, err.Error())
		}
	}
	return d, codes
}

var written = time.Date(2026, 3, 10, 9, 4, 0, 0, time.UTC)

func TestKernel(t *testing.T) {
	boot := written.Add(-10 * time.Hour)
	for name, want := range map[string]Dump{
		"kernel-auto-133": {
			Build: 20348, Product: "server", Machine: "x64", Time: written,
			Kernel: &Kernel{Kind: "automatic", BugCheck: 0x133, Arguments: [4]uint64{1, 0x1e00, 0xfffff80000c00000, 0}, Boot: boot},
		},
		"kernel-live-161": {Build: 20348, Product: "server", Machine: "x64", Time: written, Kernel: &Kernel{Kind: "kernel", Live: true, BugCheck: 0x161, Boot: boot}},
		"kernel32-triage": {
			Build: 7601, Machine: "x86", Time: written,
			Kernel: &Kernel{Kind: "small", BugCheck: 0x7f, Arguments: [4]uint64{8, 0x80042000, 0, 0}, Boot: written.Add(-time.Hour)},
		},
	} {
		data := composed(t, name)
		got, codes := read(data)
		if d := cmp.Diff(&want, got); d != "" || codes != nil {
			t.Errorf("%s (-want +got):\n%s%v", name, d, codes)
		}
		for n := 9; n < len(data); n += 101 { // what is not there is not told
			got, codes := read(data[:n])
			if len(codes) != 1 || codes[0] != CodeTruncated || got.Kernel == nil || !got.Time.IsZero() && got.Time != written {
				t.Fatalf("%s cut at %d: %+v, %v", name, n, got, codes)
			}
		}
	}
	other := composed(t, "kernel-auto-133")
	binary.LittleEndian.PutUint32(other[0x38:], 0x1000007e)
	if d, _ := read(other); d.Kernel.BugCheck != 0x7e || d.Kernel.Code() != "0x7E" {
		t.Errorf("%+v", d.Kernel)
	}
}

func TestProcess(t *testing.T) {
	for name, c := range map[string]struct {
		build   int
		handles Handles
		codes   []string
	}{
		"leaky-handles-v2":     {20348, Handles{Total: 518, Sockets: 511}, nil},
		"leaky-handles-v1":     {7601, Handles{Total: 46, Sockets: 40}, nil},
		"leaky-handles-noname": {20348, Handles{Total: 60, Sockets: -1}, nil},
		"leaky-handles-cut":    {20348, Handles{Total: 245, Sockets: 239, AtLeast: true}, []string{CodeTruncated}},
	} {
		d, codes := read(composed(t, name))
		p := d.Process
		if p.PID != 4242 || p.Image != "leaky.exe" || p.Created != written.Add(-24*time.Hour) || d.Time != written || d.Build != c.build || d.Product != "server" || d.Machine != "x64" {
			t.Errorf("%s: %+v %+v", name, d, p)
		}
		total := 0
		for _, n := range p.Handles.Types {
			total += n
		}
		if c.handles.Types = p.Handles.Types; total != p.Handles.Total || !cmp.Equal(*p.Handles, c.handles) || !cmp.Equal(codes, c.codes) {
			t.Errorf("%s: %+v, %v", name, *p.Handles, codes)
		}
	}
}

// place is where a stream of a type begins.
func place(data []byte, kind uint32) int {
	at := int(le.Uint32(data[12:]))
	for le.Uint32(data[at:]) != kind {
		at += entrySize
	}
	return int(le.Uint32(data[at+8:]))
}

func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		change func(data []byte)
		code   string
		told   func(d *Dump) string
		want   string
	}{
		"2^32-1 handles": {
			func(b []byte) { le.PutUint32(b[place(b, streamHandles)+8:], 1<<32-1) }, CodeDamaged,
			func(d *Dump) string { return fmt.Sprint(d.Process.Handles.Total, d.Process.Handles.AtLeast) }, "46 true",
		},
		"descriptors of 8 bytes": {
			func(b []byte) { le.PutUint32(b[place(b, streamHandles)+4:], 8) }, CodeDamaged,
			func(d *Dump) string { return fmt.Sprint(d.Process.Handles.Total, d.Process.Handles.Sockets) }, "0 -1",
		},
		"a name behind the end": {
			func(b []byte) { le.PutUint32(b[place(b, streamHandles)+handlesHeader+12:], 1<<31) }, CodeDamaged,
			func(d *Dump) string { return fmt.Sprint(d.Process.Handles.Total, d.Process.Handles.AtLeast) }, "46 true",
		},
		"very many streams": {
			func(b []byte) { le.PutUint32(b[8:], 1<<31) }, CodeDamaged,
			func(d *Dump) string { return d.Process.Image }, "leaky.exe",
		},
		"no stream of handles": {
			func(b []byte) { le.PutUint32(b[le.Uint32(b[12:])+3*entrySize:], 99) }, "",
			func(d *Dump) string { return fmt.Sprint(d.Process.Handles == nil) }, "true",
		},
		"of another system": {
			func(b []byte) { le.PutUint32(b[place(b, streamSystem)+20:], 0x8201) }, ErrForeign.Error(),
			func(d *Dump) string { return fmt.Sprint(d == nil) }, "true",
		},
	} {
		data := composed(t, "leaky-handles-v1")
		c.change(data)
		d, codes := read(data)
		if got := c.told(d); got != c.want || c.code != "" && !strings.Contains(strings.Join(codes, " "), c.code) {
			t.Errorf("%s: %s, %v", name, got, codes)
		}
	}
}

func TestSniff(t *testing.T) {
	for head, want := range map[string]bool{"MDMP\x93\xa7": true, "PAGEDU64": true, "PAGEDUMP": true, "MDMP": false, "PAGE": false, "": false} {
		if kind, ok := Sniff([]byte(head)); ok != want || ok && kind != "dump" {
			t.Errorf("%q: %s, %v", head, kind, ok)
		}
	}
}

// Cut anywhere, and with any byte changed, a dump gives no more than it has.
func TestCutAndChangedAnywhere(t *testing.T) {
	whole := composed(t, "leaky-handles-v1")
	for n := range whole {
		if d, codes := read(whole[:n]); n < 800 && len(codes) == 0 {
			t.Fatalf("cut at %d: %+v and nothing told", n, d)
		}
		changed := bytes.Clone(whole)
		changed[n] ^= 0xff
		if d, _ := read(changed); d != nil && d.Process != nil && d.Process.Handles != nil && d.Process.Handles.Total > len(whole)/smallDescriptor {
			t.Fatalf("byte %d changed: %+v", n, d.Process.Handles)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"leaky-handles-v1", "kernel32-triage", "kernel-live-161"} {
		f.Add(composed(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, _ := read(data)
		if d != nil && d.Process != nil && d.Process.Handles != nil && d.Process.Handles.Total > len(data)/smallDescriptor {
			t.Errorf("%d handles in %d bytes", d.Process.Handles.Total, len(data))
		}
	})
}
