package hosttext

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse/textgen"
)

// printedPages are those in which the texts of these languages can be written.
var printedPages = map[string][]string{
	"":      {"", "65001", "437", "850", "1252", "utf-16le"},
	"en":    {"437", "866", "932", "936"},
	"de":    {"", "437", "850", "852", "1252", "utf-16le"},
	"ru":    {"", "866", "utf-16le"},
	"ja":    {"", "932", "utf-16le"},
	"zh":    {"", "936", "utf-16le"},
	"zh-cn": {"936"},
}

// printed is a text as it is in a file of its own, and in one behind another text.
func printed(t *testing.T, page string, print func(w *bytes.Buffer) error) [2]string {
	t.Helper()
	var out bytes.Buffer
	if err := print(&out); err != nil {
		t.Fatal(err)
	}
	alone := slices.Concat(textgen.Mark(page), out.Bytes())
	return [2]string{string(alone), "\r\nKONTOR01\r\n\r\n" + out.String()}
}

func checkPrinted(t *testing.T, page string, want *textTruth, print func(w *bytes.Buffer) error) {
	t.Helper()
	for _, text := range printed(t, page, print) {
		if kind, _ := Sniff([]byte(text)); kind != want.Kind {
			t.Errorf("page %q: told to be %q, want %q", page, kind, want.Kind)
		}
		got, codes := readText(t, text)
		compareFacts(t, &got, want)
		if codes != nil || t.Failed() {
			t.Fatalf("page %q: errors %v in\n%q", page, codes, text)
		}
	}
}

func TestPrintedRanges(t *testing.T) {
	ranges := []textgen.Range{
		{Transport: "tcp", Family: "any", Start: 49152, Count: 16384},
		{Transport: "tcp", Family: "ipv4", Start: 1024, Count: 13977},
		{Transport: "udp", Family: "ipv4", Start: 49152, Count: 16384},
		{Transport: "tcp", Family: "ipv6", Start: 1024, Count: 64511},
		{Transport: "udp", Family: "ipv6", Start: 49152, Count: 16383},
	}
	want := textTruth{Kind: "hosttext.range"}
	for _, r := range ranges {
		want.Ranges = append(want.Ranges, Range{Transport: r.Transport, Family: r.Family, Start: r.Start, Count: r.Count})
	}
	for language, pages := range printedPages {
		for _, page := range pages {
			checkPrinted(t, page, &want, func(w *bytes.Buffer) error { return textgen.PrintRanges(w, language, page, ranges) })
		}
	}
}

func TestPrintedExcluded(t *testing.T) {
	spans := []textgen.Span{{Transport: "tcp", Start: 5357, End: 5357}, {Transport: "tcp", Start: 49680, End: 49779}, {Transport: "udp", Start: 50000, End: 50059}}
	for n := range len(spans) + 1 {
		want := textTruth{Kind: "hosttext.excluded"}
		for _, s := range spans[:n] {
			want.Excluded = append(want.Excluded, Excluded{Transport: s.Transport, Start: s.Start, End: s.End})
		}
		for _, language := range []string{"", "en", "de"} {
			for _, page := range printedPages[language] {
				checkPrinted(t, page, &want, func(w *bytes.Buffer) error { return textgen.PrintExcluded(w, language, page, spans[:n]) })
			}
		}
	}
}

func TestPrintedTasklist(t *testing.T) {
	tasks := []textgen.Process{
		{PID: 712, Image: "lsass.exe", Services: []string{"KeyIso", "SamSs", "VaultSvc"}},
		{PID: 1044, Image: "svchost.exe", Services: strings.Fields("AudioEndpointBuilder CscService DeviceAssociationService NcbService StorSvc SysMain TrkWks")},
		{PID: math.MaxUint32 & math.MaxInt &^ 3, Image: "KontorVeryLongProcessName.exe", Services: []string{"Kontor"}},
		{PID: 0, Image: "System Idle Process"},
		{PID: 4, Image: "System"},
		{PID: 6100, Image: "Kontor Web Client.exe"},
	}
	for _, language := range []string{"", "en", "de", "zh", "zh-cn"} {
		for _, form := range []string{"plain", "svc", "v", "csv", "csv-svc"} {
			list := tasks
			if strings.HasPrefix(language, "zh") {
				list = tasks[:3] // its word for no services is another matter
			}
			want := textTruth{Kind: "hosttext.processes"}
			for _, p := range list {
				image, services := p.Image, p.Services
				if !strings.HasPrefix(form, "csv") {
					image = image[:min(25, len(image))]
				}
				if !strings.HasSuffix(form, "svc") {
					services = nil
				}
				want.Processes = append(want.Processes, Process{PID: p.PID, Image: image, Services: services, Handles: -1, Sockets: -1})
			}
			for _, page := range printedPages[language] {
				checkPrinted(t, page, &want, func(w *bytes.Buffer) error { return textgen.PrintTasklist(w, form, language, page, list) })
			}
		}
	}
}

func TestPrintedRegistry(t *testing.T) {
	for _, values := range []map[string]uint32{
		{"MaxUserPort": 65534}, {"TcpTimedWaitDelay": 30}, {"MaxUserPort": 0xdcef, "TcpTimedWaitDelay": 0, "StrictTimeWaitSeqCheck": 0xffffffff},
	} {
		for _, form := range []string{"query", "reg"} {
			var out bytes.Buffer
			if err := textgen.PrintRegistry(&out, form, values); err != nil {
				t.Fatal(err)
			}
			if marked := bytes.HasPrefix(out.Bytes(), []byte("\xff\xfe")); marked != (form == "reg") {
				t.Errorf("%s: mark %v", form, marked)
			}
			if kind, _ := Sniff(out.Bytes()); kind != "hosttext.registry" {
				t.Errorf("%s: told to be %q", form, kind)
			}
			got, codes := readText(t, out.String())
			found := map[string]uint32{}
			for _, r := range got.Registry {
				found[r.Name] = r.Value
			}
			if !maps.Equal(found, values) || len(got.Registry) != len(values) || codes != nil {
				t.Errorf("%s: %s errors %v", form, cmp.Diff(values, found), codes)
			}
		}
	}
}

func TestPrintedSysteminfo(t *testing.T) {
	for _, minutes := range []int{-840, -480, -210, 0, 45, 60, 330, 840} {
		for _, page := range printedPages[""] {
			h := textgen.Host{Name: "KONTOR02", Version: "10.0.17763", OffsetMinutes: minutes}
			want := textTruth{Kind: "hosttext.system"}
			want.Host = &struct {
				Name, Version string
				Offset        int `json:"offset_minutes"`
			}{h.Name, h.Version, minutes}
			checkPrinted(t, page, &want, func(w *bytes.Buffer) error { return textgen.PrintSysteminfo(w, page, h) })
		}
	}
	var out bytes.Buffer
	if err := textgen.PrintSysteminfo(&out, "", textgen.Host{Name: "KONTOR02", Version: "10.0.20348"}); err != nil {
		t.Fatal(err)
	}
	got, _ := readText(t, out.String())
	if h := got.Host; h == nil || h.Build != 20348 || h.OS != "Microsoft Windows Server 2022 Standard" || h.Zone != "(UTC) Coordinated Universal Time" {
		t.Errorf("host %+v", h)
	}
}
