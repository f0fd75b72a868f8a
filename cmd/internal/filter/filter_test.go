package filter

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const microsoftFilter = "Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209"

// event is one event: the values of each name.
type event map[string][]Value

func (e event) lookup(n Name) []Value { return e[strings.Join(n.Parts, ".")] }

func bindEvent() event {
	return event{
		"Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code": {Uint(0x209)},
		"Provider": {GUID("e53c6823-7bb8-44bb-90dc-3f86090d48a6"), Text("Microsoft-Windows-Winsock-AFD")},
		"Id":       {Uint(1030)},
		"PID":      {Int(4711)},
		"Status":   {Uint(0xC0000209)},
		"Neg":      {Int(-5)},
		"Big":      {Uint(math.MaxUint64)},
		"Odd":      {Uint(1<<53 + 1)},
		"Ratio":    {Float(2.5)},
		"NaN":      {Float(math.NaN())},
		"Text":     {Text("0x209")},
		"Half":     {Text("2.5")},
		"Wide":     {Text("99999999999999999999999")},
		"Quoted":   {Text(`C:\"x"`)},
		"GuidText": {Text("{E53C6823-7BB8-44BB-90DC-3F86090D48A6}")},
		"Time":     {Time(time.Date(2026, 3, 10, 9, 0, 0, 500, time.UTC))},
		"Old":      {Time(time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC))},
		"*.Image":  {Text("System"), Text("SVCHOST.exe")},
		"Ports":    {Uint(1), Uint(2), Uint(3)},
		"Unicode":  {Text("Straße ΑΣ ς")},
		"Broken":   {Text("a\xffb")},
		"Empty":    {Text("")},
		"None":     {{}},
		"and":      {Uint(1)},
		"Zero":     {Int(0)},
		"Last":     {Text("zZ")},
		"Stray":    {Text("\x80")},
		"Byte":     {Text("\xff")},
		"Sign":     {Text("\uFFFD")},
		"Braces":   {Text("{}")},
		"Open":     {Text("{e53c6823-7bb8-44bb-90dc-3f86090d48a6x"), Text("xe53c6823-7bb8-44bb-90dc-3f86090d48a6}")},
	}
}

