package report

import (
	"slices"
	"strconv"
	"strings"
)

// How a row of evidence is read as columns: its time, its process, what was asked for and
// what came of it, or the event and what it says.

// evidenceColumns are the heads of a table of rows and what stands under each.
type evidenceColumns struct {
	heads []col
	cells []func(e *Evidence, transport string) cell
}

// columnsFor are the columns that rows have something for.
func columnsFor(rows []*Evidence) evidenceColumns {
	var c evidenceColumns
	add := func(head, class string, value func(*Evidence, string) cell) {
		c.heads, c.cells = append(c.heads, col{head, class, ""}), append(c.cells, value)
	}
	some := func(has func(*Evidence) bool) bool { return slices.ContainsFunc(rows, has) }
	all := func(has func(*Evidence) bool) bool {
		return !slices.ContainsFunc(rows, func(e *Evidence) bool { return !has(e) })
	}
	if some(func(e *Evidence) bool { return !e.Time.IsZero() }) {
		oneDay := all(func(e *Evidence) bool { return dayText(e.Time) == dayText(rows[0].Time) })
		add("Time (UTC)", "mono", func(e *Evidence, _ string) cell { return cell{Text: rowTime(e, oneDay), Class: "mono"} })
	}
	if some(func(e *Evidence) bool { return e.PID >= 0 || e.Image != "" }) {
		add("Process", "", func(e *Evidence, _ string) cell { return cell{Text: processOf(e)} })
	}
	switch {
	case all(isAttempt):
		add("Asked for", "", func(e *Evidence, transport string) cell { return cell{Text: askedFor(e, transport)} })
		add("Status", "", statusOf)
	case all(func(e *Evidence) bool { return strings.HasPrefix(e.Kind, "evtx.") }):
		add("Event", "", func(e *Evidence, _ string) cell { name, _ := eventOf(e); return cell{Text: name} })
		add("What it says", "say", func(e *Evidence, _ string) cell { _, what := eventOf(e); return cell{Text: what, Class: "say"} })
	default:
		add("What it says", "say", func(e *Evidence, _ string) cell { return cell{Text: e.Text, Class: "say"} })
	}
	return c
}

func isAttempt(e *Evidence) bool {
	return e.Fields["status"] != "" && (strings.HasPrefix(e.Kind, "afd.") || strings.HasPrefix(e.Kind, "tcpip."))
}

// rowTime is the time of a row to 100 ns, without its day where all rows have the same.
func rowTime(e *Evidence, oneDay bool) string {
	switch {
	case e.Time.IsZero():
		return ""
	case e.TimePrecision == "minute" && oneDay:
		return e.Time.UTC().Format("15:04") + " (minute)"
	case oneDay && e.TimePrecision != "minute":
		return e.Time.UTC().Format("15:04:05.0000000")
	}
	return exactText(e.Time, e.TimePrecision)
}

func processOf(e *Evidence) string {
	if e.PID < 0 && e.Image == "" {
		return ""
	}
	return named(e.Image, nil, e.PID, "")
}

// askedFor says which port an attempt asked for.
func askedFor(e *Evidence, transport string) string {
	if t := e.Fields["transport"]; t == "tcp" || t == "udp" {
		transport = t
	}
	name := poolName(transport, "")
	if name != "" {
		name += " "
	}
	switch port := e.Fields["requested_port"]; {
	case strings.HasPrefix(e.Kind, "afd.connect"):
		return "connect, " + name + "port to be chosen"
	case port == "" || port == "0":
		return "any " + name + "port"
	case port == "unknown":
		return name + "port, number not recorded"
	default:
		return name + "port " + port
	}
}

// statusOf is what came of an attempt: the code and its name in words, or the port.
func statusOf(e *Evidence, _ string) cell {
	status := e.Fields["status"]
	if n, err := strconv.ParseUint(strings.TrimPrefix(status, "0x"), 16, 32); err == nil && n == 0 {
		if port := e.Fields["port"]; port != "" {
			return cell{Text: "got port " + port, Class: "co"}
		}
		return cell{Text: "success", Class: "co"}
	}
	words := ""
	if _, name, ok := strings.Cut(e.Text, "STATUS_"); ok {
		name, _, _ = strings.Cut(name, " ")
		words = strings.ToLower(strings.ReplaceAll(strings.Trim(name, ".,:;()"), "_", " "))
	}
	return cell{Text: status, Note: words, Class: "cb"}
}

// eventOf parts the text of a log record: its source and id, and what it says.
func eventOf(e *Evidence) (name, what string) {
	name, what, ok := strings.Cut(e.Text, ": ")
	if !ok || len(name) > 60 {
		return strings.TrimPrefix(e.Kind, "evtx."), e.Text
	}
	return name, what
}
