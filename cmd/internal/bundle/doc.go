// Package bundle turns what a customer sent, a folder, an archive or single
// files, into one sorted list of typed inputs.
//
// What a file is, its content tells and never its name. Archives are no inputs:
// their entries are. Paths are relative to the one folder or archive given, and
// a folder that holds nothing but one folder is seen through, so that a folder,
// the zip of it and the zip of its content all give the same paths. What cannot
// be used becomes a diagnostic and the rest goes on.
//
// An archive may lie in several files, and in others; each is read when all of the folder
// or archive around it was seen. A file that is compressed by itself is read under its
// name without the suffix.
//
// Links inside a folder or archive are not followed, encrypted entries are not
// opened, and of some archives only the kind is told.
package bundle
