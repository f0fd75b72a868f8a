package textgen

import "maps"

// A language is how one Windows language prints the table. Most translate the
// headings and leave the states in English.
type language struct {
	title, proto, local, remote, state string
	states                             map[string]string
	invented                           bool // no real text with these states is known
	page                               string
}

var german = map[string]string{
	"LISTENING": "ABHÖREN", "ESTABLISHED": "HERGESTELLT", "TIME_WAIT": "WARTEND", "CLOSE_WAIT": "SCHLIESSEN_WARTEN",
	"FIN_WAIT_2": "FIN_WARTEN_2", "SYN_SENT": "SYN_GESENDET", "SYN_RECEIVED": "SYN_EMPFANGEN", "CLOSING": "SCHLIESSEND",
}

// invent makes a list of state words nobody has seen on a machine.
func invent(listening, established, timeWait, closeWait, synSent string) map[string]string {
	return map[string]string{
		"LISTENING": listening, "ESTABLISHED": established, "TIME_WAIT": timeWait, "CLOSE_WAIT": closeWait, "SYN_SENT": synSent,
	}
}

var languages = map[string]language{
	"":   {title: "Active Connections", proto: "Proto", local: "Local Address", remote: "Foreign Address", state: "State"},
	"en": {title: "Active Connections", proto: "Proto", local: "Local Address", remote: "Foreign Address", state: "State"},
	"de": {
		title: "Aktive Verbindungen", proto: "Proto", local: "Lokale Adresse", remote: "Remoteadresse", state: "Status",
		states: german, page: "850",
	},
	"fr": {title: "Connexions actives", proto: "Proto", local: "Adresse locale", remote: "Adresse distante", state: "État", page: "850"},
	"es": {
		title: "Conexiones activas", proto: "Proto", local: "Dirección local", remote: "Dirección remota", state: "Estado", page: "850",
	},
	"pt-br": {
		title: "Conexões ativas", proto: "Proto", local: "Endereço local", remote: "Endereço externo", state: "Estado", page: "850",
	},
	"ru": {
		title: "Активные подключения", proto: "Имя", local: "Локальный адрес", remote: "Внешний адрес", state: "Состояние", page: "866",
	},
	"zh-cn": {title: "活动连接", proto: "协议", local: "本地地址", remote: "外部地址", state: "状态", page: "936"},
	"zh-tw": {title: "使用中連線", proto: "協定", local: "本機位址", remote: "外部位址", state: "狀態", page: "950"},
	"ko":    {title: "활성 연결", proto: "프로토콜", local: "로컬 주소", remote: "외부 주소", state: "상태", page: "949"},
	"ja": {
		title: "アクティブな接続", proto: "プロトコル", local: "ローカル アドレス", remote: "外部アドレス", state: "状態", page: "932",
	},
	"it": {title: "Connessioni attive", proto: "Proto", local: "Indirizzo locale", remote: "Indirizzo esterno", state: "Stato", page: "850"},
	"tr": {
		title: "Etkin Bağlantılar", proto: "İl.Kr.", local: "Yerel Adres", remote: "Yabancı Adres", state: "Durum", page: "857",
		states: invent("DİNLENİYOR", "KURULDU", "BEKLİYOR", "KAPANMA_BEKLENİYOR", "SYN_GÖNDERİLDİ"), invented: true,
	},
	"nl": {
		title: "Actieve verbindingen", proto: "Proto", local: "Lokaal adres", remote: "Extern adres", state: "Status", page: "850",
		states: invent("LUISTEREN", "VERBONDEN", "WACHTEN", "SLUITEN_WACHTEN", "SYN_VERZONDEN"), invented: true,
	},
	"pl": {
		title: "Aktywne połączenia", proto: "Proto", local: "Adres lokalny", remote: "Obcy adres", state: "Stan", page: "852",
		states: invent("NASŁUCHIWANIE", "USTANOWIONO", "CZAS_OCZEKIWANIA", "OCZEKIWANIE_ZAMKNIĘCIA", "SYN_WYSŁANO"), invented: true,
	},
	"cs": {
		title: "Aktivní připojení", proto: "Proto", local: "Místní adresa", remote: "Cizí adresa", state: "Stav", page: "852",
		states: invent("NASLOUCHÁNÍ", "NAVÁZÁNO", "ČEKÁNÍ", "ČEKÁ_NA_ZAVŘENÍ", "SYN_ODESLÁNO"), invented: true,
	},
	"sv": {
		title: "Aktiva anslutningar", proto: "Proto", local: "Lokal adress", remote: "Fjärradress", state: "Status", page: "850",
		states: invent("LYSSNAR", "UPPRÄTTAD", "VÄNTAR", "VÄNTAR_STÄNG", "SYN_SKICKAT"), invented: true,
	},
	"hu": {
		title: "Aktív kapcsolatok", proto: "Proto", local: "Helyi cím", remote: "Idegen cím", state: "Állapot", page: "852",
		states: invent("FIGYELŐ", "LÉTREJÖTT", "VÁRAKOZIK", "ZÁRÁSRA_VÁR", "SYN_ELKÜLDVE"), invented: true,
	},
	"da": {
		title: "Aktive forbindelser", proto: "Proto", local: "Lokal adresse", remote: "Fjernadresse", state: "Tilstand", page: "850",
		states: invent("LYTTER", "OPRETTET", "VENTER", "LUK_VENTER", "SYN_AFSENDT"), invented: true,
	},
	"no": {
		title: "Aktive tilkoblinger", proto: "Proto", local: "Lokal adresse", remote: "Ekstern adresse", state: "Tilstand", page: "850",
		states: invent("LYTTER", "ETABLERT", "VENTER", "LUKK_VENTER", "SYN_SENDT"), invented: true,
	},
	"fi": {
		title: "Aktiiviset yhteydet", proto: "Proto", local: "Paikallinen osoite", remote: "Etäosoite", state: "Tila", page: "850",
		states: invent("KUUNTELEE", "MUODOSTETTU", "ODOTTAA", "ODOTTAA_SULKEMISTA", "SYN_LÄHETETTY"), invented: true,
	},
}

