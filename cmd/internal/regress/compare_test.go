package regress

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// two is a report of two pools: one PID holds ports of both and was refused in both, in
// two episodes of TCP; the sum of an image stands beside its members.
func two() *report.Report {
	used := 300
	return &report.Report{
		SchemaVersion: report.SchemaVersion,
		Verdict: report.Verdict{
			Outcome: report.Exhausted, Confidence: report.Strong, Transport: "tcp", Cause: report.CauseLeak,
			Pools: []report.Pool{
				{Host: "A", Transport: "tcp", Family: "ipv4", Start: 50000, Count: 310, Capacity: 300, Used: &used, Outcome: report.Exhausted, Confidence: report.Strong, Cause: report.CauseLeak, Episodes: []int{0, 2}},
				{Host: "A", Transport: "tcp", Family: "ipv6", Start: 60000, Count: 255, Capacity: 255, Outcome: report.Inconclusive, Confidence: report.Weak},
				{Host: "A", Transport: "udp", Family: "any", Start: 50000, Count: 255, Capacity: 255, Outcome: report.NotExhausted, Confidence: report.Moderate},
			},
			Windows: []report.Window{{Transport: "tcp"}, {Transport: "udp"}, {Transport: "tcp"}},
			Holders: []report.Holder{
				{Host: "A", Transport: "tcp", Window: 0, PID: 4242, Image: "leaky.exe", Instances: 1, Ports: 290, Named: true},
				{Host: "A", Transport: "tcp", Window: 2, PID: 4242, Image: "leaky.exe", Instances: 1, Ports: 120},
				{Host: "A", Transport: "tcp", Window: 2, PID: 0, Image: "chrome.exe", Instances: 3, Ports: 170, Named: true},
				{Host: "A", Transport: "tcp", Window: 2, PID: 7300, Image: "chrome.exe", Instances: 1, Ports: 70},
				{Host: "A", Transport: "udp", Window: 1, PID: 1888, Image: "svchost.exe", Instances: 1, Ports: 255, Named: true},
			},
			Victims: []report.Victim{
				{Host: "A", Transport: "tcp", PID: 1888, Image: "svchost.exe", Failures: 12},
				{Host: "A", Transport: "udp", PID: 1888, Image: "svchost.exe", Failures: 5},
				{Host: "A", Transport: "tcp", PID: report.NoPID, ProcessKey: "0xFF", Failures: 2},
			},
		},
	}
}

