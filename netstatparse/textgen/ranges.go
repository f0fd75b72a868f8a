package textgen

import (
	"fmt"
	"strings"
)

// A rangeText is the page, the title and the labels of the start and the count
// in one language; the transport stands in every title, the family in none.
type rangeText struct{ page, title, start, count string }

var rangeWords = map[string]rangeText{
	"en": {"437", "Protocol %s Dynamic Port Range", "Start Port      ", "Number of Ports "},
	"de": {"850", "Dynamischer Portbereich für Protokoll %s", "Startport       ", "Anzahl von Ports"},
	"ru": {"866", "Протокол %s Диапазон динамических портов", "Начальный порт   ", "Число портов     "},
	"ja": {"932", "プロトコル %s の動的ポートの範囲", "開始ポート      ", "ポート数        "},
	"zh": {"936", "协议 %s 动态端口范围", "启动端口        ", "端口数          "},
}

// fourRanges are those real machines were seen with.
var fourRanges = []Range{
	{"tcp", "ipv4", 1024, 13977}, {"udp", "ipv4", 49152, 16384}, {"tcp", "ipv6", 1024, 64511}, {"udp", "ipv6", 49152, 16383},
}

// dynamicPorts is netsh for each range; echo prints the command above it,
// without which nothing says whether a range is that of IPv4 or of IPv6.
func dynamicPorts(lang, echo string, ranges ...Range) func(d *doc) {
	return rangeWords[lang].dynamicPorts(echo, ranges...)
}

func (w rangeText) dynamicPorts(echo string, ranges ...Range) func(d *doc) {
	return func(d *doc) {
		for _, r := range ranges {
			if echo != "" {
				d.text(fmt.Sprintf(echo, r.Family, r.Transport) + "\n")
			} else {
				r.Family = "any"
			}
			d.text("\n")
			d.text(fmt.Sprintf(w.title, r.Transport) + "\n---------------------------------\n")
			d.text(fmt.Sprintf("%s: %d\n%s: %d\n", w.start, r.Start, w.count, r.Count))
			d.text("\n")
			d.truth.Ranges = append(d.truth.Ranges, r)
		}
	}
}

// excludedWords are title, columns and last line; those of de are invented.
var excludedWords = map[string]struct{ title, columns, note string }{
	"en": {"Protocol %s Port Exclusion Ranges", "Start Port    End Port", "* - Administered port exclusions."},
	"de": {"Protokoll %s Portausschlussbereiche", "Startport     Endport", "* - Verwaltete Portausschlüsse."},
}

// excluded is netsh's list; administered marks the lines with a star.
func excluded(lang, transport string, spans []Span, administered ...int) func(d *doc) {
	words := excludedWords[lang]
	return func(d *doc) {
		d.text("\n")
		d.text(fmt.Sprintf(words.title, transport) + "\n\n" + words.columns + "      \n----------    --------      \n")
		for i, s := range spans {
			star := " "
			for _, a := range administered {
				if a == i {
					star = "    *"
				}
			}
			d.text(fmt.Sprintf("%10d  %10d %s\n", s.Start, s.End, star))
		}
		d.text("\n\n" + words.note + "\n")
		d.text("\n")
		d.truth.Excluded = append(d.truth.Excluded, spans...)
	}
}

// settingTable is Get-NetTCPSetting with the columns of the range. The template
// Automatic has none.
func settingTable(d *doc) {
	utf16Page(d)
	d.text(`

SettingName      DynamicPortRangeStartPort DynamicPortRangeNumberOfPorts
-----------      ------------------------- -----------------------------
Automatic
InternetCustom   1024                      13977
DatacenterCustom 49152                     16384
Compat           49152                     16384
Datacenter       49152                     16384
Internet         1024                      13977


`)
	d.truth.Ranges = []Range{
		{"tcp", "any", 1024, 13977},
		{"tcp", "any", 49152, 16384},
		{"tcp", "any", 49152, 16384},
		{"tcp", "any", 49152, 16384},
		{"tcp", "any", 1024, 13977},
	}
}

func settingList(d *doc) {
	d.text("\n\n")
	for _, s := range []struct {
		name         string
		start, count int
	}{{"Automatic", 0, 0}, {"Datacenter", 49152, 16384}, {"Internet", 49152, 16384}} {
		start, count := "", ""
		if s.count > 0 {
			start, count = fmt.Sprint(s.start), fmt.Sprint(s.count)
			d.truth.Ranges = append(d.truth.Ranges, Range{"tcp", "any", s.start, s.count})
		}
		d.text(fmt.Sprintf(`
SettingName                   : %s
MinRto(ms)                    : 300
InitialCongestionWindow(MSS)  : 10
CongestionProvider            : CUBIC
AutoTuningLevelLocal          : Normal
DynamicPortRangeStartPort     : %s
DynamicPortRangeNumberOfPorts : %s
AutomaticUseCustom            : Disabled
`, s.name, start, count))
		d.text("\n")
	}
}

