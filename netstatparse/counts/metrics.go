package counts

import (
	"math"
	"strconv"
	"strings"
	"time"

	"portverdict/netstatparse/pstext"
)

// takeMetric reads a line of Prometheus text from windows_exporter, or its older name
// wmi_exporter: windows_tcp_connections_established{af="ipv4"} 80.
func (p *parser) takeMetric(text string) bool {
	text = strings.TrimLeft(text, " \u00a0")
	name, ok := strings.CutPrefix(text, "windows_")
	if !ok {
		if name, ok = strings.CutPrefix(text, "wmi_"); !ok {
			return false
		}
	}
	at := strings.LastIndexByte(name, '}')
	head, value := name, ""
	if at >= 0 {
		head, value = name[:at], name[at+1:]
	} else {
		head, value, _ = strings.Cut(name, " ")
	}
	value, _, _ = strings.Cut(strings.TrimSpace(value), " ") // a time may follow
	metric, list, _ := strings.Cut(head, "{")
	n, ok := rounded(value)
	c, known := metricCount(metric, labels(list))
	if !ok || !known {
		return false
	}
	c.Rows, c.Exact, c.Line = n, true, p.line
	p.add(c)
	return true
}

// takeItem reads what the agent of Zabbix prints of an item, a counter of Windows and its
// value behind the letter of its type:
//
//	perf_counter_en["\TCPv4\Connections Established",60]   [d|80]
func (p *parser) takeItem(text string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "perf_counter")
	if !ok {
		return false
	}
	key, value, ok := strings.Cut(strings.TrimPrefix(rest, "_en"), "]")
	_, value, typed := strings.Cut(strings.TrimSuffix(strings.TrimSpace(value), "]"), "|")
	if !ok || !typed || !strings.HasPrefix(key, "[") {
		return false
	}
	path := strings.TrimPrefix(key[1:], `"`)
	if end := strings.IndexAny(path, `",`); end >= 0 {
		path = path[:end]
	}
	c, known := counterCount(path)
	n, ok := rounded(value)
	if !known || !ok {
		return false
	}
	c.Rows, c.Exact, c.Line = n, true, p.line
	p.add(c)
	return true
}

// metricCount is what a metric counts.
func metricCount(metric string, labels map[string]string) (c Count, ok bool) {
	c = Count{PID: -1, Transport: "tcp", Family: labels["af"]}
	switch strings.TrimSuffix(metric, "_total") {
	case "tcp_connections_established":
		c.Unit = Connections
	case "tcp_connections_active":
		c.Unit = Opens
	case "tcp_connection_failures":
		c.Unit = Failures
	case "tcp_connections_reset":
		c.Unit = Resets
	case "tcp_connections_state_count":
		c.Unit = Rows
		c.State, ok = stateOf(labels["state"])
		return c, ok
	case "process_handles", "process_handle_count":
		c.Unit, c.Transport, c.Image = Handles, "", labels["process"]
		if pid, ok := pidOf(labels["process_id"]); ok {
			c.PID = pid
		}
		return c, c.Image != "" || c.PID >= 0
	default:
		return c, false
	}
	return c, true
}

// labels reads `af="ipv4",state="bound"`.
func labels(list string) map[string]string {
	all := map[string]string{}
	for len(all) < 32 {
		name, rest, ok := strings.Cut(list, `="`)
		if !ok {
			break
		}
		value, more, _ := strings.Cut(rest, `"`)
		all[strings.Trim(name, ", ")] = value
		list = more
	}
	return all
}

// rounded reads a number as counters are printed: "80.000000", "1.2e+04".
func rounded(text string) (int, bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || f < 0 || f >= math.MaxInt {
		return 0, false
	}
	return int(math.Round(f)), true
}

// series are the counters of a CSV of perfmon or typeperf; of each the first, the
// largest and the last number are kept.
type series struct {
	offset  *time.Duration
	columns []seriesColumn
}

type seriesColumn struct {
	at                int // of the field
	what              Count
	first, most, last Count
	any               bool
}

// takeSeries reads the header and the rows of such a CSV:
//
//	"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)","\\HOST\TCPv4\Connections Established"
//	"03/10/2026 09:00:00.123","80.000000"
func (p *parser) takeSeries(text string) bool {
	if strings.HasPrefix(text, `"(PDH-CSV`) {
		p.startSeries(text)
		return true
	}
	if p.series == nil || text[0] != '"' {
		return false
	}
	fields, ok := pstext.SplitCSV(text, ',')
	if !ok || len(fields) < 2 {
		return false
	}
	stamp, ok := pstext.StampAt(fields[0])
	if !ok {
		return false
	}
	stamp.Ambiguous, stamp.Offset = false, p.series.offset // the month is first in every language
	for i := range p.series.columns {
		c := &p.series.columns[i]
		if c.at >= len(fields) {
			continue
		}
		n, ok := rounded(strings.TrimSpace(fields[c.at]))
		if !ok {
			continue
		}
		now := c.what
		now.Rows, now.Exact, now.Line = n, true, p.line
		now.stamped(stamp)
		if c.last = now; !c.any {
			c.first, c.most, c.any = now, now, true
		}
		if n > c.most.Rows {
			c.most = now
		}
	}
	return true
}

