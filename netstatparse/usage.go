package netstatparse

import "strings"

// takeUsage reads the counts of the support scripts' PortUsage report, a line
// "svchost.exe [1004] : 57" for each process below its heading.
func (r *Reader) takeUsage(t *table, text string, yield func(Snapshot, error) bool) (taken, goOn bool) {
	if isUsage(text) {
		t.form.tool = ToolPortUsage
		t.head(r.lines.Line(), text, true)
		return true, r.start(t, r.lines.Line(), ToolPortUsage, yield)
	}
	if t.current == nil || t.current.Tool != ToolPortUsage {
		return false, true
	}
	text = strings.TrimSpace(text)
	if strings.Trim(text, "=") == "" {
		return true, true
	}
	i, j := strings.LastIndexByte(text, '['), strings.LastIndex(text, "] : ")
	if i < 1 || j < i {
		return false, r.flush(t, yield)
	}
	rows, ok := decimal([]byte(strings.TrimSpace(text[j+4:])))
	pid, known := decimal([]byte(strings.TrimSpace(text[i+1 : j])))
	if !ok || !known || rows > 1<<20 || pid >= 1<<32 {
		return false, r.flush(t, yield)
	}
	t.form.tool = ToolPortUsage
	total := Total{PID: int(pid), Owner: r.kept.name([]byte(strings.TrimSpace(text[:i]))), Rows: int(rows), Line: r.lines.Line()}
	return true, r.addTotal(t, total, yield)
}

// isUsage tells the heading of the counts by process.
func isUsage(text string) bool {
	if !strings.Contains(text, "orts ") && !strings.Contains(text, "ORTS ") {
		return false
	}
	folded := strings.ToLower(text)
	return strings.Contains(folded, "process name") && strings.Contains(folded, ": number of ports above")
}
