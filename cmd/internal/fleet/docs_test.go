package fleet

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of columns again")

// docsTables is the list of tables and columns in docs/fleet.md.
func docsTables() string {
	var b strings.Builder
	b.WriteString("| table | column | type |\n|---|---|---|\n")
	for _, t := range tableTypes {
		for i, c := range columns(t.row)[3:] {
			name := ""
			if i == 0 {
				name = "`" + t.name + "`"
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", name, c.name, docsType(c.typ))
		}
	}
	return b.String()
}

func docsType(t reflect.Type) string {
	null := ""
	if t.Kind() == reflect.Pointer {
		t, null = t.Elem(), " or null"
	}
	return map[string]string{"Time": "time", "string": "text", "int64": "integer", "float64": "number", "bool": "boolean", "": "list of texts"}[t.Name()] + null
}

// The page lists every column, and no other.
func TestDocs(t *testing.T) {
	const name = "../../../docs/fleet.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(data), "| table | column |")
	want := before + docsTables()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Errorf("%s does not list the columns as they are: run make golden and look at what changed", name)
	}
}

// The statements name every column of every table with a type.
func TestSQLTypes(t *testing.T) {
	for _, engine := range Engines {
		text := SQL(engine, "ndjson", "it's")
		if strings.Contains(text, "lake") || !strings.Contains(text, "'it''s/bundles/part-*.ndjson'") {
			t.Errorf("%s: the path of the lake is not a text of its own", engine)
		}
		for _, tab := range tableTypes {
			for _, c := range columns(tab.row) {
				if sqlType(engine, c.typ) == "" || !strings.Contains(text, c.name) {
					t.Errorf("%s: no type for %s.%s", engine, tab.name, c.name)
				}
			}
		}
	}
}
