package report

import (
	"fmt"
	"strings"
	"time"
)

func at(sec float64) Time {
	base := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	return Time{base.Add(time.Duration(sec * 1e9))}
}

func evID(n int) string { return fmt.Sprintf("ev-%012x", n) }

func sampleSources() []Source {
	hash := func(c string) string { return strings.Repeat(c, 64) }
	return []Source{
		{
			Path: "Server.etl", Kind: "etl", Size: 2031616, SHA256: hash("5"), Window: Span{at(0), at(240)}, Clock: Clock{"UTC", "0s", "performance counter"},
			Decoded: 14993, Facts: map[string]string{"synthetic": "true"},
		},
		{
			Path: "System.evtx", Kind: "evtx", Size: 69632, SHA256: hash("b"), Window: Span{at(-10620), at(10620)}, Clock: Clock{"UTC", "0s", "event times are UTC"}, Decoded: 158,
		},
		{Path: "dynamicport.txt", Kind: "hosttext.range", Size: 161, SHA256: hash("7"), Clock: Clock{Basis: "no time is written in this file"}, Decoded: 1},
		{
			Path: "netstat.txt", Kind: "netstat", Size: 46080, SHA256: hash("0"), Clock: Clock{Basis: "local times without a zone: they take part by order only"}, Decoded: 513,
		},
	}
}

func sampleTimeline() []Bin {
	var bins []Bin
	for i := range 120 {
		b := Bin{T: at(float64(2 * i)), StepSeconds: 2, BindOK: 17 + i*7%5, OpenSockets: min(4+i*6+i/3, 510)}
		if i >= 80 {
			b.OpenSockets, b.BindOK, b.Bind0x209 = 510, max(0, 6-(i-80)/3), 14+i*5%7
		}
		switch i {
		case 69, 75, 86, 92:
			b.EVTX4227 = 1
		case 80, 95, 111:
			b.EVTX4231 = 1
		}
		bins = append(bins, b)
	}
	return bins
}

