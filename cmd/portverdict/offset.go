package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/wish"
	"portverdict/report"
	"portverdict/report/facts"
)

// move is a --clock-offset: a source, by its name in the report, and how far its clock is moved.
type move struct {
	source string
	by     time.Duration
}

func (f *settingFlags) offsetFlag(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.offsetTexts, "clock-offset", nil, "move the times of a source, as `SOURCE=DURATION` (Server.etl=-2m30s), before they\nare compared with those of others; repeatable")
}

func (f *settingFlags) checkOffsets() error {
	for _, text := range f.offsetTexts {
		source, by, err := wish.Offset(text)
		if err != nil {
			return usage("--clock-offset %v", err)
		}
		if slices.ContainsFunc(f.moves, func(m move) bool { return m.source == source }) {
			return usage("--clock-offset: %s is given twice", source)
		}
		f.moves = append(f.moves, move{source, by})
	}
	return nil
}

// findMoved finds the inputs whose clocks are moved.
func (s *settings) findMoved(inputs []bundle.Input) error {
	s.offsets = map[facts.InputKey]time.Duration{}
	sources := make([]report.Source, len(inputs))
	paths := map[string]int{}
	for i, in := range inputs {
		sources[i] = report.Source{Path: in.Path, SHA256: in.SHA256}
		paths[in.Path]++
	}
	names := facts.NamesOf(sources)
	for _, m := range s.moves {
		i := slices.Index(names, m.source)
		if i < 0 {
			return usage("--clock-offset: no source is called %q%s", m.source, meant(m.source, names))
		}
		key := facts.InputKey{Path: inputs[i].Path}
		if paths[key.Path] > 1 { // their hashes tell them apart
			key.SHA256 = inputs[i].SHA256
		}
		s.offsets[key] = m.by
	}
	return nil
}

// meant says which name is nearest to a word, "" where there is none.
func meant(word string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	nearest := slices.MinFunc(names, func(a, b string) int { return distance(word, a) - distance(word, b) })
	return fmt.Sprintf("; did you mean %s?", nearest)
}

// maxCompared is how many letters of a name are compared, its last ones: folders are alike,
// and there may be 70,000 names.
const maxCompared = 64

// distance is how many letters have to be put in, taken out or changed.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	from, to = from[max(0, len(from)-maxCompared):], to[max(0, len(to)-maxCompared):]
	row := make([]int, len(to)+1)
	for k := range row {
		row[k] = k
	}
	for i, x := range from {
		before := row[0]
		row[0] = i + 1
		for k, y := range to {
			changed := before
			if x != y {
				changed++
			}
			before = row[k+1]
			row[k+1] = min(changed, before+1, row[k]+1)
		}
	}
	return row[len(to)]
}
