package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
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

func firstScreen(p *pageCase, v view) []string {
	if p.compare {
		return []string{"h1", ".say", ".side .big"}
	}
	want := []string{"h1", ".conf", "#holder .big"}
	if p.holder {
		want = append(want, "#holder b")
	}
	if v == phone {
		return append(want, "#balance")
	}
	hurt, next := "#hurt .big", "#next .sub"
	if len(p.report.Verdict.Victims) > 0 {
		hurt = "#hurt tbody tr"
	}
	if len(p.report.Verdict.NextSteps) > 0 {
		next = "#next li:2"
	}
	return append(want, hurt, next)
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
