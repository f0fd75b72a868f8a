package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// Two archives of the same files have the same bytes, and hold what was given.
func TestArchives(t *testing.T) {
	files := map[string][]byte{"p/portverdict": []byte("\x7fELF\n"), "p/README.md": []byte("one\ntwo\n"), "p/man/man1/a.1": []byte(".TH\n"), "p/LICENSE": []byte("free\n")}
	for name, pack := range map[string]func(map[string][]byte, time.Time) ([]byte, error){"tar": tarball, "zip": zipped} {
		first, err := pack(files, at)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // the order of a map is another each time
			if again, err := pack(files, at); err != nil || !bytes.Equal(first, again) {
				t.Fatalf("%s: two runs differ, %v", name, err)
			}
		}
	}
	data, _ := tarball(files, at)
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]int64{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if modes[h.Name] = h.Mode; !h.ModTime.Equal(at) {
			t.Errorf("%s is of %v", h.Name, h.ModTime)
		}
	}
	if len(modes) != len(files) || modes["p/portverdict"] != 0o755 || modes["p/README.md"] != 0o644 {
		t.Errorf("modes %v", modes)
	}
	data, _ = zipped(map[string][]byte{"p/portverdict.exe": []byte("MZ\n"), "p/README.md": files["p/README.md"], "p/LICENSE": files["p/LICENSE"]}, at)
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"p/portverdict.exe": "MZ\n", "p/README.md": "one\r\ntwo\r\n", "p/LICENSE": "free\r\n"}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := io.ReadAll(in); string(text) != want[f.Name] || !f.Modified.Equal(at) {
			t.Errorf("%s holds %q, of %v", f.Name, text, f.Modified)
		}
	}
}

// What a program is made of is told by the program: this test's own stands for it.
func TestMaterials(t *testing.T) {
	t.Chdir("../..")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &release{ctx: t.Context(), version: "1.2.3", at: at}
	data, err := r.materials(program, []byte("program"))
	if err != nil {
		t.Fatal(err)
	}
	var b bom
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	c := b.Metadata.Component
	if b.Format != "CycloneDX" || c.Version != "1.2.3" || len(c.Hashes) != 1 || c.Hashes[0].Content != sum([]byte("program")) || b.Components[0].Name != "std" {
		t.Errorf("%s", data)
	}
}

func TestLicences(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby\ngranted, free of charge":                     "MIT",
		"Neither the name of X\n Redistribution and use in source and binary forms":        "BSD-3-Clause",
		"GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007":                           "GPL-3.0-only",
		"Permission is hereby granted, free of charge. Parts: Apache License, Version 2.0": "Apache-2.0 MIT",
		"All rights are mine": "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		ids, err := licencesIn(dir)
		if got := strings.Join(ids, " "); got != want || (err != nil) != (want == "") {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
}

// Every checksum in a manifest is that of the archive it points to.
func TestManifests(t *testing.T) {
	archives, sums := map[target]string{}, map[target]string{}
	byName := map[string]string{}
	for _, x := range targets {
		archives[x] = "portverdict_1.2.3_" + x.os + "_" + x.arch + ".tar.gz"
		sums[x] = sum([]byte(archives[x]))
		byName[archives[x]] = sums[x]
	}
	r := &release{version: "1.2.3", at: at, url: "https://example.com/p/"}
	all, err := r.manifests(archives, sums)
	if err != nil {
		t.Fatal(err)
	}
	pair := regexp.MustCompile(`https://example\.com/p/v1\.2\.3/(\S+?)"?\s+\S+ "?([0-9A-Fa-f]{64})`)
	n := 0
	for name, text := range all {
		if !bytes.Contains(text, []byte("1.2.3")) || bytes.Contains(text, []byte("{{")) {
			t.Errorf("%s: %s", name, text)
		}
		for _, m := range pair.FindAllStringSubmatch(string(text), -1) {
			if n++; strings.ToLower(m[2]) != byName[m[1]] || m[2] == "" {
				t.Errorf("%s: %s has the sum %s", name, m[1], m[2])
			}
		}
	}
	if len(all) != 4 || n != len(targets) {
		t.Errorf("%d files with %d sums", len(all), n)
	}
	delete(archives, target{"windows", "arm64"})
	if _, err := r.manifests(archives, sums); err == nil {
		t.Error("a manifest without an archive is no error")
	}
}

// The container has the program of the release and nothing else, and runs it as the user of
// the Job.
func TestContainer(t *testing.T) {
	recipe, err := os.ReadFile("../../cmd/internal/fleet/deploy/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	job, err := os.ReadFile("../../cmd/internal/fleet/deploy/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindSubmatch(recipe)
	if user == nil || !bytes.Contains(job, append([]byte("runAsUser: "), user[1]...)) || !bytes.Contains(job, append([]byte("runAsGroup: "), user[2]...)) {
		t.Errorf("the user of the container, %q, is not the Job's", user)
	}
	if !bytes.Contains(recipe, []byte("\nFROM scratch\n")) || !bytes.Contains(recipe, []byte("portverdict_${TARGETARCH} /portverdict\n")) || bytes.Count(recipe, []byte("\nCOPY ")) != 1 {
		t.Errorf("%s", recipe)
	}
}
