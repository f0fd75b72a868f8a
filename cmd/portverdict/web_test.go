package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
)

// webPage builds the page that needs no installation.
func webPage(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "portverdict.html")
	if out, err := exec.Command("go", "run", "portverdict/cmd/portverdict-web", "-o", name).CombinedOutput(); err != nil {
		t.Fatalf("the page is not built: %v\n%s", err, out)
	}
	return name
}

// A webTab is a tab with the page in it and a folder for what is saved from it.
type webTab struct {
	*tab
	saves string
}

func openWeb(t *testing.T, browserContext context.Context, file string, v view) *webTab {
	t.Helper()
	w := &webTab{tab: openTab(t, browserContext), saves: t.TempDir()}
	send(w.tab, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: w.saves, EventsEnabled: new(true),
	})
	w.load(&pageCase{file: file}, v)
	return w
}

// drop lets files and folders fall on a zone of the page, as from a file manager.
func (w *webTab) drop(zone string, names ...string) {
	w.t.Helper()
	var all []string
	for _, name := range names {
		all = append(all, absolute(w.t, name))
	}
	at := ask[[]float64](w.tab, `(id) => {
		const e = document.getElementById(id);
		e.scrollIntoView({block: 'center'});
		const r = e.getBoundingClientRect();
		return [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
	}`, zone)
	for _, kind := range []input.DispatchDragEventType{
		input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop,
	} {
		send(w.tab, input.DispatchDragEvent, input.DispatchDragEventParams{
			Type: kind, X: at[0], Y: at[1], Data: &input.DragData{Items: []*input.DragDataItem{}, Files: all, DragOperationsMask: 1},
		})
	}
}

// outcome waits for the end of a run: its summary, or what the page says is wrong.
func (w *webTab) outcome() (summary, alert string) {
	w.t.Helper()
	got := ask[[]string](w.tab, `() => new Promise(ok => {
		const look = () => {
			const alert = document.getElementById('alert').textContent, frame = document.querySelector('#frame iframe');
			if (frame || alert) ok([document.getElementById('summary').textContent, alert]);
			else setTimeout(look, 20);
		};
		setTimeout(look, 20);
	})`)
	return got[0], got[1]
}

// verdict drops things and waits for the report.
func (w *webTab) verdict(names ...string) {
	w.t.Helper()
	w.drop("zone0", names...)
	if summary, alert := w.outcome(); alert != "" || summary == "" {
		w.t.Fatalf("%s: no verdict (%q), and the page says %q", names, summary, alert)
	}
}

// save presses a button of the result and gives the file that comes of it. The file is
// there, and empty, before its download has ended.
func (w *webTab) save(label, name string) []byte {
	w.t.Helper()
	before := w.downloads()
	if !evaluate[bool](w.tab, `(label) => {
		const button = [...document.querySelectorAll('#saves button')].find(b => b.textContent === label);
		button?.click();
		return Boolean(button);
	}`, []any{label}, asUser) {
		w.t.Fatalf("there is no button %q", label)
	}
	for w.downloads() == before {
		if w.ctx.Err() != nil {
			w.t.Fatalf("%s was not saved", name)
		}
		time.Sleep(5 * time.Millisecond)
	}
	file := filepath.Join(w.saves, name)
	data := mustRead(w.t, file)
	if err := os.Remove(file); err != nil {
		w.t.Fatal(err)
	}
	return data
}

// saidNothing fails when the page, its workers or the report in its frame said anything
// on the console, broke a policy or asked for anything that is not its own.
func (w *webTab) saidNothing() {
	w.t.Helper()
	for _, fault := range w.noted() {
		if !strings.HasPrefix(fault, "request blob:") {
			w.t.Error(fault)
		}
	}
}

// analysed runs the command line and gives the file it writes.
func analysed(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	var out, errs bytes.Buffer
	if code := run(t.Context(), slices.Concat(args[:1], []string{"-q", "-o", file}, args[1:]), nil, &out, &errs); code == exitFailed || code == exitUsage {
		t.Fatalf("%q: exit code %d\n%s", args, code, errs.String())
	}
	return mustRead(t, file)
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	if line, differs := firstDifference(string(got), string(want)); differs {
		t.Errorf("%s: %s", what, line)
	}
}

// webCases are dropped as a folder, as the archive they are and as single files.
var webCases = []string{
	"exhausted-leak-x64", "exhausted-leak-compressed", "exhausted-german-codepage", "exhausted-netstat-loop",
	"exhausted-udp-4266", "inconclusive-table-cut", "likely-full-table", "not-exhausted-busy",
}

func TestPageWithoutInstallation(t *testing.T) {
	if !*withBrowser {
		t.Skip("make page runs them: these tests need Chromium")
	}
	file := webPage(t)
	browser := startBrowser(t)
	for _, c := range []struct {
		name  string
		check func(*testing.T, context.Context, string)
	}{
		{"no requests", checkNoRequests},
		{"hostile names", checkHostileNames},
		{"cancel", checkCancel},
		{"faults", checkFaults},
		{"refusals", checkRefusals},
		{"wishes", checkWishes},
		{"redacted", checkRedacted},
		{"compared", checkCompared},
		{"accessible", checkWebAccessible},
		{"keyboard", checkWebKeyboard},
		{"same bytes", checkSameBytes},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, browser, file) })
	}
}

func checkSameBytes(t *testing.T, browser context.Context, file string) {
	for i, name := range webCases {
		t.Run(name, func(t *testing.T) {
			w := openWeb(t, browser, file, desktop)
			dir, packed := caseAsFolderAndZip(t, name)
			for _, given := range [][]string{{packed}, {dir}, filesOf(t, dir)} {
				w.verdict(given...)
				args := append([]string{"analyze"}, given...)
				same(t, "HTML", w.save("HTML", "report.html"), analysed(t, "report.html", args...))
				if i > 0 {
					continue
				}
				same(t, "JSON", w.save("JSON", "verdict.json"), analysed(t, "verdict.json", args...))
				same(t, "Markdown", w.save("Markdown", "report.md"), analysed(t, "report.md", args...))
				same(t, "CSV", w.save("CSV of the evidence", "evidence.csv"), analysed(t, "evidence.csv", args...))
			}
			w.saidNothing()
		})
	}
}

// caseAsFolderAndZip gives the inputs of a case in both forms, whichever it has.
func caseAsFolderAndZip(t *testing.T, name string) (dir, packed string) {
	t.Helper()
	packed = caseBundle(name)
	dir = filepath.Join(t.TempDir(), "customer")
	if _, err := os.Stat(packed); err == nil {
		if err := unzip(mustRead(t, packed), dir); err != nil {
			t.Fatal(err)
		}
		return dir, packed
	}
	from := filepath.Join("..", "..", "testdata", "cases", name, "bundle")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := errors.Join(z.AddFS(os.DirFS(from)), z.Close()); err != nil {
		t.Fatal(err)
	}
	packed = filepath.Join(t.TempDir(), "customer.zip")
	if err := os.WriteFile(packed, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir, packed
}

// filesOf are the files below a folder.
func filesOf(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
