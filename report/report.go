// Package report holds the Report value, the one thing every output is made
// of, and its renderers: text, JSON, NDJSON, Markdown, HTML, CSV, SARIF and the
// annotations of GitHub Actions.
//
// The shape is the project's public contract (schema_version 2). All times are
// UTC with up to 9 digits; all lists are sorted by whoever builds the value.
package report

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// SchemaVersion is the version of the JSON form of Report.
const SchemaVersion = 2

// Time is an instant in UTC; its zero value is "not known" and is written as "".
type Time struct{ time.Time }

// IsZero tells that the time is not known. One outside the years 0 to 9999, which
// RFC 3339 cannot write, is not known either: it comes from a damaged input.
func (t Time) IsZero() bool {
	return t.Time.IsZero() || t.UTC().Year() < 0 || t.UTC().Year() > 9999
}

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

// UnmarshalJSON reads what MarshalJSON writes; a time outside the years 0 to 9999 is
// one that is not known.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*t = Time{}
	if s == "" || farYear(s) {
		return nil
	}
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return err
	}
	if u := (Time{v.UTC()}); !u.IsZero() {
		*t = u
	}
	return nil
}

// farYear tells that a text starts with a year that has more or less than four digits.
func farYear(s string) bool {
	year, _, ok := strings.Cut(strings.TrimLeft(s, "+-"), "-")
	return ok && (len(year) > 4 || s[0] == '-') && strings.Trim(year, "0123456789") == ""
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

// PID is a process id. -1, which is written as null, is one that is not known; 0 stands
// where several processes, or none, are meant.
type PID int64

// NoPID is a process id that is not known.
const NoPID PID = -1

// MarshalJSON writes the number, or null when it is not known.
func (p PID) MarshalJSON() ([]byte, error) {
	if p < 0 {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(p), 10), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *PID) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*p = NoPID
		return nil
	}
	var n int
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*p = PID(n)
	return nil
}

// Bundle is what was analysed: ID is the SHA-256 over the sorted SHA-256s of the sources.
// Host is the machine the headline speaks of, Hosts are all that the inputs are of.
type Bundle struct {
	ID       string   `json:"id"`
	Host     string   `json:"host"`
	Hosts    []string `json:"hosts"`
	OSBuild  string   `json:"os_build"`
	TimeZone string   `json:"time_zone"`
	Window   Span     `json:"window"`
	Boots    []Boot   `json:"boots"`
}

