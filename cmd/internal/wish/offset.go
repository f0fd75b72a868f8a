package wish

import (
	"fmt"
	"strings"
	"time"
)

// maxOffset is more than any clock is wrong by, and no time gets out of hand by it.
const maxOffset = 100 * 366 * 24 * time.Hour

// Offset reads by how much the clock of a source is moved, such as Server.etl=-2m30s.
func Offset(text string) (source string, by time.Duration, err error) {
	at := strings.LastIndexByte(text, '=')
	if at <= 0 {
		return "", 0, fmt.Errorf("%q: give SOURCE=DURATION, such as Server.etl=-2m30s", text)
	}
	by, err = time.ParseDuration(text[at+1:])
	if err != nil || by.Abs() > maxOffset {
		return "", 0, fmt.Errorf("%q: %q is no duration like 90s, -2m30s or 1h", text, text[at+1:])
	}
	return text[:at], by.Truncate(100), nil // a trace counts by 100 ns
}
