package main

import (
	"context"
	"image"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What is printed of a page, told by the page itself: its headings, folded or
// not, and the first place of evidence of each finding, which is what stands
// first in the last cell.
const printed = `() => {
	const out = [...document.querySelectorAll('h1,h2,h3,.ti,caption')].map(e => e.textContent);
	for (const place of document.querySelectorAll('.ev tbody tr:first-child > :last-child summary')) out.push(place.textContent);
	return out;
}`

// checkPrint makes the PDFs a reader would, of a page that was dark and folded;
// first where no script can unfold it.
func checkPrint(t *testing.T, browser context.Context, p *pageCase) {
	b := openTab(t, browser)
	v := desktop
	v.dark, v.noScript = true, true
	b.load(p, v)
	want := ask[[]string](b, printed)
	if !p.compare {
		for _, f := range p.report.Findings {
			want = append(want, f.Title, f.Text)
		}
	}
	b.checkPaper("A4", chromedp.PaperA4, want, p.sheets)
	b.checkPaper("Letter", chromedp.PaperLetter, want, p.sheets)

	v.noScript = false
	b.load(p, v)
	const folded = `() => [...document.querySelectorAll('details')].map(d => d.open)`
	before := ask[[]bool](b, folded)
	b.checkPaper("A4 with scripts", chromedp.PaperA4, want, p.sheets)
	if after := ask[[]bool](b, folded); !slices.Equal(before, after) {
		t.Errorf("what was unfolded before printing\n%v, and after\n%v", before, after)
	}
	v.media = "print"
	b.set(v)
	if ground := ask[string](b, `() => getComputedStyle(document.body).backgroundColor`); ground != "rgb(255, 255, 255)" {
		t.Errorf("print in a dark browser has the background %s", ground)
	}
}

// checkPaper prints the page and wants the texts on it, dark on light.
func (b *tab) checkPaper(name string, size chromedp.PaperSize, want []string, sheets int) {
	b.t.Helper()
	data, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(size), chromedp.PDFPrintBackground()))
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(b.t.TempDir(), "page.pdf")
	if err := os.WriteFile(file, data, 0o666); err != nil {
		b.t.Fatal(err)
	}
	text := plain(pdfText(b.t, file))
	for _, w := range want {
		if !strings.Contains(text, plain(w)) {
			b.t.Errorf("%s: %q is not printed", name, w)
		}
	}
	if n := countSheets(b.t, file); sheets > 0 && n > sheets {
		b.t.Errorf("%s: %d sheets, want %d at most", name, n, sheets)
	}
	if share := darkShare(b.t, file); share > 0.1 {
		b.t.Errorf("%s: %.0f %% of the first sheet is dark", name, 100*share)
	}
}

// plain is a text without what a style sheet may change: white space and case.
func plain(s string) string { return strings.ToLower(squeeze(s)) }

// pdfText is the text of a PDF in the order it is drawn in.
func pdfText(t *testing.T, file string) string {
	t.Helper()
	out, err := exec.Command("pdftotext", "-raw", "-nopgbrk", "-enc", "UTF-8", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext, of poppler-utils: %v", err)
	}
	return string(out)
}

// countSheets says how many sheets a PDF has.
func countSheets(t *testing.T, file string) int {
	t.Helper()
	out, err := exec.Command("pdfinfo", file).Output()
	if err != nil {
		t.Fatalf("pdfinfo, of poppler-utils: %v", err)
	}
	_, rest, _ := strings.Cut(string(out), "Pages:")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("pdfinfo says %q", out)
	}
	return n
}

// darkShare says how much of the first sheet is darker than a medium grey.
func darkShare(t *testing.T, file string) float64 {
	t.Helper()
	to := strings.TrimSuffix(file, ".pdf")
	if out, err := exec.Command("pdftoppm", "-png", "-r", "20", "-singlefile", file, to).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm, of poppler-utils: %v\n%s", err, out)
	}
	f, err := os.Open(to + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	size, dark := picture.Bounds(), 0
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); max(r, g, b) < 0x8000 {
				dark++
			}
		}
	}
	return float64(dark) / float64(size.Dx()*size.Dy())
}
