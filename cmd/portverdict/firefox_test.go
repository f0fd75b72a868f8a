//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var withFirefox = flag.Bool("firefox", false, "look at the page that needs no installation in Firefox; what is missing for that is a failure")

// A firefox is one that is driven over Marionette, its own protocol: a length, a colon
// and an array in JSON, either way. It has one tab.
type firefox struct {
	t     *testing.T
	conn  net.Conn
	in    *bufio.Reader
	asked int
	saves string
	limit time.Duration // of one command
}

// quietly keeps a new profile from asking anything of its user or of a server, and
// allows what the tests do with the rights of the browser itself.
const quietly = `user_pref("marionette.port", 0);
user_pref("remote.active-protocols", 2);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.server", "");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.download.folderList", 2);
user_pref("browser.download.alwaysOpenPanel", false);
user_pref("browser.download.always_ask_before_handling_new_types", false);
user_pref("dom.max_script_run_time", 0);
user_pref("security.dialog_enable_delay", 0);
`

func startFirefox(t *testing.T, limit time.Duration) *firefox {
	t.Helper()
	program, err := exec.LookPath("firefox-esr")
	if err != nil {
		t.Fatalf("%v (Debian: firefox-esr)", err)
	}
	profile, saves := t.TempDir(), t.TempDir()
	prefs := quietly + fmt.Sprintf("user_pref(\"browser.download.dir\", %q);\n", saves)
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile)
	cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_DISABLE_AUTO_SAFE_MODE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	f := &firefox{t: t, saves: saves, limit: limit}
	f.conn = f.dial(profile)
	t.Cleanup(func() { f.conn.Close() })
	f.in = bufio.NewReader(f.conn)
	f.message() // it says who it is
	f.command("WebDriver:NewSession", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"unhandledPromptBehavior": "ignore"}}})
	f.command("WebDriver:SetTimeouts", map[string]any{"script": f.limit.Milliseconds()})
	return f
}

// dial waits until the browser has written where it listens.
func (f *firefox) dial(profile string) net.Conn {
	f.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		port, err := os.ReadFile(filepath.Join(profile, "MarionetteActivePort"))
		if err != nil {
			continue
		}
		if conn, err := net.Dial("tcp", "127.0.0.1:"+strings.TrimSpace(string(port))); err == nil {
			return conn
		}
	}
	f.t.Fatal("Firefox does not listen")
	return nil
}

// message reads what the browser says.
func (f *firefox) message() []byte {
	f.t.Helper()
	if err := f.conn.SetReadDeadline(time.Now().Add(f.limit)); err != nil {
		f.t.Fatal(err)
	}
	head, err := f.in.ReadString(':')
	if err != nil {
		f.t.Fatal(err)
	}
	size, err := strconv.Atoi(strings.TrimSuffix(head, ":"))
	if err != nil {
		f.t.Fatal(err)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(f.in, body); err != nil {
		f.t.Fatal(err)
	}
	return body
}

// command gives the result of a command; a fault of it ends the test.
func (f *firefox) command(name string, parameters map[string]any) json.RawMessage {
	f.t.Helper()
	result, fault := f.try(name, parameters)
	if fault != "" {
		f.t.Fatalf("%s: %s", name, fault)
	}
	return result
}

// try gives the result of a command, or its fault.
func (f *firefox) try(name string, parameters map[string]any) (result json.RawMessage, fault string) {
	f.t.Helper()
	f.asked++
	text, err := json.Marshal([]any{0, f.asked, name, parameters})
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(f.conn, "%d:%s", len(text), text); err != nil {
		f.t.Fatal(err)
	}
	var answer [4]json.RawMessage
	if err := json.Unmarshal(f.message(), &answer); err != nil {
		f.t.Fatal(err)
	}
	if string(answer[2]) != "null" {
		return nil, string(answer[2])
	}
	return answer[3], ""
}

// inFirefox gives the value of a function in the page, awaited; system gives it the rights of
// the browser.
func inFirefox[T any](f *firefox, sandbox, function string, args ...any) T {
	f.t.Helper()
	if args == nil {
		args = []any{}
	}
	script := `const given = [...arguments], done = given.pop();
		(async () => (` + function + `)(...given))().then(v => done({value: v ?? null}), e => done({fault: String(e) + ' ' + e.stack}));`
	result := f.command("WebDriver:ExecuteAsyncScript", map[string]any{"script": script, "args": args, "sandbox": sandbox, "newSandbox": false})
	var got struct {
		Value struct {
			Value T
			Fault string
		}
	}
	if err := json.Unmarshal(result, &got); err != nil {
		f.t.Fatalf("%v: %s", err, result)
	}
	if got.Value.Fault != "" {
		f.t.Fatalf("%s: %s", function, got.Value.Fault)
	}
	return got.Value.Value
}

// console gives what was said on the browser's console by the page, its workers and
// frames since the last time, broken policies among it.
func (f *firefox) console() []string {
	f.t.Helper()
	f.command("Marionette:SetContext", map[string]any{"value": "chrome"})
	defer f.command("Marionette:SetContext", map[string]any{"value": "content"})
	return inFirefox[[]string](f, "system", `() => {
		const all = Services.console.getMessageArray().map(m => m instanceof Ci.nsIScriptError
			? m.sourceName + ':' + m.lineNumber + ': ' + m.errorMessage : String(m.message));
		Services.console.reset();
		return all.filter(m => /^(file|blob|data):|Content.Security.Policy/.test(m));
	}`)
}
