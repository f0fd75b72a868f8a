package saved

// forms is what the texts of testdata hold: form, line and offset, provider, id, qualifiers,
// level, record number, channel, computer, PID/TID, time, strings with names and Binary, message.
var forms = map[string][]string{
	"collected.txt": {
		`collected:1@0 Tcpip 4231 q0 L3 #88123 "System" "SRV07.corp.example" 0/0 2026-03-10T09:04:11.12 0s | ""`,
		`collected:2@390 Tcpip 4227 q0 L3 #88124 "System" "SRV07" 0/0 2026-03-10T09:04:11 0s | "TCP/IP failed to establish an outgoing connection."`,
		`collected:3@603 Tcpip 4231 q0 L3 #0 "" "SRV07" 0/0 2026-03-10T09:04:11 | ""`,
	},
	"eventlog-list.txt": {
		`eventlog-list:3@2 AFD 16002 q32768 L3 #54000 "" "" 0/0 2026-11-20T09:02:01 ["\\Device\\Afd" "TCP" "50123" "4242"] ["" "" "" ""]  | "Closing a TCP socket with local port number 50123 in process 4242 is taking longer than expected. The local port number may not be available until the close operation is completed."`,
	},
	"eventlog-table.txt": {
		`eventlog-table:4@155 Tcpip 4231 q32768 L3 #55021 "" "" 0/0 --11-20T10:14:00 | "A request to allocate an ephemeral port number ..."`,
		`eventlog-table:5@275 AFD 16002 q32768 L3 #54000 "" "" 0/0 --11-20T09:02:00 | "Closing a TCP socket with local port number 501..."`,
		`eventlog-table:6@395 Service Control M... 7045 q16384 L4 #53001 "" "" 0/0 --11-19T08:00:00 | "A service was installed in the system...."`,
	},
	"eventlog.csv": {
		`eventlog-csv:2@192 Tcpip 4231 q32768 L3 #55021 "" "SRV01" 0/0 2026-11-20T10:14:33 | "A request has failed."`,
	},
	"eventlog.json": {
		`eventlog-json:1@0 Tcpip 4231 q32768 L3 #55021 "" "SRV01" 0/0 2026-11-20T09:14:33 0s [""] [""]  | "A request has failed."`,
	},
	"sdp.csv": {
		`sdp-csv:2@88 Tcpip 4231 q0 L3 #0 "" "SRV01.corp.example" 0/0 2026-03-04T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`sdp-csv:3@286 AFD 16002 q0 L3 #0 "" "SRV01.corp.example" 0/0 2026-03-04T09:02:01 | "Closing a TCP socket with local port number 50123 in process 4242 is taking longer than expected."`,
	},
	"sdp.txt": {
		`sdp-text:3@392 Tcpip 4231 q0 L3 #0 "" "SRV01.corp.examp" 0/0 2026-03-04T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`sdp-text:4@670 Service Control Manager 7045 q0 L4 #0 "" "SRV01.corp.examp" 0/0 2026-03-04T08:00:00 | "A service was installed in the system."`,
	},
	"snare.txt": {
		`collected:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV07.corp.example" 0/0 2026-03-10T09:04:11 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`collected:2@269 Service Control Manager 7036 q0 L4 #0 "System" "SRV07.corp.example" 0/0 2026-03-10T09:04:15 | "The X service entered the running state."`,
	},
	"psloglist.txt": {
		`psloglist:6@158 Tcpip 4231 q0 L3 #51302 "System" "SRV01.corp.example" 0/0 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`psloglist:12@412 Service Control Manager 7036 q0 L4 #51301 "System" "SRV01.corp.example" 0/0 2026-11-20T10:13:01 | "The Windows Update service entered the stopped state.\nService Name:  wuauserv\nSource: x"`,
		`psloglist:21@689 AFD 16002 q0 L3 #51300 "System" "SRV01" 0/0 2026-11-20T10:10:00 | "Message text not available.  Insertion strings:\n? \\Device\\Afd TCP 50123 4242 0"`,
		`psloglist:27@867 Tcpip 4227 q0 L3 #51299 "System" "SRV01.corp.example" 0/0 2026-11-20T10:09:00 | ""`,
		`psloglist:31@993 Tcpip 4227 q0 L3 #51298 "System" "SRV01.corp.example" 0/0 2026-11-20T10:08:00 | ""`,
		`psloglist:36@1121 Tcpip 4231 q0 L3 #51302 "System" "SRV01.corp.example" 0/0 2026-11-20T10:14:33 | "A request, and more."`,
		`psloglist:37@1222 Tcpip 4266 q0 L3 #51300 "System" "SRV01.corp.example" 0/0 2026-11-20T10:10:00 | ""`,
	},
	"splunk.txt": {
		`splunk:2@23 Tcpip 4227 q0 L3 #88123 "System" "SRV07.corp.example" 0/0 2026-03-10T09:04:11 or 10-03 | "TCP/IP failed to establish an outgoing connection because the selected local endpoint was recently used to connect to the same remote endpoint."`,
		`splunk:14@357 Tcpip 4266 q0 L3 #0 "System" "SRV07.corp.example" 0/0 2026-03-10T09:05:11 or 10-03 | "A request to allocate an ephemeral port number from the global UDP port space has failed due to all such ports being in use."`,
	},
	"ticket.txt": {
		`viewer:15@358 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`viewer:27@704 AFD 16002 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T09:02:01 | "Closing a TCP socket is taking longer than expected."`,
	},
	"viewer-de.csv": {
		`viewer-csv:2@61 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-11-20T10:14:33 | "Eine Anforderung ist fehlgeschlagen."`,
	},
	"viewer-de.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33 | "Eine Anforderung, eine kurzlebige Portnummer zuzuordnen, ist fehlgeschlagen."`,
	},
	"viewer-details.txt": {
		`viewer-details:3@23 AFD 16002 q32768 L3 #54000 "System" "SRV01" 4/124 2026-11-20T08:02:01.5 0s ["\\Device\\Afd" "TCP" "50123" "4242"] ["" "" "" ""] 000000000400300000000000823e0080 | ""`,
	},
	"viewer-keywords.csv": {
		`viewer-csv:2@53 Tcpip 4231 q0 L0 #0 "" "" 0/0 2026-11-20T10:14:33 | "A request has failed."`,
	},
	"viewer-en.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01.corp.example" 0/0 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
	},
	"viewer-es.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-10-11T09:14:33 | "Error al asignar un número de puerto efímero."`,
	},
	"viewer-export.xml": {
		`xml:2@65 Service Control Manager 7045 q32768 L4 #53001 "System" "SRV01.corp.example" 4/124 2026-11-19T07:00:00 0s ["Filter & Redirect <1>" "\\SystemRoot\\system32\\drivers\\redir.sys" "kernel mode driver"] ["ServiceName" "ImagePath" "ServiceType"]  | "A service was installed in the system."`,
		`xml:2@1038 Microsoft-Windows-Eventlog 104 q32768 L4 #53002 "System" "SRV01.corp.example" 4/124 2026-11-19T07:30:00 0s ["admin" "Application" ""] ["SubjectUserName" "Channel" "BackupPath"]  | ""`,
		`xml:2@1764 Tcpip 4231 q32768 L3 #55021 "System" "SRV01.corp.example" 4/124 2026-11-20T09:14:33.1234567 0s ["<a> & b"] [""]  | ""`,
	},
	"viewer-fi.txt": {
		`viewer:1@0 Tcpip 4231 q0 L0 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33 | "Porttinumeron varauspyyntö epäonnistui."`,
	},
	"viewer-findstr.csv": {
		`viewer-csv:2@28 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`viewer-csv:3@202 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-11-19T10:14:30 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
	},
	"viewer-fr.tab.txt": {
		`viewer-csv:2@74 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-10-11T10:14:33 | "Une demande a échoué."`,
	},
	"viewer-fr.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-10-11T10:14:33 | "Une demande d’allocation d’un numéro de port éphémère a échoué."`,
	},
	"viewer-it.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-10-11T10:14:33 | "Richiesta di allocazione di un numero di porta non riuscita."`,
	},
	"viewer-ja.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33 | "ポート番号の割り当て要求は失敗しました。"`,
	},
	"viewer-ko.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33 | "포트 번호 할당 요청이 실패했습니다."`,
	},
	"viewer-pt.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-10-11T10:14:33 | "Falha na solicitação de um número de porta."`,
	},
	"viewer-ru.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33 | "Запрос на выделение временного номера порта завершился с ошибкой."`,
	},
	"viewer-xml-en.txt": {
		`viewer:1@0 Tcpip 4227 q32768 L3 #55100 "System" "SRV01" 0/0 2026-11-20T10:00:00 0s [""] [""]  | "TCP/IP failed to establish an outgoing connection."`,
	},
	"viewer-xp.txt": {
		`viewer:1@0 Tcpip 4226 q0 L3 #0 "" "OLD01" 0/0 2026-03-13T21:05:07 | "TCP/IP has reached the security limit imposed on the number of concurrent TCP connect attempts."`,
		`viewer:12@248 Tcpip 4227 q0 L3 #0 "" "OLD01" 0/0 2026-03-14T09:05:08 | "Another one."`,
	},
	"viewer-zh-tw.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T14:14:33 | "配置連接埠號碼的要求失敗。"`,
	},
	"viewer-zh.txt": {
		`viewer:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33 | "分配临时端口号的请求失败。"`,
	},
	"viewer.csv": {
		`viewer-csv:2@53 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`viewer-csv:3@227 Service Control Manager 7045 q0 L4 #0 "" "" 0/0 2026-11-20T10:00:00 | "A service was installed in the system."`,
		`viewer-csv:7@409 AFD 16002 q0 L3 #0 "" "" 0/0 2026-11-20T09:02:01 | "Closing a TCP socket with local port number 50123 in process 4242 is taking longer than expected."`,
	},
	"wevtutil-text-2022.txt": {
		`wevtutil-text:1@0 Tcpip 4231 q0 L0 #0 "System" "SRV01" 0/0 2026-11-20T09:14:33.123 0s | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
	},
	"wevtutil-text-de.txt": {
		`wevtutil-text:1@0 Tcpip 4227 q0 L3 #0 "System" "SRV01" 0/0 2026-11-20T10:14:33.123 | "Die TCP/IP-Verbindung wurde nicht hergestellt."`,
	},
	"wevtutil-text.txt": {
		`wevtutil-text:1@0 Tcpip 4231 q0 L3 #0 "System" "SRV01.corp.example" 0/0 2026-11-20T10:14:33.123 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`wevtutil-text:16@358 AFD 16002 q0 L3 #0 "System" "SRV01.corp.example" 0/0 2026-11-20T09:02:01.5 | "Closing a TCP socket with local port number 50123 in process 4242 is taking longer than expected."`,
	},
	"wevtutil.xml": {
		`xml:1@0 Tcpip 4231 q32768 L3 #55021 "System" "SRV01.corp.example" 4/124 2026-11-20T09:14:33.1234567 0s [""] [""] 000000000100280000000000871000800000000000000000000000000000000000000000000000000000 | ""`,
		`xml:2@625 AFD 16002 q32768 L3 #54000 "System" "SRV01.corp.example" 4/124 2026-11-20T08:02:01.5 0s ["\\Device\\Afd" "TCP" "50123" "4242"] ["" "" "" ""] 000000000400300000000000823e0080 | ""`,
	},
	"winevent-5.json": {
		`winevent-json:2@2 AFD 16002 q32768 L3 #54000 "System" "SRV01.corp.example" 0/0 2026-11-20T09:02:01.5 0s ["\\Device\\Afd" "TCP" "50123" "4242"] ["" "" "" ""]  | "Closing a TCP socket is taking longer than expected."`,
		`winevent-json:36@1145 Tcpip 4231 q0 L0 #0 "" "" 0/0 2026-11-20T09:14:33.123 0s | "A request has failed."`,
	},
	"winevent-7.json": {
		`winevent-json:1@0 Tcpip 4231 q32768 L3 #55021 "System" "SRV01" 4/124 2026-11-20T10:14:33.1234567 1h0m0s [""] [""]  | "A request has failed."`,
		`winevent-json:2@304 Tcpip 4227 q0 L0 #0 "" "" 0/0 2026-11-20T10:14:34.5 1h0m0s | ""`,
	},
	"winevent-list-all.txt": {
		`winevent-list:1@0 Tcpip 4231 q32768 L3 #55021 "System" "SRV01.corp.example" 4/124 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
	},
	"winevent-list.txt": {
		`winevent-list:3@2 Tcpip 4231 q0 L0 #0 "" "" 0/0 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`winevent-list:9@235 Tcpip 4227 q0 L0 #0 "" "" 0/0 2026-11-19T10:14:30 | "TCP/IP failed to establish an outgoing connection because the selected local endpoint was recently used to connect to the same remote endpoint."`,
	},
	"winevent-noprovider.csv": {
		`line 2: event 4231 is listed without its provider, so its id cannot be understood (saved-provider)`,
	},
	"winevent-select.txt": {
		`winevent-table:5@216 Tcpip 4231 q0 L0 #0 "" "" 0/0 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global\nTCP port space has failed due to all such ports being in use."`,
		`winevent-table:7@423 Tcpip 4227 q0 L0 #0 "" "" 0/0 2026-11-13T13:04:05 | "TCP/IP failed to establish an outgoing connection."`,
	},
	"winevent-semicolon.csv": {
		`winevent-csv:2@44 Tcpip 4231 q0 L0 #0 "" "" 0/0 2026-11-20T10:14:33 | "Eine Anforderung ist fehlgeschlagen."`,
	},
	"winevent-table-ja.txt": {
		`winevent-table:5@144 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-11-20T10:14:33 | "グローバル TCP ポート領域から..."`,
	},
	"winevent-table.txt": {
		`winevent-table:7@186 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-11-20T10:14:33 | "A request to allocate a..."`,
		`winevent-table:8@266 Tcpip 4231 q0 L3 #0 "" "" 0/0 2026-11-19T10:14:30 | "A request to allocate a..."`,
		`winevent-table:15@530 AFD 16002 q0 L3 #0 "" "" 0/0 2026-11-20T09:02:01 | "Closing a TCP socket wi..."`,
	},
	"winevent-value.json": {
		`winevent-json:3@18 Tcpip 4231 q0 L0 #0 "" "" 0/0 2026-11-20T09:14:33.123 0s | ""`,
	},
	"winevent.clixml": {
		`clixml:2@83 AFD 16002 q32768 L3 #54000 "System" "SRV01" 0/0 2026-11-20T09:02:01.5 1h0m0s ["\\Device\\Afd" "TCP" "50123" "4242"] ["" "" "" ""]  | "Closing a TCP socket\nis taking longer than expected."`,
		`clixml:34@1530 Tcpip 4231 q32768 L3 #55021 "" "SRV01" 0/0 2026-11-20T10:14:33 1h0m0s [""] [""]  | ""`,
	},
	"winevent.csv": {
		`winevent-csv:3@408 Tcpip 4231 q32768 L3 #55021 "System" "SRV01.corp.example" 4/124 2026-11-20T10:14:33 | "A request to allocate an ephemeral port number from the global TCP port space has failed due to all such ports being in use."`,
		`winevent-csv:4@919 Service Control Manager 7045 q16384 L4 #53001 "System" "SRV01.corp.example" 620/700 2026-11-19T08:00:00 | "A service was installed in the system."`,
	},
	"xml-in-mail.txt": {
		`xml:4@53 Tcpip 4227 q32768 L3 #55100 "System" "SRV01" 0/0 2026-11-20T10:00:00 0s [""] [""]  | ""`,
	},
}
