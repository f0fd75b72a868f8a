//go:build windows && cgo

package live

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/Velocidex/etw"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

// SessionName is the name of the ETW session on the machine. One at a time
// can exist; one left by a killed process lives on until
// "logman stop portverdict-winsock -ets" or a restart.
const SessionName = "portverdict-winsock"

// fileTimeToUnix is 1970-01-01 as a FILETIME.
const fileTimeToUnix = 116444736000000000

// Watch starts the session and calls yield for each AFD create, bind, connect
// and close, one call at a time, in the order ETW delivers them, until ctx
// ends (then it returns nil), yield returns an error (then it returns that) or
// the session fails. An event that cannot be read is given with a zero Fact
// and a *etl.FormatError; this does not end the watch.
//
// The Event has time, process and thread id of its header (the process is
// often that of a worker thread), keyword, level and so on. Its Record counts
// the watched events from 0, its Offset is 0, and its Payload is the one made
// from the printed fields. yield runs on ETW's delivery thread: while it runs
// ETW buffers, and when the buffers are full, loses events. All calls of yield
// are over when Watch returns, unless the session could not be stopped.
func Watch(ctx context.Context, yield func(etl.Event, winsock.Fact, error) error) error {
	w := &watcher{yield: yield, stopped: make(chan struct{})}
	session, err := etw.NewSession(SessionName, w.event)
	if err != nil {
		var exists etw.ExistsError
		if errors.As(err, &exists) {
			return fmt.Errorf("an ETW session %q exists already: %w", SessionName, err)
		}
		return fmt.Errorf("starting an ETW session (an elevated process is needed): %w", err)
	}
	options := afdOptions()
	if err := session.SubscribeToProvider(options); err != nil {
		return errors.Join(fmt.Errorf("enabling Winsock-AFD: %w", err), session.Close())
	}
	done := make(chan error, 1)
	go func() { done <- session.Process() }()
	var processErr error
	ended := false
	select {
	case <-ctx.Done():
	case <-w.stopped:
	case processErr = <-done:
		ended = true
	}
	asked := !ended // we stop it, so that its end is no failure
	w.off.Store(true)
	if err := stop(session, options); err != nil {
		// The delivery thread may go on for ever: do not wait for it.
		return errors.Join(processErr, err)
	}
	if !ended {
		<-done
	}
	switch {
	case w.err != nil:
		return w.err
	case asked || ctx.Err() != nil:
		return nil
	case processErr != nil:
		return processErr
	}
	return errors.New("the ETW session was stopped by someone else")
}

// stop ends the session. The provider must be disabled first: Close of the ETW
// package holds its lock while it calls UnsubscribeFromProvider, which takes it.
func stop(session *etw.Session, options etw.SessionOptions) error {
	if err := session.UnsubscribeFromProvider(options.Guid); err != nil {
		// Close would wait for ever now; the session can still be stopped by name.
		return errors.Join(fmt.Errorf("disabling Winsock-AFD: %w", err), etw.KillSession(SessionName))
	}
	if err := session.Close(); err != nil {
		return errors.Join(err, etw.KillSession(SessionName))
	}
	return nil
}

// afdOptions asks for all keywords: what AFD sets on a failure is not known
// for sure.
func afdOptions() etw.SessionOptions {
	o := etw.SessionOptions{Level: etw.TRACE_LEVEL_INFORMATION}
	o.Guid.Data1 = binary.LittleEndian.Uint32(winsock.AFD[0:])
	o.Guid.Data2 = binary.LittleEndian.Uint16(winsock.AFD[4:])
	o.Guid.Data3 = binary.LittleEndian.Uint16(winsock.AFD[6:])
	o.Guid.Data4 = [8]byte(winsock.AFD[8:])
	return o
}

// watcher holds what the delivery thread needs. err is written before stopped
// is closed and read after.
type watcher struct {
	yield   func(etl.Event, winsock.Fact, error) error
	off     atomic.Bool
	stopped chan struct{}
	err     error
	record  int
}

// event is the callback of the session.
func (w *watcher) event(raw *etw.Event) {
	e := header(&raw.Header)
	if w.off.Load() || e.Provider != winsock.AFD || !watched(e.ID) {
		return
	}
	e.Record = w.record
	w.record++
	// Value maps are not asked for: EnterExit must stay a number.
	fields, err := raw.EventProperties(false)
	var f winsock.Fact
	if err != nil {
		err = &etl.FormatError{Code: codeProperties, Detail: fmt.Sprintf("AFD event %d: %v", e.ID, err)}
	} else {
		e, f, err = decode(e, fields)
	}
	if err := w.yield(e, f, err); err != nil {
		w.off.Store(true)
		w.err = err
		close(w.stopped)
	}
}

// header takes over an event header. The ETW package has turned its time from
// a FILETIME, so 100 ns are exact.
func header(h *etw.EventHeader) etl.Event {
	e := etl.Event{
		Kind: etl.KindEvent, Level: h.Level, Opcode: h.OpCode, Channel: h.Channel, Flags: h.Flags,
		Version: uint16(h.Version), ID: h.ID, Task: h.Task, Keyword: h.Keyword, PID: h.ProcessID, TID: h.ThreadID,
	}
	binary.LittleEndian.PutUint32(e.Provider[0:], h.ProviderID.Data1)
	binary.LittleEndian.PutUint16(e.Provider[4:], h.ProviderID.Data2)
	binary.LittleEndian.PutUint16(e.Provider[6:], h.ProviderID.Data3)
	copy(e.Provider[8:], h.ProviderID.Data4[:])
	e.RawTime = h.TimeStamp.Unix()*1e7 + int64(h.TimeStamp.Nanosecond()/100) + fileTimeToUnix
	e.Time = etl.FileTime(e.RawTime)
	return e
}