func (p *parser) startSeries(header string) {
	p.endSeries()
	fields, ok := pstext.SplitCSV(header, ',')
	if !ok {
		return
	}
	p.series = &series{}
	if i := strings.LastIndexByte(fields[0], '('); i > 0 {
		// The bias is what is added to the local time to have UTC.
		if m, err := strconv.Atoi(strings.Trim(fields[0][i:], "() ")); err == nil && m > -16*60 && m < 16*60 {
			d := -time.Duration(m) * time.Minute
			p.series.offset = &d
		}
	}
	for i, path := range fields[1:] {
		if c, ok := counterCount(path); ok && len(p.series.columns) < maxSeries {
			p.series.columns = append(p.series.columns, seriesColumn{at: i + 1, what: c})
		}
	}
}

func (p *parser) endSeries() {
	if p.series == nil {
		return
	}
	for _, c := range p.series.columns {
		if !c.any {
			continue
		}
		p.add(c.first)
		if c.most.Line != c.first.Line {
			p.add(c.most)
		}
		if c.last.Line != c.first.Line && c.last.Line != c.most.Line {
			p.add(c.last)
		}
	}
	p.series = nil
}

// counterCount is what a counter of \\HOST\Object(Instance)\Counter counts.
func counterCount(path string) (c Count, ok bool) {
	parts := strings.Split(strings.ToLower(strings.TrimLeft(path, `\`)), `\`)
	if len(parts) < 2 {
		return c, false
	}
	object, counter := parts[len(parts)-2], parts[len(parts)-1]
	c = Count{PID: -1, Transport: "tcp"}
	switch object {
	case "tcpv4":
		c.Family = "ipv4"
	case "tcpv6":
		c.Family = "ipv6"
	default:
		return handleCount(path, object, counter)
	}
	for _, w := range counterWords {
		if strings.Contains(counter, w.text) {
			c.Unit = w.unit
			return c, true
		}
	}
	return c, false
}

// counterWords are parts of the names of counters. The objects TCPv4 and TCPv6 have the
// same name in every language; what was not seen printed stands here as Windows'
// dictionaries have it.
var counterWords = []struct {
	text string
	unit Unit
}{
	{"connections established", Connections},
	{"connection failures", Failures},
	{"connections active", Opens},
	{"connections reset", Resets},
	{"hergestellt", Connections},
	{"verbindungsfehler", Failures},
	{"connexions établies", Connections},
	{"échecs de connexion", Failures},
	{"conexiones establecidas", Connections},
	{"errores de conexión", Failures},
	{"connessioni stabilite", Connections},
	{"conexões estabelecidas", Connections},
	{"установлен", Connections},
	{"確立された接続", Connections},
	{"已建立的连接", Connections},
}

// handleCount reads \Process(leaky#1)\Handle Count and \Process V2(leaky:4242)\Handle Count.
func handleCount(path, object, counter string) (c Count, ok bool) {
	if counter != "handle count" && counter != "handleanzahl" || !strings.HasPrefix(object, "pro") {
		return c, false
	}
	from, to := strings.IndexByte(path, '('), strings.LastIndexByte(path, ')')
	if from < 0 || to < from {
		return c, false
	}
	c = Count{Unit: Handles, PID: -1, Image: path[from+1 : to]}
	if c.Image == "_Total" || c.Image == "" {
		return c, false
	}
	if name, pid, ok := strings.Cut(c.Image, ":"); ok {
		if n, ok := pidOf(pid); ok {
			c.Image, c.PID = name, n
		}
	} else {
		c.Image, _, _ = strings.Cut(c.Image, "#")
	}
	return c, true
}

// takeCounter reads Get-Counter, which writes the path with a colon behind it, below the
// time, and the number in the next line.
func (p *parser) takeCounter(text string) bool {
	if path := p.path; path != "" {
		p.path = ""
		if n, ok := rounded(strings.ReplaceAll(strings.TrimSpace(text), ",", ".")); ok {
			c, _ := counterCount(path)
			c.Rows, c.Exact, c.Line = n, true, p.line
			p.add(c)
			return true
		}
	}
	bare, ok := strings.CutSuffix(text, ":")
	at := strings.Index(bare, `\\`)
	if !ok || at < 0 {
		return false
	}
	if _, ok := counterCount(strings.TrimSpace(bare[at:])); !ok {
		return false
	}
	if s, ok := pstext.StampAt(p.in.Timed()); ok {
		p.stamp, p.stampAt = s, p.line
	}
	p.path = strings.TrimSpace(bare[at:])
	return true
}
