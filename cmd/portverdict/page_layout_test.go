package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"portverdict/report"
)

// A box is where something is in the viewport; one that is not there has no
// size.
type box struct {
	Name                     string
	Left, Top, Right, Bottom float64
}

// boxes measures the first thing each selector finds. One that ends in a colon
// and a number is measured for so many lines of its text.
const boxes = `(selectors) => selectors.map(s => {
	const [, path, lines] = s.match(/^(.*?)(?::(\d+))?$/), e = document.querySelector(path);
	if (!e) return {Name: s};
	let rects = [e.getBoundingClientRect()];
	if (lines) {
		const r = document.createRange();
		r.selectNodeContents(e);
		rects = [...r.getClientRects()].filter(c => c.width).sort((a, b) => a.bottom - b.bottom);
		let n = 0, end = -1;
		rects = rects.filter(c => {
			if (c.top >= end - 1) { n++; end = c.bottom; }
			return n <= lines;
		});
	}
	const side = (f, k) => Math.round(10 * f(...rects.map(c => c[k]))) / 10;
	return {Name: s, Left: side(Math.min, 'left'), Top: side(Math.min, 'top'), Right: side(Math.max, 'right'), Bottom: side(Math.max, 'bottom')};
})`

// checkFirstScreen: who reads only what is there without scrolling has read
// the verdict and, on a desk, knows the next step.
func checkFirstScreen(t *testing.T, browser context.Context, p *pageCase) {
	for _, v := range []view{desktop, phone} {
		b := openTab(t, browser)
		b.load(p, v)
		b.shoot(p.name, v)
		got := ask[[]box](b, boxes, firstScreen(p, v))
		for _, x := range got {
			at := fmt.Sprintf("%v: %s is at x %.0f to %.0f, y %.0f to %.0f", v, x.Name, x.Left, x.Right, x.Top, x.Bottom)
			t.Log(at)
			switch {
			case x.Right <= x.Left || x.Bottom <= x.Top:
				t.Errorf("%v: %s is not there", v, x.Name)
			case x.Left < 0 || x.Top < 0 || x.Right > float64(v.width) || x.Bottom > float64(v.height):
				t.Errorf("%s, and not on the first screen", at)
			}
		}
	}
}

// firstScreen is what a reader must see without scrolling, in this order.
func firstScreen(p *pageCase, v view) []string {
	if p.compare {
		if !p.holder {
			return []string{"h1", ".say", ".side .out"}
		}
		return []string{"h1", ".say", ".bal", ".side .out"}
	}
	said := &p.report.Verdict
	want := []string{"h1", ".t"}
	if said.Outcome != report.Inconclusive {
		want = append(want, ".conf")
	}
	if p.holder && said.Holders[0].Named {
		want = append(want, ".who b")
	}
	steps := "#next"
	if len(said.NextSteps) > 0 {
		steps = ".do li:2"
	}
	if said.Outcome == report.Inconclusive {
		return append(want, steps)
	}
	want = append(want, "#balance", steps)
	if v == phone {
		return want
	}
	if len(said.Victims) > 0 && said.Victims[0].Transport == said.Transport {
		want = append(want, "#refused tbody tr")
	}
	return append(want, "#missing h2")
}

// broken gives the words that stand on more than one line, cell by cell and sentence by
// sentence. A line may end behind a hyphen or a slash; commands, filters and the fields
// of a row are left out: what they name is longer than a phone is wide.
const broken = `() => {
	const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement;
		if (e.closest('script,style,.cmd,svg,.hand,.ev details div') || !e.checkVisibility({contentVisibilityAuto: true})) continue;
		for (const m of n.data.matchAll(/[^\s\-\/–=&;]+/g)) {
			range.setStart(n, m.index);
			range.setEnd(n, m.index + m[0].length);
			const tops = new Set([...range.getClientRects()].filter(r => r.width > 0).map(r => Math.round(r.top)));
			if (tops.size > 1) out.push(m[0] + ' in ' + e.tagName.toLowerCase() + '.' + e.className + ': ' + n.data.trim().slice(0, 60));
		}
	}
	return out;
}`

// overlaps gives the texts that lie on each other.
const overlaps = `() => {
	const all = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement;
		if (!n.data.trim() || e.closest('script,style,title,desc,.skip') || !e.checkVisibility({contentVisibilityAuto: true})) continue;
		range.selectNodeContents(n);
		for (const r of range.getClientRects()) if (r.width > 1) all.push({left: r.left, right: r.right, top: r.top + 3, bottom: r.bottom - 3, text: n.data.trim().slice(0, 40)});
	}
	all.sort((a, b) => a.top - b.top);
	const out = [];
	for (let i = 0; i < all.length; i++)
		for (let k = i + 1; k < all.length && all[k].top < all[i].bottom; k++)
			if (all[i].left + 1.5 < all[k].right && all[k].left + 1.5 < all[i].right) out.push(all[i].text + ' / ' + all[k].text);
	return out;
}`

