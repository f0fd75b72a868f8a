package synth

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Write runs the recipe and writes the bundle into dir/bundle and what is true of it
// into dir/truth.json. Both must not be there yet.
func (r *Recipe) Write(ctx context.Context, dir string) (*Truth, error) {
	bundle := filepath.Join(dir, "bundle")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if err := os.Mkdir(bundle, 0o777); err != nil {
		return nil, err
	}
	return r.write(ctx, func(name string, to func(io.Writer) error) error {
		if name != truthFile {
			name = filepath.Join("bundle", name)
		}
		return create(filepath.Join(dir, name), to)
	})
}

const truthFile = "truth.json"

// write runs the recipe and gives each file to out.
func (r *Recipe) write(ctx context.Context, out func(name string, to func(io.Writer) error) error) (*Truth, error) {
	h := newHost(r)
	h.ctx = ctx
	h.run()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.tables.err != nil {
		return nil, h.tables.err
	}
	file := func(name string, to func(io.Writer) error) error {
		return out(name, r.damaged(name, to))
	}
	if r.Trace != nil {
		if err := file(r.Trace.File, h.trace.bytes); err != nil {
			return nil, err
		}
	}
	if r.Log != nil {
		h.log.fill()
		if err := file(r.Log.File, h.log.bytes); err != nil {
			return nil, err
		}
	}
	for i := range r.Tables {
		name := r.Tables[i].File
		err := file(name, func(w io.Writer) error { _, err := w.Write(h.tables.files[name].Bytes()); return err })
		if err != nil {
			return nil, err
		}
	}
	if err := h.texts(file); err != nil {
		return nil, err
	}
	truth := h.tell()
	return truth, out(truthFile, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(truth)
	})
}

func create(name string, to func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	if err := to(b); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	if err := b.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// damaged does to a file what the recipe says. The whole of it is held, since a share
// of its length is kept.
func (r *Recipe) damaged(name string, to func(io.Writer) error) func(io.Writer) error {
	i := slices.IndexFunc(r.Damage, func(d Damage) bool { return d.File == name })
	if i < 0 {
		return to
	}
	how := &r.Damage[i]
	return func(w io.Writer) error {
		var whole bytes.Buffer
		if err := to(&whole); err != nil {
			return err
		}
		b := whole.Bytes()
		if z := how.Zero; z[1] > 0 && z[0] < len(b) {
			clear(b[z[0]:min(len(b), z[0]+z[1])])
		}
		if how.Cut > 0 {
			b = b[:int(how.Cut*float64(len(b)))]
		}
		_, err := w.Write(b)
		return err
	}
}
