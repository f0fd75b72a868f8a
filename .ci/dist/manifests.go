package main

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed manifests
var templates embed.FS

// manifests are the files of winget and Homebrew, by name, with the checksums of the
// archives.
func (r *release) manifests(archives, sums map[target]string) (map[string][]byte, error) {
	missing := error(nil)
	of := func(all map[target]string, os, arch string) string {
		text := all[target{os, arch}]
		if text == "" {
			missing = fmt.Errorf("no archive for %s/%s", os, arch)
		}
		return text
	}
	funcs := template.FuncMap{
		"upper": strings.ToUpper,
		"sum":   func(os, arch string) string { return of(sums, os, arch) },
		"url": func(os, arch string) string {
			return strings.TrimSuffix(r.url, "/") + "/v" + r.version + "/" + of(archives, os, arch)
		},
	}
	data := struct{ Version, Date, URL string }{r.version, r.at.Format("2006-01-02"), r.url}
	out := map[string][]byte{}
	err := fs.WalkDir(templates, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates, name)
		if err != nil {
			return err
		}
		t, err := template.New(name).Funcs(funcs).Parse(string(text))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, data); err != nil {
			return err
		}
		out[strings.TrimPrefix(name, "manifests/")] = b.Bytes()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, missing
}