func exhaustedReport() *Report {
	balance := Balance{At: at(200), Basis: "table", Source: evID(901), DistanceSeconds: new(0.0), Capacity: 512, Holders: 511, TimeWait: 1}
	r := &Report{
		SchemaVersion: SchemaVersion, Tool: Tool{"portverdict", "1.0"},
		Bundle: Bundle{ID: strings.Repeat("3a91", 16), Host: "WIN-TEST01", Hosts: []string{"WIN-TEST01"}, OSBuild: "20348", TimeZone: "W. Europe Standard Time", Window: Span{at(0), at(240)}},
		Verdict: Verdict{
			Outcome: Exhausted, Confidence: Proven, Host: "WIN-TEST01", Transport: "tcp", Cause: CauseLeak,
			Summary: "The TCP ports 49152-49663 of WIN-TEST01 ran out on 2026-03-10, 09:02:39 to 09:03:59 UTC (end of the trace): 698 attempts of 4 processes were refused, leaky.exe (PID 4242) held 510 of 512.",
			Reasons: []string{"The trace and the System log are independent sources.", "No event was lost."},
			Pools: []Pool{
				{
					Host: "WIN-TEST01", Transport: "tcp", Family: "any", Start: 49152, Count: 512, Capacity: 512, RangeSource: evID(900), RangeBasis: "netsh text, dynamicport.txt",
					Used: new(512), UsedAt: at(200), UsedSource: evID(901), Outcome: Exhausted, Confidence: Proven, Reasons: []string{"The trace and the System log are independent sources.", "No event was lost."},
					Cause: CauseLeak, Episodes: []int{0}, Balance: balance,
				},
				{
					Host: "WIN-TEST01", Transport: "udp", Family: "any", Start: 49152, Count: 16384, Capacity: 16384, RangeSource: "default", RangeBasis: "Windows' default, assumed",
					Outcome: Inconclusive, Confidence: Weak, Reasons: []string{"No input speaks of UDP."}, Balance: Balance{Basis: "none", Capacity: 16384, Unaccounted: 16384},
				},
			},
			Windows: []Window{{
				Host: "WIN-TEST01", Transport: "tcp", Family: "any", From: at(159.7107317), To: at(239.987121), Ends: "end-of-inputs", Failures: 698, Evidence: []string{evID(0)}, Balance: &balance,
				Log: []LogEntry{{4231, at(160.2), new(0.5), evID(800)}, {4227, at(139.7), new(-20.0), evID(810)}, {4231, at(191.2), new(0.1), evID(801)}, {4231, at(222.2), new(0.2), evID(802)}},
			}},
			Holders: []Holder{{
				Host: "WIN-TEST01", Transport: "tcp", Instances: 1, Named: true, PID: 4242, ProcessKey: "0xFFFF8F0A11223080", Image: "leaky.exe", Ports: 510, Share: 0.99609375, OrphanBound: 510, Basis: "both",
				GrowthPerMinute: 191, Confidence: Strong, Evidence: []string{evID(902)},
			}, {
				Host: "WIN-TEST01", Transport: "tcp", Instances: 1, PID: 1888, Image: "svchost.exe", Services: []string{"Dnscache"}, Ports: 1, Share: 1.0 / 512, Basis: "table", Confidence: Strong,
			}},
			Victims: []Victim{
				{Host: "WIN-TEST01", Transport: "tcp", PID: 4242, Image: "leaky.exe", Failures: 249, Endpoints: 249, First: at(159.8), Last: at(239.9)},
				{Host: "WIN-TEST01", Transport: "tcp", PID: 1888, Image: "svchost.exe", Services: []string{"Dnscache"}, Failures: 170, Endpoints: 170, First: at(160), Last: at(239.9)},
				{Host: "WIN-TEST01", Transport: "tcp", PID: 7300, Image: "chrome.exe", Failures: 154, Endpoints: 154, First: at(159.7), Last: at(239)},
				{Host: "WIN-TEST01", Transport: "tcp", PID: 5120, Image: "backup agent.exe", Failures: 125, Endpoints: 125, First: at(161), Last: at(238)},
			},
			Missing: []Missing{{"when the leak began", "the oldest ports are older than the trace", ""}},
			NextSteps: []NextStep{
				{"", "Restart leaky.exe (PID 4242) to free 510 ports now. If connections work again, it was the cause.", "", "customer", evID(902)},
				{"", "Give its vendor the evidence: sockets are bound and not closed.", "portverdict events bundle.zip --evidence " + evID(902), "here", "bound-leak"},
				{"", "To buy time, enlarge the range (back: start=49152 num=512). A leak fills this range too.", "netsh int ipv4 set dynamicport tcp start=49152 num=16384", "customer", "range-small"},
			},
		},
		Timeline: sampleTimeline(), Sources: sampleSources(),
		Diagnostics: []Diagnostic{{Code: "etl-buffer-header", Severity: "note", Source: "Server.etl", Offset: 128640, Length: 4096, Text: "the last buffer is not full", Count: 1}},
	}
	addSampleFindings(r)
	return r
}

