package verdict

import (
	"strings"

	"portverdict/report"
)

// growthPins are about leaks, by traces and by tables.
func growthPins() []pin {
	leak := saysFinding("trace-socket-leak")
	return []pin{
		{"leakMinimum", 20, func(s *story, x int) {
			s.small().trace(0, 600).opensMany(7, 50000, x, 0, 600)
		}, leak, [3]string{"no", "yes", "yes"}},
		{"leakPerMinute", 1200, func(s *story, x int) { // 20 ports in so many seconds
			s.small().trace(0, float64(x)+0.001).opensMany(7, 50000, 20, 0, 1200)
		}, leak, [3]string{"yes", "yes", "no"}},
		{"leakPoints", 5, func(s *story, x int) {
			var times []float64
			for i := range x {
				times = append(times, float64(60*i))
			}
			s.small().loop("anobq", times, func(i int) string { return conns(7, 50000, 10+20*i, "BOUND") })
		}, saysFinding("snapshot-growth"), [3]string{"no", "yes", "yes"}},
		{"leakSpan", 90, func(s *story, x int) {
			s.small().trace(0, float64(x)+0.001).opensMany(7, 50000, 5, 0, 0).opensMany(7, 50010, 34, 0, float64(x)-1).open(float64(x), 7, 50100)
		}, leak, [3]string{"no", "yes", "yes"}},
		{"leakSpan", 90, func(s *story, x int) { // the first of it stands apart
			s.small().trace(0, 300.001).opensMany(7, 50000, 4, 0, 1).opensMany(7, 50010, 37, 300-float64(x), 300-float64(x)).open(300, 7, 50100)
		}, leak, [3]string{"no", "yes", "yes"}},
		{"leakOpenShare", 50, func(s *story, x int) { // of 100 sockets; the others live long
			t := s.small().trace(0, 600).opensMany(7, 50000, x, 0, 600)
			for i := range 100 - x {
				at := 380 * float64(i) / 60
				t.open(at, 7, 50100+i).closes(at + 200)
			}
		}, leak, [3]string{"no", "yes", "yes"}},
		{"leakLastThird", 10, func(s *story, x int) {
			s.small().trace(0, 900).opensMany(7, 50000, 60-x, 0, 590).opensMany(7, 50100, x, 610, 890)
		}, leak, [3]string{"no", "yes", "yes"}},
		{"leakBulk", 10, func(s *story, x int) {
			s.small().trace(0, 300).opensMany(7, 50000, x, 0, 1).opensMany(7, 50100, 100-x, 215, 300)
		}, leak, [3]string{"no", "no", "yes"}},
		{"forecastMost", 43200, func(s *story, x int) { // minutes at one port a minute
			s.span(15000, 50000).trace(0, 1200).opensMany(7, 15000, 20, 0, 1200)
			s.table(1200, "anobq", conns(7, 15000, 50000-x, "BOUND"))
		}, saysForecast, [3]string{"yes", "yes", "no"}},
	}
}

// failurePins are about failures that are not ports.
func failurePins() []pin {
	failing := func(s *story, ok, x int) {
		t := s.small().healthy(0, 600)
		for i := range ok {
			t.socket(float64(i), 7, tcp).opens(float64(i), 0, 50000+i%250).closes(float64(i) + 0.5)
		}
		for i := range x {
			t.fails(300+float64(i), 7, tcp, statusMemory)
		}
	}
	return []pin{
		{"notPortsLeast", 10, func(s *story, x int) { failing(s, 0, x) }, saysCause, [3]string{"", "not-ports", "not-ports"}},
		{"notPortsShare", 20, func(s *story, x int) { failing(s, 200-x, x) }, saysCause, [3]string{"", "not-ports", "not-ports"}},
		{"notPortsLeast", 10, func(s *story, x int) {
			t := s.small().healthy(0, 600)
			for i := range x {
				a := t.socket(300+float64(i), 7, tcp).opens(300+float64(i), 0, 50000+i)
				a.connect(300.5+float64(i), statusInUse).closes(301 + float64(i))
			}
		}, saysCause, [3]string{"", "per-peer", "per-peer"}},
	}
}

