package verdict

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"portverdict/etl"
	"portverdict/netstatparse"
	"portverdict/report"
)

const tableHead = "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"

// judgeText judges saved texts by name; the kind is told by the content.
func judgeText(o Options, texts ...string) *report.Report {
	var inputs []input
	for i, text := range texts {
		inputs = append(inputs, input{fmt.Sprintf("text%d.txt", i), []byte(text)})
	}
	return analyse(inputs, o)
}

func finding(r *report.Report, id string) *report.Finding {
	for i := range r.Findings {
		if r.Findings[i].ID == id {
			return &r.Findings[i]
		}
	}
	return nil
}

func diagnosed(r *report.Report, code string) string {
	for _, d := range r.Diagnostics {
		if d.Code == code {
			return d.Text
		}
	}
	return ""
}

// A port counts once however many rows show it; what waits belongs to nobody;
// and the peer 0.0.0.0:0 of -q makes no listener.
func TestPortsOfATable(t *testing.T) {
	r := judgeText(Options{Ranges: map[string]Range{"tcp": {50000, 100}}}, "C:\\>netstat -anoq\r\n"+tableHead+
		"  TCP    0.0.0.0:50001          0.0.0.0:0              BOUND           7\r\n"+
		"  TCP    10.0.0.5:50001         10.0.0.9:443           ESTABLISHED     7\r\n"+
		"  TCP    0.0.0.0:50002          0.0.0.0:0              BOUND           7\r\n"+
		"  TCP    [::]:50002             [::]:0                 BOUND           7\r\n"+
		"  TCP    10.0.0.5:50003         10.0.0.9:443           TIME_WAIT       0\r\n"+
		"  TCP    0.0.0.0:50200          0.0.0.0:0              BOUND           8\r\n"+
		"  TCP    10.0.0.5:50004         10.0.0.9:443           ESTABLISHED     7\r\n"+
		"  TCP    10.0.0.6:50004         10.0.0.9:443           ESTABLISHED     9\r\n")
	if p := r.Verdict.Pools[0]; p.Used != 4 {
		t.Errorf("%d ports used, want 4", p.Used)
	}
	if len(r.Verdict.Holders) != 2 {
		t.Fatalf("holders %+v", r.Verdict.Holders)
	}
	h := r.Verdict.Holders[0]
	if h.PID != 7 || h.Ports != 3 || h.OrphanBound != 1 || r.Verdict.Holders[1].PID != 9 {
		t.Errorf("holders %+v", r.Verdict.Holders)
	}
}

// The counting by arrays gives what sets of ports give.
func TestTallyCountsSets(t *testing.T) {
	pools := [transports]*pool{{transport: tcp, start: 50000, count: 700}, {transport: udp, start: 50100, count: 300}}
	tally := newTally(pools)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		entries := make([]netstatparse.Entry, 2000)
		var used, waiting [transports]map[uint16]bool
		var byPID [transports]map[int]map[uint16]bool
		for i := range pools {
			used[i], waiting[i], byPID[i] = map[uint16]bool{}, map[uint16]bool{}, map[int]map[uint16]bool{}
		}
		for n := range entries {
			port, i := uint16(49900+random.IntN(1000)), random.IntN(transports)
			e := netstatparse.Entry{Proto: transportNames[i], Local: netip.AddrPortFrom(netip.Addr{}, port), PID: random.IntN(6) - 1, State: netstatparse.TimeWait - netstatparse.State(random.IntN(2))}
			entries[n] = e
			if !pools[i].holds(int(port)) {
				continue
			}
			used[i][port] = true
			if e.State == netstatparse.TimeWait {
				waiting[i][port] = true
			}
			if e.PID > 0 {
				if byPID[i][e.PID] == nil {
					byPID[i][e.PID] = map[uint16]bool{}
				}
				byPID[i][e.PID][port] = true
			}
		}
		for i := range pools {
			u, w, counts := tally.count(i, entries)
			if u != len(used[i]) || w != len(waiting[i]) || len(counts) != len(byPID[i]) {
				t.Fatalf("%d used, want %d; %d wait, want %d; counts %v", u, len(used[i]), w, len(waiting[i]), counts)
			}
			for pid, ports := range byPID[i] {
				if counts[pid] != len(ports) {
					t.Fatalf("PID %d has %d ports, want %d", pid, counts[pid], len(ports))
				}
			}
		}
	}
}

