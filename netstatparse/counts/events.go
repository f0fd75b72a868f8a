package counts

import (
	"fmt"
	"strings"

	"portverdict/netstatparse/pstext"
)

// Get-WinEvent ... | Group-Object Id counts events. A count of events is none of ports, and
// without their times it proves nothing of any moment: what it shows is told, with what to
// send instead.
type eventGroups struct {
	line int      // of the first
	ids  []string // "3 of 4231"
	at   int      // the line of a command that groups events, 0 for none
}

// maxIDs is how many ids are told.
const maxIDs = 8

// noteCommand keeps the line of a command that groups events.
func (e *eventGroups) noteCommand(command string, line int) {
	lower := strings.ToLower(command)
	if e.at = 0; (strings.Contains(lower, "get-winevent") || strings.Contains(lower, "get-eventlog")) && strings.Contains(lower, "group") {
		e.at = line
	}
}

// take reads a group of events: its members, or where it shows none the command above, say
// that it is one.
func (e *eventGroups) take(o *pstext.Object, n int) bool {
	members, shown := o.Get("Group")
	switch {
	case shown && !strings.Contains(members, "EventLogRecord") && !strings.Contains(members, "EventLogEntry"):
		return false
	case !shown && (e.at == 0 || o.Line-e.at > commandReach+len(e.ids)):
		return false
	}
	for part := range strings.SplitSeq(o.Value("Name"), ", ") {
		if id, ok := integer(part); ok && id < 1<<16 && len(e.ids) < maxIDs {
			e.ids = append(e.ids, fmt.Sprintf("%d of %d", n, id))
			break
		}
	}
	if e.line == 0 {
		e.line = o.Line
	}
	return true
}

// tell says what was counted.
func (e *eventGroups) tell(p *parser) {
	if len(e.ids) > 0 {
		p.fail(e.line, "counts-events", "events are counted here by their id ("+strings.Join(e.ids, ", ")+") and not shown, so nothing says when they were logged: send the log itself, wevtutil epl System System.evtx")
	}
}
