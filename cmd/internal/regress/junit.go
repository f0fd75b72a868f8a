package regress

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of a JUnit file, as Jenkins, GitLab and the actions of GitHub read
// them: a suite for a folder, a case for a case.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"` // a case that cannot be read has failed too
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`

	took time.Duration
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the results in JUnit's XML. root names the suite of the cases
// that stand directly in the folder that was run.
func WriteJUnit(w io.Writer, root string, results []Result) error {
	var all junitSuites
	var took time.Duration
	at := map[string]int{}
	for _, r := range results {
		name := root
		if r.Suite != "" {
			name = root + "/" + r.Suite
		}
		i, ok := at[name]
		if !ok {
			i = len(all.Suites)
			at[name] = i
			all.Suites = append(all.Suites, junitSuite{Name: name})
		}
		s := &all.Suites[i]
		c := junitCase{Name: r.Name, Class: strings.ReplaceAll(name, "/", "."), Time: seconds(r.Duration)}
		if len(r.Diffs) > 0 {
			c.Failure = &junitFailure{Message: r.Diffs[0], Type: "difference", Text: strings.Join(r.Diffs, "\n")}
			s.Failures++
			all.Failures++
		}
		s.Tests++
		all.Tests++
		s.took += r.Duration
		took += r.Duration
		s.Cases = append(s.Cases, c)
	}
	all.Time = seconds(took)
	for i := range all.Suites {
		all.Suites[i].Time = seconds(all.Suites[i].took)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(&all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
