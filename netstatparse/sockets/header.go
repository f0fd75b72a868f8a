package sockets

import (
	"strings"

	"portverdict/netstatparse/pstext"
)

// header is the first line of a table with commas or tabs.
type header struct {
	comma   rune
	tool    string
	columns []meaning
	least   int // fields that a row must have
}

// meaning is what a column or a property says.
type meaning uint8

const (
	nothing meaning = iota
	image
	pid
	proto
	state
	local
	localPort
	remote
	remotePort
	meanings
)

// meaningOf names are those of the tools, in lower case and without anything but letters.
var meaningOf = map[string]meaning{
	"processname": image, "process": image, "owner": image, "name": image, "programname": image,
	"processid": pid, "pid": pid,
	"protocol": proto, "proto": proto, "type": proto,
	"state": state, "status": state,
	"localaddress": local, "localaddr": local, "laddrip": local,
	"localport": localPort, "laddrport": localPort,
	"remoteaddress": remote, "foreignaddress": remote, "foreignaddr": remote, "raddrip": remote,
	"remoteport": remotePort, "foreignport": remotePort, "raddrport": remotePort,
}

// bare is a name without anything but letters, in lower case.
func bare(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		case r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}, name)
}

// toolOf tells by names that no other tool has who wrote a table; "" for none.
func toolOf(has func(name string) bool) string {
	switch {
	case has("localaddr") && has("foreignaddr") && has("proto"):
		return ToolNetscan
	case has("laddrip") && has("laddrport") && has("raddrip"):
		return ToolVelociraptor
	case has("foreignaddress") && has("foreignport") && has("proto") && has("localport") && !has("recvq"):
		return ToolJC
	case has("family") && has("protocol") && has("localport") && has("remoteport") && has("pid"):
		return ToolOsquery
	case !has("processname") || !has("processid") || !has("protocol") || !has("localport"):
		return ""
	case has("localportname") || has("remotehostname"):
		return ToolCurrPorts
	case has("createtime") || has("modulename") || has("sentpackets"):
		return ToolTCPView
	}
	return ""
}

// headerOf reads the header of a table, nil for any other line.
func headerOf(text string) *header {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "proto") && !strings.Contains(lower, "laddr") || !strings.ContainsAny(text, ",;\t") || pstext.OpensJSON(text) {
		return nil
	}
	c, ok := pstext.CSVOf(text)
	if !ok {
		return nil
	}
	h := &header{comma: c.Comma}
	names := map[string]bool{}
	for i, n := range c.Names {
		n = bare(n)
		names[n] = true
		m := meaningOf[n]
		if h.columns = append(h.columns, m); m != nothing && m != image {
			h.least = i + 1
		}
	}
	if h.tool = toolOf(func(n string) bool { return names[n] }); h.tool == "" {
		return nil
	}
	if h.tool == ToolJC || h.tool == ToolOsquery {
		return nil // written as JSON only
	}
	return h
}

func (h *header) texts(values []string) texts {
	var by [meanings]string
	for i, m := range h.columns {
		if i < len(values) && (m != nothing && by[m] == "") {
			by[m] = values[i]
		}
	}
	return textsOf(h.tool, &by)
}

func textsOf(tool string, by *[meanings]string) texts {
	return texts{
		tool: tool, image: by[image], pid: by[pid], proto: by[proto], state: by[state],
		local: by[local], localPort: by[localPort], remote: by[remote], remotePort: by[remotePort], headed: true,
	}
}

// takeObject reads an object of JSON.
func (r *Reader) takeObject(o *pstext.Object) {
	var by [meanings]string
	names := map[string]bool{}
	for _, p := range o.Properties {
		n := bare(p.Name)
		names[n] = true
		if m := meaningOf[n]; m != nothing && by[m] == "" {
			by[m] = p.Value
		}
	}
	tool := toolOf(func(n string) bool { return names[n] })
	if tool == "" || tool == ToolOsquery && by[localPort] == "0" {
		return
	}
	t := textsOf(tool, &by)
	r.addRow(&t, o.Line)
}
