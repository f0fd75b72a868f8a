package textgen

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// The printers below write, of values the caller has, the texts a host would
// have saved of them. Every one takes the code page of its text; "" is UTF-8.

// Netstat says how one connection table is printed.
type Netstat struct {
	// Flags are those of the command without the dash, of "abnoqty". Without o
	// there is no PID, without b no owner lines, without q no row that is BOUND;
	// without a and q neither a listener nor UDP. t and y add the column of
	// offload states or of templates. An address is printed as its row has it,
	// with n or without.
	Flags    string
	Language string // of the table of languages; "" is English
	Page     string // of the table of encodings
	Command  bool   // with the prompt and the command above the table
	Stamp    string // the time line above all, as Stamp gives it; "" none
}

const netstatFlags = "abnoqty"

// Print writes the table of rows. Called again it goes on in the same file, as
// a loop does; Mark is what belongs before the first table.
func (n Netstat) Print(w io.Writer, rows []Row) error {
	f, err := n.layout()
	if err != nil {
		return err
	}
	if !f.nopid {
		for i, r := range rows {
			if r.PID < 0 {
				return fmt.Errorf("row %d, %s %s, has no PID to print", i, r.Proto, r.Local)
			}
		}
	}
	if slices.ContainsFunc(rows, n.hides) {
		rows = slices.DeleteFunc(slices.Clone(rows), n.hides)
	}
	return write(w, n.Page, func(d *doc) {
		if n.Stamp != "" {
			d.text(n.Stamp)
		}
		if n.Command {
			d.text(strings.TrimSuffix(`C:\>netstat -`+n.Flags, " -"))
		}
		d.text(f.table(rows))
	})
}

// hides tells a row that the command would not list.
func (n Netstat) hides(r Row) bool {
	if strings.Contains(n.Flags, "q") {
		return false
	}
	return r.State == "BOUND" || !strings.Contains(n.Flags, "a") && (r.State == "LISTENING" || strings.HasPrefix(r.Proto, "UDP"))
}

func (n Netstat) layout() (layout, error) {
	if rest := strings.Trim(n.Flags, netstatFlags); rest != "" {
		return layout{}, fmt.Errorf("netstat -%s: known flags are %s", n.Flags, netstatFlags)
	}
	has := func(flag string) bool { return strings.Contains(n.Flags, flag) }
	l, err := pick("language", n.Language, languages)
	if err != nil {
		return layout{}, err
	}
	f := layout{lang: n.Language, nopid: !has("o")}
	if !l.invented {
		f.words = l.states
	}
	if has("b") {
		f.owner = vista(n.ownerless())
	}
	switch {
	case has("t") && has("y"):
		return layout{}, fmt.Errorf("netstat -%s: t and y exclude each other", n.Flags)
	case has("t"):
		f.extra, f.values = "Offload State", []string{"\tInHost      "}
		if w := offloadWords[n.Language]; w != "" {
			f.extra = w
		}
	case has("y"):
		f.extra, f.values = "Template", []string{"      Internet       "}
	}
	if f.nopid && f.extra != "" {
		f.values[0] = strings.TrimLeft(f.values[0], "\t ")
	}
	return f, nil
}

// offloadWords are headings of the column of -t; that of other languages is
// not known.
var offloadWords = map[string]string{"de": "Abladungsstatus", "zh-cn": "卸载状态"}

// ownerless is the line below a row whose owner is not known: in the code pages
// of a console an apostrophe is straight.
func (n Netstat) ownerless() string {
	missing, ok := noOwners[n.Language]
	if !ok {
		return noOwner
	}
	if _, err := encode(n.Page, missing); err != nil {
		missing = strings.ReplaceAll(missing, "’", "'")
	}
	return missing
}

// Mark is what a text of this code page begins with when Windows wrote it: the
// byte order mark of UTF-16, and nothing in a code page or in UTF-8. It belongs
// at the beginning of a file, once.
func Mark(page string) []byte {
	if !strings.HasPrefix(page, "utf-16") {
		return nil
	}
	mark, _ := encode(page, "\ufeff") // nil of a page that is none; the text says so
	return mark
}

// write encodes what is composed as a whole and writes it at once.
func write(w io.Writer, page string, compose func(d *doc)) error {
	d := &doc{eol: "\r\n"}
	compose(d)
	if d.err != nil {
		return d.err
	}
	data, err := encode(page, d.buf.String())
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// pick is the entry of a table; "" stands for English, and where a table has
// one Chinese, that is of the mainland.
func pick[V any](what, key string, from map[string]V) (V, error) {
	if key == "" {
		key = "en"
	}
	v, ok := from[key]
	if !ok && key == "zh-cn" {
		v, ok = from["zh"]
	}
	if !ok {
		return v, fmt.Errorf("no %s %q; known are %s", what, key, names(from))
	}
	return v, nil
}

var transports = []string{"tcp", "udp"}

// PrintRanges writes `netsh int ipv4 show dynamicport tcp` for each range, with
// the command above it; without one where the family is "any".
func PrintRanges(w io.Writer, language, page string, ranges []Range) error {
	words, err := pick("language of netsh's ranges", language, rangeWords)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if !slices.Contains(transports, r.Transport) || !slices.Contains([]string{"ipv4", "ipv6", "any"}, r.Family) {
			return fmt.Errorf("a range of %q over %q; known are tcp and udp over ipv4, ipv6 or any", r.Transport, r.Family)
		}
	}
	return write(w, page, func(d *doc) {
		for _, r := range ranges {
			echo := echoPrompt
			if r.Family == "any" {
				echo = ""
			}
			words.dynamicPorts(echo, r)(d)
		}
	})
}

// PrintExcluded writes `netsh int ipv4 show excludedportrange` for TCP and for
// UDP, each with its command above it and perhaps without a row.
func PrintExcluded(w io.Writer, language, page string, spans []Span) error {
	if language == "" {
		language = "en"
	}
	if _, err := pick("language of netsh's exclusions", language, excludedWords); err != nil {
		return err
	}
	of := map[string][]Span{}
	for _, s := range spans {
		if !slices.Contains(transports, s.Transport) {
			return fmt.Errorf("an excluded range of %q; known are tcp and udp", s.Transport)
		}
		of[s.Transport] = append(of[s.Transport], s)
	}
	return write(w, page, func(d *doc) {
		for _, t := range transports {
			d.text(`C:\>netsh int ipv4 show excludedportrange ` + t)
			excluded(language, t, of[t])(d)
		}
	})
}
