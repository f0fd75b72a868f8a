package textgen

import (
	"fmt"
	"strings"
	"time"
)

// cmdTime is `echo %date% %time%`: the short date of a locale, a blank in the
// place of the first digit of an early hour, and hundredths behind a point or a
// comma.
func cmdTime(date, point string) func(t time.Time) string {
	return func(t time.Time) string {
		return fmt.Sprintf("%s %2d:%02d:%02d%s%02d", t.Format(date), t.Hour(), t.Minute(), t.Second(), point, t.Nanosecond()/10_000_000)
	}
}

// weekdayTime is cmdTime of a locale whose short date has a weekday in its own
// language. It stands where the layout of the date has a star.
func weekdayTime(date, point string, days [7]string) func(t time.Time) string {
	clock := cmdTime(date, point)
	return func(t time.Time) string { return strings.Replace(clock(t), "*", days[t.Weekday()], 1) }
}

func layoutTime(layout string) func(t time.Time) string {
	return func(t time.Time) string { return t.Format(layout) }
}

// stampNames are the forms of a time line: those of cmd by the locale, those
// of PowerShell by what was asked for.
var stampNames = map[string]func(t time.Time) string{
	"us":              cmdTime("Mon 01/02/2006", "."),
	"uk":              cmdTime("02/01/2006", "."),
	"de":              cmdTime("02.01.2006", ","),
	"de-weekday":      weekdayTime("* 02.01.2006", ",", [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}),
	"fr":              cmdTime("02/01/2006", ","),
	"it":              cmdTime("02/01/2006", ","),
	"sv":              cmdTime("2006-01-02", ","),
	"ko":              cmdTime("2006-01-02", "."),
	"ja":              cmdTime("2006/01/02", "."),
	"nl":              weekdayTime("* 02-01-2006", ",", [7]string{"zo", "ma", "di", "wo", "do", "vr", "za"}),
	"zh-cn":           weekdayTime("2006/01/02 *", ".", [7]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}),
	"iso":             layoutTime("2006-01-02 15:04:05"),
	"powershell-us":   layoutTime("1/2/2006 3:04:05 PM"),
	"powershell-long": layoutTime("Monday, January 2, 2006 3:04:05 PM"),
	"powershell-s":    layoutTime("2006-01-02T15:04:05"),
	"powershell-o":    layoutTime("2006-01-02T15:04:05.0000000-07:00"),
}

// Stamp is the time line of a loop in one of the classic forms, without the
// blank that cmd leaves at its end. t is printed in its own zone.
func Stamp(form string, t time.Time) (string, error) {
	f, ok := stampNames[form]
	if !ok {
		return "", fmt.Errorf("no form of a time line %q; known are %s", form, names(stampNames))
	}
	return f(t), nil
}
