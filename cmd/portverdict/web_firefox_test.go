//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// In Firefox too the page writes what the command line writes, asks for nothing and says
// nothing on the console.
func TestPageInFirefox(t *testing.T) {
	if !*withFirefox {
		t.Skip("make slow runs it: this test needs Firefox")
	}
	file := webPage(t)
	f := startFirefox(t, 2*time.Minute)
	for _, c := range []struct {
		name  string
		check func(*firefox, string)
	}{
		{"same bytes", firefoxSameBytes},
		{"no requests", firefoxNoRequests},
		{"hostile names", firefoxHostileNames},
		{"cancel", firefoxCancel},
		{"accessible", firefoxAccessible},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.t = t
			c.check(f, file)
		})
	}
}

func (f *firefox) open(file string) {
	f.t.Helper()
	f.command("WebDriver:Navigate", map[string]any{"url": "file://" + file})
	f.console()
}

// drop lets files fall on the page: the transfer holds what one from a file manager
// holds. A folder cannot be put in it; the button for folders is tried instead.
func (f *firefox) drop(names ...string) {
	f.t.Helper()
	f.give(names)
	inFirefox[bool](f, "", `() => {
		const transfer = new DataTransfer();
		for (const file of window.given) transfer.items.add(file);
		for (const type of ['dragenter', 'dragover', 'drop'])
			document.getElementById('zone0').dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: transfer}));
		return true;
	}`)
}

// pick gives files to the field of the page for files, as its chooser does.
func (f *firefox) pick(names ...string) {
	f.t.Helper()
	f.give(names)
	inFirefox[bool](f, "system", `() => {
		const field = document.getElementById('pick0');
		field.mozSetFileArray([...window.wrappedJSObject.given]);
		field.dispatchEvent(new window.Event('change', {bubbles: true}));
		return true;
	}`)
}

// give puts files of the disk where scripts in the page find them: to make them needs the
// rights of the browser, to drop them those of the page.
func (f *firefox) give(names []string) {
	f.t.Helper()
	var all []string
	for _, name := range names {
		all = append(all, absolute(f.t, name))
	}
	inFirefox[bool](f, "system", `async (names) => {
		const page = window.wrappedJSObject;
		page.given = new page.Array();
		for (const name of names) page.given.push(await window.File.createFromFileName(name));
		return true;
	}`, all)
}

// chooser stands for the dialogue of the system in which a folder is chosen.
const chooser = `(path) => {
	const file = Cc['@mozilla.org/file/local;1'].createInstance(Ci.nsIFile);
	file.initWithPath(path);
	const directory = () => new (Services.wm.getMostRecentWindow(null).Directory)(path);
	const picker = {
		QueryInterface: ChromeUtils.generateQI(['nsIFilePicker']),
		init(_, title, mode) { this.mode = mode; }, appendFilters() {}, appendFilter() {}, appendRawFilter() {},
		isModeSupported: () => Promise.resolve(true),
		defaultString: '', defaultExtension: '', filterIndex: 0, displayDirectory: null, displaySpecialDirectory: '', okButtonLabel: '', addToRecentDocs: false,
		capture: Ci.nsIFilePicker.captureNone, get file() { return file; }, get fileURL() { return Services.io.newFileURI(file); },
		get files() { return [file][Symbol.iterator](); }, get domFileOrDirectory() { return directory(); },
		get domFileOrDirectoryEnumerator() { return [directory()][Symbol.iterator](); },
		open(callback) { Services.tm.dispatchToMainThread(() => callback.done(Ci.nsIFilePicker.returnOK)); },
	};
	const registrar = Components.manager.QueryInterface(Ci.nsIComponentRegistrar);
	registrar.registerFactory(Services.uuid.generateUUID(), 'a chooser', '@mozilla.org/filepicker;1', {createInstance: iid => picker.QueryInterface(iid), QueryInterface: ChromeUtils.generateQI(['nsIFactory'])});
	return true;
}`

// folder presses the button for folders, chooses one, and says yes to the question of
// the browser whether to "upload" its files.
func (f *firefox) folder(dir string) {
	f.t.Helper()
	f.command("Marionette:SetContext", map[string]any{"value": "chrome"})
	inFirefox[bool](f, "system", chooser, absolute(f.t, dir))
	f.command("Marionette:SetContext", map[string]any{"value": "content"})
	inFirefox[bool](f, "system", `() => {
		document.notifyUserGestureActivation();
		document.getElementById('folder0').click();
		return true;
	}`)
	for end := time.Now().Add(f.limit); ; time.Sleep(50 * time.Millisecond) {
		if _, fault := f.try("WebDriver:GetAlertText", map[string]any{}); fault == "" {
			break
		} else if time.Now().After(end) {
			f.t.Fatal(fault)
		}
	}
	f.command("WebDriver:AcceptAlert", map[string]any{})
}

// verdict waits for the report.
func (f *firefox) verdict() {
	f.t.Helper()
	got := inFirefox[[]string](f, "", `() => new Promise(ok => {
		const look = () => {
			const alert = document.getElementById('alert').textContent, frame = document.querySelector('#frame iframe');
			if (frame || alert) ok([document.getElementById('summary').textContent, alert]);
			else setTimeout(look, 20);
		};
		setTimeout(look, 20);
	})`)
	if got[0] == "" || got[1] != "" {
		f.t.Fatalf("no verdict (%q), and the page says %q", got[0], got[1])
	}
}

