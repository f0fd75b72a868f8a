package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portverdict/cmd/portverdict/internal/synth"
)

// secrets are what stands in the inputs of one bundle and must stand in no output.
type secrets struct {
	host, domain, short, user, owner, sid, peer string
	addresses                                   []string
}

// secretBundle writes the bundle of a random recipe, on a host with names that stand
// in its inputs wherever such names do, and tells them.
func secretBundle(t *testing.T, seed uint64) (string, *secrets) {
	t.Helper()
	d := rand.New(rand.NewPCG(seed, 1))
	s := &secrets{
		host: fmt.Sprintf("XQ%sSRV%d", []string{"-", "_", ""}[seed%3], d.IntN(90)+10), short: fmt.Sprintf("Zyxcorp%d", d.IntN(90)), user: fmt.Sprintf("qjdoe%d", d.IntN(90)),
		owner: fmt.Sprintf("Quirin Zwirbel%d", d.IntN(90)), peer: fmt.Sprintf("vault%d", d.IntN(90)+10),
		sid: fmt.Sprintf("S-1-5-21-%d-%d-%d-1104", d.Uint32(), d.Uint32(), d.Uint32()),
	}
	s.domain = strings.ToLower(s.short) + ".example.com"
	r := synth.Random(seed)
	r.Host.Name = s.host
	if seed%3 == 0 {
		r.Host.Name += "." + s.domain
	}
	for i := range r.Processes {
		for k := range r.Processes[i].Sockets {
			r.Processes[i].Sockets[k].Remotes = 1 // few peers: the report has reason to name one
		}
	}
	if r.Log != nil {
		for at := range 8 {
			r.Log.Records = append(r.Log.Records, synth.Record{
				At: r.Duration * synth.Duration(at) / 8, Provider: "NETLOGON", ID: 5719, Data: []string{strings.ToUpper(s.short), "%%1311 for " + s.user + "@" + s.domain},
			})
		}
	}
	dir := t.TempDir()
	if _, err := r.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(dir, "bundle")
	for name, text := range map[string]string{
		s.host + "_systeminfo.txt": "\r\nHost Name:                 " + s.host + "\r\nOS Name:                   Microsoft Windows Server 2022 Standard\r\nOS Version:                10.0.20348 N/A Build 20348\r\n" +
			"Registered Owner:          " + s.owner + "\r\nDomain:                    " + s.domain + "\r\nLogon Server:              \\\\" + s.peer + "\r\nIP address(es)\r\n   [01]: 10.77." + fmt.Sprint(seed%200) + ".9\r\n",
		"C/Users/" + s.user + "/handles.txt": "\r\nleaky.exe pid: 4242 " + strings.ToUpper(s.short) + "\\" + s.user + "\r\n   1C: File  (RW-)   C:\\Users\\" + s.user + "\\x.log\r\n",
		s.peer + "/" + s.user + "-notes.txt": "seen by " + s.user + " (" + s.sid + ") on " + s.peer + "." + s.domain + " as " + s.user + "@" + s.domain + " at fd00:77::" + fmt.Sprint(seed) + "\r\n",
		"cut-" + s.user + ".txt": "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n" +
			"  TCP    10.66.1.2:99999        192.168.44.7:443       ESTABLISHED     4242\r\n  TCP    10.66.1.2:50000        192.168.44.7:443       ESTABLISHED     4242\r\n",
	} {
		file := filepath.Join(bundle, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s.addresses = addressesIn(t, bundle)
	return bundle, s
}

var addressLike = regexp.MustCompile(`[0-9A-Fa-f.:]{7,}`)

// addressesIn are the IP addresses that the texts of a folder hold.
func addressesIn(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	seen := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range addressLike.FindAllString(string(text), -1) {
			if at, err := netip.ParseAddrPort(word); err == nil {
				word = at.Addr().String()
			}
			if _, err := netip.ParseAddr(word); err == nil && !seen[word] {
				seen[word] = true
				out = append(out, word)
			}
		}
	}
	return out
}

// left gives what an output still tells.
func (s *secrets) left(output string) []string {
	output = strings.ToLower(output)
	var out []string
	for _, name := range append([]string{s.host, s.domain, s.short, s.user, s.owner, s.sid, s.peer}, s.addresses...) {
		if strings.Contains(output, strings.ToLower(name)) {
			out = append(out, name)
		}
	}
	return out
}

var reportFormats = []string{"html", "json", "ndjson", "md", "txt", "csv"}

// everyOutput runs analyze on a bundle and gives every output by its format, and what went
// to stdout and stderr.
func everyOutput(t *testing.T, bundle string, flags ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"analyze", bundle, "--exit-zero"}, flags...)
	for _, f := range reportFormats {
		args = append(args, "-o", filepath.Join(dir, "report."+f))
	}
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), args, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	out := map[string]string{"stdout": stdout.String(), "stderr": stderr.String()}
	for _, f := range reportFormats {
		text, err := os.ReadFile(filepath.Join(dir, "report."+f))
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(text)
	}
	return out
}

// Nothing that the inputs tell of people, machines and networks is in an output of
// --redact, nor in what redact makes of an output that was not redacted. The same key
// gives the same bytes, another key others.
func TestRedactedOutputsTellNothing(t *testing.T) {
	bundles := uint64(60)
	if testing.Short() {
		bundles = 2
	}
	keys := t.TempDir()
	key := func(name string) string {
		file := filepath.Join(keys, name)
		if err := os.WriteFile(file, []byte("a key of the test, "+name+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		return file
	}
	one, two := key("one"), key("two")
	told := map[string]int{} // how often plain outputs tell something: else this test could not fail
	for seed := range bundles {
		bundle, s := secretBundle(t, seed+1)
		plain := everyOutput(t, bundle)
		for name, text := range plain {
			told[name] += len(s.left(text))
		}
		first := everyOutput(t, bundle, "--redact", "--redact-key", one)
		again := everyOutput(t, bundle, "--redact", "--redact-key", one, "-j", "1")
		other := everyOutput(t, bundle, "--redact", "--redact-key", two)
		for name, text := range first {
			if left := s.left(text); left != nil {
				t.Errorf("seed %d: the redacted %s tells %v", seed+1, name, left)
			}
			if left := s.left(other[name]); left != nil {
				t.Errorf("seed %d: the redacted %s tells %v", seed+1, name, left)
			}
			if text != again[name] {
				t.Errorf("seed %d: the same key gives another %s", seed+1, name)
			}
			if text == other[name] && name != "txt" && name != "stdout" {
				t.Errorf("seed %d: another key gives the same %s", seed+1, name)
			}
		}
		afterwards(t, seed+1, s, plain, first, one)
	}
	t.Logf("what the outputs tell that were not redacted: %v", told)
	for _, name := range reportFormats {
		if told[name] == 0 {
			t.Errorf("no plain %s tells anything", name)
		}
	}
}

// afterwards redacts the outputs of a plain run.
func afterwards(t *testing.T, seed uint64, s *secrets, plain, redacted map[string]string, key string) {
	t.Helper()
	for _, f := range reportFormats {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in."+f), filepath.Join(dir, "out."+f)
		if err := os.WriteFile(in, []byte(plain[f]), 0o666); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), []string{"redact", in, "-o", out, "--redact-key", key}, nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("%s: exit code %d: %s", f, code, stderr.String())
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if left := s.left(string(text)); left != nil {
			t.Errorf("seed %d: the %s that was redacted afterwards tells %v", seed, f, left)
		}
		if left := s.left(stderr.String()); left != nil {
			t.Errorf("seed %d: stderr tells %v", seed, left)
		}
	}
}
