package fleet

import (
	"encoding/json"
	"time"

	"portverdict/report"
)

// SchemaVersion is that of the rows. Columns may be added within a version.
const SchemaVersion = 1

// Time is nanoseconds since 1970 in UTC. In Parquet it is a timestamp without a zone,
// since readers that know zones know no nanoseconds; in JSON it is RFC 3339 with all
// nine digits.
type Time int64

const timeLayout = "2006-01-02T15:04:05.000000000Z"

// MarshalJSON writes the time as a JSON string.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Unix(0, int64(t)).UTC().Format(timeLayout))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	at, err := time.Parse(timeLayout, s)
	*t = Time(at.UnixNano())
	return err
}

// The years whose nanoseconds fit.
const firstYear, lastYear = 1700, 2200

func timeOf(t report.Time) *Time {
	if t.IsZero() || t.Year() < firstYear || t.Year() > lastYear {
		return nil
	}
	n := Time(t.UnixNano())
	return &n
}

// ID says what a row is of: the SHA-256 of the bundle's bytes, the version of the
// program, and a hash of the settings that bear on the verdict.
type ID struct {
	Bundle   string `json:"bundle" parquet:"bundle"`
	Version  string `json:"version" parquet:"version"`
	Settings string `json:"settings" parquet:"settings"`
}

// BundleRow is one bundle. Error says why it could not be analysed, and then there is no
// outcome. Holder is the process that is named for the deciding pool, "" where nobody is.
// Report is the file of the HTML report in the lake.
type BundleRow struct {
	ID
	Path          string   `json:"path" parquet:"path"`
	Size          int64    `json:"size" parquet:"size"`
	Files         int64    `json:"files" parquet:"files"`
	Outcome       string   `json:"outcome" parquet:"outcome"`
	Confidence    string   `json:"confidence" parquet:"confidence"`
	Cause         string   `json:"cause" parquet:"cause"`
	Summary       string   `json:"summary" parquet:"summary"`
	Host          string   `json:"host" parquet:"host"`
	Hosts         []string `json:"hosts" parquet:"hosts,list"`
	Transport     string   `json:"transport" parquet:"transport"`
	OSBuild       string   `json:"os_build" parquet:"os_build"`
	TimeZone      string   `json:"time_zone" parquet:"time_zone"`
	FirstTime     *Time    `json:"first_time" parquet:"first_time,optional,timestamp(nanosecond:local)"`
	LastTime      *Time    `json:"last_time" parquet:"last_time,optional,timestamp(nanosecond:local)"`
	ExhaustedFrom *Time    `json:"exhausted_from" parquet:"exhausted_from,optional,timestamp(nanosecond:local)"`
	Holder        string   `json:"holder" parquet:"holder"`
	HolderPorts   int64    `json:"holder_ports" parquet:"holder_ports"`
	Report        string   `json:"report" parquet:"report"`
	Error         string   `json:"error" parquet:"error"`
}

// FindingRow is one finding of a bundle.
type FindingRow struct {
	ID
	Finding   string   `json:"finding" parquet:"finding"`
	Title     string   `json:"title" parquet:"title"`
	Severity  string   `json:"severity" parquet:"severity"`
	Host      string   `json:"host" parquet:"host"`
	Transport string   `json:"transport" parquet:"transport"`
	Count     int64    `json:"count" parquet:"count"`
	Unit      string   `json:"unit" parquet:"unit"`
	FirstTime *Time    `json:"first_time" parquet:"first_time,optional,timestamp(nanosecond:local)"`
	LastTime  *Time    `json:"last_time" parquet:"last_time,optional,timestamp(nanosecond:local)"`
	Text      string   `json:"text" parquet:"text"`
	Evidence  []string `json:"evidence" parquet:"evidence,list"`
	RestsOn   []string `json:"rests_on" parquet:"rests_on,list"`
}

// EvidenceRow is one row of evidence. Fields is a JSON object of texts.
type EvidenceRow struct {
	ID
	Evidence  string `json:"evidence" parquet:"evidence"`
	Kind      string `json:"kind" parquet:"kind"`
	Source    string `json:"source" parquet:"source"`
	Offset    int64  `json:"byte_offset" parquet:"byte_offset"`
	Record    int64  `json:"record" parquet:"record"`
	Line      int64  `json:"line" parquet:"line"`
	Time      *Time  `json:"time" parquet:"time,optional,timestamp(nanosecond:local)"`
	Precision string `json:"time_precision" parquet:"time_precision"`
	PID       *int64 `json:"pid" parquet:"pid,optional"`
	Image     string `json:"image" parquet:"image"`
	Text      string `json:"text" parquet:"text"`
	Fields    string `json:"fields" parquet:"fields"`
}

// HolderRow is one process, or a sum of processes of one image, that held ports. Window
// is the index of its episode, -1 at the fullest instant of a pool without one.
type HolderRow struct {
	ID
	Host            string   `json:"host" parquet:"host"`
	Transport       string   `json:"transport" parquet:"transport"`
	Window          int64    `json:"window_index" parquet:"window_index"`
	PID             *int64   `json:"pid" parquet:"pid,optional"`
	Image           string   `json:"image" parquet:"image"`
	Services        []string `json:"services" parquet:"services,list"`
	Instances       int64    `json:"instances" parquet:"instances"`
	Ports           int64    `json:"ports" parquet:"ports"`
	Share           float64  `json:"share" parquet:"share"`
	Named           bool     `json:"named" parquet:"named"`
	OrphanBound     int64    `json:"orphan_bound" parquet:"orphan_bound"`
	CloseWait       int64    `json:"close_wait" parquet:"close_wait"`
	StuckCloses     int64    `json:"stuck_closes" parquet:"stuck_closes"`
	Basis           string   `json:"basis" parquet:"basis"`
	GrowthPerMinute float64  `json:"growth_per_minute" parquet:"growth_per_minute"`
	Confidence      string   `json:"confidence" parquet:"confidence"`
	Evidence        []string `json:"evidence" parquet:"evidence,list"`
}

