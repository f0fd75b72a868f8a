package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"portverdict/report"
)

var (
	withBrowser = flag.Bool("browser", false, "look at the pages in Chromium; what is missing for that is a failure")
	shotsDir    = flag.String("shots", "", "write pictures of the first screens to the folder `DIR`")
)

// tabTime is how long one test may keep its tab: a page that hangs is found, a slow machine is not.
var tabTime = 4 * time.Minute

// A pageCase is one HTML file the program wrote, and what must be on it.
type pageCase struct {
	name    string
	args    []string // of portverdict; the output is added
	recipes []string // written to bundles, which are added to the arguments
	sheets  int      // of A4 at most
	compare bool
	chart   bool // there is a time line
	holder  bool // the holder of the ports is known; of a comparison, where they were on both sides
	redact  bool // redacted after it was written
	file    string
	report  *report.Report // nil for a comparison
}

// Recipes of bundles that no case has: two pools that run out, and a second machine.
const (
	twoPoolsRecipe = `schema: 1
seed: 5
why: UDP runs out first, TCP a minute later
duration: 4m
host: {name: APP-A}
tcp: {start: 49152, count: 500}
udp: {start: 49152, count: 300}
processes:
  - {pid: 1004, image: svchost.exe, services: [RpcSs], listen: [135]}
  - {pid: 4240, image: udpleak.exe, sockets: [{transport: udp, rate: 300}]}
  - {pid: 4300, image: tcpleak.exe, sockets: [{rate: 300, from: 60s}]}
trace: {}
log: {}
texts: {range: dynamicport.txt, tasklist: tasklist.txt}
`
	otherMachineRecipe = `schema: 1
seed: 6
why: a machine that is well
host: {name: APP-B}
processes:
  - {pid: 1004, image: svchost.exe, services: [RpcSs], listen: [135]}
  - {pid: 7300, image: chrome.exe, sockets: [{rate: 30, life: 3s}]}
log: {}
tables: [{stamp: iso}]
texts: {range: dynamicport.txt, tasklist: tasklist.txt}
`
)

func pages() []*pageCase {
	stuck, err := os.ReadFile(filepath.Join("..", "..", "testdata", "cases", "exhausted-stuck-closes", "recipe.yaml"))
	if err != nil {
		panic(err)
	}
	return []*pageCase{
		{name: "exhausted", args: []string{"analyze", caseBundle("exhausted-leak-x64")}, chart: true, holder: true, sheets: 6},
		{name: "not-exhausted", args: []string{"analyze", caseBundle("not-exhausted-busy")}, chart: true, holder: true, sheets: 4},
		{name: "netstat", args: []string{"analyze", caseBundle("exhausted-netstat-loop"), "--tz", "Etc/GMT-1"}, chart: true, holder: true, sheets: 4},
		{name: "inconclusive", args: []string{"analyze", caseBundle("inconclusive-only-4227")}, chart: true, sheets: 3},
		{name: "redacted", args: []string{"analyze", caseBundle("exhausted-udp-4266")}, chart: true, holder: true, redact: true, sheets: 6},
		{name: "two pools", recipes: []string{twoPoolsRecipe}, args: []string{"analyze"}, chart: true, holder: true, sheets: 6},
		{name: "two machines", recipes: []string{twoPoolsRecipe, otherMachineRecipe}, args: []string{"analyze"}, chart: true, holder: true, sheets: 7},
		{name: "stuck closes", recipes: []string{string(stuck)}, args: []string{"analyze"}, chart: true, sheets: 5},
		{name: "nothing usable", args: []string{"render", filepath.Join("testdata", "nothing.json")}, sheets: 1},
		{name: "compare", args: []string{"compare", caseBundle("exhausted-leak-x64"), caseBundle("not-exhausted-busy")}, compare: true, holder: true},
		{name: "compare tables", args: []string{"compare", caseBundle("exhausted-netstat-loop"), caseBundle("inconclusive-only-4227")}, compare: true},
		{name: "compare machines", recipes: []string{twoPoolsRecipe, otherMachineRecipe}, args: []string{"compare", caseBundle("exhausted-udp-4266")}, compare: true},
	}
}

