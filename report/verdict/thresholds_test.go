package verdict

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"portverdict/report"
)

// pin holds thresholds where they are: what is said of a story one below, on and one
// above the number that the rules name. The number is written here again on purpose.
type pin struct {
	names string // of the constants, with blanks between
	n     int
	story func(s *story, x int)
	says  func(r *report.Report) string
	want  [3]string
}

func allPins() []pin {
	return slices.Concat(sharePins(), holderPins(), stuckPins(), growthPins(), failurePins(), episodePins(), timePins(), shownPins())
}

func TestThresholdsArePinned(t *testing.T) {
	for _, p := range allPins() {
		t.Run(strings.ReplaceAll(p.names, " ", "+"), func(t *testing.T) {
			for i, x := range []int{p.n - 1, p.n, p.n + 1} {
				s := tell(t)
				p.story(s, x)
				r := s.judge()
				if got := p.says(r); got != p.want[i] {
					t.Errorf("at %d: %q, want %q\n%s", x, got, p.want[i], r.Verdict.Summary)
				}
			}
		})
	}
}

// A threshold without a row above is one that can be changed unseen.
func TestEveryThresholdHasARow(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "thresholds.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	pinned := map[string]bool{}
	for _, p := range allPins() {
		for name := range strings.FieldsSeq(p.names) {
			pinned[name] = true
		}
	}
	n := 0
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				n++
				if !pinned[name.Name] {
					t.Errorf("%s of thresholds.go has no row in the table of this test", name.Name)
				}
				delete(pinned, name.Name)
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d constants were found", n)
	}
	for name := range pinned {
		t.Errorf("%s is pinned and is no constant of thresholds.go", name)
	}
}

// What pins say.

func saysOutcome(r *report.Report) string { return string(tcpPool(r).Outcome) }
func saysCause(r *report.Report) string   { return string(tcpPool(r).Cause) }
func saysBasis(r *report.Report) string   { return tcpPool(r).Balance.Basis }
func saysRange(r *report.Report) string   { return tcpPool(r).RangeSource }

func saysFinding(id string) func(*report.Report) string {
	return func(r *report.Report) string { return yes(has(r, id)) }
}

func saysWord(word string) func(*report.Report) string {
	return func(r *report.Report) string { return yes(strings.Contains(said(r), word)) }
}

func saysEpisodes(r *report.Report) string { return number(len(r.Verdict.Windows)) }

func saysEnds(r *report.Report) string {
	if len(r.Verdict.Windows) == 0 {
		return ""
	}
	return r.Verdict.Windows[len(r.Verdict.Windows)-1].Ends
}