// VictimRow is one process whose attempts were refused.
type VictimRow struct {
	ID
	Host      string   `json:"host" parquet:"host"`
	Transport string   `json:"transport" parquet:"transport"`
	PID       *int64   `json:"pid" parquet:"pid,optional"`
	Image     string   `json:"image" parquet:"image"`
	Services  []string `json:"services" parquet:"services,list"`
	Failures  int64    `json:"failures" parquet:"failures"`
	Endpoints int64    `json:"endpoints" parquet:"endpoints"`
	FirstTime *Time    `json:"first_time" parquet:"first_time,optional,timestamp(nanosecond:local)"`
	LastTime  *Time    `json:"last_time" parquet:"last_time,optional,timestamp(nanosecond:local)"`
	Evidence  []string `json:"evidence" parquet:"evidence,list"`
}

// PoolRow is one pool with its balance, whose parts add up to the capacity.
type PoolRow struct {
	ID
	Host        string `json:"host" parquet:"host"`
	Transport   string `json:"transport" parquet:"transport"`
	Family      string `json:"family" parquet:"family"`
	Start       int64  `json:"range_start" parquet:"range_start"`
	Count       int64  `json:"range_count" parquet:"range_count"`
	Excluded    int64  `json:"excluded" parquet:"excluded"`
	Capacity    int64  `json:"capacity" parquet:"capacity"`
	RangeSource string `json:"range_source" parquet:"range_source"`
	Used        *int64 `json:"used" parquet:"used,optional"`
	Outcome     string `json:"outcome" parquet:"outcome"`
	Confidence  string `json:"confidence" parquet:"confidence"`
	Cause       string `json:"cause" parquet:"cause"`
	Episodes    int64  `json:"episodes" parquet:"episodes"`
	Basis       string `json:"balance_basis" parquet:"balance_basis"`
	Holders     int64  `json:"holders" parquet:"holders"`
	StuckCloses int64  `json:"stuck_closes" parquet:"stuck_closes"`
	TimeWait    int64  `json:"time_wait" parquet:"time_wait"`
	Unaccounted int64  `json:"unaccounted" parquet:"unaccounted"`
	Free        int64  `json:"free" parquet:"free"`
	FullFrom    *Time  `json:"full_from" parquet:"full_from,optional,timestamp(nanosecond:local)"`
	FullTo      *Time  `json:"full_to" parquet:"full_to,optional,timestamp(nanosecond:local)"`
}

// WindowRow is one episode: a span in which one pool had nothing left.
type WindowRow struct {
	ID
	Window    int64  `json:"window_index" parquet:"window_index"`
	Host      string `json:"host" parquet:"host"`
	Transport string `json:"transport" parquet:"transport"`
	Family    string `json:"family" parquet:"family"`
	FromTime  *Time  `json:"from_time" parquet:"from_time,optional,timestamp(nanosecond:local)"`
	ToTime    *Time  `json:"to_time" parquet:"to_time,optional,timestamp(nanosecond:local)"`
	Ends      string `json:"ends" parquet:"ends"`
	EndedTime *Time  `json:"ended_time" parquet:"ended_time,optional,timestamp(nanosecond:local)"`
	Failures  int64  `json:"failures" parquet:"failures"`
	Records   int64  `json:"log_records" parquet:"log_records"`
}

// SourceRow is one input of a bundle.
type SourceRow struct {
	ID
	Path        string `json:"path" parquet:"path"`
	Host        string `json:"host" parquet:"host"`
	Kind        string `json:"kind" parquet:"kind"`
	Size        int64  `json:"size" parquet:"size"`
	SHA256      string `json:"sha256" parquet:"sha256"`
	FirstTime   *Time  `json:"first_time" parquet:"first_time,optional,timestamp(nanosecond:local)"`
	LastTime    *Time  `json:"last_time" parquet:"last_time,optional,timestamp(nanosecond:local)"`
	Zone        string `json:"zone" parquet:"zone"`
	Decoded     int64  `json:"decoded" parquet:"decoded"`
	Undecoded   int64  `json:"undecoded" parquet:"undecoded"`
	LostEvents  int64  `json:"lost_events" parquet:"lost_events"`
	LostBuffers int64  `json:"lost_buffers" parquet:"lost_buffers"`
	Wrapped     bool   `json:"wrapped" parquet:"wrapped"`
	Truncated   bool   `json:"truncated" parquet:"truncated"`
}

// DiagnosticRow is one thing that was wrong with an input.
type DiagnosticRow struct {
	ID
	Code     string `json:"code" parquet:"code"`
	Severity string `json:"severity" parquet:"severity"`
	Source   string `json:"source" parquet:"source"`
	Offset   int64  `json:"byte_offset" parquet:"byte_offset"`
	Length   int64  `json:"byte_length" parquet:"byte_length"`
	Line     int64  `json:"line" parquet:"line"`
	Text     string `json:"text" parquet:"text"`
	Count    int64  `json:"count" parquet:"count"`
}

// KnownRow says which bundle lay at a path when its files had the sizes and times that
// Mark is a hash of.
type KnownRow struct {
	ID
	Path string `json:"path" parquet:"path"`
	Mark string `json:"mark" parquet:"mark"`
}
