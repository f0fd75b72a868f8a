//go:build windows && cgo

package live

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"portverdict/etl"
	"portverdict/etl/live/etwfake"
	"portverdict/etl/winsock"
)

func created(n int) etl.Event {
	return etl.Event{
		Provider: winsock.AFD, ID: 1000, PointerSize: 8, Level: 4, PID: 4, TID: 8, Time: etl.FileTime(132000000000000000 + n), Keyword: 4,
		Payload: []byte{byte(n), 1, 2, 3},
	}
}

// follow watches until so many events were taken.
func follow(t *testing.T, n int) (taken []etl.Event, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := 0
	err = Watch(ctx, func() { began++ }, func(e *etl.Event, err error) {
		if err != nil {
			t.Error(err)
		}
		c := *e
		c.Payload = slices.Clone(e.Payload)
		if taken = append(taken, c); len(taken) == n {
			cancel()
		}
	})
	if (err == nil) != (began == 1) && n > 0 {
		t.Errorf("begun %d times, %v", began, err)
	}
	return taken, err
}

// Events come as they were written, in order; the session is bounded and closed.
func TestWatchGivesTheBytes(t *testing.T) {
	if _, err := recordOffset(); err != nil {
		t.Fatal(err)
	}
	want := []etl.Event{created(0), created(1), created(2)}
	want[1].PointerSize, want[2].Payload = 4, nil
	etwfake.Next(etwfake.Session{Events: want})
	got, err := follow(t, len(want))
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d events, %v", len(got), err)
	}
	for i, e := range got {
		w := want[i]
		if e.Provider != w.Provider || e.ID != w.ID || e.PointerSize != w.PointerSize || e.Time != w.Time || e.PID != 4 || e.TID != 8 || e.Level != 4 || e.Record != i || !slices.Equal(e.Payload, w.Payload) {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if c := etwfake.Asked(); c != (etwfake.Calls{Starts: 1, Stops: 1, Disabled: 3, WithKeyword: 1, Captured: 1, Buffers: maxBuffers}) {
		t.Errorf("%+v", c)
	}
}

// What an earlier watch left is ended; one that runs is not.
func TestAnOrphanIsReplaced(t *testing.T) {
	etwfake.Next(etwfake.Session{Events: []etl.Event{created(0)}, Orphan: true})
	if got, err := follow(t, 1); err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if c := etwfake.Asked(); c.Starts != 1 || c.Stops != 2 || c.Active != 0 {
		t.Errorf("%+v", c)
	}
	name, _ := windows.UTF16PtrFromString(mutexName)
	other, err := windows.CreateMutex(nil, false, name)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(other)
	etwfake.Next(etwfake.Session{Orphan: true})
	if _, err := follow(t, 0); err == nil || !strings.Contains(err.Error(), "another portverdict watch is running") {
		t.Errorf("beside another watch: %v", err)
	}
	if c := etwfake.Asked(); c.Stops != 0 || c.Active != 1 {
		t.Errorf("the session of the other was touched: %+v", c)
	}
}

func TestWhyASessionCannotBegin(t *testing.T) {
	for name, c := range map[string]struct {
		s    etwfake.Session
		want string
	}{
		"not elevated":  {etwfake.Session{StartError: uint32(windows.ERROR_ACCESS_DENIED)}, "elevated prompt"},
		"no resources":  {etwfake.Session{StartError: uint32(windows.ERROR_NO_SYSTEM_RESOURCES)}, "starting an ETW session"},
		"not delivered": {etwfake.Session{OpenError: uint32(windows.ERROR_INVALID_PARAMETER)}, "OpenTraceW"},
		"ended early":   {etwfake.Session{Events: []etl.Event{created(0)}, EndsEarly: true}, "stopped by someone else"},
	} {
		etwfake.Next(c.s)
		if _, err := follow(t, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if a := etwfake.Asked(); a.Active != 0 || a.Left != 0 {
			t.Errorf("%s: left behind: %+v", name, a)
		}
	}
}

func TestLost(t *testing.T) {
	ask := func(s etwfake.Session) (events, buffers int, err error) {
		s.Orphan = true // a session to ask
		etwfake.Next(s)
		return Lost()
	}
	if e, b, err := ask(etwfake.Session{LostEvents: 5, LostBuffers: 2}); e != 5 || b != 2 || err != nil {
		t.Errorf("%d, %d, %v", e, b, err)
	}
	if _, _, err := ask(etwfake.Session{QueryError: uint32(windows.ERROR_INVALID_HANDLE)}); !errors.Is(err, windows.ERROR_INVALID_HANDLE) {
		t.Error(err)
	}
}