// synthesize writes the bundles of the case's recipes, each in a folder of its own.
func (p *pageCase) synthesize(t *testing.T, dir string) {
	t.Helper()
	for i, recipe := range p.recipes {
		file, to := filepath.Join(dir, fmt.Sprintf("recipe-%d.yaml", i)), filepath.Join(dir, p.name, fmt.Sprintf("m%d", i+1))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(recipe), 0o666); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"synth", file, "-o", to}, nil, &out, &errs); code != exitOK {
			t.Fatalf("synth: exit code %d\n%s", code, errs.String())
		}
		if err := os.Remove(filepath.Join(to, "truth.json")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if len(p.recipes) > 0 {
		p.args = append(p.args, filepath.Join(dir, p.name))
	}
}

// write runs the program for its page and, but for a comparison, its report.
func (p *pageCase) write(t *testing.T, dir string) {
	t.Helper()
	p.synthesize(t, dir)
	p.file = filepath.Join(dir, p.name+".html")
	args := append([]string{p.args[0], "-q", "-o", p.file}, p.args[1:]...)
	saved := filepath.Join(dir, p.name+".json")
	if !p.compare {
		args = append(args, "-o", saved)
	}
	if p.args[0] == "analyze" {
		args = append(args, "--exit-zero")
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, nil, &out, &errs); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	if p.compare {
		return
	}
	if p.redact {
		key := filepath.Join(dir, "key")
		if err := os.WriteFile(key, []byte("a key of the test"), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, name := range []*string{&p.file, &saved} {
			to := filepath.Join(dir, "redacted-"+filepath.Base(*name))
			if code := run(t.Context(), []string{"redact", *name, "-o", to, "--redact-key", key}, nil, &out, &errs); code != exitOK {
				t.Fatalf("exit code %d\n%s", code, errs.String())
			}
			*name = to
		}
	}
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	p.report = &report.Report{}
	if err := json.Unmarshal(data, p.report); err != nil {
		t.Fatal(err)
	}
}

func (p *pageCase) url() string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(p.file)}).String()
}

// TestPage looks at the pages as a reader does: in a browser, one start for all
// of it, a tab for each check.
func TestPage(t *testing.T) {
	if !*withBrowser {
		t.Skip("make page runs them: these tests need Chromium")
	}
	for _, program := range []string{"chromium", "pdftotext", "pdftoppm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Errorf("no %s: %v", program, err)
		}
	}
	if _, err := os.Stat(axeFile); err != nil {
		t.Errorf("no axe-core, make page brings it: %v", err)
	}
	if t.Failed() {
		return
	}
	dir := t.TempDir()
	browser := startBrowser(t)
	checks := []struct {
		name  string
		check func(*testing.T, context.Context, *pageCase)
	}{
		{"silent", checkSilent},
		{"without script", checkWithoutScript},
		{"anchors", checkAnchors},
		{"accessible", checkAccessible},
		{"first screen", checkFirstScreen},
		{"overflow", checkOverflow},
		{"words", checkBroken},
		{"sorting", checkSorting},
		{"print", checkPrint},
		{"keyboard", checkKeyboard},
	}
	t.Run("faults are seen", func(t *testing.T) { checkFaultsAreSeen(t, browser, dir) })
	for i, p := range pages() {
		p.write(t, dir)
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if i == 0 {
				t.Run("colours", func(t *testing.T) {
					t.Parallel()
					checkColours(t, browser, p)
				})
			}
			for _, c := range checks {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.check(t, browser, p)
				})
			}
		})
	}
}

// startBrowser gives a context every tab is opened from. The browser and its
// profile are gone when the test is over.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath("chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"),
	)
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(leave)
	watchdog := time.AfterFunc(tabTime, leave)
	defer watchdog.Stop()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	t.Cleanup(func() {
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := chromedp.Cancel(limited); err != nil {
			t.Errorf("chromium does not end: %v", err)
		}
	})
	return ctx
}

