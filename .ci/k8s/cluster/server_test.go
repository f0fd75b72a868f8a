package cluster

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// startServer starts etcd and an API server, which end with the test, and waits until it
// answers. It is built from the module that the test itself is built with.
func startServer(t *testing.T, dir string) kubernetes.Interface {
	t.Helper()
	server := filepath.Join(os.TempDir(), "portverdict-kube-apiserver")
	build(t, server, "..", "k8s.io/kubernetes/cmd/kube-apiserver")
	store, peer, port := freePort(t), freePort(t), freePort(t)
	url := func(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }
	start(t, dir, "etcd", "--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls", url(store), "--advertise-client-urls", url(store),
		"--listen-peer-urls", url(peer), "--initial-advertise-peer-urls", url(peer), "--initial-cluster", "default="+url(peer), "--unsafe-no-fsync")
	private, public := keys(t, dir)
	tokens := filepath.Join(dir, "tokens.csv")
	write(t, tokens, []byte("token,admin,admin,system:masters\n"))
	start(t, dir, server, "--etcd-servers="+url(store), "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port), "--cert-dir="+filepath.Join(dir, "certs"), "--token-auth-file="+tokens, "--authorization-mode=RBAC",
		"--service-account-issuer=https://local", "--service-account-key-file="+public, "--service-account-signing-key-file="+private,
		"--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount")
	cs, err := kubernetes.NewForConfig(&rest.Config{
		Host: fmt.Sprintf("https://127.0.0.1:%d", port), BearerToken: "token", QPS: 100, Burst: 100,
		TLSClientConfig: rest.TLSClientConfig{Insecure: true}, // its certificate is of this run
	})
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if _, err = cs.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(t.Context()); err == nil {
			return cs
		}
		if time.Now().After(until) {
			t.Fatalf("the API server does not answer: %v", err)
		}
	}
}

// start runs a server until the test is over. Those that were started later end earlier:
// without its store the API server would live for minutes.
func start(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, filepath.Base(program)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		end := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
		defer end.Stop()
		cmd.Wait()
		file.Close()
		if said, err := os.ReadFile(file.Name()); err == nil && t.Failed() {
			t.Logf("%s said at its end:\n%s", filepath.Base(program), said[max(0, len(said)-2000):])
		}
	})
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// keys are those that the server signs the tokens of accounts with.
func keys(t *testing.T, dir string) (private, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	known, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	private, public = filepath.Join(dir, "sa.key"), filepath.Join(dir, "sa.pub")
	write(t, private, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	write(t, public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: known}))
	return private, public
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
