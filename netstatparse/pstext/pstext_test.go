package pstext

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// brief is an object as "form line name=value|name=value".
func brief(o *Object) string {
	forms := map[Form]string{TableForm: "table", ListForm: "list", CSVForm: "csv", JSONForm: "json"}
	var parts []string
	for _, p := range o.Properties {
		parts = append(parts, p.Name+"="+p.Value)
	}
	return fmt.Sprintf("%s %d %s", forms[o.Form], o.Line, strings.Join(parts, "|"))
}

// objects are those that a Reader finds in a text.
func objects(text string, wants func([]string) bool) []string {
	var all []string
	r := Reader{Emit: func(o *Object) { all = append(all, brief(o)) }, Wants: wants}
	for i, line := range strings.Split(text, "\n") {
		r.Take(i+1, strings.TrimRight(line, " \t\r"))
	}
	r.End()
	return all
}

func every([]string) bool { return true }

func TestReader(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{
			"a table", "\nCount Name\n----- ----\n14211 TimeWait\n    3 Fin Wait\n\nlater 5\n",
			[]string{"table 4 Count=14211|Name=TimeWait", "table 5 Count=3|Name=Fin Wait"},
		},
		{
			"numbers set to the right of short names",
			" NPM(K)    PM(M)      Id  SI ProcessName\n ------    -----      --  -- -----------\n    211    99.43   18244   1 com.docker.sailor\n",
			[]string{"table 3 NPM(K)=211|PM(M)=99.43|Id=18244|SI=1|ProcessName=com.docker.sailor"},
		},
		{
			"a header broken by the window", "LocalPort State  OwningPr\n                   ocess\n--------- -----  --------\n49152     Bound      4242\n",
			[]string{"table 4 LocalPort=49152|State=Bound|OwningProcess=4242"},
		},
		{
			"two lines that are two tables' are not one header", "Title of it\nA    B\n---- ----\n1    2\n",
			[]string{"table 4 A=1|B=2"},
		},
		{
			"a wrapped row goes on", "Id   Path\n---- --------\n12   C:\\Progr\n     am Files\n13   C:\\x\n",
			[]string{"table 3 Id=12|Path=C:\\Program Files", "table 5 Id=13|Path=C:\\x"},
		},
		{
			"a prompt ends a table", "A    B\n---- ----\n1    2\nPS C:\\> 3 4\n",
			[]string{"table 3 A=1|B=2"},
		},
		{
			"empty cells", "A    B    C\n---- ---- ----\n1         3\n     2\n",
			[]string{"table 3 A=1|B=2|C=3"},
		},
		{
			"a list", "\n\nId          : 25740\nProcessName : com.docker.backend\nPath        : C:\\Program Files\\Docker\\com.docker.b\n              ackend.exe\nStartTime   : 2025/7/5 22:55:17\n\nId          : 4\nProcessName : System\nId          : 5\n",
			[]string{
				"list 3 Id=25740|ProcessName=com.docker.backend|Path=C:\\Program Files\\Docker\\com.docker.backend.exe|StartTime=2025/7/5 22:55:17",
				"list 9 Id=4|ProcessName=System", "list 11 Id=5",
			},
		},
		{"an empty value", "Count    : 12034\nAverage  :\n", []string{"list 1 Count=12034|Average="}},
		{"wmic", "HandleCount=5\nName=a.exe\n", []string{"list 1 HandleCount=5|Name=a.exe"}},
		{
			"CSV", "#TYPE Selected.X\n\"Name\",\"Id\"\n\"a, \"\"b\"\"\",\"5\"\n,7\n\"Cut\",\n\"x\n",
			[]string{"csv 3 Name=a, \"b\"|Id=5", "csv 4 Name=|Id=7", "csv 5 Name=Cut|Id="},
		},
		{"CSV with semicolons", "Name;Id\na,b;5\n", []string{"csv 2 Name=a,b|Id=5"}},
		{"a blank line ends CSV", "Name,Id\na,5\n\nb,6\n", []string{"csv 2 Name=a|Id=5"}},
		{
			"JSON between lines", "PS C:\\> x | ConvertTo-Json\n[\n  {\n    \"Id\": 5,\n    \"Name\": \"a\\u00e4\\ud83d\\ude00\\n\"\n  },\n  {\"Id\": null}\n]\nId : 7\n",
			[]string{"json 3 Id=5|Name=aä😀\n", "json 7 Id=", "list 9 Id=7"},
		},
		{"JSON that is none", "[svchost.exe]\n{\nId : 7\n", []string{"list 3 Id=7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, objects(c.text, every)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWants(t *testing.T) {
	text := "A,B\n1,2\n\nA    B\n---- ----\n1    2\n"
	if got := objects(text, nil); !cmp.Equal(got, []string{"table 6 A=1|B=2"}) {
		t.Errorf("without Wants: %q", got)
	}
	if got := objects(text, func(names []string) bool { return names[0] == "C" }); got != nil {
		t.Errorf("not wanted: %q", got)
	}
	r := Reader{Emit: func(*Object) {}}
	if r.Take(1, "["); !r.InJSON() {
		t.Error("not in JSON behind its first line")
	}
	if r.Take(2, "]"); r.InJSON() {
		t.Error("in JSON behind its last line")
	}
}

// readJSON gives the lines that are left of a text when the JSON that it begins with is
// read, and whether that is whole.
func readJSON(in io.Reader, emit func(*Object)) (left []string, complete bool, err error) {
	t := NewText(in, emit)
	for t.Scan() {
		left = append(left, fmt.Sprintf("%d %s", t.Line(), t.Text()))
	}
	return left, t.Complete(), t.Err()
}

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		text     string
		want     []string
		left     []string
		complete bool
	}{
		{`{"a":1,"b":[1,"x",{"c":2}],"d":{"e":{"f":true}},"g":[]}`, []string{"json 1 c=2", "json 1 a=1|b=1|b=x|d.e.f=true"}, nil, true},
		{"{\"value\":[\n{\"a\":-1.5e3},\n{\"a\":false}\n],\"Count\":2}\n", []string{"json 2 a=-1.5e3", "json 3 a=false", "json 1 Count=2"}, nil, true},
		{"{\"a\":1}\n{\"a\":2}\n", []string{"json 1 a=1", "json 2 a=2"}, nil, true},
		{"[{\"a\":1},\n{\"a\":", []string{"json 1 a=1"}, nil, false},
		{"[{\"a\":1},\nplain text\nmore\n", []string{"json 1 a=1"}, []string{"2 plain text", "3 more"}, false},
		{`{"a":"1}`, nil, nil, false},
		{`[{"a":01x}]`, nil, []string{`1 [{"a":01x}]`}, false},
		{`[{"a" 1}]`, nil, []string{`1 [{"a" 1}]`}, false},
		{`[{"a":1 "b":2}]`, nil, []string{`1 [{"a":1 "b":2}]`}, false},
		{`[{"a":"\q"}]`, nil, []string{`1 [{"a":"\q"}]`}, false},
		{`[{"a":"\u00zz"}]`, nil, []string{`1 [{"a":"\u00zz"}]`}, false},
		{`[{]`, nil, []string{`1 [{]`}, false},
		{`[[{"a":1}],]`, []string{"json 1 a=1"}, []string{`1 [[{"a":1}],]`}, false},
		{"{\"a\":\"x\ny\"}", nil, []string{`1 {"a":"x`, `2 y"}`}, false},
		{strings.Repeat("[", maxDepth+1), nil, []string{"1 " + strings.Repeat("[", maxDepth+1)}, false},
	} {
		for name, in := range map[string]io.Reader{"whole": strings.NewReader(c.text), "bytes": iotest.OneByteReader(strings.NewReader(c.text))} {
			var got []string
			left, complete, err := readJSON(in, func(o *Object) { got = append(got, brief(o)) })
			if d := cmp.Diff(c.want, got) + cmp.Diff(c.left, left); d != "" || complete != c.complete || err != nil {
				t.Errorf("%s %.60q: complete %v, %v %s", name, c.text, complete, err, d)
			}
		}
	}
	_, _, err := readJSON(io.MultiReader(strings.NewReader("[\n"), iotest.ErrReader(io.ErrUnexpectedEOF)), nil)
	if err == nil {
		t.Error("an error of the reader is lost")
	}
}

