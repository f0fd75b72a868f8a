package regress

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"portverdict/report"
)

// Expect is what must be found. What is nil or empty is not asked for.
type Expect struct {
	Outcome    string         `yaml:"outcome"`
	Exit       *int           `yaml:"exit"`
	Confidence string         `yaml:"confidence"`
	Transport  string         `yaml:"transport"` // of the headline
	Cause      *string        `yaml:"cause"`     // of the headline; "": nothing failed
	Windows    *int           `yaml:"windows"`   // how many episodes there are
	Pools      []Pool         `yaml:"pools"`
	Holders    []Process      `yaml:"holders"`
	Victims    []Process      `yaml:"victims"`
	Only       bool           `yaml:"only"`     // nobody else is named or told as a victim
	Findings   map[string]int `yaml:"findings"` // by id, with their exact counts; 0 is as absent
	Absent     []string       `yaml:"absent"`   // ids that must not be found
}

// Pool is an expected pool, found by its transport and, where given, host and family.
type Pool struct {
	Host       *string `yaml:"host"`
	Transport  string  `yaml:"transport"`
	Family     *string `yaml:"family"`
	Start      *int    `yaml:"start"`
	Count      *int    `yaml:"count"`
	Capacity   *int    `yaml:"capacity"`
	Used       *int    `yaml:"used"`
	Outcome    *string `yaml:"outcome"`
	Confidence *string `yaml:"confidence"`
	Cause      *string `yaml:"cause"`
	Windows    *int    `yaml:"windows"` // its episodes
}

// Process is an expected holder (Ports, Named, Instances) or victim (Failures), found
// by its PID, or by its image where that is all that is given, and by what is given of
// host and transport; the rest is compared where it is given. The sum of all processes
// of an image has PID 0.
type Process struct {
	PID       *int    `yaml:"pid"`
	Image     *string `yaml:"image"`
	Host      *string `yaml:"host"`
	Transport *string `yaml:"transport"`
	Ports     *int    `yaml:"ports"`
	Named     *bool   `yaml:"named"`
	Instances *int    `yaml:"instances"`
	Failures  *int    `yaml:"failures"`
}

var (
	outcomes    = []report.Outcome{report.Exhausted, report.Likely, report.NotExhausted, report.Inconclusive}
	confidences = []report.Confidence{report.Proven, report.Strong, report.Moderate, report.Weak}
	transports  = []string{"tcp", "udp", "unknown"}
	causes      = []report.Cause{
		"", report.CauseLeak, report.CauseStuckClose, report.CauseChurn, report.CauseBurst, report.CauseSmallRange, report.CauseByDesign,
		report.CausePerPeer, report.CauseServerSide, report.CauseNotPorts, report.CauseUnknown,
	}
)

// word tells whether a word that is given is one of those there are; a wrong one could
// never be met, or never fail.
func word[T ~string](what string, given *string, known []T) error {
	if given == nil || slices.Contains(known, T(*given)) {
		return nil
	}
	return fmt.Errorf("%s %q is not known; it is one of %q", what, *given, known)
}

// asked is nil for the empty text, which asks for nothing.
func asked(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// known tells whether an id is that of a finding: one that is misspelled is absent from
// every report.
func known(where, id string) error {
	if report.FindingByID(id) != nil {
		return nil
	}
	return fmt.Errorf("%s: %q is not the id of a finding; portverdict explain lists them", where, id)
}

// check refuses what no report could meet.
func (e *Expect) check() error {
	wrong := []error{
		word("outcome", asked(e.Outcome), outcomes), word("confidence", asked(e.Confidence), confidences),
		word("transport", asked(e.Transport), transports), word("cause", e.Cause, causes),
	}
	for _, id := range slices.Sorted(maps.Keys(e.Findings)) {
		wrong = append(wrong, known("findings", id))
		if e.Findings[id] < 0 {
			wrong = append(wrong, fmt.Errorf("findings: %s: %d is not a count", id, e.Findings[id]))
		}
	}
	for _, id := range e.Absent {
		wrong = append(wrong, known("absent", id))
		if e.Findings[id] > 0 {
			wrong = append(wrong, fmt.Errorf("%s is expected and has to be absent", id))
		}
	}
	if e.Windows != nil && *e.Windows < 0 {
		wrong = append(wrong, fmt.Errorf("windows %d is no number of episodes", *e.Windows))
	}
	for i := range e.Pools {
		p := &e.Pools[i]
		at := fmt.Sprintf("pools[%d]", i)
		wrong = append(
			wrong, word(at+".transport", &p.Transport, transports[:2]), word(at+".outcome", p.Outcome, outcomes),
			word(at+".confidence", p.Confidence, confidences), word(at+".cause", p.Cause, causes),
		)
	}
	for i := range e.Holders {
		p := &e.Holders[i]
		wrong = append(wrong, p.check(fmt.Sprintf("holders[%d]", i)))
		if p.Failures != nil {
			wrong = append(wrong, fmt.Errorf("holders[%d]: holders have ports, no failures", i))
		}
	}
	for i := range e.Victims {
		p := &e.Victims[i]
		wrong = append(wrong, p.check(fmt.Sprintf("victims[%d]", i)))
		if p.Ports != nil || p.Named != nil || p.Instances != nil {
			wrong = append(wrong, fmt.Errorf("victims[%d]: victims have failures, no ports, and none is named or a sum", i))
		}
	}
	for _, err := range wrong {
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Process) check(at string) error {
	if p.PID == nil && p.Image == nil {
		return errors.New(at + " needs a pid or an image")
	}
	return word(at+".transport", p.Transport, transports)
}

// wants names what is asked for that only a report can tell.
func (e *Expect) wants() []string {
	var out []string
	for _, k := range []struct {
		name  string
		asked bool
	}{
		{"outcome", e.Outcome != ""},
		{"confidence", e.Confidence != ""},
		{"transport", e.Transport != ""},
		{"cause", e.Cause != nil},
		{"windows", e.Windows != nil},
		{"pools", len(e.Pools) > 0},
		{"holders", len(e.Holders) > 0},
		{"victims", len(e.Victims) > 0},
		{"only", e.Only},
		{"findings", len(e.Findings) > 0},
		{"absent", len(e.Absent) > 0},
	} {
		if k.asked {
			out = append(out, k.name)
		}
	}
	return out
}
