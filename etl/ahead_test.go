package etl

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is all that a walk yields and counts, as text.
func told(t *testing.T, data []byte, o Options) string {
	t.Helper()
	r, err := NewReader(newBytes(data), int64(len(data)), &o)
	if err != nil {
		return err.Error()
	}
	r.stretch = 3 * testSize // so that there are many
	var out strings.Builder
	for e, err := range r.Events() {
		fmt.Fprintln(&out, e, err)
	}
	fmt.Fprintf(&out, "%+v", r.Stats())
	return out.String()
}

// Proves that the number of workers changes nothing: no event, no record of damage, no
// order, no count.
func TestWorkersAgree(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(17, 4))
	check := func(data []byte) {
		for _, o := range []Options{{}, {Wanted: []Wanted{{testProvider, []uint16{2, 4}}}}} {
			one := told(t, data, o)
			for _, o.Jobs = range []int{2, 5} {
				if many := told(t, data, o); many != one {
					t.Fatalf("%d workers: %s", o.Jobs, cmp.Diff(one, many))
				}
			}
		}
	}
	for range 10 {
		for _, packed := range []bool{false, true} {
			data, _ := mixedTrace(rng, 1+rng.IntN(5), packed)
			check(data)
			check(flipped(rng, data, 1+rng.IntN(60)))
			check(structural(rng, data, starts(t, data)))
			check(data[:rng.IntN(len(data))])
		}
	}
	for _, data := range smallTraces(t) {
		check(data)
	}
	for _, file := range traceFiles(t) {
		check(readSample(t, file))
	}
}

// Proves that the ids of a provider choose its events, and that the others of it are
// counted with their first and last time; those of other providers are only counted.
func TestWantedIDs(t *testing.T) {
	other := eventBytes(7, testT0+50, "z")
	other[0x18] ^= 0xff
	classic := make([]byte, 0x30)
	put(classic, 0, uint16(len(classic)))
	classic[2], classic[3] = typeFull64, markEvent
	put(classic, 0x10, int64(testT0+60))
	copy(classic[0x18:], testProvider[:])
	instance := append(slices.Clone(classic), make([]byte, 0x18)...)
	put(instance, 0, uint16(len(instance)))
	instance[2] = typeInstance64
	put(instance, 0x10, int64(testT0+80))
	extended := eventBytes(5, testT0+70, "12345678")
	extended[4], extended[0x50] = 1, 8
	put(extended, 0x51, make([]byte, 7))
	data := traceBytes(1,
		testBuffer{cpu: 1, seq: 1, events: join(eventBytes(1, testT0+10, "a"), eventBytes(3, testT0+30, "ccc"), other)},
		testBuffer{cpu: 0, seq: 2, events: join(eventBytes(2, testT0+20, "bb"), eventBytes(4, testT0+40, ""), classic, extended, instance)})
	passed := func(n int, first, last FileTime) map[GUID]Passed {
		return map[GUID]Passed{testProvider: {n, testStart + first, testStart + last}}
	}
	for name, tc := range map[string]struct {
		o      Options
		want   []any
		passed map[GUID]Passed
	}{
		"two":           {Options{Wanted: []Wanted{{testProvider, []uint16{2, 3}}}}, []any{2, 3}, passed(4, 10, 70)},
		"none":          {Options{Wanted: []Wanted{{testProvider, []uint16{}}}}, nil, passed(6, 10, 70)},
		"all":           {Options{Wanted: []Wanted{{testProvider, nil}}}, []any{1, 2, 3, 4, "hook", 5}, map[GUID]Passed{}},
		"provider too":  {Options{Wanted: []Wanted{{testProvider, []uint16{2}}}, Providers: []GUID{testProvider}}, []any{1, 2, 3, 4, "hook", 5}, map[GUID]Passed{}},
		"nobody":        {Options{Wanted: []Wanted{}}, nil, map[GUID]Passed{}},
		"of nobody":     {Options{Wanted: []Wanted{{GUID{1}, []uint16{1}}}}, nil, map[GUID]Passed{}},
		"one is passed": {Options{Wanted: []Wanted{{GUID(other[0x18:0x28]), []uint16{8}}}}, nil, map[GUID]Passed{GUID(other[0x18:0x28]): {1, testStart + 50, testStart + 50}}},
		"one in a list": {Options{Wanted: []Wanted{{GUID{1}, nil}, {testProvider, []uint16{1, 2, 3}}}}, []any{1, 2, 3}, passed(3, 40, 70)},
	} {
		t.Run(name, func(t *testing.T) {
			r := openBytes(t, data, &tc.o)
			if d := cmp.Diff(tc.want, ids(r)); d != "" {
				t.Error(d)
			}
			s, _ := walkAll(t, r, int64(len(data)))
			if d := cmp.Diff(tc.passed, s.Passed); d != "" || s.Events != 9 {
				t.Errorf("%d events counted, passed over: %s", s.Events, d)
			}
		})
	}
}

