// Package paste turns a saved text into plain lines: the encodings it is found
// in, and what a ticket, a mail or a collector has wrapped around the output of
// a tool.
//
// Taken off are Markdown fences, code marks and tables, "> " of quotes of any
// depth, no-break and typographic blanks, the tags and entities of HTML, the
// line numbers and file names of findstr /n and Select-String, the times that log
// shippers write before a line, and JSON around the output of a command (Ansible,
// CI, container logs). Line numbers stay those of the file, so one line of JSON
// or HTML may give many lines with one number.
//
// The forms are those of the tools that write them: CommonMark, Select-String's
// "file:line:text", RFC 3339 and RFC 3164 times, RFC 8259 strings. Not undone:
// quoted-printable and base64 of mails, and lines that a mailer has broken. Only
// the reader of a table knows that half of a row is one.
package paste
