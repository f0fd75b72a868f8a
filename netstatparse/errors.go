package netstatparse

import "fmt"

// FormatError is one line that could not be used. Line is 1-based and counts
// line feeds, as an editor does. Codes:
//
//	netstat-port          a port is not a number from 0 to 65535
//	netstat-pid           a PID is not a number below 2^32
//	netstat-address       an address cannot be read
//	netstat-named-port    ports are written as service names: saved without -n
//	netstat-line-length   a line is too long to be netstat's
//	netstat-rows          a table has more rows than are read
//	netstat-components    a row has more components below it than are kept
//	netstat-json          what follows the objects read is not JSON
//	netstat-more          how many further damaged lines were not told one by one
//	netstat-read          the file could not be read further
type FormatError struct {
	Code string
	Line int
	Text string
}

func (e *FormatError) Error() string { return fmt.Sprintf("line %d: %s (%s)", e.Line, e.Text, e.Code) }
