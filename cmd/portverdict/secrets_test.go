package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"portverdict/cmd/internal/synth"
)

// secrets are what the inputs of one bundle name and no output may: names, as they are
// written, and addresses, however they are written.
type secrets struct {
	d     *rand.Rand
	names []string
	ids   map[string]bool // hashes of inputs, rows and the bundle
	four  []netip.Addr
	six   []netip.Addr
	mac   [][]byte
}

// word makes a name that no text has by chance, and keeps it.
func (s *secrets) word(pattern string) string {
	const consonants, vowels = "bcdfghjklmnprstvwxz", "aeiou"
	var b strings.Builder
	for _, c := range pattern {
		switch c {
		case 'c':
			b.WriteByte(consonants[s.d.IntN(len(consonants))])
		case 'v':
			b.WriteByte(vowels[s.d.IntN(len(vowels))])
		case '9':
			b.WriteByte("123456789"[s.d.IntN(9)])
		default:
			b.WriteRune(c)
		}
	}
	s.names = append(s.names, b.String())
	return b.String()
}

// host makes the name of a machine, of one of the forms that such names have.
func (s *secrets) host() string {
	return s.word([]string{"Qcvcvc99", "QX-cvc99", "cvq_cvc99", "Qcvcv-cvc", "DESKTOP-Qcv9c9c", "qvcq-cvcvcvcvcvcv99"}[s.d.IntN(6)])
}

// user makes the name of a person's account.
func (s *secrets) user() string {
	return s.word([]string{"qcvcvc", "qcvc.cvcv", "Qcvcvq9", "qcvc-vc", "qcvürcv"}[s.d.IntN(5)])
}

func (s *secrets) address() netip.Addr {
	a := netip.AddrFrom4([4]byte{[]byte{10, 10, 172, 93}[s.d.IntN(4)], byte(16 + s.d.IntN(16)), byte(1 + s.d.IntN(250)), byte(1 + s.d.IntN(250))})
	s.four = append(s.four, a)
	return a
}

func (s *secrets) address6() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], []uint64{0xfd00_0077_0000_0000, 0xfe80_0000_0000_0000, 0x2a02_0810_0001_0000}[s.d.IntN(3)])
	binary.BigEndian.PutUint64(b[8:], s.d.Uint64()&0x0000_ffff_0000_ffff|0x100)
	a := netip.AddrFrom16(b)
	s.six = append(s.six, a)
	return a
}

func (s *secrets) card() []byte {
	m := []byte{0x00, 0x15, 0x5d, byte(s.d.IntN(256)), byte(s.d.IntN(256)), byte(0xa0 + s.d.IntN(16))}
	s.mac = append(s.mac, m)
	return m
}

