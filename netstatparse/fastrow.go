package netstatparse

import "net/netip"

// parsePlain reads the row that nearly all are: TCP, two IPv4 endpoints in
// numbers, a state of one word, and a PID or none. It goes over the line once;
// false leaves the line to parse.
func (r *row) parsePlain(line []byte) bool {
	i := skipBlanks(line, 0)
	if len(line)-i < 4 || line[i] != 'T' || line[i+1] != 'C' || line[i+2] != 'P' || !blank(line[i+3]) {
		return false
	}
	local, i, ok := plainEndpoint(line, skipBlanks(line, i+3))
	if !ok {
		return false
	}
	remote, i, ok := plainEndpoint(line, skipBlanks(line, i))
	if !ok {
		return false
	}
	from := skipBlanks(line, i)
	to := from
	for to < len(line) && line[to] > ' ' {
		to++
	}
	if from == to || line[from] <= '9' {
		return false
	}
	if i = skipBlanks(line, to); i == len(line) && to-from > 1 && line[from+1] >= 'a' {
		return false // of -t or -y, not a state
	}
	pid := -1
	if i < len(line) {
		pid = 0
		for ; i < len(line); i++ {
			c := line[i] - '0'
			if c > 9 || pid >= 1<<28 {
				return false
			}
			pid = pid*10 + int(c)
		}
	}
	*r = row{Entry: Entry{Proto: "tcp", Local: local, Remote: remote, PID: pid}, word: line[from:to], second: -1, last: pid}
	return true
}

func skipBlanks(b []byte, i int) int {
	for i < len(b) && blank(b[i]) {
		i++
	}
	return i
}

// plainEndpoint reads a.b.c.d:port that a blank or the end follows.
func plainEndpoint(b []byte, i int) (ap netip.AddrPort, next int, ok bool) {
	var four [4]byte
	for at := 0; ; {
		value, from := 0, i
		for i < len(b) && b[i]-'0' <= 9 && value < 1000 {
			value = value*10 + int(b[i]-'0')
			i++
		}
		if i == from || i == len(b) || value > 255 || b[from] == '0' && i > from+1 {
			return ap, 0, false
		}
		four[at] = byte(value)
		at++
		if b[i] == ':' && at == 4 {
			break
		}
		if b[i] != '.' || at == 4 {
			return ap, 0, false
		}
		i++
	}
	i++
	port, from := 0, i
	for i < len(b) && b[i]-'0' <= 9 && port < 1<<16 {
		port = port*10 + int(b[i]-'0')
		i++
	}
	if i == from || port >= 1<<16 || i < len(b) && !blank(b[i]) {
		return ap, 0, false
	}
	return netip.AddrPortFrom(netip.AddrFrom4(four), uint16(port)), i, true
}
