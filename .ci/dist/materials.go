package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// The list of what a program is made of, as CycloneDX 1.5 has it. All of it comes from what
// the linker wrote into the program and from the licences in the module cache.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Purl       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licences   []licence  `json:"licenses,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licence struct {
	Licence struct {
		ID string `json:"id"`
	} `json:"license"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// materials lists what a program is made of.
func (r *release) materials(file string, data []byte) ([]byte, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil, err
	}
	b := bom{Format: "CycloneDX", Spec: "1.5", Version: 1}
	b.Metadata = metadata{r.at.Format("2006-01-02T15:04:05Z"), component{
		Type: "application", Ref: "portverdict", Name: "portverdict", Version: r.version,
		Hashes: []hash{{"SHA-256", sum(data)}}, Licences: licensed("GPL-3.0-or-later"),
	}}
	for _, s := range info.Settings {
		if s.Key == "GOOS" || s.Key == "GOARCH" {
			b.Metadata.Component.Properties = append(b.Metadata.Component.Properties, property{"build:" + s.Key, s.Value})
		}
	}
	goVersion := strings.TrimPrefix(info.GoVersion, "go")
	b.Components = append(b.Components, component{
		Type: "library", Ref: "std", Name: "std", Version: goVersion, Purl: "pkg:golang/std@" + goVersion, Licences: licensed("BSD-3-Clause"),
	})
	for _, m := range info.Deps {
		c, err := r.module(m)
		if err != nil {
			return nil, err
		}
		b.Components = append(b.Components, c)
	}
	out, err := json.MarshalIndent(&b, "", "  ")
	return append(out, '\n'), err
}

func licensed(ids ...string) []licence {
	out := make([]licence, len(ids))
	for i, id := range ids {
		out[i].Licence.ID = id
	}
	return out
}

// module is one that the program has in it.
func (r *release) module(m *debug.Module) (component, error) {
	dir, err := r.run(nil, "go", "list", "-m", "-f", "{{.Dir}}", m.Path)
	if err != nil {
		return component{}, err
	}
	ids, err := licencesIn(strings.TrimSpace(dir))
	if err != nil {
		return component{}, fmt.Errorf("%s: %w", m.Path, err)
	}
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	return component{
		Type: "library", Ref: purl, Name: m.Path, Version: m.Version, Purl: purl, Licences: licensed(ids...), Properties: []property{{"go:sum", m.Sum}},
	}, nil
}

// marks are words that only one licence has.
var marks = []struct{ id, words string }{
	{"GPL-3.0-only", "GNU GENERAL PUBLIC LICENSE Version 3"},
	{"Apache-2.0", "Apache License Version 2.0"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"0BSD", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee"},
	{"CC0-1.0", "CC0 1.0 Universal"},
	{"Unlicense", "This is free and unencumbered software"},
}

// licencesIn names the licences in the folder of a module. One that is not known is an
// error: somebody has to read it.
func licencesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "licen") && !strings.HasPrefix(name, "copying") || strings.HasSuffix(name, ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		flat := strings.ReplaceAll(string(bytes.Join(bytes.Fields(text), []byte(" "))), "License,", "License")
		before := len(ids)
		for _, m := range marks {
			// Two clauses stand in the text of three as well.
			if strings.Contains(flat, m.words) && (m.id != "BSD-2-Clause" || !slices.Contains(ids[before:], "BSD-3-Clause")) {
				ids = append(ids, m.id)
			}
		}
		if len(ids) == before {
			return nil, fmt.Errorf("the licence in %s is not known", e.Name())
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("no licence in %s", dir)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
