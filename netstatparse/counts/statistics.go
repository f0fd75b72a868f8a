package counts

import "strings"

// takeTitle reads a title that may stand above a block of statistics.
func (p *parser) takeTitle(text string) bool {
	title := strings.TrimSpace(text)
	if !strings.Contains(title, "TCP") || strings.ContainsAny(title, "=:0") || len(title) >= 80 {
		return false
	}
	p.title, p.block = title, p.block[:0]
	return true
}

// takeStatistics reads netstat -s. Its words are localised, the order of its lines is
// not: below a title with TCP and IPv4 or IPv6 stand eight "label = number" lines (old ones and excerpts have fewer), the
// active and passive opens, the failed attempts, the resets, the connections of now, and
// three of segments. Below the title of netsh's "MIB-II TCP Statistics" stand labels
// that are English only.
func (p *parser) takeStatistics(text string) bool {
	at := strings.LastIndexAny(text, "=:")
	if at < 1 {
		if strings.Trim(text, "- ") != "" {
			p.endStatistics()
			p.title = ""
		}
		return false
	}
	n, ok := integer(strings.TrimSpace(text[at+1:]))
	if strings.HasPrefix(p.title, "MIB-II") {
		p.mib(strings.TrimSpace(text[:at]), n, ok)
		return ok
	}
	if !ok || text[at] != '=' {
		p.title, p.block = "", p.block[:0]
		return false
	}
	if len(p.block) <= 8 {
		p.block = append(p.block, number{n, p.line})
	}
	return true
}

// mib reads a line of `netsh interface ipv4 show tcpstats`.
func (p *parser) mib(label string, n int, ok bool) {
	unit := map[string]Unit{
		"Active Opens": Opens, "Attempts Failed": Failures, "Established Resets": Resets, "Currently Established": Connections,
	}[label]
	if ok && unit != "" {
		p.add(Count{Unit: unit, PID: -1, Transport: "tcp", Rows: n, Exact: true, Line: p.line})
	}
}

// endStatistics keeps the numbers of a block if it is one of TCP. A blank line stands
// below the title, too.
func (p *parser) endStatistics() {
	if p.title == "" || len(p.block) == 0 {
		return
	}
	family := ""
	switch lower := strings.ToLower(p.title); {
	case strings.Contains(lower, "v4"):
		family = "ipv4"
	case strings.Contains(lower, "v6"):
		family = "ipv6"
	}
	if family != "" && len(p.block) >= 5 && len(p.block) <= 8 {
		for i, unit := range []Unit{Opens, "", Failures, Resets, Connections} {
			if unit != "" {
				p.add(Count{Unit: unit, PID: -1, Transport: "tcp", Family: family, Rows: p.block[i].value, Exact: true, Line: p.block[i].line})
			}
		}
	}
	p.title, p.block = "", p.block[:0]
}