// loop is the log of a loop: one table for each stamp, in which PID 4242 holds
// ports more than in the one before.
func loop(stamps []string, more int) string {
	var b strings.Builder
	for i, s := range stamps {
		b.WriteString(s + " \r\n" + tableHead + "  TCP    0.0.0.0:135   0.0.0.0:0   LISTENING   956\r\n")
		for n := range 1 + i*more {
			fmt.Fprintf(&b, "  TCP    10.0.0.5:%d   10.0.0.9:443   ESTABLISHED   4242\r\n", 49152+n)
		}
	}
	return b.String()
}

func TestGrowthOverTables(t *testing.T) {
	var stamps []string
	at := time.Date(2020, 10, 13, 23, 50, 0, 0, time.UTC)
	for i := range 600 {
		stamps = append(stamps, at.Add(time.Duration(i)*time.Minute).Format("Mon 01/02/2006 15:04:05.00"))
	}
	r := judgeText(Options{Zone: time.UTC}, loop(stamps, 5))
	if h := r.Verdict.Holders[0]; h.PID != 4242 || h.Ports != 1+599*5 || h.GrowthPerMinute != 5 {
		t.Errorf("%+v", h)
	}
	if f := finding(r, "snapshot-growth"); f == nil || f.Count != 599*5 || f.First.Time.Format(time.DateTime) != "2020-10-13 23:50:00" {
		t.Errorf("%+v", f)
	}
	if s := r.Sources[0]; s.Decoded != 600*2+5*599*300 || s.Facts["snapshots"] != "600" {
		t.Errorf("%+v", s)
	}
}

// A clock set back shows an hour twice; the tables of a loop go on in time.
func TestHourTwice(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	header := &etl.Header{
		Bias: -60, DaylightBias: -60,
		StandardDate: etl.SystemTime{Month: 10, DayOfWeek: 0, Day: 5, Hour: 3},
		DaylightDate: etl.SystemTime{Month: 3, DayOfWeek: 0, Day: 5, Hour: 2},
	}
	for name, z := range map[string]zone{"location": {location: berlin}, "header": {header: header}} {
		var before time.Time
		for _, c := range []struct{ local, utc string }{
			{"2020-10-25 01:30:00", "2020-10-24 23:30:00"},
			{"2020-10-25 02:10:00", "2020-10-25 00:10:00"},
			{"2020-10-25 02:50:00", "2020-10-25 00:50:00"},
			{"2020-10-25 02:10:00", "2020-10-25 01:10:00"},
			{"2020-10-25 02:50:00", "2020-10-25 01:50:00"},
			{"2020-10-25 03:10:00", "2020-10-25 02:10:00"},
		} {
			local, err := time.Parse(time.DateTime, c.local)
			if err != nil {
				t.Fatal(err)
			}
			before = z.after(local, before)
			if got := before.Format(time.DateTime); got != c.utc {
				t.Errorf("%s: %s is %s, want %s", name, c.local, got, c.utc)
			}
		}
	}
}

// What cannot be known of the stamps is told with both readings, and what a later
// stamp proves holds for the earlier ones.
func TestDayOrMonth(t *testing.T) {
	r := judgeText(Options{Zone: time.UTC}, loop([]string{"03/10/2020 14:22:01.55", "03/10/2020 14:23:01.55"}, 1))
	if text := diagnosed(r, "netstat-day-or-month"); !strings.Contains(text, "10 March 2020") || !strings.Contains(text, "3 October 2020") {
		t.Errorf("told %q", text)
	}
	if !r.Sources[0].Window.From.IsZero() {
		t.Errorf("%+v", r.Sources[0].Window)
	}
	for last, first := range map[string]string{"13/10/2020 00:00:01.55": "2020-10-12", "12/11/2020 00:00:01.55": "2020-12-10"} {
		r := judgeText(Options{Zone: time.UTC}, loop([]string{"12/10/2020 23:59:01.55", last}, 1))
		if got := r.Sources[0].Window.From.Format(time.DateOnly); got != first || diagnosed(r, "netstat-day-or-month") != "" {
			t.Errorf("%s: the first day is %s, want %s", last, got, first)
		}
	}
}

