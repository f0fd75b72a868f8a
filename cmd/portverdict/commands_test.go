package main

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portverdict/report"
)

var commandsDir = flag.String("commands", "", "write the commands that are given to customers to the folder `DIR`, for make collect")

// commands are those for a customer's machine, each with where it stands.
type commands map[string]string

// forms are all that a customer is ever asked to type, a command a line: what is not of
// them has a word that no Windows knows, or is new and belongs here.
var forms = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`netsh trace start scenario=netconnection capture=yes tracefile=c:\\Server\.etl`,
	`netsh trace start \.\.\. maxsize=1024 bufferSize=512`,
	`netsh trace (?:stop|show status)`,
	`netsh int ipv[46] show dynamicport (?:tcp|udp)`,
	`netsh int ipv4 show excludedportrange protocol=(?:tcp|udp)`,
	`netsh int ipv[46] set dynamicport (?:tcp|udp) start=\d+ num=\d+`,
	`netsh wfp show (?:state(?: file=wfpstate\.xml)?|netevents)`,
	`netsh http show servicestate`,
	`netstat -(?:ano|anob|anobq|s)(?: \| find /c(?: "\w+")?)?`,
	`wevtutil epl System System\.evtx`,
	`tasklist /svc`,
	`reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters(?: /v \w+)?`,
	`reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters /v MaxUserPort /t REG_DWORD /d 65534`,
	`net (?:stop|start) winnat`,
	`netcfg -s n`,
	`(?:date|time) /t`,
	`powershell Get-Date -Format o`,
	`portverdict watch(?: --?[a-z]+ ?[\w.]*)*`,
	`Restart-Service (?:[\w.-]+|'[^']+')`,
	`Get-NetAdapterBinding -AllBindings -IncludeHidden`,
	`Get-NetTCPConnection \| Group-Object State`,
	`Test-NetConnection HOST -Port PORT`,
	`handle\.exe -a(?: -p PID)?`,
}, "|") + `)(?: > [\w-]+\.\w+)?$`)

// tool begins a command; it stands at the beginning of a text or behind what announces one.
var (
	tool     = `(?:netsh|netstat|wevtutil|tasklist|reg|net|netcfg|handle\.exe|portverdict watch|Restart-\w+|Get-Net\w+|Test-\w+) [^;,)` + "`" + `]+`
	said     = regexp.MustCompile(`(?:^|[(]|: )(` + `cmd /c "[^"]*"|` + tool + `)`)
	sentence = regexp.MustCompile(`[^.]\. `) // its end
	span     = regexp.MustCompile("`(" + tool + ")`")
)

// saidIn adds the commands of a text for a reader.
func (c commands) saidIn(where, text string) {
	for _, m := range said.FindAllStringSubmatch(text, -1) {
		command := m[1]
		if at := sentence.FindStringIndex(command); at != nil {
			command = command[:at[0]+1]
		}
		for _, word := range []string{" (", " or ", " with ", " (elevated)"} {
			command, _, _ = cutOutside(command, word)
		}
		if command = strings.TrimSuffix(strings.TrimSpace(command), "."); strings.Contains(command, " ") { // else it is a tool's name
			c[command] = where
		}
	}
}

// cutOutside cuts at a word, but not in a command that stands in quotes.
func cutOutside(text, word string) (before, after string, found bool) {
	if strings.HasPrefix(text, "cmd ") {
		return text, "", false
	}
	return strings.Cut(text, word)
}

// of adds the commands of a report.
func (c commands) of(r *report.Report) {
	for _, s := range r.Verdict.NextSteps {
		if s.RunsOn == "customer" && s.Command != "" {
			c[s.Command] = "a step"
		}
		c.saidIn("the text of a step", s.Text)
	}
	for _, m := range r.Verdict.Missing {
		c.saidIn("what is missing", m.How)
	}
	for _, f := range r.Findings {
		c.saidIn("finding "+f.ID, f.CheckByHand)
	}
	for _, f := range r.Verdict.OtherFailures {
		c.saidIn("failure "+f.Status, f.Next)
	}
}

// simple are the commands that one line consists of.
func simple(command string) []string {
	inner, ok := strings.CutPrefix(command, `cmd /c "(`)
	if !ok {
		return []string{command}
	}
	inner = strings.TrimSuffix(inner, `) > ports.txt"`)
	return strings.Split(inner, " & ")
}

// shells are those that a command is typed in, by the ending of their scripts.
func shells(command string) []string {
	verb, _, _ := strings.Cut(command, " ")
	switch {
	case verb == "cmd":
		return []string{"cmd", "ps1"}
	case strings.Contains(verb, "-"):
		return []string{"ps1"}
	}
	return []string{"cmd"}
}

// check holds the commands against the forms, and writes them for their grammars.
func (c commands) check(t *testing.T, name string, least int) {
	t.Helper()
	if len(c) < least {
		t.Errorf("%d commands, fewer than %d: the search for them finds what it should no more", len(c), least)
	}
	scripts := map[string]string{}
	for _, command := range slices.Sorted(keysOf(c)) {
		for _, one := range simple(command) {
			if !forms.MatchString(one) {
				t.Errorf("%s: %q is of no form that Windows is known to take", c[command], one)
			}
		}
		for _, shell := range shells(command) {
			scripts[shell] += command + "\n"
		}
		if strings.HasPrefix(command, "cmd ") {
			scripts["cmd"] += strings.Join(simple(command), " & ") + "\n"
		}
	}
	if *commandsDir == "" {
		return
	}
	for shell, script := range scripts {
		if err := os.WriteFile(filepath.Join(*commandsDir, name+"."+shell), []byte(script), 0o666); err != nil {
			t.Error(err)
		}
	}
}

