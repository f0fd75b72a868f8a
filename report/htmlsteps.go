package report

import (
	"fmt"
	"slices"
	"strings"
)

// What stands under the balance: what to do, who was refused, what else failed, what
// contradicts, what is missing.

// stepView is one step: what to do, where, and the command, which stands alone.
type stepView struct {
	Number               int
	Text, Where, Command string
	Why                  string // anchor
}

// stepGroup is a list of steps under a head.
type stepGroup struct {
	ID, Title string
	Steps     []stepView
}

type missingView struct {
	Input, Cost, Where string
	Command            string
}

// firstSteps is how many steps stand on the first screen.
const firstSteps = 3

// steps numbers what to do. Of an inconclusive verdict what can be done at once stands
// before what the customer is asked for.
func (p *page) steps(v *Verdict) {
	n := fit(len(v.NextSteps), p.limits.list)
	var all []stepView
	for i := range v.NextSteps[:n] {
		all = append(all, p.step(v, &v.NextSteps[i], i+1))
	}
	p.StepsMore = more(len(v.NextSteps), n)
	if p.Inconclusive {
		p.groups(v, all)
		return
	}
	first := fit(n, firstSteps)
	if first == 0 {
		return
	}
	p.Groups = []stepGroup{{"next", "Do next", all[:first]}}
	p.Later = all[first:]
}

// groups parts the steps by who does them and when: what the user can do at once, what is
// to look at, what the customer is asked for.
func (p *page) groups(v *Verdict, all []stepView) {
	for i := range all {
		title := stepTitle(v, &v.NextSteps[i])
		if k := len(p.Groups); k > 0 && p.Groups[k-1].Title == title {
			p.Groups[k-1].Steps = append(p.Groups[k-1].Steps, all[i])
			continue
		}
		id := "next"
		if k := len(p.Groups); k > 0 {
			id = fmt.Sprintf("next%d", k+1)
		}
		p.Groups = append(p.Groups, stepGroup{id, title, []stepView{all[i]}})
	}
}

func (p *page) step(v *Verdict, s *NextStep, number int) stepView {
	out := stepView{Number: number, Text: p.cut(s.Text), Command: wholeCommand(s.Command)}
	if out.Command != "" {
		out.Where = p.cut(runsOn(s, v.Host))
	}
	for _, id := range []string{anchor(s.Why), anchor("f-" + s.Why)} {
		if p.anchors[id] {
			out.Why = id
			break
		}
	}
	return out
}

// wholeCommand is a command as it can be copied. One that is too long is left to
// verdict.json: half a command does something else.
func wholeCommand(s string) string {
	if len(s) > maxCommand {
		return "the command is in verdict.json"
	}
	return Visible(s)
}

// missing lists what is not there and what that costs; a command that a step has is not
// shown again.
func (p *page) missing(v *Verdict) {
	n := fit(len(v.Missing), p.limits.list)
	told := map[string]bool{}
	for _, m := range v.Missing[:n] {
		out := missingView{Input: p.cut(m.Input), Cost: p.cut(m.Cost)}
		if command := v.askCommand(&m); command != "" && !told[command] {
			told[command] = true
			out.Command, out.Where = wholeCommand(command), p.cut(runsOn(&NextStep{Command: command, RunsOn: "customer"}, v.Host))
		}
		p.Missing = append(p.Missing, out)
	}
	p.MissingMore = more(len(v.Missing), n)
}

// askCommand is the command by which a missing input is made, "" where a step has it.
func (v *Verdict) askCommand(m *Missing) string {
	command, _, _ := strings.Cut(m.How, " (elevated)")
	command, _, _ = strings.Cut(command, ", reproduce")
	if command == "" || !isCustomerCommand(command) {
		return ""
	}
	if slices.ContainsFunc(v.NextSteps, func(s NextStep) bool { return s.Command != "" && strings.HasPrefix(command, s.Command) }) {
		return ""
	}
	return command
}

func isCustomerCommand(s string) bool {
	return slices.ContainsFunc([]string{"netsh ", "netstat ", "wevtutil ", "tasklist ", "(echo ", "cmd /c "}, func(head string) bool { return strings.HasPrefix(s, head) })
}

// beside fills the right column: who was refused, what is suspected, what failed for
// another reason, what contradicts.
func (p *page) beside(r *Report) {
	v := &r.Verdict
	p.Refused = p.refused(v.mainVictims(), true, 5)
	p.failures(v)
	p.suspects(r)
	for i := range r.Findings {
		f := &r.Findings[i]
		if contradicts(f.ID) && len(p.Contrary) < 4 {
			p.Contrary = append(p.Contrary, linkView{p.anchorOf(f), p.cut(findingTitle(f))})
		}
	}
}

