package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that hold nothing to be read are named by their content, with what to do, whatever
// they are called.
func TestForeign(t *testing.T) {
	pad := strings.Repeat("\x00", 600)
	for what, content := range map[string]string{
		"(pcapng)":                 "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a" + pad,
		"(pcap)":                   "\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + pad,
		"of Network Monitor":       "GMBU\x00\x02" + pad,
		"saved by Outlook":         oleHead + pad + wide("__substg1.0_0037001F"),
		"as Outlook packs them":    "\x78\x9f\x3e\x22\x01\x00" + pad,
		"an Office document":       oleHead + pad,
		"Office document, which":   "PK\x03\x04\x14\x00\x06\x00" + strings.Repeat("\x00", 22) + "[Content_Types].xml" + pad,
		"a PDF":                    "%PDF-1.7\n" + pad,
		"a picture":                "\x89PNG\r\n\x1a\n" + pad,
		"picture, which":           "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36" + pad,
		"of Windows XP":            "\x30\x00\x00\x00LfLe" + pad,
		"hive of the registry":     "regf" + pad,
		"a registry export":        "\xff\xfe" + wide("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Console]\r\n\"FaceName\"=\"x\"\r\n"),
		"a Windows error report":   "\xff\xfe" + wide("Version=1\r\nEventType=APPCRASH\r\n"),
		"a program":                "MZ\x90\x00" + pad,
		"the content is of no kno": "nothing that any reader knows\n",
	} {
		name := filepath.Join(t.TempDir(), "netstat.txt")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := Load(t.Context(), []string{name}, Options{Jobs: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Inputs) != 1 || b.Inputs[0].Kind != kindUnknown || len(b.Diagnostics) != 1 {
			t.Errorf("%s: %+v %+v", what, b.Inputs, b.Diagnostics)
			continue
		}
		if text := b.Diagnostics[0].Text; !strings.Contains(text, what) || !strings.Contains(text, "known kind") && !strings.Contains(text, ". ") {
			t.Errorf("%s: %s", what, text)
		}
	}
}
