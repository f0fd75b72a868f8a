package pstext

import "strings"

// CSV is what the first line of Export-Csv or ConvertTo-Csv says of those below it.
type CSV struct {
	Names []string
	Comma rune
}

// CSVOf reads a header, divided by the character that gives the most names: a comma, the
// semicolon of -UseCulture, or a tab. It is one of at least two names, none of them empty;
// whether the words are names of anything the caller knows.
func CSVOf(text string) (*CSV, bool) {
	best := &CSV{}
	for _, comma := range ",;\t" {
		if strings.IndexByte(text, byte(comma)) < 0 {
			continue
		}
		if names, ok := SplitCSV(text, comma); ok && len(names) > len(best.Names) {
			best = &CSV{names, comma}
		}
	}
	if len(best.Names) < 2 || len(best.Names) > maxColumns {
		return nil, false
	}
	for i, name := range best.Names {
		if best.Names[i] = strings.TrimSpace(name); best.Names[i] == "" {
			return nil, false
		}
	}
	return best, true
}

// Row divides a line below the header; ok is false where it has not as many values.
func (c *CSV) Row(text string) (values []string, ok bool) {
	values, ok = SplitCSV(text, c.Comma)
	return values, ok && len(values) == len(c.Names)
}

// SplitCSV divides a line at commas outside of quotes; a quote in a value in quotes is
// written twice. Quotes in a value without quotes around it stand for themselves. ok is
// false where a quote does not end in the line.
func SplitCSV(text string, comma rune) (values []string, ok bool) {
	if strings.IndexByte(text, '"') < 0 {
		return strings.Split(text, string(comma)), true
	}
	for {
		value, rest, more, ok := nextCSV(text, byte(comma))
		if !ok {
			return nil, false
		}
		values = append(values, value)
		if !more {
			return values, true
		}
		text = rest
	}
}

// nextCSV is the first value of text and what stands behind its comma.
func nextCSV(text string, comma byte) (value, rest string, more, ok bool) {
	if text == "" || text[0] != '"' {
		i := strings.IndexByte(text, comma)
		if i < 0 {
			return text, "", false, true
		}
		return text[:i], text[i+1:], true, true
	}
	twice := false
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
		case i+1 == len(text) || text[i+1] == comma:
			if value = text[1:i]; twice {
				value = strings.ReplaceAll(value, `""`, `"`)
			}
			if i+1 == len(text) {
				return value, "", false, true
			}
			return value, text[i+2:], true, true
		case text[i+1] == '"':
			twice = true
			i++
		}
	}
	return "", "", false, false
}
