package fleet

import (
	_ "embed"
	"fmt"
	"reflect"
	"strings"
)

//go:embed views.sql
var views string

// Engines and formats that SQL knows.
var (
	Engines = []string{"duckdb", "clickhouse"}
	Formats = []string{"parquet", "ndjson"}
)

// SQL gives the statements that make views over a lake for an engine: one of each table,
// in which a row stands once and only where its part counts, and those that answer the
// questions of a support organisation. The lake is a path as the engine sees it.
func SQL(engine, format, lake string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- Views over %s (%s) for %s, rows of version %d.\n", oneLine(lake), format, engine, SchemaVersion)
	for _, t := range tableTypes {
		b.WriteString(baseView(engine, format, lake, t))
	}
	text := views
	if engine == "clickhouse" {
		text = strings.NewReplacer("list_sort(list(DISTINCT path))", "arraySort(groupUniqArray(path))").Replace(text)
	}
	b.WriteString(text)
	return b.String()
}

// tableTypes are the tables that are queried; those after bundles rest on it.
var tableTypes = []struct {
	name string
	row  reflect.Type
}{
	{"known", reflect.TypeFor[KnownRow]()},
	{"bundles", reflect.TypeFor[BundleRow]()},
	{"findings", reflect.TypeFor[FindingRow]()},
	{"evidence", reflect.TypeFor[EvidenceRow]()},
	{"holders", reflect.TypeFor[HolderRow]()},
	{"victims", reflect.TypeFor[VictimRow]()},
	{"pools", reflect.TypeFor[PoolRow]()},
	{"windows", reflect.TypeFor[WindowRow]()},
	{"sources", reflect.TypeFor[SourceRow]()},
	{"diagnostics", reflect.TypeFor[DiagnosticRow]()},
}

// A column is one of a table: its name and Go type.
type column struct {
	name string
	typ  reflect.Type
}

func columns(t reflect.Type) []column {
	var out []column
	for f := range t.Fields() {
		if f.Anonymous {
			out = append(out, columns(f.Type)...)
			continue
		}
		out = append(out, column{f.Tag.Get("json"), f.Type})
	}
	return out
}

// sqlType is the type of a column for an engine.
func sqlType(engine string, t reflect.Type) string {
	null := t.Kind() == reflect.Pointer
	if null {
		t = t.Elem()
	}
	names := map[string][2]string{
		"Time": {"TIMESTAMP_NS", "DateTime64(9)"}, "string": {"VARCHAR", "String"}, "int64": {"BIGINT", "Int64"},
		"float64": {"DOUBLE", "Float64"}, "bool": {"BOOLEAN", "Bool"}, "": {"VARCHAR[]", "Array(String)"},
	}[t.Name()]
	switch {
	case engine == "duckdb":
		return names[0]
	case null:
		return "Nullable(" + names[1] + ")"
	}
	return names[1]
}

// baseView is the view of one table. Its rows are distinct, since two shards may have
// analysed copies of one bundle; of its copies a bundle has the first path.
func baseView(engine, format, lake string, t struct {
	name string
	row  reflect.Type
},
) string {
	all := columns(t.row)
	from := source(engine, format, strings.TrimSuffix(lake, "/")+"/"+t.name+"/part-*."+format, all)
	var names, others []string
	for _, c := range all {
		names = append(names, c.name)
		if c.name != "path" {
			others = append(others, "b."+c.name+" AS "+c.name)
		}
	}
	list := strings.Join(names, ", ")
	switch t.name {
	case "known":
		return fmt.Sprintf("CREATE OR REPLACE VIEW known AS SELECT DISTINCT %s FROM %s;\n", list, from)
	case "bundles":
		return fmt.Sprintf(`CREATE OR REPLACE VIEW bundles AS SELECT k.path AS path, %s
FROM (SELECT *, row_number() OVER (PARTITION BY bundle, version, settings ORDER BY path) AS copy FROM %s) AS b
JOIN (SELECT bundle, version, settings, min(path) AS path FROM known GROUP BY bundle, version, settings) AS k
ON b.bundle = k.bundle AND b.version = k.version AND b.settings = k.settings
WHERE b.copy = 1;
`, strings.Join(others, ", "), from)
	}
	return fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT DISTINCT %s FROM %s\nWHERE (bundle, version, settings) IN (SELECT bundle, version, settings FROM bundles);\n", t.name, list, from)
}

// source is the table function that reads the files.
func source(engine, format, glob string, all []column) string {
	quoted := "'" + strings.ReplaceAll(glob, "'", "''") + "'"
	if engine == "duckdb" && format == "parquet" {
		return "read_parquet(" + quoted + ", union_by_name = true)"
	}
	var types []string
	for _, c := range all {
		switch engine {
		case "duckdb":
			types = append(types, c.name+": '"+sqlType(engine, c.typ)+"'")
		default:
			types = append(types, c.name+" "+sqlType(engine, c.typ))
		}
	}
	list := strings.Join(types, ", ")
	switch {
	case engine == "duckdb":
		return "read_json(" + quoted + ", format = 'newline_delimited', columns = {" + list + "})"
	case format == "parquet":
		return "file(" + quoted + ", Parquet, '" + list + "')"
	}
	return "file(" + quoted + ", JSONEachRow, '" + list + "')"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
