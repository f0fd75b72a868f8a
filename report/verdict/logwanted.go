package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"portverdict/evtx"
	"portverdict/report"
)

// wantedRecord is a record that a log is asked for. Other sources use the same
// numbers, so the provider belongs to it.
type wantedRecord struct {
	provider string
	id       uint16
	as       wantedFor
	text     string
}

type wantedFor uint8

const (
	asWitness wantedFor = iota // of port exhaustion, or pressure
	asLife                     // what the log can speak for
	asSymptom                  // what a machine without ports logs, and many others do
)

const (
	clockChange    = 1 // Kernel-General
	osVersion      = 6009
	upTime         = 6013
	rivalCauses    = "They have other causes too: DNS or a domain controller that is down, the network card, a firewall, an expired certificate, the clock."
	kernelGeneral  = "Microsoft-Windows-Kernel-General"
	groupPolicy    = "Microsoft-Windows-GroupPolicy"
	timeService    = "Microsoft-Windows-Time-Service"
	dnsClient      = "Microsoft-Windows-DNS-Client"
	eventLogClear  = "Microsoft-Windows-Eventlog"
	eventLogSource = "EventLog"
)

var wantedRecords = []wantedRecord{
	{"Tcpip", 4227, asWitness, "a local endpoint was re-used too soon towards the same remote endpoint"},
	{"Tcpip", 4231, asWitness, "no ephemeral TCP port was left to allocate"},
	{"Tcpip", 4266, asWitness, "no ephemeral UDP port was left to allocate"},
	{"AFD", 16002, asWitness, "closing a socket takes longer than expected"},
	{eventLogSource, 6005, asLife, "the event log was started"},
	{eventLogSource, 6006, asLife, "the event log was stopped"},
	{eventLogSource, 6008, asLife, "the shutdown before was unexpected"},
	{eventLogSource, osVersion, asLife, "Windows version at start"},
	{eventLogSource, upTime, asLife, "up-time"},
	{kernelGeneral, clockChange, asLife, "the system time was changed"},
	{kernelGeneral, 12, asLife, "Windows started"},
	{kernelGeneral, 13, asLife, "Windows is shutting down"},
	{eventLogClear, 104, asLife, "the log was cleared"},
	{eventLogClear, 1102, asLife, "the audit log was cleared"},
	{groupPolicy, 1053, asSymptom, "the user name could not be resolved"},
	{groupPolicy, 1054, asSymptom, "no domain controller name could be obtained"},
	{groupPolicy, 1055, asSymptom, "the computer name could not be resolved"},
	{groupPolicy, 1058, asSymptom, "a policy file could not be read"},
	{groupPolicy, 1129, asSymptom, "there was no connectivity to a domain controller"},
	{"NETLOGON", 5719, asSymptom, "no secure session to a domain controller could be set up"},
	{timeService, 129, asSymptom, "no time peer could be set up"},
	{timeService, 130, asSymptom, "no domain time peer could be set up"},
	{timeService, 134, asSymptom, "a time peer could not be resolved"},
	{dnsClient, 1014, asSymptom, "a name could not be resolved: no server answered"},
	{dnsClient, 8015, asSymptom, "host records could not be registered"},
	{dnsClient, 8016, asSymptom, "host records could not be registered"},
}

func wantedOptions(workers int, wants func(wantedFor) bool) *evtx.Options {
	o := &evtx.Options{Workers: workers}
	for _, w := range wantedRecords {
		if !wants(w.as) {
			continue
		}
		if !slices.Contains(o.IDs, w.id) {
			o.IDs = append(o.IDs, w.id)
		}
		if !slices.Contains(o.Providers, w.provider) {
			o.Providers = append(o.Providers, w.provider)
		}
	}
	return o
}

func wantedAs(rec *evtx.Record) *wantedRecord {
	for i := range wantedRecords {
		if w := &wantedRecords[i]; w.id == rec.ID && strings.EqualFold(w.provider, rec.Provider) {
			return w
		}
	}
	return nil
}

// clockJump is how far Kernel-General 1 set the clock; its Data are the new and
// the old time. One that does not say it counts as far.
func clockJump(rec *evtx.Record) time.Duration {
	if len(rec.Data) < 2 {
		return clockJumpTold
	}
	after, err := time.Parse(time.RFC3339Nano, rec.Data[0])
	before, err2 := time.Parse(time.RFC3339Nano, rec.Data[1])
	if err != nil || err2 != nil {
		return clockJumpTold
	}
	return after.Sub(before).Abs()
}

