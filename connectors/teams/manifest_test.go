package teams

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"amtsbote/bots"
)

const (
	testApp    = "6f1c1c1e-0000-4000-8000-000000000001"
	testTenant = "72f988bf-0000-4000-8000-000000000001"
)

// packaged is a configuration from which a package can be made.
func packaged(change func(*Config)) Config {
	c := Config{AppID: testApp, Tenant: testTenant, Website: "https://www.musterstadt.example", Privacy: "https://www.musterstadt.example/datenschutz",
		Profile: bots.Profile{Name: "Amtsbote", Authority: "Stadt Musterstadt", Language: "de", Contact: "Hauptamt, Tel. 02345 67-890"}}
	if change != nil {
		change(&c)
	}
	return c
}

// testSkills are as a bot has them: with lines of help that are too long for Teams,
// and one that only makes sense where rooms can be read.
var testSkills = append([]bots.Info{
	{Name: "help", Commands: []string{"hilfe", "help", "befehle"}, Help: bots.Text{DE: "diese Übersicht", EN: "this overview"}},
	{Name: "summary", Commands: []string{"zusammenfassung", "summary"}, Help: bots.Text{DE: "fasst Dateien zusammen", EN: "sums up files"}},
	{Name: "catchup", Rooms: true, Commands: []string{"verpasst", "missed"}, Help: bots.Text{DE: "sagt, was Sie verpasst haben", EN: "tells what you missed"}},
	{Name: "research", Commands: []string{"recherche", "research", "suche"}, Help: bots.Text{
		DE: "sucht in Sammlungen und Dateien und antwortet nur mit Fundstelle; `!suche` zeigt nur die Stellen, `!wissen` die Sammlungen, und noch mehr Worte",
		EN: strings.Repeat("searches ", 30)}},
}, bots.Rights()...)

