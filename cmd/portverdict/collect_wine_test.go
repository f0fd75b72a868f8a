package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portverdict/report"
)

var wine = flag.Bool("wine", false, "build for Windows and run under Wine; Debian: wine64 wine gcc-mingw-w64-x86-64-posix")

// stubbed are the tools of Windows that the script calls.
var stubbed = []string{"fltmc", "netcfg", "netsh", "netstat", "ping", "reg", "tar", "tasklist", "wevtutil", "wmic"}

// answers are what they print, by the call as the stub writes it, and codes those that
// end otherwise than with 0.
var (
	answers = map[string]string{
		"wmic os get LocalDateTime /value":            "\r\nLocalDateTime=20260310090000.123456+060\r\n",
		"wmic os get Version /value":                  "\r\nVersion=10.0.17763\r\n",
		"wmic os get LastBootUpTime /value":           "\r\nLastBootUpTime=20260301060000.500000+060\r\n",
		"netsh trace show status":                     "\r\nStatus:             Running\r\nTrace File:         C:\\x\\portverdict.etl\r\n",
		"netsh int ipv4 show dynamicport tcp":         "\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : 50000\r\nNumber of Ports : 300\r\n\r\n",
		"tasklist /svc":                               collectedTexts()["tasklist.txt"],
		"netstat -ano":                                collectedTexts()["ports-1.txt"],
		"wmic process get HandleCount,Name,ProcessId": "HandleCount  Name       ProcessId\r\n31000        leaky.exe  4242\r\n",
	}
	codes = map[string]string{"netstat -anoq": "1", "tar": "1"}
)

// The script comes to its end, has called what it should, in order, and what it leaves is
// read. Where it runs no tool of Windows is there, so stubs stand for them.
func TestCollectUnderWine(t *testing.T) {
	if !*wine {
		t.Skip("make slow runs this")
	}
	dir := t.TempDir()
	stubs := filepath.Join(dir, "stubs")
	prefix := winePrefix(t)
	if err := os.Mkdir(stubs, 0o777); err != nil {
		t.Fatal(err)
	}
	buildStubs(t, stubs, stubbed...)
	odd := regexp.MustCompile(`[^A-Za-z0-9]`)
	for call, text := range answers {
		write(t, filepath.Join(stubs, odd.ReplaceAllString(call, "_")+".txt"), text)
	}
	for call, code := range codes {
		write(t, filepath.Join(stubs, odd.ReplaceAllString(call, "_")+".code"), code)
	}
	write(t, filepath.Join(dir, "collect.cmd"), scriptNamed(t, "collect.cmd"))

	for _, tc := range []struct {
		name, answer string
		traced       bool
		args         []string
	}{
		{"with a trace", "y\r\n", true, nil},
		{"asked and refused", "n\r\n", false, nil},
		{"never asked", "", false, []string{"notrace"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_ = os.Remove(filepath.Join(stubs, "called.txt"))
			cmd := exec.CommandContext(t.Context(), "wine", append([]string{"cmd", "/c", "collect.cmd"}, tc.args...)...)
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(tc.answer)
			cmd.Env = append(wineEnv(prefix), "STUBS=Z:"+strings.ReplaceAll(stubs, "/", `\`), "WINEPATH=Z:"+strings.ReplaceAll(stubs, "/", `\`))
			out, _ := cmd.CombinedOutput()
			said := string(out)
			if !strings.Contains(said, "Please pack and send this folder") {
				t.Fatalf("it did not come to its end: %s", said)
			}
			calls := string(mustRead(t, filepath.Join(stubs, "called.txt")))
			for _, name := range stubbed {
				if !strings.Contains(calls, name) {
					t.Errorf("%s was not called", name)
				}
			}
			for _, call := range []string{"netsh trace start", "netsh trace show status", "netsh trace stop"} {
				if strings.Contains(calls, call) != tc.traced {
					t.Errorf("%s: called %v", call, !tc.traced)
				}
			}
			if quick, slow := strings.Index(calls, "netstat -anoq\n"), strings.Index(calls, "netstat -anobq\n"); quick < 0 || slow < quick {
				t.Errorf("the slow table comes first: %d, %d", quick, slow)
			}
			bundles, _ := filepath.Glob(filepath.Join(prefix, "drive_c", "users", "*", "Temp", "portverdict-*"))
			if len(bundles) != 1 {
				t.Fatalf("%d folders", len(bundles))
			}
			defer os.RemoveAll(bundles[0])
			checkWineBundle(t, bundles[0])
		})
	}
}

// buildStubs puts stubs for tools of Windows into a folder.
func buildStubs(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		build := exec.Command("x86_64-w64-mingw32-gcc-posix", "-O1", "-o", filepath.Join(dir, name+".exe"), filepath.Join("testdata", "stub.c"))
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

func checkWineBundle(t *testing.T, dir string) {
	t.Helper()
	for file := range filesOfScript(t, "collect.cmd") {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil && !strings.HasSuffix(file, ".evtx") && file != "wfpstate.xml" {
			t.Error(err)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"analyze", "--format", "json", dir}, nil, &stdout, &stderr); code != exitLikely {
		t.Fatalf("exit code %d, %s", code, &stderr)
	}
	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Bundle.OSBuild != "17763" || len(r.Bundle.Boots) != 1 || r.Bundle.Host == "" || r.Verdict.Holders[0].Image != "leaky.exe" || strings.Contains(stdout.String(), "collect-unfinished") {
		t.Errorf("%+v, holders %+v", r.Bundle, r.Verdict.Holders)
	}
}

// winePrefix is a Windows of Wine's, made anew.
func winePrefix(t *testing.T) string {
	t.Helper()
	prefix := filepath.Join(t.TempDir(), "prefix")
	cmd := exec.Command("wineboot", "-i")
	cmd.Env = wineEnv(prefix)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("Wine is not here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		cmd := exec.Command("wineserver", "-k")
		cmd.Env = wineEnv(prefix)
		_ = cmd.Run()
	})
	return prefix
}

func wineEnv(prefix string) []string {
	return append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEARCH=win64", "DISPLAY=", "WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=")
}
