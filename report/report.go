// Package report holds the Report value, the one thing every output is made
// of, and its renderers: text, JSON, NDJSON, Markdown, HTML and CSV.
//
// The shape is the project's public contract (schema_version 1). All times are
// UTC with up to 9 digits; all lists are sorted by whoever builds the value.
package report

import (
	"encoding/json"
	"time"
)

// SchemaVersion is the version of the JSON form of Report.
const SchemaVersion = 1

// Time is an instant in UTC; its zero value is "not known" and is written as "".
type Time struct{ time.Time }

// TimeLayout is RFC 3339 with as many of 9 fraction digits as are not zero.
const TimeLayout = "2006-01-02T15:04:05.999999999Z07:00"

// String gives the instant in TimeLayout, UTC, or "" when it is not known.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(TimeLayout)
}

// MarshalJSON writes String as a JSON string.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s == "" {
		*t = Time{}
		return nil
	}
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return err
	}
	t.Time = v.UTC()
	return nil
}

// Span is a closed interval of time; either end may be unknown.
type Span struct {
	From Time `json:"from"`
	To   Time `json:"to"`
}

// Report is the whole of what one analysis found.
type Report struct {
	SchemaVersion int          `json:"schema_version"`
	Tool          Tool         `json:"tool"`
	Bundle        Bundle       `json:"bundle"`
	Verdict       Verdict      `json:"verdict"`
	Findings      []Finding    `json:"findings"`
	Evidence      []Evidence   `json:"evidence"`
	Timeline      []Bin        `json:"timeline"`
	Series        []Series     `json:"series"`
	Sources       []Source     `json:"sources"`
	Diagnostics   []Diagnostic `json:"diagnostics"`
}

// Tool names the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Bundle is what was analysed: ID is the SHA-256 over the sorted SHA-256s of the sources.
type Bundle struct {
	ID       string `json:"id"`
	Host     string `json:"host"`
	OSBuild  string `json:"os_build"`
	TimeZone string `json:"time_zone"`
	Window   Span   `json:"window"`
}

// Outcome is the verdict in one word.
type Outcome string

// The four outcomes.
const (
	Exhausted    Outcome = "exhausted"
	Likely       Outcome = "likely"
	NotExhausted Outcome = "not-exhausted"
	Inconclusive Outcome = "inconclusive"
)

// Confidence says how sure the verdict is.
type Confidence string

// The four confidences, surest first.
const (
	Proven   Confidence = "proven"
	Strong   Confidence = "strong"
	Moderate Confidence = "moderate"
	Weak     Confidence = "weak"
)

// Verdict is the judgement. Summary is one sentence a ticket can quote.
type Verdict struct {
	Outcome    Outcome    `json:"outcome"`
	Confidence Confidence `json:"confidence"`
	Summary    string     `json:"summary"`
	Reasons    []string   `json:"reasons"`
	Pools      []Pool     `json:"pools"`
	Windows    []Window   `json:"windows"`
	Holders    []Holder   `json:"holders"`
	Victims    []Victim   `json:"victims"`
	Missing    []Missing  `json:"missing"`
	NextSteps  []NextStep `json:"next_steps"`
}

// Pool is one transport's dynamic port range and its highest known use.
// RangeSource and UsedSource are evidence ids; RangeSource is "default" when
// the range was assumed. UsedSource is "" when the use is not known.
type Pool struct {
	Transport   string `json:"transport"`
	Family      string `json:"family"`
	Start       int    `json:"start"`
	Count       int    `json:"count"`
	Excluded    int    `json:"excluded"`
	Capacity    int    `json:"capacity"`
	RangeSource string `json:"range_source"`
	Used        int    `json:"used"`
	UsedAt      Time   `json:"used_at"`
	UsedSource  string `json:"used_source"`
}

// Window is one stretch of exhaustion of one transport's pool.
type Window struct {
	Transport string     `json:"transport"`
	Family    string     `json:"family"`
	From      Time       `json:"from"`
	To        Time       `json:"to"`
	Failures  int        `json:"failures"`
	Evidence  []string   `json:"evidence"`
	Log       []LogEntry `json:"log"`
}

// LogEntry pairs a System-log record with the nearest trace failure of its
// window: DeltaSeconds is log time less failure time.
type LogEntry struct {
	ID           int     `json:"id"`
	Time         Time    `json:"time"`
	DeltaSeconds float64 `json:"delta_seconds"`
	Evidence     string  `json:"evidence"`
}

