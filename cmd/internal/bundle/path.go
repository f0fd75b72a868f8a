package bundle

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"portverdict/report"
)

// seeThrough removes the leading folders that all inputs have in common. An
// archive inside counts as a file: "a.zip!/x" has no leading folder. What was
// refused (".." and the like) has no say.
func seeThrough(inputs []Input, diags []report.Diagnostic) {
	for len(inputs) > 0 {
		top, ok := topFolder(inputs[0].Path)
		if !ok {
			return
		}
		for _, in := range inputs[1:] {
			if !strings.HasPrefix(in.Path, top) {
				return
			}
		}
		for i := range inputs {
			inputs[i].Path = inputs[i].Path[len(top):]
		}
		for i := range diags {
			diags[i].Source = strings.TrimPrefix(diags[i].Source, top)
		}
	}
}

// topFolder gives the first folder of a path with its slash.
func topFolder(p string) (string, bool) {
	i := strings.IndexByte(p, '/')
	if i <= 0 || p[i-1] == '!' {
		return "", false
	}
	return p[:i+1], true
}

// entryName cleans the name of a zip entry: forward slashes (old .NET writes
// backslashes) and valid UTF-8. It refuses what would leave the folder.
func entryName(name string) (string, bool) {
	name = strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), `\`, "/")
	if strings.HasPrefix(name, "/") || (len(name) > 1 && name[1] == ':') || strings.ContainsRune(name, 0) {
		return name, false
	}
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		switch part {
		case "..":
			return name, false
		case "", ".":
		default:
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/"), len(parts) > 0
}

// special says in words what a file is that is neither file nor folder.
func special(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a link"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

// cause drops the operation and the path of an error: the path is told by whoever
// prints it, and temporary names mean nothing to the user.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var se *os.SyscallError
	if errors.As(err, &se) {
		return se.Err
	}
	return err
}