// secretBundle writes the bundle of a random recipe on a host with names that stand in
// its inputs wherever such names do, and tells them.
func secretBundle(t *testing.T, seed uint64) (string, *secrets) {
	t.Helper()
	s := &secrets{d: rand.New(rand.NewPCG(seed, 1)), ids: map[string]bool{}}
	r := synth.Random(seed)
	domain := s.word("qcvcvcorp9") + ".example.com"
	r.Host.Name = s.host()
	if seed%3 == 0 {
		r.Host.Name += "." + domain
	}
	for i := range r.Processes {
		for k := range r.Processes[i].Sockets {
			r.Processes[i].Sockets[k].Remotes = 1 // few peers: the report has reason to name one
		}
	}
	files := s.files(strings.Split(r.Host.Name, ".")[0], domain) // what follows is named in the log and paths alone
	r.Processes[1].Services = append(r.Processes[1].Services, "MSSQL$"+strings.ToUpper(s.word("qcvcv99")), "MSSQL$"+strings.Split(r.Host.Name, ".")[0])
	if r.Log != nil {
		for at := range 8 {
			r.Log.Records = append(r.Log.Records, synth.Record{
				At: r.Duration * synth.Duration(at) / 8, Provider: "NETLOGON", ID: 5719, Data: []string{strings.ToUpper(s.word("qcvcvcdom9")), "%%1311 for " + s.user() + "@" + domain},
			})
		}
	}
	dir := t.TempDir()
	if _, err := r.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(dir, "bundle")
	if seed%4 == 2 {
		s.another(t, seed, filepath.Join(bundle, "second"))
	}
	folder, peer := s.word("Qcvcv cvcvc GmbH"), s.word("qcvcv-99")
	files[folder+"/netstat cut.txt"] = []byte(cutTable(s.address(), s.address()))
	files[peer+"/excluded ranges.txt"] = []byte("netsh int ipv4 show excludedportrange protocol=tcp\r\n\r\nnothing of " + peer + " is here\r\n")
	files["inner/"+s.word("Qcvc cvcvq 9")+".zip"] = zipped(t, "netstat.txt", cutTable(s.address(), s.address()))
	for name, text := range files {
		file := filepath.Join(bundle, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s.hashes(t, bundle)
	return bundle, s
}

// another writes what a second machine sent.
func (s *secrets) another(t *testing.T, seed uint64, to string) {
	t.Helper()
	r := synth.Random(seed + 1000)
	r.Host.Name = s.host()
	dir := t.TempDir()
	_, err := r.Write(context.Background(), dir)
	if err == nil {
		err = os.CopyFS(to, os.DirFS(filepath.Join(dir, "bundle")))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// hashes keeps the hashes of the inputs: who has one of these files could tell that it
// is in the bundle.
func (s *secrets) hashes(t *testing.T, bundle string) {
	t.Helper()
	err := filepath.WalkDir(bundle, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		s.ids[fmt.Sprintf("%x", sha256.Sum256(data))] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// cutTable has a row that cannot be, which the report tells of.
func cutTable(a, b netip.Addr) string {
	return fmt.Sprintf("\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"+
		"  TCP    %v:99999        %v:443       ESTABLISHED     4242\r\n  TCP    %v:50000        %v:443       ESTABLISHED     4242\r\n", a, b, a, b)
}

func zipped(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(name)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// files are texts that name things in every way, and then again in plain words, in
// other letters and encodings.
func (s *secrets) files(host, domain string) map[string][]byte {
	out := map[string][]byte{
		host + "_systeminfo.txt": []byte("\r\nHost Name:                 " + host + "\r\nOS Name:                   Microsoft Windows Server 2022 Standard\r\n" +
			"OS Version:                10.0.20348 N/A Build 20348\r\nRegistered Owner:          " + s.word("Qcvcvc Zcvcvc9") + "\r\nDomain:                    " + domain +
			"\r\nLogon Server:              \\\\" + s.host() + "\r\nIP address(es)\r\n   [01]: " + s.address().String() + "\r\n"),
		"whoami/hostname.txt": []byte(s.word("QVCNAME99") + "\r\n"),
		"ipconfig.txt":        []byte(s.ipconfig(domain)),
		"talk.txt":            []byte(s.talk(domain)),
	}
	user := s.user()
	out["C/Users/"+user+"/handles.txt"] = []byte("\r\nleaky.exe pid: 4242 " + strings.ToUpper(s.word("qcvcshort9")) + "\\" + user + "\r\n   1C: File  (RW-)   C:\\Users\\" + user + "\\x.log\r\n")
	var plain strings.Builder
	for i, name := range s.names {
		switch i % 4 {
		case 0:
			name = strings.ToUpper(name)
		case 1:
			name = strings.ToLower(name)
		case 2:
			name = strings.ReplaceAll(name, " ", "%20")
		}
		fmt.Fprintf(&plain, "we saw %s here, file %s.log and (%s)\r\n", name, strings.ReplaceAll(name, " ", "_"), name)
	}
	plain.WriteString(s.numbers())
	out["seen.txt"] = []byte(plain.String())
	out["seen16.txt"] = []byte("\xFF\xFE")
	for _, u := range utf16.Encode([]rune(plain.String())) {
		out["seen16.txt"] = binary.LittleEndian.AppendUint16(out["seen16.txt"], u)
	}
	for name, umlaut := range map[string]string{"ansi": "\xFC", "oem": "\x81"} {
		out["seen-"+name+".txt"] = []byte(strings.ReplaceAll(plain.String(), "ü", umlaut))
	}
	return out
}

// ipconfig names addresses in the way that can be nothing else.
func (s *secrets) ipconfig(domain string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\r\nWindows IP Configuration\r\n\r\n   Primary Dns Suffix  . . . . . . . : %s\r\n", domain)
	for range 4 {
		fmt.Fprintf(&b, "   Physical Address. . . . . . . . . : %s\r\n   IPv4 Address. . . . . . . . . . . : %s(Preferred)\r\n   Link-local IPv6 Address . . . . . : %s%%5(Preferred)\r\n",
			strings.ToUpper(bytesOf(s.card(), "-")), s.address(), s.address6())
	}
	return b.String()
}

func bytesOf(m []byte, sep string) string {
	var out []string
	for _, c := range m {
		out = append(out, hex.EncodeToString([]byte{c}))
	}
	return strings.Join(out, sep)
}

// numbers spells the addresses in every way.
func (s *secrets) numbers() string {
	var b strings.Builder
	for _, a := range s.four {
		v := a.As4()
		n, low := binary.BigEndian.Uint32(v[:]), binary.LittleEndian.Uint32(v[:])
		fmt.Fprintf(&b, "to %v, %03d.%03d.%03d.%03d and 0%o.0%o.0%o.0%o", a, v[0], v[1], v[2], v[3], v[0], v[1], v[2], v[3])
		fmt.Fprintf(&b, " 0x%X.0x%X.0x%X.0x%X, 0x%08X, %08x, %d, ip-%d-%d-%d-%d.internal\r\n", v[0], v[1], v[2], v[3], n, low, n, v[0], v[1], v[2], v[3])
		fmt.Fprintf(&b, "http://%d/ or %d.%d.%d.%d.in-addr.arpa, ::ffff:%v, addr:%d_%d_%d_%d\r\n", n, v[3], v[2], v[1], v[0], a, v[0], v[1], v[2], v[3])
	}
	for _, a := range s.six {
		fmt.Fprintf(&b, "%v [%s]:443 %s addr:%v %s.ipv6-literal.net\r\n", a, a.StringExpanded(), strings.ToUpper(a.String()), a, strings.ReplaceAll(a.String(), ":", "-"))
		b.WriteString("hex " + strings.ReplaceAll(a.StringExpanded(), ":", "") + "\r\n")
	}
	for _, m := range s.mac {
		h := bytesOf(m, "")
		fmt.Fprintf(&b, "%s %s %s.%s.%s %s mac %s\r\n", bytesOf(m, "-"), strings.ToUpper(bytesOf(m, ":")), h[:4], h[4:8], h[8:], h, bytesOf(m, " "))
	}
	return b.String()
}

// talk is a session at a prompt, which names machines and people by the words around them.
func (s *secrets) talk(domain string) string {
	h := s.host
	session, asked := s.user(), s.user()
	lines := []string{
		"[" + h() + "]: PS C:\\Users\\" + s.user() + "\\Documents> Get-NetTCPConnection -ComputerName " + h(),
		"C:\\>hostname", h(), "C:\\>ping " + h(), "", "Pinging " + h() + "." + domain + " [" + s.address().String() + "] with 32 bytes of data:",
		"C:\\>nslookup " + h(), "Server:  " + h() + "." + domain, "Address:  " + s.address().String(), "",
		"Name:    " + h() + "." + domain, "Addresses:  " + s.address().String(), "",
		"C:\\>nbtstat -n", "    " + strings.ToUpper(s.word("QVCVC-99")) + "       <00>  UNIQUE      Registered", "    " + strings.ToUpper(s.word("QCVCGRP9")) + "       <00>  GROUP       Registered",
		"C:\\>query user /server:" + h(), " USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME",
		">" + session + strings.Repeat(" ", 22-len([]rune(session))) + "rdp-tcp#1           2  Active          .  3/10/2026 9:00 AM", "",
		"C:\\>qwinsta", " SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE", " rdp-tcp#1         " + asked + strings.Repeat(" ", 25-len([]rune(asked))) + "2  Active", "",
		"C:\\>runas /user:" + strings.ToUpper(s.word("qcvcvdm9")) + "\\" + s.user() + " cmd", "C:\\>net use \\\\" + h() + "\\data$ /user:" + s.user() + "@" + domain,
		"mounted //" + h() + "/share and http://" + h() + ":8080/x", "http://" + s.word("qcvcvu") + ":" + s.word("Qpwcvc9c9") + "@" + h() + ":8080/",
		"setspn: MSSQLSvc/" + h() + "." + domain + ":1433", "account " + s.word("QVCVC9") + "$ is locked", "Data Source=" + h() + "\\x,1433;User ID=" + s.word("qcvcvu9") + ";Password=" + s.word("Qpwcv9cvc"),
		"CN=" + s.word("qcvcvcn9") + ",OU=" + s.word("Qcvcvou9") + ",DC=" + s.word("qcvcvdc9") + ",DC=com", "seen as " + s.sid() + " there", "  TCP    " + h() + ":49200   " + h() + ":https  ESTABLISHED     4242",
		"09:01:02 connect to http://" + h() + ":443/: Only one usage of each socket address (protocol/network address/port) is normally permitted",
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func (s *secrets) sid() string {
	sid := fmt.Sprintf("S-1-5-21-%d-%d-%d-1104", s.d.Uint32(), s.d.Uint32(), s.d.Uint32())
	s.names = append(s.names, sid)
	return sid
}

// left gives what a text still tells: names in any letters, also where a line ends
// within one, and addresses in any spelling.
func (s *secrets) left(text string) []string {
	var out []string
	text = seen(text)
	joined := strings.Join(strings.Fields(text), " ")
	for _, name := range s.names {
		is := strings.ToLower(name)
		found := strings.Contains(text, is) || strings.Contains(is, " ") && strings.Contains(joined, is)
		for _, umlaut := range []string{"\xFC", "\x81", "u\u0308", "Ã¼"} {
			found = found || strings.Contains(is, "ü") && strings.Contains(text, strings.ReplaceAll(is, "ü", umlaut))
		}
		if found {
			out = append(out, name)
		}
	}
	for _, id := range ownIDs.FindAllString(text, -1) {
		if s.ids[id] {
			out = append(out, id)
		}
	}
	for _, word := range numeric(text) {
		a := word.Unmap()
		if slices.Contains(s.four, a) || slices.Contains(s.six, a) {
			out = append(out, a.String())
		}
	}
	bare := strings.NewReplacer("-", "", ":", "", ".", "", " ", "").Replace(text)
	for _, m := range s.mac {
		if h := hex.EncodeToString(m); strings.Contains(bare, h) {
			out = append(out, h)
		}
	}
	return out
}