func addSampleFindings(r *Report) {
	f := func(id, title, severity string, n int, text, hand string, from, to int) {
		x := Finding{
			ID: id, Title: title, Severity: severity, Host: "WIN-TEST01", Transport: "tcp", Count: n, Unit: FindingByID(id).Unit, First: at(159.71), Last: at(239.98),
			Text: text, RestsOn: []string{"Server.etl"}, CheckByHand: hand,
		}
		for i := from; i < to; i++ {
			x.Evidence = append(x.Evidence, evID(i))
		}
		r.Findings = append(r.Findings, x)
	}
	const hand = "Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209 in Network Monitor shows two records an attempt."
	f("afd-bind-0x209", "Binds refused with STATUS_TOO_MANY_ADDRESSES", "critical", 698, "698 binds to port 0 were refused because no dynamic TCP port was left.", hand, 0, 40)
	f("evtx-4231", "System log: no ephemeral TCP port left (Tcpip 4231)", "critical", 3, "Windows itself says that no port was left.", "", 800, 803)
	f("bound-leak", "Bound ports that are not connected", "critical", 510, "Ports in state BOUND that no connection uses.", "findstr BOUND netstat.txt", 902, 903)
	f("evtx-4227", "Port re-used too soon towards one peer (Tcpip 4227)", "warning", 4, "", "", 810, 811)
	f("range-small", "The dynamic range is smaller than Windows' default", "warning", 512, "The default is 16,384.", "netsh int ipv4 show dynamicport tcp", 900, 901)
	f("trace-binds-succeed", "Programs asked for a port and got one", "counter", 1497, "", "", 0, 0)
	names := []string{"chrome.exe", "leaky.exe", "svchost.exe", "backup agent.exe"}
	pids := []PID{7300, 4242, 1888, 5120}
	for i := range 40 {
		r.Evidence = append(r.Evidence, Evidence{
			ID: evID(i), Kind: "afd.bind", Source: "Server.etl", Offset: int64(0x14B2E8 + i*0x1320), Record: int64(i % 9), Time: at(159.7107317 + 2*float64(i)),
			TimePrecision: "exact", PID: pids[i%4], Image: names[i%4], Text: "bind to 0.0.0.0:0 (TCP) refused", Fields: map[string]string{"status": "0xC0000209", "port": "0"},
		})
	}
	row := func(n int, kind, source string, record int64, line int, t Time, text string) {
		r.Evidence = append(r.Evidence, Evidence{ID: evID(n), Kind: kind, Source: source, Record: record, Line: line, Time: t, TimePrecision: "exact", PID: -1, Text: text})
	}
	row(800, "evtx.4231", "System.evtx", 10233, 0, at(160.2), "Tcpip 4231: a request to allocate an ephemeral port number has failed")
	row(801, "evtx.4231", "System.evtx", 10234, 0, at(191.2), "Tcpip 4231")
	row(802, "evtx.4231", "System.evtx", 10236, 0, at(222.2), "Tcpip 4231")
	row(810, "evtx.4227", "System.evtx", 10231, 0, at(139.7), "Tcpip 4227")
	row(900, "host.range", "dynamicport.txt", 0, 5, Time{}, "tcp dynamic ports 49152, 512 ports")
	row(901, "netstat.snapshot", "netstat.txt", 0, 3, Time{}, "512 ports of the range in use")
	row(902, "netstat.holder", "netstat.txt", 0, 41, Time{}, "leaky.exe holds 510 ports, 510 BOUND")
	for i := range r.Evidence {
		if r.Evidence[i].Time.IsZero() {
			r.Evidence[i].TimePrecision = "unknown"
		}
	}
}

func healthyReport() *Report {
	r := exhaustedReport()
	v := &r.Verdict
	v.Outcome, v.Confidence, v.Cause = NotExhausted, Strong, ""
	v.Summary = "The TCP ports of WIN-TEST01 did not run out between 2026-03-10 09:00:00 and 09:04:00 UTC: 118 of 16,384 were in use at most."
	v.Reasons = []string{"Successful dynamic binds span the whole trace, and nothing was lost."}
	p := &v.Pools[0]
	*p = Pool{
		Host: "WIN-TEST01", Transport: "tcp", Family: "any", Start: 49152, Count: 16384, Capacity: 16384, RangeSource: "default", Used: new(118), UsedAt: at(100), UsedSource: evID(901),
		Outcome: NotExhausted, Confidence: Strong, Reasons: v.Reasons, Balance: Balance{At: at(100), Basis: "table", Source: evID(901), Capacity: 16384, Holders: 110, TimeWait: 8, Free: 16266},
	}
	v.Windows, v.Victims, v.Missing = nil, nil, nil
	v.Holders = v.Holders[:1]
	h := &v.Holders[0]
	h.Window, h.Named, h.Ports, h.Share, h.OrphanBound, h.GrowthPerMinute = -1, false, 37, 37.0/16384, 0, 0
	v.NextSteps = []NextStep{{"", "Ports were not the cause in this period.", "", "here", "trace-binds-succeed"}}
	r.Findings = r.Findings[5:]
	for i := range r.Timeline {
		b := &r.Timeline[i]
		b.OpenSockets, b.Bind0x209, b.BindOK, b.EVTX4227, b.EVTX4231 = 100+i%18, 0, 17, 0, 0
	}
	return r
}

