package hosttext

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	maxWFP      = 64 << 20 // bytes that are read of it; a large server's has a few MB
	maxWFPDepth = 100      // of elements in elements
)

// wfpText tells whether a text is the XML of `netsh wfp show state`, and gives what is to
// be read of it.
func wfpText(r io.Reader) (io.Reader, bool) {
	in := bufio.NewReaderSize(r, 4096)
	head, _ := in.Peek(1024)
	if !bytes.Contains(bytes.ReplaceAll(head, []byte{0}, nil), []byte("<wfpstate")) {
		return in, false
	}
	return transform.NewReader(io.LimitReader(in, maxWFP), unicode.BOMOverride(unicode.UTF8.NewDecoder())), true
}

// readWFP reads the providers: those who have put filters and callouts into the Windows
// Filtering Platform, each by the service it belongs to, or by its own name.
func (p *parser) readWFP(r io.Reader) {
	d := xml.NewDecoder(r)
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var provider Driver
	var into *string
	inside := 0 // how deep in the list of providers; 0 is outside
	depth := 0
	for {
		token, err := d.Token()
		line, _ := d.InputPos()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.failAt(line, "hosttext-xml", "%v", err)
			}
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			into = nil
			if depth++; depth > maxWFPDepth {
				p.failAt(line, "hosttext-xml", "elements lie more than %d deep in each other; the rest is not read", maxWFPDepth)
				return
			}
			switch name := t.Name.Local; {
			case inside > 0:
				inside++
				switch {
				case inside == 2:
					provider = Driver{Role: RoleWFP, Line: line}
				case inside == 3 && name == "serviceName":
					into = &provider.Name
				case inside == 4 && name == "name":
					into = &provider.Title
				}
			case name == "providers":
				inside = 1
			}
		case xml.CharData:
			if into != nil {
				*into = shorten(string(t))
				into = nil
			}
		case xml.EndElement:
			into = nil
			depth--
			if inside == 2 {
				provider.Name = cmp.Or(provider.Name, provider.Title)
				p.addDriver(provider)
			}
			inside = max(inside-1, 0)
		}
	}
}
