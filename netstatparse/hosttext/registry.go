package hosttext

import (
	"slices"
	"strconv"
	"strings"

	"portverdict/netstatparse/pstext"
)

// registryNames are the values kept of Tcpip\Parameters.
var registryNames = map[string]string{
	"maxuserport": "MaxUserPort", "tcptimedwaitdelay": "TcpTimedWaitDelay", "tcpnumconnections": "TcpNumConnections",
	"maxfreetcbs": "MaxFreeTcbs", "enabledynamicbacklog": "EnableDynamicBacklog", "stricttimewaitseqcheck": "StrictTimeWaitSeqCheck",
}

func registryName(name string) string { return known(registryNames, name) }

// ownNames are those that no other key has: `Select-Object MaxUserPort` leaves the key out.
func ownName(name string) bool { return name == "MaxUserPort" || name == "TcpTimedWaitDelay" }

// registryKey is the key that a path names when it is one of TCP/IP's parameters.
func registryKey(path string) string {
	at := strings.Index(strings.ToUpper(path), `HKEY_LOCAL_MACHINE\`)
	if at < 0 {
		if at = strings.Index(strings.ToUpper(path), `HKLM\`); at < 0 {
			return ""
		}
	}
	key := strings.Trim(path[at:], "[] ")
	lower := strings.ToLower(key)
	if !strings.HasSuffix(lower, `\services\tcpip\parameters`) && !strings.HasSuffix(lower, `\services\tcpip6\parameters`) {
		return ""
	}
	return strings.Clone(key)
}

// registryNumber reads "0xdcef" or "56559".
func registryNumber(text string) (uint32, bool) {
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		text, base = hex, 16
	}
	n, err := strconv.ParseUint(text, base, 32)
	return uint32(n), err == nil
}

// takeRegistry reads a key of `reg query` or of a .reg file, and the values below it.
func (p *parser) takeRegistry() bool {
	trimmed := strings.TrimSpace(p.text)
	bare := strings.TrimPrefix(trimmed, "[")
	if strings.HasPrefix(bare, "-HKEY_") { // deletes the key
		p.endTable()
		p.key = ""
		return true
	}
	if strings.HasPrefix(bare, "HKEY_") || strings.HasPrefix(bare, `HKLM\`) {
		p.endTable()
		p.key = registryKey(trimmed)
		return true
	}
	if p.key == "" {
		return false
	}
	name, number := "", ""
	if words := strings.Fields(trimmed); len(words) == 3 && words[1] == "REG_DWORD" {
		name, number = words[0], words[2]
	} else if quoted, value, ok := strings.Cut(trimmed, "=dword:"); ok {
		name, number = strings.Trim(quoted, `"`), "0x"+value
	}
	canonical := registryName(name)
	if canonical == "" {
		return false
	}
	value, ok := registryNumber(number)
	if !ok {
		p.failAt(p.line, "hosttext-value", "%.40q is not a value of 32 bits", number)
		return true
	}
	p.addRegistry(Registry{Key: p.key, Name: canonical, Value: value, Line: p.line})
	return true
}

// startParameters begins a table of PowerShell with values of Tcpip\Parameters.
func (p *parser) startParameters() bool {
	t, ok := pstext.TableOf(p.text, p.above)
	if !ok || !slices.ContainsFunc(t.Names, func(name string) bool { return ownName(registryName(name)) }) {
		return false
	}
	p.table = table{kind: parameterRows, ruled: t}
	return true
}

// takeParameters reads a row of such a table.
func (p *parser) takeParameters() bool {
	values, ok := p.table.ruled.Row(p.text)
	if !ok {
		return false
	}
	key, names := "", p.table.ruled.Names
	if i := slices.IndexFunc(names, func(name string) bool { return fieldOf(name) == pathField }); i >= 0 {
		if key = registryKey(values[i]); key == "" {
			return true
		}
	}
	for i, name := range names {
		if d := (decimal{registryName(name), strings.Clone(values[i]), p.line}); d.text != "" && (key != "" && d.name != "" || d.shown()) {
			p.addDecimal(key, d)
		}
	}
	return true
}

// addDecimal adds a value as PowerShell prints it: a DWORD of 2^31 and above is
// negative there.
func (p *parser) addDecimal(key string, d decimal) {
	n, err := strconv.ParseInt(d.text, 10, 64)
	if err != nil || n < -1<<31 || n >= 1<<32 {
		p.failAt(d.line, "hosttext-value", "%.40q is not a value of 32 bits", d.text)
		return
	}
	r := Registry{Key: key, Name: d.name, Value: uint32(n), Line: d.line}
	if key == "" && !p.mayAdd(&r) {
		return
	}
	p.addRegistry(r)
}

// mayAdd tells that a value without its key is the first of its name. Others of that name
// are of several machines, of which nothing tells whose each is: none is kept then.
func (p *parser) mayAdd(r *Registry) bool {
	for _, old := range p.facts.Registry {
		if old.Key == "" && old.Name == r.Name {
			if old.Value == r.Value {
				return false
			}
			p.keyless = true
		}
	}
	if p.keyless {
		p.facts.Registry = slices.DeleteFunc(p.facts.Registry, func(r Registry) bool { return r.Key == "" })
	}
	return !p.keyless
}

func (p *parser) addRegistry(r Registry) {
	if len(p.facts.Registry) >= maxRegistry {
		p.failAt(r.Line, "hosttext-too-many", "more than %d registry values", maxRegistry)
		return
	}
	p.facts.Registry = append(p.facts.Registry, r)
}
