package verdict

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"portverdict/report"
)

// untouchable are the processes that no output may advise to stop or to restart, by PID,
// image and services; a process without an image is one that no input names.
var untouchable = []struct {
	pid      int
	image    string
	services []string
}{
	{4, "System", nil},
	{92, "Registry", nil},
	{316, "smss.exe", nil},
	{424, "csrss.exe", nil},
	{500, "wininit.exe", nil},
	{560, "winlogon.exe", nil},
	{600, "services.exe", nil},
	{632, "lsass.exe", nil},
	{632, "lsass.exe", []string{"KeyIso", "SamSs"}},
	{800, "svchost.exe", []string{"RpcEptMapper", "RpcSs"}},
	{801, "svchost.exe", []string{"rpcss"}},
	{802, "svchost.exe", []string{"DcomLaunch", "Power"}},
	{803, "svchost.exe", []string{"Power"}},
	{804, "svchost.exe", []string{"PlugPlay"}},
	{805, "svchost.exe", []string{"LSM"}},
	{806, "svchost.exe", []string{"DcomLaunch"}},
	{807, "svchost.exe", nil},
	{4242, "", nil},
}

// ways are how a process comes to be told as the one with the ports.
var ways = map[string]func(s *story, pid int, image string){
	"table": func(s *story, pid int, image string) {
		s.small().trace(0, 130).refuse(100, 9)
		s.table(101, "anobq", conns(pid, 50000, 290, "BOUND"))
	},
	"table with owner lines": func(s *story, pid int, image string) {
		rows := conns(pid, 50000, 290, "CLOSE_WAIT")
		if image != "" {
			rows = owned(rows, image)
		}
		s.small().trace(0, 130).refuse(100, 9)
		s.table(101, "anobq", rows)
	},
	"trace": func(s *story, pid int, image string) {
		tr := s.small().trace(0, 130).opensMany(pid, 50000, 290, 1, 99).refuse(100, 9)
		if image != "" {
			tr.started(0, pid, image)
		}
	},
	"log": func(s *story, pid int, image string) {
		s.small().log(-90000, 900).boot(-80000).stuck(50, pid, 50000, 290).witness(100)
	},
	"table, likely": func(s *story, pid int, image string) {
		s.small().table(101, "anobq", conns(pid, 50000, 290, "BOUND"))
	},
	"table, inconclusive": func(s *story, pid int, image string) {
		s.small().table(101, "anobq", conns(pid, 50000, 100, "BOUND"))
	},
	"trace that leaks": func(s *story, pid int, image string) {
		s.small().trace(0, 600).opensMany(pid, 50000, 100, 0, 600)
	},
	"recovered": func(s *story, pid int, image string) {
		tr := s.small().trace(0, 300).opensMany(pid, 50000, 290, 1, 99).refuse(100, 9)
		tr.open(150, 50, 50295)
	},
}

func TestNobodyStopsWindows(t *testing.T) {
	for way, story := range ways {
		for _, p := range untouchable {
			t.Run(fmt.Sprintf("%s %d %s", way, p.pid, strings.Join(p.services, "+")), func(t *testing.T) {
				s := tell(t)
				story(s, p.pid, p.image)
				if p.image != "" {
					s.tasks(task(p.pid, p.image, p.services...))
				}
				r := s.judge()
				harmless(t, r, p.pid, p.image, p.services, way == "table" || way == "trace")
				if way == "table" || way == "trace" {
					if h := holderOf(r, report.PID(p.pid)); h == nil || !h.Named {
						t.Errorf("the holder is not named: %+v", h)
					}
				}
				if p.image != "" && (way == "table" || way == "trace") {
					wants(t, stepsOf(r), "cannot be stopped", "plan a restart of Windows")
				}
			})
		}
	}
}

var (
	doing    = regexp.MustCompile(`\b(restart|restarting|stop|kill|terminate|recycle|end|close)\s+(the\s+)?((service|process|application pool)\s+(of\s+)?)?$`)
	owner    = regexp.MustCompile(`have the owner of $`)
	commands = []string{"restart-service", "stop-service", "stop-process", "taskkill", "net stop", "appcmd", "sc.exe stop", "sc stop"}
)