func keysOf(c commands) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range c {
			if !yield(k) {
				return
			}
		}
	}
}

// shownCommands are those of the pages.
func shownCommands(t *testing.T) commands {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := commands{}
	for _, page := range append(pages, filepath.Join("..", "..", "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		name, inside := filepath.Base(page), false
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "```"):
				inside = slices.Contains([]string{"```cmd", "```bat", "```powershell"}, line)
			case inside && line != "":
				shown[line] = name
			}
		}
		if name == "formats.md" || name == "watch.md" {
			continue // they name what is read
		}
		for _, m := range span.FindAllStringSubmatch(string(text), -1) {
			shown[m[1]] = name
		}
	}
	return shown
}

// explained are the commands that explain says.
func explained() commands {
	out := commands{}
	for _, f := range report.FindingRows() {
		out.saidIn("finding "+f.ID, f.Check)
		out.saidIn("finding "+f.ID, f.Needs)
	}
	for _, c := range report.CodeRows() {
		out.saidIn("code "+c.Code, c.Do)
	}
	return out
}

// What the pages show, and what explain says, is of the forms that Windows takes. TestCases
// sees to the reports.
func TestCustomerCommands(t *testing.T) {
	shownCommands(t).check(t, "pages", 8)
	explained().check(t, "explain", 10)
}

// words are those of a command line, as a shell makes them.
var words = regexp.MustCompile(`"([^"]*)"|(\S+)`)

// runsHere runs the commands of a report that are for whoever reads it, with the bundle it
// was made of in the place of the name that stands for it. None is refused or fails.
func runsHere(t *testing.T, bundle string, r *report.Report) (ran int) {
	t.Helper()
	list := []string{}
	for _, s := range r.Verdict.NextSteps {
		if s.RunsOn == "here" {
			list = append(list, s.Command)
		}
	}
	var page strings.Builder
	if err := report.WriteMarkdown(&page, r); err != nil {
		t.Error(err)
	}
	shown := regexp.MustCompile("portverdict events [^`\n]*").FindAllString(page.String(), -1)
	list = append(list, shown[:min(len(shown), 1)]...) // each is an analysis
	for _, command := range list {
		var args []string
		for _, m := range words.FindAllStringSubmatch(command, -1) {
			args = append(args, m[1]+m[2])
		}
		if len(args) < 3 || args[0] != "portverdict" {
			t.Errorf("%s: %q", bundle, command)
			continue
		}
		args[2] = bundle // its name is in no report
		var out bytes.Buffer
		if code := run(t.Context(), args[1:], nil, &out, &out); code == exitFailed || code == exitUsage {
			t.Errorf("%s: %s: exit code %d: %.300s", bundle, command, code, &out)
		}
		ran++
	}
	return ran
}

// A word that Windows does not know is seen.
func TestFormsOfCommands(t *testing.T) {
	for _, wrong := range []string{"netsh int ipv4 show dynamicports tcp", "netstat -anobx", "netsh trace stopp", "tasklist /svcs", "wevtutil epl System", `reg query HKLM\SYSTEM`} {
		if forms.MatchString(wrong) {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// Each command for a command prompt comes to its tools, with its words, where cmd is Wine's
// and stubs stand for the tools.
func TestCommandsUnderWine(t *testing.T) {
	if !*wine {
		t.Skip("make slow runs this")
	}
	all := shownCommands(t)
	maps.Copy(all, explained())
	bundles, err := filepath.Glob(filepath.Join("..", "..", "testdata", "cases", "*", "bundle.zip"))
	if err != nil || len(bundles) == 0 {
		t.Fatalf("%d bundles, %v", len(bundles), err)
	}
	for _, name := range bundles {
		if r, _, err := analyzeQuietly(t.Context(), []string{"-j", "2", name}); err == nil {
			all.of(r)
		}
	}
	dir := t.TempDir()
	stubs, prefix := filepath.Join(dir, "stubs"), winePrefix(t)
	if err := os.Mkdir(stubs, 0o777); err != nil {
		t.Fatal(err)
	}
	buildStubs(t, stubs, "find", "net", "netcfg", "netsh", "netstat", "portverdict", "powershell", "reg", "tasklist", "wevtutil")
	for _, command := range slices.Sorted(keysOf(all)) {
		if slices.Contains(shells(command), "cmd") {
			checkUnderWine(t, prefix, dir, stubs, command)
		}
	}
}

func checkUnderWine(t *testing.T, prefix, dir, stubs, command string) {
	t.Helper()
	called := filepath.Join(stubs, "called.txt")
	_ = os.Remove(called)
	write(t, filepath.Join(dir, "typed.cmd"), "@echo off\r\n"+command+"\r\n")
	cmd := exec.CommandContext(t.Context(), "wine", "cmd", "/c", "typed.cmd")
	cmd.Dir = dir
	cmd.Env = append(wineEnv(prefix), "STUBS=Z:"+strings.ReplaceAll(stubs, "/", `\`), "WINEPATH=Z:"+strings.ReplaceAll(stubs, "/", `\`))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v: %s", command, err, out)
		return
	}
	calls, _ := os.ReadFile(called)
	for _, one := range simple(command) {
		one, file, redirected := strings.Cut(one, " > ")
		if _, err := os.Stat(filepath.Join(dir, file)); redirected && err != nil {
			t.Errorf("%s: %v", command, err)
		}
		for part := range strings.SplitSeq(strings.ReplaceAll(one, `"`, ""), " | ") {
			if !strings.HasSuffix(part, " /t") && !slices.Contains(strings.Split(string(calls), "\n"), part) {
				t.Errorf("%s: %q was not called: %q", command, part, calls)
			}
		}
	}
}