func saysForecast(r *report.Report) string { return yes(tcpPool(r).Forecast != nil) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func number(n int) string { return report.Grouped(n) }

const (
	exhausted    = "exhausted"
	likely       = "likely"
	notExhausted = "not-exhausted"
	inconclusive = "inconclusive"
)

// sharePins are shares of the capacity of 300 ports.
func sharePins() []pin {
	used := func(s *story, x int) { s.small().table(100, "anobq", conns(7, 50000, x, "ESTABLISHED")) }
	return []pin{
		{"poolFull", 285, used, saysOutcome, [3]string{inconclusive, likely, likely}},
		{"poolFull", 285, used, saysFinding("pool-full"), [3]string{"no", "yes", "yes"}},
		{"poolFull", 285, func(s *story, x int) {
			s.small().trace(0, 100).refuse(100, 9)
			s.table(400, "anobq", conns(7, 50000, x, "ESTABLISHED"))
		}, saysEnds, [3]string{"recovered", "end-of-inputs", "end-of-inputs"}},
		{"poolPressure", 240, used, saysFinding("pool-pressure"), [3]string{"no", "yes", "yes"}},
		{"poolPressure", 240, func(s *story, x int) {
			used(s, x)
			s.log(-90000, 900).reused(200)
		}, saysOutcome, [3]string{inconclusive, inconclusive, likely}},
		{"poolPressure", 240, func(s *story, x int) {
			used(s, x)
			s.healthy(0, 600)
		}, saysOutcome, [3]string{notExhausted, inconclusive, inconclusive}},
		{"farBelow", 150, func(s *story, x int) {
			used(s, x)
			s.log(-90000, 900)
		}, saysOutcome, [3]string{notExhausted, inconclusive, inconclusive}},
		{"boundLeakShare", 30, func(s *story, x int) {
			s.small().table(100, "anobq", conns(7, 50000, x, "BOUND"))
		}, saysFinding("bound-leak"), [3]string{"no", "yes", "yes"}},
		{"timeWaitShare", 75, func(s *story, x int) {
			s.small().table(100, "anobq", conns(0, 50000, x, "TIME_WAIT"))
		}, saysFinding("time-wait-churn"), [3]string{"no", "yes", "yes"}},
		{"tupleShare", 240, used, saysFinding("tuple-exhaustion"), [3]string{"no", "yes", "yes"}},
		{"tupleShare", 240, used, saysCause, [3]string{"", "per-peer", "per-peer"}},
		{"rangeSmall", 16384, func(s *story, x int) {
			s.span(40000, x).table(100, "anobq", conns(7, 40000, 10, "BOUND"))
		}, saysFinding("range-small"), [3]string{"yes", "no", "no"}},
		{"exclusionShare", 30, func(s *story, x int) {
			s.small().excluded([2]int{50100, 50100 + x - 1}).table(100, "anobq", conns(7, 50000, 10, "BOUND"))
		}, func(r *report.Report) string { return finding(r, "range-excluded").Severity }, [3]string{"info", "warning", "warning"}},
		{"refutedBy", 1000, func(s *story, x int) {
			s.table(100, "anobq", conns(7, 20000, x, "ESTABLISHED"))
		}, saysWord("refuted"), [3]string{"no", "yes", "yes"}},
		{"spanFull", 285, func(s *story, x int) {
			s.trace(0, 200).opensMany(7, 20000, x-1, 2, 90).opensMany(7, 20299, 1, 95, 95).refuse(100, 9)
		}, saysRange, [3]string{"default", "inferred", "inferred"}},
		{"rangeLeast", 255, func(s *story, x int) {
			s.trace(0, 200).opensMany(7, 20000, x, 2, 90).refuse(100, 9)
		}, saysRange, [3]string{"default", "inferred", "inferred"}},
		{"refutedLossy", 10, func(s *story, x int) { // of 100 ports
			tr := s.small().trace(0, 600).opensMany(7, 50000, 100-x, 1, 90).opensMany(7, 30000, x, 1, 90)
			tr.tune = lostEvents
		}, saysWord("refuted"), [3]string{"no", "yes", "yes"}},
		{"balanced", 30, func(s *story, x int) {
			s.small().trace(0, 200).opensMany(7, 50000, 290, 1, 90).refuse(100, 9)
			s.table(100, "ano", conns(8, 50000, 300-x, "ESTABLISHED"))
		}, saysBasis, [3]string{"table", "trace", "trace"}},
	}
}

// full is an episode with a table of its instant.
func full(s *story, rows ...string) {
	s.small().trace(0, 200).refuse(100, 9)
	s.table(100, "anobq", rows...)
}

// holderPins are about who is named.
func holderPins() []pin {
	return []pin{
		{"namedShare", 75, func(s *story, x int) {
			full(s, conns(7, 50000, x, "BOUND"), conns(8, 50075, 73, "BOUND"), conns(11, 50150, 73, "BOUND"), conns(12, 50224, 73, "BOUND"))
		}, named, [3]string{"", "PID 7", "PID 7"}},
		{"secondShare", 90, func(s *story, x int) {
			full(s, conns(7, 50000, 180, "BOUND"), conns(8, 50180, x, "BOUND"))
		}, func(r *report.Report) string { return yes(strings.Contains(r.Verdict.Summary, "and PID 8")) }, [3]string{"no", "yes", "yes"}},
		{"sumShare", 100, func(s *story, x int) {
			full(s, owned(conns(21, 50000, x, "BOUND"), "chrome.exe"), owned(conns(22, 50101, (200-x)/2, "BOUND"), "chrome.exe"), owned(conns(23, 50201, 200-x-(200-x)/2, "BOUND"), "chrome.exe"))
		}, saysWord("3 x chrome.exe"), [3]string{"yes", "no", "no"}},
		{"dnsPool dnsSlack", 5500, func(s *story, x int) {
			s.log(-90000, 900).witness6(100)
			s.tasks(task(40, "dns.exe"))
			s.table(100, "anoq", datagrams(40, 50000, x))
		}, func(r *report.Report) string { return yes(holderOf(r, 40).ByDesign != "") }, [3]string{"yes", "yes", "no"}},
		{"dnsPool", 2500, func(s *story, x int) {
			s.log(-90000, 900).witness6(100)
			s.tasks(task(40, "dns.exe"))
			s.table(100, "anoq", datagrams(40, 50000, x))
		}, func(r *report.Report) string {
			return yes(strings.Contains(holderOf(r, 40).ByDesign, "2,500"))
		}, [3]string{"yes", "yes", "yes"}},
		{"closeWaitPile", 200, func(s *story, x int) {
			s.small().table(100, "anobq", conns(7, 50000, x, "CLOSE_WAIT"))
		}, saysFinding("close-wait-pile"), [3]string{"no", "yes", "yes"}},
		{"serverSidePile", 200, func(s *story, x int) {
			s.small().table(100, "anobq", serverRows(7, 443, x, "TIME_WAIT"))
		}, saysFinding("server-side-states"), [3]string{"no", "yes", "yes"}},
		{"serverSidePile", 200, func(s *story, x int) {
			s.small().table(100, "anobq", serverRows(7, 443, x, "CLOSE_WAIT"))
			s.healthy(0, 600)
		}, func(r *report.Report) string { return string(r.Verdict.Cause) }, [3]string{"", "server-side", "server-side"}},
		{"handlesMany", 3000, func(s *story, x int) { s.small().text("ps.txt", handleText(x)) }, saysFinding("handles-suspicious"), [3]string{"no", "no", "yes"}},
		{"handlesHigh", 10000, func(s *story, x int) { s.small().text("ps.txt", handleText(x)) }, saysWord("which is high"), [3]string{"no", "no", "yes"}},
	}
}

// handleText is what Get-Process says of a process with so many handles.
func handleText(n int) string {
	return "Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\r\n-------  ------    -----      -----     ------     --  -- -----------\r\n" +
		padded(n, 7) + "      54    50000      60000       1,00   4388   0 LeakyService\r\n"
}

func padded(n, width int) string {
	text := strings.ReplaceAll(number(n), ",", "")
	return strings.Repeat(" ", width-len(text)) + text
}

// serverRows are connections of other machines to one port of the server's own.
func serverRows(pid, port, n int, state string) string {
	var b strings.Builder
	b.WriteString(conns(pid, port, 1, "LISTENING"))
	for i := range n {
		b.WriteString(towards(pid, port, 1, state, "203.0.113.9:"+strings.ReplaceAll(number(40000+i), ",", "")))
	}
	return b.String()
}

const (
	hour = 3600
	day  = 24 * hour
)

// stuckPins are about ports whose close hangs.
func stuckPins() []pin {
	hang := func(s *story, x int) { s.small().log(-90000, 900).boot(-80000).stuck(100, 7, 50000, x) }
	span := func(s *story, x int) {
		s.small().log(-90000, day).boot(-80000).stuck(0, 7, 50000, 99).stuck(float64(x), 7, 50099, 1)
	}
	return []pin{
		{"stuckHalf", 150, func(s *story, x int) {
			s.small().log(-90000, 900).boot(-80000).stuck(100, 7, 50000, x).witness(200)
		}, saysCause, [3]string{"small-range", "stuck-close", "stuck-close"}},
		{"stuckHalf", 150, hang, func(r *report.Report) string { return finding(r, "evtx-stuck-closes").Severity }, [3]string{"warning", "critical", "critical"}},
		{"stuckHalf", 150, func(s *story, x int) {
			hang(s, x)
			s.healthy(0, 600)
		}, saysOutcome, [3]string{notExhausted, inconclusive, inconclusive}},
		{"stuckLikely", 240, hang, saysOutcome, [3]string{inconclusive, likely, likely}},
		{"stuckLeast", 100, func(s *story, x int) {
			s.small().log(-90000, day).boot(-80000).stuck(0, 7, 50000, x-1).stuck(7*hour, 7, 50200, 1)
		}, saysForecast, [3]string{"no", "yes", "yes"}},
		{"stuckSpan", 6 * hour, span, saysForecast, [3]string{"no", "yes", "yes"}},
		{"stuckRate", day, func(s *story, x int) {
			s.small().log(-90000, 2*day).boot(-80000).stuck(0, 7, 50000, 90).stuck(2*day-float64(x), 7, 50100, 24)
		}, saysForecast, [3]string{"yes", "yes", "no"}},
		{"stuckBefore", 255, func(s *story, x int) {
			s.small().log(-90000, day).boot(-80000).stuck(0, 7, 50000, x-1).stuck(7*hour, 7, 50290, 1)
		}, func(r *report.Report) string { return yes(tcpPool(r).Forecast.FullAtFrom.Equal(moment(day))) }, [3]string{"no", "yes", "yes"}},
	}
}
