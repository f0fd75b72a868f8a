package verdict

import (
	"testing"

	"portverdict/report"
)

// Every number says something, and the findings it leads to are there.
func TestNumbers(t *testing.T) {
	all := Numbers()
	for i, n := range all {
		if n.Name == "" || n.Means == "" || len(n.Findings) == 0 || i > 0 && all[i-1].Text == n.Text {
			t.Errorf("%+v", n)
		}
		for _, id := range n.Findings {
			if report.FindingByID(id) == nil {
				t.Errorf("%s: there is no finding %s", n.Text, id)
			}
		}
		if got := NumberOf(n.Text); got == nil || got.Name != n.Name {
			t.Errorf("%s is not found", n.Text)
		}
	}
	for _, text := range []string{"", "1", "-4231", "0x", "99999999999999999999", "bound-leak"} {
		if NumberOf(text) != nil {
			t.Errorf("%q is a number", text)
		}
	}
	if n := NumberOf("3221225993"); n == nil || n.Text != "0xC0000209" {
		t.Errorf("in decimal: %+v", n)
	}
}
