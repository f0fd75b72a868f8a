//go:build windows && cgo

package live

/*
#cgo LDFLAGS: -ladvapi32
#include <windows.h>
#include <evntrace.h>

// QUERY fills the names too, so there is room for both; UPDATE takes a file name as the
// wish to write one, so there is none.
static ULONG control(LPCWSTR session, ULONG code, ULONG buffers, ULONG seconds, ULONG *lostEvents, ULONG *lostBuffers) {
	struct { EVENT_TRACE_PROPERTIES p; WCHAR names[2][1024]; } b;
	ZeroMemory(&b, sizeof b);
	b.p.Wnode.BufferSize = sizeof b;
	b.p.LoggerNameOffset = sizeof b.p;
	if (code == EVENT_TRACE_CONTROL_QUERY)
		b.p.LogFileNameOffset = sizeof b.p + sizeof b.names[0];
	b.p.MaximumBuffers = buffers;
	b.p.FlushTimer = seconds;
	ULONG r = ControlTraceW(0, session, &b.p, code);
	*lostEvents = b.p.EventsLost;
	*lostBuffers = b.p.RealTimeBuffersLost;
	return r;
}
*/
import "C"

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/Velocidex/etw"
	"golang.org/x/sys/windows"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

const (
	// sessionName is that of the session on the machine. One that was left by a process
	// that was killed lives on, and the next watch takes its place.
	sessionName = "portverdict-watch"
	// mutexName is held by a watch that runs.
	mutexName = `Global\portverdict-watch`
	// recordField is where etw.Event keeps its EVENT_RECORD.
	recordField = "eventRecord"

	maxBuffers   = 256 // of the session; Windows sizes each, 64 KB at most by default
	flushSeconds = 1

	// processKeyword is WINEVENT_KEYWORD_PROCESS of Kernel-Process: starts, ends and the
	// rundown, without threads and images.
	processKeyword = 0x10
)

var errElevated = errors.New("an elevated prompt is needed (Run as administrator)")

// Watch starts the session, calls started, and gives its events to take, one call at a
// time in the order ETW delivers them, until ctx ends (then it returns nil) or the session
// does. An event and its Payload are valid during the call only; while it lasts ETW
// buffers, and when the buffers are full, loses events. All calls are over when Watch
// returns, unless the session could not be stopped.
//
// One watch can run on a machine. The session of an earlier one that was killed is ended
// and its place taken.
func Watch(ctx context.Context, started func(), take func(*etl.Event, error)) error {
	release, err := alone()
	if err != nil {
		return err
	}
	defer release()
	offset, err := recordOffset()
	if err != nil {
		return err
	}
	w := &watcher{take: take, offset: offset}
	session, err := begin(w.event)
	if err != nil {
		return err
	}
	on, err := subscribe(session)
	if err != nil {
		return errors.Join(err, stop(session, on))
	}
	done := make(chan error, 1)
	go func() { done <- session.Process() }()
	started()
	select {
	case <-ctx.Done():
		w.off.Store(true)
		if err := stop(session, on); err != nil {
			return err // the delivery thread may go on for ever: do not wait for it
		}
		<-done
		return nil
	case err := <-done:
		if err == nil {
			err = errors.New("the ETW session was stopped by someone else")
		}
		return errors.Join(err, stop(session, on))
	}
}

// Lost asks how many events and real-time buffers the running session has lost.
func Lost() (events, buffers int, err error) {
	var e, b C.ULONG
	if err := control(C.EVENT_TRACE_CONTROL_QUERY, 0, 0, &e, &b); err != nil {
		return 0, 0, fmt.Errorf("asking the ETW session for its losses: %w", err)
	}
	return int(e), int(b), nil
}

func control(code, buffers, seconds C.ULONG, events, lost *C.ULONG) error {
	name, err := windows.UTF16PtrFromString(sessionName)
	if err != nil {
		return err
	}
	if r := windows.Errno(C.control((*C.WCHAR)(unsafe.Pointer(name)), code, buffers, seconds, events, lost)); r != windows.ERROR_SUCCESS {
		return r
	}
	return nil
}

