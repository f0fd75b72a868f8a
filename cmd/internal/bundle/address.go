package bundle

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// inside stands between an archive and the path of what lies in it.
const inside = "!/"

// Split divides the address of a file in an archive, such as logs.zip!/Server.etl or
// logs.zip!/inner.cab!/report.etl, into the archive on the disk and what is in it. ok is
// false for the name of a file or folder that is there, and where no archive is.
func Split(name string) (file, member string, ok bool) {
	if _, err := os.Stat(name); err == nil {
		return name, "", false
	}
	for from := 0; ; {
		i := strings.Index(name[from:], inside)
		if i < 0 {
			return name, "", false
		}
		from += i + len(inside)
		if fi, err := os.Stat(name[:from-len(inside)]); err == nil && fi.Mode().IsRegular() && from < len(name) {
			return name[:from-len(inside)], name[from:], true
		}
	}
}

// addressed reads one file, archive or folder that lies in an archive.
func (l *loader) addressed(file, member, name string, lv *level) error {
	fi, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", file, cause(err))
	}
	l.want = strings.Trim(path.Clean(strings.ReplaceAll(member, `\`, "/")), "/")
	defer func() { l.want = "" }()
	if err := l.file(lv, path.Base(file), file, fi); err != nil {
		return err
	}
	if len(lv.found) == 0 {
		return fmt.Errorf("cannot read %s: %s is not an archive that is read", name, file)
	}
	sets := setsOf(lv.found)
	lv.found = nil
	if err := l.archive(sets[0], lv); err != nil {
		return err
	}
	if err := l.pick(); err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	return nil
}

// pick leaves the inputs that were asked for. Folders that all files of an archive lie in
// need not be named.
func (l *loader) pick() error {
	mine := l.bundle.Inputs[l.inputMark:]
	if is := func(in Input) bool { return in.Path == l.want }; slices.ContainsFunc(mine, is) {
		return l.pickFile(is)
	}
	ends := func(in Input) bool { return strings.HasSuffix(in.Path, "/"+l.want) }
	if slices.ContainsFunc(mine, ends) {
		return l.pickFile(ends)
	}
	var kept []Input
	for _, in := range mine {
		for _, mark := range []string{inside, "/"} {
			if i := strings.Index("/"+in.Path, "/"+l.want+mark); i >= 0 {
				in.Path = in.Path[i+len(l.want+mark):]
				kept = append(kept, in)
				break
			}
		}
	}
	l.bundle.Inputs = append(l.bundle.Inputs[:l.inputMark], kept...)
	l.rootNested = true
	if len(kept) > 0 {
		return nil
	}
	if told := l.bundle.Diagnostics[l.diagMark:]; len(told) > 0 {
		return fmt.Errorf("%s: %s", told[0].Source, told[0].Text)
	}
	return fmt.Errorf("the archive has no %q", l.want)
}

// pickFile leaves one file, under its base name as one that was given by itself.
func (l *loader) pickFile(is func(Input) bool) error {
	var kept []Input
	for _, in := range l.bundle.Inputs[l.inputMark:] {
		if is(in) {
			kept = append(kept, in)
		}
	}
	if len(kept) > 1 {
		return fmt.Errorf("the archive has several: %q and %q; give more of the path", kept[0].Path, kept[1].Path)
	}
	kept[0].Path = path.Base(kept[0].Path)
	l.rootNested = false
	l.bundle.Inputs = append(l.bundle.Inputs[:l.inputMark], kept...)
	return nil
}

// wants tells whether an entry is what was asked for, lies in it, or may be an archive or
// a part of one on the way there.
func (l *loader) wants(full string) bool {
	if l.want == "" {
		return true
	}
	nested := strings.Contains(l.want, inside)
	for s := full; ; {
		switch {
		case s == l.want, withoutSuffix(s) == l.want,
			strings.HasPrefix(s, l.want+"/"), strings.HasPrefix(s, l.want+inside), strings.HasPrefix(l.want, s+inside):
			return true
		case nested && (partName.MatchString(s) || strings.EqualFold(path.Ext(s), ".cab")):
			return true
		}
		i := strings.IndexByte(s, '/')
		if i < 0 {
			return false
		}
		s = s[i+1:]
	}
}
