package textgen

import "strings"

// A mark is one time line and what it means. local holds both readings, with a
// blank between them, when nothing decides between day and month.
type mark struct{ line, local string }

const stampedRows = `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCP 192.0.2.10:49701 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49702 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49703 198.51.100.8:1433 TIME_WAIT 0
	UDP 0.0.0.0:123 *:* - 1044`

// A cmd line ends with a blank: the script says `echo %date% %time% >> file`.
var stampForms = []struct {
	name, lang, why string
	marks           []mark
}{
	{"en-us", "en", "en-US", []mark{
		{"Tue 10/13/2020 14:22:01.55 ", "2020-10-13T14:22:01.55"}, {"Tue 10/13/2020 14:23:01.60 ", "2020-10-13T14:23:01.60"},
	}},
	{"en-us-early", "en", "en-US, hour below 10 with a blank before it", []mark{
		{"Tue 10/13/2020  9:59:07.12 ", "2020-10-13T09:59:07.12"}, {"Tue 10/13/2020 10:00:07.18 ", "2020-10-13T10:00:07.18"},
	}},
	{"de", "de", "de", []mark{
		{"13.10.2020 14:22:01,55 ", "2020-10-13T14:22:01.55"}, {"13.10.2020 14:23:01,60 ", "2020-10-13T14:23:01.60"},
	}},
	{"de-weekday", "de", "de of an old Windows, with weekday", []mark{
		{"Di 13.10.2020  9:22:01,55 ", "2020-10-13T09:22:01.55"}, {"Di 13.10.2020  9:23:01,60 ", "2020-10-13T09:23:01.60"},
	}},
	{"en-gb", "en", "en-GB", []mark{
		{"13/10/2020 14:22:01.55 ", "2020-10-13T14:22:01.55"}, {"13/10/2020 14:23:01.60 ", "2020-10-13T14:23:01.60"},
	}},
	{"fr", "fr", "fr, decimal comma", []mark{
		{"13/10/2020 14:22:01,55 ", "2020-10-13T14:22:01.55"}, {"13/10/2020 14:23:01,60 ", "2020-10-13T14:23:01.60"},
	}},
	{"it", "it", "it, decimal comma, hour below 10", []mark{
		{"13/10/2020  9:22:01,55 ", "2020-10-13T09:22:01.55"}, {"13/10/2020  9:23:01,60 ", "2020-10-13T09:23:01.60"},
	}},
	{"sv", "sv", "sv, ISO date, decimal comma", []mark{
		{"2020-10-13 14:22:01,55 ", "2020-10-13T14:22:01.55"}, {"2020-10-13 14:23:01,60 ", "2020-10-13T14:23:01.60"},
	}},
	{"ko", "ko", "ko, ISO date", []mark{
		{"2020-10-13 14:22:01.55 ", "2020-10-13T14:22:01.55"}, {"2020-10-13 14:23:01.60 ", "2020-10-13T14:23:01.60"},
	}},
	{"ja", "ja", "ja", []mark{
		{"2020/10/13 14:22:01.55 ", "2020-10-13T14:22:01.55"}, {"2020/10/13 14:23:01.60 ", "2020-10-13T14:23:01.60"},
	}},
	{"zh-cn", "zh-cn", "zh with weekday", []mark{
		{"2020/10/13 周二 14:22:01.55 ", "2020-10-13T14:22:01.55"}, {"2020/10/13 周二 14:23:01.60 ", "2020-10-13T14:23:01.60"},
	}},
	{"nl", "nl", "nl with weekday", []mark{
		{"di 13-10-2020 14:22:01,55 ", "2020-10-13T14:22:01.55"}, {"di 13-10-2020 14:23:01,60 ", "2020-10-13T14:23:01.60"},
	}},
	{"powershell-short", "en", "PowerShell, short form", []mark{
		{"10/13/2020 11:59:01 AM", "2020-10-13T11:59:01"},
		{"10/13/2020 12:00:01 PM", "2020-10-13T12:00:01"},
		{"10/13/2020 2:22:01 PM", "2020-10-13T14:22:01"},
		{"10/14/2020 12:00:01 AM", "2020-10-14T00:00:01"},
	}},
	{"powershell-long", "en", "PowerShell, long form between blank lines", []mark{
		{"\n\nTuesday, October 13, 2020 2:22:01 PM\n\n", "2020-10-13T14:22:01"},
		{"\n\nTuesday, October 13, 2020 2:23:01 PM\n\n", "2020-10-13T14:23:01"},
	}},
	{"powershell-iso", "en", "PowerShell, Get-Date -Format s and o", []mark{
		{"2020-10-13T14:22:01", "2020-10-13T14:22:01"}, {"2020-10-13T14:23:01.6012345+02:00", "2020-10-13T14:23:01.6012345"},
	}},
	{"ambiguous-day-above-12", "en", "day or month: a later line has a field above 12, so the day is first", []mark{
		{"11/12/2020 23:59:01.55 ", "2020-12-11T23:59:01.55"},
		{"12/12/2020 23:59:01.58 ", "2020-12-12T23:59:01.58"},
		{"13/12/2020 23:59:01.60 ", "2020-12-13T23:59:01.60"},
	}},
	{"ambiguous-steps", "en", "day or month: read day first the steps are a minute, month first they are a month", []mark{
		{"10/11/2020 23:58:30.10 ", "2020-11-10T23:58:30.10"},
		{"10/11/2020 23:59:30.16 ", "2020-11-10T23:59:30.16"},
		{"11/11/2020  0:00:30.22 ", "2020-11-11T00:00:30.22"},
	}},
	{"ambiguous-weekday", "en", "day or month: 10 November 2020 is a Tuesday, 11 October a Sunday", []mark{
		{"Tue 10/11/2020 14:22:01.55 ", "2020-11-10T14:22:01.55"}, {"Tue 10/11/2020 14:23:01.60 ", "2020-11-10T14:23:01.60"},
	}},
	{"ambiguous-open", "en", "day or month: nothing decides, both readings stand", []mark{
		{"10/11/2020 14:22:01.55 ", "2020-11-10T14:22:01.55 2020-10-11T14:22:01.55"},
		{"10/11/2020 14:23:01.60 ", "2020-11-10T14:23:01.60 2020-10-11T14:23:01.60"},
	}},
	{"time-only-midnight", "en", "a time without a date that goes over midnight", []mark{
		{"23:58:30.10 ", "T23:58:30.10"},
		{"23:59:30.16 ", "T23:59:30.16"},
		{" 0:00:30.22 ", "+1T00:00:30.22"},
		{" 0:01:30.28 ", "+1T00:01:30.28"},
	}},
	{"dst-fold", "de", "the end of daylight saving time: an hour comes twice, file order is the order", []mark{
		{"25.10.2020  2:58:00,10 ", "2020-10-25T02:58:00.10"},
		{"25.10.2020  2:59:00,16 ", "2020-10-25T02:59:00.16"},
		{"25.10.2020  2:00:00,22 ", "2020-10-25T02:00:00.22"},
		{"25.10.2020  2:01:00,28 ", "2020-10-25T02:01:00.28"},
	}},
}

func stampShapes() []shape {
	var all []shape
	for _, form := range stampForms {
		f := layout{lang: form.lang}
		if l := languages[form.lang]; !l.invented {
			f.words = l.states
		}
		all = append(all, shape{
			name: "stamp-" + form.name + ".txt", kind: kindNetstat, page: languages[form.lang].page, why: "stamps: " + form.why,
			compose: func(d *doc) {
				for _, m := range form.marks {
					one, other, open := strings.Cut(m.local, " ")
					d.stamp(m.line, one)
					if open {
						d.local, d.either = "", []string{one, other}
					}
					d.table(f, stampedRows)
				}
			},
		})
	}
	return all
}
