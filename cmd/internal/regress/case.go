package regress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"portverdict/cmd/internal/bundle"
)

// Case is one case.yaml. All that is optional in Expect is nil or empty when it
// is not asked for.
type Case struct {
	Schema     int               `yaml:"schema"`
	ID         string            `yaml:"id"`
	Why        string            `yaml:"why"`
	Provenance map[string]string `yaml:"provenance"`
	Args       []string          `yaml:"args"`
	Limits     Limits            `yaml:"limits"`
	Expect     Expect            `yaml:"expect"`
	Golden     []string          `yaml:"golden"`
	dir        string
}

const (
	caseName    = "case.yaml"
	maxCaseSize = 1 << 20
	maxLimit    = 1_000_000
)

// readCase reads the case.yaml of dir; a field that is not known is an error.
func readCase(dir string) (*Case, error) {
	f, err := bundle.Open(filepath.Join(dir, caseName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxCaseSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxCaseSize {
		return nil, fmt.Errorf("case.yaml is larger than %d bytes", maxCaseSize)
	}
	c, err := parseCase(data)
	if err != nil {
		return nil, err
	}
	c.dir = dir
	return c, nil
}

// parseCase decodes and checks a case.yaml.
func parseCase(data []byte) (*Case, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	c := new(Case)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("case.yaml: %w", plain(err))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("case.yaml: more than one document")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// notKnown is how the YAML package speaks of a key that a case has no place for.
var notKnown = regexp.MustCompile(`^(line \d+): field (.*) not found in type \S+$`)

// plain says of keys that are not known where they stand, and nothing of the types here.
func plain(err error) error {
	var t *yaml.TypeError
	if !errors.As(err, &t) {
		return err
	}
	var lines []string
	for _, line := range t.Errors {
		lines = append(lines, notKnown.ReplaceAllString(line, "$1: the key $2 is not known here"))
	}
	return errors.New(strings.Join(lines, "; "))
}

func (c *Case) check() error {
	switch {
	case c.Schema != 1:
		return fmt.Errorf("case.yaml: schema %d is not known; it is 1", c.Schema)
	case c.ID == "":
		return errors.New("case.yaml: id is missing")
	case c.Why == "":
		return errors.New("case.yaml: why is missing: say what the case is there for")
	case c.Provenance["kind"] != "synthetic" && c.Provenance["kind"] != "captured":
		return errors.New("case.yaml: provenance.kind must be synthetic or captured")
	case c.Expect.Outcome == "" && c.Expect.Exit == nil:
		return errors.New("case.yaml: expect needs an outcome or an exit code")
	case c.Expect.check() != nil:
		return fmt.Errorf("case.yaml: expect: %w", c.Expect.check())
	case !(c.Limits.Seconds >= 0 && c.Limits.MemoryMB >= 0) || max(c.Limits.Seconds, c.Limits.MemoryMB) > maxLimit: // NaN is neither
		return fmt.Errorf("case.yaml: a limit is a number from 0 to %d", maxLimit)
	}
	for _, a := range c.Args {
		if leaves(a) {
			return fmt.Errorf("case.yaml: args: %q leads out of the folder of the case", a)
		}
	}
	for _, g := range c.Golden {
		if g != goldenName {
			return fmt.Errorf("case.yaml: golden %q is not known; it is %s", g, goldenName)
		}
	}
	return nil
}

// leaves tells that an argument, or the value of a flag, is a path that is not below the
// folder of the case: on another machine another file would be there.
func leaves(arg string) bool {
	if strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, "=")
	}
	slashed := strings.ReplaceAll(arg, `\`, "/")
	return slashed != "" && (path.IsAbs(slashed) || filepath.VolumeName(arg) != "" || !filepath.IsLocal(path.Clean(slashed)))
}

// bundle is the input of the case: bundle/ or bundle.zip, never both; "" when
// there is none and a recipe has to write it.
func (c *Case) bundle() (string, error) {
	folder, archive := filepath.Join(c.dir, "bundle"), filepath.Join(c.dir, "bundle.zip")
	_, noFolder := os.Stat(folder)
	_, noArchive := os.Stat(archive)
	switch {
	case noFolder == nil && noArchive == nil:
		return "", errors.New("there is a bundle and a bundle.zip; one is enough")
	case noFolder == nil:
		return folder, nil
	case noArchive == nil:
		return archive, nil
	case c.Provenance["recipe"] == "":
		return "", errors.New("there is neither bundle nor bundle.zip, and provenance names no recipe")
	}
	return "", nil
}

// recipe is the recipe that provenance names, and its seed where that is given too.
func (c *Case) recipe() (name string, seed *uint64, err error) {
	name = c.Provenance["recipe"]
	if !filepath.IsLocal(name) {
		return "", nil, fmt.Errorf("case.yaml: provenance.recipe %q is not in the folder of the case", name)
	}
	if text, ok := c.Provenance["seed"]; ok {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return "", nil, fmt.Errorf("case.yaml: provenance.seed %q is no whole number", text)
		}
		seed = &n
	}
	return filepath.Join(c.dir, filepath.FromSlash(name)), seed, nil
}