func TestLearnedWordsAreTold(t *testing.T) {
	r := judgeText(Options{}, tableHead+
		"  TCP    0.0.0.0:135    0.0.0.0:0      LUISTERT     956\r\n"+
		"  TCP    1.1.1.1:50000   2.2.2.2:80     WACHTEND     0\r\n"+
		"  TCP    1.1.1.1:50001   2.2.2.2:80     VERBONDEN    77\r\n")
	if text := diagnosed(r, "netstat-learned-state"); !strings.Contains(text, `"LUISTERT", which stands on the endpoint mapper's port 135, as LISTENING`) || !strings.Contains(text, `"WACHTEND"`) {
		t.Errorf("told %q", text)
	}
}

// Counts that a tool made name a suspect and prove nothing.
func TestSavedCounts(t *testing.T) {
	r := judgeText(Options{}, "\r\nCount Name                      ProcessName       Group\r\n----- ----                      -----------       -----\r\n"+
		"15980 Bound, 4242               leaky             {MSFT_NetTCPConnection (Insta...\r\n   12 TimeWait, 0               Idle              {MSFT_NetTCPConnection (Insta...\r\n")
	f := finding(r, "saved-counts")
	if f == nil || f.Count != 15980 || len(f.Evidence) != 1 || !strings.HasPrefix(f.Text, "leaky (PID 4242) has most, 15980 rows BOUND.") {
		t.Fatalf("%+v", f)
	}
	if r.Verdict.Outcome != report.Inconclusive || len(r.Verdict.Holders) != 0 {
		t.Errorf("%s %+v", r.Verdict.Outcome, r.Verdict.Holders)
	}
}

func TestFailedCapture(t *testing.T) {
	r := judgeText(Options{}, "The requested operation requires elevation.\r\n")
	if text := diagnosed(r, "netstat-capture-failed"); !strings.Contains(text, "netstat -anobq in an elevated prompt") {
		t.Errorf("told %q", text)
	}
	if r.Verdict.Outcome != report.Inconclusive || len(r.Verdict.Pools) > 0 && r.Verdict.Pools[0].UsedSource != "" {
		t.Errorf("%+v", r.Verdict.Pools)
	}
}

