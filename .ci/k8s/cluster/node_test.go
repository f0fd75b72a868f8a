package cluster

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller/job"
)

// A disturbance is what happens to the first pod of an index.
type disturbance int

const (
	killed    disturbance = iota + 1 // its process, by SIGKILL
	takenAway                        // as by the end of its node
)

// A node runs the containers of pods as processes, and the controller that makes the pods.
type node struct {
	t       *testing.T
	cs      kubernetes.Interface
	program string
	folders map[string]string // by mount path
	disturb map[string]disturbance

	mu   sync.Mutex
	seen map[string]bool     // pods, by UID
	runs map[string][]string // by index: the failures that each run says came before it
}

// start lets the controller and the node work until ctx ends.
func (n *node) start(ctx context.Context) {
	n.t.Helper()
	n.seen, n.runs = map[string]bool{}, map[string][]string{}
	shared := informers.NewSharedInformerFactory(n.cs, 0)
	controller, err := job.NewController(ctx, n.cs, shared.Core().V1().Pods(), shared.Batch().V1().Jobs(), nil, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	_, err = shared.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(o any) {
		pod := o.(*corev1.Pod).DeepCopy()
		n.mu.Lock()
		defer n.mu.Unlock()
		if !n.seen[string(pod.UID)] {
			n.seen[string(pod.UID)] = true
			go n.run(ctx, pod)
		}
	}})
	if err != nil {
		n.t.Fatal(err)
	}
	shared.Start(ctx.Done())
	shared.WaitForCacheSync(ctx.Done())
	go controller.Run(ctx, 2)
}

func (n *node) tries() map[string][]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.runs)
}

// run is the life of a pod.
func (n *node) run(ctx context.Context, pod *corev1.Pod) {
	index := pod.Annotations["batch.kubernetes.io/job-completion-index"]
	n.mu.Lock()
	n.runs[index] = append(n.runs[index], pod.Annotations["batch.kubernetes.io/job-index-failure-count"])
	harm := n.disturb[index]
	if len(n.runs[index]) > 1 {
		harm = 0
	}
	n.mu.Unlock()
	pods := n.cs.CoreV1().Pods(pod.Namespace)
	err := pods.Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: pod.Name}, Target: corev1.ObjectReference{Kind: "Node", Name: "local"}}, metav1.CreateOptions{})
	c := pod.Spec.Containers[0]
	begun := metav1.Now()
	if err == nil {
		err = n.tell(ctx, pod, corev1.PodRunning, corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: begun}}, false)
	}
	if err != nil {
		n.t.Errorf("pod %s: %v", pod.Name, err)
		return
	}
	code := n.container(ctx, pod, &c, harm)
	phase, reason := corev1.PodSucceeded, "Completed"
	if code != 0 {
		phase, reason = corev1.PodFailed, "Error"
	}
	err = n.tell(ctx, pod, phase, corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: int32(code), StartedAt: begun, FinishedAt: metav1.Now(), Reason: reason,
	}}, harm == takenAway)
	if err != nil && ctx.Err() == nil {
		n.t.Errorf("pod %s: %v", pod.Name, err)
	}
}

// container runs a container's arguments and gives its exit code.
func (n *node) container(ctx context.Context, pod *corev1.Pod, c *corev1.Container, harm disturbance) int {
	// The program is the entry point of the image. Variables are expanded as a kubelet does.
	args := append([]string{}, c.Args...)
	for i := range args {
		for _, e := range c.Env {
			if ref := e.ValueFrom; ref != nil && ref.FieldRef != nil {
				name := strings.TrimSuffix(strings.TrimPrefix(ref.FieldRef.FieldPath, "metadata.annotations['"), "']")
				e.Value = pod.Annotations[name]
				if value, label := pod.Labels[strings.TrimSuffix(strings.TrimPrefix(ref.FieldRef.FieldPath, "metadata.labels['"), "']")]; label {
					e.Value = value
				}
			}
			args[i] = strings.ReplaceAll(args[i], "$("+e.Name+")", e.Value)
		}
		if folder, mounted := n.folders[args[i]]; mounted {
			args[i] = folder
		}
	}
	cmd := exec.CommandContext(ctx, n.program, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+n.t.TempDir())
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		n.t.Error(err)
		return 127
	}
	if harm != 0 {
		time.AfterFunc(100*time.Millisecond, func() { cmd.Process.Kill() })
	}
	err := cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	if code < 0 {
		code = 137
	}
	if ended := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ended) {
		n.t.Error(err)
	}
	n.t.Logf("pod %s, %q: exit code %d\n%s", pod.Name, args, code, strings.TrimSpace(said.String()))
	return code
}

// tell writes the status of a pod, as a kubelet does; evicted is what a drained node adds.
func (n *node) tell(ctx context.Context, pod *corev1.Pod, phase corev1.PodPhase, state corev1.ContainerState, evicted bool) error {
	pods := n.cs.CoreV1().Pods(pod.Namespace)
	now, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	c := pod.Spec.Containers[0]
	now.Status.Phase = phase
	now.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: c.Name, Image: c.Image, ImageID: c.Image, State: state}}
	if evicted {
		now.Status.Conditions = append(now.Status.Conditions, corev1.PodCondition{
			Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "DeletionByTaintManager", LastTransitionTime: metav1.Now(),
		})
	}
	_, err = pods.UpdateStatus(ctx, now, metav1.UpdateOptions{})
	return err
}
