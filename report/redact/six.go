package redact

import (
	"net/netip"
	"slices"
	"strings"
)

const longestSix = 64 // bytes, with a zone

// sixes finds IPv6 addresses: runs of hexadecimal digits, colons and dots, and what
// stands for them in names of hosts.
func (f *finder) sixes() {
	line := f.line
	for i := 0; i < len(line); {
		*f.r.work++
		if line[i] != ':' && !isHex(line[i]) {
			i++
			continue
		}
		from, colons := i, 0
		for i < len(line) && (line[i] == ':' || isHex(line[i]) || line[i] == '.' && colons > 1) {
			if line[i] == ':' {
				colons++
			}
			i++
		}
		*f.r.work += i - from
		if colons > 1 {
			i = f.six(from, i)
		}
	}
}

// six takes the address in a run of its letters: what stands before a colon may be a
// label, and what ends it a full stop.
func (f *finder) six(from, to int) int {
	line := f.line
	end := to
	if from > 0 && plain(line[from-1]) { // addr:fe80::1
		from += strings.IndexByte(line[from:to], ':') + 1
	}
	for to > from && (line[to-1] == '.' || line[to-1] == ':' && (to-from < 2 || line[to-2] != ':')) {
		to--
	}
	if end == to && to < len(line) && plain(line[to]) && line[to] != '%' {
		return end
	}
	for tries := 0; tries < 3 && to-from >= 2 && to-from <= longestSix; tries++ {
		if a, err := netip.ParseAddr(line[from:to]); err == nil {
			if to-from == 2 && (from == 0 || line[from-1] != '[') { // two colons are not always an address
				return end
			}
			zone := to
			if zone < len(line) && line[zone] == '%' {
				for zone++; zone < len(line) && zone-to < 32 && plain(line[zone]); zone++ {
				}
			}
			if zone == to+1 {
				zone = to
			}
			f.address(from, zone, a)
			return max(end, zone)
		}
		switch first := strings.IndexByte(line[from:to], ':'); {
		case tries == 0 && strings.Count(line[from:to], ":") == 8: // a port behind it
			to = from + strings.LastIndexByte(line[from:to], ':')
		case first >= 0 && first < 5 && tries < 2: // a label before it: Adresse:fe80::1 ends in letters of both
			from += first + 1
		default:
			return end
		}
	}
	return end
}

// nearColons tells that two colons are no further apart than in an IPv6 address.
func nearColons(line string) bool {
	last := -6
	for i := 0; i < len(line); i++ {
		next := strings.IndexByte(line[i:], ':')
		if next < 0 {
			return false
		}
		i += next
		if i-last <= 5 {
			return true
		}
		last = i
	}
	return false
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// plain tells that a byte is a letter or digit that an address could be a part of.
func plain(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isAddress(text string) bool {
	if len(text) > longestSix || !strings.Contains(text, ".") && !strings.Contains(text, ":") {
		return false
	}
	_, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return err == nil
}

// single are the classes of one address only: their tokens need no hash.
var single = map[string]bool{"ip4-any": true, "ip4-loopback": true, "ip4-broadcast": true, "ip6-any": true, "ip6-loopback": true}

var (
	shared    = netip.MustParsePrefix("100.64.0.0/10")
	documents = []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
)

// classify says what everyone may know of an address.
func classify(a netip.Addr) (Kind, string) {
	kind, class := IP6, "ip6-"
	b := a.Unmap().WithZone("")
	if a.Is4() {
		kind, class = IP4, "ip4-"
	}
	switch {
	case b.IsUnspecified():
		return kind, class + "any"
	case b.String() == "255.255.255.255" && kind == IP4:
		return kind, class + "broadcast"
	case b.IsLoopback():
		return kind, class + "loopback"
	case b.IsPrivate() && kind == IP6 && !a.Is4In6():
		return kind, class + "ula"
	case b.IsPrivate():
		return kind, class + "private"
	case b.IsLinkLocalUnicast():
		return kind, class + "linklocal"
	case b.IsMulticast():
		return kind, class + "multicast"
	case shared.Contains(b):
		return kind, class + "shared"
	case slices.ContainsFunc(documents, func(p netip.Prefix) bool { return p.Contains(b) }):
		return kind, class + "documentation"
	}
	return kind, class + "global"
}