// checkBroken: no word is broken inside and no text lies on another, wide and narrow,
// folded and unfolded.
func checkBroken(t *testing.T, browser context.Context, p *pageCase) {
	b := openTab(t, browser)
	for _, v := range []view{desktop, phone} {
		for _, open := range []bool{false, true} {
			b.load(p, v)
			if open {
				b.openDetails()
			}
			for _, w := range ask[[]string](b, broken) {
				t.Errorf("%v, details open %v: broken: %s", v, open, w)
			}
			for _, w := range ask[[]string](b, overlaps) {
				t.Errorf("%v, details open %v: one on the other: %s", v, open, w)
			}
		}
	}
}

// checkSorting: a head sorts its table, the filter leaves what has its text, and an empty
// one leaves all.
func checkSorting(t *testing.T, browser context.Context, p *pageCase) {
	if p.compare {
		t.Skip("the page of a comparison has no script")
	}
	b := openTab(t, browser)
	b.load(p, desktop)
	for _, fault := range ask[[]string](b, `() => {
		const out = [], numbers = t => [...t.tBodies[0].rows].map(r => parseFloat(r.cells[at].textContent.replace(/,/g, '')));
		let at = 0;
		for (const table of document.querySelectorAll('table.sort')) {
			const heads = [...table.tHead.rows[0].cells];
			at = heads.findIndex(h => h.className === 'n' && h.querySelector('.by'));
			if (at < 0) continue;
			for (const sign of [1, -1]) {
				heads[at].querySelector('.by').click();
				const got = numbers(table).filter(n => !isNaN(n));
				if (got.some((n, i) => i > 0 && sign * (n - got[i - 1]) < 0)) out.push('not sorted by ' + heads[at].textContent + ': ' + got);
			}
		}
		const findings = [...document.querySelectorAll('details.finding')], field = document.querySelector('.findings input');
		if (findings.length < 2 !== !field) out.push('the filter is there: ' + !!field + ', findings ' + findings.length);
		if (!field) return out;
		const type = text => { field.value = text; field.dispatchEvent(new Event('input')); return findings.filter(d => !d.hidden).length; };
		const section = field.closest('.findings'), mine = findings.filter(d => section.contains(d)), title = mine[0].querySelector('.ti').textContent;
		type(title.toUpperCase());
		if (mine[0].hidden || mine.length > 1 && mine.every(d => !d.hidden && d.querySelector('.ti').textContent !== title)) out.push('filtered by ' + title);
		if (type('no finding says this') && mine.some(d => !d.hidden)) out.push('a text that nothing has leaves something');
		type('');
		if (mine.some(d => d.hidden)) out.push('an empty filter hides something');
		return out;
	}`) {
		t.Error(fault)
	}
}

// shoot writes a picture of the first screen where -shots asks for it.
func (b *tab) shoot(name string, v view) {
	b.t.Helper()
	if *shotsDir == "" {
		return
	}
	if err := os.MkdirAll(*shotsDir, 0o777); err != nil {
		b.t.Fatal(err)
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(*shotsDir, name+"-"+strings.ReplaceAll(v.String(), " ", "-")+".png")
	if err := os.WriteFile(file, picture, 0o666); err != nil {
		b.t.Fatal(err)
	}
}

// widths is how wide the page is, its frame and the window, and what is wider.
type widths struct {
	Scroll, Client, Window int64
	Wide                   []string
}

// checkOverflow: a page is never wider than its window; what is wider scrolls
// in its own frame.
func checkOverflow(t *testing.T, browser context.Context, p *pageCase) {
	b := openTab(t, browser)
	for _, v := range []view{desktop, phone, {width: 320, height: 640}} {
		for _, open := range []bool{false, true} {
			b.load(p, v)
			if open {
				b.openDetails()
			}
			got := ask[widths](b, `() => {
				const root = document.documentElement, framed = e => {
					for (let p = e.parentElement; p && p !== root; p = p.parentElement)
						if (getComputedStyle(p).overflowX !== 'visible') return true;
				};
				return {Scroll: root.scrollWidth, Client: root.clientWidth, Window: window.innerWidth,
					Wide: [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > root.clientWidth + .5 && !framed(e))
						.map(e => e.tagName.toLowerCase() + '.' + e.className + ' ' + Math.round(e.getBoundingClientRect().right) + ' ' + e.textContent.trim().slice(0, 40)).slice(0, 5)};
			}`)
			if got.Scroll > got.Client || got.Window != v.width || len(got.Wide) > 0 {
				t.Errorf("%v, details open %v: page %d wide, window %d, room %d; too wide: %q", v, open, got.Scroll, got.Window, got.Client, got.Wide)
			}
		}
	}
}

func (b *tab) openDetails() {
	b.t.Helper()
	ask[bool](b, `() => { for (const d of document.querySelectorAll('details')) d.open = true; return true }`)
}