// episodePins are about what parts and joins episodes.
func episodePins() []pin {
	gap := func(success bool) func(s *story, x int) {
		return func(s *story, x int) {
			t := s.small().trace(0, 2000).refuse(100, 9).refuse(100+float64(x), 9)
			if success {
				t.socket(130, 50, tcp).opens(130, 0, 50000).closes(131)
			}
		}
	}
	return []pin{
		{"runGap", 60, gap(true), saysEpisodes, [3]string{"1", "2", "2"}},
		{"quietGap", 600, gap(false), saysEpisodes, [3]string{"1", "2", "2"}},
		{"recoveredFor", 60, func(s *story, x int) {
			s.small().trace(0, 100+float64(x)).refuse(100, 9).socket(105, 50, tcp).opens(105, 0, 50000).closes(106)
		}, saysEnds, [3]string{"end-of-inputs", "recovered", "recovered"}},
		{"endsWithin", 60, func(s *story, x int) {
			s.small().trace(0, 100+float64(x)).refuse(100, 9)
		}, saysEnds, [3]string{"end-of-inputs", "end-of-inputs", "unknown"}},
		{"recordWithin", 300, func(s *story, x int) {
			s.small().trace(0, 200).refuse(100, 9)
			s.log(-90000, 90000).witness(100 + float64(x))
		}, saysEpisodes, [3]string{"1", "1", "2"}},
		{"recordWithin", 300, func(s *story, x int) {
			s.small().trace(0, 200).refuse(100, 9)
			s.log(-90000, 90000).reused(100 - float64(x))
		}, func(r *report.Report) string { return number(len(r.Verdict.Windows[0].Log)) }, [3]string{"1", "1", "0"}},
		{"throttle", 86460, func(s *story, x int) {
			s.small().log(-1000, 3*day).witness(0).witness(float64(x))
		}, saysEpisodes, [3]string{"1", "1", "2"}},
		{"throttle", 86460, func(s *story, x int) {
			s.small().log(-1000, float64(x)).witness(0)
		}, saysEnds, [3]string{"end-of-inputs", "end-of-inputs", "unknown"}},
		{"tableWithin", 300, func(s *story, x int) {
			s.small().trace(0, 100).refuse(100, 9)
			s.table(100+float64(x), "anobq", conns(7, 50000, 270, "ESTABLISHED"), conns(0, 50270, 20, "TIME_WAIT"))
		}, func(r *report.Report) string { return number(tcpPool(r).Balance.TimeWait) }, [3]string{"20", "20", "0"}},
		{"signalWithin", 300, func(s *story, x int) {
			s.small().table(1000, "anobq", conns(7, 50000, 300, "ESTABLISHED"))
			s.log(-90000, 9000).reused(1000 + float64(x))
		}, saysOutcome, [3]string{exhausted, exhausted, likely}},
		{"sharedWithin", 60, func(s *story, x int) {
			s.small().trace(0, 100.001).busy(0, 100, 10, tcp, 50000)
			s.table(100.001+float64(x), "anobq", conns(7, 50000, 300, "ESTABLISHED"))
			s.log(-90000, 9000).reused(200)
		}, saysOutcome, [3]string{likely, likely, exhausted}},
		{"unknownWithin", 60, func(s *story, x int) {
			t := s.small().trace(0, 2000).refuse(500, 9).refuse(500+2*float64(x), 9)
			t.anon, t.untyped = true, true
			t.refuse(500+float64(x), 8)
		}, func(r *report.Report) string {
			for _, v := range r.Verdict.Victims {
				if v.PID != 9 {
					return v.Transport
				}
			}
			return ""
		}, [3]string{"tcp", "tcp", "unknown"}},
		{"symptomWithin", 600, func(s *story, x int) {
			s.small().trace(0, 200).refuse(100, 9)
			s.log(-90000, 90000).symptom(100-float64(x), 5719, "NETLOGON")
		}, saysFinding("evtx-symptom"), [3]string{"yes", "yes", "no"}},
	}
}

