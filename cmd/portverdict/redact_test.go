package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"html"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// secretBundles is how many bundles are composed; 10 unless more are asked for.
var secretBundles = flag.Uint64("secrets", 5, "bundles in the test of --redact")

// seen is a text as a reader sees it, in lower case: UTF-16 as letters, and without the
// escapes of HTML, JSON, Markdown and links.
func seen(text string) string {
	if strings.HasPrefix(text, "\xFF\xFE") {
		units := make([]uint16, len(text)/2-1)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16([]byte(text[2+2*i:]))
		}
		text = string(utf16.Decode(units))
	}
	text = html.UnescapeString(text)
	text = unicodeEscape.ReplaceAllStringFunc(text, func(e string) string {
		n, err := strconv.ParseUint(e[2:], 16, 16)
		if err != nil {
			return e
		}
		return string(rune(n))
	})
	text = markdownEscape.ReplaceAllString(text, "$1")
	if plain, err := url.PathUnescape(percent.ReplaceAllString(text, "%25$1")); err == nil {
		text = plain
	}
	return strings.ToLower(text)
}

var (
	unicodeEscape  = regexp.MustCompile(`\\u[0-9a-f]{4}`)
	markdownEscape = regexp.MustCompile(`\\([-_.*\[\]()#|!~@>/])`)
	percent        = regexp.MustCompile(`%([^2]|2[^0])`) // only blanks are unescaped
	addressLike    = regexp.MustCompile(`[0-9a-fx.:_-]{7,}`)
)

// numeric gives the addresses in a text, however they are spelled.
func numeric(text string) []netip.Addr {
	var out []netip.Addr
	for _, word := range addressLike.FindAllString(text, -1) {
		word = strings.Trim(word, ".:-_")
		if i := strings.LastIndexByte(word, ':'); i >= 0 && strings.Count(word, ":") == 1 {
			word = word[:i]
		}
		for _, form := range []string{word, strings.ReplaceAll(word, "-", ":"), strings.ReplaceAll(word, "-", "."), strings.ReplaceAll(word, "_", ".")} {
			if a, err := netip.ParseAddr(form); err == nil {
				out = append(out, a)
			}
			for _, base := range []int{0, 10} {
				if a, ok := four(form, base); ok {
					out = append(out, a)
				}
			}
		}
		for _, base := range []int{0, 10, 16} {
			if n, err := strconv.ParseUint(word, base, 32); err == nil && n > 1<<24 {
				var b [4]byte
				binary.BigEndian.PutUint32(b[:], uint32(n))
				out = append(out, netip.AddrFrom4(b), netip.AddrFrom4([4]byte{b[3], b[2], b[1], b[0]}))
			}
		}
	}
	return out
}

