package synth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"gopkg.in/yaml.v3"
)

// Recipe is what a host is made of and which of its traces are kept.
type Recipe struct {
	Schema    int       `yaml:"schema"` // 1
	Seed      uint64    `yaml:"seed"`
	Why       string    `yaml:"why"`
	Host      Host      `yaml:"host"`
	Start     time.Time `yaml:"start"`
	Duration  Duration  `yaml:"duration"`
	TCP       Range     `yaml:"tcp"`
	UDP       Range     `yaml:"udp"`
	TimeWait  Duration  `yaml:"time_wait"` // how long a closed connection keeps its port
	Restart   Duration  `yaml:"restart"`   // when Windows restarts, which takes a minute; 0 never
	Processes []Process `yaml:"processes"`
	Trace     *Trace    `yaml:"trace"`
	Log       *Log      `yaml:"log"`
	Tables    []Table   `yaml:"tables"`
	Texts     Texts     `yaml:"texts"`
	Damage    []Damage  `yaml:"damage"`
}

// Host is the machine.
type Host struct {
	Name  string `yaml:"name"`
	Build uint32 `yaml:"build"`
	Bits  int    `yaml:"bits"` // 32 or 64
	CPUs  int    `yaml:"cpus"`
	Zone  string `yaml:"zone"` // IANA name; texts have local times
}

// Range is a dynamic port range and what of it is excluded.
type Range struct {
	Start    int    `yaml:"start"`
	Count    int    `yaml:"count"`
	Excluded []Span `yaml:"excluded"`
}

// Span is a range of ports, both ends in it.
type Span struct {
	Start int `yaml:"start"`
	End   int `yaml:"end"`
}

// Process is a process and its habits with sockets.
type Process struct {
	PID      int       `yaml:"pid"`
	Image    string    `yaml:"image"`
	Services []string  `yaml:"services"`
	Handles  int       `yaml:"handles"`
	Listen   []int     `yaml:"listen"` // TCP ports it listens on from before the start
	Sockets  []Sockets `yaml:"sockets"`
}

// Sockets is one habit: a stream of sockets that are opened, used and closed.
type Sockets struct {
	Transport string   `yaml:"transport"` // tcp or udp
	Family    string   `yaml:"family"`    // ipv4, ipv6, or dual: an IPv6 socket for both
	Rate      float64  `yaml:"rate"`      // opened a minute, at random times
	From      Duration `yaml:"from"`
	Until     Duration `yaml:"until"`
	Life      Duration `yaml:"life"`     // mean, at random; 0 is for ever
	Held      int      `yaml:"held"`     // open from before the start, for ever
	Port      int      `yaml:"port"`     // asked for; 0 is a dynamic one
	Connect   bool     `yaml:"connect"`  // to a remote endpoint, which is a TIME_WAIT when closed
	Remotes   int      `yaml:"remotes"`  // how many; 1
	Deferred  bool     `yaml:"deferred"` // the port is chosen when it connects
	Reuse     bool     `yaml:"reuse"`    // with deferred: a port serves several remote endpoints
	PeerGone  bool     `yaml:"peer_gone"`
	Back      Duration `yaml:"back"`    // when all that are open are closed; 0 never
	Hangs     bool     `yaml:"hangs"`   // each close hangs below the program: its port does not come back, and the log says so
	Fails     string   `yaml:"fails"`   // every connect fails with this status
	Refused   string   `yaml:"refused"` // every bind is refused with this status, though ports are left
}

// Trace is the netsh trace.
type Trace struct {
	File       string   `yaml:"file"`
	From       Duration `yaml:"from"`
	Until      Duration `yaml:"until"`
	Compressed bool     `yaml:"compressed"`
	BufferKB   int      `yaml:"buffer_kb"`
	RingMB     float64  `yaml:"ring_mb"` // 0 is a file that grows
	LostEvents float64  `yaml:"lost_events"`
	LostBuffer float64  `yaml:"lost_buffers"`
	Schemas    bool     `yaml:"schemas"` // TRACE_EVENT_INFO of its events in the file
	Names      bool     `yaml:"names"`   // Kernel-Process events
	TCPIP      bool     `yaml:"tcpip"`   // the TCP/IP driver's events of ports it could not give, or gave twice
	Noise      float64  `yaml:"noise"`   // packets for each event
	NotClosed  bool     `yaml:"not_closed"`
}

