package pstext

import "strings"

// stateWords are netstat's words for the names and the numbers of
// MSFT_NetTCPConnection.State, of which ConvertTo-Json writes the number.
var stateWords = func() map[string]string {
	words := map[string]string{"LISTEN": "LISTENING", "SYNRCVD": "SYN_RECEIVED", "SYNRECV": "SYN_RECEIVED", "CLOSE": "CLOSED", "ESTAB": "ESTABLISHED"}
	for number, word := range map[string]string{
		"1": "CLOSED", "2": "LISTENING", "3": "SYN_SENT", "4": "SYN_RECEIVED", "5": "ESTABLISHED", "6": "FIN_WAIT_1", "7": "FIN_WAIT_2",
		"8": "CLOSE_WAIT", "9": "CLOSING", "10": "LAST_ACK", "11": "TIME_WAIT", "12": "DELETE_TCB", "100": "BOUND",
	} {
		words[number], words[word], words[strings.ReplaceAll(word, "_", "")] = word, word, word
	}
	return words
}()

// divided are the characters that tools put between the words of a state.
var divided = strings.NewReplacer("_", "", "-", "", " ", "")

// NetState is netstat's word for a state as PowerShell and tools of its kind write it:
// "TimeWait", "Time-Wait", "TIME_WAIT" and 11 are TIME_WAIT.
func NetState(text string) (word string, ok bool) {
	if word, ok = stateWords[text]; ok {
		return word, true
	}
	text = strings.TrimSpace(text)
	if len(text) > 32 {
		return "", false
	}
	word, ok = stateWords[strings.ToUpper(divided.Replace(text))]
	return word, ok
}
