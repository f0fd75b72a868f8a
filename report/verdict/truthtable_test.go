package verdict

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/etl/winsock"
	"portverdict/evtx/evtxgen"
	"portverdict/report"
)

// situationRow is what is in a bundle, and what must be said of it. Lists that are
// nil are not looked at; an empty list means none.
type situationRow struct {
	name       string
	trace      *story
	logs       [][]byte
	texts      []string
	unzoned    bool
	outcome    report.Outcome
	confidence report.Confidence
	holders    []int
	victims    []int
	has, not   []string
}

const (
	alike    = winsock.StatusAddressAlreadyExists
	memory   = winsock.StatusInsufficientResources
	denied   = winsock.StatusAccessDenied
	sock32   = 0x8A2B3C40
	proc32   = 0x89F01080
	witness  = "afd-bind-0x209"
	succeed  = "trace-binds-succeed"
	pressure = "pool-pressure"
)

func lost(t *trace) { t.stats.LostEvents = 40 }

// traceRows are situations of a trace alone.
func traceRows() []situationRow {
	return []situationRow{
		{name: "binds succeed throughout", trace: healthy(), outcome: report.NotExhausted, victims: []int{}, has: []string{succeed}, not: []string{witness}},
		{name: "a witness among successes", trace: healthy().refusal(300, 7, refused), outcome: report.Exhausted, victims: []int{7}, has: []string{witness, succeed}},
		{name: "a witness, events lost", trace: healthy().refusal(300, 7, refused).changed(lost), outcome: report.Exhausted, confidence: report.Moderate, has: []string{witness, "trace-lost-events"}},
		{name: "no witness, events lost", trace: healthy().changed(lost), outcome: report.Inconclusive, has: []string{"trace-lost-events"}},
		{name: "no witness, buffers lost", trace: healthy().changed(func(t *trace) { t.stats.LostBuffers = 1 }), outcome: report.Inconclusive},
		{name: "no witness, a gap in the buffers", trace: healthy().changed(func(t *trace) { t.stats.SequenceGaps = 1 }), outcome: report.Inconclusive},
		{name: "no witness, the ring wrapped", trace: healthy().changed(func(t *trace) { t.stats.Wrapped = true }), outcome: report.Inconclusive, has: []string{"trace-wrapped"}},
		{name: "a witness, the ring wrapped", trace: healthy().refusal(300, 7, refused).changed(func(t *trace) { t.stats.Wrapped = true }), outcome: report.Exhausted, victims: []int{7}},
		{name: "no witness, never stopped", trace: healthy().changed(func(t *trace) { t.stats.Unfinalised = true }), outcome: report.Inconclusive, has: []string{"trace-unfinalised"}},
		{name: "no witness, damaged", trace: healthy().changed(func(t *trace) { t.damaged = true }), outcome: report.Inconclusive},
		{name: "no witness, cut short", trace: healthy().changed(func(t *trace) { t.stats.Truncated = true }), outcome: report.Inconclusive},
		{name: "no port event at all", trace: &story{}, outcome: report.Inconclusive, not: []string{succeed}},
		{name: "no success in the middle", trace: busy(200, 300), outcome: report.Inconclusive},
		{name: "successes end too early", trace: busy(500, 700).with(step{storyLength, closing(key(50), 1)}), outcome: report.Inconclusive},
		{name: "address in use is no exhaustion", trace: healthy().refusal(300, 7, alike), outcome: report.NotExhausted, victims: []int{}, has: []string{"lookalike-0xc000020a"}, not: []string{witness}},
		{name: "out of memory is no exhaustion", trace: healthy().refusal(300, 7, memory), outcome: report.NotExhausted, has: []string{"lookalike-0xc000009a"}},
		{name: "access denied is no exhaustion", trace: healthy().refusal(300, 7, denied), outcome: report.NotExhausted, has: []string{"lookalike-access-denied"}},
		{name: "a sharing violation is no exhaustion", trace: healthy().refusal(300, 7, winsock.StatusSharingViolation), outcome: report.NotExhausted, has: []string{"lookalike-0xc0000043"}},
		{name: "an address that is none is no exhaustion", trace: healthy().refusal(300, 7, winsock.StatusInvalidAddressComponent), outcome: report.NotExhausted, has: []string{"lookalike-0xc0000207"}},
		{name: "the driver tells of it alone", trace: healthy().with(step{300, acquireFailed()}), outcome: report.Exhausted, victims: []int{}, has: []string{"tcpip-port-acquire-failed"}, not: []string{witness}},
		{name: "a weak reference alone", trace: healthy().with(step{300, winsock.Fact{Op: winsock.OpWeakReference, ID: 1195, Port: 50000}}), has: []string{"tcpip-weak-reference"}, outcome: report.Inconclusive},
		{name: "only failures that are others", trace: (&story{}).refusal(1, 7, alike).refusal(300, 7, memory), outcome: report.Inconclusive},
		{
			name: "a stated port refused is not explained", outcome: report.Inconclusive, victims: []int{}, has: []string{"afd-bind-0x209-fixed-port"}, not: []string{witness},
			trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 0, 8080, 0)}, step{302, bind(procA, sock1, 1, 8080, refused)}),
		},
		{
			name: "a stated port refused beside a witness", outcome: report.Exhausted, victims: []int{9}, has: []string{"afd-bind-0x209-fixed-port", witness},
			trace: healthy().refusal(310, 9, refused).with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 0, 8080, 0)}, step{302, bind(procA, sock1, 1, 8080, refused)}),
		},
		{
			name: "a witness of UDP", outcome: report.Exhausted, victims: []int{7}, has: []string{witness},
			trace: healthy().with(overUDP([]step{{300, create(procA, sock1, 7)}, {301, bind(procA, sock1, 0, 0, 0)}, {302, bind(procA, sock1, 1, 0, refused)}})...),
		},
		{
			name: "a witness at connect", outcome: report.Exhausted, victims: []int{7}, has: []string{"afd-connect-0x209"}, not: []string{witness},
			trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 0, 0, 0)}, step{302, bind(procA, sock1, 1, 0, 0)}, step{303, connect(procA, sock1, 0, 0)}, step{304, connect(procA, sock1, 1, refused)}),
		},
		{
			name: "a connect after a refused bind is the same attempt", outcome: report.Exhausted, has: []string{witness}, not: []string{"afd-connect-0x209"},
			trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 0, 0, 0)}, step{302, bind(procA, sock1, 1, 0, refused)}, step{303, connect(procA, sock1, 1, refused)}),
		},
		{
			name: "a witness over IPv6", outcome: report.Exhausted, victims: []int{7}, has: []string{witness},
			trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, address(bind(procA, sock1, 0, 0, 0), "[::]:0")}, step{302, address(bind(procA, sock1, 1, 0, refused), "[::]:0")}),
		},
		{
			name: "a 32-bit machine", outcome: report.Exhausted, victims: []int{7}, has: []string{witness},
			trace: healthy().with(step{300, create(proc32, sock32, 7)}, step{301, bind(proc32, sock32, 0, 0, 0)}, step{302, bind(proc32, sock32, 1, 0, refused)}),
		},
		{name: "deferred binds prove nothing", trace: deferred(), outcome: report.Inconclusive, not: []string{succeed}},
	}
}