// matchCases are asked of bindEvent.
var matchCases = []struct {
	expr string
	want bool
}{
	{microsoftFilter, true},
	{"." + microsoftFilter, true},
	{strings.Replace(microsoftFilter, "==", "!=", 1), false},
	{strings.Replace(microsoftFilter, "0x209", "521", 1), true},
	{"Id == 1030", true},
	{"Id==0x406", true},
	{"Id == 1030.0", true},
	{"Id == 1029", false},
	{"Id != 1029", true},
	{"Id < 1030", false},
	{"Id <= 1030", true},
	{"Id > 1029", true},
	{"Id >= 1031", false},
	{"Id >= 1030", true},
	{"Id <= 1029", false},
	{"Zero == 0 AND Zero >= 0 AND Zero <= 0x0", true},
	{"Zero < 0 OR Zero > 0", false},
	{"Quoted == 1 OR Quoted == 0", false},
	{"Open == e53c6823-7bb8-44bb-90dc-3f86090d48a6", false},
	{`Last == "ZZ" AND Last == "zz"`, true},
	{"Stray == \"\u0080\"", false},
	{"Byte > \"\U0010FFFF\" AND Byte != \"\uFFFD\"", true},
	{"Sign < \"\U00010000\" AND Sign == \"\uFFFD\"", true},
	{"Braces == e53c6823-7bb8-44bb-90dc-3f86090d48a6 OR Braces >= e53c6823-7bb8-44bb-90dc-3f86090d48a6", false},
	{`Time > "2026-03-10T09:00:00Z" AND Time > "2026-03-10T08:59:59.9Z" AND Time < "2026-03-10T09:00:00.0000006Z"`, true},
	{`Time == "2026-03-10T09:00:00Z" OR Time <= "2026-03-10T09:00:00.0000004Z"`, false},
	{`Id == "1030"`, true},
	{`Id == "x"`, false},
	{`Id != "x"`, false},
	{"Status == 0xC0000209", true},
	{"Neg == -5", true},
	{"Neg == -0x5", true},
	{"Neg < 0", true},
	{"Neg < 18446744073709551615", true},
	{"PID > -1", true},
	{"Big == 18446744073709551615", true},
	{"Big == 0xFFFFFFFFFFFFFFFF", true},
	{"Big > -9223372036854775808", true},
	{"Big < 18446744073709551616.0", true},
	{"Odd == 9007199254740992", false},
	{"Odd > 9007199254740992.0", true},
	{"Ratio == 2.5", true},
	{"Ratio == 2.5" + strings.Repeat("0", maxNumber-3), true},
	{"Ratio > 2 AND Ratio < 3", true},
	{"Ratio > -3", true},
	{"Neg > -5.5 AND Neg < -4.5 AND Neg == -5.0", true},
	{"Neg < -99999999999999999999.0", false},
	{"Text < 1000 AND Text > -1", true},
	{"NaN == 1 OR NaN != 1 OR NaN < 1.5 OR NaN >= 1.5", false},
	{"Text == 0x209", true},
	{"Text == 521", true},
	{`Text == "0X209"`, true},
	{`Text == "521"`, false},
	{"Half == 2.5", true},
	{"Wide > 1", false},
	{"Quoted != 1", false},
	{`Quoted == "c:\\\"X\""`, true},
	{"Provider == {E53C6823-7BB8-44BB-90DC-3F86090D48A6}", true},
	{"Provider == e53c6823-7bb8-44bb-90dc-3f86090d48a6", true},
	{`Provider == "{E53C6823-7bb8-44bb-90dc-3f86090d48a6}"`, true},
	{`Provider == "microsoft-windows-winsock-afd"`, true},
	{`Provider != "other"`, true},
	{"Provider == 2f07e2ee-15db-40f1-90ef-9d7ba282188a", false},
	{"Provider.contains(\"e53c\")", true},
	{"GuidText == e53c6823-7bb8-44bb-90dc-3f86090d48a6", true},
	{"Id == e53c6823-7bb8-44bb-90dc-3f86090d48a6", false},
	{`Time == "2026-03-10T09:00:00.0000005Z"`, true},
	{`Time == "2026-03-10T10:00:00.0000005+01:00"`, true},
	{`Time >= "2026-03-10T09:00:00Z" AND Time < "2026-03-10T09:00:01Z"`, true},
	{`Time > "yesterday" OR Time <= "yesterday" OR Time == 5`, false},
	{`Old < "1700-01-01T00:00:00Z"`, true},
	{`*.Image.contains("svchost")`, true},
	{`*.Image.CONTAINS( "tem" )`, true},
	{`*.Image.contains("")`, true},
	{`*.Image.contains("svchosts")`, false},
	{`*.Image == "system" and *.Image == "svchost.exe"`, true},
	{`*.Image < "t" AND NOT *.Image > "t"`, true},
	{`*.Image >= "systems"`, false},
	{`Id.contains("10")`, false},
	{`Missing.contains("")`, false},
	{"Ports == 2", true},
	{"Ports != 2", true},
	{"NOT Ports == 2", false},
	{"Ports > 3", false},
	{`Unicode == "STRASSE"`, false},
	{`Unicode == "straße ας Σ"`, true},
	{`Unicode.contains("σ ς")`, true},
	{`Broken == "a�b" OR Broken.contains("�")`, false},
	{`Broken.contains("B")`, true},
	{"Missing == 1", false},
	{"Missing != 1", false},
	{"NOT Missing != 1", true},
	{"Missing", false},
	{"Empty", true},
	{`Empty == "" AND Empty < "a"`, true},
	{"None AND NOT None == 0 AND NOT None != 0", true},
	{"NOT Missing", true},
	{"!Missing && !!Id", true},
	{".and == 1", true},
	{"Id OR Missing AND Missing", true},
	{"(Id OR Missing) AND Missing", false},
	{"NOT Id AND Missing", false},
	{"NOT (Id AND Missing)", true},
	{"not Missing Or missing", true},
	{"Missing || Id && !Missing", true},
	{"Id == 1030 // and so on\n AND // no (\n PID == 4711", true},
}