// four reads dotted numbers, padded with zeros, or octal and hexadecimal with base 0.
func four(word string, base int) (netip.Addr, bool) {
	parts := strings.Split(word, ".")
	if len(parts) != 4 {
		return netip.Addr{}, false
	}
	var b [4]byte
	for i, p := range parts {
		n, err := strconv.ParseUint(p, base, 8)
		if err != nil {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

// ownIDs are the ids of a report, which are hashes of what it says.
var ownIDs = regexp.MustCompile(`\b(?:ev-[0-9a-f]{12}|[0-9a-f]{64})\b`)

var hostToken = regexp.MustCompile(`host-[0-9a-f]{10}`)

var reportFormats = []string{"html", "json", "ndjson", "md", "txt", "csv", "sarif"}

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
	out := map[string]string{"stdout": stdout.String(), "stderr": strings.ReplaceAll(stderr.String(), dir, "out")}
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
// --redact, nor in what redact makes of an output that was not redacted, nor in the texts
// that it makes of the bundle. The same key gives the same bytes, another key others.
func TestRedactedOutputsTellNothing(t *testing.T) {
	bundles := *secretBundles
	if testing.Short() {
		bundles = min(bundles, 2)
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
	for seed := uint64(1); seed <= bundles; seed++ {
		bundle, s := secretBundle(t, seed)
		plain := everyOutput(t, bundle)
		for name, text := range plain {
			told[name] += len(s.left(text))
		}
		for _, id := range ownIDs.FindAllString(plain["json"], -1) {
			s.ids[id] = true
		}
		first := everyOutput(t, bundle, "--redact", "--redact-key", one)
		for name, text := range first {
			if left := s.left(text); left != nil {
				t.Errorf("seed %d: the redacted %s tells %q", seed, name, left)
			}
		}
		if seed%5 == 1 {
			sameKey(t, bundle, first, one, two)
		}
		afterwards(t, seed, s, plain, one)
		redactedBundle(t, seed, s, bundle, first["json"], one)
	}
	t.Logf("what the outputs tell that were not redacted: %v", told)
	for _, name := range reportFormats {
		if told[name] == 0 {
			t.Errorf("no plain %s tells anything", name)
		}
	}
}

// sameKey tells that the same key gives the same outputs, and another one others.
func sameKey(t *testing.T, bundle string, first map[string]string, one, two string) {
	t.Helper()
	again := everyOutput(t, bundle, "--redact", "--redact-key", one, "-j", "1")
	other := everyOutput(t, bundle, "--redact", "--redact-key", two)
	for name, text := range first {
		if text != again[name] {
			t.Errorf("the same key gives another %s", name)
		}
		if text == other[name] && name != "txt" && name != "stdout" {
			t.Errorf("another key gives the same %s", name)
		}
	}
}

// redacted runs redact and gives what it says on stderr.
func redacted(t *testing.T, in, out, key string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"redact", in, "-o", out, "--redact-key", key}, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("%s: exit code %d: %s", in, code, stderr.String())
	}
	return stderr.String()
}

// afterwards redacts the outputs of a plain run.
func afterwards(t *testing.T, seed uint64, s *secrets, plain map[string]string, key string) {
	t.Helper()
	for _, f := range reportFormats {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in."+f), filepath.Join(dir, "out."+f)
		if err := os.WriteFile(in, []byte(plain[f]), 0o666); err != nil {
			t.Fatal(err)
		}
		if left := s.left(redacted(t, in, out, key)); left != nil {
			t.Errorf("seed %d: stderr tells %q", seed, left)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if left := s.left(string(text)); left != nil {
			t.Errorf("seed %d: the %s that was redacted afterwards tells %q", seed, f, left)
		}
	}
}

// redactedBundle writes the texts of a bundle, whose tokens are those of its report.
func redactedBundle(t *testing.T, seed uint64, s *secrets, bundle, report, key string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	if left := s.left(redacted(t, bundle, out, key)); left != nil {
		t.Errorf("seed %d: stderr of the bundle tells %q", seed, left)
	}
	seen, err := os.ReadFile(filepath.Join(bundle, "seen.txt"))
	if err != nil || len(s.left(string(seen))) < len(s.four)+len(s.six)+len(s.mac)+20 {
		t.Errorf("seed %d: the text that says everything tells %d of it, %v", seed, len(s.left(string(seen))), err)
	}
	texts, host := 0, 0
	err = filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(out, name)
		if err != nil {
			return err
		}
		if left := s.left(rel); left != nil {
			t.Errorf("seed %d: the name %s tells %q", seed, rel, left)
		}
		if !strings.Contains(report, `"path": "`+filepath.ToSlash(rel)+`"`) {
			t.Errorf("seed %d: %s is no source of the report with that key", seed, rel)
		}
		text, err := os.ReadFile(name)
		if left := s.left(string(text)); left != nil {
			t.Errorf("seed %d: %s tells %q", seed, rel, left)
		}
		texts++
		for _, token := range hostToken.FindAllString(report, -1) {
			host += strings.Count(string(text), token)
		}
		return err
	})
	if err != nil || texts < 8 || host == 0 {
		t.Errorf("seed %d: %d texts, which name machines of the report %d times, %v", seed, texts, host, err)
	}
}
