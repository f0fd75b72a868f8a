package hosttext

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"portverdict/netstatparse/pstext"
)

// systeminfo is localised, but for its values: the version reads "10.0.17763 ...
// Build 17763", the zone "(UTC+01:00) ...", and the first two lines are the name of
// the machine and that of its Windows.

var (
	versionValue = regexp.MustCompile(`^(\d{1,2}\.\d{1,2}\.\d{3,5}) .*?(\d{3,5})$`)
	zoneValue    = regexp.MustCompile(`^\((?:UTC|GMT)(?:([+-])(\d\d):(\d\d))?\)`)
)

// pair is a line "Label:    value".
type pair struct {
	value  string
	line   int
	spread bool // the value is set apart, as in a column
}

// takeHost reads a line of systeminfo.
func (p *parser) takeHost() bool {
	if p.text[0] == '"' {
		return p.takeHostCSV()
	}
	i := strings.Index(p.text, ":")
	if i < 1 || i > 60 || p.text[0] == ' ' || p.text[0] == '\t' {
		return false
	}
	value := strings.TrimSpace(p.text[i+1:])
	if value == "" {
		return false
	}
	if len(p.block) < 8 {
		p.block = append(p.block, pair{strings.Clone(value), p.line, strings.HasPrefix(p.text[i+1:], "  ")})
	}
	if m := versionValue.FindStringSubmatch(value); m != nil && p.facts.Host == nil {
		// The version is the third line; the header of a log may hold one, too.
		n := len(p.block)
		if n < 3 || !p.block[n-3].spread || !p.block[n-2].spread {
			return false
		}
		name, system := p.block[n-3], p.block[n-2]
		p.facts.Host = &Host{Name: name.value, OS: system.value, Version: strings.Clone(m[1]), Build: number5(m[2]), Line: name.line}
		return true
	}
	if p.facts.Host != nil && p.facts.Host.Zone == "" && strings.HasPrefix(value, "(") {
		p.facts.Host.zone(value)
	}
	if h := p.facts.Host; h != nil && h.BootLine == 0 && bootLabel().MatchString(p.text[:i]) {
		if s, ok := pstext.StampAt(value); ok {
			p.booted, h.BootLine = s, p.line
			switch {
			case !s.Ambiguous:
				h.BootLocal = s.Local
			case !strings.Contains(strings.ToLower(p.text[:i]), "boot time"): // English alone has months first
				h.BootLocal = s.Swapped
			}
		}
	}
	if h := p.facts.Host; h != nil && h.BootLine > 0 && h.BootLocal.IsZero() && localeValue().MatchString(value) {
		if h.BootLocal = p.booted.Swapped; strings.HasPrefix(strings.ToLower(value), "en-us;") {
			h.BootLocal = p.booted.Local
		}
	}
	return p.facts.Host != nil
}

// localeValue is that of the machine: "en-us;English (United States)". But for that of the
// United States all that write a date with slashes begin with the day.
var localeValue = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i)[a-z]{2}(?:-[a-z]{2,4})?;`)
})

// bootLabel is what stands before the time at which Windows started, in the languages seen.
var bootLabel = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)boot time|systemstartzeit|démarrage du système|arranque del sistema|inicialização do sistema|avvio sistema|время загрузки|システム起動時刻|系统启动时间|系統開機時間|시스템 부팅 시간`)
})

// takeHostCSV reads the second line of systeminfo /fo csv, in which the version is
// the third value.
func (p *parser) takeHostCSV() bool {
	if p.facts.Host != nil || !strings.Contains(p.text, "(UTC") {
		return false
	}
	all, ok := pstext.SplitCSV(p.text, ',')
	if !ok || len(all) < 4 {
		return false
	}
	m := versionValue.FindStringSubmatch(all[2])
	if m == nil {
		return false
	}
	p.facts.Host = &Host{Name: strings.Clone(all[0]), OS: strings.Clone(all[1]), Version: strings.Clone(m[1]), Build: number5(m[2]), Line: p.line}
	for _, value := range all {
		p.facts.Host.zone(value)
	}
	return true
}

// zone takes "(UTC+01:00) Amsterdam, ...", of which the offset is that of standard time.
func (h *Host) zone(value string) {
	m := zoneValue.FindStringSubmatch(value)
	if m == nil || h.Zone != "" {
		return
	}
	d := time.Duration(number5(m[2]))*time.Hour + time.Duration(number5(m[3]))*time.Minute
	if m[1] == "-" {
		d = -d
	}
	h.Zone, h.Offset = strings.Clone(value), &d
}

// number5 reads up to five digits that a pattern has matched, and nothing as 0.
func number5(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
