package teams

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"amtsbote/bots"
	say "amtsbote/connectors/chat"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// A desk is a connector at a fake cloud, for what goes through files.
type desk struct {
	*teamstest.Cloud
	c     *Connector
	state *connectortest.State
	log   lockedBuffer
	jana  *teamstest.Person
	chat  *teamstest.Conversation
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newDesk(t *testing.T) *desk {
	d := &desk{Cloud: teamstest.Start(t), state: connectortest.NewState()}
	d.c = New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret(teamstest.Secret), Cloud: "custom",
		Endpoints: Endpoints{Login: d.Login(), Metadata: d.Metadata(), Issuer: teamstest.Issuer, Scope: teamstest.Scope}},
		slog.New(slog.NewTextHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	d.jana = d.Person("Jana Kaya", "jana.kaya@stadt.example")
	d.chat = d.Personal(d.jana)
	t.Cleanup(d.c.client.CloseIdleConnections)
	t.Cleanup(func() {
		if s := d.log.String(); strings.Contains(s, "tempauth") || strings.Contains(s, "/files/") {
			t.Errorf("an address of a file is in the log:\n%s", s)
		}
	})
	return d
}

// quiet wants nothing to have been refused by the cloud.
func (d *desk) quiet(t *testing.T) {
	t.Helper()
	if r := d.Refusals(); len(r) > 0 {
		t.Errorf("the cloud refused: %q", r)
	}
}

// message returns a message with attachments, as it comes in.
func message(t testing.TB, attachments ...any) *activity {
	t.Helper()
	b, err := json.Marshal(map[string]any{"type": "message", "attachments": attachments})
	if err != nil {
		t.Fatal(err)
	}
	a, err := decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func download(name, address string) map[string]any {
	return map[string]any{"contentType": typeDownload, "name": name, "content": map[string]any{"downloadUrl": address}}
}

func publicConnector(t testing.TB, cfg Config) *Connector {
	cfg.AppID, cfg.Tenant, cfg.Secret = teamstest.AppID, teamstest.Tenant, bots.NewSecret("geheim")
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(cfg, nil)
}

const (
	driveURL   = "https://stadt-my.sharepoint.com/personal/jana/_layouts/15/download.aspx?UniqueId=1&tempauth=geheim"
	pictureURL = "https://smba.trafficmanager.net/emea/v3/attachments/0-weu/views/original"
)

func TestFilesOf(t *testing.T) {
	c := publicConnector(t, Config{})
	html := map[string]any{"contentType": "text/html", "content": "<p>Guten Tag</p>"}
	image := func(kind, address string) map[string]any {
		return map[string]any{"contentType": kind, "contentUrl": address}
	}
	for name, test := range map[string]struct {
		in     []any
		want   string // names and types
		cannot bots.Text
	}{
		"only text":        {[]any{html}, "", bots.Text{}},
		"a file":           {[]any{download("Antrag.pdf", driveURL), html}, "Antrag.pdf application/pdf", bots.Text{}},
		"ending from type": {[]any{map[string]any{"contentType": typeDownload, "name": "Antrag", "content": map[string]any{"downloadUrl": driveURL, "fileType": "docx"}}}, "Antrag application/vnd.openxmlformats-officedocument.wordprocessingml.document", bots.Text{}},
		"letters first":    {[]any{download("a.odt", driveURL), download("b.EML", driveURL), download("c.pdf", driveURL), download("d.msg", driveURL)}, "b.EML message/rfc822, d.msg message/rfc822, a.odt application/vnd.oasis.opendocument.text, c.pdf application/pdf", bots.Text{}},
		"path and marks":   {[]any{download("../../etc/Rechnung\u202efdp.unbekannt", driveURL)}, "Rechnungfdp.unbekannt ", bots.Text{}},
		"no name":          {[]any{download("", driveURL)}, "Datei ", bots.Text{}},
		"no address":       {[]any{map[string]any{"contentType": typeDownload, "name": "a.pdf"}}, "", textFileElsewhere},
		"address of http":  {[]any{download("a.pdf", strings.Replace(driveURL, "https", "http", 1))}, "", textFileElsewhere},
		"other host":       {[]any{download("a.pdf", "https://sharepoint.com.evil.example/a")}, "", textFileElsewhere},
		"service host":     {[]any{download("a.pdf", pictureURL)}, "", textFileElsewhere},
		"this machine":     {[]any{download("a.pdf", "http://127.0.0.1:8770/")}, "", textFileElsewhere},
		"user in address":  {[]any{download("a.pdf", "https://a@stadt.sharepoint.com/")}, "", textFileElsewhere},
		"very long":        {[]any{download("a.pdf", driveURL+strings.Repeat("a", maxURL))}, "", textFileElsewhere},
		"number":           {[]any{map[string]any{"contentType": typeDownload, "content": map[string]any{"downloadUrl": 1}}}, "", textFileElsewhere},
		"content as text":  {[]any{map[string]any{"contentType": typeDownload, "content": "x"}}, "", textFileElsewhere},
		"picture":          {[]any{image("image/*", pictureURL)}, "Bild ", bots.Text{}},
		"picture of type":  {[]any{image("image/PNG", pictureURL)}, "Bild.png image/png", bots.Text{}},
		"named picture":    {[]any{map[string]any{"contentType": "image/*", "contentUrl": pictureURL, "name": "C:\\Foto.JPG"}}, "Foto.JPG image/jpeg", bots.Text{}},
		"odd picture":      {[]any{image("image/svg+xml; a=b", pictureURL)}, "Bild ", bots.Text{}},
		"picture in drive": {[]any{image("image/png", driveURL)}, "", textFileElsewhere},
		"picture from web": {[]any{image("image/gif", "https://media.giphy.example/1.gif")}, "", textFileElsewhere},
		"voice":            {[]any{map[string]any{"contentType": typeAudioCard, "contentUrl": nil, "name": nil, "content": `{"duration":"PT13S"}`}}, "", say.Voice},
		"audio":            {[]any{image("audio/mp4", pictureURL)}, "", say.Voice},
		"video":            {[]any{image("video/mp4", pictureURL), map[string]any{"contentType": typeVideoCard}}, "", say.Video},
		"voice and video": {[]any{image("video/mp4", pictureURL), image("audio/mp4", pictureURL)}, "",
			bots.Text{DE: say.Video.DE + " " + say.Voice.DE, EN: say.Video.EN + " " + say.Voice.EN}},
		"a file and a voice": {[]any{download("a.pdf", driveURL), image("audio/mp4", pictureURL)}, "a.pdf application/pdf", say.Voice},
		"reference":          {[]any{map[string]any{"contentType": "reference", "contentUrl": driveURL, "name": "a.pdf"}}, "", textFileLink},
		"card":               {[]any{map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": map[string]any{"body": 1}}}, "", bots.Text{}},
		"unknown":            {[]any{image("application/x-unbekannt", driveURL), image("", pictureURL)}, "", bots.Text{}},
	} {
		t.Run(name, func(t *testing.T) {
			files, cannot := c.filesOf(message(t, test.in...))
			var got []string
			for _, f := range files {
				got = append(got, f.Name+" "+f.Type)
				if f.Size != 0 || f.Data != nil {
					t.Errorf("%s has a size or data", f.Name)
				}
			}
			if strings.Join(got, ", ") != test.want || cannot != test.cannot {
				t.Errorf("got %q and %q, want %q and %q", strings.Join(got, ", "), cannot.DE, test.want, test.cannot.DE)
			}
		})
	}
}

// A message with a thousand files is answered for the first ones.
func TestFilesOfMany(t *testing.T) {
	c := publicConnector(t, Config{})
	var all []any
	for i := range 1000 {
		all = append(all, download(fmt.Sprintf("%d.pdf", i), driveURL))
	}
	files, cannot := c.filesOf(message(t, all[:maxFiles]...))
	if len(files) != maxFiles || !cannot.IsZero() {
		t.Errorf("got %d files and %q, want %d", len(files), cannot.DE, maxFiles)
	}
	files, cannot = c.filesOf(message(t, all...))
	if len(files) != maxFiles || cannot != textTooManyFiles || files[maxFiles-1].Name != "19.pdf" {
		t.Errorf("got %d files and %q, want %d", len(files), cannot.DE, maxFiles)
	}
	if strings.Count(cannot.DE, "auf einmal") != 1 {
		t.Errorf("told more than once: %q", cannot.DE)
	}
}

func TestLetter(t *testing.T) {
	c := publicConnector(t, Config{})
	files, _ := c.filesOf(message(t, download("a.pdf", driveURL), download("Brief.eml", driveURL)))
	if m := (bots.Message{Files: files}); !m.Letter() || m.Wrote {
		t.Error("a mail without words is not a letter")
	}
	if m := (bots.Message{Text: "Kürzer bitte", Files: files}); m.Letter() {
		t.Error("a mail with words is a letter")
	}
}

func TestFileHosts(t *testing.T) {
	c := publicConnector(t, Config{FileHosts: []string{"*.trafficmanager.net", "dateien.stadt.example"}})
	for address, want := range map[string]bool{
		driveURL: true, "https://STADT.sharepoint.com/a": true, "https://dateien.stadt.example/a": true,
		"https://sharepoint.com/a": false, "https://xsharepoint.com/a": false, "https://stadt.sharepoint.com:8443/a": false,
		"https://a.dateien.stadt.example/a": false, "ftp://stadt.sharepoint.com/a": false, "//stadt.sharepoint.com/a": false,
		"https://stadt.sharepoint.com.:443/": false, "https://[::1]/": false, "https://localhost/": false, "": false, ":": false,
		pictureURL: false, "https://emea.smba.trafficmanager.net/a": false, // on both lists
	} {
		if got := c.fileAddress(address); got != want {
			t.Errorf("%q: %t, want %t", address, got, want)
		}
	}
}

// safe wants an error to show nothing of an address.
// Whatever goes wrong with a server, its address stands in no error.
// forever is a file without an end.
// A server may be slow, but not silent. How long the reader takes does not count.
// An operator sees which host is missing, and nothing else of an address.
func TestElsewhereIsLogged(t *testing.T) {
	d := newDesk(t)
	long := "https://" + strings.Repeat("a.", 60) + "example/geheim"
	d.c.filesOf(message(t, download("Name.pdf", "https://dateien.stadt.example/geheim?tempauth=a"), download("a", "https://u:geheim@x/"), download("a", long), download("a", "::")))
	s := d.log.String()
	if strings.Count(s, "host=none") != 3 || strings.Count(s, "host=dateien.stadt.example") != 1 || strings.Contains(s, "geheim") || strings.Contains(s, "Name") {
		t.Error(s)
	}
}

// A request ends with the reader, or when its answer is no file.
func FuzzFilesOf(f *testing.F) {
	for _, s := range []string{`[]`, `[{"contentType":"` + typeDownload + `","name":"a.pdf","content":{"downloadUrl":"` + driveURL + `","fileType":"pdf"}}]`,
		`[{"contentType":"image/*","contentUrl":"` + pictureURL + `"}]`, `[{"contentType":"reference"},{"contentType":"audio/x"}]`,
		`[{"contentType":"` + typeDownload + `","content":"{}"}]`, `[{"contentType":"` + typeDownload + `","content":[[[[1]]]]}]`, `[{}]`} {
		f.Add(s)
	}
	c := publicConnector(f, Config{})
	f.Fuzz(func(t *testing.T, attachments string) {
		a, err := decode(strings.NewReader(`{"type":"message","attachments":` + attachments + `}`))
		if err != nil {
			return
		}
		files, _ := c.filesOf(a)
		if len(files) > maxFiles {
			t.Fatalf("%d files", len(files))
		}
		for _, f := range files {
			var r fileRef
			if err := json.Unmarshal([]byte(f.Ref), &r); err != nil || f.Name == "" || f.Name != bots.CleanName(f.Name) {
				t.Fatalf("%q %q", f.Name, f.Ref)
			}
			u, err := url.Parse(r.URL)
			if err != nil || u.Scheme != "https" || u.User != nil || len(r.URL) > maxURL {
				t.Fatalf("address %q", r.URL)
			}
			switch host := strings.ToLower(u.Host); r.Kind {
			case kindDownload:
				if !strings.HasSuffix(host, ".sharepoint.com") {
					t.Fatalf("address %q", r.URL)
				}
			case kindInline:
				if !strings.HasSuffix(host, "smba.trafficmanager.net") {
					t.Fatalf("address %q", r.URL)
				}
			default:
				t.Fatalf("kind %q", r.Kind)
			}
		}
	})
}

// Whatever a reference says, a request goes to a listed host only, and the bot's
// token not to one of files.