func likelyReport() *Report {
	r := exhaustedReport()
	v := &r.Verdict
	v.Outcome, v.Confidence, v.Windows, v.Victims = Likely, Weak, nil, nil
	v.Summary = "The TCP ports 49152-49663 of WIN-TEST01 were close to running out: 502 of 512 were in use at 2026-03-10 09:03:20 UTC."
	p := &v.Pools[0]
	p.Outcome, p.Confidence, p.Used, p.Episodes = Likely, Weak, new(502), nil
	p.Balance.Holders, p.Balance.TimeWait, p.Balance.Free = 500, 2, 10
	v.Holders = v.Holders[:1]
	v.Holders[0].Window, v.Holders[0].Ports = -1, 498
	return r
}

func emptyReport() *Report {
	return &Report{SchemaVersion: SchemaVersion, Verdict: Verdict{Outcome: Inconclusive, Confidence: Weak, Summary: "These files cannot show whether ports ran out."}}
}

// notPortsReport is of a machine whose ports were fine and whose connects failed.
func notPortsReport() *Report {
	r := healthyReport()
	v := &r.Verdict
	v.Cause, v.Pools[0].Cause = CauseNotPorts, CauseNotPorts
	v.OtherFailures = []OtherFailure{
		{Status: "0xC00000B5", Name: "STATUS_IO_TIMEOUT", Meaning: "the peer did not answer", Count: 1204, Next: "See why 10.20.0.15:1433 does not answer.", Processes: []FailedProcess{{3344, "w3wp.exe", 1200}, {NoPID, "", 4}}},
		{Status: "0xC0000236", Name: "STATUS_CONNECTION_REFUSED", Meaning: "the peer refused", Count: 88, Processes: []FailedProcess{{1876, "agent.exe", 88}}},
	}
	v.NextSteps = []NextStep{{"", "The failing TCP connects are not ports: see why this peer does not answer.", "Test-NetConnection 10.20.0.15 -Port 1433", "customer", "connect-outcomes"}}
	return r
}

// stuckReport is of a log alone: closes that hang, three episodes, a forecast.
func stuckReport() *Report {
	const host = "FILES-02"
	r := &Report{SchemaVersion: SchemaVersion, Tool: Tool{"portverdict", "1.0"}, Bundle: Bundle{ID: strings.Repeat("5", 64), Host: host, Hosts: []string{host}, Window: Span{at(0), at(30 * 86400)}}}
	r.Sources = []Source{{Path: "System.evtx", Host: host, Kind: "evtx", Size: 20_000_000, Window: Span{at(0), at(30 * 86400)}, Decoded: 60_000}}
	v := &r.Verdict
	v.Outcome, v.Confidence, v.Host, v.Transport, v.Cause = Exhausted, Moderate, host, "tcp", CauseStuckClose
	v.Summary = "The TCP ports of FILES-02 ran out three times, the last time from 2026-04-03 02:46 UTC to the restart of 2026-04-03 16:09 UTC: 15,991 of 16,384 were stuck while closing."
	v.Reasons = []string{"3 Tcpip 4231 events and 60,118 AFD 16002 events in the System log.", "The range is assumed (Windows' default): no file states it."}
	for i, stuck := range []int{15347, 14576, 15991} {
		from := float64(9+7*i) * 86400
		b := &Balance{At: at(from), Basis: "stuck-closes", Source: evID(i), DistanceSeconds: new(0.0), Capacity: 16384, StuckCloses: stuck, Unaccounted: 16384 - stuck}
		v.Windows = append(v.Windows, Window{
			Host: host, Transport: "tcp", Family: "any", From: at(from), To: at(from + 3600), Ends: "restart", EndedAt: at(from + 50_000), Balance: b,
			Log: []LogEntry{{ID: 4231, Time: at(from), Evidence: evID(10 + i)}},
		})
	}
	v.Pools = []Pool{
		{
			Host: host, Transport: "tcp", Family: "any", Start: 49152, Count: 16384, Capacity: 16384, RangeSource: "default", RangeBasis: "Windows' default, assumed", Used: new(15991), UsedAt: at(24 * 86400), UsedSource: evID(2),
			Outcome: Exhausted, Confidence: Moderate, Reasons: v.Reasons, Cause: CauseStuckClose, Episodes: []int{0, 1, 2}, Balance: *v.Windows[2].Balance,
			Forecast: &Forecast{FullAtFrom: at(32 * 86400), FullAtTo: at(33 * 86400), Basis: "14,170 stuck since the restart, 99.8 an hour", RatePerHour: 99.8},
		},
		{
			Host: host, Transport: "udp", Family: "any", Start: 49152, Count: 16384, Capacity: 16384, RangeSource: "default", Outcome: Inconclusive, Confidence: Weak,
			Reasons: []string{"No input speaks of UDP."}, Balance: Balance{Basis: "none", Capacity: 16384, Unaccounted: 16384},
		},
	}
	v.Holders = []Holder{
		{Host: host, Transport: "tcp", Window: 2, PID: 3312, Instances: 1, Ports: 9000, Share: 0.55, StuckCloses: 9000, Basis: "stuck-closes", Note: "has closed these sockets; their closes hang below it", Confidence: Moderate},
		{Host: host, Transport: "tcp", Window: 2, PID: NoPID, ProcessKey: "0xFFFF8F0A11223080", Instances: 1, Ports: 6991, Share: 0.42, StuckCloses: 6991, Basis: "stuck-closes", Confidence: Moderate},
	}
	v.Missing = []Missing{{"dynamic port range", "the capacity is assumed", "netsh int ipv4 show dynamicport tcp > dynamicport.txt"}}
	v.NextSteps = []NextStep{{
		"", "The cause is gone when, an hour later, this finds no event.",
		"Get-WinEvent -FilterHashtable @{LogName='System'; ProviderName='AFD'; Id=16002; StartTime=(Get-Date).AddHours(-1)}", "customer", "evtx-network-drivers",
	}}
	r.Findings = []Finding{{ID: "evtx-stuck-closes", Title: "Ports stuck while closing since the last restart", Severity: "critical", Host: host, Transport: "tcp", Count: 14170, Unit: "ports", Text: "14,170 distinct TCP ports."}}
	return r
}

