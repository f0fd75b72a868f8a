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

// Sniff tells by the first bytes of a file whether it is a saved connection
// table, or what netstat wrote instead of one.
func Sniff(head []byte) bool {
	lines := NewLineScanner(bytes.NewReader(head))
	var k kept
	var r row
	rows := 0
	for lines.Scan() {
		if ok, _ := r.parse(lines.Bytes(), &k); ok {
			if rows++; rows == enoughRows {
				return true
			}
			continue
		}
		text := lines.Text()
		if why := failure(text); why != "" {
			return true
		}
		text = strings.TrimSpace(text)
		if slices.Contains(titles, text) {
			return true
		}
	}
	return false
}
