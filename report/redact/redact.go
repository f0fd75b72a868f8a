// Package redact replaces what names people, machines and networks by tokens: IP and
// MAC addresses, host names, domains, user names and SIDs, in a Report, in the
// documents it was printed as, and in saved texts.
//
// A token is the kind of what it stands for and a keyed hash of it (HMAC-SHA-256):
// ip4-private-8f2c01d9aa, host-03b1c6d45e. The same key gives the same token in every
// report, another key another one, and without the key none leads back. Of an address
// its class stays visible. Accounts that every Windows has (SYSTEM, Administrator)
// keep their names, as do process images, services and ports: they are what a report
// is for.
//
// Names are found by their places (the computer of a log, the header of systeminfo, a
// profile's path, DOMAIN\user, user@domain, \\server) and then replaced wherever they
// stand as whole words. A name that stands in no such place is not known to be one.
package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"

	"portverdict/report"
)

// Kind is what was replaced.
type Kind string

// The kinds.
const (
	IP4    Kind = "IPv4 addresses"
	IP6    Kind = "IPv6 addresses"
	MAC    Kind = "MAC addresses"
	Host   Kind = "host names"
	Domain Kind = "domains"
	User   Kind = "user names"
	SID    Kind = "SIDs"
	Other  Kind = "other names"
	Secret Kind = "passwords"
	Hash   Kind = "hashes"
)

// Count is how many places held something of a kind, and how many different ones.
type Count struct {
	Kind      Kind
	Places    int
	Different int
}

// MinKey is the least number of bytes of a key.
const MinKey = 16

// ErrKey means that a key is too short to keep anything secret.
var ErrKey = errors.New("a key has at least 16 bytes")

// Redactor replaces with one key. It learns names as it goes, so what is given to it
// first is learned for what comes later. It is not safe for concurrent use.
type Redactor struct {
	key      []byte
	names    *names
	known    known
	places   map[Kind]int
	seen     map[Kind]map[string]bool // tokens
	again    bool                     // the text says that it was redacted with this key
	learning bool                     // names are learned now
	work     *int                     // bytes looked at, over all that looked
}

// New gives a Redactor with a key of MinKey bytes or more, which is copied.
func New(key []byte) (*Redactor, error) {
	if len(key) < MinKey {
		return nil, ErrKey
	}
	work := new(int)
	return &Redactor{
		key: slices.Clone(key), names: newNames(work), known: known{four: map[[4]byte]bool{}, mac: map[[6]byte]bool{}},
		places: map[Kind]int{}, seen: map[Kind]map[string]bool{}, work: work,
	}, nil
}

// Counts are the kinds that were replaced, in order, and how often; never values.
func (r *Redactor) Counts() []Count {
	var out []Count
	for _, k := range slices.Sorted(maps.Keys(r.places)) {
		out = append(out, Count{k, r.places[k], len(r.seen[k])})
	}
	return out
}

// LearnPath learns the names in the path of an input, for what is redacted later.
func (r *Redactor) LearnPath(path string) { r.learnPath(path) }

// LearnReport learns the names of a report, for what is redacted later.
func (r *Redactor) LearnReport(in *report.Report) { r.learnReport(in.Clone()) }

// Known gives a text with what was learned until now replaced by tokens, and what its
// form shows; nothing is learned from it.
func (r *Redactor) Known(text string) string { return r.replace(text) }

// KeyID tells keys apart and leads back to none: 8 hexadecimal digits.
func (r *Redactor) KeyID() string { return r.sum("key", "")[:8] }

// sum is the keyed hash of a kind and a value, in hexadecimal.
func (r *Redactor) sum(kind, value string) string {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return hex.EncodeToString(h.Sum(nil))
}

const tokenDigits = 10

// token stands for a value; of the same value in other letters it is the same.
func (r *Redactor) token(kind Kind, class, value string) string {
	t := class
	if !single[class] {
		t += "-" + r.sum(class, strings.ToLower(value))[:tokenDigits]
	}
	r.count(kind, t)
	return t
}

func (r *Redactor) count(kind Kind, token string) {
	r.places[kind]++
	if r.seen[kind] == nil {
		r.seen[kind] = map[string]bool{}
	}
	r.seen[kind][token] = true
}

// classOf is how a token of a kind begins.
var classOf = map[Kind]string{MAC: "mac", Host: "host", Domain: "domain", User: "user", Other: "name", Secret: "secret"}
