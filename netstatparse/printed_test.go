package netstatparse

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/netstatparse/textgen"
)

var printedRows = []textgen.Row{
	{Proto: "TCP", Local: "0.0.0.0:135", Remote: "0.0.0.0:0", State: "LISTENING", PID: 956, Owner: "svchost.exe", Components: []string{"RpcEptMapper", "RpcSs"}},
	{Proto: "TCP", Local: "0.0.0.0:445", Remote: "0.0.0.0:0", State: "LISTENING", PID: 4},
	{Proto: "TCP", Local: "0.0.0.0:49701", Remote: "0.0.0.0:0", State: "BOUND", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49152", Remote: "198.51.100.7:443", State: "ESTABLISHED", PID: 4242, Owner: "Kontor Web Client.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49153", Remote: "198.51.100.7:443", State: "CLOSED", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49154", Remote: "198.51.100.7:443", State: "SYN_SENT", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49155", Remote: "198.51.100.7:443", State: "SYN_RECEIVED", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49156", Remote: "198.51.100.7:443", State: "FIN_WAIT_1", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49157", Remote: "198.51.100.7:443", State: "FIN_WAIT_2", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49158", Remote: "198.51.100.7:443", State: "CLOSE_WAIT", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49159", Remote: "198.51.100.7:443", State: "CLOSING", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49160", Remote: "198.51.100.7:443", State: "LAST_ACK", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "TCP", Local: "192.0.2.1:49161", Remote: "198.51.100.7:443", State: "TIME_WAIT"},
	{Proto: "TCP", Local: "192.0.2.1:49162", Remote: "198.51.100.7:443", State: "DELETE_TCB", PID: 4242},
	{Proto: "TCP", Local: "[2001:db8::1]:49152", Remote: "[2001:db8::2]:443", State: "ESTABLISHED", PID: 4242, Owner: "LeakyService.exe"},
	{Proto: "UDP", Local: "0.0.0.0:123", Remote: "*:*", PID: 1044, Owner: "svchost.exe", Components: []string{"W32Time"}},
	{Proto: "UDP", Local: "[fe80::1%21]:1900", Remote: "*:*", PID: 2288},
}

// shownBy are the rows as a reader can have them of a table with these flags.
func shownBy(flags string, rows []textgen.Row) []rowTruth {
	var all []rowTruth
	for _, r := range rows {
		q := strings.Contains(flags, "q")
		idle := r.State == "LISTENING" || r.Proto == "UDP"
		if r.State == "BOUND" && !q || idle && !q && !strings.Contains(flags, "a") {
			continue
		}
		if !strings.Contains(flags, "o") {
			r.PID = -1
		}
		if !strings.Contains(flags, "b") {
			r.Owner, r.Components = "", nil
		}
		all = append(all, rowTruth(r))
	}
	return all
}

// printedPages are the code pages of a console, of files and of PowerShell.
var printedPages = []string{
	"", "65001", "437", "850", "852", "857", "866", "932", "936", "949", "950", "1252", "utf-16le", "utf-16be",
}

// homePages has every language and the code page its Windows uses.
var homePages = map[string]string{
	"": "437", "en": "437", "de": "850", "fr": "850", "es": "850", "pt-br": "850", "ru": "866", "zh-cn": "936", "zh-tw": "950",
	"ko": "949", "ja": "932", "it": "850", "tr": "857", "nl": "850", "pl": "852", "cs": "852", "sv": "850", "hu": "852", "da": "850",
	"no": "850", "fi": "850",
}

// TestPrinted: what is printed in a language, a code page and with some flags is
// read as it was, or the page has not the letters of the language.
func TestPrinted(t *testing.T) {
	for language, home := range homePages {
		for _, page := range printedPages {
			for _, flags := range []string{"", "an", "ano", "no", "anoq", "anq", "anob", "anb", "anobq", "anot", "ant", "anoy", "any", "anobqt"} {
				n := textgen.Netstat{Flags: flags, Language: language, Page: page, Command: len(flags)%2 == 1}
				var out bytes.Buffer
				err := n.Print(&out, printedRows)
				if err != nil {
					must := page == home || page == "" || page == "65001" || strings.HasPrefix(page, "utf-16")
					if must || !strings.Contains(err.Error(), "code page "+page+" has no ") {
						t.Errorf("%+v: %v", n, err)
					}
					continue
				}
				texts := [][]byte{slices.Concat(textgen.Mark(page), out.Bytes())}
				if page == "utf-16le" { // in a file that another program began
					texts = append(texts, out.Bytes())
				}
				for _, text := range texts {
					got, codes := readFrom(t, bytes.NewReader(text))
					if len(got) != 1 || codes != nil {
						t.Fatalf("%+v: %d tables, errors %v", n, len(got), codes)
					}
					if s := got[0]; s.HasBound != strings.Contains(flags, "q") || s.Filtered || s.Truncated || s.HasPID != strings.Contains(flags, "o") {
						t.Errorf("%+v: %+v", n, s)
					}
					compareRows(t, got[0].Entries, shownBy(flags, printedRows), false)
					if t.Failed() {
						t.Fatalf("%+v", n)
					}
				}
			}
		}
	}
}

// TestPrintedCommand: the command line tells that bound ports were asked for, even
// where there are none.
func TestPrintedCommand(t *testing.T) {
	for _, flags := range []string{"ano", "anoq"} {
		var out bytes.Buffer
		if err := (textgen.Netstat{Flags: flags, Command: true}).Print(&out, printedRows[:1]); err != nil {
			t.Fatal(err)
		}
		if got, _ := readFrom(t, &out); len(got) != 1 || got[0].HasQ != strings.Contains(flags, "q") || got[0].HasBound {
			t.Errorf("-%s: %+v", flags, got)
		}
	}
}

// TestPrintedStamps: a loop log in each form of the time line.
func TestPrintedStamps(t *testing.T) {
	const cmd = 10 * time.Millisecond
	for form, unit := range map[string]time.Duration{
		"us": cmd, "uk": cmd, "de": cmd, "de-weekday": cmd, "fr": cmd, "it": cmd, "sv": cmd, "ko": cmd, "ja": cmd, "nl": cmd, "zh-cn": cmd,
		"iso": time.Second, "powershell-us": time.Second, "powershell-long": time.Second, "powershell-s": time.Second, "powershell-o": 100,
	} {
		for _, page := range []string{"", "utf-16le"} {
			text := bytes.NewBuffer(textgen.Mark(page))
			var want []time.Time
			at := time.Date(2026, time.March, 17, 9, 58, 33, 19_000_000, time.UTC)
			for range 4 {
				stamp, err := textgen.Stamp(form, at)
				if err != nil {
					t.Fatal(err)
				}
				n := textgen.Netstat{Flags: "anobq", Page: page, Command: true, Stamp: stamp}
				if err := n.Print(text, printedRows); err != nil {
					t.Fatal(err)
				}
				want = append(want, at.Truncate(unit))
				at = at.Add(61 * time.Second)
			}
			got, codes := readFrom(t, text)
			if len(got) != len(want) || codes != nil {
				t.Errorf("%s %s: %d tables, errors %v", form, page, len(got), codes)
				continue
			}
			for i, s := range got {
				if !s.Local.Equal(want[i]) || s.Ambiguous || s.Dateless || !s.HasBound {
					t.Errorf("%s %s: table %d of %v, want %v", form, page, i, s.Local, want[i])
				}
				compareRows(t, s.Entries, shownBy("anobq", printedRows), false)
			}
		}
	}
}
