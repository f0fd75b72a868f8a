// Package k8s checks the Kubernetes Job of the fleet with the API server's own rules: it
// decodes, defaults, converts and validates as the server does when a Job is created. It has
// a module of its own, since Kubernetes brings a thousand packages.
package k8s

import (
	"context"
	"os"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install" // their defaults and conversions
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"sigs.k8s.io/yaml"
)

// refused says why the server does not take a Job, "" when it does.
func refused(manifest []byte) string {
	var v1 batchv1.Job
	if err := yaml.UnmarshalStrict(manifest, &v1); err != nil {
		return err.Error()
	}
	legacyscheme.Scheme.Default(&v1)
	var j batch.Job
	if err := legacyscheme.Scheme.Convert(&v1, &j, nil); err != nil {
		return err.Error()
	}
	j.Namespace, j.UID = "default", "u" // the server gives them
	ctx := request.WithRequestInfo(context.Background(), &request.RequestInfo{APIGroup: "batch", APIVersion: "v1", Resource: "jobs"})
	job.Strategy.PrepareForCreate(ctx, &j)
	if errs := job.Strategy.Validate(ctx, &j); len(errs) > 0 {
		return errs.ToAggregate().Error()
	}
	return strings.Join(job.Strategy.WarningsOnCreate(ctx, &j), "; ")
}

func good(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../cmd/internal/fleet/deploy/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestJobIsTaken(t *testing.T) {
	if why := refused([]byte(good(t))); why != "" {
		t.Error(why)
	}
}

// Each mistake is one change of the Job, and is refused for it.
func TestBadJobsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, bad, why string }{
		"a field that is not there":           {"completionMode:", "completionsMode:", "unknown field"},
		"a mode that is not there":            {"completionMode: Indexed", "completionMode: Indexd", "spec.completionMode"},
		"pods that start again by themselves": {"restartPolicy: Never", "restartPolicy: Always", "restartPolicy"},
		"failed indexes without their limit":  {"  backoffLimitPerIndex: 3\n", "", "backoffLimitPerIndex"},
		"a request over its limit":            {"requests: {cpu: \"1\", memory: 1Gi", "requests: {cpu: \"1\", memory: 3Gi", "resources.requests"},
		"a volume that is not there":          {"        - name: tmp\n          mountPath: /tmp", "        - name: temp\n          mountPath: /tmp", "volumeMounts"},
		"a container that is not there":       {"containerName: fleet", "containerName: flete", "containerName"},
		"fewer than no completions":           {"completions: 4", "completions: -4", "spec.completions"},
		"a number in words":                   {"completions: 4", "completions: four", "completions"},
		"a user below all":                    {"runAsUser: 65532", "runAsUser: -1", "runAsUser"},
	} {
		manifest := good(t)
		if strings.Count(manifest, c.old) != 1 {
			t.Errorf("%s: the Job has %q %d times", name, c.old, strings.Count(manifest, c.old))
			continue
		}
		if why := refused([]byte(strings.Replace(manifest, c.old, c.bad, 1))); !strings.Contains(why, c.why) {
			t.Errorf("%s: %q", name, why)
		}
	}
}
