package watch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"portverdict/etl"
	"portverdict/report"
	"portverdict/report/facts"
)

// What the sources of a watch are called in its report.
const (
	sessionPath   = "live/session"
	tablesPath    = "live/tables.txt"
	rangesPath    = "live/ranges.txt"
	processesPath = "live/processes.txt"
	systemPath    = "live/system.txt"
)

// add gives a text to the facts, unless it is empty.
func add(f *facts.Facts, kind, path string, text []byte) (h facts.Handle, r *bytes.Reader) {
	r = bytes.NewReader(text)
	if len(text) == 0 {
		return 0, nil
	}
	sum := sha256.Sum256(text)
	src := report.Source{Path: path, Kind: kind, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:]), Facts: map[string]string{"live": "true"}}
	return f.Add(src, r), r
}

// addTables gives the connection tables, once everything else was added.
func addTables(f *facts.Facts, text []byte) {
	if h, r := add(f, "netstat", tablesPath, text); r != nil {
		f.AddTables(h, r)
	}
}

// fileTime is a time in 100 ns since 1601.
func fileTime(t time.Time) etl.FileTime {
	const toUnix = 116444736000000000
	return etl.FileTime(t.Unix()*1e7 + int64(t.Nanosecond())/100 + toUnix)
}

const (
	maxPolls     = 256      // tables of a series
	maxPollBytes = 16 << 20 // of their texts together: they are read at each look
	latestPolls  = 4        // that always stay
)

// series are the tables of a watch, each as a text. Of too many every second of the older
// ones goes, but never the first nor the one of most rows: the longer a watch, the wider
// they stand apart.
type series struct {
	polls []poll
	bytes int
}

type poll struct {
	text []byte
	rows int
}

func (s *series) add(t *Table) {
	p := poll{text: t.text(), rows: len(t.Rows)}
	s.polls = append(s.polls, p)
	s.bytes += len(p.text)
	for (len(s.polls) > maxPolls || s.bytes > maxPollBytes) && s.thin() {
		continue
	}
}

// thin lets go of tables and tells whether there were any to let go.
func (s *series) thin() bool {
	most := 0
	for i := range s.polls {
		if s.polls[i].rows >= s.polls[most].rows {
			most = i
		}
	}
	i, before, older := -1, len(s.polls), len(s.polls)-latestPolls
	s.polls = slices.DeleteFunc(s.polls, func(p poll) bool {
		i++
		gone := i%2 == 1 && i < older && i != most
		if gone {
			s.bytes -= len(p.text)
		}
		return gone
	})
	return len(s.polls) < before
}

func (s *series) text() []byte {
	var b bytes.Buffer
	for i := range s.polls {
		b.Write(s.polls[i].text)
	}
	return b.Bytes()
}
