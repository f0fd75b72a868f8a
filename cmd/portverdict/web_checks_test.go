package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A counter is a server of this machine that notes what is asked of it.
type counter struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newCounter(t *testing.T) *counter {
	c := &counter{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked = append(c.asked, r.URL.Path)
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *counter) requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

// attempts asks a server for things in all the ways that a page has, and its worker.
const attempts = `async (server) => {
	const at = (name) => server + '/' + name, quietly = async (f) => { try { await f(); } catch {} };
	const add = (tag, more) => document.body.append(Object.assign(document.createElement(tag), more));
	await quietly(() => fetch(at('fetch')));
	await quietly(() => navigator.sendBeacon(at('beacon'), 'x'));
	await quietly(() => new EventSource(at('events')));
	await quietly(() => new WebSocket(at('socket').replace('http', 'ws')));
	await quietly(() => { const x = new XMLHttpRequest(); x.open('GET', at('xhr')); x.send(); });
	add('img', {src: at('image')});
	add('script', {src: at('script')});
	add('link', {rel: 'stylesheet', href: at('style')});
	add('link', {rel: 'prefetch', href: at('prefetch')});
	add('link', {rel: 'icon', href: at('icon')});
	add('iframe', {src: at('frame')});
	add('object', {data: at('object')});
	add('video', {src: at('video')});
	add('iframe', {name: 'target'});
	const form = Object.assign(document.createElement('form'), {action: at('form'), target: 'target'});
	document.body.append(form);
	await quietly(() => form.submit());
	const inside = (base) => [
		() => fetch(base + '/worker-fetch'),
		() => { const x = new XMLHttpRequest(); x.open('GET', base + '/worker-xhr', false); x.send(); },
		() => new WebSocket(base.replace('http', 'ws') + '/worker-socket'),
		() => importScripts(base + '/worker-script'),
		() => import(base + '/worker-import'),
	];
	const text = '(async () => { for (const f of (' + inside + ')(' + JSON.stringify(server) + ')) { try { await f(); } catch {} } postMessage(1); })()';
	await new Promise(ok => {
		const worker = new Worker(URL.createObjectURL(new Blob([text], {type: 'text/javascript'})));
		worker.onmessage = worker.onerror = ok;
		setTimeout(ok, 5000);
	});
	await new Promise(ok => setTimeout(ok, 500));
	return true;
}`

var policyOfPage = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)

// checkNoRequests: hostile inputs make the page ask for nothing, nor can a script in it.
// That the counting counts is seen on a copy without the policy.
func checkNoRequests(t *testing.T, browser context.Context, file string) {
	server := newCounter(t)
	w := openWeb(t, browser, file, desktop)
	w.verdict(hostileFolder(t, server.URL))
	w.save("HTML", "report.html")
	w.saidNothing()
	ask[bool](w.tab, attempts, server.URL)
	if got := server.requests(); len(got) > 0 {
		t.Errorf("the page asked for %q", got)
	}
	loose := filepath.Join(t.TempDir(), "loose.html")
	if err := os.WriteFile(loose, policyOfPage.ReplaceAll(mustRead(t, file), nil), 0o666); err != nil {
		t.Fatal(err)
	}
	w = openWeb(t, browser, loose, desktop)
	ask[bool](w.tab, attempts, server.URL)
	if got := server.requests(); len(got) < 12 {
		t.Errorf("without its policy the page asked for %q only: the counting does not count", got)
	}
}