// Boot is one start of a machine.
type Boot struct {
	Host     string `json:"host"`
	At       Time   `json:"at"`
	Evidence string `json:"evidence"`
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

// Cause is the kind of a pool's trouble; "" where nothing failed.
type Cause string

// The causes.
const (
	CauseLeak       Cause = "leak"
	CauseStuckClose Cause = "stuck-close"
	CauseChurn      Cause = "churn"
	CauseBurst      Cause = "burst"
	CauseSmallRange Cause = "small-range"
	CauseByDesign   Cause = "by-design"
	CausePerPeer    Cause = "per-peer"
	CauseServerSide Cause = "server-side"
	CauseNotPorts   Cause = "not-ports"
	CauseUnknown    Cause = "unknown"
)

// Verdict is the judgement. Summary is one sentence a ticket can quote. Host and
// Transport say which pool the headline, Cause and Confidence are of.
type Verdict struct {
	Outcome       Outcome        `json:"outcome"`
	Confidence    Confidence     `json:"confidence"`
	Summary       string         `json:"summary"`
	Reasons       []string       `json:"reasons"`
	Host          string         `json:"host"`
	Transport     string         `json:"transport"`
	Cause         Cause          `json:"cause"`
	Pools         []Pool         `json:"pools"`
	Windows       []Window       `json:"windows"`
	Holders       []Holder       `json:"holders"`
	Victims       []Victim       `json:"victims"`
	OtherFailures []OtherFailure `json:"other_failures"`
	Missing       []Missing      `json:"missing"`
	NextSteps     []NextStep     `json:"next_steps"`
}

// Pool is the dynamic port range of one machine and transport, and of one family
// where the ranges differ, and what is judged of it. RangeSource is an evidence id,
// "option", "default" or "inferred"; UsedSource is an evidence id. Used is the most
// distinct ports seen in use at one instant, nil when nothing tells. Episodes are
// indices into Windows.
type Pool struct {
	Host           string     `json:"host"`
	Transport      string     `json:"transport"`
	Family         string     `json:"family"`
	Start          int        `json:"start"`
	Count          int        `json:"count"`
	Excluded       int        `json:"excluded"`
	ExcludedRanges [][2]int   `json:"excluded_ranges"`
	Capacity       int        `json:"capacity"`
	RangeSource    string     `json:"range_source"`
	RangeBasis     string     `json:"range_basis"`
	Used           *int       `json:"used"`
	UsedAt         Time       `json:"used_at"`
	UsedSource     string     `json:"used_source"`
	Outcome        Outcome    `json:"outcome"`
	Confidence     Confidence `json:"confidence"`
	Reasons        []string   `json:"reasons"`
	Cause          Cause      `json:"cause"`
	Episodes       []int      `json:"episodes"`
	Balance        Balance    `json:"balance"`
	Forecast       *Forecast  `json:"forecast"`
}

// MostUsed is Used, 0 when it is not known.
func (p *Pool) MostUsed() int {
	if p.Used == nil {
		return 0
	}
	return *p.Used
}

// Balance says where the ports of a pool were at one instant. Holders, StuckCloses,
// TimeWait, Unaccounted and Free add up to Capacity. Basis is what tells: "table",
// "trace", "stuck-closes", "counts" or "none". DistanceSeconds is the time of the
// source less the nearest moment of the episode: negative before it, 0 in it, nil when
// the time of the source is not known.
type Balance struct {
	At              Time     `json:"at"`
	Basis           string   `json:"basis"`
	Source          string   `json:"source"`
	DistanceSeconds *float64 `json:"distance_seconds"`
	Capacity        int      `json:"capacity"`
	Holders         int      `json:"holders"`
	StuckCloses     int      `json:"stuck_closes"`
	TimeWait        int      `json:"time_wait"`
	Unaccounted     int      `json:"unaccounted"`
	Free            int      `json:"free"`
}

// Forecast says when a pool that is not full will be.
type Forecast struct {
	FullAtFrom  Time     `json:"full_at_from"`
	FullAtTo    Time     `json:"full_at_to"`
	Basis       string   `json:"basis"`
	RatePerHour float64  `json:"rate_per_hour"`
	Evidence    []string `json:"evidence"`
}

// Window is one episode: one span in which one pool had nothing left. To is the last
// refusal or record. Ends is "restart", "recovered", "end-of-inputs" or "unknown",
// EndedAt the restart or the first sign of recovery. Transport is "unknown" where
// nothing tells whose attempt was refused; then Balance is nil.
type Window struct {
	Host      string     `json:"host"`
	Transport string     `json:"transport"`
	Family    string     `json:"family"`
	From      Time       `json:"from"`
	To        Time       `json:"to"`
	Ends      string     `json:"ends"`
	EndedAt   Time       `json:"ended_at"`
	Failures  int        `json:"failures"`
	Evidence  []string   `json:"evidence"`
	Log       []LogEntry `json:"log"`
	Balance   *Balance   `json:"balance"`
}

// LogEntry is a System-log record of an episode. DeltaSeconds is its time less that of
// the nearest refused attempt, nil when there is none.
type LogEntry struct {
	ID           int      `json:"id"`
	Time         Time     `json:"time"`
	DeltaSeconds *float64 `json:"delta_seconds"`
	Evidence     string   `json:"evidence"`
}

// Holder is a process, or the sum of all processes of one image, that held ports of a
// pool at the instant of its episode's balance. Window is the index of the episode, -1
// at the fullest instant. Ports are distinct and in the range. Named tells that the
// books close on it: nothing unknown could overturn it. Instances of 2 or more make it a
// sum, which has PID 0. Basis is "table", "trace", "both", "stuck-closes" or "counts".
type Holder struct {
	Host            string     `json:"host"`
	Transport       string     `json:"transport"`
	Window          int        `json:"window"`
	PID             PID        `json:"pid"`
	ProcessKey      string     `json:"process_key"`
	Image           string     `json:"image"`
	Services        []string   `json:"services"`
	Instances       int        `json:"instances"`
	Ports           int        `json:"ports"`
	Share           float64    `json:"share"`
	Named           bool       `json:"named"`
	OrphanBound     int        `json:"orphan_bound"`
	TimeWait        int        `json:"time_wait"`
	CloseWait       int        `json:"close_wait"`
	StuckCloses     int        `json:"stuck_closes"`
	Basis           string     `json:"basis"`
	GrowthPerMinute float64    `json:"growth_per_minute"`
	ByDesign        string     `json:"by_design"`
	Note            string     `json:"note"`
	Confidence      Confidence `json:"confidence"`
	Evidence        []string   `json:"evidence"`
}

// Victim is a process whose attempts were refused, told for each pool; Failures counts
// witnesses.
type Victim struct {
	Host       string   `json:"host"`
	Transport  string   `json:"transport"`
	PID        PID      `json:"pid"`
	ProcessKey string   `json:"process_key"`
	Image      string   `json:"image"`
	Services   []string `json:"services"`
	Failures   int      `json:"failures"`
	Endpoints  int      `json:"endpoints"`
	First      Time     `json:"first"`
	Last       Time     `json:"last"`
	Evidence   []string `json:"evidence"`
}

// OtherFailure is a status that attempts failed with and that is not exhaustion.
type OtherFailure struct {
	Status    string          `json:"status"`
	Name      string          `json:"name"`
	Meaning   string          `json:"meaning"`
	Processes []FailedProcess `json:"processes"`
	Count     int             `json:"count"`
	Next      string          `json:"next"`
}

// FailedProcess is how often one process met a failure.
type FailedProcess struct {
	PID   PID    `json:"pid"`
	Image string `json:"image"`
	Count int    `json:"count"`
}

// Missing is an input that would have raised the confidence or named the holder.
type Missing struct {
	Input string `json:"input"`
	Cost  string `json:"cost"`
	How   string `json:"how"`
}

// NextStep is one thing to do, the command for it, where that runs ("customer", on the
// machine Host, or "here"), and the evidence or finding that asks for it.
type NextStep struct {
	Host    string `json:"host"`
	Text    string `json:"text"`
	Command string `json:"command"`
	RunsOn  string `json:"runs_on"`
	Why     string `json:"why"`
}

// Finding is one claim of one machine and transport. Severity is critical, warning, info
// or counter; Unit says what Count counts; RestsOn are the paths of the sources.
type Finding struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Severity    string   `json:"severity"`
	Host        string   `json:"host"`
	Transport   string   `json:"transport"`
	Count       int      `json:"count"`
	Unit        string   `json:"unit"`
	First       Time     `json:"first"`
	Last        Time     `json:"last"`
	Text        string   `json:"text"`
	Evidence    []string `json:"evidence"`
	RestsOn     []string `json:"rests_on"`
	CheckByHand string   `json:"check_by_hand"`
}

