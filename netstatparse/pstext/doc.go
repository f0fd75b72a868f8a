// Package pstext reads the forms in which PowerShell writes objects: tables of
// Format-Table, lists of Format-List, CSV of Export-Csv and ConvertTo-Csv, and JSON of
// ConvertTo-Json, each of 5.1 and of 7. Names of properties are English in every
// language, so an object is a list of named texts with the lines they stand in.
//
// A Reader is given the lines of a text one by one and finds the objects wherever they
// stand; Table, CSV, PropertyOf and JSON are its parts, for a reader that has its own way
// through a text. Lines are given as UTF-8, without their ends and without blanks at the
// right, as package paste has them. The package knows no connection and no
// process: what the properties mean is the caller's matter.
package pstext
