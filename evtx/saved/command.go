package saved

import (
	"bytes"
	"regexp"
)

// asked is the one provider that a command asks Get-WinEvent or Get-EventLog for:
// -ProviderName Tcpip, ProviderName='Tcpip' in a filter, or -Source Tcpip.
var (
	command = regexp.MustCompile(`(?i)\bget-(?:winevent|eventlog)\b`)
	asked   = regexp.MustCompile(`(?i)(?:-ProviderName\s+|\bProviderName\s*=\s*|-Source\s+)(?:'([^']+)'|"([^"]+)"|([\w.-]+))\s*(,?)`)
)

// noteCommand reads the echo of a command. What it lists below comes from the provider
// it asked for, whether or not that is printed, up to the next prompt.
func (r *Reader) noteCommand() {
	if bytes.HasPrefix(r.text, []byte("PS ")) || len(r.text) > 3 && string(r.text[1:3]) == `:\` {
		r.asked = ""
	}
	if !bytes.Contains(r.text, []byte("et-")) || len(r.text) > 4096 || !command.Match(r.text) {
		return
	}
	r.asked = ""
	if all := asked.FindAllStringSubmatch(string(r.text), 2); len(all) == 1 && all[0][4] == "" {
		r.asked = all[0][1] + all[0][2] + all[0][3]
	}
}
