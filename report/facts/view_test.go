package facts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// rangeText is what netsh says of a dynamic range.
func rangeText(family, transport string, start, count int) string {
	return fmt.Sprintf("C:\\>netsh int %s show dynamicport %s\r\n\r\nProtocol %s Dynamic Port Range\r\n---------------------------------\r\nStart Port      : %d\r\nNumber of Ports : %d\r\n\r\n",
		family, transport, transport, start, count)
}

func excludedText(transport string, rows ...[2]int) string {
	var b strings.Builder
	b.WriteString("Protocol " + transport + " Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%10d  %10d\r\n", r[0], r[1])
	}
	return b.String()
}

func viewsIn(c *Case) []string {
	var out []string
	for i := range c.Views {
		v := &c.Views[i]
		s := fmt.Sprintf("%s %d+%d", v.Transport, v.Start, v.Count)
		if v.Families != AnyFamily {
			s += fmt.Sprintf(" IPv%d", map[Families]int{IPv4: 4, IPv6: 6}[v.Families])
		}
		if v.Excluded != nil {
			s += fmt.Sprint(" less ", v.Excluded)
		}
		out = append(out, s)
	}
	return out
}

func host(path string, parts ...string) input {
	return input{path, "hosttext.range", []byte(strings.Join(parts, "\r\n"))}
}

const (
	tcpDefault, udpDefault = "tcp 49152+16384", "udp 49152+16384"
)

