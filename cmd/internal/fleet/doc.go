// Package fleet runs the analysis over many bundles and keeps what it found as rows of
// tables, which it calls a lake: a folder that existing query engines read as it is.
//
// Each bundle (a child folder or archive of a path) gives rows of nine tables, as NDJSON
// and as Parquet. A row names its bundle by the SHA-256 of the bundle's bytes, the
// version of the program and a hash of the settings; these three are its identity. The
// rows of up to a thousand bundles are written together, as one part: a file a table and
// format, each under a temporary name, synced and then renamed, that of `bundles` last.
// A part without its file of bundles was never finished: its rows count for nothing and
// the next run removes them. So a run that is killed at any time leaves a lake that is
// valid, and loses at most one part.
//
// A tenth table, `known`, holds which bundle lay at a path with a size and time, so that
// a further run reads nothing that it knows.
package fleet
