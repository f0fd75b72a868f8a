//go:build !js

package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"portverdict/cmd/internal/analysis"
	"portverdict/report"
	"portverdict/report/compare"
)

var (
	//go:embed page.html.tmpl
	pageTemplate string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
	//go:embed disk.js
	diskJS string
	//go:embed hash.js
	hashJS string
	//go:embed worker.js
	workerJS string
)

// A page is what the template is filled with; all of it is ours.
type page struct {
	Policy, Version string
	CSS, JS, Worker string
	Wasm, Texts     string
	Sides, Limits   []string
}

// build makes the page. The same sources give the same bytes.
func build() ([]byte, error) {
	root, err := output("go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	goroot, err := output("go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	wasm, err := compile()
	if err != nil {
		return nil, err
	}
	runtime, err := os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, err
	}
	licences, err := os.ReadFile(filepath.Join(root, "THIRD_PARTY_LICENSES"))
	if err != nil {
		return nil, err
	}
	p := &page{
		Version: analysis.Version, CSS: pageCSS, JS: pageJS, Worker: diskJS + hashJS + string(runtime) + workerJS,
		Sides: []string{"One bundle", "After"}, Limits: limits,
	}
	if p.Wasm, err = packed(wasm); err != nil {
		return nil, err
	}
	if p.Texts, err = packed(licences); err != nil {
		return nil, err
	}
	if p.Policy, err = policy(); err != nil {
		return nil, err
	}
	for _, script := range []string{p.JS, p.Worker} {
		if strings.Contains(script, "</script") || strings.Contains(script, "<!--") {
			return nil, fmt.Errorf("a script would end before its end")
		}
	}
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// fast are the packages that see every byte of an input. In all others no function is
// inlined, which makes the page an eighth smaller.
var fast = []string{
	"portverdict/etl", "portverdict/etl/winsock", "portverdict/evtx", "portverdict/netstatparse", "portverdict/netstatparse/paste", "portverdict/report/facts",
	"runtime/...", "internal/runtime/...", "internal/bytealg", "math/bits", "bytes", "unicode/utf8", "encoding/binary", "compress/...", "hash/...",
}

// compile gives the other program of this package.
func compile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "portverdict-web-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "page.wasm")
	args := []string{"build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w -X portverdict/cmd/internal/analysis.Version=" + analysis.Version, "-gcflags=all=-l"}
	for _, pkg := range fast {
		args = append(args, "-gcflags="+pkg+"=")
	}
	cmd := exec.Command("go", append(args, "-o", name, "portverdict/cmd/portverdict-web")...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("building for js/wasm: %w", err)
	}
	return os.ReadFile(name)
}

// packed is data as the page carries it.
func packed(data []byte) (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(data); err != nil {
		return "", err
	}
	err = z.Close()
	return base85(b.Bytes()), err
}

// notDigits are the signs that a text in a page had better not hold; the other 85 of
// ASCII are the digits, in their order. page.js has them too.
const notDigits = "\"&'<>\\`{}"

// base85 writes each four bytes as five digits, big endian, and n left over as n+1: a
// sixteenth less than base64, which has no sign for the other third of ASCII.
func base85(data []byte) string {
	var digits []byte
	for c := byte('!'); c <= '~'; c++ {
		if !strings.ContainsRune(notDigits, rune(c)) {
			digits = append(digits, c)
		}
	}
	out := make([]byte, 0, len(data)/4*5+5)
	for chunk := range slices.Chunk(data, 4) {
		var four [4]byte
		copy(four[:], chunk)
		v := binary.BigEndian.Uint32(four[:])
		var five [5]byte
		for i := 4; i >= 0; i-- {
			five[i] = digits[v%85]
			v /= 85
		}
		out = append(out, five[:len(chunk)+1]...)
	}
	return string(out)
}

var hashes = regexp.MustCompile(`(style|script)-src ([^;"]*)`)

// policy lets the page run its own script, style and program and nothing else. A report
// is shown in a frame that inherits it, so what reports allow for themselves is in it.
func policy() (string, error) {
	scripts, styles := hash(pageJS), hash(pageCSS)
	var one, two bytes.Buffer
	empty := &report.Report{}
	if err := report.WriteHTML(&one, empty); err != nil {
		return "", err
	}
	if err := compare.Compare(empty, empty).WriteHTML(&two); err != nil {
		return "", err
	}
	for _, text := range []string{one.String(), two.String()} {
		for _, m := range hashes.FindAllStringSubmatch(text, -1) {
			if m[1] == "style" {
				styles += " " + m[2]
			} else {
				scripts += " " + m[2]
			}
		}
	}
	return "default-src 'none'; script-src " + scripts + " 'wasm-unsafe-eval'; style-src " + styles +
		"; worker-src blob:; frame-src blob:; img-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'", nil
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
