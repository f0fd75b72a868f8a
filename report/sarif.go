package report

import (
	"io"
	"net/url"
	"strings"
)

// sarifSchema is the schema of SARIF 2.1.0 with its first errata.
// Source: OASIS Standard, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// maxSarifPlaces bounds the places of one result; verdict.json has all rows.
const maxSarifPlaces = 100

// The parts of a SARIF log that a report has something for.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Artifacts   []sarifArtifact   `json:"artifacts"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string        `json:"id"`
		Short         sarifMessage  `json:"shortDescription"`
		Full          *sarifMessage `json:"fullDescription,omitempty"`
		Help          *sarifMessage `json:"help,omitempty"`
		Configuration sarifLevel    `json:"defaultConfiguration"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Descriptor sarifDescriptor `json:"descriptor"`
		Level      string          `json:"level"`
		Message    sarifMessage    `json:"message"`
		Locations  []sarifLocation `json:"locations,omitempty"`
	}
	sarifDescriptor struct {
		ID string `json:"id"`
	}
	sarifArtifact struct {
		Location    sarifArtifactLocation `json:"location"`
		Length      int64                 `json:"length"`
		Hashes      map[string]string     `json:"hashes,omitempty"`
		Description sarifMessage          `json:"description"`
	}
	sarifArtifactLocation struct {
		URI   string `json:"uri"`
		Index *int   `json:"index,omitempty"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Kind      string          `json:"kind"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
		Count     int             `json:"occurrenceCount,omitempty"`

		Properties map[string]any `json:"properties"`
	}
	sarifLocation struct {
		Message    *sarifMessage     `json:"message,omitempty"`
		Physical   sarifPhysical     `json:"physicalLocation"`
		Properties map[string]string `json:"properties,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifactLocation `json:"artifactLocation"`
		Region   *sarifRegion          `json:"region,omitempty"`
	}
	// A region is a line of a text, or an offset in bytes.
	sarifRegion struct {
		Line   int    `json:"startLine,omitempty"`
		Offset *int64 `json:"byteOffset,omitempty"`
		Length int64  `json:"byteLength,omitempty"`
	}
)

// WriteSARIF writes the findings as SARIF 2.1.0: a finding is a result, its id the rule,
// and its rows of evidence are the places, each with the offset or the line in the input.
// Counter-evidence is a result of kind "pass". The verdict stands in the run's
// properties, and what was wrong with the inputs in the notifications.
func WriteSARIF(w io.Writer, r *Report) error {
	s := sarifWriter{sources: map[string]int{}, rules: map[string]int{}, rows: byID(r)}
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: Visible(r.Tool.Name), Version: Visible(r.Tool.Version), Rules: []sarifRule{}}},
		Artifacts:   []sarifArtifact{},
		Results:     []sarifResult{},
		Invocations: []sarifInvocation{{Successful: true, Notifications: []sarifNotification{}}},
		Properties: map[string]any{
			"outcome": r.Verdict.Outcome, "confidence": r.Verdict.Confidence, "summary": Visible(r.Verdict.Summary),
			"host": Visible(r.Verdict.Host), "transport": Visible(r.Verdict.Transport), "bundle": Visible(r.Bundle.ID),
		},
	}
	for i := range r.Sources {
		run.Artifacts = append(run.Artifacts, s.artifact(&r.Sources[i], i))
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		at, known := s.rules[f.ID]
		if !known {
			at = len(run.Tool.Driver.Rules)
			s.rules[f.ID] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, ruleOf(f))
		}
		run.Results = append(run.Results, s.result(f, at))
	}
	told := &run.Invocations[0]
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		told.Notifications = append(told.Notifications, s.notification(d))
		told.Successful = told.Successful && d.Code != "internal-error"
	}
	return EncodeJSON(w, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

// sarifWriter knows what the parts of a log point at.
type sarifWriter struct {
	sources, rules map[string]int
	rows           map[string]*Evidence
}

// sarifText is a text in which nothing acts: braces would be a placeholder, and a text in
// brackets before one in parentheses a link.
func sarifText(s string) sarifMessage {
	return sarifMessage{strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(Visible(s))}
}

func (s *sarifWriter) artifact(src *Source, at int) sarifArtifact {
	s.sources[src.Path] = at
	a := sarifArtifact{Location: s.location(src.Path), Length: max(src.Size, 0), Description: sarifText(kindText(src.Kind))}
	if src.SHA256 != "" {
		a.Hashes = map[string]string{"sha-256": Visible(src.SHA256)}
	}
	return a
}

// location is an input by its path below the bundle.
func (s *sarifWriter) location(path string) sarifArtifactLocation {
	l := sarifArtifactLocation{URI: (&url.URL{Path: Visible(path)}).String()}
	if at, ok := s.sources[path]; ok {
		l.Index = &at
	}
	return l
}

func (s *sarifWriter) place(e *Evidence) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{Artifact: s.location(e.Source)}, Properties: map[string]string{"evidence": Visible(e.ID)}}
	if e.Text != "" {
		text := sarifText(e.Text)
		l.Message = &text
	}
	if _, isInput := s.sources[e.Source]; isInput {
		l.Physical.Region = region(e.Line, e.Offset, 0)
	}
	if e.Record > 0 && strings.HasPrefix(e.Kind, "evtx") {
		l.Properties["place"] = Visible(e.Where())
	}
	return l
}

