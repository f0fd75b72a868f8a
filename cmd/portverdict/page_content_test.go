package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portverdict/report"
)

// checkSilent: a page in a mail or on a build server asks nobody and says
// nothing.
func checkSilent(t *testing.T, browser context.Context, p *pageCase) {
	b := openTab(t, browser)
	b.load(p, desktop)
	policy := ask[string](b, `() => document.querySelector('meta[http-equiv=Content-Security-Policy]').content`)
	if !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	styled := ask[string](b, `() => getComputedStyle(document.body).marginTop`)
	if styled != "0px" {
		t.Errorf("the style sheet is not in force: margin %s", styled)
	}
	for _, fault := range b.noted() {
		t.Error(fault)
	}
}

// A page full of faults, as a check of the checks.
const faulty = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'"><title>Faulty</title></head>
<body style="color:red"><img alt="" src="http://127.0.0.1:1/a.png"><p id="a">a</p><p id="a">b</p>
<script>console.log('said');setTimeout(() => { throw new Error('thrown') })</script></body></html>`

func checkFaultsAreSeen(t *testing.T, browser context.Context, dir string) {
	p := &pageCase{file: filepath.Join(dir, "faulty.html")}
	if err := os.WriteFile(p.file, []byte(faulty), 0o666); err != nil {
		t.Fatal(err)
	}
	b := openTab(t, browser)
	b.load(p, desktop)
	all := strings.Join(b.noted(), "\n")
	for _, want := range []string{"style", "a.png", "console log", "said", "exception", "thrown"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q was not noted in\n%s", want, all)
		}
	}
}

// seenTexts gives the visible texts of the page in order. What a script adds
// to work with, buttons and fields, is left out.
const seenTexts = `() => {
	const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement, text = n.data.replace(/\s+/g, ' ').trim();
		if (!text || e.closest('script,style,button,input,select,label,output,[role=status],[aria-live]')) continue;
		if (e.checkVisibility({opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true})) out.push(text);
	}
	return out;
}`

// headings gives, in document order, which of the selectors and h2 texts are
// there and visible with a text.
const headings = `(selectors, titles) => {
	const all = selectors.map(s => [s, document.querySelector(s)]);
	for (const t of titles) all.push([t, [...document.querySelectorAll('h2')].find(h => h.textContent.trim() === t)]);
	return all.filter(([, e]) => e && e.checkVisibility() && e.innerText.trim())
		.sort(([, a], [, b]) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1)
		.map(([name]) => name);
}`

// checkWithoutScript: ticket systems block scripts, so a script may add but
// never show.
func checkWithoutScript(t *testing.T, browser context.Context, p *pageCase) {
	b := openTab(t, browser)
	b.load(p, desktop)
	with := ask[[]string](b, seenTexts)

	plain := desktop
	plain.noScript = true
	b = openTab(t, browser)
	b.load(p, plain)
	without := ask[[]string](b, seenTexts)
	rest := slices.Clone(without)
	for _, text := range with {
		i := slices.Index(rest, text)
		if i < 0 {
			t.Errorf("seen only with scripts: %q", text)
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	dead := ask[[]string](b, `() => [...document.querySelectorAll('button,input,select,textarea')].filter(e => e.checkVisibility()).map(e => e.outerHTML)`)
	for _, d := range dead {
		t.Errorf("does nothing without scripts: %s", d)
	}

	selectors, titles := []string{"h1", ".t", ".conf", "#balance", "#next"}, []string{"Findings", "Inputs"}
	switch {
	case p.compare:
		selectors, titles = []string{"h1", ".say"}, []string{"Before", "After", "Why"}
	case p.report.Verdict.Outcome == report.Inconclusive && len(p.report.Verdict.Pools) == 0:
		selectors = []string{"h1", ".t", "#next"}
	case p.report.Verdict.Outcome == report.Inconclusive:
		selectors = []string{"h1", ".t", "#next", "#balance"}
	}
	if len(p.recipes) > 1 {
		titles = []string{"Inputs"}
	}
	if p.chart && len(p.recipes) < 2 {
		titles = slices.Insert(titles, 0, "Timeline")
	}
	order := ask[[]string](b, headings, selectors, titles)
	if want := append(selectors, titles...); !slices.Equal(order, want) {
		t.Errorf("order of the page\n%q, want\n%q", order, want)
	}
	if !p.compare {
		checkWords(t, p, ask[string](b, `() => document.body.textContent`))
	}
}

// checkWords wants what the report says in the text of the page.
func checkWords(t *testing.T, p *pageCase, text string) {
	t.Helper()
	v := &p.report.Verdict
	var want []string
	for _, f := range p.report.Findings {
		want = append(want, f.Title, f.Text)
	}
	for _, s := range p.report.Sources {
		want = append(want, s.Path)
		if !p.redact { // the head of a hash that stands in a page has a token of its own
			want = append(want, s.SHA256[:min(8, len(s.SHA256))])
		}
	}
	for _, s := range v.NextSteps {
		want = append(want, s.Text, s.Command)
	}
	for _, f := range v.OtherFailures {
		want = append(want, f.Name, f.Next)
	}
	for _, s := range p.report.Series {
		want = append(want, s.Image)
	}
	if p.holder {
		want = append(want, v.Holders[0].Image)
	}
	for _, w := range want {
		if !strings.Contains(squeeze(text), squeeze(w)) {
			t.Errorf("the page does not say %q", w)
		}
	}
}

// squeeze drops white space, which is where a line may break.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// checkAnchors: every link within the page arrives, and no id is there twice.
func checkAnchors(t *testing.T, browser context.Context, p *pageCase) {
	b := openTab(t, browser)
	b.load(p, desktop)
	faults := ask[[]string](b, `() => {
		const out = [], ids = new Set();
		for (const e of document.querySelectorAll('[id]')) {
			if (ids.has(e.id)) out.push('twice: id ' + e.id);
			ids.add(e.id);
		}
		for (const e of document.querySelectorAll('a[href]')) {
			const to = e.getAttribute('href');
			if (!to.startsWith('#')) out.push('leaves the page: ' + to);
			else if (!ids.has(decodeURIComponent(to.slice(1)))) out.push('goes nowhere: ' + to);
		}
		for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'headers'])
			for (const e of document.querySelectorAll('[' + name + ']'))
				for (const id of e.getAttribute(name).split(/\s+/))
					if (!ids.has(id)) out.push(name + ' goes nowhere: ' + id);
		return out;
	}`)
	for _, fault := range faults {
		t.Error(fault)
	}
}
