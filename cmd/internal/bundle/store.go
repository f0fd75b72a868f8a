package bundle

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// store keeps small files and what archives unpack to: in memory while there is room, then
// in files of a temp folder. Where no temp folder can be made there is more room in memory.
type store struct {
	ctx    context.Context
	limits limits
	held   int64 // bytes in memory
	files  int   // made so far
	temp   string
	remove func() error
}

// hold keeps the content of a file on the disk while there is room.
func (s *store) hold(f *found, content []byte) bool {
	if s.held+int64(len(content)) > s.limits.memory {
		return false
	}
	s.held += int64(len(content))
	f.file, f.data = "", slices.Clone(content)
	return true
}

// member is one file of an archive. It is written first and read then.
type member struct {
	store *store
	data  []byte
	file  *os.File // nil while it is in memory
	size  int64
}

// member begins a file that is said to have so many bytes: a long one need not be moved
// later.
func (s *store) member(said uint64) *member {
	m := &member{store: s}
	if room := max(s.limits.memory-s.held, 0); said <= uint64(room) {
		m.data = make([]byte, 0, min(said, maxSaid))
	} else {
		_ = m.spill() // else it stays in memory while it can
	}
	return m
}

func (m *member) Write(p []byte) (int, error) {
	s := m.store
	n := int64(len(p))
	if m.file == nil && s.held+n > s.limits.memory {
		if err := m.spill(); err != nil {
			if s.temp != "" || s.held+n > s.limits.noTemp {
				return 0, &writeError{cause(err)}
			}
		}
	}
	if m.file != nil {
		if _, err := m.file.Write(p); err != nil {
			return 0, &writeError{cause(err)}
		}
	} else {
		m.data = append(m.data, p...)
		s.held += n
	}
	m.size += n
	return len(p), nil
}

// spill moves what was written so far to a file.
func (m *member) spill() error {
	s := m.store
	if s.temp == "" {
		dir, remove, err := TempFolder(s.ctx)
		if err != nil {
			return err
		}
		s.temp, s.remove = dir, remove
	}
	s.files++
	f, err := os.OpenFile(filepath.Join(s.temp, fmt.Sprintf("%06d", s.files)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(m.data); err != nil {
		f.Close()
		return err
	}
	s.held -= int64(len(m.data))
	m.file, m.data = f, nil
	return nil
}

func (m *member) ReadAt(p []byte, at int64) (int, error) {
	if m.file != nil {
		return m.file.ReadAt(p, at)
	}
	return bytes.NewReader(m.data).ReadAt(p, at)
}

// keep makes the member an input.
func (m *member) keep(in Input) Input {
	in.Size = m.size
	if m.file != nil {
		in.file = m.file.Name()
		m.file.Close()
		return in
	}
	if in.data = m.data; cap(m.data) > 2*len(m.data) {
		in.data = slices.Clone(m.data)
	}
	return in
}

// drop forgets the member. What cannot be removed goes with the temp folder.
func (m *member) drop() {
	m.store.held -= int64(len(m.data))
	m.data = nil
	if m.file != nil {
		m.file.Close() // Windows does not remove an open file
		_ = os.Remove(m.file.Name())
	}
}
