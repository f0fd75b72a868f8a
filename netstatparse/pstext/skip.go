package pstext

import "bytes"

// NetstatRow tells a row of netstat, or a program's name below one: most lines of a text
// that holds connection tables too, and never a part of an object. It costs a few looks.
func NetstatRow(line []byte) bool {
	line = bytes.TrimLeft(line, " ")
	if bytes.HasPrefix(line, []byte("TCP ")) || bytes.HasPrefix(line, []byte("UDP ")) {
		// The title of a dynamic range may begin with the same word.
		address := bytes.TrimLeft(line[len("TCP "):], " ")
		return len(address) > 0 && (address[0] == '[' || address[0] == '*' || address[0] >= '0' && address[0] <= '9')
	}
	return len(line) > 0 && line[0] == '[' && bytes.HasSuffix(line, []byte(".exe]"))
}