// deferred binds are given their port at connect.
func deferred() *story {
	s := &story{}
	for at := 0.0; at <= storyLength; at += 10 {
		s.opened(at, 50, 0, true)
	}
	return s
}

func acquireFailed() winsock.Fact {
	return winsock.Fact{Op: winsock.OpPortFailure, ID: 1006, EnterExit: 1, Status: refused, Transport: winsock.TransportTCP, PID: 7, HasPID: true}
}

// identityRows are situations in which addresses and numbers are used again.
func identityRows() []situationRow {
	return []situationRow{
		{
			name: "an EPROCESS used again by another process", outcome: report.Exhausted, victims: []int{7, 9},
			trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 1, 0, refused)}, step{302, closing(procA, sock1)},
				step{303, create(procA, sock2, 9)}, step{304, bind(procA, sock2, 1, 0, refused)}),
		},
		{
			name: "a PID used again by another process", outcome: report.Exhausted, victims: []int{7},
			trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 1, 0, refused)}, step{302, closing(procA, sock1)},
				step{303, create(procB, sock2, 7)}, step{304, bind(procB, sock2, 1, 0, refused)}),
		},
		{
			name: "an endpoint used again without a close", outcome: report.Exhausted, victims: []int{7}, holders: []int{7},
			trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 0, 0, 0)}, step{302, bind(procA, sock1, 1, 50000, 0)},
				step{303, create(procA, sock1, 7)}, step{304, bind(procA, sock1, 0, 0, 0)}, step{305, bind(procA, sock1, 1, 50001, 0)},
				step{306, create(procA, sock2, 7)}, step{307, bind(procA, sock2, 1, 0, refused)}),
		},
		{name: "no create seen: a victim without a PID", trace: healthy().with(step{300, bind(procA, sock1, 0, 0, 0)}, step{301, bind(procA, sock1, 1, 0, refused)}), outcome: report.Exhausted, victims: []int{-1}},
		{name: "an enter alone that failed", trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 0, 0, refused)}, step{303, closing(procA, sock1)}), outcome: report.Exhausted, victims: []int{7}},
		{name: "an exit alone", trace: healthy().with(step{300, create(procA, sock1, 7)}, step{301, bind(procA, sock1, 1, 0, refused)}), outcome: report.Exhausted, victims: []int{7}},
		{name: "who holds is not who is hurt", trace: healthy().leaking(4242, 900).refusal(599, 7, refused), outcome: report.Exhausted, holders: []int{4242}, victims: []int{7}, has: []string{"trace-socket-leak"}},
		{name: "who holds most is hurt too", trace: healthy().leaking(4242, 900).refusal(599, 4242, refused), outcome: report.Exhausted, holders: []int{4242}, victims: []int{4242}},
		{name: "a leak that fills the pool in as long again", trace: healthy().leaking(4242, 300), texts: []string{rangeText(49152, 500)}, outcome: report.Likely, holders: []int{4242}, has: []string{"trace-socket-leak", "range-small"}},
		{name: "a leak of an assumed range", trace: healthy().leaking(4242, 300), outcome: report.Inconclusive, has: []string{"trace-socket-leak", "range-unknown"}},
		{name: "a leak far from full", trace: healthy().leaking(4242, 300), texts: []string{rangeText(49152, 16384)}, outcome: report.NotExhausted, has: []string{"trace-socket-leak", succeed}},
		{name: "ports outside the range told", trace: healthy(), texts: []string{rangeText(1025, 3976)}, outcome: report.Inconclusive, has: []string{"contradiction-range"}},
	}
}