// contradicts is whether a finding says that two inputs do not agree.
func contradicts(id string) bool {
	return strings.HasPrefix(id, "contradiction-") || id == "holders-differ" || id == "other-cause"
}

// refused are processes with the attempts that a pool refused; nil where there is none.
func (p *page) refused(victims []*Victim, brief bool, n int) *tableView {
	t := &tableView{Label: "Refused", Cols: []col{{"Process", "", ""}, {"Service", "m", ""}, {"PID", "n", ""}, {"First (UTC)", "nw", ""}, {"Last (UTC)", "nw", ""}, {"Attempts", "n", ""}}}
	total, n := 0, fit(len(victims), n)
	for i, w := range victims {
		total += w.Failures
		if i >= n {
			continue
		}
		name := cell{Text: cut(processName(w.Image, w.PID, w.ProcessKey), min(p.limits.cut, 60))}
		if p.report.Verdict.isNamed(w) {
			name.Class = "ch"
		}
		pid := cell{Text: pidText(w.PID), Class: "n"}
		if w.Image == "" {
			pid.Text = ""
		}
		row := []cell{name, {Text: cut(strings.Join(w.Services, ", "), min(p.limits.cut, 60)), Class: "m"}, pid, {}, {}, {Text: Grouped(w.Failures), Class: "n"}}
		if !brief {
			row[3], row[4] = cell{Text: clockText(w.First), Class: "nw"}, cell{Text: clockText(w.Last), Class: "nw"}
		}
		t.Rows = append(t.Rows, row)
	}
	if !brief && len(victims) > 1 {
		t.Sum = []cell{text("All"), {}, {}, {}, {}, {Text: Grouped(total), Class: "n"}}
	}
	t.More = more(len(victims), n)
	return t.whole()
}

// isNamed is whether a victim is named as a holder as well.
func (v *Verdict) isNamed(w *Victim) bool {
	return slices.ContainsFunc(v.Holders, func(h Holder) bool {
		return h.Named && h.Host == w.Host && h.Transport == w.Transport && h.Image == w.Image && (h.isSum() || h.PID == w.PID)
	})
}

// failures are what failed for another reason than ports.
func (p *page) failures(v *Verdict) {
	t := &tableView{Label: "Failed, but not for want of ports", Cols: []col{{"What happened", "", ""}, {"Processes", "", ""}, {"Attempts", "n", ""}}}
	n := fit(len(v.OtherFailures), p.limits.list)
	for i := range v.OtherFailures[:n] {
		f := &v.OtherFailures[i]
		t.Rows = append(t.Rows, []cell{
			{Text: p.cut(failureText(f)), Note: p.cut(f.Next)}, text(p.cut(failedBy(f, 5))), {Text: Grouped(f.Count), Class: "n"},
		})
	}
	t.More = more(len(v.OtherFailures), n)
	p.Failures = t.whole()
}

// suspects are the network drivers that the log says were installed, beside closes that
// hang.
func (p *page) suspects(r *Report) {
	if r.Verdict.Cause != CauseStuckClose {
		return
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.ID != "evtx-network-drivers" || f.Host != r.Verdict.Host {
			continue
		}
		t := &tableView{Label: "Suspects", Cols: []col{{"Driver", "", ""}, {"Installed (UTC)", "nw", ""}}}
		for _, id := range f.Evidence {
			e := p.rows[id]
			if e == nil || len(t.Rows) == 5 {
				continue
			}
			t.Rows = append(t.Rows, []cell{text(cut(driverName(e), min(p.limits.cut, 70))), {Text: dayText(e.Time), Class: "nw"}})
		}
		t.More = more(f.Count, len(t.Rows))
		p.Suspects, p.SuspectsNote = t.whole(), p.cut(fmt.Sprintf("The log says that %s installed.", Counted(f.Count, "driver was", "drivers were")))
	}
}

// driverName is what a record says was installed, without the words around it.
func driverName(e *Evidence) string {
	_, name, ok := strings.Cut(e.Text, "installed: ")
	if !ok {
		return e.Text
	}
	if i := strings.IndexByte(name, '\\'); i > 0 {
		name = name[:i]
	}
	return strings.TrimSpace(name)
}
