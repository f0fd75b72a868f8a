package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wineHost is a Windows made for one test, with the program built for it.
type wineHost struct {
	t      *testing.T
	env    []string
	dir    string // on this machine
	helper string
	icon   string // the same by the name explorer.exe, which starts what is dropped on an icon
}

// prngSource is what Wine 8 lacks of what Go calls: random bytes.
const prngSource = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) {
	while (n) { ULONG k = n > 1u<<28 ? 1u<<28 : (ULONG)n; if (!SystemFunction036(p, k)) return FALSE; p += k; n -= k; }
	return TRUE;
}`

// helperSource runs a program and gives its exit code ("run COMMAND..."), holds a file so
// that nobody else can open it ("hold FILE"), sends Ctrl-C to all of its console after two
// seconds of a program ("interrupt COMMAND..."), and notes what it is asked to open.
const helperSource = `#include <windows.h>
#include <stdio.h>
#include <string.h>
static int run(wchar_t *rest, int interrupt) {
	STARTUPINFOW si = { sizeof si }; PROCESS_INFORMATION pi; DWORD code = 99;
	if (interrupt) SetConsoleCtrlHandler(NULL, FALSE);
	if (!CreateProcessW(NULL, rest, NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi)) { printf("not started: %lu\n", GetLastError()); return 98; }
	if (interrupt) {
		WaitForSingleObject(pi.hProcess, 2000);
		SetConsoleCtrlHandler(NULL, TRUE);
		GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
	}
	WaitForSingleObject(pi.hProcess, INFINITE);
	GetExitCodeProcess(pi.hProcess, &code);
	return code;
}
int main(int argc, char **argv) {
	wchar_t *line = GetCommandLineW(), *at;
	if (argc > 2 && !strcmp(argv[1], "run")) return run(wcsstr(line, L" run ") + 5, 0);
	if (argc > 2 && !strcmp(argv[1], "interrupt")) return run(wcsstr(line, L" interrupt ") + 11, 1);
	if (argc > 2 && !strcmp(argv[1], "hold")) {
		at = wcsstr(line, L" hold ") + 6;
		if (CreateFileW(at, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE) return 1;
		printf("held\n"); fflush(stdout);
		Sleep(INFINITE);
	}
	FILE *f = fopen("C:\\opened.txt", "w");
	fprintf(f, "%s", argc > 1 ? argv[1] : "nothing");
	fclose(f);
	return 0;
}`

func newWine(t *testing.T) *wineHost {
	t.Helper()
	if !*wine {
		t.Skip("make slow runs this")
	}
	w := &wineHost{t: t, dir: t.TempDir()}
	prefix := filepath.Join(w.dir, "prefix")
	w.env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEARCH=win64", "DISPLAY=", "WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=")
	w.must("wineboot", "-i")
	t.Cleanup(func() { _ = w.command("wineserver", "-k").Run() })
	w.compile(prngSource, filepath.Join(prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll"), "-shared", "-ladvapi32")
	w.helper, w.icon = filepath.Join(w.dir, "helper.exe"), filepath.Join(w.dir, "explorer.exe")
	w.compile(helperSource, w.helper)
	w.compile(helperSource, w.icon)
	w.build("build", "portverdict.exe", ".")
	return w
}

func (w *wineHost) command(name string, args ...string) *exec.Cmd {
	// Killed when it hangs; a run takes a second.
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	w.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 20 * time.Second // Wine's own processes keep the pipes a while
	cmd.Env, cmd.Dir = w.env, w.dir
	return cmd
}

func (w *wineHost) must(name string, args ...string) string {
	w.t.Helper()
	out, err := w.command(name, args...).CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		w.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

const mingw = "x86_64-w64-mingw32-gcc-posix"

func (w *wineHost) compile(source, out string, args ...string) {
	w.t.Helper()
	file := out + ".c"
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		w.t.Fatal(err)
	}
	shared := append([]string{"-O2", "-o", out, file}, args...)
	w.must(mingw, shared...)
}

// build builds a package of this module for Windows with cgo; what is "build" or "test".
func (w *wineHost) build(what, out, pkg string) {
	w.t.Helper()
	args := []string{what, "-o", filepath.Join(w.dir, out)}
	if what == "test" {
		args = append(args, "-c")
	}
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=1", "CC="+mingw)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
}

// run runs the program under Wine in the folder of the test.
func (w *wineHost) run(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	return w.do(w.command("wine", append([]string{"portverdict.exe"}, args...)...))
}

func (w *wineHost) do(cmd *exec.Cmd) (code int, stdout, stderr string) {
	w.t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		w.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func (w *wineHost) path(name string) string { return filepath.Join(w.dir, name) }

func (w *wineHost) put(name string, data []byte) {
	w.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(w.path(name)), 0o700), os.WriteFile(w.path(name), data, 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

// TestWine runs the Windows program under Wine: it says what the program of this system
// says, and does what only Windows asks for. Never run on Windows.
func TestWine(t *testing.T) {
	w := newWine(t)
	w.put("leakx.zip", demoZip)
	if err := unzip(demoZip, w.path("leakx")); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name string
		do   func(*testing.T, *wineHost)
	}{
		{"bundles", wineBundles}, {"cases", wineCases}, {"paths", winePaths}, {"output", wineOutput}, {"interrupt", wineInterrupt}, {"icon", wineIcon}, {"watch", wineWatch},
	} {
		t.Run(part.name, func(t *testing.T) {
			at := *w
			at.t = t
			part.do(t, &at)
		})
	}
}

// wineBundles: the same verdict.json and the same text of each sample bundle.
func wineBundles(t *testing.T, w *wineHost) {
	var all []string
	for _, pattern := range []string{"testdata/cases/*/bundle", "testdata/cases/*/bundle.zip", "../shared/samples/bundles/*", "../shared/samples/second/bundles/*"} {
		found, _ := filepath.Glob(filepath.Join("..", "..", pattern))
		if len(found) == 0 {
			t.Logf("no %s here", pattern)
		}
		all = append(all, found...)
	}
	args := [][]string{{"demo"}}
	for _, b := range all {
		abs, err := filepath.Abs(b)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, []string{"analyze", abs})
	}
	for _, a := range args {
		for _, format := range []string{"json", "text"} {
			if format == "text" && a[0] != "demo" {
				continue
			}
			var want, ignored bytes.Buffer
			code := run(context.Background(), append(a, "--format", format), nil, &want, &ignored)
			if got, stdout, stderr := w.run(append(a, "--format", format)...); got != code || stdout != want.String() {
				t.Errorf("%q: exit code %d, want %d; the %s is equal: %v\n%s", a, got, code, format, stdout == want.String(), stderr)
			}
		}
	}
	t.Logf("%d bundles", len(args))
}

// wineCases: every case of the corpus is what it must be, goldens among them.
func wineCases(t *testing.T, w *wineHost) {
	cases, err := filepath.Abs(filepath.Join("..", "..", "testdata", "cases"))
	if err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := w.run("regress", cases); code != exitOK {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}

// winePaths: drives, either slash, names longer than 260 characters, shares, patterns.
func winePaths(t *testing.T, w *wineHost) {
	long := filepath.Join(strings.Repeat("a", 100), strings.Repeat("b", 100), strings.Repeat("c", 100), "bundle.zip")
	w.put(long, demoZip)
	share := filepath.Join(w.path("prefix"), "dosdevices", "unc", "srv")
	if err := errors.Join(os.MkdirAll(share, 0o700), os.Symlink(w.dir, filepath.Join(share, "share"))); err != nil {
		t.Fatal(err)
	}
	drive := "Z:" + strings.ReplaceAll(w.dir, "/", `\`)
	_, want, _ := w.run("analyze", "leakx.zip", "--format", "json")
	if !strings.Contains(want, `"exhausted"`) {
		t.Fatalf("%.500s", want)
	}
	for _, path := range []string{
		drive + `\leakx.zip`, "Z:" + w.dir + "/leakx.zip", `\\?\` + drive + `\leakx.zip`, `\\srv\share\leakx.zip`, `\\?\UNC\srv\share\leakx.zip`,
		drive + `\` + strings.ReplaceAll(long, "/", `\`), strings.ReplaceAll(long, "/", `\`), "leak?.zip", drive + `\LEAK*.ZIP`, `leakx\*`, `leakx`,
	} {
		if code, got, stderr := w.run("analyze", path, "--format", "json"); code != exitExhausted || got != want {
			t.Errorf("%s: %d, equal: %v\n%s", path, code, got == want, stderr)
		}
	}
	if code, _, stderr := w.run("analyze", "*.pdf"); code != exitFailed || !strings.Contains(stderr, "*.pdf") {
		t.Errorf("a pattern of nothing: %d, %s", code, stderr)
	}
	for _, out := range []string{drive + `\` + strings.Repeat("d", 100) + `.json`, `\\srv\share\o.json`} {
		if code, _, stderr := w.run("demo", "-q", "-o", out); code != exitOK {
			t.Errorf("-o %s: %d, %s", out, code, stderr)
		}
	}
	if got := string(mustRead(t, w.path("o.json"))); !strings.HasPrefix(got, "{") {
		t.Errorf("%.100s", got)
	}
}

// wineOutput: an output that another program has open is a failure and stays what it was,
// and nothing is left beside it or in the temp folder.
func wineOutput(t *testing.T, w *wineHost) {
	w.put("held/report.json", []byte("the old one"))
	hold := w.command("wine", w.helper, "hold", `held\report.json`)
	out, err := hold.StdoutPipe()
	if err == nil {
		err = hold.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Process.Kill(); _ = hold.Wait() }()
	if _, err := io.ReadFull(out, make([]byte, len("held"))); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := w.run("demo", "-q", "--force", "-o", `held\report.json`); code != exitFailed || !strings.Contains(stderr, "cannot write") {
		t.Errorf("%d, %s", code, stderr)
	}
	if got := string(mustRead(t, w.path("held/report.json"))); got != "the old one" {
		t.Errorf("it holds %.100s", got)
	}
	if left, _ := os.ReadDir(w.path("held")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	w.run("analyze", "leakx.zip", "-q")
	temps, _ := filepath.Glob(filepath.Join(w.path("prefix"), "drive_c", "users", "*", "*", "portverdict-tmp-*"))
	deeper, _ := filepath.Glob(filepath.Join(w.path("prefix"), "drive_c", "users", "*", "*", "*", "*", "portverdict-tmp-*"))
	if all := append(temps, deeper...); len(all) > 0 {
		t.Errorf("temp folders stay: %v", all)
	}
}

// wineInterrupt: Ctrl-C and a signal end the program with 130.
func wineInterrupt(t *testing.T, w *wineHost) {
	text := []byte("\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n")
	for len(text) < 1<<20 {
		text = append(text, "  TCP    10.0.0.5:50000         10.0.0.9:443           ESTABLISHED     4242\r\n"...)
	}
	f, err := os.Create(w.path("endless.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, err := f.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(f.Name())
	cmd := w.command("script", "-qec", "wine "+w.helper+" interrupt portverdict.exe analyze endless.txt", "/dev/null")
	if code, stdout, _ := w.do(cmd); code != exitInterrupted || !strings.Contains(stdout, "interrupted") {
		t.Errorf("Ctrl-C: %d\n%s", code, stdout)
	}
	cmd = w.command("wine", "portverdict.exe", "analyze", "endless.txt")
	time.AfterFunc(2*time.Second, func() { _ = cmd.Process.Signal(syscall.SIGINT) })
	if code, _, stderr := w.do(cmd); code != exitInterrupted || !strings.Contains(stderr, "interrupted") {
		t.Errorf("SIGINT: %d\n%s", code, stderr)
	}
}

// wineIcon: a bundle dropped on the icon gets its report beside it, which is opened and
// named.
func wineIcon(t *testing.T, w *wineHost) {
	opener := "Z:" + strings.ReplaceAll(w.helper, "/", `\`)
	w.must("wine", "reg", "add", `HKLM\Software\Classes\.html`, "/ve", "/d", "pvpage", "/f")
	w.must("wine", "reg", "add", `HKLM\Software\Classes\pvpage\shell\open\command`, "/ve", "/d", `"`+opener+`" "%1"`, "/f")
	w.put("drop/customer bundle.zip", demoZip)
	drive := "Z:" + strings.ReplaceAll(w.dir, "/", `\`)
	bundle := drive + `\drop\customer bundle.zip`
	code, stdout, stderr := w.do(w.command("wine", w.icon, "run", "portverdict.exe", bundle))
	if want := `The report: ` + drive + `\drop\customer bundle-report.html`; code != exitExhausted || !strings.Contains(stdout, want) {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if page := string(mustRead(t, w.path("drop/customer bundle-report.html"))); !strings.Contains(page, "<html") {
		t.Errorf("%.200s", page)
	}
	opened := filepath.Join(w.path("prefix"), "drive_c", "opened.txt")
	for range 100 { // it is opened by a program of its own
		if data, _ := os.ReadFile(opened); len(data) > 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if got := string(mustRead(t, opened)); !strings.HasSuffix(got, `customer bundle-report.html`) {
		t.Errorf("opened: %q", got)
	}
	if code, stdout, _ := w.do(w.command("wine", w.icon, "run", "portverdict.exe", "frobnicate")); code != exitUsage || !strings.Contains(stdout, "Press Enter") {
		t.Errorf("another word from the icon: %d, %s", code, stdout)
	}
}

// wineWatch: the tests of the live session and of the machine it watches, with the ETW
// calls replaced at link time; and the real command, whose session Wine cannot open.
func wineWatch(t *testing.T, w *wineHost) {
	for _, pkg := range []string{"etl/live", "cmd/internal/watch"} {
		w.build("test", filepath.Base(pkg)+".test.exe", "portverdict/"+pkg)
		cmd := w.command("wine", w.path(filepath.Base(pkg)+".test.exe"), "-test.v")
		cmd.Dir = filepath.Join("..", "..", filepath.FromSlash(pkg))
		code, stdout, stderr := w.do(cmd)
		if code != 0 || !strings.Contains(stdout, "--- PASS: ") {
			t.Errorf("%s: %d\n%s\n%s", pkg, code, stdout, stderr)
		}
	}
	if code, _, stderr := w.run("watch"); code != exitFailed || !strings.Contains(stderr, "OpenTraceW failed") {
		t.Errorf("watch under Wine: %d, %s", code, stderr)
	}
}