// Evidence is one row that can be looked up in its source by hand: Offset is a
// byte offset (for a compressed ETL buffer, that of the buffer), Record an
// EventRecordID (evtx) or the event's index in its buffer (etl), Line a 1-based
// line. Of are the places the row stands for where they are several: the lines of a
// process in a table, the records that gave it its ports. It is not written.
type Evidence struct {
	ID            string            `json:"id"`
	Kind          string            `json:"kind"`
	Source        string            `json:"source"`
	Offset        int64             `json:"offset"`
	Record        int64             `json:"record"`
	Line          int               `json:"line"`
	Time          Time              `json:"time"`
	TimePrecision string            `json:"time_precision"`
	PID           PID               `json:"pid"`
	Image         string            `json:"image"`
	Text          string            `json:"text"`
	Fields        map[string]string `json:"fields"`
	Of            []Place           `json:"-"`
}

// Place is a record of a trace, by Offset and Record as in Evidence, or the lines Line to
// Last of a text.
type Place struct {
	Source         string
	Offset, Record int64
	Line, Last     int
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
	EVTX16002   int  `json:"evtx_16002"`
	UsedPorts   *int `json:"used_ports"`
}

// Series is how many dynamic ports one process held over time, for the few
// processes that held most of a pool. Source is the trace; it is "" for what tables show.
type Series struct {
	Host       string  `json:"host"`
	Transport  string  `json:"transport"`
	PID        PID     `json:"pid"`
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
	Host        string            `json:"host"`
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