// What the texts around the tables say: names, services, handles, registry, host.
func TestHostTexts(t *testing.T) {
	r := judgeText(Options{},
		tableHead+"  TCP    10.0.0.5:50001         10.0.0.9:443           ESTABLISHED     4242\r\n  TCP    10.0.0.5:50002         10.0.0.9:443           ESTABLISHED     956\r\n  TCP    10.0.0.5:50003         10.0.0.9:443           ESTABLISHED     956\r\n",
		"Image Name                     PID Services                                    \r\n========================= ======== ============================================\r\nsvchost.exe                    956 RpcEptMapper, RpcSs\r\n",
		"\r\nHandles  NPM(K)     Id  SI ProcessName\r\n-------  ------     --  -- -----------\r\n  31875      54   4242   0 LeakyService\r\n   4263       0      4   0 System\r\n   3500       9    956   0 svchost\r\n    900       9   1000   0 small\r\n",
		"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    MaxUserPort    REG_DWORD    0xfffe\r\n    TcpTimedWaitDelay    REG_DWORD    0x1e\r\n",
		"Host Name:                 HOST7\r\nOS Name:                   Microsoft Windows Server 2019\r\nOS Version:                10.0.17763 N/A Build 17763\r\nTime Zone:                 (UTC+01:00) Amsterdam, Berlin\r\n",
		"SettingName      DynamicPortRangeStartPort DynamicPortRangeNumberOfPorts\r\n-----------      ------------------------- -----------------------------\r\nDatacenter       49152                     16384\r\nInternet         1024                      64000\r\n",
	)
	if r.Bundle.Host != "HOST7" || r.Bundle.OSBuild != "17763" {
		t.Errorf("%+v", r.Bundle)
	}
	if p := r.Verdict.Pools[0]; p.Start != 1024 || p.Count != 64000 || diagnosed(r, "range-disagrees") != "" {
		t.Errorf("%+v", p)
	}
	f := finding(r, "handles-suspicious")
	if f == nil || f.Count != 2 || len(f.Evidence) != 2 || !strings.HasPrefix(f.Text, "LeakyService (PID 4242) holds 31875 handles, which is high. svchost (PID 956) holds 3500 handles. ") {
		t.Errorf("%+v", f)
	}
	if f := finding(r, "maxuserport-ignored"); f == nil || !strings.Contains(f.Text, "65534") || len(f.Evidence) != 1 {
		t.Errorf("%+v", f)
	}
	if f := finding(r, "time-wait-delay"); f == nil || !strings.Contains(f.Text, "is 30:") {
		t.Errorf("%+v", f)
	}
	if h := r.Verdict.Holders; len(h) != 2 || h[0].Image != "svchost.exe" || len(h[0].Services) != 2 || h[1].Image != "LeakyService" {
		t.Errorf("%+v", h)
	}
}

// On a Windows that reads it, MaxUserPort is not ignored.
func TestMaxUserPortOf2003(t *testing.T) {
	r := judgeText(Options{}, "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    MaxUserPort    REG_DWORD    0xfffe\r\n",
		"Host Name:                 HOST7\r\nOS Name:                   Microsoft(R) Windows(R) Server 2003\r\nOS Version:                5.2.3790 Service Pack 2 Build 3790\r\n")
	if f := finding(r, "maxuserport-ignored"); f != nil {
		t.Errorf("%+v", f)
	}
}

// A TSS log beside the tables gives the offset in force for the days around it.
func TestZoneOfTSSLog(t *testing.T) {
	log := "20201013 14:30:00.345 TimeUTC:           2020-10-13_12:30:00 [TZ: (UTC+01:00) Amsterdam, Berlin, Bern]\r\n"
	r := judgeText(Options{}, loop([]string{"13.10.2020 14:22:01,55", "13.12.2020 14:23:01,55"}, 1), log)
	s := r.Sources[0]
	if got := s.Window.From.Format(time.DateTime); got != "2020-10-13 12:22:01" || !s.Window.To.Equal(s.Window.From.Time) {
		t.Errorf("%+v", s.Window)
	}
	if s.Clock.Zone != "(UTC+01:00) Amsterdam, Berlin, Bern" || s.Clock.Offset != "2h0m0s" {
		t.Errorf("%+v", s.Clock)
	}
}

// A table of Get-NetTCPConnection shows bound ports where Windows is new enough.
func TestCompleteTableOfPowerShell(t *testing.T) {
	table := "\r\nLocalAddress LocalPort RemoteAddress RemotePort State       AppliedSetting OwningProcess\r\n" +
		"------------ --------- ------------- ---------- -----       -------------- -------------\r\n" +
		"10.0.0.5     50001     10.0.0.9      443        Established Internet       4242\r\n"
	for build, want := range map[string]report.Confidence{"10.0.17763 N/A Build 17763": report.Strong, "6.3.9600 N/A Build 9600": report.Moderate} {
		r := judgeText(Options{}, table, "Host Name:   HOST7\r\nOS Name:     Windows\r\nOS Version:  "+build+"\r\n")
		if h := r.Verdict.Holders; len(h) != 1 || h[0].Confidence != want {
			t.Errorf("%s: %+v", build, h)
		}
	}
}