func TestMatch(t *testing.T) {
	e := bindEvent()
	for _, tc := range matchCases {
		f, err := Parse(tc.expr)
		if err != nil {
			t.Errorf("%s: %v", tc.expr, err)
			continue
		}
		if got := f.Match(e.lookup); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.expr, got, tc.want)
		}
		again, err := Parse(f.String())
		if err != nil || again.Match(e.lookup) != tc.want {
			t.Errorf("%s: the normal form %s answers differently (%v)", tc.expr, f, err)
		}
	}
}

func TestPrefixesAndSearch(t *testing.T) {
	for text, want := range map[string]bool{
		"aabaaab": true, "AABAAB": false, "aaab": true, "": false, "aaa": false, "abaabaaabx": true,
	} {
		f, err := Parse(`X.contains("aaab")`)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Match(event{"X": {Text(text)}}.lookup); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// A search finds what the standard library finds, of all short texts of few letters.
func TestEverySearch(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 10))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "aab"[random.IntN(3)]
		}
		return string(b)
	}
	for range 2000 {
		want, text := word(random.IntN(8)), word(random.IntN(20))
		f, err := Parse(`X.contains("` + want + `")`)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Match(event{"X": {Text(text)}}.lookup); got != strings.Contains(text, want) {
			t.Errorf("%q in %q: %v", want, text, got)
		}
	}
}

// Numbers are in the order that exact arithmetic gives them, whatever their kinds.
func TestOrderOfNumbers(t *testing.T) {
	values := []Value{
		Int(0), Uint(0), Float(0), Float(math.Copysign(0, -1)), Int(1), Uint(1), Float(1), Int(-1), Float(-1), Float(0.5), Float(-0.5), Int(math.MinInt64), Int(math.MinInt64 + 1), Int(math.MaxInt64),
		Uint(math.MaxInt64), Uint(1 << 63), Uint(1<<63 + 1), Uint(math.MaxUint64), Float(1 << 63), Float(1 << 64), Float(-1 << 63), Float(-1<<63 - 2048), Float(1<<64 - 2048), Float(1 << 53), Int(1<<53 + 1), Uint(1<<53 + 1),
		Float(math.Inf(1)), Float(math.Inf(-1)), Float(math.SmallestNonzeroFloat64), Float(-math.SmallestNonzeroFloat64),
	}
	exact := func(v Value) *big.Float {
		switch v.kind {
		case KindInt:
			return new(big.Float).SetInt64(v.i)
		case KindUint:
			return new(big.Float).SetUint64(v.u)
		}
		return big.NewFloat(v.float())
	}
	for _, a := range values {
		for _, b := range values {
			if got, ok := compareNumbers(a, b); !ok || got != exact(a).Cmp(exact(b)) {
				t.Errorf("%v and %v: %d, %v", exact(a), exact(b), got, ok)
			}
		}
		if _, ok := compareNumbers(a, Float(math.NaN())); ok {
			t.Errorf("%v and NaN are compared", exact(a))
		}
		if _, ok := compareNumbers(Float(math.NaN()), a); ok {
			t.Errorf("NaN and %v are compared", exact(a))
		}
	}
}

// A text stands before another as a word stands in a dictionary; case makes no difference.
func TestOrderOfTexts(t *testing.T) {
	for _, c := range []struct {
		text, literal string
		want          int
	}{
		{"", "", 0}, {"", "a", -1}, {"a", "", 1}, {"abc", "", 1}, {"a", "abc", -1}, {"abc", "a", 1}, {"B", "a", 1}, {"a", "B", -1}, {"aB", "Ab", 0}, {"É", "é", 0},
	} {
		if got := compareText(c.text, foldAll(c.literal)); got != c.want {
			t.Errorf("%q and %q: %d", c.text, c.literal, got)
		}
	}
}

// Which characters are digits, and of what value.
func TestDigits(t *testing.T) {
	for c := range 256 {
		want, err := strconv.ParseUint(string([]byte{byte(c)}), 16, 64)
		if got := digit(byte(c)); err == nil && got != want || err != nil && got <= 15 {
			t.Errorf("byte %#x: %d", c, got)
		}
	}
}