// Holder is a process that held ports. Basis is "snapshot", "trace" or "both".
type Holder struct {
	PID             int        `json:"pid"`
	ProcessKey      string     `json:"process_key"`
	Image           string     `json:"image"`
	Services        []string   `json:"services"`
	Ports           int        `json:"ports"`
	Share           float64    `json:"share"`
	OrphanBound     int        `json:"orphan_bound"`
	TimeWait        int        `json:"time_wait"`
	CloseWait       int        `json:"close_wait"`
	Basis           string     `json:"basis"`
	GrowthPerMinute float64    `json:"growth_per_minute"`
	Confidence      Confidence `json:"confidence"`
	Evidence        []string   `json:"evidence"`
}

// Victim is a process whose attempts were refused; Failures counts witnesses.
type Victim struct {
	PID       int      `json:"pid"`
	Image     string   `json:"image"`
	Services  []string `json:"services"`
	Failures  int      `json:"failures"`
	Endpoints int      `json:"endpoints"`
	First     Time     `json:"first"`
	Last      Time     `json:"last"`
	Evidence  []string `json:"evidence"`
}

// Missing is an input that would have raised the confidence or named the holder.
type Missing struct {
	Input string `json:"input"`
	Cost  string `json:"cost"`
	How   string `json:"how"`
}

// NextStep is one thing to do and the evidence or finding that asks for it.
type NextStep struct {
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Finding is one claim. Severity is critical, warning, info or counter.
type Finding struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Severity    string   `json:"severity"`
	Count       int      `json:"count"`
	First       Time     `json:"first"`
	Last        Time     `json:"last"`
	Text        string   `json:"text"`
	Evidence    []string `json:"evidence"`
	CheckByHand string   `json:"check_by_hand"`
}

// Evidence is one row that can be looked up in its source by hand: Offset is a
// byte offset (for a compressed ETL buffer, that of the buffer), Record an
// EventRecordID (evtx) or the event's index in its buffer (etl), Line a 1-based
// line. PID is -1 when it is not known.
type Evidence struct {
	ID            string            `json:"id"`
	Kind          string            `json:"kind"`
	Source        string            `json:"source"`
	Offset        int64             `json:"offset"`
	Record        int64             `json:"record"`
	Line          int               `json:"line"`
	Time          Time              `json:"time"`
	TimePrecision string            `json:"time_precision"`
	PID           int               `json:"pid"`
	Image         string            `json:"image"`
	Text          string            `json:"text"`
	Fields        map[string]string `json:"fields"`
}

// Bin is one step of the timeline. UsedPorts is nil when no snapshot tells.
type Bin struct {
	T           Time `json:"t"`
	StepSeconds int  `json:"step_seconds"`
	BindOK      int  `json:"bind_ok"`
	Bind0x209   int  `json:"bind_0x209"`
	OpenSockets int  `json:"open_sockets"`
	EVTX4227    int  `json:"evtx_4227"`
	EVTX4231    int  `json:"evtx_4231"`
	EVTX4266    int  `json:"evtx_4266"`
	UsedPorts   *int `json:"used_ports"`
}

// Series is how many dynamic ports one process held over time, for the few
// processes that held most: TCP and UDP together in a trace, of the verdict's
// pool in tables. Source is the trace; it is "" for what tables show.
type Series struct {
	PID        int     `json:"pid"`
	ProcessKey string  `json:"process_key"`
	Image      string  `json:"image"`
	Source     string  `json:"source"`
	Points     []Point `json:"points"`
}

// Point is a number of ports at a time; in a trace at the end of the second, or of
// the longer step of a long trace, that begins there.
type Point struct {
	T     Time `json:"t"`
	Ports int  `json:"ports"`
}

// Clock says how a source's times became UTC.
type Clock struct {
	Zone   string `json:"zone"`
	Offset string `json:"offset"`
	Basis  string `json:"basis"`
}

// Source is one input. Path is relative to the one folder or archive given.
type Source struct {
	Path        string            `json:"path"`
	Kind        string            `json:"kind"`
	Size        int64             `json:"size"`
	SHA256      string            `json:"sha256"`
	Window      Span              `json:"window"`
	Clock       Clock             `json:"clock"`
	Decoded     int               `json:"decoded"`
	Undecoded   int               `json:"undecoded"`
	LostEvents  int               `json:"lost_events"`
	LostBuffers int               `json:"lost_buffers"`
	Wrapped     bool              `json:"wrapped"`
	Truncated   bool              `json:"truncated"`
	Facts       map[string]string `json:"facts"`
}

// Diagnostic is one thing that was wrong with an input, and where. Count is
// how many of the same code in the same source it stands for.
type Diagnostic struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Source   string `json:"source"`
	Offset   int64  `json:"offset"`
	Length   int64  `json:"length"`
	Line     int    `json:"line"`
	Text     string `json:"text"`
	Count    int    `json:"count"`
}