// twoHostsReport is of two machines; the UDP pool of one of them ran out.
func twoHostsReport() *Report {
	r := &Report{SchemaVersion: SchemaVersion, Tool: Tool{"portverdict", "1.0"}, Bundle: Bundle{ID: strings.Repeat("6", 64), Host: "APP-A", Hosts: []string{"APP-A", "APP-B"}}}
	v := &r.Verdict
	v.Outcome, v.Confidence, v.Host, v.Transport, v.Cause = Exhausted, Proven, "APP-A", "udp", CauseBurst
	v.Summary = "The UDP ports 49152-65535 of APP-A ran out on 2026-03-10, 09:10:00 to 09:34:00 UTC: 1,081 attempts were refused, 300 x telemetryd.exe held 15,902 of 16,384."
	v.Reasons = []string{"The trace and the System log are independent sources."}
	full := Balance{At: at(900), Basis: "trace", Source: evID(1), DistanceSeconds: new(0.0), Capacity: 16384, Holders: 16319, Unaccounted: 65}
	v.Windows = []Window{
		{Host: "APP-A", Transport: "udp", Family: "ipv4", From: at(600), To: at(2040), Ends: "recovered", EndedAt: at(2040.7), Failures: 1081, Balance: &full, Log: []LogEntry{{ID: 4266, Time: at(601), DeltaSeconds: new(0.2)}}},
		{Host: "APP-B", Transport: "unknown", Family: "any", From: at(700), To: at(700), Ends: "unknown", Failures: 1},
	}
	pool := func(host, transport string, o Outcome, used int, b Balance, episodes ...int) {
		p := Pool{
			Host: host, Transport: transport, Family: "any", Start: 49152, Count: 16384, Excluded: 60, ExcludedRanges: [][2]int{{50000, 50059}}, Capacity: 16384, RangeSource: "default",
			Outcome: o, Confidence: Strong, Reasons: []string{"As told."}, Episodes: episodes, Balance: b,
		}
		if used >= 0 {
			p.Used, p.UsedSource = new(used), evID(1)
		}
		v.Pools = append(v.Pools, p)
	}
	pool("APP-A", "tcp", NotExhausted, 1911, Balance{At: at(900), Basis: "table", Source: evID(2), Capacity: 16384, Holders: 1724, TimeWait: 187, Free: 14473})
	pool("APP-A", "udp", Exhausted, 16319, full, 0)
	v.Pools[1].Cause = CauseBurst
	pool("APP-B", "tcp", NotExhausted, 2480, Balance{At: at(900), Basis: "table", Source: evID(3), DistanceSeconds: nil, Capacity: 16384, Holders: 1904, TimeWait: 576, Free: 13904})
	pool("APP-B", "udp", Inconclusive, -1, Balance{Basis: "none", Capacity: 16384, Unaccounted: 16384})
	v.Holders = []Holder{
		{Host: "APP-A", Transport: "udp", Window: 0, PID: 0, Image: "telemetryd.exe", Instances: 300, Ports: 15902, Share: 0.97, Named: true, Basis: "trace", Confidence: Strong},
		{Host: "APP-A", Transport: "tcp", Window: -1, PID: 3344, Image: "w3wp.exe", Instances: 1, Ports: 1022, Share: 0.06, Basis: "table", Confidence: Strong},
		{Host: "APP-A", Transport: "udp", Window: 0, PID: 2980, Image: "telemetryd.exe", Instances: 1, Ports: 60, Basis: "trace", Confidence: Strong},
	}
	v.Victims = []Victim{{Host: "APP-A", Transport: "udp", PID: NoPID, ProcessKey: "0xFFFF8F0A11223080", Failures: 1080, First: at(600), Last: at(2040)}, {Host: "APP-B", Transport: "unknown", PID: 7, Image: "x.exe", Failures: 1}}
	r.Sources = []Source{{Path: "a/Server.etl", Host: "APP-A", Kind: "etl", Size: 1}, {Path: "b/netstat.txt", Host: "APP-B", Kind: "netstat", Size: 1}}
	return r
}

