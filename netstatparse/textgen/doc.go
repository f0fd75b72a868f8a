// Package textgen composes saved texts of Windows tools together with what
// they hold. It shares no code with the parsers of such texts: where the two
// disagree, one of them is wrong. Nothing here was captured on a machine; the
// addresses are those kept for documentation and the names are invented.
package textgen

import (
	"cmp"
	"slices"
)

// File is one composed text and what it holds.
type File struct {
	Name  string // "netstat-de-cp850.txt"
	Data  []byte
	Truth Truth
}

// Truth is what a file holds, known before its text was written.
type Truth struct {
	Why       string            `json:"why"`                 // which shape the file stands for
	Kind      string            `json:"kind"`                // one of the kinds below
	Snapshots []Snapshot        `json:"snapshots,omitempty"` // connection tables in file order
	Failed    string            `json:"failed,omitempty"`    // "elevation", "usage" or "empty"
	Ranges    []Range           `json:"ranges,omitempty"`
	Excluded  []Span            `json:"excluded,omitempty"`
	Registry  map[string]uint32 `json:"registry,omitempty"`
	Processes []Process         `json:"processes,omitempty"`
	Counts    []Count           `json:"counts,omitempty"` // figures a tool printed in place of the rows behind them
	Host      *Host             `json:"host,omitempty"`
}

// The kinds of a file.
const (
	kindNetstat   = "netstat"
	kindPsnet     = "psnet"
	kindRange     = "hosttext.range"
	kindExcluded  = "hosttext.excluded"
	kindRegistry  = "hosttext.registry"
	kindProcesses = "hosttext.processes"
	kindHandles   = "hosttext.handles"
	kindHost      = "hosttext.system"
	kindUnknown   = "unknown"
)

// Snapshot is one table of connections.
type Snapshot struct {
	// Local is the wall time of the stamp above the table. Where the stamp is
	// a time without a date it is "T23:59:30.10", and "+1T00:00:30.22" on the
	// day after. It is empty when nothing decides between day and month; then
	// Either holds both readings, day first.
	Local     string   `json:"local,omitempty"`
	Either    []string `json:"either,omitempty"`
	Rows      []Row    `json:"rows"`
	Bound     bool     `json:"bound"` // a BOUND row, or the command line above has -q
	Truncated bool     `json:"truncated,omitempty"`
	Filtered  bool     `json:"filtered,omitempty"`
	Lacks     bool     `json:"lacks,omitempty"` // rows are left out in another way
	Host      string   `json:"host,omitempty"`  // that the file names for this table
}

// Row is one socket as far as the file shows it: "192.0.2.1:49152",
// "[fe80::1%4]:135", "[...]:135" where the file cut an IPv6 address, "" where
// it hides the address with its port. A row of UDP has the remote "*:*" and no
// state; State is the word of an English netstat. Owner is the executable as
// printed, Components the services or modules above it.
type Row struct {
	Proto      string   `json:"proto"`
	Local      string   `json:"local"`
	Remote     string   `json:"remote"`
	State      string   `json:"state"`
	PID        int      `json:"pid"` // -1 when the file has none
	Owner      string   `json:"owner,omitempty"`
	Components []string `json:"components,omitempty"`
}

// Range is a dynamic port range.
type Range struct {
	Transport string `json:"transport"`
	Family    string `json:"family"` // "ipv4", "ipv6", or "any" where the file does not say
	Start     int    `json:"start"`
	Count     int    `json:"count"`
}

// Span is an excluded port range, both ends included.
type Span struct {
	Transport string `json:"transport"`
	Start     int    `json:"start"`
	End       int    `json:"end"`
}

// Process is one process of a list.
type Process struct {
	PID      int      `json:"pid"`
	Image    string   `json:"image"`
	Services []string `json:"services,omitempty"`
	Handles  int      `json:"handles"` // -1 unknown
	Sockets  int      `json:"sockets"` // -1 unknown
}

// Count is a figure under the name the tool gave it.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Host is what systeminfo says about the machine.
type Host struct {
	Name          string `json:"name"`
	Version       string `json:"version"`
	OffsetMinutes int    `json:"offset_minutes"` // of standard time, east of UTC
}

// Files gives every file, sorted by name, the same at each call.
func Files() []File {
	var all []File
	for _, list := range [][]shape{
		rowShapes, ownerShapes, contentShapes, filterShapes, stampShapes(), languageShapes(),
		encodingShapes(), damageShapes, psnetShapes, objectShapes, csvShapes, rangeShapes, registryShapes,
		taskShapes, processShapes, handleShapes, hostShapes, ticketShapes,
	} {
		for _, s := range list {
			all = append(all, s.file())
		}
	}
	slices.SortFunc(all, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