func TestJSONText(t *testing.T) {
	const text = "[{\"Name\":\"a\u00e4\"}]\n"
	little := wide("\ufeff"+text, 0)
	for name, in := range map[string]string{
		"UTF-8": text, "UTF-8 with a mark": "\ufeff" + text, "UTF-16": little, "UTF-16 without a mark": little[2:], "UTF-16, the other way": wide("\ufeff"+text, 1), "blank lines": "\r\n  " + text,
	} {
		var got []string
		left, complete, err := readJSON(strings.NewReader(in), func(o *Object) { got = append(got, o.Value("Name")) })
		if !cmp.Equal(got, []string{"a\u00e4"}) || left != nil || !complete || err != nil {
			t.Errorf("%s: %q, left %q, complete %v, %v", name, got, left, complete, err)
		}
	}
	for _, in := range []string{"", "[svchost.exe]\n", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}\n", "text\n"} {
		r, ok := JSONText(strings.NewReader(in))
		if rest, _ := io.ReadAll(r); ok || string(rest) != in {
			t.Errorf("%q: JSON %v, left %q", in, ok, rest)
		}
	}
}

func wide(text string, low int) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		pair := [2]byte{byte(u), byte(u >> 8)}
		b.WriteByte(pair[low])
		b.WriteByte(pair[1-low])
	}
	return b.String()
}

