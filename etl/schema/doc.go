// Package schema gives the fields of trace events their names and typed values.
//
// What it knows of an event comes, surest first, from the trace itself (the
// TRACE_EVENT_INFO and EVENT_MAP_INFO blobs that netsh, pktmon and PerfView merge
// into a file, the self-description of TraceLogging events, and the manifests that .NET
// EventSources write), from instrumentation manifests the user gives, and from the
// built-in tables, whose folder names their sources. Layouts are those of Tdh.h
// (TRACE_EVENT_INFO, EVENT_MAP_INFO, TDH_IN_TYPE, TDH_OUT_TYPE) and of
// TraceLoggingProvider.h; payloads are little-endian and packed. A pointer has the size
// of the event's own header type, whatever a schema says of its length.
//
// ERROR and WNODE events are not decoded: their layout is not documented.
package schema