// logRows are situations of the System log, alone and beside a trace.
func logRows(t *testing.T) []situationRow {
	log := func(events ...evtxgen.Record) [][]byte { return [][]byte{systemLog(t, events...)} }
	return []situationRow{
		{name: "4231 alone", logs: log(event(300, 4231, tcpipSource)), outcome: report.Exhausted, victims: []int{}, holders: []int{}, has: []string{"evtx-4231"}},
		{name: "4266 alone", logs: log(event(300, 4266, tcpipSource)), outcome: report.Exhausted, has: []string{"evtx-4266"}},
		{name: "4227 alone is pressure", logs: log(event(300, 4227, tcpipSource)), outcome: report.Inconclusive, has: []string{"evtx-4227"}},
		{name: "16002 alone", logs: log(event(300, 16002, "AFD")), outcome: report.Inconclusive, has: []string{"evtx-afd-16002"}},
		{name: "a silent log alone", logs: log(), outcome: report.Inconclusive},
		{name: "symptoms alone", logs: log(event(300, 5719, "NETLOGON"), event(301, 1054, groupPolicy)), outcome: report.Inconclusive, not: []string{"evtx-symptom"}},
		{name: "4231 of another provider", logs: log(event(300, 4231, "ESENT")), outcome: report.Inconclusive, not: []string{"evtx-4231"}},
		{name: "a witness and 4231 near it", trace: healthy().refusal(300, 7, refused), logs: log(event(320, 4231, tcpipSource)), outcome: report.Exhausted, confidence: report.Proven, victims: []int{7}, has: []string{witness, "evtx-4231"}},
		{name: "a witness and 4231 far from it", trace: healthy().refusal(10, 7, refused), logs: log(event(-1200, 4231, tcpipSource)), outcome: report.Exhausted, confidence: report.Moderate},
		{name: "a healthy trace and 4231 in its time", trace: healthy(), logs: log(event(300, 4231, tcpipSource)), outcome: report.Exhausted, has: []string{"evtx-4231", succeed}},
		{name: "a healthy trace and a 4231 of the day before yesterday", trace: healthy(), logs: [][]byte{logOf(t, -3*86400, 4200, event(-2*86400, 4231, tcpipSource))}, outcome: report.NotExhausted, not: []string{"evtx-4231"}},
		{name: "a healthy trace and 4231 twenty minutes later", trace: healthy(), logs: log(event(storyLength+1200, 4231, tcpipSource)), outcome: report.NotExhausted},
		{name: "a healthy trace and 4227", trace: healthy(), logs: log(event(300, 4227, tcpipSource)), outcome: report.Inconclusive, has: []string{"evtx-4227"}},
		{name: "a log that ends before the trace", trace: healthy(), logs: [][]byte{logOf(t, -7200, -3600)}, outcome: report.NotExhausted, has: []string{"evtx-does-not-cover"}},
		{name: "a cleared log", logs: log(event(200, 104, eventLogClear), event(300, 4231, tcpipSource)), outcome: report.Exhausted, has: []string{"evtx-cleared", "evtx-4231"}},
		{name: "symptoms near a witness", trace: healthy().refusal(300, 7, refused), logs: log(event(330, 5719, "NETLOGON")), outcome: report.Exhausted, has: []string{"evtx-symptom"}},
		{name: "symptoms in a healthy trace", trace: healthy(), logs: log(event(300, 5719, "NETLOGON")), outcome: report.NotExhausted, has: []string{"other-cause"}, not: []string{"evtx-symptom"}},
		{name: "a start in the window", logs: log(event(200, 6005, eventLogSource), event(300, 4231, tcpipSource)), outcome: report.Exhausted, has: []string{"evtx-restart"}},
		{name: "4231 in a log of another channel", logs: [][]byte{logInChannel(t, "Application")}, outcome: report.Inconclusive, not: []string{"evtx-4231"}},
	}
}

