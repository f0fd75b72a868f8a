package counts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Numbers as tickets hold them, and around them.
func TestPractice(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"quoted":                   {"> C:\\>netstat -ano | find /c \"TIME_WAIT\"\n> 14211\n", []string{"2: 14211 TCP rows TIME_WAIT"}},
		"quoted without a prompt":  {">> (Get-NetTCPConnection -State TimeWait).Count\n>> 14211\n", []string{"2: 14211 TCP rows TIME_WAIT"}},
		"a name for a prompt":      {"SRV01>netstat -ano | find /c \"TIME_WAIT\"\n14211\n", []string{"2: 14211 TCP rows TIME_WAIT"}},
		"in a string of JSON":      {"{\"cmd\": \"netstat -ano | find /c \\\"TIME_WAIT\\\"\", \"stdout\": \"14211\\r\\n\"}\n", []string{"1: 14211 TCP rows TIME_WAIT"}},
		"in a build's log":         {"##[group]Run netstat -ano | find /c \"TIME_WAIT\"\nnetstat -ano | find /c \"TIME_WAIT\"\n##[endgroup]\n14211\n", []string{"4: 14211 TCP rows TIME_WAIT"}},
		"grep -c":                  {"$ netstat.exe -ano | grep -c TIME_WAIT\n14211\n", []string{"2: 14211 TCP rows TIME_WAIT"}},
		"the count expanded":       {"PS C:\\> Get-NetTCPConnection -State TimeWait | measure | select -ExpandProperty Count\n14211\n", []string{"2: 14211 TCP rows TIME_WAIT"}},
		"the answer behind it":     {"netstat -ano | find /c \"TIME_WAIT\" -> 14211\n(Get-NetTCPConnection -State Bound) = 7\n", []string{"1: 14211 TCP rows TIME_WAIT"}},
		"states as properties":     {"{\"TimeWait\": 14211, \"Bound\": 1034, \"Name\": \"x\"}\n", []string{"1: ~14211 TCP rows TIME_WAIT", "1: ~1034 TCP rows BOUND"}},
		"states as columns":        {"Time,TimeWait,Bound\n2026-03-10 10:14:33,14211,1034\n", []string{"2: ~14211 TCP rows TIME_WAIT 2026-03-10T10:14:33", "2: ~1034 TCP rows BOUND 2026-03-10T10:14:33"}},
		"a column of states":       {"State       Count\n-----       -----\nTimeWait    14211\n", []string{"3: 14211 TCP rows TIME_WAIT"}},
		"a table of Markdown":      {"| State | Count |\n|---|---|\n| TimeWait | 14211 |\n", []string{"3: 14211 TCP rows TIME_WAIT"}},
		"a state before a number":  {"TIME_WAIT 14211\n", []string{"1: ~14211 TCP rows TIME_WAIT"}},
		"one property of a ticket": {"{\"Closed\": 5}\n", nil},
	} {
		found, codes := readText(t, c.text)
		var got []string
		for i := range found {
			got = append(got, brief(&found[i]))
		}
		if !cmp.Equal(got, c.want) || codes != nil {
			t.Errorf("%s: errors %v\n%s", name, codes, cmp.Diff(c.want, got))
		}
	}
}
