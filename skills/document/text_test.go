package document

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

func TestToUTF8(t *testing.T) {
	const want = "Grüße aus Köln, Straße: 5 €"
	for name, test := range map[string]struct{ data, declared, want string }{
		"UTF-8":                             {want, "", want},
		"UTF-8 declared as Latin-1":         {want, "iso-8859-1", want},
		"UTF-8 with a mark":                 {"\xef\xbb\xbf" + want, "", want},
		"UTF-8 cut in a character":          {"Grüße aus Köln, Grüße, Grüße, Grüße, Grüße \xc3", "", "Grüße aus Köln, Grüße, Grüße, Grüße, Grüße \uFFFD"},
		"windows-1252, not declared":        {"Gr\xfc\xdfe aus K\xf6ln, Stra\xdfe: 5 \x80", "", want},
		"windows-1252, declared as Latin-1": {"Gr\xfc\xdfe aus K\xf6ln, Stra\xdfe: 5 \x80", "ISO-8859-1", want},
		"windows-1252, declared as UTF-8":   {"Gr\xfc\xdfe aus K\xf6ln, Stra\xdfe: 5 \x80", "utf-8", want},
		"ISO-8859-15":                       {"5 \xa4", `"iso-8859-15"`, "5 €"},
		"an unknown charset":                {"Gr\xfc\xdfe", "x-nirgends", "Grüße"},
		"code page 850":                     {"Gr\x81\xe1e aus K\x94ln", "", "Grüße aus Köln"},
		"code page 850, declared":           {"Gr\x81\xe1e", "cp850", "Grüße"},
		"quotation marks of windows-1252":   {"Er sagte \x84ja\x93", "", "Er sagte „ja“"},
		"UTF-16 with a mark":                {"\xff\xfeK\x00\xf6\x00", "", "Kö"},
		"UTF-16, big end, with a mark":      {"\xfe\xff\x00K\x00\xf6", "", "Kö"},
		"UTF-16 without one":                {"K\x00\xf6\x00l\x00n\x00", "", "Köln"},
		"UTF-16, big end, without one":      {"\x00K\x00\xf6\x00l\x00n", "us-ascii", "Köln"},
		"Japanese mail":                     {"\x1b$B$\"\x1b(B", "iso-2022-jp", "あ"},
		"Cyrillic":                          {"\xd0\xcf", "koi8-r", "по"},
		"nothing":                           {"", "utf-8", ""},
	} {
		if got := toUTF8([]byte(test.data), test.declared); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestClean(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"lines of all kinds":           {"a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"},
		"blank lines and spaces":       {"\n\n a \t\n\n\n\nb  \n ", " a\n\nb"},
		"umlauts in two pieces":        {"Gru\u0308\u00dfe", "Grüße"},
		"hard spaces":                  {"25,00\u00a0€ 1\u202f000", "25,00 € 1 000"},
		"controls and invisible signs": {"a\x00b\u200bc\u202ed\u00ade\ufefff\U000e0041", "abcdef"},
		"joined emoji":                 {"👩\u200d💻", "👩\u200d💻"},
		"broken UTF-8":                 {"a\xffb", "a\uFFFDb"},
	} {
		if got := clean(test.in); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\r\n\u0308\xff \U000e0041")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\x00\u202e") || strings.Contains(got, "\n\n\n") || strings.Contains(got, " \n") {
			t.Errorf("%q", got)
		}
		if again := clean(got); again != got {
			t.Errorf("%q, again %q", got, again)
		}
		if name := cleanName(s); len(name) > 200 || strings.ContainsAny(name, "/\\\n") {
			t.Errorf("name %q", name)
		}
		toUTF8([]byte(s), "")
		detect(s, []byte(s))
	})
}

func TestTagCharactersAreReported(t *testing.T) {
	d, err := parse(t, Limits{}, "a.txt", []byte("Guten Tag\U000e0069\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065"))
	if err != nil || d.Text() != "Guten Tag" || len(d.Warnings) != 1 || d.Warnings[0].Code != "hidden-text" || d.Warnings[0].Excerpt != "ignore" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		`C:\Scans\Bescheid.pdf`:           "Bescheid.pdf",
		"../../etc/passwd":                "passwd",
		"Rechnung\u202efdp.exe":           "Rechnungfdp.exe",
		"a\nb\x00.txt":                    "a b.txt",
		"  Antrag  neu .pdf ":             "Antrag neu .pdf",
		"":                                "",
		"..":                              "",
		strings.Repeat("ä", 300) + ".pdf": strings.Repeat("ä", 96) + "….pdf",
	} {
		if got := cleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	var l Limits
	if err := yaml.Unmarshal([]byte("size: 20 MB\nmemory: 1GB\ntext: 4096\ntime: 90s\nparts: 7"), &l); err != nil {
		t.Fatal(err)
	}
	if l.Size != 20<<20 || l.Memory != 1<<30 || l.Text != 4096 || l.Time != 90*time.Second || l.withDefaults().Parts != 7 || l.withDefaults().Pages != 2000 {
		t.Errorf("%+v", l)
	}
	if err := l.Validate(); err != nil {
		t.Error(err)
	}
	if err := (Limits{}).withDefaults().Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	err := Limits{Size: -1, Depth: 1000, Time: time.Millisecond}.Validate()
	for _, field := range []string{"size: ", "depth: ", "time: "} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v lacks %s", err, field)
		}
	}
	for _, bad := range []string{"size: viel", "size: -1 MB", "size: 99999999 GB"} {
		if err := yaml.Unmarshal([]byte(bad), &l); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