func TestObject(t *testing.T) {
	o := Object{Properties: []Property{{"Id", "5", 1}, {"Name", "", 2}}}
	if v, ok := o.Get("ID"); v != "5" || !ok {
		t.Errorf("Get: %q %v", v, ok)
	}
	if _, ok := o.Get("PID"); ok || o.Value("PID", "id") != "5" || o.Value("x") != "" {
		t.Error("a property that is not there")
	}
}

func TestPropertyOf(t *testing.T) {
	for text, want := range map[string]string{
		"Id          : 25740": "Id=25740", "Path : C:\\x = y": "Path=C:\\x = y", "Name=a:b": "Name=a:b", "Empty :": "Empty=",
		"time: 5": "", "No Name : 5": "", " : 5": "", "\"a\" : 5": "", strings.Repeat("x", 65) + " : 5": "", "plain": "", "": "",
	} {
		name, value, ok := PropertyOf(text)
		if got := name + "=" + value; ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
}

func TestPrompt(t *testing.T) {
	for text, want := range map[string]string{
		"C:\\>netstat -ano": "netstat -ano", "C:\\Windows\\system32>x": "x", "PS C:\\Users\\a> Get-Date": "Get-Date", "PS> ls": "ls", ">> | fl": "| fl", "> netsh x": "netsh x",
		"PS HKLM:\\x> y": "y", "PS \\\\srv\\share> z": "z", "`PS C:\\> q`": "q`", "C:\\>": "",
	} {
		if got, ok := Prompt(text); got != want || !ok {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "a > b", "<x>", "C: >x", ">", "C:\\a.log -> b", "size>5", "=> x", "C:\\a|b>c"} {
		if got, ok := Prompt(text); ok {
			t.Errorf("%q is taken for a prompt with %q", text, got)
		}
	}
}

func TestNetState(t *testing.T) {
	for text, want := range map[string]string{
		"Bound": "BOUND", "TimeWait": "TIME_WAIT", "TIME_WAIT": "TIME_WAIT", "Time-Wait": "TIME_WAIT", "Close Wait": "CLOSE_WAIT", "11": "TIME_WAIT", "100": "BOUND", " listen ": "LISTENING",
		"FIN_WAIT_2": "FIN_WAIT_2", "FinWait1": "FIN_WAIT_1", "SYN_RCVD": "SYN_RECEIVED", "ESTAB": "ESTABLISHED", "DeleteTCB": "DELETE_TCB", "13": "", "wait": "", "": "",
	} {
		if got, ok := NetState(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
}

func TestStampAt(t *testing.T) {
	at := time.Date(2026, 3, 10, 14, 5, 6, 120e6, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-03-10 14:05:06.12 ERROR x": at, "2026-03-10T14:05:06,120Z x": at, "[2026/03/10 14:05:06.12] x": at, "10.03.2026 14:05:06,12 x": at,
		"Tue 03/10/2026 14:05:06.12": at, "3/10/2026 2:05:06.12 PM": at, "2026-03-10 14:05": at.Truncate(time.Minute), "13/02/2026 14:05:06": time.Date(2026, 2, 13, 14, 5, 6, 0, time.UTC),
	} {
		s, ok := StampAt(text)
		if !ok || !s.Local.Equal(want) || s.Length == 0 {
			t.Errorf("%q: %v %v", text, s.Local, ok)
		}
		if ambiguous := strings.Contains(text, "/10/2026"); s.Ambiguous != ambiguous || ambiguous && s.Swapped.Month() != time.October {
			t.Errorf("%q: ambiguous %v, %v", text, s.Ambiguous, s.Swapped)
		}
	}
	for text, want := range map[string]time.Duration{"2026-03-10T14:05:06Z": 0, "2026-03-10T14:05:06+02:00": 2 * time.Hour, "2026-03-10 14:05:06-0330": -210 * time.Minute} {
		if s, _ := StampAt(text); s.Offset == nil || *s.Offset != want {
			t.Errorf("%q: offset %v", text, s.Offset)
		}
	}
	for _, text := range []string{"", "14211", "10.0.0.5 49152", "2026-13-10 14:05", "2026-03-10 24:05", "03-10/2026 14:05", "99/99/2026 14:05", "3/10/2026 13:05 PM", "a 2026-03-10 14:05:06 b"} {
		if s, ok := StampAt(text); ok {
			t.Errorf("%q is taken for %v", text, s.Local)
		}
	}
}

func TestNetstatRow(t *testing.T) {
	for text, want := range map[string]bool{
		"  TCP    0.0.0.0:135 0.0.0.0:0 LISTENING 880": true, "  UDP    [::]:123  *:*": true, "UDP *:5 *:*": true, " [svchost.exe]": true,
		"TCP dynamic ports": false, "TCP": false, "": false, "[x]": false, "  Dnscache": false,
	} {
		if got := NetstatRow([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "\x1b[32;1mCount\x1b[0m Name": "Count Name", "a\x1b[0m  ": "a", "\x1b": "", "\x1b[": "", "\x1b[1": "", "x\x1by": "xy", "\x1b[?25lz": "z",
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
