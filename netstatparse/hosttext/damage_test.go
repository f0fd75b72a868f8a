package hosttext

import (
	"slices"
	"strings"
	"testing"
)

// possible reads a text and says what cannot be.
func possible(t *testing.T, text string) {
	t.Helper()
	lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
	facts, errs := Read(strings.NewReader(text))
	for _, r := range facts.Ranges {
		if r.Start < 1 || r.Count < 1 || r.Start+r.Count > 65536 || r.Line < 1 || r.Line > lines || r.Family == "" {
			t.Fatalf("impossible range %+v in %q", r, text)
		}
	}
	for _, e := range facts.Excluded {
		if e.Start < 0 || e.End > 65535 || e.Start > e.End || e.Family == "" || e.Line < 1 || e.Line > lines || e.Administered != (e.Maker == MakerAdministrator) {
			t.Fatalf("impossible excluded range %+v in %q", e, text)
		}
	}
	for _, p := range facts.Processes {
		if p.PID < 0 || int64(p.PID) >= 1<<32 || p.Handles < -1 || p.Sockets < -1 || p.Line < 1 || p.Line > lines || len(p.Services) > maxServices {
			t.Fatalf("impossible process %+v in %q", p, text)
		}
	}
	for _, s := range facts.Symptoms {
		if s.Code != wsaEACCES && s.Code != wsaEADDRINUSE && s.Code != wsaENOBUFS || s.Line < 1 || s.Line > lines || s.Word == "" || len(s.Text) > maxText+len("…") {
			t.Fatalf("impossible symptom %+v in %q", s, text)
		}
	}
	for _, x := range facts.Traces {
		if x.File == "" || x.Line < 1 || x.Line > lines {
			t.Fatalf("impossible trace %+v in %q", x, text)
		}
	}
	for _, d := range facts.Drivers {
		if d.Name == "" && d.File == "" || d.Line < 1 || d.Line > lines || len(d.Title) > maxText+len("…") || d.Role > RoleFileFilter {
			t.Fatalf("impossible driver %+v in %q", d, text)
		}
	}
	if len(errs) > maxErrors || len(facts.Drivers) > maxDrivers || len(facts.Symptoms) > maxSymptoms || len(facts.Traces) > maxTraces {
		t.Fatalf("%d errors, %d symptoms, %d traces", len(errs), len(facts.Symptoms), len(facts.Traces))
	}
}

func TestDamage(t *testing.T) {
	for _, c := range slices.Concat(forms, driverForms) {
		for n := range len(c.text) {
			possible(t, c.text[:n])
		}
		flipped := []byte(c.text)
		for i := range flipped {
			for _, x := range []byte{0x01, 0x80} {
				flipped[i] ^= x
				possible(t, string(flipped))
				flipped[i] ^= x
			}
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, c := range slices.Concat(forms, driverForms) {
		f.Add(c.text)
	}
	f.Add("2026-03-10 09:00:00 error 10055: ENOBUFS\r\n")
	f.Fuzz(possible)
}

// A text of many lines of one kind takes a part of a second. If each looked at those above
// it, the test run would be over before it was read.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("these texts are long")
	}
	const n = 200_000
	for name, text := range map[string]string{
		"errors": strings.Repeat("error 10055\n", n), "numbers": "error " + strings.Repeat("10055x ", n), "services": strings.Repeat("SERVICE_NAME: a\n PID : 5\n\n", n),
		"connections in CSV": "ProcessName,PID,LocalPort\n" + strings.Repeat("a,5,1\n", n), "tasks": strings.Repeat(taskRow, n), "sets": strings.Repeat("netsh int ipv4 set dynamicport tcp start=1 num=5\nOk.\n", n),
		"open JSON": strings.Repeat("{\n", n), "JSON": "[" + strings.Repeat("{\"ProcessName\":\"a\",\"Id\":5},\n", n), "prompts": strings.Repeat("C:\\>x\n", n), "lists": strings.Repeat("Image Name: a\nPID: 5\n\n", n),
		"traces": strings.Repeat("Trace File: C:\\x.etl\n", n), "a list": "Id : 1\n" + strings.Repeat("PathName : x\n", n),
	} {
		t.Run(name, func(*testing.T) {
			Read(strings.NewReader(text))
		})
	}
}
