package verdict

import (
	"bytes"
	"flag"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/report"
)

// golang-evtx reports damage with stacks through the global logger.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

var inputDamages = flag.Int("damages", 2, "how often TestDamageNeverTurnsAVerdict damages each input")

// damagedCopy is data cut, or with a stretch of zeros, or with bytes that are others.
func damagedCopy(data []byte, random *rand.Rand) ([]byte, string) {
	out := bytes.Clone(data)
	switch random.IntN(3) {
	case 0:
		return out[:random.IntN(len(out))], "cut"
	case 1:
		from := random.IntN(len(out))
		clear(out[from:min(len(out), from+1+random.IntN(max(len(out)/4, 1)))])
		return out, "zeros"
	}
	for range 1 + random.IntN(20) {
		out[random.IntN(len(out))] ^= byte(1 + random.IntN(255))
	}
	return out, "flips"
}

// Damage to one input never makes an exhausted machine healthy, nor a healthy one
// exhausted.
func TestDamageNeverTurnsAVerdict(t *testing.T) {
	const seed = 20260311
	t.Logf("%d damages of each input, seed %d", *inputDamages, seed)
	for _, path := range cases(t) {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			inputs := bundleOf(t, dir)
			o := sampleOptions(t)
			whole := analyse(inputs, o).Verdict.Outcome
			for i := range inputs {
				for range *inputDamages {
					some := slices.Clone(inputs)
					var how string
					some[i].data, how = damagedCopy(inputs[i].data, random)
					if got := analyse(some, o).Verdict.Outcome; turned(whole, got) {
						t.Errorf("%s of %s: %s becomes %s", how, inputs[i].name, whole, got)
					}
				}
			}
		})
	}
}

func turned(whole, got report.Outcome) bool {
	switch whole {
	case report.Exhausted, report.Likely:
		return got == report.NotExhausted
	case report.NotExhausted:
		return got == report.Exhausted
	}
	return false
}

// askedFor is what a report without any input of a kind must ask for.
var askedFor = map[string]string{
	"etl": "netsh trace", "evtx": "System.evtx", "netstat": "netstat -anobq", "hosttext.range": missingRange, "hosttext.processes": "tasklist /svc",
}

// What is taken away is missed, and no verdict is turned by it.
func TestRemovedInputIsMissed(t *testing.T) {
	for _, path := range cases(t) {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			inputs := bundleOf(t, dir)
			o := sampleOptions(t)
			whole := analyse(inputs, o).Verdict.Outcome
			for i := range inputs {
				rest := slices.Delete(slices.Clone(inputs), i, i+1)
				kind := kindOf(inputs[i].data)
				r := analyse(rest, o)
				if got := r.Verdict.Outcome; turned(whole, got) {
					t.Errorf("without %s: %s becomes %s", inputs[i].name, whole, got)
				}
				if slices.ContainsFunc(rest, func(in input) bool { return kindOf(in.data) == kind }) {
					continue
				}
				want := askedFor[kind]
				if !slices.ContainsFunc(r.Verdict.Missing, func(m report.Missing) bool { return strings.Contains(m.Input, want) }) {
					t.Errorf("without %s (%s) nothing asks for %q: %+v", inputs[i].name, kind, want, r.Verdict.Missing)
				}
			}
		})
	}
}

// The same over the situations: a log or a text that is damaged turns none.
func TestDamageTurnsNoSituation(t *testing.T) {
	random := rand.New(rand.NewPCG(20260312, 7))
	for _, row := range slices.Concat(traceRows(), identityRows(), logRows(t), textRows(t), hostRows(t)) {
		zone := time.UTC
		if row.unzoned {
			zone = nil
		}
		for range *inputDamages {
			for i := range row.logs {
				logs := slices.Clone(row.logs)
				var how string
				logs[i], how = damagedCopy(row.logs[i], random)
				if got := judged(t, row.trace.again(), logs, row.texts, zone).Verdict.Outcome; turned(row.outcome, got) {
					t.Errorf("%s: %s of log %d: %s becomes %s", row.name, how, i, row.outcome, got)
				}
			}
			for i := range row.texts {
				texts := slices.Clone(row.texts)
				data, how := damagedCopy([]byte(row.texts[i]), random)
				texts[i] = string(data)
				if got := judged(t, row.trace.again(), row.logs, texts, zone).Verdict.Outcome; turned(row.outcome, got) {
					t.Errorf("%s: %s of text %d: %s becomes %s\n%q", row.name, how, i, row.outcome, got, texts[i])
				}
			}
		}
	}
}
