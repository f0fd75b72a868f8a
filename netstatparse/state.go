package netstatparse

import "strings"

// State is the state of a TCP endpoint. UDP endpoints have none: StateUnknown.
type State uint8

// The states of RFC 793 as netstat writes them, and BOUND of netstat -q: a
// local port without a connection and without a listener.
const (
	StateUnknown State = iota
	Closed
	Listening
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
	DeleteTCB
	Bound
)

var stateWords = [...]string{
	"UNKNOWN", "CLOSED", "LISTENING", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1",
	"FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT", "DELETE_TCB", "BOUND",
}

var englishStates = func() map[string]State {
	m := map[string]State{}
	for i, w := range stateWords[1:] {
		m[w] = State(i + 1)
	}
	return m
}()

// String is netstat's English word.
func (s State) String() string {
	if int(s) < len(stateWords) {
		return stateWords[s]
	}
	return stateWords[StateUnknown]
}

// germanWords are the words of the one language that translates its states.
// LISTENING is told by its shape, since its Ö takes many forms in saved files.
var germanWords = map[string]State{
	"HERGESTELLT":       Established,
	"WARTEND":           TimeWait,
	"SCHLIESSEN_WARTEN": CloseWait,
	"FIN_WARTEN_1":      FinWait1,
	"FIN_WARTEN_2":      FinWait2,
	"SYN_GESENDET":      SynSent,
	"SYN_EMPFANGEN":     SynReceived,
	"SCHLIESSEND":       Closing,
}

// aliases are spellings of other Windows tools and versions.
var aliases = map[string]State{
	"SYN_RCVD": SynReceived, "FIN_WAIT1": FinWait1, "FIN_WAIT2": FinWait2,
	// Of PowerShell and netsh.
	"LISTEN": Listening, "SYNSENT": SynSent, "SYNRECEIVED": SynReceived, "FINWAIT1": FinWait1, "FINWAIT2": FinWait2,
	"CLOSEWAIT": CloseWait, "LASTACK": LastAck, "TIMEWAIT": TimeWait, "DELETETCB": DeleteTCB,
}

// stateOf is the state of a word, false when the word is not known.
func stateOf(word string) (State, bool) {
	if s, ok := englishStates[word]; ok {
		return s, true
	}
	upper := strings.ToUpper(word)
	if s, ok := germanWords[upper]; ok {
		return s, true
	}
	if s, ok := aliases[upper]; ok {
		return s, true
	}
	if s, ok := englishStates[upper]; ok {
		return s, true
	}
	if middle, ok := strings.CutPrefix(upper, "ABH"); ok {
		if middle, ok = strings.CutSuffix(middle, "REN"); ok && middle != "" && len([]rune(middle)) <= 3 {
			return Listening, true
		}
	}
	return StateUnknown, false
}
