package redact

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

const testKey = "a key of 24 bytes for tests"

func newRedactor(t testing.TB, key string) *Redactor {
	t.Helper()
	r, err := New([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shape is a text with the hashes of its tokens numbered in the order they come.
func shape(text string) string {
	seen := map[string]string{}
	return tokens().ReplaceAllStringFunc(text, func(token string) string {
		at := strings.LastIndexByte(token, '-')
		if at < 0 || len(token)-at-1 != tokenDigits {
			return token
		}
		if seen[token] == "" {
			seen[token] = token[:at] + "#" + string(rune('1'+len(seen)))
		}
		return seen[token]
	})
}

func TestText(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a row of netstat", "  TCP    10.1.2.3:49200    203.0.113.7:443    ESTABLISHED    4242", "  TCP    ip4-private#1:49200    ip4-documentation#2:443    ESTABLISHED    4242"},
		{"a listener", "TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956", "TCP ip4-any:135 ip4-any:0 LISTENING 956"},
		{"IPv6", "TCP [::]:135 [fe80::1%5]:0; [::1]:80, 2001:4860:4860::8888. fd00::5", "TCP [ip6-any]:135 [ip6-linklocal#1]:0; [ip6-loopback]:80, ip6-global#2. ip6-ula#3"},
		{"the same address twice", "10.0.0.5 010.0.0.5 10.0.0.5.", "ip4-private#1 ip4-private#1 ip4-private#1."},
		{"written in two ways", "2001:db8::5 2001:DB8:0:0:0:0:0:5", "ip6-documentation#1 ip6-documentation#1"},
		{"an address as a part", "log_10.0.0.5.cab 192.168.7.9-192.168.7.10 8.8.8.8/24", "log_ip4-private#1.cab ip4-private#2-ip4-private#3 ip4-global#4/24"},
		{"no addresses", "1.2.3.4.5 v10.0.17763.1 10.0.17763.1 09:02:40.25 2026-03-10T09:02:40Z std::string 300.1.1.1 at 12:30:", "1.2.3.4.5 v10.0.17763.1 10.0.17763.1 09:02:40.25 2026-03-10T09:02:40Z std::string 300.1.1.1 at 12:30:"},
		{"classes", "127.0.0.1 127.8.0.1 169.254.1.1 224.0.0.251 100.64.3.2 255.255.255.255 ::ffff:10.0.0.1", "ip4-loopback ip4-loopback ip4-linklocal#1 ip4-multicast#2 ip4-shared#3 ip4-broadcast ip6-private#4"},
		{"beside other scripts", "地址10.0.0.5端口 →10.0.0.5…", "地址ip4-private#1端口 →ip4-private#1…"},
		{"MAC", "00-15-5D-01-02-0a 00:15:5d:01:02:0A 00-15-5D-01-02-03-04 e53c6823-7bb8-44bb-90dc-3f86090d48a6", "mac#1 mac#1 00-15-5D-01-02-03-04 e53c6823-7bb8-44bb-90dc-3f86090d48a6"},
		{"SID", "S-1-5-21-1004336348-1177238915-682003330-512 S-1-5-18", "sid-account#1 sid-wellknown#2"},
		{"account", `run as CONTOSO\jdoe or NT AUTHORITY\SYSTEM, later contoso and JDOE`, `run as domain#1\user#2 or NT AUTHORITY\SYSTEM, later domain#1 and user#2`},
		{"account with umlauts", `CONTOSO\jürgen and jürgen, NT-AUTORITÄT\SYSTEM, NT AUTHORITY\NETWORK SERVICE, IIS APPPOOL\Default`, `domain#1\user#2 and user#2, NT-AUTORITÄT\SYSTEM, NT AUTHORITY\NETWORK SERVICE, IIS APPPOOL\Default`},
		{"registry", "    Hostname    REG_SZ    HOST01\r\n    NV Domain    REG_SZ    contoso.com\r\n    DhcpNameServer    REG_SZ    10.0.0.1\r\nHOST01.log", "    Hostname    REG_SZ    host#1\r\n    NV Domain    REG_SZ    domain#2\r\n    DhcpNameServer    REG_SZ    ip4-private#3\r\nhost#1.log"},
		{"profile", `C:\Users\Jane Doe\AppData, /home/jdoe/x, C:\Users\Public\x, c:\users\bob`, `C:\Users\user#1\AppData, /home/user#2/x, C:\Users\Public\x, c:\users\user#3`},
		{"profile in JSON", `"C:\\Users\\jdoe\\a.exe"`, `"C:\\Users\\user#1\\a.exe"`},
		{"server", `\\files01\share\x and FILES01 and \\.\pipe \Device\Afd`, `\\host#1\share\x and host#1 and \\.\pipe \Device\Afd`},
		{"paths are no accounts", `C:\Windows\System32 Tcpip\Parameters system32\ntoskrnl.exe HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`, `C:\Windows\System32 Tcpip\Parameters system32\ntoskrnl.exe HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`},
		{"mail", "jane.doe@contoso.com, @tzres.dll,-932", "user#1@domain#2, @tzres.dll,-932"},
		{"names of machines", "web01.contoso.com, contoso.com, dc1.corp.local", "host#1.domain#2, domain#2, host#3.domain#4"},
		{"files are no machines", "leaky.exe Server.etl report.md System.Net.Sockets netsh e.g. 0.5 s a.b.exe", "leaky.exe Server.etl report.md System.Net.Sockets netsh e.g. 0.5 s a.b.exe"},
		{"directory", "CN=x,DC=contoso,DC=com", "CN=name#1,DC=domain#2"},
		{"a directory's domain is the domain", `DC=contoso,DC=com contoso.com`, "DC=domain#1 domain#1"},
		{"header", "Host Name:                 HOST01\r\nDomain:                    contoso.local\r\nRegistered Owner:          Jane Doe\r\nHOST01_netstat.txt by jane doe on contoso", "Host Name:                 host#1\r\nDomain:                    domain#2\r\nRegistered Owner:          user#3\r\nhost#1_netstat.txt by user#3 on domain#4"},
		{"rows without -n", "  TCP    HOST01:49200   web07:https  ESTABLISHED\nweb07 HOST01.txt", "  TCP    host#1:49200   host#2:https  ESTABLISHED\nhost#2 host#1.txt"},
		{"a peer's domain names no program", "  TCP    HOST01:49200   api.chrome.com:https  ESTABLISHED\n [chrome.exe]", "  TCP    host#1:49200   host#2.domain#3:https  ESTABLISHED\n [chrome.exe]"},
		{"short names keep to their letters", `IT\jdoe said it of IT`, `domain#1\user#2 said it of domain#1`},
		{"longest first", "Host Name: WIN-01\nUser Name: win\nWIN-01 win", "Host Name: host#1\nUser Name: user#2\nhost#1 user#2"},
		{"everyone's names", "Domain: WORKGROUP\nUser Name: SYSTEM\nHost Name: localhost", "Domain: WORKGROUP\nUser Name: SYSTEM\nHost Name: localhost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := newRedactor(t, testKey).Text(tt.text)
			if d := cmp.Diff(tt.want, shape(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if again := newRedactor(t, testKey).Text(got); again != got {
				t.Errorf("a second time:\n%s\n%s", got, again)
			}
			if other := newRedactor(t, testKey+"2").Text(tt.text); strings.Contains(shape(got), "#") && other == got {
				t.Error("another key gives the same")
			}
		})
	}
}

func TestKeys(t *testing.T) {
	if _, err := New(make([]byte, MinKey-1)); !errors.Is(err, ErrKey) {
		t.Errorf("a short key: %v", err)
	}
	// By another program: the HMAC-SHA-256 of "ip4-private", NUL, "10.1.2.3".
	a := newRedactor(t, "0123456789abcdef")
	if got := a.Text("10.1.2.3"); got != "ip4-private-a7c5c6a103" {
		t.Errorf("%s", got)
	}
}

func TestCounts(t *testing.T) {
	r := newRedactor(t, testKey)
	r.Text(`10.0.0.1 10.0.0.1 10.0.0.2 CONTOSO\jdoe jdoe 0.0.0.0`)
	want := []Count{{IP4, 4, 3}, {Domain, 1, 1}, {User, 2, 1}}
	if d := cmp.Diff(want, r.Counts()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func wideText(text string, mark bool) []byte {
	var out []byte
	if mark {
		out = []byte{0xFF, 0xFE}
	}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func TestDocuments(t *testing.T) {
	host := "Host Name: HOST01\r\n"
	bytesOf := func(parts ...any) []byte {
		var out []byte
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				out = append(out, p...)
			case []byte:
				out = append(out, p...)
			}
		}
		return out
	}
	token := newRedactor(t, testKey).token(Host, "host", "HOST01")
	under := newRedactor(t, testKey).token(Host, "host", "HOST_01")
	tests := []struct {
		name     string
		in, want []byte
	}{
		{"code page", bytesOf(host, "B\x81ro HOST01 \xE9\xE8"), bytesOf("Host Name: "+token+"\r\n", "B\x81ro "+token+" \xE9\xE8")},
		{"UTF-8 with a mark", bytesOf("\xEF\xBB\xBF"+host, "Büro HOST01"), bytesOf("\xEF\xBB\xBFHost Name: "+token+"\r\n", "Büro "+token)},
		{"UTF-16 with a mark", wideText(host+"Büro 東京 HOST01", true), wideText("Host Name: "+token+"\r\nBüro 東京 "+token, true)},
		{"UTF-16 without", wideText(host+"Büro HOST01", false), wideText("Host Name: "+token+"\r\nBüro "+token, false)},
		{"both", bytesOf(wideText(host, false), "on HOST01\r\n", wideText("and HOST01", false)), bytesOf(wideText("Host Name: "+token+"\r\n", false), "on "+token+"\r\n", wideText("and "+token, false))},
		{"JSON", []byte(`{"computer": "HOST01", "n": 1.50, "said": ["on host01\u000a", "\u202e<b>"], "HOST01": null}`), []byte(`{"computer": "` + token + `", "n": 1.50, "said": ["on ` + token + `\n", "\u202e<b>"], "` + token + `": null}`)},
		{"lines of JSON", []byte("{\"computer\":\"HOST01\"}\n{\"a\":\"HOST01\",\"kind\":\"HOST01\"}\n"), []byte("{\"computer\":\"" + token + "\"}\n{\"a\":\"" + token + "\",\"kind\":\"HOST01\"}\n")},
		{"JSON cut off", []byte(`{"computer":"HOST01","b":"on HOST01`), []byte(`{"computer":"` + token + `","b":"on ` + token)},
		{"Markdown", []byte("## x\n- Host: HOST\\_01\nby HOST\\_01 \\*\\_ 10.0.0.5"), []byte("## x\n- Host: " + under + "\nby " + under + " \\*\\_ " + newRedactor(t, testKey).Text("10.0.0.5"))},
		{
			"HTML", []byte("<!doctype html><html><head><style>.HOST01{}</style><title>a on HOST01</title></head><body title='HOST01 &amp; b'><span id=\"host\">HOST01</span><p class=HOST01>x &lt;HOST01&gt; &amp; y</p><!-- HOST01 --><script>HOST01</script></body></html>"),
			[]byte("<!doctype html><html><head><style>.HOST01{}</style><title>a on " + token + "</title></head><body title=\"" + token + " &amp; b\"><span id=\"host\">" + token + "</span><p class=HOST01>x &lt;" + token + "&gt; &amp; y</p><!-- " + token + " --><script>HOST01</script></body></html>"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := newRedactor(t, testKey).Document(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if again, err := newRedactor(t, testKey).Document(got); err != nil || !bytes.Equal(again, got) {
				t.Errorf("a second time: %q, %v", again, err)
			}
		})
	}
	for _, binary := range []string{"PK\x03\x04abc", "ElfFile\x00", "\x00\x00\x01\x02\x03\x00\x00\x00\x00\x04\x05\x06"} {
		if _, err := newRedactor(t, testKey).Document([]byte(binary)); !errors.Is(err, ErrBinary) {
			t.Errorf("%q: %v", binary, err)
		}
	}
}

// Whatever is given, a second time leaves every token of the first.
func FuzzText(f *testing.F) {
	f.Add("TCP 10.1.2.3:80 [fe80::1%3]:90 CONTOSO\\jdoe \\\\srv\\x S-1-5-21-1-2-3 a@b.com 00-11-22-33-44-55")
	f.Add("Host Name: X\nX.txt DC=a,DC=b ev-0123456789ab")
	f.Fuzz(func(t *testing.T, text string) {
		got := newRedactor(t, testKey).Text(text)
		again := newRedactor(t, testKey)
		again.again = true // ids of rows are another matter
		twice := again.Text(got)
		left := tokens().FindAllString(twice, -1)
		for _, token := range tokens().FindAllString(got, -1) {
			for len(left) > 0 && left[0] != token {
				left = left[1:]
			}
			if len(left) == 0 {
				t.Fatalf("%q\nbecomes %q\nbecomes %q", text, got, twice)
			}
			left = left[1:]
		}
	})
}

// Whatever a document is, it comes out, and text that names nothing comes out as it was.
func FuzzDocument(f *testing.F) {
	f.Add([]byte("<!doctype html><html><p title=\"10.0.0.1\">&amp; 10.0.0.1<script>10.0.0.1</script>"))
	f.Add([]byte(`{"a":["10.0.0.1"]}`))
	f.Add(wideText("Host Name: A1\r\n10.0.0.1", true))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newRedactor(t, testKey)
		got, err := r.Document(data)
		if err == nil && len(r.Counts()) == 0 && !bytes.Equal(got, data) && !bytes.Contains(data, []byte("ev-")) && !bytes.Contains(data, []byte("schema_version")) {
			t.Errorf("%q\nbecomes %q", data, got)
		}
	})
}
