package bundle

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mailOf is a saved mail with files attached, each a name and what it holds.
func mailOf(text string, files ...[2]string) string {
	var out strings.Builder
	out.WriteString("From: a@kontor.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\nContent-Type: text/plain\r\n\r\n" + text + "\r\n")
	for _, f := range files {
		out.WriteString("--xx\r\nContent-Type: application/octet-stream; name=" + f[0] + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(f[1])) + "\r\n")
	}
	return out.String() + "--xx--\r\n"
}

// What is attached to a mail is read as what lies in an archive; a text in it is read with
// the mail, and a mail that holds nothing else is no input of no use.
func TestMail(t *testing.T) {
	packed, err := os.ReadFile(filepath.Join(archives, "deflate.zip"))
	if err != nil {
		t.Fatal(err)
	}
	inside := contents(t, mustLoad(t, filepath.Join(archives, "deflate.zip")))
	table := strings.Repeat("  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING    956\r\n", 3)
	for name, c := range map[string]struct {
		mail string
		want []string // kind and path
		told string
	}{
		"archive":   {mailOf("see below", [2]string{"logs.zip", string(packed)}), nil, ""},
		"two texts": {mailOf("The table:\r\n\r\n"+table, [2]string{"netstat.txt", table}), []string{"netstat in.eml"}, ""},
		"neither":   {mailOf("see below"), []string{"unknown in.eml"}, "the content is of no known kind"},
		"outlook":   {mailOf("The table:\r\n\r\n"+table, [2]string{"winmail.dat", "\x78\x9f\x3e\x22\x01\x00"}), []string{"netstat in.eml", "unknown winmail.dat"}, "winmail.dat"},
		"office":    {mailOf("see below", [2]string{"a.doc", oleHead}), []string{"unknown a.doc"}, "an Office document"},
	} {
		file := filepath.Join(t.TempDir(), "in.eml")
		if err := os.WriteFile(file, []byte(c.mail), 0o600); err != nil {
			t.Fatal(err)
		}
		b := mustLoad(t, file)
		var got []string
		for _, in := range b.Inputs {
			got = append(got, in.Kind+" "+in.Path)
		}
		if name == "archive" {
			for _, in := range inside {
				kind, rest, _ := strings.Cut(in, " ")
				path, _, _ := strings.Cut(rest, " ")
				c.want = append(c.want, kind+" logs.zip!/"+path)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if told := fmt.Sprint(b.Diagnostics); c.told == "" && len(b.Diagnostics) > 0 || !strings.Contains(told, c.told) {
			t.Errorf("%s: %s", name, told)
		}
	}
}

// A mail at the limits of nesting is read as a text still, and what is attached to it
// counts for the outermost archive.
func TestMailLimits(t *testing.T) {
	table := strings.Repeat("  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING    956\r\n", 3)
	file := filepath.Join(t.TempDir(), "in.eml")
	if err := os.WriteFile(file, []byte(mailOf("The table:\r\n\r\n"+table, [2]string{"a.bin", strings.Repeat("\x00", 5000)})), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*limits){
		"deep":                  func(l *limits) { l.depth = 0 },
		"than 0 times its size": func(l *limits) { l.unpacked = 4000 },
	} {
		lim := defaultLimits
		change(&lim)
		b, err := load(t.Context(), Options{Jobs: 1}, lim, func(l *loader) error { return l.roots([]string{file}) })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		if what = strings.Replace(what, "0 times", fmt.Sprint(lim.ratio)+" times", 1); len(b.Inputs) != 1 || b.Inputs[0].Kind != "netstat" || !strings.Contains(fmt.Sprint(b.Diagnostics), what) {
			t.Errorf("%s: %v %v", what, b.Inputs, b.Diagnostics)
		}
	}
}