// Proves that a buffer of more events than are framed at a time is walked to its end.
func TestBufferInParts(t *testing.T) {
	const n = maxMarks + 1000
	data := traceBytes(0)
	events := make([]byte, bufferHeaderSize, 12*n)
	for i := range n {
		e := make([]byte, minEventSize)
		put(e, 0, uint16(minEventSize))
		e[2], e[3] = typeError, markEvent
		put(e, 4, uint32(i))
		events = append(events, e...)
	}
	put(events, 0, uint32(len(events)))
	put(events, 0x18, int64(1))
	put(events, 0x30, uint32(len(events)))
	put(events, 0x34, uint16(0x20))
	data = append(data, events...)
	put(data, logHeaderAt, uint32(testSize+1)) // so that buffers may be of any size
	put(data, logHeaderAt+0x24, uint32(2))
	for _, jobs := range []int{1, 3} {
		r := openBytes(t, data, &Options{Jobs: jobs})
		at := 0
		for e, err := range r.Events() {
			if err != nil || e.Buffer == 1 && e.Record != at {
				t.Fatalf("event %d: record %d, %v", at, e.Record, err)
			}
			at += e.Buffer
		}
		if s, _ := walkAll(t, r, int64(len(data))); at != n || s.Events != n+1 {
			t.Errorf("%d events yielded, %d counted, want %d", at, s.Events, n)
		}
	}
}

// breaks panics when it is read behind an offset.
type breaks struct {
	io.ReaderAt
	at int64
}

func (b breaks) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > headLength && off >= b.at {
		panic("broken reader")
	}
	return b.ReaderAt.ReadAt(p, off)
}

// slow takes its time to read, and notes when it is read after it was closed.
type slow struct {
	io.ReaderAt
	closed, late atomic.Bool
}

func (s *slow) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > headLength {
		time.Sleep(time.Millisecond)
	}
	if s.closed.Load() {
		s.late.Store(true)
	}
	return s.ReaderAt.ReadAt(p, off)
}

// Proves that a panic of a worker comes out where the walk is, and that a walk that ends
// early, or by a panic of who walks, leaves no worker at work.
func TestWorkersEndWithTheWalk(t *testing.T) {
	data, _ := mixedTrace(rand.New(rand.NewPCG(1, 1)), 4, false)
	caught := func(do func()) (v any) {
		defer func() { v = recover() }()
		do()
		return nil
	}
	for name, during := range map[string]func(){"break": func() {}, "panic": func() { panic("caller") }} {
		in := &slow{ReaderAt: newBytes(data)}
		r, err := NewReader(in, int64(len(data)), &Options{Jobs: 3})
		if err != nil {
			t.Fatal(err)
		}
		r.stretch = testSize
		caught(func() {
			for range r.Events() {
				during()
				break
			}
		})
		in.closed.Store(true)
		time.Sleep(10 * time.Millisecond)
		if in.late.Load() {
			t.Errorf("%s: the file is read after the walk", name)
		}
	}
	r, err := NewReader(breaks{newBytes(data), 4 * testSize}, int64(len(data)), &Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	r.stretch = testSize
	v := caught(func() {
		for range r.Events() {
			continue
		}
	})
	if text := fmt.Sprint(v); !strings.Contains(text, "broken reader") || !strings.Contains(text, "ahead_test.go") {
		t.Errorf("panic %v, want the worker's with its stack", v)
	}
}

// Proves that equal keys are joined, and that those over the limit are not lost.
func TestCountsAreJoined(t *testing.T) {
	var c counts
	c.reset()
	for i := range 3 * leastRoom {
		c.add(EventKey{Kind: KindEvent, ID: uint16(i % 5)}, 2)
	}
	if c.join(); len(c.list) != 5 {
		t.Errorf("%d keys of 5", len(c.list))
	}
	c.reset()
	const n = maxKeys + 5000
	for i := range n {
		c.add(EventKey{Kind: KindFull, ID: uint16(i), Version: uint16(i >> 16)}, 1)
	}
	c.join()
	sum := 0
	for _, e := range c.list {
		sum += e.n
	}
	if sum != n || len(c.list) > maxKeys {
		t.Errorf("%d of %d events under %d keys", sum, n, len(c.list))
	}
	s := Stats{Counts: map[EventKey]int{}}
	s.count(c.list)
	s.count([]counted{{EventKey{Kind: KindWnode}, 3}})
	if len(s.Counts) > maxKeys+1 || s.Counts[EventKey{}] < 3 {
		t.Errorf("%d keys, %d events under none", len(s.Counts), s.Counts[EventKey{}])
	}
}