func logInChannel(t *testing.T, channel string) []byte {
	t.Helper()
	r := event(300, 4231, tcpipSource)
	r.Channel = channel
	data, err := (&evtxgen.Log{Records: []evtxgen.Record{r}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// textRows are situations of saved texts, alone and beside a log.
func textRows(t *testing.T) []situationRow {
	const q, plain = "netstat -anoq", "netstat -ano"
	small := rangeText(50000, 300)
	log := func(events ...evtxgen.Record) [][]byte { return [][]byte{systemLog(t, events...)} }
	return []situationRow{
		{name: "a full table and 4227 near it", texts: []string{small, table(300, q, rowsOf(7, 50000, 300, "ESTABLISHED"))}, logs: log(event(200, 4227, tcpipSource)), outcome: report.Exhausted, holders: []int{7}, has: []string{"pool-full"}},
		{name: "a full table and 4227 far from it", texts: []string{small, table(300, q, rowsOf(7, 50000, 300, "ESTABLISHED"))}, logs: log(event(-1200, 4227, tcpipSource)), outcome: report.Likely, has: []string{"pool-full"}},
		{name: "a full table and symptoms of two sources", texts: []string{small, table(300, q, rowsOf(7, 50000, 300, "ESTABLISHED"))}, logs: log(event(310, 5719, "NETLOGON"), event(320, 1054, groupPolicy)), outcome: report.Exhausted},
		{name: "a full table and symptoms of one source", texts: []string{small, table(300, q, rowsOf(7, 50000, 300, "ESTABLISHED"))}, logs: log(event(310, 5719, "NETLOGON"), event(320, 5719, "NETLOGON")), outcome: report.Likely},
		{name: "a full table alone", texts: []string{small, table(300, q, rowsOf(7, 50000, 300, "ESTABLISHED"))}, outcome: report.Likely, holders: []int{7}, has: []string{"pool-full"}},
		{name: "a full table without -q", texts: []string{small, table(300, plain, rowsOf(7, 50000, 300, "CLOSE_WAIT"))}, outcome: report.Likely, has: []string{"pool-full", "close-wait-pile"}},
		{name: "a full table of an assumed range", texts: []string{table(300, q, rowsOf(7, 49152, 16384, "ESTABLISHED"))}, outcome: report.Inconclusive, has: []string{"range-unknown"}, not: []string{"pool-full"}},
		{name: "most ports and 4227", texts: []string{small, table(300, q, rowsOf(7, 50000, 270, "ESTABLISHED"))}, logs: log(event(200, 4227, tcpipSource)), outcome: report.Likely, has: []string{pressure, "evtx-4227"}},
		{name: "most ports alone", texts: []string{small, table(300, q, rowsOf(7, 50000, 270, "ESTABLISHED"))}, outcome: report.Inconclusive, has: []string{pressure}},
		{name: "few ports, -q, a silent log", texts: []string{small, table(300, q, rowsOf(7, 50000, 20, "ESTABLISHED"), "  UDP    0.0.0.0:123   *:*   7\r\n")}, logs: log(), outcome: report.NotExhausted, not: []string{pressure}},
		{name: "few ports, -q, no UDP, a silent log", texts: []string{small, table(300, q, rowsOf(7, 50000, 20, "ESTABLISHED"))}, logs: log(), outcome: report.Inconclusive},
		{name: "few ports, no -q, a silent log", texts: []string{small, table(300, plain, rowsOf(7, 50000, 20, "ESTABLISHED"))}, logs: log(), outcome: report.Inconclusive},
		{name: "few ports, -q, no log", texts: []string{small, table(300, q, rowsOf(7, 50000, 20, "ESTABLISHED"))}, outcome: report.Inconclusive},
		{name: "few ports, -q, no zone", texts: []string{small, table(300, q, rowsOf(7, 50000, 20, "ESTABLISHED"))}, logs: log(), unzoned: true, outcome: report.Inconclusive},
		{name: "few ports, -q, no range", texts: []string{table(300, q, rowsOf(7, 50000, 20, "ESTABLISHED"))}, logs: log(), outcome: report.Inconclusive, has: []string{"range-unknown"}},
		{name: "few ports, -q, a log that does not cover", texts: []string{small, table(300, q, rowsOf(7, 50000, 20, "ESTABLISHED"))}, logs: [][]byte{logOf(t, -7200, -3600)}, outcome: report.Inconclusive},
		{name: "few ports, -q, filtered rows", texts: []string{small, moment(300).Format("2006-01-02 15:04:05") + "\r\n" + rowsOf(7, 50000, 20, "ESTABLISHED")}, logs: log(), outcome: report.Inconclusive},
		{name: "an excluded range makes the pool full", texts: []string{small, "\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n     50100       50299\r\n", table(300, q, rowsOf(7, 50000, 100, "ESTABLISHED"))}, outcome: report.Likely, has: []string{"range-excluded", "pool-full"}},
		{name: "ports bound and connected to nothing", texts: []string{small, table(300, q, rowsOf(7, 50000, 200, "BOUND"))}, outcome: report.Inconclusive, holders: []int{7}, has: []string{"bound-leak"}},
		{name: "ports bound with a twin", texts: []string{small, table(300, q, rowsOf(7, 50000, 100, "BOUND"), rowsOf(7, 50000, 100, "ESTABLISHED"))}, outcome: report.Inconclusive, not: []string{"bound-leak"}},
		{name: "ports in TIME_WAIT", texts: []string{small, table(300, q, rowsOf(0, 50000, 120, "TIME_WAIT"))}, outcome: report.Inconclusive, holders: []int{}, has: []string{"time-wait-churn"}},
		{name: "all ports towards one endpoint", texts: []string{small, table(300, q, rowsOf(7, 50000, 250, "ESTABLISHED"))}, outcome: report.Inconclusive, has: []string{"tuple-exhaustion"}},
		{name: "tables that grow to the pool in as long again", texts: []string{small, table(0, plain, rowsOf(7, 50000, 20, "ESTABLISHED")) + table(300, plain, rowsOf(7, 50000, 100, "ESTABLISHED")) + table(600, plain, rowsOf(7, 50000, 180, "ESTABLISHED"))}, outcome: report.Likely, holders: []int{7}, has: []string{"snapshot-growth"}},
		{name: "tables that grow, far from full", texts: []string{rangeText(49152, 16384), table(0, plain, rowsOf(7, 50000, 20, "ESTABLISHED")) + table(300, plain, rowsOf(7, 50000, 100, "ESTABLISHED")) + table(600, plain, rowsOf(7, 50000, 180, "ESTABLISHED"))}, outcome: report.Inconclusive, has: []string{"snapshot-growth"}},
		{name: "a command that was not elevated", texts: []string{"The requested operation requires elevation.\r\n"}, outcome: report.Inconclusive, holders: []int{}},
		{name: "a witness and a full table of its minute", trace: healthy().refusal(300, 7, refused), texts: []string{small, table(310, q, rowsOf(9, 50000, 300, "ESTABLISHED"))}, outcome: report.Exhausted, confidence: report.Proven, holders: []int{9}, victims: []int{7}},
		{name: "a witness and a table of its minute with few ports", trace: healthy().refusal(300, 7, refused), texts: []string{small, table(310, q, rowsOf(9, 50000, 20, "ESTABLISHED"))}, outcome: report.Exhausted, confidence: report.Moderate, has: []string{"contradiction-table"}},
		{name: "a witness and a table of later with few ports", trace: healthy().refusal(300, 7, refused), texts: []string{rangeText(49152, 16384), table(500, q, rowsOf(9, 50000, 20, "ESTABLISHED"))}, outcome: report.Exhausted, confidence: report.Strong, not: []string{"contradiction-table"}},
		{
			name: "the trace and the table name different holders", trace: healthy().leaking(4242, 300).refusal(599, 7, refused), outcome: report.Exhausted, holders: []int{4242, 9},
			texts: []string{rangeText(49152, 1000), table(610, q, rowsOf(9, 49152, 200, "ESTABLISHED"))}, has: []string{"holders-differ"},
		},
		{
			name: "the trace and the table name the same holder", trace: healthy().leaking(4242, 300).refusal(599, 7, refused), outcome: report.Exhausted, holders: []int{4242},
			texts: []string{rangeText(49152, 1000), table(610, q, rowsOf(4242, 49152, 300, "BOUND"))}, not: []string{"holders-differ"},
		},
		{name: "more connections than ports", texts: []string{small, table(300, q, manyPeers(7, 50000, 200, 2))}, outcome: report.Inconclusive, has: []string{"port-sharing"}, not: []string{"pool-full"}},
		{name: "4231 and a full table of its minute", logs: log(event(300, 4231, tcpipSource)), texts: []string{small, table(310, q, rowsOf(9, 50000, 300, "ESTABLISHED"))}, outcome: report.Exhausted, confidence: report.Proven, holders: []int{9}},
		{name: "a witness and an assumed range", trace: healthy().refusal(300, 7, refused), outcome: report.Exhausted, confidence: report.Moderate, has: []string{"range-unknown"}},
		{name: "a witness and a range that is told", trace: healthy().refusal(300, 7, refused), texts: []string{rangeText(49152, 16384)}, outcome: report.Exhausted, confidence: report.Strong},
	}
}

// manyPeers are connections that share ports, of each port as many.
func manyPeers(pid, from, ports, each int) string {
	var b strings.Builder
	for i := range ports {
		for n := range each {
			fmt.Fprintf(&b, "  TCP    10.0.0.5:%d   198.51.100.%d:443   ESTABLISHED   %d\r\n", from+i, n+1, pid)
		}
	}
	return b.String()
}

// hostRows are situations of the texts about the machine, and of odd clocks.
func hostRows(t *testing.T) []situationRow {
	handles := "\r\nHandles  NPM(K)     Id  SI ProcessName\r\n-------  ------     --  -- -----------\r\n  31875      54   4242   0 LeakyService\r\n"
	key := "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    MaxUserPort    REG_DWORD    0xfffe\r\n    TcpTimedWaitDelay    REG_DWORD    0x1e\r\n"
	group := "\r\nCount Name                      ProcessName       Group\r\n----- ----                      -----------       -----\r\n15980 Bound, 4242               leaky             {MSFT_NetTCPConnection (Insta...\r\n"
	otherHost := "Host Name:   OTHER\r\nOS Name:     Windows\r\nOS Version:  10.0.17763 N/A Build 17763\r\n"
	jump := event(300, clockChange, kernelGeneral)
	jump.Named, jump.Data = []string{"NewTime", "OldTime"}, []string{"2025-08-19T10:00:00.0000000Z", "2025-08-19T08:00:00.0000000Z"}
	return []situationRow{
		{name: "very many handles", texts: []string{handles}, outcome: report.Inconclusive, holders: []int{}, has: []string{"handles-suspicious"}},
		{name: "registry values", texts: []string{key}, outcome: report.Inconclusive, has: []string{"maxuserport-ignored", "time-wait-delay"}},
		{name: "counts of a tool", texts: []string{group}, outcome: report.Inconclusive, holders: []int{}, has: []string{"saved-counts"}},
		{name: "a healthy trace and another machine's systeminfo", trace: healthy(), logs: [][]byte{systemLog(t)}, texts: []string{otherHost}, outcome: report.Inconclusive},
		{name: "a healthy trace and the same machine's systeminfo", trace: healthy(), logs: [][]byte{systemLog(t)}, texts: []string{strings.ReplaceAll(otherHost, "OTHER", "host1")}, outcome: report.NotExhausted},
		{name: "a witness, 4231 and another machine's systeminfo", trace: healthy().refusal(300, 7, refused), logs: [][]byte{systemLog(t, event(310, 4231, tcpipSource))}, texts: []string{otherHost}, outcome: report.Exhausted, confidence: report.Moderate},
		{name: "the clock was changed", logs: [][]byte{systemLog(t, jump, event(320, 4231, tcpipSource))}, outcome: report.Exhausted, has: []string{"evtx-clock-change"}},
	}
}

func TestSituations(t *testing.T) {
	rows := slices.Concat(traceRows(), identityRows(), logRows(t), textRows(t), hostRows(t))
	if len(rows) < 60 {
		t.Errorf("%d situations", len(rows))
	}
	seen := map[string]int{}
	defer func() { everyRuleIsTried(t, seen, len(rows)) }()
	for _, row := range rows {
		t.Run(strings.ReplaceAll(row.name, " ", "-"), func(t *testing.T) {
			zone := time.UTC
			if row.unzoned {
				zone = nil
			}
			r := judged(t, row.trace, row.logs, row.texts, zone)
			for _, f := range r.Findings {
				seen[f.ID]++
			}
			checkSituation(t, &row, r)
		})
	}
}

// everyRuleIsTried: each rule makes its finding in some situation and not in another.
func everyRuleIsTried(t *testing.T, seen map[string]int, rows int) {
	t.Helper()
	for _, e := range Explain() {
		if n := seen[e.ID]; n == 0 || n == rows {
			t.Errorf("%s is found in %d of %d situations", e.ID, n, rows)
		}
	}
}

func checkSituation(t *testing.T, row *situationRow, r *report.Report) {
	t.Helper()
	v := &r.Verdict
	if v.Outcome != row.outcome || row.confidence != "" && v.Confidence != row.confidence {
		t.Errorf("%s %s, want %s %s: %q", v.Outcome, v.Confidence, row.outcome, row.confidence, v.Reasons)
	}
	var holders, victims []int
	for _, h := range v.Holders {
		holders = append(holders, h.PID)
	}
	for _, h := range v.Victims {
		victims = append(victims, h.PID)
	}
	slices.Sort(victims)
	// The holder that is named first is the one that is accused.
	if row.holders != nil && !slices.Equal(holders[:min(len(holders), len(row.holders))], row.holders) || row.holders != nil && len(row.holders) == 0 && len(holders) > 0 {
		t.Errorf("holders %v, want %v first", holders, row.holders)
	}
	if row.victims != nil && !slices.Equal(victims, row.victims) && len(victims)+len(row.victims) > 0 {
		t.Errorf("victims %v, want %v", victims, row.victims)
	}
	for _, id := range row.has {
		if finding(r, id) == nil {
			t.Errorf("%s is missing", id)
		}
	}
	for _, id := range row.not {
		if finding(r, id) != nil {
			t.Errorf("%s is there", id)
		}
	}
}