// harmless tells of advice to stop or to restart a process in any form of a report.
func harmless(t *testing.T, r *report.Report, pid int, image string, services []string, page bool) {
	t.Helper()
	names := append([]string{fmt.Sprintf("PID %d", pid)}, services...)
	if image != "" {
		names = append(names, image, strings.TrimSuffix(image, ".exe"))
	}
	all := printouts(t, r, page)
	all["steps"] = stepsOf(r)
	if page {
		all["json"] = asJSON(t, r)
	}
	for form, text := range all {
		text = strings.ToLower(text)
		for _, c := range commands {
			if strings.Contains(text, c) {
				t.Errorf("%s says %q", form, c)
			}
		}
		for _, name := range names {
			name = strings.ToLower(name)
			for from := 0; ; {
				i := strings.Index(text[from:], name)
				if i < 0 {
					break
				}
				before := text[max(0, from+i-60) : from+i]
				if doing.MatchString(before) || image != "" && owner.MatchString(before) {
					t.Errorf("%s says %q", form, before+name)
				}
				from += i + len(name)
			}
		}
	}
	if image != "" {
		wantsNot(t, stepsOf(r), " now, ", " now. If connections")
	}
}

// leakOf is an episode with the ports of one process, which a list names.
func leakOf(pid int, image string, services ...string) func(s *story) {
	return func(s *story) {
		full(s, conns(pid, 50000, 290, "BOUND"))
		s.tasks(task(pid, image, services...))
	}
}

func step(words ...string) func(*testing.T, *report.Report) {
	return func(t *testing.T, r *report.Report) { wants(t, stepsOf(r), words...) }
}

