package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// modeOf is that of a file in an archive: programs can be run.
func modeOf(name string) int64 {
	if base := path.Base(name); base == "portverdict" || base == "portverdict.exe" {
		return 0o755
	}
	return 0o644
}

// tarball packs files in the order of their names, all of one time and of no owner.
func tarball(files map[string][]byte, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &tar.Header{Name: name, Mode: modeOf(name), Size: int64(len(files[name])), ModTime: at, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// zipped does the same for Windows; texts get its line ends.
func zipped(files map[string][]byte, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
		h.SetMode(0)
		h.ExternalAttrs = uint32(0o100000|modeOf(name)) << 16
		f, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		data := files[name]
		if strings.HasSuffix(name, ".md") || !strings.Contains(path.Base(name), ".") {
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		if _, err := f.Write(data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