func TestViews(t *testing.T) {
	for _, tc := range []struct {
		name   string
		o      Options
		inputs []input
		want   []string
	}{
		{"nothing said", Options{}, nil, []string{tcpDefault, udpDefault}},
		{"--range alone counts for its transport", ranged(50000, 100), []input{host("r.txt", rangeText("ipv4", "tcp", 1024, 64000))}, []string{"tcp 50000+100", udpDefault}},
		{
			"a range of one family, and the default of the other",
			Options{},
			[]input{host("r.txt", rangeText("ipv4", "tcp", 1024, 64000))},
			[]string{tcpDefault, "tcp 49152+16384 IPv4", "tcp 49152+16384 IPv6", udpDefault, "tcp 1024+64000", "tcp 1024+64000 IPv4"},
		},
		{
			"ranges of both",
			Options{},
			[]input{host("r.txt", rangeText("ipv4", "udp", 50000, 300), rangeText("ipv6", "udp", 51000, 300))},
			[]string{
				tcpDefault, udpDefault, "udp 49152+16384 IPv4", "udp 49152+16384 IPv6", "udp 50000+300", "udp 50000+300 IPv4", "udp 51000+300", "udp 51000+300 IPv6",
			},
		},
		{
			"of several texts, each once",
			Options{},
			[]input{
				{"b.txt", "hosttext.range", []byte(templates(1024, 64000))}, {"a.txt", "hosttext.range", []byte(templates(49152, 16384))}, {"c.txt", "hosttext.range", []byte(templates(1024, 64000))},
			},
			[]string{tcpDefault, udpDefault, "tcp 1024+64000"},
		},
		{
			"exclusions of a transport, from any text", ranged(50000, 100),
			[]input{
				host("a.txt", excludedText("tcp", [2]int{80, 80}, [2]int{50010, 50019}, [2]int{50090, 50200})), host("b.txt", excludedText("tcp", [2]int{50015, 50029})), host("c.txt", excludedText("udp", [2]int{49152, 49161})),
			},
			[]string{"tcp 50000+100 less [[50010 50029] [50090 50099]]", "udp 49152+16384 less [[49152 49161]]"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := settled(t, tc.o, tc.inputs...)
			if d := cmp.Diff(tc.want, viewsIn(c)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			for i := range c.Views {
				v := c.Views[i]
				if got := c.ViewIndex(&v); got != i {
					t.Errorf("view %d has index %d", i, got)
				}
				if v.Start++; c.ViewIndex(&v) == i {
					t.Errorf("another view has index %d", i)
				}
			}
		})
	}
}

// templates is the table of Get-NetTCPSetting, whose ranges are of both families.
func templates(start, count int) string {
	return fmt.Sprintf("SettingName      DynamicPortRangeStartPort DynamicPortRangeNumberOfPorts\r\n-----------      ------------------------- -----------------------------\r\nInternet         %-25d %d\r\n", start, count)
}

func TestTooManyViews(t *testing.T) {
	var inputs []input
	for i := range maxViews + 5 {
		inputs = append(inputs, input{fmt.Sprintf("%02d.txt", i), "hosttext.range", []byte(templates(2000+i, 1000))})
	}
	c := settled(t, Options{}, inputs...)
	if len(c.Views) != maxViews || c.Views[1].Transport != UDP || c.Views[2].Start != 2000 {
		t.Errorf("%d views, %v", len(c.Views), viewsIn(c))
	}
	for i, s := range c.Sources {
		if told := codes(s)["range-too-many"]; (told > 0) != (i >= maxViews-2) {
			t.Errorf("range %d is told %d times", i, told)
		}
	}
}

// Texts that are added once ports are counted change no view.
func TestViewsAreSettled(t *testing.T) {
	f := New(Options{})
	_, trace := traceOf(t, 1, longStory())
	f.Add(sourceOf("t.etl", "etl", trace), strings.NewReader(string(trace)))
	late := host("r.txt", templates(1024, 64000))
	f.Add(sourceOf(late.path, late.kind, late.data), strings.NewReader(string(late.data)))
	c := f.Settled()
	if d := cmp.Diff([]string{tcpDefault, udpDefault}, viewsIn(c)); d != "" || len(c.Traces[0].Peaks) != 2 {
		t.Errorf("%s, %d peaks", d, len(c.Traces[0].Peaks))
	}
}

func TestExclusions(t *testing.T) {
	v := tcpView(50000, 1000)
	v.Exclude([][2]int{{50990, 60000}, {49000, 50009}, {50005, 50019}})
	v.Exclude([][2]int{{50020, 50029}, {100, 200}, {50500, 50400}, {51000, 51000}})
	if d := cmp.Diff([][2]int{{50000, 50029}, {50990, 50999}}, v.Excluded); d != "" || v.ExcludedPorts() != 40 || v.Capacity() != 960 || v.End() != 50999 {
		t.Errorf("excluded %d, capacity %d: %s", v.ExcludedPorts(), v.Capacity(), d)
	}
	in := v.inView()
	for port, want := range map[int]bool{0: false, 49999: false, 50000: false, 50029: false, 50030: true, 50989: true, 50990: false, 51000: false, 65535: false} {
		if v.Holds(port) != want || in[port] != want {
			t.Errorf("holds(%d) = %v, %v", port, v.Holds(port), in[port])
		}
	}
	full := tcpView(65000, 1000) // beyond the last port
	if in := full.inView(); !in[65535] || in[64999] {
		t.Error("a range over the end")
	}
	a, b := tcpView(1, 2), tcpView(1, 2)
	if !a.Equal(&b) {
		t.Error("equal views are not")
	}
	for i, change := range []func(*View){
		func(v *View) { v.Transport = UDP }, func(v *View) { v.Families = IPv4 }, func(v *View) { v.Start++ }, func(v *View) { v.Count++ }, func(v *View) { v.Excluded = [][2]int{{1, 1}} },
	} {
		if b := tcpView(1, 2); true {
			if change(&b); a.Equal(&b) {
				t.Errorf("change %d is not seen", i)
			}
		}
	}
	for tr, want := range map[Transport]string{TCP: "tcp", UDP: "udp", Unknown: "unknown", 9: "unknown"} {
		same(t, "transport", tr.String(), want)
	}
}

// The rows that stand for what texts say of the machine.
func TestRowsOfHostTexts(t *testing.T) {
	c := settled(t, Options{Zone: time.UTC},
		host("a.txt", rangeText("ipv4", "tcp", 50000, 100), excludedText("tcp", [2]int{50010, 50019})),
		host("b.txt", "Image Name                     PID Services\r\n========================= ======== ============================================\r\nsvchost.exe                    956 RpcEptMapper, RpcSs"),
		host("c.txt", "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    MaxUserPort    REG_DWORD    0xfffe"),
		host("d.txt", "Host Name:                 HOST7\r\nOS Name:                   Windows\r\nOS Version:                10.0.17763 N/A Build 17763"))
	of := map[string]*Source{}
	for _, s := range c.Sources {
		of[s.Path] = s
		if s.Host == nil || s.Decoded == 0 || s.Clock.Basis != "no time is written in this file" {
			t.Fatalf("%+v", s.Source)
		}
	}
	a := of["a.txt"]
	var got []string
	for _, e := range []report.Evidence{
		a.RangeRow(&a.Host.Ranges[0]), a.ExcludedRow(&a.Host.Excluded[0], TCP), of["b.txt"].ProcessRow(&of["b.txt"].Host.Processes[0], "who"), of["c.txt"].RegistryRow(&of["c.txt"].Host.Registry[0]),
	} {
		got = append(got, fmt.Sprintf("%s:%d %s %d %s %v", e.Source, e.Line, e.Kind, e.PID, e.Text, e.Fields))
	}
	want := []string{
		"a.txt:5 host.range -1 dynamic tcp range: 100 ports from 50000 map[count:100 family:ipv4 start:50000]",
		"a.txt:13 host.excluded -1 TCP ports 50010 to 50019 are excluded map[end:50019 start:50010 transport:tcp]",
		"b.txt:3 host.process 956 who map[]",
		"c.txt:2 host.registry -1 MaxUserPort is 65534 map[key:HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters value:65534]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	same(t, "computer", of["d.txt"].Facts["computer"], "HOST7")
}

// What cannot be read of a text is told with its line.
func TestDamagedHostText(t *testing.T) {
	c := settled(t, Options{}, host("a.txt", rangeText("ipv4", "tcp", 50000, 100), rangeText("ipv4", "udp", 50000, 70000)))
	if d := c.Diagnostics; len(d) != 1 || d[0].Code != "hosttext-range" || d[0].Line < 8 || d[0].Severity != "warning" || !c.Sources[0].Damaged || len(c.Sources[0].Host.Ranges) != 1 {
		t.Errorf("%+v %+v", c.Diagnostics, c.Sources[0].Source)
	}
}