var adviceByClassScenes = []scene{
	{"who can be named is not asked for", leakOf(7, "app.exe"), func(t *testing.T, r *report.Report) { wantsNot(t, stepsOf(r), "Ask for") }},
	{"who cannot is", func(s *story) { full(s, conns(7, 50000, 100, "BOUND")) }, step("Ask for")},
	{"a program", leakOf(7, "app.exe"), step("Restart app.exe (PID 7) to free 290 ports now. If connections work again, it was the cause.", "Have the owner of app.exe close its sockets on every error path")},
	{"a service", leakOf(7, "app.exe", "AppSvc", "Other"), step("restart the service AppSvc of app.exe with AppSvc and Other (PID 7)", "| Restart-Service AppSvc\n")},
	{"several in one svchost: none of them at random", leakOf(7, "svchost.exe", "BITS", "Schedule", "wuauserv"), func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "Several services run in svchost.exe with BITS, Schedule and wuauserv (PID 7): find out which of them has 290 ports")
		wantsNot(t, stepsOf(r), "Restart-Service")
	}},
	{"but the one that netstat -b names", func(s *story) {
		full(s, strings.ReplaceAll(conns(7, 50000, 290, "BOUND"), "\r\n", "\r\n  wuauserv\r\n [svchost.exe]\r\n"))
		s.tasks(task(7, "svchost.exe", "BITS", "EventLog", "wuauserv"))
	}, step("restart the service wuauserv of svchost.exe with wuauserv (PID 7)", "| Restart-Service wuauserv\n")},
	{"a service of which nothing else is known", func(s *story) {
		full(s, conns(7, 50000, 290, "BOUND"))
		s.text("services.txt", "\r\nSERVICE_NAME: AppSvc\r\nDISPLAY_NAME: App\r\n        TYPE               : 10  WIN32_OWN_PROCESS  \r\n        STATE              : 4  RUNNING \r\n        PID                : 7\r\n        FLAGS              : \r\n")
	}, step("restart the service AppSvc (PID 7).", "| Restart-Service AppSvc\n")},
	{"a service with a dollar in its name", leakOf(7, "sqlservr.exe", "MSSQL$SQLEXPRESS"), step("| Restart-Service 'MSSQL$SQLEXPRESS'\n")},
	{"svchost with a service that may be restarted", leakOf(7, "svchost.exe", "Dnscache"), step("| Restart-Service Dnscache\n")},
	{"a web worker", leakOf(7, "w3wp.exe"), step("recycle the application pool of w3wp.exe (PID 7)")},
	{"a desktop program", leakOf(7, "OUTLOOK.EXE"), step("have the user close OUTLOOK.EXE (PID 7)")},
	{"a security product", leakOf(7, "MsMpEng.exe", "WinDefend"), step("MsMpEng.exe with WinDefend (PID 7) is a security product", "by its vendor's console")},
	{"the kernel", leakOf(4, "System"), step("System (PID 4) cannot be stopped: a driver or a kernel component has the ports: HTTP.sys", "| \nAs the stop-gap plan a restart of Windows")},
	{"svchost of unknown services", leakOf(7, "svchost.exe"), step("find the service that has them (netstat -anobq names the component")},
	{"lsass", leakOf(7, "lsass.exe"), step("look at what runs inside it: the packages and plug-ins")},
	{"a sum of desktop programs", func(s *story) { full(s, many("chrome.exe", 29, 10)) }, step("have the user close 29 x chrome.exe")},
	{"what has recovered is not restarted", func(s *story) {
		tr := s.small().trace(0, 300).started(0, 7, "app.exe").opensMany(7, 50000, 290, 1, 99).refuse(100, 9)
		tr.open(150, 50, 50295)
	}, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "The ports came back by 2026-03-10 09:02:30 UTC: nothing is to be freed now. Find out why app.exe (PID 7) took 290 ports.", "Have the owner of app.exe close its sockets")
		wantsNot(t, stepsOf(r), "Restart app.exe")
	}},
	{"a restart freed it", func(s *story) {
		full(s, owned(conns(7, 50000, 290, "BOUND"), "app.exe"))
		s.log(-9000, 9000).boot(300)
	}, func(t *testing.T, r *report.Report) { wantsNot(t, stepsOf(r), "Restart app.exe") }},
	{"beside an inconclusive verdict a strong finding is to be checked", func(s *story) {
		s.small().table(101, "anobq", owned(conns(7, 50000, 100, "BOUND"), "app.exe"), conns(0, 50100, 80, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, stepsOf(r), "Check app.exe (PID 7): 100 ports that are bound and not connected. That is not shown to be the cause.", "Re-use connections")
		wantsNot(t, stepsOf(r), "Restart app.exe")
	}},
	{"a tenth of the pool that is bound is to be checked", func(s *story) {
		s.small().table(101, "anobq", owned(conns(7, 50000, 30, "BOUND"), "app.exe"), conns(8, 50100, 29, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "Check app.exe (PID 7): 30 ports that are bound and not connected.")
		wantsNot(t, stepsOf(r), "Check PID 8")
	}},
	{"a leak beside it too", func(s *story) { s.small().trace(0, 600).started(0, 7, "app.exe").opensMany(7, 50000, 100, 0, 600) }, step("Check app.exe (PID 7): it takes ports and does not give them back (10 a minute). That is not shown to be the cause.")},
	{"nothing to do", func(s *story) { s.small().healthy(0, 600) }, func(t *testing.T, r *report.Report) {
		is(t, "steps", stepsOf(r), "Ports were not the cause in this period. Look at what else failed then. | \n")
	}},
	{"several pools have their names", func(s *story) {
		s.small().rangeOf("udp", "any", 50000, 300).trace(0, 200).refuse(100, 9).fails(100, 9, udp, tooMany)
		s.table(100, "anobq", owned(conns(7, 50000, 290, "BOUND"), "app.exe"), datagrams(8, 50000, 290))
		s.tasks(task(8, "other.exe"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "TCP: restart app.exe (PID 7)", "UDP: to buy time", "netsh int ipv4 set dynamicport udp", "netsh int ipv4 set dynamicport tcp")
	}},
	{"several machines have theirs", func(s *story) {
		s.logOf(hostA, -900, 900).witness(100)
		s.logOf("", -900, 900).witness(100)
		s.text("a/dynamicport.txt", rangeLines("tcp", 50000, 300)).system(hostA, "10.0.17763")
		s.files[3].name = "a/systeminfo.txt"
		s.logOf(hostB, -900, 900).witness(100)
	}, step("HOST-A, TCP: to buy time")},
	{"one machine needs no name", func(s *story) {
		s.small().rangeOf("udp", "any", 50000, 300).log(-900, 900).witness(100).witness6(100)
	}, step("\nUDP: to buy time")},
	{"network filter drivers that the log names", func(s *story) {
		s.small().log(-90000, 900).boot(-80000).stuck(50, 7, 50000, 290).witness(100).
			record(-5000, 7045, "Service Control Manager", "Acme WFP Callout", `\SystemRoot\System32\drivers\acmewfp.sys`, "kernel mode driver", "auto start", "").
			record(-4000, 7045, "Service Control Manager", "Acme Disk", `\SystemRoot\System32\drivers\acmedisk.sys`, "kernel mode driver", "auto start", "").
			record(-3000, 7045, "Service Control Manager", "Acme Service", `C:\acme.exe`, "user mode service", "auto start", "LocalSystem")
	}, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "the log says that 1 was installed: Acme WFP Callout")
		f := finding(r, "evtx-network-drivers")
		is(t, "drivers", f.Count, 2)
		is(t, "severity", f.Severity, "warning")
		wants(t, f.Text, "2 kernel drivers were installed, 1 of them a network filter by their name, the last of these 84 min before the first hanging close: Acme WFP Callout")
	}},
	{"drivers of another kind", func(s *story) {
		s.small().log(-90000, 900).boot(-80000).stuck(50, 7, 50000, 290).witness(100).
			record(-4000, 7045, "Service Control Manager", "Acme Disk", `\SystemRoot\System32\drivers\acmedisk.sys`, "kernel mode driver", "auto start", "")
	}, func(t *testing.T, r *report.Report) {
		is(t, "severity", finding(r, "evtx-network-drivers").Severity, "info")
		wants(t, finding(r, "evtx-network-drivers").Text, "none of them a network filter by its name")
	}},
	{"network filter drivers that lists name, with version and vendor", func(s *story) {
		hanging(s)
		s.text("drivers.csv", systemDrivers).text("bindings.csv", bindings).text("fltmc.txt", fileFilters)
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "network-filter-drivers")
		is(t, "drivers", f.Count, 3)
		wants(t, f.Text, "3 network filter drivers of other vendors are loaded: acmetap.sys 9.1 (Acme), Contoso LightWeight Filter 4.2 (Contoso, Ltd.) and Fabrikam VPN Tunnel.")
		wants(t, stepsOf(r), "loaded now: acmetap.sys 9.1 (Acme), Contoso")
		wantsNot(t, stepsOf(r), "List the filter drivers")
		wantsNot(t, f.Text+stepsOf(r), "avscan", "Intel", "oldfilter", "pacer", "wfplwfs")
	}},
	{"a list of file system filters names nobody", func(s *story) {
		hanging(s)
		s.text("fltmc.txt", fileFilters)
	}, func(t *testing.T, r *report.Report) {
		is(t, "told", has(r, "network-filter-drivers"), false)
		wants(t, stepsOf(r), "List the filter drivers that are loaded now")
		wantsNot(t, stepsOf(r), "avscan", "acmenet")
	}},
	{"without a close that hangs no driver is named", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.text("drivers.csv", systemDrivers).text("bindings.csv", bindings)
	}, func(t *testing.T, r *report.Report) { is(t, "told", has(r, "network-filter-drivers"), false) }},
}

