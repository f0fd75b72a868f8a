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
	r := &Report{
		SchemaVersion: SchemaVersion, Tool: Tool{"portverdict", "1.0"},
		Bundle: Bundle{ID: strings.Repeat("3a91", 16), Host: "WIN-TEST01", OSBuild: "20348", TimeZone: "W. Europe Standard Time", Window: Span{at(0), at(240)}},
		Verdict: Verdict{
			Outcome: Exhausted, Confidence: Proven,
			Summary: "The TCP dynamic ports 49152-49663 ran out: 698 attempts by 4 processes were refused; leaky.exe (PID 4242) held 510 of 512.",
			Reasons: []string{"The trace and the System log witness it independently.", "No event was lost."},
			Pools: []Pool{{
				Transport: "tcp", Family: "any", Start: 49152, Count: 512, Capacity: 512, RangeSource: evID(900), Used: 512, UsedAt: at(160), UsedSource: evID(901),
			}},
			Windows: []Window{{
				Transport: "tcp", Family: "any", From: at(159.7107317), To: at(239.987121), Failures: 698, Evidence: []string{evID(0)},
				Log: []LogEntry{{4231, at(160.2), 0.5, evID(800)}, {4227, at(139.7), -20, evID(810)}, {4231, at(191.2), 0.1, evID(801)}, {4231, at(222.2), 0.2, evID(802)}},
			}},
			Holders: []Holder{{
				PID: 4242, ProcessKey: "0xFFFF8F0A11223080", Image: "leaky.exe", Ports: 510, Share: 0.99609375, OrphanBound: 510, Basis: "both",
				GrowthPerMinute: 191, Confidence: Strong, Evidence: []string{evID(902)},
			}},
			Victims: []Victim{
				{PID: 4242, Image: "leaky.exe", Failures: 249, Endpoints: 249, First: at(159.8), Last: at(239.9)},
				{PID: 1888, Image: "svchost.exe", Services: []string{"Dnscache"}, Failures: 170, Endpoints: 170, First: at(160), Last: at(239.9)},
				{PID: 7300, Image: "chrome.exe", Failures: 154, Endpoints: 154, First: at(159.7), Last: at(239)},
				{PID: 5120, Image: "backup agent.exe", Failures: 125, Endpoints: 125, First: at(161), Last: at(238)},
			},
			Missing: []Missing{{"time zone of netstat.txt", "its snapshot takes part by order only", "give the machine's zone with --tz"}},
			NextSteps: []NextStep{
				{"Restart leaky.exe (PID 4242) as the stop-gap: that frees 510 ports. Then try an outbound connection again: if it works, the holder is confirmed.", evID(902)},
				{"Have the owner of leaky.exe close its sockets on every error path, or pool its connections.", "bound-leak"},
				{"Stop-gap only: netsh int ipv4 set dynamicport tcp start=49152 num=16384 (undo: start=49152 num=512). A leak fills any range; firewalls between RPC servers and clients must open the new ports.", "range-small"},
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
		x := Finding{ID: id, Title: title, Severity: severity, Count: n, First: at(159.71), Last: at(239.98), Text: text, CheckByHand: hand}
		for i := from; i < to; i++ {
			x.Evidence = append(x.Evidence, evID(i))
		}
		r.Findings = append(r.Findings, x)
	}
	const hand = "Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209 in Network Monitor shows two records an attempt."
	f("afd-bind-0x209", "Binds refused with STATUS_TOO_MANY_ADDRESSES", "critical", 698, "698 binds to port 0 were refused because no dynamic TCP port was left.", hand, 0, 40)
	f("evtx-4231", "System log: no ephemeral TCP port left (Tcpip 4231)", "critical", 3, "Windows itself says that no port was left.", "", 800, 803)
	f("bound-leak", "leaky.exe holds 510 bound ports without a connection", "critical", 510, "Ports in state BOUND that no connection uses.", "findstr BOUND netstat.txt", 902, 903)
	f("evtx-4227", "Port re-used too soon towards one peer (Tcpip 4227)", "warning", 4, "", "", 810, 811)
	f("range-small", "The dynamic range is small: 512 ports", "warning", 1, "The default is 16,384.", "netsh int ipv4 show dynamicport tcp", 900, 901)
	f("trace-binds-succeed", "Binds succeeded until 09:02:39.5", "counter", 1497, "", "", 0, 0)
	names := []string{"chrome.exe", "leaky.exe", "svchost.exe", "backup agent.exe"}
	pids := []int{7300, 4242, 1888, 5120}
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
	v.Outcome, v.Confidence = NotExhausted, Strong
	v.Summary = "The TCP dynamic ports 49152-65535 did not run out in the time covered."
	v.Reasons = []string{"Successful dynamic binds span the whole trace, and nothing was lost."}
	v.Pools = []Pool{{Transport: "tcp", Family: "any", Start: 49152, Count: 16384, Capacity: 16384, RangeSource: "default", Used: 118, UsedAt: at(100), UsedSource: evID(901)}}
	v.Windows, v.Victims, v.Missing = nil, nil, nil
	v.Holders[0].Ports, v.Holders[0].Share, v.Holders[0].OrphanBound, v.Holders[0].GrowthPerMinute = 37, 37.0/16384, 0, 0
	v.NextSteps = []NextStep{{"Look elsewhere: the dynamic ports were not the cause in the time covered.", "trace-binds-succeed"}}
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
	v.Summary = "The TCP dynamic ports 49152-49663 were close to running out: 502 of 512 were in use."
	return r
}

func emptyReport() *Report {
	return &Report{SchemaVersion: SchemaVersion, Verdict: Verdict{Outcome: Inconclusive, Confidence: Weak, Summary: "The inputs do not tell whether the dynamic ports ran out."}}
}

const hostileName = "a</script><img src=x onerror=alert(1) style=\"x\">\u202Eexe.\x1b[2J\x00'`|\u0085\u2066"

func hostileReport() *Report {
	r := exhaustedReport()
	r.Bundle.Host, r.Tool.Version = hostileName, hostileName
	r.Verdict.Summary, r.Verdict.Holders[0].Image, r.Verdict.Holders[0].Services = hostileName, hostileName, []string{hostileName}
	r.Verdict.Reasons = append(r.Verdict.Reasons, hostileName)
	r.Verdict.Missing = []Missing{{hostileName, hostileName, hostileName}}
	r.Verdict.NextSteps = []NextStep{{hostileName, hostileName}}
	for i := range r.Verdict.Victims {
		r.Verdict.Victims[i].Image = hostileName
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Title, f.Text, f.CheckByHand = hostileName, hostileName, hostileName
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