func region(line int, offset, length int64) *sarifRegion {
	if line > 0 {
		return &sarifRegion{Line: line}
	}
	at := max(offset, 0)
	return &sarifRegion{Offset: &at, Length: max(length, 0)}
}

func ruleOf(f *Finding) sarifRule {
	row := FindingByID(f.ID)
	if row == nil { // of a verdict.json that another version wrote
		return sarifRule{ID: Visible(f.ID), Short: sarifText(f.Title), Configuration: sarifLevel{sarifLevelOf(f.Severity)}}
	}
	full, help := sarifText(row.Text), sarifText("To check it by hand: "+row.Check)
	return sarifRule{ID: row.ID, Short: sarifText(row.Title), Full: &full, Help: &help, Configuration: sarifLevel{sarifLevelOf(row.Severity)}}
}

func sarifLevelOf(severity string) string {
	switch severity {
	case "critical", "error":
		return "error"
	case "warning":
		return "warning"
	case "counter":
		return "none"
	}
	return "note"
}

func (s *sarifWriter) result(f *Finding, rule int) sarifResult {
	text := strings.TrimSuffix(f.Title, ".")
	if f.Count > 0 {
		text += " (" + strings.TrimSpace(Grouped(f.Count)+" "+unitOf(f)) + ")"
	}
	out := sarifResult{
		RuleID: Visible(f.ID), RuleIndex: rule, Kind: "fail", Level: sarifLevelOf(f.Severity), Count: max(f.Count, 0),
		Message: sarifText(strings.TrimSpace(text + ". " + f.Text)), Locations: []sarifLocation{},
		Properties: map[string]any{"severity": Visible(f.Severity), "unit": Visible(f.Unit), "host": Visible(f.Host), "transport": Visible(f.Transport), "first": f.First, "last": f.Last},
	}
	if out.Level == "none" {
		out.Kind = "pass"
	}
	for _, id := range f.Evidence[:min(len(f.Evidence), maxSarifPlaces)] {
		e := s.rows[id]
		switch {
		case e == nil:
		case len(out.Locations) == 0:
			out.Locations = append(out.Locations, s.place(e))
		default:
			out.Related = append(out.Related, s.place(e))
		}
	}
	return out
}

func (s *sarifWriter) notification(d *Diagnostic) sarifNotification {
	n := sarifNotification{Descriptor: sarifDescriptor{Visible(d.Code)}, Level: sarifLevelOf(d.Severity), Message: sarifText(d.Sentence())}
	if d.Source != "" {
		l := sarifLocation{Physical: sarifPhysical{Artifact: s.location(d.Source)}}
		if d.Line > 0 || d.Offset > 0 || d.Length > 0 {
			l.Physical.Region = region(d.Line, d.Offset, d.Length)
		}
		n.Locations = []sarifLocation{l}
	}
	return n
}
