package verdict

import (
	"fmt"
	"testing"

	"portverdict/report"
)

// Small things that stand at an edge of a condition.
func TestEdges(t *testing.T) {
	play(t, []scene{
		{"a further pool that records alone tell of has no attempts", func(s *story) {
			s.small().rangeOf("udp", "any", 50000, 300).log(-100, 900).witness(100).witness6(200)
		}, func(t *testing.T, r *report.Report) {
			wants(t, r.Verdict.Summary, "The UDP ports 50000-50299 of HOST1 ran out too")
			wantsNot(t, r.Verdict.Summary, "0 attempts")
		}},
		{"two points make a series, one makes none", func(s *story) {
			s.small().loop("anoq", []float64{0, 60}, func(i int) string {
				rows := conns(7, 50000, 150+140*i, "ESTABLISHED")
				if i == 1 {
					rows += conns(8, 50290, 10, "ESTABLISHED")
				}
				return rows
			}).log(-900, 900).witness(61)
		}, func(t *testing.T, r *report.Report) {
			var got []string
			for _, x := range r.Series {
				got = append(got, fmt.Sprint(x.PID, len(x.Points)))
			}
			is(t, "series", fmt.Sprint(got), "[7 2 8 2]")
		}},
		{"of two lists that say the same the first is cited", func(s *story) {
			s.small().text("ps.txt", handleText(5000)).text("ps2.txt", handleText(5000))
		}, func(t *testing.T, r *report.Report) {
			f := finding(r, "handles-suspicious")
			is(t, "cited", fmt.Sprint(f.Count, f.RestsOn), "1 [ps.txt]")
		}},
	})
}

// Several traces or tables of one machine.
func TestEdgesBetweenInputs(t *testing.T) {
	play(t, []scene{
		{"of several traces the process that failed most is told first", func(s *story) {
			s.small()
			for i, n := range []int{5, 20} {
				tr := s.trace(float64(300*i), float64(300*i+200))
				for k := range n {
					tr.fails(float64(300*i+k+1), 7+i, tcp, statusMemory)
				}
			}
		}, func(t *testing.T, r *report.Report) {
			var got []string
			for _, p := range r.Verdict.OtherFailures[0].Processes {
				got = append(got, fmt.Sprint(p.PID, p.Count))
			}
			is(t, "processes", fmt.Sprint(got), "[8 20 7 5]")
		}},
		{"a process that two traces tell of is one victim", func(s *story) {
			s.small()
			for i := range 2 {
				s.trace(float64(300*i), float64(300*i+200)).refuse(float64(300*i+100), 7).refuse(float64(300*i+110), 8)
			}
		}, func(t *testing.T, r *report.Report) {
			var got []string
			for _, v := range r.Verdict.Victims {
				got = append(got, fmt.Sprint(v.PID, v.Failures, len(v.Evidence)))
			}
			is(t, "victims", fmt.Sprint(got), "[7 2 2 8 2 2]")
			wants(t, r.Verdict.Summary, "4 attempts of 2 processes were refused")
		}},
		{"after a restart a process of the same PID and key is another", func(s *story) {
			s.small().log(-100, 600).boot(250)
			for i := range 2 {
				s.trace(float64(300*i), float64(300*i+200)).refuse(float64(300*i+100), 7)
			}
		}, func(t *testing.T, r *report.Report) {
			is(t, "victims", len(r.Verdict.Victims), 2)
		}},
		{"full tables of one minute are one episode", func(s *story) {
			s.small().loop("anoq", []float64{0, 30}, func(int) string { return conns(7, 50000, 300, "ESTABLISHED") }).log(-900, 900).reused(10)
		}, func(t *testing.T, r *report.Report) {
			is(t, "episodes", fmt.Sprint(len(r.Verdict.Windows), r.Verdict.Windows[0].To), fmt.Sprint(1, report.Time{Time: moment(30)}))
		}},
		{"full tables far apart are two", func(s *story) {
			s.small().loop("anoq", []float64{0, 300, 600}, func(i int) string { return conns(7, 50000, []int{300, 10, 300}[i], "ESTABLISHED") }).log(-900, 900).reused(10).reused(590)
		}, func(t *testing.T, r *report.Report) {
			is(t, "episodes", fmt.Sprint(len(r.Verdict.Windows)), "2")
		}},
	})
}