func hanging(s *story) {
	s.small().log(-90000, 900).boot(-80000).stuck(50, 7, 50000, 290).witness(100)
}

// Composed lists of invented drivers.
const (
	systemDrivers = "Name,DisplayName,PathName,State,FileVersion,CompanyName\r\n" +
		"acmetap,acmetap.sys,C:\\Windows\\system32\\drivers\\acmetap-tunnel.sys,Running,9.1,Acme\r\n" +
		"contoso_lwf,Contoso,C:\\Windows\\system32\\drivers\\contoso_lwf.sys,Running,4.2,\"Contoso, Ltd.\"\r\n" +
		"oldfilter,Old packet filter,C:\\Windows\\system32\\drivers\\oldfilter.sys,Stopped,1.0,Fabrikam\r\n" +
		"e1d,Intel(R) NDIS 6 Gigabit Network Connection,C:\\Windows\\system32\\drivers\\e1d.sys,Running,12.0,Intel\r\n" +
		"avscan,AV network redirector,C:\\Windows\\system32\\drivers\\avscan.sys,Running,3.0,Acme\r\n" +
		"wfplwfs,Microsoft NDIS Packet Filter,C:\\Windows\\system32\\drivers\\wfplwfs.sys,Running,10.0,Microsoft Corporation\r\n"
	bindings = "Name,DisplayName,ComponentID,Enabled\r\nEthernet,Contoso LightWeight Filter,contoso_lwf,True\r\n" +
		"Ethernet,QoS Packet Scheduler,ms_pacer,True\r\nEthernet,Fabrikam VPN Tunnel,fab_vpn,True\r\n"
	fileFilters = "Filter Name                     Num Instances    Altitude    Frame\r\n------------------------------  -------------  ------------  -----\r\n" +
		"avscan                                  5       328010         0\r\nacmenet-packet                          5       328011         0\r\n"
)