// Log is the System log.
type Log struct {
	File     string   `yaml:"file"`
	From     Duration `yaml:"from"`
	Until    Duration `yaml:"until"`
	Noise    int      `yaml:"noise"`    // records of others
	Throttle Duration `yaml:"throttle"` // between two records of an exhausted pool
	Delay    Duration `yaml:"delay"`
	Silent   bool     `yaml:"silent"` // nothing of ports is logged, as on old versions
	Records  []Record `yaml:"records"`
	Dirty    bool     `yaml:"dirty"`
}

// Record is a record that the simulation does not make by itself.
type Record struct {
	At       Duration `yaml:"at"`
	Provider string   `yaml:"provider"`
	ID       uint16   `yaml:"id"`
	Data     []string `yaml:"data"`
}

// Table is a saved connection table, or a series of them in one file.
type Table struct {
	File     string   `yaml:"file"`
	At       Duration `yaml:"at"`
	Every    Duration `yaml:"every"` // a loop, from At to the end
	Flags    string   `yaml:"flags"` // anobq
	Language string   `yaml:"language"`
	Page     string   `yaml:"page"`
	Stamp    string   `yaml:"stamp"` // form of the line above; "" none
	Command  bool     `yaml:"command"`
}

// Texts are the files of the other tools; "" leaves one out.
type Texts struct {
	Range    string            `yaml:"range"`
	Excluded string            `yaml:"excluded"`
	Tasklist string            `yaml:"tasklist"`
	Registry string            `yaml:"registry"`
	System   string            `yaml:"system"`
	Values   map[string]uint32 `yaml:"values"` // of the registry
	Language string            `yaml:"language"`
	Page     string            `yaml:"page"`
}

// Damage cuts a written file, or overwrites a part of it with zeros.
type Damage struct {
	File string  `yaml:"file"`
	Cut  float64 `yaml:"cut"`  // of the length, kept
	Zero [2]int  `yaml:"zero"` // offset and length
}

// Duration is a time.Duration that is written as 1m30s.
type Duration time.Duration

// UnmarshalYAML reads what time.ParseDuration reads.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no duration like 1m30s", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

const maxRecipe = 1 << 20 // bytes

// Read reads a recipe and fills in what it leaves out. A field that is not known is
// an error.
func Read(r io.Reader) (*Recipe, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRecipe+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxRecipe {
		return nil, fmt.Errorf("the recipe is larger than %d bytes", maxRecipe)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	out := new(Recipe)
	if err := d.Decode(out); err != nil {
		return nil, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	out.fill()
	return out, out.check()
}

// YAML gives the recipe as Read reads it.
func (r *Recipe) YAML() ([]byte, error) { return yaml.Marshal(r) }

func or[T comparable](v *T, otherwise T) {
	var none T
	if *v == none {
		*v = otherwise
	}
}

// fill gives what is left out its usual value.
func (r *Recipe) fill() {
	or(&r.Host.Name, "HOST01")
	or(&r.Host.Build, 20348)
	or(&r.Host.Bits, 64)
	or(&r.Host.CPUs, 4)
	or(&r.Host.Zone, "UTC")
	if r.Start.IsZero() {
		r.Start = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	}
	r.Start = r.Start.UTC()
	or(&r.Duration, Duration(4*time.Minute))
	or(&r.TimeWait, Duration(2*time.Minute))
	for _, p := range []*Range{&r.TCP, &r.UDP} {
		or(&p.Start, 49152)
		or(&p.Count, 16384)
	}
	for i := range r.Processes {
		for k := range r.Processes[i].Sockets {
			s := &r.Processes[i].Sockets[k]
			or(&s.Transport, "tcp")
			or(&s.Family, "ipv4")
			or(&s.Until, r.Duration)
			or(&s.Remotes, 1)
		}
	}
	if t := r.Trace; t != nil {
		or(&t.File, "Server.etl")
		or(&t.Until, r.Duration)
		or(&t.BufferKB, 64)
	}
	if l := r.Log; l != nil {
		or(&l.File, "System.evtx")
		or(&l.From, -Duration(time.Hour))
		or(&l.Until, r.Duration+Duration(5*time.Minute))
		or(&l.Noise, 40)
		or(&l.Throttle, Duration(40*time.Second))
		or(&l.Delay, Duration(500*time.Millisecond))
	}
	for i := range r.Tables {
		t := &r.Tables[i]
		or(&t.File, "netstat.txt")
		or(&t.Flags, "anobq")
		if t.At == 0 && t.Every == 0 {
			t.At = r.Duration
		}
	}
}
