package sockets

import "strings"

// takeFields reads a line of a list: tcpvcon's below "[TCP] leaky.exe", or CurrPorts'
// "Process Name      : leaky.exe" between lines of equal signs.
func (r *Reader) takeFields(text string) bool {
	if text[0] == '[' {
		head, name, ok := strings.Cut(text[1:], "] ")
		if p := protoOf(head); ok && p != "" && !digits(head) {
			r.endFields()
			r.owner, r.proto, r.first = name, p, r.line
			return true
		}
	}
	if len(text) >= 8 && strings.Trim(text, "=") == "" {
		r.endFields()
		return true
	}
	name, value, ok := strings.Cut(text, ":")
	if !ok || len(name) > 40 {
		return false
	}
	key := bare(name)
	if r.owner != "" {
		switch key {
		case "pid", "state", "local", "remote":
			r.fields[key] = strings.Clone(strings.TrimSpace(value))
			return true
		}
		return false
	}
	return strings.HasSuffix(name, " ") && r.field(key, value)
}

// field keeps a property of an item of CurrPorts.
func (r *Reader) field(key, value string) bool {
	if meaningOf[key] == nothing && key != "localportname" && key != "remotehostname" {
		return false
	}
	if _, again := r.fields[key]; again {
		r.endFields()
	}
	if len(r.fields) == 0 {
		if key != "processname" {
			return false // every item begins with it
		}
		r.first = r.line
	}
	r.fields[key] = strings.Clone(strings.TrimSpace(value))
	return true
}

// takeItem reads a line of CurrPorts' XML, "<process_name>leaky.exe</process_name>".
func (r *Reader) takeItem(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" || text[0] != '<' {
		return false
	}
	if text == "</item>" {
		r.endFields()
		return true
	}
	name, rest, ok := strings.Cut(text[1:], ">")
	value, ok2 := strings.CutSuffix(rest, "</"+name+">")
	if !ok || !ok2 {
		return false
	}
	return r.field(bare(name), unescape.Replace(value))
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

// endFields makes a row of the list that ends.
func (r *Reader) endFields() {
	f := r.fields
	switch {
	case r.owner != "" && f["local"] != "":
		r.addRow(&texts{
			tool: ToolTCPVCon, image: r.owner, proto: r.proto, pid: f["pid"], state: f["state"], local: f["local"], remote: f["remote"], headed: r.banner,
		}, r.first)
	case r.owner == "" && len(f) > 0 && toolOf(func(n string) bool { _, ok := f[n]; return ok }) == ToolCurrPorts:
		var by [meanings]string
		for name, value := range f {
			if m := meaningOf[name]; m != nothing {
				by[m] = value
			}
		}
		t := textsOf(ToolCurrPorts, &by)
		r.addRow(&t, r.first)
	}
	clear(r.fields)
	r.owner = ""
}