var (
	usualSpans = []Span{{"tcp", 5357, 5357}, {"tcp", 49680, 49779}, {"tcp", 49780, 49879}, {"tcp", 50000, 50059}}
	echoPrompt = `C:\>netsh int %s show dynamicport %s`
)

var rangeShapes = []shape{
	{"range-en.txt", kindRange, "437", "ranges: four values with the command above each", dynamicPorts("en", echoPrompt, fourRanges...)},
	{"range-de.txt", kindRange, "850", "ranges: de, four values", dynamicPorts("de", echoPrompt, fourRanges...)},
	{"range-ru.txt", kindRange, "866", "ranges: ru, four values", dynamicPorts("ru", echoPrompt, fourRanges...)},
	{"range-ja.txt", kindRange, "932", "ranges: ja, four values", dynamicPorts("ja", echoPrompt, fourRanges...)},
	{"range-zh.txt", kindRange, "936", "ranges: zh, four values", dynamicPorts("zh", echoPrompt, fourRanges...)},
	{"range-no-command.txt", kindRange, "437", "ranges: no command above, the family is not known", dynamicPorts("en", "", fourRanges[:2]...)},
	{
		"range-bracket-command.txt", kindRange, "437", "ranges: the command in brackets, dynamicportrange",
		dynamicPorts("en", "[netsh int %s show dynamicportrange %s]", fourRanges...),
	},
	{"range-settings-table.txt", kindRange, "", "ranges: Get-NetTCPSetting, table, Automatic empty, ranges that differ", settingTable},
	{"range-settings-list.txt", kindRange, "", "ranges: Get-NetTCPSetting, list, Automatic empty", settingList},
	{"excluded-en.txt", kindExcluded, "437", "exclusions: one administered", excluded("en", "tcp", usualSpans, 3)},
	{"excluded-de.txt", kindExcluded, "850", "exclusions: de; the words are invented", excluded("de", "tcp", usualSpans, 3)},
	{"excluded-empty.txt", kindExcluded, "437", "exclusions: none", excluded("en", "tcp", nil)},
	{"excluded-tcp-udp.txt", kindExcluded, "437", "exclusions: a section of tcp and one of udp", func(d *doc) {
		d.text("C:\\>netsh int ipv4 show excludedportrange tcp\n")
		excluded("en", "tcp", usualSpans, 3)(d)
		d.text("C:\\>netsh int ipv4 show excludedportrange udp\n")
		excluded("en", "udp", []Span{{"udp", 50000, 50059}, {"udp", 62000, 62019}}, 0)(d)
	}},
}

const tcpipKey = `HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`

var tcpipValues = map[string]uint32{"MaxUserPort": 0xdcef, "TcpTimedWaitDelay": 30, "StrictTimeWaitSeqCheck": 1}

// queryValues are lines of reg query, exportValues those of a .reg file.
func queryValues(order []string, values map[string]uint32) string {
	var b strings.Builder
	for _, name := range order {
		fmt.Fprintf(&b, "    %s    REG_DWORD    %#x\n", name, values[name])
	}
	return b.String()
}

func exportValues(order []string, values map[string]uint32) string {
	var b strings.Builder
	for _, name := range order {
		fmt.Fprintf(&b, "%q=dword:%08x\n", name, values[name])
	}
	return b.String()
}

var tcpipOrder = []string{"MaxUserPort", "TcpTimedWaitDelay", "StrictTimeWaitSeqCheck"}

const (
	queryHead = `

KEY
    DataBasePath    REG_EXPAND_SZ    %SystemRoot%\System32\drivers\etc
`
	queryTail = `
KEY\Interfaces
`
	exportHead = `
Windows Registry Editor Version 5.00

[KEY]
`
	exportPath = `"DataBasePath"=hex(2):25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,\
  00,74,00,25,00,00,00
`
)

// registry is one text of the same values.
func registry(text string) func(d *doc) {
	return func(d *doc) {
		d.text(strings.ReplaceAll(text, "KEY", tcpipKey))
		d.truth.Registry = tcpipValues
	}
}

var registryShapes = []shape{
	{"registry-query.txt", kindRegistry, "437", "registry: reg query", registry(
		queryHead + "    Hostname    REG_SZ    KONTOR01\n" + queryValues(tcpipOrder, tcpipValues) + queryTail)},
	{"registry-export.reg", kindRegistry, "utf-16le", "registry: export of the editor, UTF-16LE, hexadecimal without 0x", func(d *doc) {
		d.bytes(bomUTF16)
		registry(exportHead + "\"Hostname\"=\"KONTOR01\"\n" + exportPath + exportValues(tcpipOrder, tcpipValues) + "\n")(d)
	}},
	{"registry-powershell.txt", kindRegistry, "", "registry: Get-ItemProperty prints decimal", registry(`


DataBasePath           : %SystemRoot%\System32\drivers\etc
Hostname               : KONTOR01
MaxUserPort            : 56559
TcpTimedWaitDelay      : 30
StrictTimeWaitSeqCheck : 1
PSPath                 : Microsoft.PowerShell.Core\Registry::KEY
PSChildName            : Parameters
PSProvider             : Microsoft.PowerShell.Core\Registry


`)},
}
