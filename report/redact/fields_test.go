package redact

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// each calls do for every text of a value, lists, maps and pointers having one element
// each.
func each(v reflect.Value, path string, do func(path, text string, set func(string))) {
	switch v.Kind() {
	case reflect.String:
		do(path, v.String(), v.SetString)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		each(v.Elem(), path, do)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		each(v.Index(0), path, do)
	case reflect.Map:
		if v.Type().Elem().Kind() != reflect.String {
			return
		}
		if v.Len() == 0 {
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("x"), reflect.ValueOf(""))
		}
		do(path, v.MapIndex(reflect.ValueOf("x")).String(), func(s string) { v.SetMapIndex(reflect.ValueOf("x"), reflect.ValueOf(s)) })
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				each(v.Field(i), path+"."+f.Name, do)
			}
		}
	}
}

// staying are the fields of a report that are redacted only if they hold the id of a row:
// words of the contract, and what is not written.
var staying = strings.Fields(`.Tool.Name .Tool.Version .Bundle.OSBuild .Sources.Kind .Sources.Clock.Offset .Verdict.Outcome .Verdict.Confidence .Verdict.Cause .Verdict.Transport
	.Verdict.Pools.Transport .Verdict.Pools.Family .Verdict.Pools.Outcome .Verdict.Pools.Confidence .Verdict.Pools.Cause .Verdict.Pools.Balance.Basis
	.Verdict.Windows.Transport .Verdict.Windows.Family .Verdict.Windows.Ends .Verdict.Windows.Balance.Basis .Verdict.Holders.ProcessKey .Verdict.Holders.Transport
	.Verdict.Holders.Basis .Verdict.Holders.Confidence .Verdict.Victims.ProcessKey .Verdict.Victims.Transport .Verdict.OtherFailures.Status .Verdict.OtherFailures.Name
	.Verdict.NextSteps.RunsOn .Findings.ID .Findings.Severity .Findings.Transport .Evidence.Kind .Evidence.TimePrecision .Evidence.Of.Source .Series.Transport .Series.ProcessKey`)

// rowFields hold the id of a row of evidence and nothing else.
var rowFields = strings.Fields(`.Bundle.Boots.Evidence .Verdict.Pools.RangeSource .Verdict.Pools.UsedSource .Verdict.Pools.Balance.Source .Verdict.Pools.Forecast.Evidence .Verdict.Windows.Evidence
	.Verdict.Windows.Balance.Source .Verdict.Windows.Log.Evidence .Verdict.Holders.Evidence .Verdict.Victims.Evidence .Verdict.NextSteps.Why .Findings.Evidence .Evidence.ID`)

// A field of the report that is new is redacted, or stands in one of the lists above.
func TestEveryField(t *testing.T) {
	stays := func(secret string) map[string]bool {
		in, out := &report.Report{}, map[string]bool{}
		each(reflect.ValueOf(in), "", func(_, _ string, set func(string)) { set(secret) })
		each(reflect.ValueOf(newRedactor(t, testKey).Report(in)), "", func(path, text string, _ func(string)) {
			for _, word := range []string{"morgane", "vault7x", "ev-0000000000ab"} {
				if strings.Contains(text, word) {
					out[path] = true
				}
			}
		})
		return out
	}
	want := map[string]bool{}
	for _, field := range staying {
		want[field] = true
	}
	got := stays("ev-0000000000ab")
	delete(got, ".Bundle.ID") // these are hashes
	delete(got, ".Sources.SHA256")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("ids of rows stay in (-want +got):\n%s", d)
	}
	for _, field := range rowFields {
		want[field] = true
	}
	if d := cmp.Diff(want, stays(`C:\Users\morgane\x of \\vault7x\x`)); d != "" {
		t.Errorf("names stay in (-want +got):\n%s", d)
	}
}