// alone takes the mutex of a running watch.
func alone() (release func(), err error) {
	name, err := windows.UTF16PtrFromString(mutexName)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateMutex(nil, false, name)
	switch {
	case errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		_ = windows.CloseHandle(h)
		return nil, errors.New("another portverdict watch is running on this machine")
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return nil, errElevated
	case err != nil:
		return nil, fmt.Errorf("the mutex %s: %w", mutexName, err)
	}
	return func() { _ = windows.CloseHandle(h) }, nil
}

// begin starts the session, in the place of one that nobody watches any more.
func begin(event etw.EventCallback) (*etw.Session, error) {
	session, err := etw.NewSession(sessionName, event)
	var exists etw.ExistsError
	if errors.As(err, &exists) {
		if err := etw.KillSession(sessionName); err != nil {
			return nil, fmt.Errorf("ending the ETW session %s of an earlier watch: %w", sessionName, err)
		}
		session, err = etw.NewSession(sessionName, event)
	}
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return nil, errElevated
	case err != nil:
		return nil, fmt.Errorf("starting an ETW session: %w", err)
	}
	var ignored C.ULONG
	if err := control(C.EVENT_TRACE_CONTROL_UPDATE, maxBuffers, flushSeconds, &ignored, &ignored); err != nil {
		return nil, errors.Join(fmt.Errorf("bounding the buffers of the ETW session: %w", err), session.Close())
	}
	return session, nil
}

// subscribe turns the providers on and gives those that are.
func subscribe(session *etw.Session) (on []windows.GUID, err error) {
	// All keywords of AFD and TCPIP: which a failure carries is not known for sure.
	for _, p := range []struct {
		name string
		guid etl.GUID
		any  uint64
		list bool
	}{{"Winsock-AFD", winsock.AFD, 0, false}, {"TCPIP", winsock.TCPIP, 0, false}, {"Kernel-Process", winsock.KernelProcess, processKeyword, true}} {
		o := etw.SessionOptions{Guid: guid(p.guid), Level: etw.TRACE_LEVEL_INFORMATION, MatchAnyKeyword: p.any, CaptureState: p.list}
		if err := session.SubscribeToProvider(o); err != nil {
			return on, fmt.Errorf("enabling %s: %w", p.name, err)
		}
		on = append(on, o.Guid)
	}
	return on, nil
}

func guid(g etl.GUID) windows.GUID {
	return windows.GUID{
		Data1: binary.LittleEndian.Uint32(g[0:]), Data2: binary.LittleEndian.Uint16(g[4:]), Data3: binary.LittleEndian.Uint16(g[6:]), Data4: [8]byte(g[8:]),
	}
}

// stop ends the session. The providers must be disabled first: Close of the ETW package
// holds its lock while it calls UnsubscribeFromProvider, which takes it.
func stop(session *etw.Session, on []windows.GUID) error {
	var errs []error
	for _, g := range on {
		if err := session.UnsubscribeFromProvider(g); err != nil {
			errs = append(errs, fmt.Errorf("disabling a provider: %w", err))
		}
	}
	if len(errs) == 0 {
		err := session.Close()
		if err == nil || errors.Is(err, windows.ERROR_WMI_INSTANCE_NOT_FOUND) { // ended by someone else
			return nil
		}
		errs = append(errs, err)
	}
	// Close would wait for ever now; the session can still be stopped by name.
	return errors.Join(append(errs, etw.KillSession(sessionName))...)
}

// recordOffset is where the pointer to the EVENT_RECORD lies in an etw.Event.
func recordOffset() (uintptr, error) {
	f, ok := reflect.TypeFor[etw.Event]().FieldByName(recordField)
	if !ok || f.Type.Kind() != reflect.Pointer || f.Type.Elem().Kind() != reflect.Struct || f.Type.Elem().Size() != unsafe.Sizeof(eventRecord{}) {
		return 0, fmt.Errorf("this version of the ETW package has no field %s with the record of an event", recordField)
	}
	return f.Offset, nil
}

// watcher is what the delivery thread needs.
type watcher struct {
	take   func(*etl.Event, error)
	offset uintptr
	off    atomic.Bool
	record int
}

// event is the callback of the session.
func (w *watcher) event(raw *etw.Event) {
	if w.off.Load() {
		return
	}
	r := *(**eventRecord)(unsafe.Add(unsafe.Pointer(raw), w.offset))
	e := r.event(w.record)
	w.record++
	w.take(&e, nil)
}
