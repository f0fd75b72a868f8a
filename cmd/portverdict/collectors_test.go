package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse/textgen"
)

// collected are files of support collectors, by the path that each gives them, and the
// composed text of that tool that stands for them.
var collected = map[string]map[string]string{
	"SDP in TSS": {
		"TSS_WIN01_260310-0904_NET.zip!/tss_WIN01_psSDP_Net.zip!/WIN01_TCPIP_netsh_info.TXT":         "range-en.txt",
		"TSS_WIN01_260310-0904_NET.zip!/tss_WIN01_psSDP_Net.zip!/WIN01_TCPIP_info_pscmdlets_net.TXT": "psnet-list.txt",
		"TSS_WIN01_260310-0904_NET.zip!/tss_WIN01_psSDP_Net.zip!/WIN01_PortUsage.txt":                "KONTOR01_PortUsage.txt",
		"TSS_WIN01_260310-0904_NET.zip!/tss_WIN01_psSDP_Net.zip!/WIN01_OS_TaskList.txt":              "tasklist.txt",
		"TSS_WIN01_260310-0904_NET.zip!/tss_WIN01_psSDP_Net.zip!/WIN01_Handle.txt":                   "handle-a.txt",
		"TSS_WIN01_260310-0904_NET.zip!/tss_WIN01_psSDP_Net.zip!/WIN01_TcpIp-Info.txt":               "registry-query.txt",
		"TSS_WIN01_260310-0904_NET.zip!/tss_WIN01_psSDP_Net.zip!/WIN01_TCPIP_info.TXT":               "damage-sdp-mixed.txt",
		"TSS_WIN01_260310-0904_NET.zip!/TSS/WIN01_260310-090400_NetStat_Info_Start_.txt":             "excluded-en.txt",
		"TSS_WIN01_260310-0904_NET.zip!/TSS/WIN01_260310-090400_TCP-Port-Exhaustion.txt":             "psnet-table.txt",
		"TSS_WIN01_260310-0904_NET.zip!/TSS/WIN01_260310-090400_Tasklist_Stop.csv":                   "tasklist-en.csv",
		"TSS_WIN01_260310-0904_NET.zip!/TSS/WIN01_260310-090400_Reg_Tcpip.txt":                       "registry-powershell.txt",
		"TSS_WIN01_260310-0904_NET.zip!/TSS/WIN01_260310-090400_Processes_overview_Stop.txt":         "process-get-5.txt",
		"TSS_WIN01_260310-0904_NET.zip!/TSS/WIN01_260310-090400_systeminfo.txt":                      "systeminfo-en.txt",
	},
	"MSRD and Get-NetView": {
		"MSRD-Results-WIN01.zip!/WIN01_Networking/WIN01_Netstat.txt": "encoding-en-cp437.txt", "msdbg.WIN01.zip!/_netstat.txt": "encoding-de-cp850.txt", "msdbg.WIN01.zip!/PowerShell/_Get-NetUDPEndpoint.txt": "psnet-udp-table.txt",
	},
}

// Whatever a collector calls a file, and however deep it packs it, what it is its content
// tells.
func TestWhatCollectorsPack(t *testing.T) {
	texts := map[string]textgen.File{}
	for _, f := range textgen.Files() {
		texts[f.Name] = f
	}
	for name, files := range collected {
		t.Run(name, func(t *testing.T) {
			want := map[string]string{}
			tree := folder{}
			for path, text := range files {
				f, known := texts[text]
				if !known {
					t.Fatalf("there is no text %s", text)
				}
				want[path] = f.Truth.Kind
				tree.put(path, f.Data)
			}
			archive := filepath.Join(t.TempDir(), "ticket.zip")
			if err := os.WriteFile(archive, tree.zip(t), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"info", "--format", "json", archive}, nil, &stdout, &stderr); code != exitOK {
				t.Fatalf("exit code %d, %s", code, &stderr)
			}
			var all struct {
				Sources []struct{ Path, Kind string } `json:"sources"`
			}
			if err := json.Unmarshal(stdout.Bytes(), &all); err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, s := range all.Sources {
				got[s.Path] = s.Kind
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// folder is files, and archives of which each is a folder, by name.
type folder map[string]any

// put adds a file; "!/" stands behind an archive.
func (f folder) put(path string, data []byte) {
	at := bytes.Index([]byte(path), []byte("!/"))
	if at < 0 {
		f[path] = data
		return
	}
	inner, ok := f[path[:at]].(folder)
	if !ok {
		inner = folder{}
		f[path[:at]] = inner
	}
	inner.put(path[at+2:], data)
}

func (f folder) zip(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range f {
		data, ok := content.([]byte)
		if !ok {
			data = content.(folder).zip(t)
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