const germanStates = `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	TCP 192.0.2.10:49702 198.51.100.8:1433 TIME_WAIT 0
	TCP 192.0.2.10:49703 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49704 198.51.100.7:443 FIN_WAIT_2 4242
	TCP 192.0.2.10:49705 198.51.100.9:8080 SYN_SENT 4242
	TCP 192.0.2.10:445 198.51.100.9:50112 SYN_RECEIVED 4
	TCP 192.0.2.10:49706 198.51.100.7:443 CLOSING 4242
	UDP 0.0.0.0:123 *:* - 1044`

// languageShapes has one file a language, in the code page its Windows uses.
func languageShapes() []shape {
	var all []shape
	for code, l := range languages {
		if code == "" {
			continue
		}
		f, why := layout{lang: code, words: l.states}, "languages: "+code+", states in English"
		switch {
		case l.invented:
			why = "languages: " + code + "; headings unverified, state words invented, no real text is known"
		case l.states != nil:
			why = "languages: " + code + ", translated states"
		}
		list := sample
		if code == "de" {
			list = germanStates
		}
		all = append(all, shape{
			name: "language-" + code + ".txt", kind: kindNetstat, page: l.page, why: why,
			compose: func(d *doc) { d.table(f, list) },
		})
	}
	guessed := maps.Clone(german)
	maps.Copy(guessed, map[string]string{"FIN_WAIT_1": "FIN_WARTEN_1", "LAST_ACK": "LETZTES_ACK", "BOUND": "GEBUNDEN"})
	return append(all,
		shape{
			name: "language-de-unseen-states.txt", kind: kindNetstat, page: "850",
			why: "languages: de; FIN_WARTEN_1, LETZTES_ACK and GEBUNDEN are invented, no real text is known",
			compose: func(d *doc) {
				d.table(layout{lang: "de", words: guessed}, germanStates+`
	TCP 192.0.2.10:49707 198.51.100.7:443 FIN_WAIT_1 4242
	TCP 192.0.2.10:49708 198.51.100.7:443 LAST_ACK 4242
	TCP 0.0.0.0:49709 0.0.0.0:0 BOUND 4242`)
			},
		},
		shape{
			name: "language-es-without-pid.txt", kind: kindNetstat, page: "850",
			why:     "languages: es without -o, whose header is spaced otherwise",
			compose: func(d *doc) { d.table(layout{lang: "es", nopid: true}, sample) },
		},
		shape{
			name: "language-zh-cn-offload.txt", kind: kindNetstat, page: "936",
			why: "languages: zh-CN with -t, header word 卸载状态",
			compose: func(d *doc) {
				d.table(layout{lang: "zh-cn", extra: "卸载状态", values: []string{"\tInHost      "}}, sample)
			},
		},
		shape{
			name: "language-ja-wide-column.txt", kind: kindNetstat, page: "932",
			why: "row format: ja prints the protocol in a wider column",
			compose: func(d *doc) {
				d.table(layout{lang: "ja", format: "  %-10s  %-21s  %-21s  %-12s    %s"}, sample)
			},
		})
}
