package main

import (
	"bytes"
	"io"

	"github.com/spf13/pflag"

	"portverdict/cmd/internal/bundle"
	"portverdict/etl/schema"
)

// manifests are instrumentation manifests as they were read: each trace is decoded with a
// catalog of its own.
type manifests []manifest

type manifest struct {
	name string
	text []byte
}

// maxManifest is one byte more than a catalog takes.
const maxManifest = 64<<20 + 1

func (f *settingFlags) manifestFlag(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.manifestNames, "manifest", nil, "an instrumentation manifest that describes further events, a `FILE`; repeatable")
}

// readManifests reads and checks them.
func readManifests(names []string) (manifests, error) {
	var out manifests
	for _, name := range names {
		f, err := bundle.Open(name)
		if err != nil {
			return nil, failed("cannot read %s: %v", name, cause(err))
		}
		text, err := io.ReadAll(io.LimitReader(f, maxManifest))
		f.Close()
		if err != nil {
			return nil, failed("cannot read %s: %v", name, cause(err))
		}
		out = append(out, manifest{name, text})
	}
	_, err := out.load()
	return out, err
}

func (m manifests) load() (*schema.Catalog, error) {
	c, err := schema.NewCatalog()
	for i := 0; err == nil && i < len(m); i++ {
		err = c.AddManifest(bytes.NewReader(m[i].text), m[i].name)
	}
	if err != nil {
		return nil, failed("%v", err)
	}
	return c, nil
}

// catalog gives what they describe. That they can be read was seen when they were checked.
func (m manifests) catalog() *schema.Catalog {
	c, err := m.load()
	if err != nil {
		panic(err)
	}
	return c
}
