// Command dist makes what a release consists of: for each system the program with its
// licences, manual pages and completions in one archive, a list of what it is made of, the
// page that needs no installation, the files that package managers and a container need, and
// the checksums of all of them. The same commit and the same Go give the same bytes.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A target is a system that the program is built for.
type target struct{ os, arch string }

var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"},
}

func (t target) program() string {
	if t.os == "windows" {
		return "portverdict.exe"
	}
	return "portverdict"
}

// release is one run of this program.
type release struct {
	ctx     context.Context
	dir     string    // where all of it is written
	version string    // "1.2.3"
	at      time.Time // of the commit: the time of every file in an archive
	url     string    // where the files will be found
}

func main() {
	dir := flag.String("o", "dist", "write the release to this folder, which must be new or empty")
	url := flag.String("url", "https://example.com/portverdict/", "where the files will be found, for the manifests; the version is put behind it")
	only := flag.String("only", "", "build this system alone, such as linux/amd64")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := &release{ctx: ctx, dir: *dir, url: *url}
	if err := r.make(*only); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func (r *release) make(only string) error {
	if old, err := os.ReadDir(r.dir); err == nil && len(old) > 0 {
		return fmt.Errorf("%s is not empty: what lies there would pass for a part of the release", r.dir)
	}
	if err := r.identify(); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "portverdict-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	extras, err := r.extras(work)
	if err != nil {
		return err
	}
	archives := map[target]string{} // their names
	for _, t := range targets {
		if only != "" && only != t.os+"/"+t.arch {
			continue
		}
		fmt.Println("==", t.os+"/"+t.arch)
		if archives[t], err = r.pack(t, work, extras); err != nil {
			return err
		}
	}
	if only == "" {
		if err := r.others(archives); err != nil {
			return err
		}
	}
	return r.checksums()
}

// identify finds the version, by the tag of the commit, and its time. A commit without a
// tag is named after the version of the source, with what tells it from a release.
func (r *release) identify() error {
	tag, err := r.git("describe", "--tags", "--exact-match", "--match", "v[0-9]*")
	switch {
	case err == nil:
		r.version = strings.TrimPrefix(tag, "v")
	default:
		out, err := r.run(nil, "go", "run", "./cmd/portverdict", "version")
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(out, "\n")
		r.version = strings.TrimPrefix(first, "portverdict ") + "-dev"
	}
	at, err := r.git("log", "-1", "--format=%cI")
	if err != nil {
		return err
	}
	r.at, err = time.Parse(time.RFC3339, at)
	r.at = r.at.UTC()
	fmt.Println("version", r.version)
	return err
}

func (r *release) git(args ...string) (string, error) {
	cmd := exec.CommandContext(r.ctx, "git", args...)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// run runs a program from the top of the source and gives what it prints.
func (r *release) run(env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(r.ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}

// build makes the program of a target: static, without paths, times or numbers of a build.
func (r *release) build(t target, out string) error {
	flags := "-s -w -buildid= -X portverdict/cmd/internal/analysis.Version=" + r.version
	_, err := r.run([]string{"GOOS=" + t.os, "GOARCH=" + t.arch, "CGO_ENABLED=0", "GOFLAGS="}, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", out, "./cmd/portverdict")
	return err
}

// extras are the files that every archive has beside the program: name to content.
func (r *release) extras(work string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, name := range []string{"LICENSE", "THIRD_PARTY_LICENSES", "README.md", "CHANGELOG.md", "SECURITY.md"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all[name] = data
	}
	here := target{runtime.GOOS, runtime.GOARCH}
	program := filepath.Join(work, "here", here.program())
	if err := r.build(here, program); err != nil {
		return nil, err
	}
	pages := filepath.Join(work, "man1")
	if _, err := r.run(nil, program, "man", "-o", pages); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(pages)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(pages, e.Name()))
		if err != nil {
			return nil, err
		}
		all["man/man1/"+e.Name()] = data
	}
	for shell, name := range map[string]string{"bash": "portverdict.bash", "zsh": "_portverdict", "fish": "portverdict.fish", "powershell": "portverdict.ps1"} {
		out, err := r.run(nil, program, "completion", shell)
		if err != nil {
			return nil, err
		}
		all["completions/"+name] = []byte(out)
	}
	return all, nil
}

// pack builds a target and writes its archive and what it is made of.
func (r *release) pack(t target, work string, extras map[string][]byte) (string, error) {
	program := filepath.Join(work, t.os+"-"+t.arch, t.program())
	if err := r.build(t, program); err != nil {
		return "", err
	}
	data, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	stem := "portverdict_" + r.version + "_" + t.os + "_" + t.arch
	files := map[string][]byte{stem + "/" + t.program(): data}
	for name, extra := range extras {
		files[stem+"/"+name] = extra
	}
	name, write := stem+".tar.gz", tarball
	if t.os == "windows" {
		name, write = stem+".zip", zipped
	}
	var packed []byte
	if packed, err = write(files, r.at); err != nil {
		return "", err
	}
	list, err := r.materials(program, data)
	if err != nil {
		return "", err
	}
	if err := r.write(stem+".cdx.json", list); err != nil {
		return "", err
	}
	if t.os == "linux" {
		if err := r.write("container/portverdict_"+t.arch, data); err != nil {
			return "", err
		}
		if err := os.Chmod(filepath.Join(r.dir, "container", "portverdict_"+t.arch), 0o755); err != nil {
			return "", err
		}
	}
	return name, r.write(name, packed)
}

// others writes what there is once: the page, the files of package managers and of a
// container.
func (r *release) others(archives map[target]string) error {
	fmt.Println("== page")
	page := filepath.Join(r.dir, "portverdict.html")
	_, err := r.run([]string{"GOFLAGS=-ldflags=-X=portverdict/cmd/internal/analysis.Version=" + r.version}, "go", "run", "./cmd/portverdict-web", "-o", page)
	if err != nil {
		return err
	}
	recipe, err := os.ReadFile("cmd/internal/fleet/deploy/Containerfile")
	if err != nil {
		return err
	}
	if err := r.write("container/Containerfile", recipe); err != nil {
		return err
	}
	sums := map[target]string{}
	for t, name := range archives {
		data, err := os.ReadFile(filepath.Join(r.dir, name))
		if err != nil {
			return err
		}
		sums[t] = sum(data)
	}
	manifests, err := r.manifests(archives, sums)
	if err != nil {
		return err
	}
	for name, text := range manifests {
		if err := r.write(name, text); err != nil {
			return err
		}
	}
	return nil
}

func (r *release) write(name string, data []byte) error {
	name = filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// checksums writes SHA256SUMS over all files, as sha256sum -c reads it.
func (r *release) checksums() error {
	var lines []string
	err := filepath.WalkDir(r.dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		short, err := filepath.Rel(r.dir, name)
		lines = append(lines, sum(data)+"  "+filepath.ToSlash(short)+"\n")
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return r.write("SHA256SUMS", []byte(strings.Join(lines, "")))
}
