package netstatparse

import (
	"bytes"
)

// enoughRows is how many rows make a connection table without a header.
const enoughRows = 3

// titles stand above a table; an empty table has nothing else.
var titles = map[string]bool{
	"Active Connections": true, "Aktive Verbindungen": true, "Connexions actives": true, "Conexiones activas": true, "Conexões ativas": true,
	"Активные подключения": true, "活动连接": true, "使用中連線": true, "활성 연결": true, "アクティブな接続": true, "Connessioni attive": true,
}

// Sniff tells by the first bytes of a file whether it holds connection tables, or
// what netstat wrote instead of one: "netstat", or "psnet" for those of other tools.
func Sniff(head []byte) (kind string, ok bool) {
	rows, r := 0, NewReader(bytes.NewReader(head))
	for s, err := range r.Snapshots() {
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
	if r.titled {
		return "netstat", true
	}
	return "", false
}
