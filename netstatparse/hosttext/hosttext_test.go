package hosttext

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse"
)

func read(t testing.TB, text string) (Facts, []string) {
	t.Helper()
	facts, errs := Read(strings.NewReader(text))
	var codes []string
	for _, err := range errs {
		var fe *netstatparse.FormatError
		if !errors.As(err, &fe) || fe.Line < 1 || fe.Text == "" {
			t.Fatalf("error without place or text: %v", err)
		}
		codes = append(codes, fmt.Sprintf("%s %d", fe.Code, fe.Line))
	}
	return facts, codes
}

const dynamic = "\r\nProtocol %s Dynamic Port Range\r\n---------------------------------\r\nStart Port      : %d\r\nNumber of Ports : %d\r\n\r\n"

const tasks = "\r\nImage Name                     PID Services                                    \r\n" +
	"========================= ======== ============================================\r\n" +
	"System Idle Process              0 N/A                                         \r\n" +
	"svchost.exe                   1004 RpcEptMapper, RpcSs,                        \r\n" +
	"                                   Power                                       \r\n" +
	"backup agent.exe              5120 Nicht zutreffend                            \r\n"

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Range
		errs       []string
	}{
		{"default", fmt.Sprintf(dynamic, "tcp", 49152, 16384), []Range{{"tcp", "any", 49152, 16384, 4}}, nil},
		{"both", fmt.Sprintf(dynamic+dynamic, "tcp", 1024, 64511, "udp", 49152, 16383), []Range{{"tcp", "any", 1024, 64511, 4}, {"udp", "any", 49152, 16383, 10}}, nil},
		{"echo", "C:\\>netsh int ipv6 show dynamicport udp\r\n" + fmt.Sprintf(dynamic, "udp", 49152, 16384), []Range{{"udp", "ipv6", 49152, 16384, 5}}, nil},
		{"german", "Protokoll tcp Dynamischer Portbereich\r\n---------------------------------\r\nStartport        : 49152\r\nAnzahl von Ports : 255\r\n", []Range{{"tcp", "any", 49152, 255, 3}}, nil},
		{"japanese", "プロトコル tcp の動的ポートの範囲\n---------------------------------\n開始ポート        ： 49152\nポート数 ： 16384\n", []Range{{"tcp", "any", 49152, 16384, 3}}, nil},
		{"last port is 65535", fmt.Sprintf(dynamic, "tcp", 49152, 16384), []Range{{"tcp", "any", 49152, 16384, 4}}, nil},
		{"past 65535", fmt.Sprintf(dynamic, "tcp", 49152, 16385), nil, []string{"hosttext-range 4"}},
		{"no ports", fmt.Sprintf(dynamic, "tcp", 49152, 0), nil, []string{"hosttext-range 4"}},
		{"statistics", "\r\nMIB-II TCP Statistics\r\n------------------------------\r\nActive Opens : 4\r\nPassive Opens : 5\r\nResets : 6\r\n\r\n", nil, nil},
		{"one number", "TCP x\r\n-----------\r\nStart : 4\r\n", nil, nil},
		{"no transport", "Something\r\n-----------\r\nStart : 4000\r\nNumber : 10\r\n", nil, nil},
		{"words", "TCP Global Parameters\r\n----------------------------\r\nReceive-Side Scaling State : enabled\r\nA : 5\r\nB : 6\r\n", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, codes := read(t, c.text)
			if d := cmp.Diff(Facts{Ranges: c.want}, facts); d != "" || !cmp.Equal(codes, c.errs) {
				t.Errorf("errors %v\n%s", codes, d)
			}
			if kind, ok := Sniff([]byte(c.text)); ok != (len(c.want) > 0) || ok && kind != "hosttext.range" {
				t.Errorf("Sniff says %q %v", kind, ok)
			}
		})
	}
}

func TestExcluded(t *testing.T) {
	text := "\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n      5357        5357\r\n     50000       50059     *\r\n     60000       50059\r\n\r\n* - Administered port exclusions.\r\n"
	facts, codes := read(t, text)
	want := []Excluded{{"tcp", 5357, 5357, 6}, {"tcp", 50000, 50059, 7}}
	if d := cmp.Diff(want, facts.Excluded); d != "" || !cmp.Equal(codes, []string{"hosttext-excluded 8"}) {
		t.Errorf("errors %v\n%s", codes, d)
	}
	if kind, _ := Sniff([]byte(text)); kind != "hosttext.excluded" {
		t.Errorf("Sniff says %q", kind)
	}
}

