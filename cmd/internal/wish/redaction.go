package wish

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"portverdict/cmd/internal/bundle"
	"portverdict/report/redact"
)

// maxLearned bounds the bytes of an input that names are learned from.
const maxLearned = 256 << 20

// Redactor makes a redactor from the bytes of a key. A line end behind a key is no part
// of it; nil is a key for this run alone.
func Redactor(key []byte) (*redact.Redactor, error) {
	if key == nil {
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("cannot make a key: %w", err)
		}
		return redact.New(key)
	}
	return redact.New([]byte(strings.TrimRight(string(key), "\r\n")))
}

// Learn learns the names in saved texts: a report may hold them where nothing says that
// they are names, such as the name of a file. What cannot be read is told when it is
// read for good.
func Learn(ctx context.Context, r *redact.Redactor, inputs []bundle.Input) {
	for _, in := range inputs {
		r.LearnPath(in.Path)
		if in.Kind == "etl" || in.Kind == "evtx" || in.Kind == "dump" || ctx.Err() != nil {
			continue
		}
		if data, err := in.Head(maxLearned); err == nil {
			r.Learn(data)
		}
	}
}