// lifeFacts takes what a record says of the machine: the last one wins, as logs
// are in the order of their writing.
func (s *source) lifeFacts(rec *evtx.Record) {
	switch {
	case rec.ID == osVersion && len(rec.Data) >= 2:
		s.Facts["os_version"] = strings.TrimSpace(rec.Data[0] + " " + rec.Data[1])
	case rec.ID == upTime && len(rec.Data) >= 7 && rec.Data[6] != "":
		s.Facts["time_zone"] = rec.Data[6]
	}
}

func (s *source) describeLog() {
	l := s.log
	s.Facts["records"] = fmt.Sprint(l.stats.Records)
	s.Facts["wanted_records"] = fmt.Sprint(len(l.records))
	for name, n := range map[string]int{"record_gaps": l.stats.Gaps, "leftover_records": l.stats.Leftover, "symptom_records": len(l.symptoms)} {
		if n > 0 {
			s.Facts[name] = fmt.Sprint(n)
		}
	}
	for name, text := range map[string]string{"channel": l.stats.Channel, "computer": l.stats.Computer} {
		if text != "" {
			s.Facts[name] = text
		}
	}
	if l.stats.Cleared {
		s.Facts["cleared"] = "true"
	}
	if l.stats.Dirty {
		s.Facts["dirty"] = "true"
	}
}

func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// once puts the records of all logs together by time, each once.
func (c *situation) once(pick func(*eventLog) []logRecord) []logRecord {
	seen := map[string]bool{}
	var out []logRecord
	for _, s := range c.logs {
		for _, r := range pick(s.log) {
			if !seen[r.key] {
				seen[r.key] = true
				out = append(out, r)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b logRecord) int {
		return cmp.Or(a.row.Time.Compare(b.row.Time.Time), compareText(a.row.ID, b.row.ID))
	})
	return out
}

// lived makes a finding of the records of the machine's life with one of the ids,
// in the analysed window.
func (c *situation) lived(text string, ids ...int) *report.Finding {
	var rows []report.Evidence
	for _, r := range c.once(func(l *eventLog) []logRecord { return l.life }) {
		if slices.Contains(ids, r.id) && c.inWindow(r.row.Time) {
			rows = append(rows, r.row)
		}
	}
	f := c.withRows(&report.Finding{Count: len(rows), Text: text}, rows)
	f.CheckByHand = "Event Viewer, System log, event IDs " + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ids)), ", "), "[]")
	return f
}

// nearWitnesses are the times within symptomWithin of a witness, in order and apart.
func (c *situation) nearWitnesses() []report.Span {
	var all []report.Span
	add := func(from, to report.Time) {
		all = append(all, report.Span{From: report.Time{Time: from.Add(-symptomWithin)}, To: report.Time{Time: to.Add(symptomWithin)}})
	}
	for i := range c.state {
		for _, r := range c.state[i].logged {
			add(r.Time, r.Time)
		}
		for _, t := range c.traces {
			for _, w := range t.witness[i].windows {
				add(stamp(w.from), stamp(w.to))
			}
		}
	}
	slices.SortFunc(all, func(a, b report.Span) int { return a.From.Compare(b.From.Time) })
	apart := all[:0]
	for _, s := range all {
		if n := len(apart); n > 0 && !s.From.After(apart[n-1].To.Time) {
			apart[n-1].To = later(apart[n-1].To, s.To)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// symptoms are records that a machine without ports writes, near a witness. They
// support and never prove.
func (c *situation) symptoms() *report.Finding {
	near := c.nearWitnesses()
	var rows []report.Evidence
	for _, r := range c.once(func(l *eventLog) []logRecord { return l.symptoms }) {
		i, at := slices.BinarySearchFunc(near, r.row.Time, func(s report.Span, t report.Time) int { return s.From.Compare(t.Time) })
		if at || i > 0 && !r.row.Time.After(near[i-1].To.Time) {
			rows = append(rows, r.row)
		}
	}
	f := c.withRows(&report.Finding{Count: len(rows)}, rows)
	f.Text = "Within ten minutes of a witness the log holds errors that a machine without ports has as well. " + rivalCauses
	f.CheckByHand = "Event Viewer, System log, the sources GroupPolicy, NETLOGON, Time-Service and DNS Client Events"
	return f
}