func TestString(t *testing.T) {
	for expr, want := range map[string]string{
		microsoftFilter:           microsoftFilter,
		"a&&b||!c":                "a AND b OR NOT c",
		"((a))and(b or(c))":       "a AND (b OR c)",
		"a AND (b AND (c AND d))": "a AND b AND c AND d",
		"(a AND b) OR (c OR d)":   "a AND b OR c OR d",
		"not(not(a or b))":        "NOT NOT (a OR b)",
		".Protocol.Field=={E53C6823-7bb8-44bb-90dc-3f86090d48a6}": "Protocol.Field == {e53c6823-7bb8-44bb-90dc-3f86090d48a6}",
		"a==0XfF//x":                      "a == 0xFF",
		"a==-0x0f":                        "a == -0xF",
		"a==-0xfF or a==-0x0 or a==-12":   "a == -0xFF OR a == 0x0 OR a == -12",
		"a==-0 or a==007":                 "a == 0 OR a == 7",
		"a==2.50 or a==-1.0":              "a == 2.5 OR a == -1.0",
		"a > 10000000000000000000000.0":   "a > 10000000000000000000000.0",
		`a.Contains ("\\\"")`:             `a.contains("\\\"")`,
		".and OR .0x1 OR .5 OR .1.2.3":    ".and OR .0x1 OR .5 OR .1.2.3",
		"a.contains == 1 OR (b.contains)": "a.contains == 1 OR b.contains",
		"2f07e2ee-15db-40f1-90ef-9d7ba282188a.1050.Status != -1": "2f07e2ee-15db-40f1-90ef-9d7ba282188a.1050.Status != -1",
	} {
		f, err := Parse(expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		if got := f.String(); got != want {
			t.Errorf("%s: normal form %s, want %s", expr, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	f, err := Parse("é == 1 AND .A.B.contains(\"x\") OR *.Field AND é < 2")
	if err != nil {
		t.Fatal(err)
	}
	want := []Name{
		{Parts: []string{"é"}, Column: 1},
		{Parts: []string{"A", "B"}, Column: 12},
		{Parts: []string{"*", "Field"}, Column: 34},
		{Parts: []string{"é"}, Column: 46},
	}
	if diff := cmp.Diff(want, f.Names()); diff != "" {
		t.Error(diff)
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	f, err := Parse(`a == 5 OR a < 2.5 OR a == "y" OR a.contains("yz") OR a == e53c6823-7bb8-44bb-90dc-3f86090d48a6 OR a > "2026-03-10T09:00:00Z"`)
	if err != nil {
		t.Fatal(err)
	}
	values := []Value{Text("xxx"), Text("99999999999999999999999999"), Text("7.25"), Uint(9), Int(-0), Float(8), GUID("2f07e2ee-15db-40f1-90ef-9d7ba282188a"), Time(time.Unix(1, 0))}
	for i := range values {
		one := values[i : i+1]
		lookup := func(Name) []Value { return one }
		if n := testing.AllocsPerRun(100, func() { f.Match(lookup) }); n != 0 {
			t.Errorf("value %d: %v allocations", i, n)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		microsoftFilter, `NOT (a.contains("\\\"") || .and != -0x5) // c`, "a==1.5&&b<={e53c6823-7bb8-44bb-90dc-3f86090d48a6}",
		".5 OR .e53c6823-7bb8-44bb-90dc-3f86090d48a6", "((((a", `a == "`, "a = b", "\xff", `a == "2026-03-10T09:00:00Z"`,
	} {
		f.Add(s)
	}
	values := []Value{{}, Int(-1), Uint(5), Float(1.5), Text("0x5"), Text("\xffé"), GUID("e53c6823-7bb8-44bb-90dc-3f86090d48a6"), Time(time.Unix(0, 0))}
	f.Fuzz(func(t *testing.T, expr string) {
		filter, err := Parse(expr)
		if err != nil {
			e, ok := err.(*Error)
			if !ok || e.Column < 1 || e.Column > len([]rune(expr))+1 || !strings.HasSuffix(e.Point(expr), "^") {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		normal := filter.String()
		if len(normal) > maxLength {
			return
		}
		again, err := Parse(normal)
		if err != nil || again.String() != normal {
			t.Fatalf("%q: normal form %q gives %v, %v", expr, normal, again, err)
		}
		for i := range values {
			lookup := func(n Name) []Value { return values[i : i+min(len(n.Parts[0])%3, len(values)-i)] }
			if filter.Match(lookup) != again.Match(lookup) {
				t.Fatalf("%q and its normal form %q differ for value %d", expr, normal, i)
			}
		}
	})
}
