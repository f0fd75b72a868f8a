package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axeFile is put there by npm, from .ci/page/package-lock.json.
var axeFile = filepath.Join("..", "..", ".ci", "page", "node_modules", "axe-core", "axe.min.js")

// axeRun gives a line for each place a rule is broken. Nothing is asked of the
// network for it.
const axeRun = `async () => {
	const all = await axe.run(document, {preload: false, resultTypes: ['violations']});
	return all.violations.flatMap(v => v.nodes.map(n =>
		v.id + ' (' + v.impact + '): ' + n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ') + ': ' + n.html.slice(0, 160)));
}`

// chartContrast looks at the texts of the charts, which axe-core leaves out:
// each against what is drawn under its middle.
const chartContrast = `() => {
	const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	canvas.canvas.width = canvas.canvas.height = 1;
	const paint = (colour, alpha) => { canvas.globalAlpha = alpha; canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); };
	const light = () => {
		const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
		return .2126 * r + .7152 * g + .0722 * b;
	};
	const out = [];
	for (const text of document.querySelectorAll('svg text')) {
		if (!text.checkVisibility() || !text.textContent.trim()) continue;
		text.scrollIntoView({block: 'center', inline: 'center'});
		const r = text.getBoundingClientRect(), style = getComputedStyle(text);
		const under = document.elementsFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2).filter(e => !e.closest('text')).reverse();
		paint(getComputedStyle(document.body).backgroundColor, 1);
		for (const e of under) {
			const s = getComputedStyle(e), shape = e instanceof SVGGeometryElement;
			if (shape && s.fill !== 'none') paint(s.fill, s.opacity * s.fillOpacity);
			if (!shape) paint(s.backgroundColor, 1);
		}
		const ground = light();
		paint(style.fill, style.opacity * style.fillOpacity);
		const front = light(), ratio = (Math.max(ground, front) + .05) / (Math.min(ground, front) + .05);
		if (ratio < 4.5) out.push('contrast ' + ratio.toFixed(2) + ' of the chart text ' + text.textContent.trim());
	}
	scrollTo(0, 0);
	return out;
}`

// checkAccessible lets axe-core look at the page in both colour schemes, wide
// and narrow, folded and unfolded.
func checkAccessible(t *testing.T, browser context.Context, p *pageCase) {
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		t.Fatal(err)
	}
	b := openTab(t, browser)
	send(b, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	where := map[string][]string{} // fault -> the views it is in
	look := func(v view, how string) {
		b.set(v)
		for _, fault := range append(ask[[]string](b, axeRun), ask[[]string](b, chartContrast)...) {
			where[fault] = append(where[fault], v.String()+how)
		}
	}
	for _, v := range []view{desktop, phone} {
		b.load(p, v)
		b.do(chromedp.Evaluate[chromedp.Void](string(axe)))
		look(v, " folded")
		b.openDetails()
		look(v, "")
		v.dark = true
		look(v, "")
	}
	for _, fault := range slices.Sorted(maps.Keys(where)) {
		t.Errorf("%s\nin %s", fault, strings.Join(where[fault], ", "))
	}
}

// outcomes are the classes of body that give a page its colours.
var outcomes = []string{"exhausted", "likely", "not-exhausted", "inconclusive"}

// checkColours looks at one page in the colours of every outcome.
func checkColours(t *testing.T, browser context.Context, p *pageCase) {
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		t.Fatal(err)
	}
	b := openTab(t, browser)
	send(b, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	b.load(p, desktop)
	b.do(chromedp.Evaluate[chromedp.Void](string(axe)))
	was := ask[string](b, `() => document.body.className`)
	if !slices.Contains(outcomes, was) {
		t.Fatalf("the page has the colours %q, want one of %q", was, outcomes)
	}
	for _, class := range outcomes {
		for _, dark := range []bool{false, true} {
			v := desktop
			v.dark = dark
			b.set(v)
			for _, fault := range ask[[]string](b, `async (name) => {
				document.body.className = name;
				const all = await axe.run(document, {preload: false, runOnly: ['color-contrast'], resultTypes: ['violations']});
				return all.violations.flatMap(v => v.nodes.map(n => n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ')));
			}`, class) {
				t.Errorf("%s, %v: %s", class, v, fault)
			}
		}
	}
}

// A stop is where the focus is after one more Tab.
type stop struct {
	Index  int // in document order, -1 for something else
	What   string
	Style  string
	Width  float64
	Top    float64
	Bottom float64
	Inside bool // the viewport, or fills it
}

// canFocus gives what Tab must reach, in document order.
const canFocus = `() => {
	window.stops = [...document.querySelectorAll('a[href],button,input,select,textarea,summary,[tabindex]')]
		.filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true}));
	return window.stops.map(e => e.tagName.toLowerCase() + ' ' + e.textContent.trim().slice(0, 40));
}`

const focused = `async () => {
	await new Promise(ok => requestAnimationFrame(() => requestAnimationFrame(ok)));
	const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
	return {Index: window.stops.indexOf(e), What: e.outerHTML.slice(0, 80), Style: s.outlineStyle, Width: parseFloat(s.outlineWidth),
		Top: r.top, Bottom: r.bottom, Inside: r.width > 0 && r.height > 0 && r.left >= 0 && r.right <= innerWidth &&
			(r.top > -1 && r.bottom < innerHeight + 1 || Math.min(r.bottom, innerHeight) - Math.max(r.top, 0) > innerHeight / 2)};
}`

// checkKeyboard goes through the page with Tab and opens what is folded.
func checkKeyboard(t *testing.T, browser context.Context, p *pageCase) {
	b := openTab(t, browser)
	b.load(p, desktop)
	want := ask[[]string](b, canFocus)
	if len(want) == 0 || want[0] != "a To the verdict" {
		t.Errorf("the skip link is not first: %q", want)
	}
	for i, what := range want {
		b.do(chromedp.KeyEvent(kb.Tab))
		at := ask[stop](b, focused)
		if at.Index != i {
			t.Fatalf("Tab %d goes to %s, want %s", i+1, at.What, what)
		}
		if at.Style == "none" || at.Width < 1 || !at.Inside {
			t.Errorf("the focus on %s is not seen: %+v", what, at)
		}
		b.checkEnter(i)
	}
}

// checkEnter presses Enter twice on a summary, which leaves it as it was.
func (b *tab) checkEnter(i int) {
	b.t.Helper()
	const state = `i => window.stops[i].tagName === 'SUMMARY' ? '' + window.stops[i].parentElement.open : ''`
	before := ask[string](b, state, i)
	if before == "" {
		return
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	during := ask[string](b, state, i)
	b.do(chromedp.KeyEvent(kb.Enter))
	after := ask[string](b, state, i)
	if during == before || after != before {
		b.t.Errorf("Enter on summary %d: open %s, then %s, then %s", i, before, during, after)
	}
}
