package hosttext

import (
	"slices"
	"testing"
)

func TestServices(t *testing.T) {
	for list, want := range map[string][]string{
		"Dnscache": {"Dnscache"}, "BFE, mpssvc": {"BFE", "mpssvc"}, "N/A": nil, "Nicht zutreffend": nil, "暂缺": nil, "": nil, "MSSQL$SQL2019": {"MSSQL$SQL2019"},
	} {
		if got := services(nil, list); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}
