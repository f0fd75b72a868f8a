package winsock

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"portverdict/etl"
)

// kernelProcess reads Kernel-Process 1 (start), 2 (stop) and 15 (rundown).
// ProcessID comes first in every version. The image is read from the versions
// whose layout is known: 1 v0 to v5 and 15 v0 to v3. A stop has a name that may be
// cut to 14 characters, so it is not given.
func (f *Fact) kernelProcess(e *etl.Event, c *cursor) bool {
	if e.ID != 1 && e.ID != 2 && e.ID != 15 {
		return false
	}
	f.Op, f.ID, f.EnterExit = OpProcess, e.ID, 1
	f.ProcessStart = e.ID != 2
	f.PID, f.HasPID = c.u32(), true
	var skip int // from ProcessID to the image, or to the SID before it
	var label bool
	switch {
	case e.ID == 1 && e.Version == 0:
		skip = 16 // CreateTime, ParentProcessID, SessionID
	case e.ID == 1 && e.Version <= 2, e.ID == 15 && e.Version == 0:
		skip = 20 // and Flags
	case e.ID == 1 && e.Version <= 5, e.ID == 15 && e.Version <= 3:
		skip, label = 44, true // two sequence numbers, token fields, MandatoryLabel
	default:
		return true
	}
	c.take(skip)
	if c.problem != "" {
		return true
	}
	name := c.b[c.off:]
	if label {
		name = afterSID(name)
	}
	f.Image = utf16Name(name)
	return true
}

// classicProcess reads the Process class of the NT kernel logger, be it an
// event with the class GUID or one with the kernel's own hook of group 3:
// 1 start, 2 end, 3 running at the start of the trace, 4 at its end.
func (f *Fact) classicProcess(e *etl.Event, c *cursor) bool {
	var kind uint16
	switch {
	case e.Kind == etl.KindFull && e.Provider == KernelProcessClass:
		kind = uint16(e.Opcode)
	case (e.Kind == etl.KindSystem || e.Kind == etl.KindCompact) && e.Hook>>8 == 3:
		kind = e.Hook & 0xff
	}
	// Before version 2 there is no UniqueProcessKey, so nothing to join with.
	if kind < 1 || kind > 4 || e.Version < 2 {
		return false
	}
	f.Op, f.ID, f.EnterExit = OpProcess, kind, 1
	f.ProcessStart = kind != 2
	f.Process = c.ptr() // UniqueProcessKey
	f.PID, f.HasPID = c.u32(), true
	c.take(12) // ParentId, SessionId, ExitStatus
	switch e.Version {
	case 2:
	case 3:
		c.ptr() // DirectoryTableBase
	case 4:
		c.ptr()
		c.u32() // Flags
	default:
		return true // the name has moved to where we do not know
	}
	if c.problem == "" {
		f.Image = ansiName(afterTokenUser(c.b[c.off:], c.pointer))
	}
	return true
}

// afterTokenUser skips the UserSID of a classic event: a zero u32, or a
// TOKEN_USER (a pointer and its attributes, padded to a second pointer) and
// then the SID. It gives nil when that is not what stands there.
func afterTokenUser(b []byte, pointer int) []byte {
	if len(b) < 4 {
		return nil
	}
	if binary.LittleEndian.Uint32(b) == 0 {
		return b[4:]
	}
	if len(b) < 2*pointer {
		return nil
	}
	return afterSID(b[2*pointer:])
}

// afterSID skips a SID: revision 1, count of sub-authorities, 6 bytes of
// authority, 4 bytes each. It gives nil when that is not what stands there.
func afterSID(b []byte) []byte {
	if len(b) < 8 || b[0] != 1 || b[1] > maxSubAuthorities {
		return nil
	}
	n := 8 + 4*int(b[1])
	if len(b) < n {
		return nil
	}
	return b[n:]
}

// ansiName reads a name up to its NUL and drops the folders. Bytes above 0x7F
// depend on the code page of that machine, which the trace does not say, so
// they become the replacement character; control characters mean that this is
// no name.
func ansiName(b []byte) string {
	n := bytes.IndexByte(b[:min(len(b), maxImageName+1)], 0)
	if n < 0 {
		return ""
	}
	return base(strings.ToValidUTF8(string(b[:n]), "\uFFFD"))
}

// utf16Name reads a name up to its NUL and drops the folders.
func utf16Name(b []byte) string {
	var units []uint16
	for i := 0; ; i++ {
		if i > maxImageName || len(b) < 2*i+2 {
			return ""
		}
		u := binary.LittleEndian.Uint16(b[2*i:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return base(string(utf16.Decode(units)))
}

// base gives the file name of a Windows path, "" when it holds control
// characters and therefore is none.
func base(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' }) {
		return ""
	}
	return path[strings.LastIndexByte(path, '\\')+1:]
}