// A tab shows one page and notes what the page says and asks for.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	own    string // the one URL that may be asked for
	faults []string
	saved  int // downloads that have ended
}

// A view is how a page is looked at.
type view struct {
	width, height int64
	dark          bool
	media         string // "" is the screen
	noScript      bool
}

var (
	desktop = view{width: 1280, height: 800}
	phone   = view{width: 390, height: 844}
)

func (v view) String() string {
	s := fmt.Sprintf("%dx%d", v.width, v.height)
	if v.dark {
		s += " dark"
	}
	return s
}

func openTab(t *testing.T, program context.Context) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, leave := chromedp.NewContext(program, chromedp.WithListener(b.note))
	t.Cleanup(leave)
	b.ctx = ctx
	b.do() // opens it; a limit would end the tab with itself, so it comes after
	limited, cancel := context.WithTimeout(ctx, tabTime)
	t.Cleanup(cancel)
	b.ctx = limited
	send(b, audits.Enable, cdp.Empty{})
	send(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// send gives the tab a command of the protocol.
func send[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	answer, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return answer
}

// ask runs a script function with arguments in the page and gives its answer,
// for which it waits.
func ask[T any](b *tab, function string, args ...any) T {
	b.t.Helper()
	return evaluate[T](b, function, args, chromedp.EvalAwaitPromise)
}

// asUser makes what a function does the doing of a person: a browser may hold back a
// second download that nobody asked for.
func asUser(p *runtime.EvaluateParams) {
	yes := true
	p.AwaitPromise, p.UserGesture = &yes, &yes
}

func evaluate[T any](b *tab, function string, args []any, how func(*runtime.EvaluateParams)) T {
	b.t.Helper()
	if args == nil {
		args = []any{}
	}
	list, err := json.Marshal(args)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := chromedp.Run(b.ctx, chromedp.Evaluate[T]("("+function+")(..."+string(list)+")", how))
	if err != nil {
		b.t.Fatal(err)
	}
	return answer
}

// set makes the tab look the way v says.
func (b *tab) set(v view) {
	b.t.Helper()
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	send(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: v.width, Height: v.height, DeviceScaleFactor: 1, Mobile: v.width < 800,
	})
	send(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.noScript})
	send(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: v.media, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

func (b *tab) load(p *pageCase, v view) {
	b.t.Helper()
	b.set(v)
	b.mu.Lock()
	b.own = p.url()
	b.mu.Unlock()
	b.do(chromedp.Navigate(p.url()))
}

// note takes down whatever a silent page would not cause.
func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		said := []string{"console", string(e.Type)}
		for _, arg := range e.Args {
			said = append(said, string(arg.Value))
		}
		b.faults = append(b.faults, strings.Join(said, " "))
	case *runtime.EventExceptionThrown:
		fault := "exception " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			fault += " " + x.Description
		}
		b.faults = append(b.faults, fault)
	case *log.EventEntryAdded:
		b.faults = append(b.faults, fmt.Sprintf("log %s %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
	case *audits.EventIssueAdded:
		b.faults = append(b.faults, "issue "+string(e.Issue.Code))
	case *network.EventRequestWillBeSent:
		if e.Request.URL != b.own && !strings.HasPrefix(e.Request.URL, "data:") {
			b.faults = append(b.faults, "request "+e.Request.URL)
		}
	case *browser.EventDownloadProgress:
		if e.State == browser.DownloadProgressStateCompleted {
			b.saved++
		}
	}
}

func (b *tab) downloads() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.saved
}

// noted gives what came until now. The frames see to it that what the page has
// caused has also been reported.
func (b *tab) noted() []string {
	b.t.Helper()
	ask[bool](b, `() => new Promise(ok => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => ok(true), 100))))`)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults
}
