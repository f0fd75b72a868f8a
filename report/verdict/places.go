package verdict

import (
	"path"
	"slices"
	"strings"

	"portverdict/report/facts"
)

// places tell by where a source lies which machine it is of, when it names none itself.
type places struct {
	in     map[string]*machine // by folder: the machine that texts in it name, else its logs; nil for several
	under  map[string]*machine // likewise, for all that lies below a folder
	labels map[string]*machine
}

// commonNames are names of machines that are words of files too.
var commonNames = []string{"client", "host", "localhost", "netstat", "server", "system", "windows"}

func (s *sorting) places(own []*machine) *places {
	p := &places{in: map[string]*machine{}, under: map[string]*machine{}, labels: map[string]*machine{}}
	for label, m := range s.machines {
		if len(label) > 2 && slices.Contains(own, m) && !slices.Contains(commonNames, label) {
			p.labels[label] = m
		}
	}
	p.note(s, hostOf)
	logs := &places{in: map[string]*machine{}, under: map[string]*machine{}}
	logs.note(s, func(src *facts.Source) string {
		if src.Log == nil {
			return ""
		}
		return ownName(src)
	})
	for dir, m := range logs.in {
		if _, named := p.in[dir]; !named {
			p.in[dir] = m
		}
	}
	for dir, m := range logs.under {
		if _, named := p.under[dir]; !named {
			p.under[dir] = m
		}
	}
	return p
}

// note takes the machines that sources name, each for its folder and those above.
func (p *places) note(s *sorting, name func(*facts.Source) string) {
	put := func(at map[string]*machine, dir string, m *machine) {
		if old, seen := at[dir]; seen && old != m {
			m = nil
		}
		at[dir] = m
	}
	for _, src := range s.c.Sources {
		if host := name(src); host != "" {
			m, dir := s.machines[s.root(firstLabel(host))], path.Dir(src.Path)
			put(p.in, dir, m)
			for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
				put(p.under, dir, m)
			}
		}
	}
}

// of is the machine of a file: that which its folder's texts and logs name, else the one
// whose name is in its own name, and so on in the folders above; nil when nothing tells.
func (p *places) of(file string) *machine {
	for at := p.in; ; at = p.under {
		dir := path.Dir(file)
		if m := at[dir]; m != nil {
			return m
		}
		if m := p.called(path.Base(file)); m != nil || dir == "." || dir == "/" {
			return m
		}
		file = dir
	}
}

// all are the machines of a source: a text that lies in the folders of several with the
// same bytes, such as a range, is of each of them.
func (p *places) all(src *facts.Source) []*machine {
	out := []*machine{p.of(src.Path)}
	if len(src.Tables) > 0 || src.Trace != nil {
		return out
	}
	for _, file := range src.Copies {
		if m := p.of(file); m != nil && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	if out[0] == nil && len(out) > 1 {
		return out[1:]
	}
	return out
}

// called is the only machine whose name stands in the name of a file or folder: SRV-01,
// not SRV, in SRV-01_netstat.txt.
func (p *places) called(name string) (found *machine) {
	name = strings.ToLower(name)
	labels := sortedKeys(p.labels)
	slices.SortStableFunc(labels, func(a, b string) int { return len(b) - len(a) })
	for _, label := range labels {
		rest := strings.ReplaceAll(name, label, "\x00")
		for i := range len(rest) {
			if rest[i] != 0 || letterAt(rest, i-1) || letterAt(rest, i+1) {
				continue
			}
			if m := p.labels[label]; found != nil && found != m {
				return nil
			}
			found, name = p.labels[label], strings.ReplaceAll(rest, "\x00", "_")
		}
	}
	return found
}

// letterAt tells that a letter or a digit stands there.
func letterAt(s string, i int) bool {
	return i >= 0 && i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9')
}
