package netstatparse

import (
	"bytes"
	"slices"
	"strings"
)

// enoughRows is how many rows make a connection table without a header.
const enoughRows = 3

// titles stand above a table; an empty table has nothing else.
var titles = []string{
	"Active Connections", "Aktive Verbindungen", "Connexions actives", "Conexiones activas", "Conexões ativas",
	"Активные подключения", "活动连接", "使用中連線", "활성 연결", "アクティブな接続", "Connessioni attive",
}

// Sniff tells by the first bytes of a file whether it holds connection tables, or
// what netstat wrote instead of one: "netstat", or "psnet" for those of other tools.
func Sniff(head []byte) (kind string, ok bool) {
	rows := 0
	for s, err := range NewReader(bytes.NewReader(head)).Snapshots() {
		switch {
		case err != nil:
		case s.Failed != "":
			return "netstat", true
		case s.Tool == ToolNetstat:
			if rows += len(s.Entries); rows >= enoughRows {
				return "netstat", true
			}
		case len(s.Entries) > 0 || len(s.Totals) > 0:
			return "psnet", true
		}
	}
	lines := NewLineScanner(bytes.NewReader(head))
	for lines.Scan() {
		if slices.Contains(titles, strings.TrimSpace(lines.Text())) {
			return "netstat", true
		}
	}
	return "", false
}
