// Package cluster runs the Kubernetes Job of the fleet under the real API server and the
// real job controller. What stands in for the rest is small and said: a pod is bound at
// once, its container is a process of this machine with its volumes as folders of it, and
// no image is pulled. So indexes, retries, the rules for failures and the arguments are
// tried; image, limits, security context and volumes are not.
package cluster

import (
	"context"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

var withCluster = flag.Bool("cluster", false, "run the Job of the fleet; Debian: etcd-server")

const project = "../../.."

// tables are those of the lake.
var tables = []string{"bundles", "findings", "evidence", "holders", "victims", "pools", "windows", "sources", "diagnostics"}

// Four indexes, of which one is killed in its first run and one is taken away by its
// node: the Job completes, and the lake is that of a single run.
func TestJobOfTheFleet(t *testing.T) {
	dir, program := begin(t)
	bundles, single, lake := filepath.Join(dir, "bundles"), filepath.Join(dir, "single"), filepath.Join(dir, "lake")
	tickets(t, bundles, 40)
	if out, err := exec.Command(program, "fleet", bundles, "--out", single, "-q").CombinedOutput(); err != nil {
		t.Fatalf("a single run: %v\n%s", err, out)
	}
	cs := startServer(t, dir)
	n := &node{
		t: t, cs: cs, program: program, folders: map[string]string{"/bundles": bundles, "/lake": lake},
		disturb: map[string]disturbance{"1": killed, "2": takenAway},
	}
	n.start(t.Context())
	done := runJob(t, cs, manifest(t, nil))
	if s := done.Status; s.Succeeded != 4 || s.CompletedIndexes != "0-3" || !ended(done, batchv1.JobComplete) {
		t.Errorf("%+v", s)
	}
	// What a node takes away is no failure of the index: it has all its tries left.
	want := map[string][]string{"0": {"0"}, "1": {"0", "1"}, "2": {"0", "0"}, "3": {"0"}}
	if got := n.tries(); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("failures before each run, by index: %v, want %v", got, want)
	}
	for _, table := range tables {
		if got, want := rows(t, lake, table), rows(t, single, table); !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, a single run has %d, or others", table, len(got), len(want))
		}
	}
}

// A mistake in the arguments is not tried again: exit code 2 fails its index at once.
func TestMistakeIsNotTriedAgain(t *testing.T) {
	dir, program := begin(t)
	cs := startServer(t, dir)
	n := &node{t: t, cs: cs, program: program, folders: map[string]string{"/bundles": dir, "/lake": filepath.Join(dir, "lake")}}
	n.start(t.Context())
	done := runJob(t, cs, manifest(t, func(j *batchv1.Job) {
		args := j.Spec.Template.Spec.Containers[0].Args
		args[slices.Index(args, "--shard")+1] = "$(JOB_COMPLETION_INDEX)/0"
	}))
	if !ended(done, batchv1.JobFailed) || done.Status.FailedIndexes == nil || *done.Status.FailedIndexes == "" {
		t.Errorf("%+v", done.Status)
	}
	for index, runs := range n.tries() {
		if len(runs) != 1 {
			t.Errorf("index %s ran %d times", index, len(runs))
		}
	}
}

// begin gives a folder and, in it, the program.
func begin(t *testing.T) (dir, program string) {
	t.Helper()
	if !*withCluster {
		t.Skip("make k8s runs it: it builds an API server")
	}
	dir = t.TempDir()
	program = filepath.Join(dir, "portverdict")
	build(t, program, project, "./cmd/portverdict")
	return dir, program
}

// build compiles a program of a module.
func build(t *testing.T, to, module, pkg string) {
	t.Helper()
	c := exec.Command("go", "build", "-o", to, pkg)
	c.Dir = module
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", pkg, err, out)
	}
}

// tickets are bundles of bytes of their own each.
func tickets(t *testing.T, dir string, n int) {
	t.Helper()
	from := os.DirFS(filepath.Join(project, "testdata", "cases", "exhausted-leak-x64"))
	for i := range n {
		ticket := filepath.Join(dir, "ticket-"+string(rune('a'+i/26))+string(rune('a'+i%26)))
		if err := os.CopyFS(ticket, from); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(ticket, "number.txt"), []byte(ticket), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// manifest is the Job as it is shipped, but for the changes.
func manifest(t *testing.T, change func(*batchv1.Job)) *batchv1.Job {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(project, "cmd/internal/fleet/deploy/job.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var j batchv1.Job
	if err := yaml.UnmarshalStrict(data, &j); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&j)
	}
	return &j
}

// runJob creates a Job and waits for its end.
func runJob(t *testing.T, cs kubernetes.Interface, j *batchv1.Job) *batchv1.Job {
	t.Helper()
	jobs := cs.BatchV1().Jobs("default")
	if _, err := jobs.Create(t.Context(), j, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for {
		got, err := jobs.Get(ctx, j.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatalf("the Job does not end: %v", err)
		}
		if ended(got, batchv1.JobComplete) || ended(got, batchv1.JobFailed) {
			return got
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func ended(j *batchv1.Job, as batchv1.JobConditionType) bool {
	return slices.ContainsFunc(j.Status.Conditions, func(c batchv1.JobCondition) bool {
		return c.Type == as && c.Status == corev1.ConditionTrue
	})
}

// rows are the lines of a table of a lake, sorted.
func rows(t *testing.T, lake, table string) []string {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(lake, table, "part-*.ndjson"))
	if err != nil || len(parts) == 0 {
		t.Fatalf("%s has no part of %s: %v", lake, table, err)
	}
	var all []string
	for _, part := range parts {
		data, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		all = slices.AppendSeq(all, strings.Lines(string(data)))
	}
	slices.Sort(all)
	return all
}