// save presses a button of the result and gives the file that comes of it.
func (f *firefox) save(label, name string) []byte {
	f.t.Helper()
	inFirefox[bool](f, "", `(label) => [...document.querySelectorAll('#saves button')].find(b => b.textContent === label).click()`, label)
	file := filepath.Join(f.saves, name)
	for end := time.Now().Add(f.limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(file + ".part"); err == nil {
			continue
		}
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			data := mustRead(f.t, file)
			if err := os.Remove(file); err != nil {
				f.t.Fatal(err)
			}
			return data
		}
	}
	all, _ := filepath.Glob(filepath.Join(f.saves, "*"))
	f.t.Fatalf("%s was not saved, among %q", name, all)
	return nil
}

func (f *firefox) saidNothing() {
	f.t.Helper()
	for _, line := range f.console() {
		f.t.Errorf("on the console: %s", line)
	}
}

func firefoxSameBytes(f *firefox, file string) {
	f.open(file)
	for i, name := range webCases {
		dir, packed := caseAsFolderAndZip(f.t, name)
		want := func(name string, given ...string) []byte {
			return analysed(f.t, name, append([]string{"analyze"}, given...)...)
		}
		f.drop(packed)
		f.verdict()
		same(f.t, name+" dropped", f.save("HTML", "report.html"), want("report.html", packed))
		f.folder(dir)
		f.verdict()
		same(f.t, name+" as a folder", f.save("HTML", "report.html"), want("report.html", dir))
		f.pick(filesOf(f.t, dir)...)
		f.verdict()
		same(f.t, name+" as files", f.save("HTML", "report.html"), want("report.html", filesOf(f.t, dir)...))
		if i == 0 {
			files := filesOf(f.t, dir)
			same(f.t, "JSON", f.save("JSON", "verdict.json"), want("verdict.json", files...))
			same(f.t, "Markdown", f.save("Markdown", "report.md"), want("report.md", files...))
			same(f.t, "CSV", f.save("CSV of the evidence", "evidence.csv"), want("evidence.csv", files...))
		}
	}
	f.saidNothing()
}

func firefoxNoRequests(f *firefox, file string) {
	server := newCounter(f.t)
	f.open(file)
	f.pick(filesOf(f.t, hostileFolder(f.t, server.URL))...)
	f.verdict()
	f.saidNothing()
	inFirefox[bool](f, "", attempts, server.URL)
	if got := server.requests(); len(got) > 0 {
		f.t.Errorf("the page asked for %q", got)
	}
	loose := filepath.Join(f.t.TempDir(), "loose.html")
	if err := os.WriteFile(loose, policyOfPage.ReplaceAll(mustRead(f.t, file), nil), 0o666); err != nil {
		f.t.Fatal(err)
	}
	f.open(loose)
	inFirefox[bool](f, "", attempts, server.URL)
	if got := server.requests(); len(got) < 12 {
		f.t.Errorf("without its policy the page asked for %q only: the counting does not count", got)
	}
}

func firefoxHostileNames(f *firefox, file string) {
	f.open(file)
	dir := hostileFolder(f.t, "http://127.0.0.1:9")
	f.folder(dir)
	f.verdict()
	same(f.t, "HTML", f.save("HTML", "report.html"), analysed(f.t, "report.html", "analyze", "--", dir))
	if inFirefox[bool](f, "", `() => 'harmed' in window || document.querySelectorAll('img').length > 0`) {
		f.t.Error("a name became a part of the page")
	}
	f.saidNothing()
}

// firefoxCancel ends a run that would take long, within a second.
func firefoxCancel(f *firefox, file string) {
	f.open(file)
	long := filepath.Join(f.t.TempDir(), "long.bin")
	if err := os.WriteFile(long, []byte{1}, 0o666); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Truncate(long, 2<<30); err != nil { // sparse; it is hashed, which takes a minute or more
		f.t.Fatal(err)
	}
	f.pick(long)
	state := inFirefox[string](f, "", `() => new Promise(ok => {
		const look = () => {
			if (document.getElementById('bar').value === 0) { setTimeout(look, 20); return; }
			document.getElementById('cancel').click();
			ok(document.getElementById('run').hidden + ' ' + document.getElementById('status').textContent);
		};
		look();
	})`)
	if state != "true Cancelled" {
		f.t.Errorf("after Cancel: %s", state)
	}
	f.drop(caseBundle("exhausted-leak-x64"))
	f.verdict()
	f.saidNothing()
}

func firefoxAccessible(f *firefox, file string) {
	f.open(file)
	f.drop(caseBundle("exhausted-netstat-loop"))
	f.verdict()
	axe := string(mustRead(f.t, axeFile))
	f.command("WebDriver:ExecuteScript", map[string]any{"script": axe + "; window.axe = window.axe ?? axe;", "args": []any{}, "sandbox": "axe", "newSandbox": false})
	for _, fault := range inFirefox[[]string](f, "axe", strings.Replace(axeRun, "axe.run", "window.axe.run", 1)) {
		f.t.Error(fault)
	}
}