func TestAdviceByClass(t *testing.T) {
	play(t, adviceByClassScenes)
}

func TestClasses(t *testing.T) {
	for _, tc := range []struct {
		image    string
		pid      report.PID
		services []string
		want     class
	}{
		{"LSASS.EXE", 7, nil, critical},
		{"app.exe", 4, nil, critical},
		{"", 0, nil, critical},
		{"", 7, nil, nameless},
		{"svchost.exe", 7, nil, critical},
		{"svchost.exe", 7, []string{"Dnscache"}, service},
		{"svchost.exe", 7, []string{"Dnscache", "RPCSS"}, critical},
		{"svchost.exe", 7, []string{"Dnscache", "NlaSvc"}, shared},
		{"msmpeng.exe", 7, []string{"WinDefend"}, security},
		{"w3wp.exe", 7, nil, webWorker},
		{"chrome.exe", 7, nil, desktop},
		{"chrome.exe", 7, []string{"x"}, service},
		{"app", 7, nil, program},
	} {
		h := &holder{identity: identity{image: tc.image, services: tc.services}, pid: tc.pid, instances: 1}
		is(t, fmt.Sprint(tc.image, tc.pid, tc.services), h.class(), tc.want)
	}
	for _, image := range append(append([]string{}, criticalImages...), "system.exe") {
		is(t, image, (&holder{identity: identity{image: image}, pid: 7, instances: 1}).class(), critical)
	}
	for _, name := range criticalServices {
		is(t, name, (&holder{identity: identity{image: "app.exe", services: []string{name}}, pid: 7, instances: 1}).class(), critical)
	}
}

var offered = regexp.MustCompile(`netsh int (ipv[46]) set dynamicport (tcp|udp) start=(\d+) num=(\d+)`)

// offer is the range that a report offers, 0 without one.
func offer(r *report.Report) (start, count int) {
	if m := offered.FindStringSubmatch(stepsOf(r)); m != nil {
		fmt.Sscan(m[3], &start)
		fmt.Sscan(m[4], &count)
	}
	return start, count
}

