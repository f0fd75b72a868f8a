package textgen

import "strings"

// errorLines are what Windows and programs say where a socket cannot be had, by Winsock's
// code. The messages are those of FormatMessage in each language, as far as they were seen.
var errorLines = []struct {
	code int
	text string
}{
	{10048, "Only one usage of each socket address (protocol/network address/port) is normally permitted"},
	{10048, "Normalerweise darf jede Socketadresse (Protokoll, Netzwerkadresse oder Anschluss) nur jeweils einmal verwendet werden"},
	{10048, "Une seule utilisation de chaque adresse de socket (protocole/adresse réseau/port) est habituellement autorisée"},
	{10048, "Solo se permite un uso de cada dirección de socket (protocolo/dirección de red/puerto)"},
	{10048, "Di norma è consentito un solo utilizzo di ogni indirizzo di socket (protocollo/indirizzo di rete/porta)"},
	{10048, "Normalmente é permitida apenas uma utilização de cada endereço de soquete (protocolo/endereço de rede/porta)"},
	{10048, "Обычно разрешается только одно использование адреса сокета (протокол/сетевой адрес/порт)"},
	{10048, "通常、各ソケット アドレスに対してプロトコル、ネットワーク アドレス、またはポートのどれか 1 つのみを使用できます。"},
	{10048, "通常每个套接字地址(协议/网络地址/端口)只允许使用一次。"},
	{10048, "java.net.BindException: Address already in use: connect"},
	{10048, "Error: connect EADDRINUSE 10.0.0.9:443"},
	{10055, "An operation on a socket could not be performed because the system lacked sufficient buffer space or because a queue was full"},
	{10055, "Ein Socketvorgang konnte nicht ausgeführt werden, da dem System Pufferspeicher fehlte oder eine Warteschlange voll war"},
	{10055, "由于系统缓冲区空间不足或队列已满，不能执行套接字上的操作。"},
	{10055, "java.net.SocketException: No buffer space available (maximum connections reached?): connect"},
	{10055, "System.Net.Sockets.SocketException (10055): the operation failed"},
	{10013, "An attempt was made to access a socket in a way forbidden by its access permissions"},
	{10013, "Der Zugriff auf einen Socket war aufgrund der Zugriffsrechte des Sockets unzulässig"},
	{10013, "Intento de acceso a un socket no permitido por sus permisos de acceso"},
}

// Errors is a text with a line for each, and the code of each line.
func Errors() (text string, codes []int) {
	var b strings.Builder
	for _, e := range errorLines {
		b.WriteString(e.text + "\n")
		codes = append(codes, e.code)
	}
	return b.String(), codes
}