func TestProcesses(t *testing.T) {
	facts, codes := read(t, tasks)
	want := []Process{
		{0, "System Idle Process", nil, 4},
		{1004, "svchost.exe", []string{"RpcEptMapper", "RpcSs", "Power"}, 5},
		{5120, "backup agent.exe", nil, 7},
	}
	if d := cmp.Diff(want, facts.Processes); d != "" || codes != nil {
		t.Errorf("errors %v\n%s", codes, d)
	}
	// Without /svc the third column is no service.
	plain := "Image Name                     PID Session Name        Session#    Mem Usage\r\n========================= ======== ================ =========== ============\r\nsvchost.exe                   1004 Services                   0     12,345 K\r\n"
	facts, _ = read(t, plain)
	if d := cmp.Diff([]Process{{1004, "svchost.exe", nil, 3}}, facts.Processes); d != "" {
		t.Error(d)
	}
	facts, codes = read(t, tasks+"broken                        X12 N/A\r\n")
	if len(facts.Processes) != 3 || !cmp.Equal(codes, []string{"hosttext-pid 8"}) {
		t.Errorf("%d processes, errors %v", len(facts.Processes), codes)
	}
}

func TestProcessesCSV(t *testing.T) {
	text := "\"Abbildname\",\"PID\",\"Dienste\"\r\n\"svchost.exe\",\"956\",\"RpcEptMapper,RpcSs\"\r\n\"broken\r\n\"my app.exe\",\"12\",\"Nicht zutreffend\"\r\n"
	facts, codes := read(t, text)
	want := []Process{{956, "svchost.exe", []string{"RpcEptMapper", "RpcSs"}, 2}, {12, "my app.exe", nil, 4}}
	if d := cmp.Diff(want, facts.Processes); d != "" || !cmp.Equal(codes, []string{"hosttext-csv 3"}) {
		t.Errorf("errors %v\n%s", codes, d)
	}
	if kind, _ := Sniff([]byte(text)); kind != "hosttext.processes" {
		t.Errorf("Sniff says %q", kind)
	}
}

// The sample bundles' texts say what their truth files say.
func TestSamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("samples not present: the bundles' texts are not checked here")
	}
	for file, want := range map[string]Facts{
		"bundles/leak64/dynamicport.txt":                  {Ranges: []Range{{"tcp", "any", 49152, 512, 4}, {"udp", "any", 49152, 512, 10}}},
		"bundles/german/dynamicport.txt":                  {Ranges: []Range{{"tcp", "any", 49152, 255, 4}}},
		"text/synthetic/tasklist_svc_csv_de.csv":          {Processes: []Process{{956, "svchost.exe", []string{"RpcEptMapper", "RpcSs"}, 2}}},
		"text/synthetic/tasklist_v_csv_en.csv":            {Processes: []Process{{956, "svchost.exe", nil, 2}}},
		"text/synthetic/reg_query_tcpip_params.txt":       {},
		"text/synthetic/handle_a_afd.txt":                 {},
		"text/synthetic/getprocess_sort_handles_ps51.txt": {},
		"text/real/en_win10_netstat-aonb.txt":             {},
	} {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		facts, codes := read(t, string(data))
		if d := cmp.Diff(want, facts); d != "" || codes != nil {
			t.Errorf("%s: errors %v\n%s", file, codes, d)
		}
	}
}

func TestWideAndBroken(t *testing.T) {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + tasks)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	want, _ := read(t, tasks)
	if facts, _ := read(t, b.String()); !cmp.Equal(facts, want) {
		t.Error(cmp.Diff(want, facts))
	}
	facts, errs := Read(io.MultiReader(strings.NewReader(tasks), iotest.ErrReader(errors.New("disk gone"))))
	if len(facts.Processes) != 3 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "disk gone") {
		t.Errorf("%d processes, errors %v", len(facts.Processes), errs)
	}
}

func TestLimits(t *testing.T) {
	facts, codes := read(t, strings.Repeat(fmt.Sprintf(dynamic, "tcp", 1, 1), maxRanges+1))
	if len(facts.Ranges) != maxRanges || len(codes) != 1 {
		t.Errorf("%d ranges, errors %v", len(facts.Ranges), codes)
	}
	facts, codes = read(t, tasks+strings.Repeat("a.exe                         5120 N/A\r\n", maxProcesses))
	if len(facts.Processes) != maxProcesses || len(codes) != 3 {
		t.Errorf("%d processes, %d errors", len(facts.Processes), len(codes))
	}
	facts, _ = read(t, tasks+"a.exe                         5120 "+strings.Repeat("s,", maxServices+1)+"\r\n")
	if n := len(facts.Processes[3].Services); n != maxServices {
		t.Errorf("%d services", n)
	}
	_, codes = read(t, tasks+strings.Repeat("a.exe                         X N/A\r\n", maxErrors+1))
	if len(codes) != maxErrors {
		t.Errorf("%d errors", len(codes))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(tasks))
	f.Add(fmt.Appendf(nil, dynamic, "tcp", 49152, 16384))
	f.Add([]byte("\"Image Name\",\"PID\",\"Services\"\n\"a\",\"1\",\"b\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		Sniff(data)
		facts, _ := Read(strings.NewReader(string(data)))
		for _, r := range facts.Ranges {
			if r.Start < 1 || r.Count < 1 || r.Start+r.Count > 65536 {
				t.Fatalf("impossible range %+v", r)
			}
		}
		for _, e := range facts.Excluded {
			if e.Start < 0 || e.End > 65535 || e.Start > e.End {
				t.Fatalf("impossible excluded range %+v", e)
			}
		}
	})
}