func TestOfferedRanges(t *testing.T) {
	for _, tc := range []struct {
		name         string
		start, count int
		excluded     [][2]int
		listener     int
		want         [2]int
	}{
		{"a small range gets the default", 50000, 300, nil, 0, [2]int{49152, 16384}},
		{"the default gets twice as many", 49152, 16384, nil, 0, [2]int{32768, 32768}},
		{"a larger one the next", 32768, 32768, nil, 0, [2]int{20000, 45536}},
		{"the largest gets none", 10000, 55536, nil, 0, [2]int{}},
		{"as large as an offer gets the next", 10000, 16384, nil, 0, [2]int{32768, 32768}},
		{"an exclusion in it is kept clear of", 49152, 16384, [][2]int{{33000, 33099}}, 0, [2]int{40000, 25536}},
		{"one at its start", 49152, 16384, [][2]int{{32768, 32768}}, 0, [2]int{40000, 25536}},
		{"one just before it is none", 49152, 16384, [][2]int{{32767, 32767}}, 0, [2]int{32768, 32768}},
		{"one in the present range says nothing", 49152, 16384, [][2]int{{50000, 50059}}, 0, [2]int{32768, 32768}},
		{"one that reaches from outside into the present range", 49152, 16384, [][2]int{{30000, 50000}}, 0, [2]int{}},
		{"one that reaches over all", 50000, 300, [][2]int{{49000, 60000}}, 0, [2]int{}},
		{"a listener is kept clear of", 49152, 16384, nil, 33389, [2]int{40000, 25536}},
		{"one of them in every offer", 49152, 16384, nil, 45000, [2]int{}},
		{"one at the end of every offer", 50000, 300, nil, 65535, [2]int{}},
		{"one just below the present range", 50000, 300, nil, 49999, [2]int{}},
		{"one just above it", 50000, 300, nil, 50300, [2]int{}},
		{"one in it says nothing", 50000, 300, nil, 50299, [2]int{49152, 16384}},
		{"a listener below says nothing", 49152, 16384, nil, 3389, [2]int{32768, 32768}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := tell(t).span(tc.start, tc.count)
			if tc.excluded != nil {
				s.excluded(tc.excluded...)
			}
			rows := conns(7, 50000, 10, "BOUND")
			if tc.listener > 0 {
				rows += conns(8, tc.listener, 1, "LISTENING")
			}
			s.table(100, "anobq", rows).log(-90000, 900).witness(100)
			r := s.judge()
			start, count := offer(r)
			if [2]int{start, count} != tc.want {
				t.Errorf("%d+%d is offered, want %v", start, count, tc.want)
			}
			if count > 0 {
				wants(t, stepsOf(r), fmt.Sprintf("(back: start=%d num=%d)", tc.start, tc.count), "from "+number(tc.count)+" to "+number(count)+" ports", "firewalls")
				if start < 1025 || count < 255 || start+count-1 > 65535 || count <= tc.count {
					t.Errorf("%d+%d contradicts itself", start, count)
				}
			}
		})
	}
	s := tell(t)
	s.log(-90000, 900).witness(100)
	if start, _ := offer(s.judge()); start != 0 {
		t.Error("an assumed range is to be enlarged")
	}
	s = tell(t).rangeOf("udp", "any", 50000, 300)
	s.log(-90000, 900).witness6(100)
	s.table(100, "anobq", datagrams(8, 50010, 100))
	r := s.judge()
	wants(t, stepsOf(r), "enlarge the UDP range", "netsh int ipv4 set dynamicport udp start=49152 num=16384")
	wantsNot(t, stepsOf(r), "set dynamicport tcp")
	s = tell(t).small()
	s.log(-90000, 900).boot(-80000).stuck(50, 7, 50000, 290).witness(100)
	wants(t, stepsOf(s.judge()), "set dynamicport tcp") // the small range is a cause too
	s = tell(t).span(49152, 16384)
	s.log(-90000, 900).boot(-80000).stuck(50, 7, 50000, 9000).witness(100)
	wantsNot(t, stepsOf(s.judge()), "set dynamicport") // a larger one hangs as well
}

func TestCommandsOfTheWindowsVersion(t *testing.T) {
	shows := map[string]bool{"": true, "6.0.6002": false, "6.1.7601": false, "6.2.9200": false, "6.3.9600": true, "10.0.17763": true}
	for _, build := range sortedKeys(shows) {
		s := tell(t).small()
		if build != "" {
			s.system(computer, build)
		}
		s.log(-90000, 900).witness(100)
		r := s.judge()
		var text strings.Builder
		text.WriteString(stepsOf(r))
		for _, m := range r.Verdict.Missing {
			text.WriteString(m.How + "\n")
		}
		is(t, build, strings.Contains(text.String(), "& netstat -anobq &"), shows[build])
		is(t, build, strings.Contains(text.String(), "& netstat -anob &"), !shows[build])
	}
}

func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{"Spooler": "Spooler", "My Service": "'My Service'", "it's": "'it''s'", "a$b": "'a$b'", "a;b": "'a;b'"} {
		is(t, in, quoted(in), want)
	}
}

func TestLowerFirst(t *testing.T) {
	for in, want := range map[string]string{
		"Restart app.exe": "restart app.exe", "To free": "to free", "PID 7 is": "PID 7 is", "System cannot": "system cannot", "chrome.exe has": "chrome.exe has",
		"Re-use connections": "Re-use connections", "A complete": "A complete",
	} {
		is(t, in, lowerFirst(in), want)
	}
}
