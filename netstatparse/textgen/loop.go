package textgen

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	loopPID    = 4242
	loopLeaks  = 400 // ports process 4242 holds at most
	loopStart  = 49152
	loopBuffer = 1 << 20
)

// WriteLoop writes about size bytes of the log of a loop that ran
// `echo %date% %time%` and `netstat -ano` once a minute on a machine set to
// en-US, each table of rows rows. In each table process 4242 holds one port
// from 49152 up more than in the one before, until it holds 400.
func WriteLoop(w io.Writer, size int64, rows int) error {
	// Only the time differs between two tables. A table is therefore three
	// pieces: the header, a stretch of the rows of 4242, a stretch of the rest.
	leaks, leakEnd := block(min(rows, loopLeaks), func(i int) Row {
		return Row{Proto: "TCP", Local: fmt.Sprintf("192.0.2.10:%d", loopStart+i), Remote: "198.51.100.7:443", State: "CLOSE_WAIT", PID: loopPID}
	})
	others, otherEnd := block(rows, otherRow)
	out := bufio.NewWriterSize(w, loopBuffer)
	head := strings.ReplaceAll(layout{}.head()[1:], "\n", "\r\n")
	at := time.Date(2020, time.October, 13, 9, 5, 7, 120_000_000, time.UTC)
	for written, table := int64(0), 1; written < size; table++ {
		n := min(table, loopLeaks, max(rows, 0))
		stamp := cmdTime("Mon 01/02/2006", ".")(at) + " \r\n"
		for _, piece := range []string{stamp, head, leaks[:leakEnd[n]], others[:otherEnd[max(rows, 0)-n]]} {
			if _, err := out.WriteString(piece); err != nil {
				return err
			}
			written += int64(len(piece))
		}
		at = at.Add(time.Minute + 60*time.Millisecond) // netstat itself takes a moment
	}
	return out.Flush()
}

// block gives the text of n rows and where each stretch of them ends: the
// first k rows are text[:end[k]].
func block(n int, row func(i int) Row) (text string, end []int) {
	var b strings.Builder
	end = append(end, 0)
	for i := range n {
		b.WriteString(layout{}.line(i, row(i)) + "\r\n")
		end = append(end, b.Len())
	}
	return b.String(), end
}

// otherRow is a row of another process; none has a local port from 49152 up.
func otherRow(i int) Row {
	port := 1024 + i%(loopStart-1024)
	r := Row{Proto: "TCP", Local: fmt.Sprintf("192.0.2.10:%d", port), Remote: fmt.Sprintf("198.51.100.%d:443", 1+i%254), PID: 700 + i%40*4}
	switch i % 8 {
	case 0:
		r.Local, r.Remote, r.State = fmt.Sprintf("0.0.0.0:%d", port), "0.0.0.0:0", "LISTENING"
	case 1:
		r.State, r.PID = "TIME_WAIT", 0
	case 2:
		r.Local, r.Remote = fmt.Sprintf("[2001:db8::10]:%d", port), "[2001:db8::20]:443"
		r.State = "ESTABLISHED"
	case 3:
		r.Proto, r.Local, r.Remote = "UDP", fmt.Sprintf("0.0.0.0:%d", port), "*:*"
	default:
		r.State = "ESTABLISHED"
	}
	return r
}
