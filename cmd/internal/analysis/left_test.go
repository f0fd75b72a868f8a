package analysis

import (
	"errors"
	"testing"

	"portverdict/cmd/internal/bundle"
)

// A temp folder that stays is told beside the report, which is whole all the same.
func TestATempFolderThatStays(t *testing.T) {
	dir := write(t, files(t))
	b := load(t, dir)
	want, err := Run(t.Context(), b, Options{Jobs: 2})
	if err != nil || want.Left != nil {
		t.Fatalf("%v, %v", err, want.Left)
	}
	b = load(t, dir)
	a := newReading(t.Context(), b, Options{Jobs: 2})
	stays := errors.New("device or resource busy")
	a.close = func(*bundle.Bundle) error { return stays }
	res, err := a.run(b)
	if err != nil || !errors.Is(res.Left, stays) || !res.Usable {
		t.Fatalf("%+v, %v", res, err)
	}
	if encoded(t, res.Report) != encoded(t, want.Report) {
		t.Error("the report differs")
	}
}