// hostileFolder has names and texts that would run or ask for something if they were
// taken for HTML or for a script.
func hostileFolder(t *testing.T, server string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), `"><img src=x onerror="top.harmed=1">`)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	remote := strings.ReplaceAll(server, "/", "&#47;")
	tag := `<img src=` + server + `/text onerror=top.harmed=1><script>top.harmed=1;fetch("` + server + `/script")</script>`
	var table strings.Builder
	table.WriteString("\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n")
	for i := range 400 {
		fmt.Fprintf(&table, "  TCP    10.0.0.1:%d         10.0.0.9:443           ESTABLISHED     4242\r\n [%s.exe]\r\n", 49200+i, tag)
	}
	tasks := "\"Image Name\",\"PID\",\"Services\"\r\n\"" + strings.ReplaceAll(tag, `"`, "'") + "\",\"4242\",\"javascript:top.harmed=1\"\r\n"
	for name, text := range map[string]string{
		`<img src=` + remote + `&#47;name onerror=top.harmed=1>.txt`: table.String(),
		"__proto__": tasks, "constructor.txt": tasks, "a\u202etxt.exe": "nothing", "$&$`${x}{{.}}%s.txt": "nothing", "-o": "nothing",
		"toString\n.txt": "nothing", strings.Repeat("n", 250): "nothing",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func checkHostileNames(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	dir := hostileFolder(t, "http://127.0.0.1:9")
	check := func(given ...string) {
		same(t, "HTML", w.save("HTML", "report.html"), analysed(t, "report.html", append([]string{"analyze", "--"}, given...)...))
	}
	w.choose("folder0", dir) // dropped, Chromium leaves out names that Windows cannot have
	check(dir)
	w.verdict(filesOf(t, dir)...)
	check(filesOf(t, dir)...)
	if ask[bool](w.tab, `() => 'harmed' in window || document.querySelectorAll('img').length > 0`) {
		t.Error("a name became a part of the page")
	}
	w.saidNothing()
}

// checkCancel ends a run that would take long, and the page is ready for the next.
func checkCancel(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	long := filepath.Join(t.TempDir(), "long.bin")
	if err := os.WriteFile(long, []byte{1}, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(long, 2<<30); err != nil { // sparse; it is hashed, which takes a minute or more
		t.Fatal(err)
	}
	w.drop("zone0", long)
	line := ask[string](w.tab, `() => new Promise(ok => {
		const look = () => document.getElementById('bar').value > 0 ? ok(document.getElementById('line').textContent) : setTimeout(look, 20);
		look();
	})`)
	if !regexp.MustCompile(`^\d+ .B of 2\.1 GB · \d+ %( · \d+ .B/s · .* left)?$`).MatchString(line) {
		t.Errorf("the progress says %q", line)
	}
	state := ask[string](w.tab, `() => {
		document.getElementById('cancel').click();
		return document.getElementById('run').hidden + ' ' + document.getElementById('status').textContent + ' ' + document.activeElement.id;
	}`)
	if state != "true Cancelled give" {
		t.Errorf("after Cancel: %s", state)
	}
	w.verdict(caseBundle("exhausted-leak-x64"))
	w.saidNothing()
}

// checkFaults: when Go panics, or the file system under it fails in a way that nobody
// expects, the page says so and goes on.
func checkFaults(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	for sides, want := range map[string]string{
		"[message.sides[0], message.sides[0], message.sides[0]]": "index out of range",
		"[[{name: 'x', files: [{path: [], file: {size: 5}}]}]]":  "TypeError",
	} {
		ask[bool](w.tab, `() => {
			const post = Worker.prototype.postMessage;
			Worker.prototype.postMessage = function (message, ...more) {
				Worker.prototype.postMessage = post;
				post.call(this, {...message, sides: `+sides+`}, ...more);
			};
			return true;
		}`)
		w.drop("zone0", caseBundle("exhausted-leak-x64"))
		if _, alert := w.outcome(); !strings.Contains(alert, "The program has a fault and ended.") || !strings.Contains(alert, want) {
			t.Errorf("the page says %q, want %s", alert, want)
		}
		w.verdict(caseBundle("exhausted-leak-x64"))
		if got := ask[string](w.tab, `() => document.getElementById('alert').textContent`); got != "" {
			t.Errorf("after the next run the page still says %q", got)
		}
	}
	w.saidNothing()
}

// checkRefusals: what cannot be judged is said, with what to do.
func checkRefusals(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	w.drop("zone0", filepath.Join("..", "..", "testdata", "cases", "failed-nothing-usable", "bundle"))
	if _, alert := w.outcome(); !strings.Contains(alert, "Nothing here can show port exhaustion") {
		t.Errorf("the page says %q", alert)
	}
	w.verdict(caseBundle("exhausted-leak-x64"))
	w.fill("tcp", "49152")
	ask[bool](w.tab, `() => { document.querySelector('#again').requestSubmit(); return true; }`)
	if _, alert := w.outcome(); !strings.Contains(alert, "give the first port and how many there are") {
		t.Errorf("the page says %q", alert)
	}
	w.saidNothing()
}

// fill types into a field, as its user does.
func (w *webTab) fill(id, text string) {
	w.t.Helper()
	ask[bool](w.tab, `(id) => { const e = document.getElementById(id); const d = e.closest('details'); if (d) d.open = true; e.select(); return true; }`, id)
	w.do(chromedp.KeyEvent(text))
}

// checkWishes: what the report asks for can be given, and the page judges again with it.
func checkWishes(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	given := caseBundle("exhausted-netstat-loop")
	w.verdict(given)
	if asked := ask[string](w.tab, `() => document.getElementById('asked').textContent`); !strings.Contains(asked, "time zone of") {
		t.Errorf("the page asks %q", asked)
	}
	w.fill("zone", "Etc/GMT-1")
	w.fill("tcp", "49152+512")
	w.do(chromedp.KeyEvent(kb.Enter))
	w.outcome()
	same(t, "HTML", w.save("HTML", "report.html"), analysed(t, "report.html", "analyze", given, "--tz", "Etc/GMT-1", "--range", "tcp=49152+512"))
	w.saidNothing()
}

// checkRedacted: with a key the page writes what the command line writes with it.
func checkRedacted(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	given := caseBundle("exhausted-leak-x64")
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("a key of this test\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	w.verdict(given)
	w.fill("key", "a key of this test")
	ask[bool](w.tab, `() => { document.getElementById('redact').click(); return true; }`)
	for label, name := range map[string]string{"HTML": "report.html", "JSON": "verdict.json"} {
		same(t, label, w.save(label, name), analysed(t, name, "analyze", given, "--redact", "--redact-key", key))
	}
	w.saidNothing()
}

func checkCompared(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	before, after := caseBundle("exhausted-leak-x64"), caseBundle("not-exhausted-busy")
	ask[bool](w.tab, `() => { document.querySelector('input[value=two]').click(); return true; }`)
	w.drop("zone1", after)
	w.drop("zone0", before)
	if summary, alert := w.outcome(); alert != "" || summary == "" {
		t.Fatalf("%q, %q", summary, alert)
	}
	for label, name := range map[string]string{"HTML": "comparison.html", "JSON": "comparison.json", "Text": "comparison.txt"} {
		same(t, label, w.save(label, name), analysed(t, name, "compare", before, after))
	}
	w.saidNothing()
}

// checkWebAccessible lets axe-core look at the page in every state it has.
func checkWebAccessible(t *testing.T, browser context.Context, file string) {
	axe := string(mustRead(t, axeFile))
	where := map[string][]string{}
	for _, v := range []view{desktop, phone} {
		w := openWeb(t, browser, file, v)
		send(w.tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
		w.load(&pageCase{file: file}, v)
		w.do(chromedp.Evaluate[chromedp.Void](axe))
		look := func(state string) {
			for _, dark := range []bool{false, true} {
				v := v
				v.dark = dark
				w.set(v)
				for _, fault := range ask[[]string](w.tab, axeRun) {
					where[fault] = append(where[fault], v.String()+" "+state)
				}
				w.shoot("web-"+strings.ReplaceAll(state, " ", "-"), v)
				if wide := ask[bool](w.tab, `() => document.documentElement.scrollWidth > innerWidth`); wide {
					t.Errorf("%v %s: the page is wider than the window", v, state)
				}
			}
		}
		look("begin")
		w.openDetails()
		look("opened")
		w.verdict(caseBundle("exhausted-netstat-loop"))
		look("verdict")
		ask[bool](w.tab, `() => { document.querySelector('input[value=two]').click(); return true; }`)
		look("two bundles")
		ask[bool](w.tab, `() => { document.querySelector('input[value=one]').click(); return true; }`)
		w.drop("zone0", filepath.Join("..", "..", "testdata", "cases", "failed-nothing-usable", "bundle"))
		w.outcome()
		look("refused")
	}
	for _, fault := range slices.Sorted(maps.Keys(where)) {
		t.Errorf("%s\nin %s", fault, strings.Join(where[fault], ", "))
	}
}

// checkWebKeyboard goes through the page with Tab, opens both choosers with Enter, and
// has what is chosen judged.
func checkWebKeyboard(t *testing.T, browser context.Context, file string) {
	w := openWeb(t, browser, file, desktop)
	ask[bool](w.tab, `() => { document.querySelector('input[value=two]').remove(); return true; }`) // Tab stops at one of two
	for i, what := range ask[[]string](w.tab, canFocus) {
		w.do(chromedp.KeyEvent(kb.Tab))
		if at := ask[stop](w.tab, focused); at.Index != i || at.Style == "none" || at.Width < 1 || !at.Inside {
			t.Errorf("Tab %d goes to %+v, want %s, seen", i+1, at, what)
		}
	}
	w.load(&pageCase{file: file}, desktop)
	dir, packed := caseAsFolderAndZip(t, "exhausted-leak-x64")
	for button, given := range map[string]string{"files0": packed, "folder0": dir} {
		w.choose(button, given)
		same(t, button, w.save("HTML", "report.html"), analysed(t, "report.html", "analyze", given))
		if at := ask[string](w.tab, `() => document.activeElement.id`); at != "resh" {
			t.Errorf("after the run the focus is on %q", at)
		}
	}
	w.saidNothing()
}

// choose presses Enter on a button, gives what its chooser is for, and waits for the
// verdict.
func (w *webTab) choose(button, given string) {
	w.t.Helper()
	send(w.tab, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
	opened := make(chan *page.EventFileChooserOpened, 1)
	listening, stop := context.WithCancel(w.ctx)
	defer stop()
	err := chromedp.Listen(listening, func(event any) {
		if e, ok := event.(*page.EventFileChooserOpened); ok {
			opened <- e
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ask[bool](w.tab, `(id) => { document.getElementById(id).focus(); return true; }`, button)
	w.do(chromedp.KeyEvent(kb.Enter))
	select {
	case e := <-opened:
		send(w.tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{absolute(w.t, given)}, BackendNodeID: e.BackendNodeID})
	case <-time.After(10 * time.Second):
		w.t.Fatalf("Enter on %s opens no chooser", button)
	}
	if summary, alert := w.outcome(); alert != "" || summary == "" {
		w.t.Fatalf("%q, %q", summary, alert)
	}
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	name, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return name
}