// unzipped returns the files of a package, and manifest.json decoded.
func unzipped(t *testing.T, p Package) (map[string][]byte, manifest) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(p.Zip), int64(len(p.Zip)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var m manifest
	dec := json.NewDecoder(bytes.NewReader(files["manifest.json"]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return files, m
}

func mustPackage(t *testing.T, c Config, app App) Package {
	t.Helper()
	p, err := c.Package(app)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPackage(t *testing.T) {
	p := mustPackage(t, packaged(nil), App{Version: "v2.3.4", Address: "https://bote.stadt.example/", Skills: testSkills})
	files, m := unzipped(t, p)
	if len(files) != 4 || files[m.Icons.Color] == nil || files[m.Icons.Outline] == nil || files[m.Localization.Others[0].File] == nil {
		t.Errorf("got %d files", len(files))
	}
	if m.Version != "2.3.4" || m.ID != p.ID || m.ID == testApp || p.Name != "Amtsbote" || m.Bots[0].ID != testApp {
		t.Errorf("got %+v", m)
	}
	if want := "https://bote.stadt.example/teams/messages"; p.Endpoint != want || !slices.Equal(m.Domains, []string{"bote.stadt.example"}) {
		t.Errorf("got %s, %v, want %s", p.Endpoint, m.Domains, want)
	}
	if !slices.Equal(m.Bots[0].Scopes, []string{"personal", "team", "groupChat"}) || !m.Bots[0].Files {
		t.Errorf("got %+v", m.Bots[0])
	}
	if want := (appDeveloper{"Stadt Musterstadt", "https://www.musterstadt.example", "https://www.musterstadt.example/datenschutz", "https://www.musterstadt.example"}); m.Developer != want {
		t.Errorf("got %+v, want %+v", m.Developer, want)
	}
	if m.WebApp != nil || m.Authorize != nil {
		t.Error("permissions without graph")
	}
	if !strings.Contains(m.Description.Full, "Ansprechstelle: Hauptamt, Tel. 02345 67-890") || strings.Contains(m.Description.Full, m.Description.Short) ||
		strings.Contains(m.Description.Full, "liest es den Verlauf") {
		t.Errorf("got %q", m.Description.Full)
	}
	var titles [2][]string
	for i, l := range m.Bots[0].Lists {
		for _, c := range l.Commands {
			titles[i] = append(titles[i], c.Title)
		}
	}
	if want := []string{"!hilfe", "!zusammenfassung", "!recherche", "!löschen", "!info", "!neu"}; !slices.Equal(titles[0], want) {
		t.Errorf("personal: got %q, want %q", titles[0], want)
	}
	if want := []string{"!hilfe", "!zusammenfassung", "!recherche", "!info"}; !slices.Equal(titles[1], want) {
		t.Errorf("in groups: got %q, want %q", titles[1], want)
	}
	if got, want := m.Bots[0].Lists[0].Commands[2].Description, "Sucht in Sammlungen und Dateien und antwortet nur mit Fundstelle"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := m.Bots[0].Lists[1].Commands[0].Description, "Zeigt, was ich kann"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var en map[string]string
	if err := json.Unmarshal(files["en.json"], &en); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"bots[0].commandLists[1].commands[0].title": "!help", "bots[0].commandLists[0].commands[3].title": "!delete",
		"bots[0].commandLists[0].commands[4].title": "!info", "name.full": "Amtsbote – Stadt Musterstadt"} {
		if en[key] != want {
			t.Errorf("%s: got %q, want %q", key, en[key], want)
		}
	}
	if n := 4 + 1 + 2*(len(titles[0])+len(titles[1])); len(en) != n {
		t.Errorf("en.json has %d keys, want %d", len(en), n)
	}
}

// TestPackageGraph asks for as little as it needs, and says what Teams does then.
func TestPackageGraph(t *testing.T) {
	files, m := unzipped(t, mustPackage(t, packaged(func(c *Config) { c.Graph = true }), App{Skills: testSkills}))
	if m.WebApp == nil || m.WebApp.ID != testApp || m.WebApp.Resource == "" {
		t.Fatalf("got %+v", m.WebApp)
	}
	if want := []appPermission{{"ChannelMessage.Read.Group", "Application"}, {"ChatMessage.Read.Chat", "Application"}, {"ChatMember.Read.Chat", "Application"}}; !slices.Equal(m.Authorize.Permissions.Specific, want) {
		t.Errorf("got %+v", m.Authorize)
	}
	if c := m.Bots[0].Lists[1].Commands[1].Title; c != "!verpasst" {
		t.Errorf("got %s", c)
	}
	if !strings.Contains(m.Description.Full, "stellt Teams ihm dort alle Nachrichten zu") || !bytes.Contains(files["en.json"], []byte("delivers every message")) {
		t.Error("the description does not say that Teams delivers everything")
	}
	if m.Domains != nil {
		t.Errorf("got %v", m.Domains)
	}
}

// TestPackageSame: a package can be compared with the one in Teams byte by byte, and
// a second one updates the first, also if app_id is written otherwise.
func TestPackageSame(t *testing.T) {
	app := App{Version: "1.0.0", Skills: testSkills}
	one := mustPackage(t, packaged(nil), app)
	two := mustPackage(t, packaged(func(c *Config) { c.AppID = strings.ToUpper(c.AppID) }), app)
	if !bytes.Equal(one.Zip, two.Zip) || one.ID != two.ID {
		t.Error("not the same")
	}
	if want := "05c21123-980b-5f02-bad1-6a3f5b6f48a2"; one.ID != want {
		t.Errorf("got ID %s, want %s: with another one Teams would have two apps", one.ID, want)
	}
	z, err := zip.NewReader(bytes.NewReader(one.Zip), int64(len(one.Zip)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Modified.Year() != 2026 || f.Modified.YearDay() != 1 {
			t.Errorf("%s has the time %v", f.Name, f.Modified)
		}
	}
	other := mustPackage(t, packaged(func(c *Config) { c.AppID = testTenant }), app)
	if other.ID == one.ID {
		t.Error("two registrations share an app")
	}
}

// TestPackageReadable: who looks into the package reads what is meant.
func TestPackageReadable(t *testing.T) {
	files, _ := unzipped(t, mustPackage(t, packaged(func(c *Config) { c.Profile.Authority = "Amt für Bau & Öffnungen" }), App{}))
	for _, name := range []string{"manifest.json", "en.json"} {
		if !bytes.Contains(files[name], []byte(`"Amtsbote – Amt für Bau & Öffnungen"`)) {
			t.Errorf("%s: got %s", name, files[name])
		}
	}
}

func TestPackageFaults(t *testing.T) {
	tests := map[string]struct {
		change  func(*Config)
		address string
		want    []string
	}{
		"no pages":            {func(c *Config) { c.Website, c.Privacy = "", "" }, "", []string{"website: missing", "privacy: missing"}},
		"http":                {nil, "http://bote.stadt.example", []string{`address: "http://bote.stadt.example" is not an https address`}},
		"a host":              {nil, "bote.stadt.example", []string{"address: "}},
		"a user":              {nil, "https://a:b@bote.stadt.example", []string{"address: "}},
		"a query":             {nil, "https://bote.stadt.example?x=1", []string{"address: "}},
		"pages and address":   {func(c *Config) { c.Privacy = "" }, "x", []string{"privacy: ", "address: "}},
		"control characters":  {nil, "https://bote.stadt.example/\x00", []string{"address: "}},
		"nothing but a colon": {nil, ":", []string{"address: "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := packaged(test.change).Package(App{Address: test.address})
			if err == nil || p.Zip != nil {
				t.Fatalf("got a package, %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q", err, want)
				}
			}
		})
	}
}

func TestAppVersion(t *testing.T) {
	for program, want := range map[string]string{"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "0.4.0": "0.4.0", "1.2.3-rc.1": "1.2.3", "v1.2.3+dirty": "1.2.3",
		"(devel)": "1.0.0", "": "1.0.0", "v0.0.0-20261128-abc": "1.0.0", "1.2": "1.0.0", "01.002.3": "1.2.3", "1.2.3.4": "1.0.0", "1.2.9999999999": "1.0.0"} {
		if got := appVersion(program); got != want {
			t.Errorf("%q: got %s, want %s", program, got, want)
		}
	}
}

// TestIcons: what Teams wants of them.
func TestIcons(t *testing.T) {
	files, m := unzipped(t, mustPackage(t, packaged(nil), App{}))
	for name, size := range map[string]int{m.Icons.Color: 192, m.Icons.Outline: 32} {
		img, err := png.Decode(bytes.NewReader(files[name]))
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds() != image.Rect(0, 0, size, size) {
			t.Errorf("%s: got %v", name, img.Bounds())
		}
		drawn := 0
		for x := range size {
			for y := range size {
				c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
				switch {
				case size == 32 && c.A > 0 && (c.R != 255 || c.G != 255 || c.B != 255), size == 192 && c.A != 255:
					t.Fatalf("%s: got %v at %d, %d", name, c, x, y)
				case c == color.NRGBA{255, 255, 255, 255}:
					drawn++
				}
			}
		}
		if part := float64(drawn) / float64(size*size); part < 0.05 || part > 0.5 {
			t.Errorf("%s: %.0f %% is white", name, 100*part)
		}
	}
}

// FuzzPackage: whatever a configuration calls the bot, the limits hold, counted as
// Teams may count, and the JSON is what was meant.
func FuzzPackage(f *testing.F) {
	f.Add("Amtsbote", "Stadt Musterstadt", "Hauptamt", "fasst zusammen; und mehr")
	f.Add(strings.Repeat("Ä😀", 40), strings.Repeat("ß ", 200), strings.Repeat("x\n", 4000), strings.Repeat("😀", 200))
	f.Add("a\x00\u2028\"<script>", "\xff\xfe", "`", ";")
	f.Fuzz(func(t *testing.T, name, authority, contact, help string) {
		c := packaged(func(c *Config) {
			c.Profile.Name, c.Profile.Authority, c.Profile.Contact, c.Graph = name, authority, contact, true
		})
		skills := []bots.Info{{Commands: []string{"info"}, Help: bots.Text{DE: help, EN: help}}}
		made := c.manifest(Package{}, "", skills) // drawing the icons each time would be slow
		var m manifest
		var en map[string]string
		for _, f := range []struct{ from, into any }{{made, &m}, {made.english(c, skills), &en}} {
			if text, err := indented(f.from); err != nil || json.Unmarshal(text, f.into) != nil {
				t.Fatalf("%v: %s", err, text)
			}
		}
		type field struct {
			text string
			max  int
		}
		fields := []field{{m.Name.Short, 30}, {m.Name.Full, 100}, {m.Description.Short, 80}, {m.Description.Full, 4000}, {m.Developer.Name, 32},
			{en["name.short"], 30}, {en["name.full"], 100}, {en["description.short"], 80}, {en["description.full"], 4000}}
		for _, l := range m.Bots[0].Lists {
			for _, c := range l.Commands {
				fields = append(fields, field{c.Title, 32}, field{c.Description, 128})
			}
		}
		for _, f := range fields {
			if n := len(utf16.Encode([]rune(f.text))); n > f.max {
				t.Errorf("%d units, at most %d are allowed: %q", n, f.max, f.text)
			}
		}
		if m.Name.Short == m.Name.Full {
			t.Errorf("both names are %q, which Teams refuses", m.Name.Short)
		}
	})
}

// TestMicrosoftManifest has Microsoft's own package say whether what we write is a
// manifest, by the schema that it names and by the newest that the package ships; none
// is fetched. What we break on purpose it must find.
func TestMicrosoftManifest(t *testing.T) {
	dir := t.TempDir()
	type edit struct{ file, old, new string }
	write := func(name string, c Config, app App, e edit) {
		files, _ := unzipped(t, mustPackage(t, c, app))
		for _, f := range []string{"manifest.json", "en.json"} {
			text := string(files[f])
			if f == e.file {
				if text = strings.Replace(text, e.old, e.new, 1); text == string(files[f]) {
					t.Errorf("%s: nothing was changed", name)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, name+"."+f), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	full := App{Version: "1.2.3", Address: "https://bote.stadt.example:8443/amtsbote", Skills: testSkills}
	long := func(c *Config) {
		c.Graph = true
		c.Profile.Name, c.Profile.Authority = strings.Repeat("Überörtlicher Bürgermeister ", 8), strings.Repeat("Große Kreisstadt Köln 😀 ", 20)
		c.Profile.Contact = strings.Repeat("Straße ", 2000)
		c.Website = "https://www.musterstadt.example/" + strings.Repeat("a", 2000)
	}
	many := full
	for _, name := range slices.Concat(appAlone, appTogether) {
		many.Skills = append(many.Skills, bots.Info{Commands: []string{name}, Help: bots.Text{DE: strings.Repeat("lang ", 50), EN: strings.Repeat("long ", 50)}})
	}
	write("plain", packaged(nil), full, edit{})
	write("bare", packaged(func(c *Config) { c.Profile = bots.Profile{Name: "A"} }), App{}, edit{})
	write("graph", packaged(func(c *Config) { c.Graph = true }), full, edit{})
	write("long", packaged(long), many, edit{})
	write("umlauts", packaged(func(c *Config) {
		c.Profile.Name, c.Profile.Authority = "Bürobote „ÄÖÜß“", "Straßenverkehrsbehörde Öhringen"
	}), full, edit{})
	write("bad-scope", packaged(nil), full, edit{"manifest.json", `"groupChat"`, `"groupchats"`})
	write("bad-name", packaged(nil), full, edit{"manifest.json", `"short": "Amtsbote"`, `"short": "` + strings.Repeat("A", 31) + `"`})
	write("bad-developer", packaged(nil), full, edit{"manifest.json", `"privacyUrl"`, `"privacy"`})
	write("bad-id", packaged(nil), full, edit{"manifest.json", `"botId": "6f1c1c1e`, `"botId": "6f1c1c1`})

	write("broken", packaged(nil), full, edit{"en.json", `"bots[0].commandLists[0].commands[0].title"`, `"bots[0].commands[0].title"`})

	var verdicts map[string][]string
	judge(t, "testdata/manifest.mjs", dir, &verdicts)
	if len(verdicts) != 10*2 {
		t.Fatalf("got %d verdicts: %v", len(verdicts), verdicts)
	}
	for name, found := range verdicts {
		bad := strings.HasPrefix(name, "bad-") && strings.HasSuffix(name, ".manifest.json") || name == "broken.en.json"
		if bad != (len(found) > 0) {
			t.Errorf("%s: got %q", name, found)
		}
	}
}

// judge runs a program with Microsoft's packages and decodes what it prints.
func judge(t *testing.T, script, arg string, into any) {
	t.Helper()
	dir := os.Getenv("AMTSBOTE_TEST_NODE")
	if dir == "" {
		dir, _ = filepath.Abs("../../.ci/node")
	}
	_, missing := exec.LookPath("node")
	if _, err := os.Stat(filepath.Join(dir, "node_modules/@microsoft/app-manifest")); err != nil {
		missing = err
	}
	if missing != nil {
		const hint = "needs node and @microsoft/app-manifest: make test-teams installs them"
		if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
			t.Fatal(hint)
		}
		t.Skip(hint)
	}
	cmd := exec.CommandContext(t.Context(), "node", script, arg)
	cmd.Env = append(os.Environ(), "NODE="+dir)
	out, err := cmd.Output()
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok {
			t.Logf("%s", e.Stderr)
		}
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
