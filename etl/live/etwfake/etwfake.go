//go:build windows && cgo

// Package etwfake takes the place of the ETW calls of a program that imports it, at link
// time: StartTraceW, EnableTraceEx2, OpenTraceW, ProcessTrace, ControlTraceW and
// TdhGetEventInformation. It is for tests only, which give it the events that a session
// is to deliver. Wine has these calls and delivers nothing.
package etwfake

/*
#include <windows.h>
#include <evntrace.h>
#include <evntcons.h>

typedef struct { EVENT_RECORD r; } record;

static record *records;
static int count, providers;
static struct asked { int starts, stops, disabled, withKeyword, captured, buffers, left, active; } asked;
static struct wish { int active, endsEarly; ULONG startError, queryError, openError, lostEvents, lostBuffers; } wish;
static HANDLE stopped;
static EVENT_TRACE_LOGFILEW open;

static struct asked whatWasAsked(void) { return asked; }

static void reset(int n, struct wish w) {
	for (int i = 0; i < count; i++) free(records[i].r.UserData);
	free(records);
	records = calloc(n + 1, sizeof *records);
	count = n;
	wish = w;
	providers = 0;
	memset(&asked, 0, sizeof asked);
	asked.active = w.active;
	if (!stopped) stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
	ResetEvent(stopped);
}

static void put(int i, void *header, void *payload, int length) {
	EVENT_RECORD *r = &records[i].r;
	memcpy(&r->EventHeader, header, sizeof r->EventHeader);
	r->UserDataLength = length;
	r->UserData = malloc(length + 1);
	memcpy(r->UserData, payload, length);
}

static ULONG WINAPI fakeStart(PTRACEHANDLE h, LPCWSTR name, PEVENT_TRACE_PROPERTIES p) {
	if (wish.startError) return wish.startError;
	if (asked.active) return ERROR_ALREADY_EXISTS;
	asked.active = 1; asked.starts++; providers = 0;
	ResetEvent(stopped);
	*h = 7;
	return 0;
}

static ULONG WINAPI fakeEnable(TRACEHANDLE h, LPCGUID g, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all, ULONG t, PENABLE_TRACE_PARAMETERS p) {
	if (!asked.active) return ERROR_WMI_INSTANCE_NOT_FOUND;
	if (code == EVENT_CONTROL_CODE_ENABLE_PROVIDER) { providers++; if (any) asked.withKeyword++; }
	if (code == EVENT_CONTROL_CODE_DISABLE_PROVIDER) { providers--; asked.disabled++; }
	if (code == EVENT_CONTROL_CODE_CAPTURE_STATE) asked.captured++;
	return 0;
}

static TRACEHANDLE WINAPI fakeOpen(PEVENT_TRACE_LOGFILEW f) {
	if (wish.openError) { SetLastError(wish.openError); return INVALID_PROCESSTRACE_HANDLE; }
	open = *f;
	return 9;
}

static ULONG WINAPI fakeProcess(PTRACEHANDLE h, ULONG n, LPFILETIME a, LPFILETIME b) {
	for (int i = 0; i < count; i++) {
		records[i].r.UserContext = open.Context;
		open.EventRecordCallback(&records[i].r);
	}
	if (wish.endsEarly) { asked.active = 0; return 0; }
	WaitForSingleObject(stopped, INFINITE);
	return 0;
}

static ULONG WINAPI fakeControl(TRACEHANDLE h, LPCWSTR name, PEVENT_TRACE_PROPERTIES p, ULONG code) {
	if (!asked.active) return ERROR_WMI_INSTANCE_NOT_FOUND;
	switch (code) {
	case EVENT_TRACE_CONTROL_STOP:
		asked.left = providers; asked.active = 0; asked.stops++; SetEvent(stopped); return 0;
	case EVENT_TRACE_CONTROL_UPDATE:
		asked.buffers = p->MaximumBuffers; return 0;
	case EVENT_TRACE_CONTROL_QUERY:
		if (wish.queryError) return wish.queryError;
		p->EventsLost = wish.lostEvents; p->RealTimeBuffersLost = wish.lostBuffers; return 0;
	}
	return ERROR_INVALID_PARAMETER;
}

void *__imp_StartTraceW = fakeStart;
void *__imp_EnableTraceEx2 = fakeEnable;
void *__imp_OpenTraceW = fakeOpen;
void *__imp_ProcessTrace = fakeProcess;
void *__imp_ControlTraceW = fakeControl;

// Without the prefix, since the header declares it without dllimport.
ULONG __stdcall TdhGetEventInformation(void *e, ULONG n, void *c, void *b, ULONG *s) { return ERROR_NOT_FOUND; }
*/
import "C"

import (
	"encoding/binary"
	"unsafe"

	"portverdict/etl"
)

// Session is what the next session does. Orphan tells that one of an earlier run is there.
// The errors are those of Windows, 0 for none. EndsEarly ends it once its events are
// delivered, as when someone else stops it.
type Session struct {
	Events                            []etl.Event
	Orphan, EndsEarly                 bool
	StartError, QueryError, OpenError uint32
	LostEvents, LostBuffers           uint32
}

// Calls are what was asked of it so far. Left are the providers that were on when it was
// stopped last.
type Calls struct{ Starts, Stops, Disabled, WithKeyword, Captured, Buffers, Left, Active int }

// Next puts the session in place of the one before, which must be over.
func Next(s Session) {
	w := C.struct_wish{
		startError: C.ULONG(s.StartError), queryError: C.ULONG(s.QueryError), openError: C.ULONG(s.OpenError),
		lostEvents: C.ULONG(s.LostEvents), lostBuffers: C.ULONG(s.LostBuffers),
	}
	if s.Orphan {
		w.active = 1
	}
	if s.EndsEarly {
		w.endsEarly = 1
	}
	C.reset(C.int(len(s.Events)), w)
	for i := range s.Events {
		e := &s.Events[i]
		header := headerOf(e)
		payload := append(e.Payload[:len(e.Payload):len(e.Payload)], 0)
		C.put(C.int(i), unsafe.Pointer(&header[0]), unsafe.Pointer(&payload[0]), C.int(len(e.Payload)))
	}
}

// Asked tells what was asked.
func Asked() Calls {
	a := C.whatWasAsked()
	return Calls{
		Starts: int(a.starts), Stops: int(a.stops), Disabled: int(a.disabled), WithKeyword: int(a.withKeyword), Captured: int(a.captured),
		Buffers: int(a.buffers), Left: int(a.left), Active: int(a.active),
	}
}

// headerOf writes an EVENT_HEADER of 80 bytes, little-endian.
func headerOf(e *etl.Event) [80]byte {
	const header32, header64 = 0x20, 0x40
	var b [80]byte
	le := binary.LittleEndian
	flags := e.Flags &^ (header32 | header64)
	if e.PointerSize == 4 {
		flags |= header32
	} else {
		flags |= header64
	}
	le.PutUint16(b[4:], flags)
	le.PutUint32(b[8:], e.TID)
	le.PutUint32(b[12:], e.PID)
	le.PutUint64(b[16:], uint64(e.Time))
	copy(b[24:], e.Provider[:])
	le.PutUint16(b[40:], e.ID)
	b[42], b[43], b[44], b[45] = byte(e.Version), e.Channel, e.Level, e.Opcode
	le.PutUint16(b[46:], e.Task)
	le.PutUint64(b[48:], e.Keyword)
	copy(b[64:], e.Activity[:])
	return b
}