// Each key of expect: met, not met, and about something that is not there.
func TestExpect(t *testing.T) {
	const all = "holders: [{pid: 4242}, {pid: 0, image: chrome.exe}, {pid: 1888, transport: udp}], victims: [{pid: 1888}, {image: ''}], only: true"
	for _, tt := range []struct {
		expect string
		want   []string
	}{
		{"transport: tcp", nil},
		{"transport: udp", []string{"transport: expected udp, found tcp"}},
		{"cause: leak", nil},
		{"cause: churn", []string{"cause: expected churn, found leak"}},
		{"cause: ''", []string{"cause: expected none, found leak"}},
		{"windows: 3", nil},
		{"windows: 1", []string{"windows: expected 1, found 3"}},
		{"windows: 0", []string{"windows: expected 0, found 3"}},

		{"pools: [{transport: tcp, used: 300, capacity: 300, start: 50000, count: 310, outcome: exhausted, confidence: strong, cause: leak, windows: 2, host: A, family: ipv4}]", nil},
		{"pools: [{transport: tcp, capacity: 255}, {transport: udp, cause: ''}]", nil},
		{"pools: [{transport: tcp, used: 300, capacity: 512}]", []string{"pool tcp capacity: expected 512, found 300"}},
		{
			"pools: [{transport: udp, outcome: exhausted, windows: 1, used: 4, cause: leak, confidence: weak, start: 1, count: 2}]",
			[]string{
				"pool udp start: expected 1, found 50000", "pool udp count: expected 2, found 255", "pool udp used: expected 4, found that nothing tells it",
				"pool udp outcome: expected exhausted, found not-exhausted", "pool udp confidence: expected weak, found moderate",
				`pool udp cause: expected leak, found ""`, "pool udp windows: expected 1, found 0",
			},
		},
		{"pools: [{transport: tcp, host: B}]", []string{"pool tcp of B: expected there, found no such pool"}},
		{"pools: [{transport: udp, family: ipv6}]", []string{"pool udp ipv6: expected there, found no such pool"}},

		{"holders: [{pid: 4242, ports: 290, named: true}, {pid: 4242, ports: 120, named: false}]", nil},
		{"holders: [{pid: 4242, ports: 290, named: false}]", []string{"holder 4242 named: expected false, found true"}},
		{"holders: [{pid: 4242, transport: tcp, image: leaky.exe, host: A}]", nil},
		{"holders: [{pid: 4242, transport: udp}]", []string{"holder 4242 of udp: expected there, found not among the holders"}},
		{"holders: [{pid: 4242, host: B}]", []string{"holder 4242 on B: expected there, found not among the holders"}},
		{"holders: [{pid: 0, image: chrome.exe, instances: 3, ports: 170}, {image: svchost.exe, ports: 255}]", nil},
		{"holders: [{pid: 0, image: chrome.exe, instances: 4}]", []string{"holder 0 chrome.exe instances: expected 4, found 3"}},
		{"holders: [{pid: 0, image: leaky.exe}]", []string{"holder 0 leaky.exe: expected there, found not among the holders"}},

		{"victims: [{pid: 1888, failures: 17}, {pid: 1888, failures: 5, transport: udp}, {pid: 1888, failures: 12, transport: tcp, image: svchost.exe}]", nil},
		{"victims: [{pid: 1888, failures: 12}]", []string{"victim 1888 failures: expected 12, found 17"}},
		{"victims: [{pid: 1888, failures: 17, image: other.exe}]", []string{"victim 1888 image: expected other.exe, found svchost.exe"}},
		{"victims: [{pid: 4242}]", []string{"victim 4242: expected there, found not among the victims"}},
		{"victims: [{pid: 1888, transport: unknown}]", []string{"victim 1888 of unknown: expected there, found not among the victims"}},

		{all, nil},
		{strings.Replace(all, ", {pid: 1888, transport: udp}", "", 1), []string{"holder: expected nobody else to be named, found 1888 (svchost.exe) of udp"}},
		{strings.Replace(all, "transport: udp", "transport: tcp", 1), []string{
			"holder 1888 of tcp: expected there, found not among the holders", "holder: expected nobody else to be named, found 1888 (svchost.exe) of udp",
		}},
		{strings.Replace(all, ", {image: ''}", "", 1), []string{"victim: expected nobody else, found a process without a PID of tcp"}},
		{strings.Replace(all, "{pid: 1888}, {image", "{pid: 1888, transport: tcp}, {image", 1), []string{"victim: expected nobody else, found 1888 (svchost.exe) of udp"}},
		{strings.Replace(all, "only: true", "only: false", 1) + ", windows: 3", nil},
		{"only: true", []string{
			"holder: expected nobody else to be named, found 4242 (leaky.exe) of tcp", "holder: expected nobody else to be named, found 0 (chrome.exe) of tcp",
			"holder: expected nobody else to be named, found 1888 (svchost.exe) of udp",
			"victim: expected nobody else, found 1888 (svchost.exe) of tcp", "victim: expected nobody else, found 1888 (svchost.exe) of udp", "victim: expected nobody else, found a process without a PID of tcp",
		}},
	} {
		c, err := parseCase([]byte(head + "expect: {exit: 3, " + tt.expect + "}\n"))
		if err != nil {
			t.Errorf("%s: %v", tt.expect, err)
			continue
		}
		if d := cmp.Diff(tt.want, c.Expect.compare(two(), 3, nil)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.expect, d)
		}
	}
}

