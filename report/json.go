package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

//go:embed schema.json
var schemaJSON string

// Schema gives the JSON Schema (draft 2020-12) of what WriteJSON writes.
func Schema() []byte { return []byte(schemaJSON) }

// WriteJSON writes the report as indented JSON and a newline: every list is
// there, empty as [] and never null.
func WriteJSON(w io.Writer, r *Report) error { return EncodeJSON(w, filled(r)) }

// EncodeJSON writes a value as indented JSON and a newline, in which no character
// acts on what shows it.
func EncodeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(Inert(b.Bytes()))
	return err
}

// EncodeLine writes a value as JSON on one line, in which no character acts either.
func EncodeLine(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(Inert(b.Bytes()))
	return err
}

// ReadJSON reads what WriteJSON wrote. It is an error when the schema version is
// another one or anything follows the object; keys that are not known are ignored.
func ReadJSON(r io.Reader) (*Report, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxVerdictBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read verdict.json: %w", err)
	}
	if len(b) > maxVerdictBytes {
		return nil, fmt.Errorf("verdict.json is larger than %d bytes", maxVerdictBytes)
	}
	return parse(b)
}

func parse(b []byte) (*Report, error) {
	var head struct {
		SchemaVersion *int `json:"schema_version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("not a verdict.json: %w", err)
	}
	if head.SchemaVersion == nil {
		return nil, errors.New("not a verdict.json: it has no schema_version")
	}
	if *head.SchemaVersion != SchemaVersion {
		if *head.SchemaVersion > SchemaVersion {
			return nil, fmt.Errorf("this verdict.json has schema_version %d, made by a newer portverdict; this one reads %d: use the newer program, or analyze the bundle again", *head.SchemaVersion, SchemaVersion)
		}
		return nil, fmt.Errorf("this verdict.json has schema_version %d, made by an older portverdict; this one reads %d: analyze the bundle again", *head.SchemaVersion, SchemaVersion)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	var out Report
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("not a verdict.json: %w", err)
	}
	return filled(&out), nil
}

// WriteNDJSON writes one object a line, each with a "type" and then the keys
// it has in verdict.json: the verdict first (with schema_version and tool),
// then bundle, finding, evidence, timeline, series, source and diagnostic lines.
func WriteNDJSON(w io.Writer, r *Report) error {
	f := filled(r)
	type verdictLine struct {
		SchemaVersion int  `json:"schema_version"`
		Tool          Tool `json:"tool"`
		Verdict
	}
	for _, step := range []func() error{
		func() error { return lines(w, "verdict", []verdictLine{{f.SchemaVersion, f.Tool, f.Verdict}}) },
		func() error { return lines(w, "bundle", []Bundle{f.Bundle}) },
		func() error { return lines(w, "finding", f.Findings) },
		func() error { return lines(w, "evidence", f.Evidence) },
		func() error { return lines(w, "timeline", f.Timeline) },
		func() error { return lines(w, "series", f.Series) },
		func() error { return lines(w, "source", f.Sources) },
		func() error { return lines(w, "diagnostic", f.Diagnostics) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func lines[T any](w io.Writer, kind string, rows []T) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range rows {
		b.Reset()
		if err := e.Encode(&rows[i]); err != nil {
			return err
		}
		// The object's own brace gives way to one that starts with the type.
		if _, err := fmt.Fprintf(w, `{"type":%q,%s`, kind, Inert(b.Bytes()[1:])); err != nil {
			return err
		}
	}
	return nil
}

// Clone is a copy of the report that shares nothing with it that can be changed.
func (r *Report) Clone() *Report { return filled(r) }

// filled is a copy of the report in which no list and no map is nil and every
// time is UTC. What it shares with the original is only read.
func filled(r *Report) *Report {
	out := *r
	out.Bundle.Hosts, out.Bundle.Boots = list(r.Bundle.Hosts), list(r.Bundle.Boots)
	fillVerdict(&out.Verdict)
	out.Findings, out.Evidence, out.Timeline = list(r.Findings), list(r.Evidence), list(r.Timeline)
	out.Sources, out.Diagnostics = list(r.Sources), list(r.Diagnostics)
	out.Series = list(r.Series)
	for i := range out.Timeline {
		out.Timeline[i].UsedPorts = copied(out.Timeline[i].UsedPorts)
	}
	for i := range out.Series {
		out.Series[i].Points = list(out.Series[i].Points)
	}
	for i := range out.Findings {
		f := &out.Findings[i]
		f.Evidence, f.RestsOn = list(f.Evidence), list(f.RestsOn)
	}
	for i := range out.Evidence {
		out.Evidence[i].Fields = table(out.Evidence[i].Fields)
	}
	for i := range out.Sources {
		out.Sources[i].Facts = table(out.Sources[i].Facts)
	}
	return &out
}

// fillVerdict replaces the lists of a verdict by copies of which none is nil.
func fillVerdict(v *Verdict) {
	v.Reasons, v.Pools, v.Missing, v.NextSteps = list(v.Reasons), list(v.Pools), list(v.Missing), list(v.NextSteps)
	v.Windows, v.Holders, v.Victims, v.OtherFailures = list(v.Windows), list(v.Holders), list(v.Victims), list(v.OtherFailures)
	for i := range v.Pools {
		p := &v.Pools[i]
		p.ExcludedRanges, p.Reasons, p.Episodes = list(p.ExcludedRanges), list(p.Reasons), list(p.Episodes)
		p.Used, p.Balance.DistanceSeconds = copied(p.Used), copied(p.Balance.DistanceSeconds)
		if p.Forecast != nil {
			f := *p.Forecast
			f.Evidence = list(f.Evidence)
			p.Forecast = &f
		}
	}
	for i := range v.Windows {
		w := &v.Windows[i]
		w.Evidence, w.Log = list(w.Evidence), list(w.Log)
		for k := range w.Log {
			w.Log[k].DeltaSeconds = copied(w.Log[k].DeltaSeconds)
		}
		if w.Balance = copied(w.Balance); w.Balance != nil {
			w.Balance.DistanceSeconds = copied(w.Balance.DistanceSeconds)
		}
	}
	for i := range v.Holders {
		h := &v.Holders[i]
		h.Services, h.Evidence = list(h.Services), list(h.Evidence)
	}
	for i := range v.Victims {
		p := &v.Victims[i]
		p.Services, p.Evidence = list(p.Services), list(p.Evidence)
	}
	for i := range v.OtherFailures {
		v.OtherFailures[i].Processes = list(v.OtherFailures[i].Processes)
	}
}

func list[T any](s []T) []T {
	if len(s) == 0 {
		return []T{}
	}
	return slices.Clone(s)
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func table(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}