// timePins are about what inputs cover.
func timePins() []pin {
	return []pin{
		{"spanEnds", 60, func(s *story, x int) {
			s.small().trace(0, 500).busy(float64(x)-0.001, 500, 10, tcp, 50000)
		}, saysOutcome, [3]string{notExhausted, notExhausted, inconclusive}},
		{"spanEnds", 60, func(s *story, x int) { // from the last success to the end
			s.small().trace(0, 300.001+float64(x)).busy(0, 300, 10, tcp, 50000)
		}, saysOutcome, [3]string{notExhausted, notExhausted, inconclusive}},
		{"spanEnds", 60, func(s *story, x int) {
			s.small().trace(0, 500).busy(0, 200, 10, tcp, 50000).busy(200+float64(x), 500, 10, tcp, 50000)
		}, saysOutcome, [3]string{notExhausted, notExhausted, inconclusive}},
		{"spanGap", 200, func(s *story, x int) {
			s.small().trace(0, 2000).busy(0, 1000, 10, tcp, 50000).busy(1000+float64(x), 2000, 10, tcp, 50000)
		}, saysOutcome, [3]string{notExhausted, notExhausted, inconclusive}},
		{"contradictWithin", 60, func(s *story, x int) {
			s.small().trace(0, 200).refuse(100, 9)
			s.table(100+float64(x), "anobq", conns(7, 50000, 10, "ESTABLISHED"))
		}, saysFinding("contradiction-table"), [3]string{"yes", "yes", "no"}},
		{"earlierBy", day, func(s *story, x int) {
			s.small().healthy(0, 600)
			s.log(-3*day, 900).witness(-float64(x))
		}, saysOutcome, [3]string{exhausted, exhausted, notExhausted}},
		{"silentFor", day, func(s *story, x int) {
			s.small().table(0, "anobq", conns(7, 50000, 10, "ESTABLISHED"))
			s.log(-3*day, 900).reused(-float64(x))
		}, saysOutcome, [3]string{inconclusive, inconclusive, notExhausted}},
	}
}

// shownPins are about how many rows are told.
func shownPins() []pin {
	return []pin{
		{"holdersShown", 20, func(s *story, x int) {
			var b strings.Builder
			for i := range x {
				b.WriteString(conns(100+i, 50000+10*i, 2, "ESTABLISHED"))
			}
			s.small().table(100, "anobq", b.String())
		}, func(r *report.Report) string { return number(len(r.Verdict.Holders)) }, [3]string{"19", "20", "20"}},
		{"seriesShown", 5, func(s *story, x int) {
			t := s.small().trace(0, 100)
			for i := range x {
				t.opensMany(100+i, 50000+10*i, 3, 10, 90)
			}
		}, func(r *report.Report) string { return number(len(r.Series)) }, [3]string{"4", "5", "5"}},
		{"countsTold", 5, func(s *story, x int) {
			var text strings.Builder
			for i := range x {
				text.WriteString("C:\\>netstat -ano | find /c \"TIME_WAIT\"\r\n" + plain(1000-i) + "\r\n")
			}
			s.small().text("counts.txt", text.String())
		}, func(r *report.Report) string {
			return number(strings.Count(finding(r, "saved-counts").Text, "TCP rows TIME_WAIT"))
		}, [3]string{"4", "5", "5"}},
		{"citedRows", 6, func(s *story, x int) {
			t := s.small().trace(0, 200)
			for i := range x {
				t.refuse(100+float64(i), 9)
			}
		}, func(r *report.Report) string { return number(len(r.Verdict.Windows[0].Evidence)) }, [3]string{"5", "6", "6"}},
	}
}