// What a report has to tell is not met by having none, whichever key asks for it.
func TestExpectWithoutReport(t *testing.T) {
	for _, key := range []string{
		"outcome: likely", "confidence: weak", "transport: tcp", "cause: leak", "cause: ''", "windows: 0", "pools: [{transport: tcp}]",
		"holders: [{pid: 4}]", "victims: [{pid: 4}]", "only: true", "findings: {evtx-4231: 1}", "absent: [evtx-4231]",
	} {
		c, err := parseCase([]byte(head + "expect: {exit: 1, " + key + "}\n"))
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(key, ":")
		want := []string{"report: expected one that tells of " + name + ", found no report"}
		if d := cmp.Diff(want, c.Expect.compare(nil, 1, nil)); d != "" {
			t.Errorf("%s (-want +got):\n%s", key, d)
		}
	}
}

// Keys and words that could never be met are refused, and a key is refused with its line.
func TestExpectRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"expect:\n  exit: 3\n  transports: tcp\n":                                   "case.yaml: line 7: the key transports is not known here",
		"expect:\n  exit: 3\n  pools:\n    - {transport: tcp, used: 1, ports: 2}\n": "case.yaml: line 8: the key ports is not known here",
		"expect:\n  exit: 3\n  holders:\n    - {pid: 1}\n    - {pid: 4, port: 2}\n": "case.yaml: line 9: the key port is not known here",
		"expect:\n  exit: 3\n  only: perhaps\n":                                     "case.yaml: line 7: cannot unmarshal !!str `perhaps` into bool",
		"expect: {exit: 3, transport: sctp}\n":                                      `case.yaml: expect: transport "sctp" is not known; it is one of ["tcp" "udp" "unknown"]`,
		"expect: {exit: 3, cause: leek}\n":                                          `case.yaml: expect: cause "leek" is not known; it is one of ["" "leak" "stuck-close" "churn" "burst" "small-range" "by-design" "per-peer" "server-side" "not-ports" "unknown"]`,
		"expect: {outcome: fine}\n":                                                 `case.yaml: expect: outcome "fine" is not known; it is one of ["exhausted" "likely" "not-exhausted" "inconclusive"]`,
		"expect: {exit: 3, confidence: sure}\n":                                     `case.yaml: expect: confidence "sure" is not known; it is one of ["proven" "strong" "moderate" "weak"]`,
		"expect: {exit: 3, windows: -1}\n":                                          "case.yaml: expect: windows -1 is no number of episodes",
		"expect: {exit: 3, pools: [{used: 3}]}\n":                                   `case.yaml: expect: pools[0].transport "" is not known; it is one of ["tcp" "udp"]`,
		"expect: {exit: 3, pools: [{transport: tcp, outcome: x}]}\n":                `case.yaml: expect: pools[0].outcome "x" is not known; it is one of ["exhausted" "likely" "not-exhausted" "inconclusive"]`,
		"expect: {exit: 3, pools: [{transport: tcp, confidence: x}]}\n":             `case.yaml: expect: pools[0].confidence "x" is not known; it is one of ["proven" "strong" "moderate" "weak"]`,
		"expect: {exit: 3, holders: [{ports: 3}]}\n":                                "case.yaml: expect: holders[0] needs a pid or an image",
		"expect: {exit: 3, victims: [{pid: 3, transport: x}]}\n":                    `case.yaml: expect: victims[0].transport "x" is not known; it is one of ["tcp" "udp" "unknown"]`,
		"expect: {exit: 3, victims: [{pid: 3, ports: 1}]}\n":                        "case.yaml: expect: victims[0]: victims have failures, no ports, and none is named or a sum",
		"expect: {exit: 3, victims: [{pid: 3, named: true}]}\n":                     "case.yaml: expect: victims[0]: victims have failures, no ports, and none is named or a sum",
	} {
		if _, err := parseCase([]byte(head + text)); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}
