package analysis

import (
	"strings"
	"time"
	"unicode"

	"portverdict/cmd/internal/wish"
)

// regions are zones that Windows calls by other names than their cities'.
var regions = map[string]string{
	"newfoundland": "America/St_Johns", "atlantic time": "America/Halifax", "eastern time": "America/New_York", "central time": "America/Chicago",
	"mountain time": "America/Denver", "arizona": "America/Phoenix", "pacific time": "America/Los_Angeles", "alaska": "America/Anchorage",
	"hawaii": "Pacific/Honolulu", "beijing": "Asia/Shanghai", "peking": "Asia/Shanghai", "pékin": "Asia/Shanghai", "pekín": "Asia/Shanghai",
	"mumbai": "Asia/Kolkata", "bombay": "Asia/Kolkata", "brasilia": "America/Sao_Paulo", "brasília": "America/Sao_Paulo", "wellington": "Pacific/Auckland",
	"københavn": "Europe/Copenhagen", "varsovie": "Europe/Warsaw", "warschau": "Europe/Warsaw", "varsovia": "Europe/Warsaw", "warszawa": "Europe/Warsaw",
	"moskau": "Europe/Moscow", "moscou": "Europe/Moscow", "moscú": "Europe/Moscow", "londres": "Europe/London", "tokio": "Asia/Tokyo",
	"москва": "Europe/Moscow", "大阪、札幌、東京": "Asia/Tokyo", "北京，重庆，香港特别行政区，乌鲁木齐": "Asia/Shanghai", "서울": "Asia/Seoul",
}

// continents hold the cities of the time zone database.
var continents = []string{"Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian"}

// toldZone is the zone that Windows shows as "(UTC+01:00) Amsterdam, Berlin, Bern, Rome,
// Stockholm, Vienna": that of the first place with such an offset in winter, nil when none
// is known. In summer the offset that is shown does not hold: its rules are needed. Without
// an offset it is the zone of that name.
func toldZone(shown string, standard *time.Duration) *time.Location {
	if standard == nil {
		zone, _ := wish.Zone(shown)
		return zone
	}
	_, places, _ := strings.Cut(shown, ")")
	for place := range strings.FieldsFuncSeq(places, func(r rune) bool { return r == ',' || r == '(' || r == ')' }) {
		place = strings.TrimSpace(place)
		names := []string{regions[strings.ToLower(place)]}
		if names[0] == "" {
			names = names[:0]
			for _, continent := range continents {
				names = append(names, continent+"/"+strings.ReplaceAll(place, " ", "_"))
			}
		}
		for _, name := range names {
			if zone := knownZone(name); zone != nil && winterOffset(zone) == *standard {
				return zone
			}
		}
	}
	return nil
}

// knownZone is the zone of the database by that name, nil for any other text.
func knownZone(name string) *time.Location {
	if strings.ContainsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && r != '/' && r != '_' && r != '-'
	}) {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// winterOffset is the lesser of the offsets in January and in July: standard time's.
func winterOffset(zone *time.Location) time.Duration {
	_, january := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Zone()
	_, july := time.Date(2026, 7, 1, 0, 0, 0, 0, zone).Zone()
	return time.Duration(min(january, july)) * time.Second
}