const hostileName = "a</script><img src=x onerror=alert(1) style=\"x\">\u202Eexe.\x1b[2J\x00'`|\u0085\u2066"

func hostileReport() *Report {
	r := exhaustedReport()
	r.Bundle.Host, r.Tool.Version = hostileName, hostileName
	for i := range r.Verdict.Holders {
		h := &r.Verdict.Holders[i]
		h.Host, h.Note, h.ByDesign = hostileName, hostileName, hostileName
	}
	r.Verdict.Summary, r.Verdict.Holders[0].Image, r.Verdict.Holders[0].Services = hostileName, hostileName, []string{hostileName}
	r.Verdict.Reasons = append(r.Verdict.Reasons, hostileName)
	r.Verdict.Missing = []Missing{{hostileName, hostileName, hostileName}}
	r.Verdict.NextSteps = []NextStep{{hostileName, hostileName, hostileName, "customer", hostileName}}
	r.Verdict.OtherFailures = []OtherFailure{{hostileName, hostileName, hostileName, []FailedProcess{{1, hostileName, 3}}, 3, hostileName}}
	r.Bundle.Hosts, r.Verdict.Host, r.Verdict.Windows[0].Host = []string{hostileName}, hostileName, hostileName
	for i := range r.Verdict.Pools {
		p := &r.Verdict.Pools[i]
		p.Host, p.RangeBasis, p.Reasons, p.Forecast = hostileName, hostileName, []string{hostileName}, &Forecast{Basis: hostileName}
	}
	for i := range r.Verdict.Victims {
		r.Verdict.Victims[i].Image, r.Verdict.Victims[i].Host = hostileName, hostileName
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Title, f.Text, f.CheckByHand, f.Unit, f.Host, f.RestsOn = hostileName, hostileName, hostileName, hostileName, hostileName, []string{hostileName}
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		e.Source, e.Image, e.Text, e.Fields = hostileName, hostileName, hostileName, map[string]string{hostileName: hostileName}
	}
	for i := range r.Sources {
		r.Sources[i].Path = hostileName
	}
	r.Diagnostics[0].Source, r.Diagnostics[0].Text, r.Diagnostics[0].Code = hostileName, hostileName, hostileName
	return r
}
