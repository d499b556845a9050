package knowledge

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/index"
)

func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}

// A shelf is a folder, its collection, and what the test counts.
type shelf struct {
	t      *testing.T
	folder string
	data   string
	cfg    Config
	read   document.ReadFunc
	opt    func(*Options)

	mu    sync.Mutex
	reads []string
	log   bytes.Buffer
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t, folder: t.TempDir(), data: filepath.Join(t.TempDir(), "wissen")}
	s.cfg = Config{Name: "Dienstanweisungen", Folder: s.folder, Every: time.Second}
	s.read = func(_ context.Context, name string, r io.Reader) (document.Document, error) {
		b, err := io.ReadAll(r)
		if err != nil {
			return document.Document{}, err
		}
		if bytes.HasPrefix(b, []byte("kaputt")) {
			return document.Document{}, &document.Unreadable{Reason: document.Damaged.Reason()}
		}
		return document.Document{Name: name, Pages: []document.Page{{N: 1, Text: string(b)}}}, nil
	}
	return s
}

func (s *shelf) write(name, text string) {
	s.t.Helper()
	p := filepath.Join(s.folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, []byte(text), 0o600)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) remove(name string) {
	s.t.Helper()
	if err := os.RemoveAll(filepath.Join(s.folder, name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) library() *Library {
	o := Options{Bot: "Amtsbote", Dir: s.data, Collections: []Config{s.cfg}, Zone: time.UTC, Open: openIndex, Settle: 5 * time.Millisecond, Rest: time.Millisecond,
		Log: slog.New(slog.NewTextHandler(&s.log, nil)),
		Read: func(ctx context.Context, name string, r io.Reader) (document.Document, error) {
			s.mu.Lock()
			s.reads = append(s.reads, name)
			s.mu.Unlock()
			return s.read(ctx, name, r)
		}}
	if s.opt != nil {
		s.opt(&o)
	}
	return New(o)
}

// run runs the library until the returned function is called.
func (s *shelf) run() (*Library, func()) {
	l := s.library()
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	s.t.Cleanup(stop)
	return l, stop
}

func (s *shelf) times(name string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reads {
		if r == name {
			n++
		}
	}
	return n
}

var anna = Person{ID: "anna@stadt.example", Class: bots.Internal, Direct: true}

func (s *shelf) find(l *Library, words string) (keys []string) {
	s.t.Helper()
	cols, _ := l.For(anna)
	found, err := Search(s.t.Context(), cols, anna, words, 20)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range found {
		if !slices.Contains(keys, f.File) {
			keys = append(keys, f.File)
		}
	}
	slices.Sort(keys)
	return keys
}

// until waits for a condition.
func (s *shelf) until(what string, ok func() bool) {
	s.t.Helper()
	end := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(end) {
			s.t.Fatalf("not in 20 s: %s", what)
		}
		<-tick.C
	}
}

func (s *shelf) finds(l *Library, words string, want ...string) {
	s.t.Helper()
	s.until(fmt.Sprintf("%q finds %v, now %v", words, want, s.find(l, words)), func() bool { return slices.Equal(s.find(l, words), want) })
}

// current waits until everything has been read.
func (s *shelf) current(l *Library) {
	s.t.Helper()
	s.until("up to date", func() bool { st := l.cols[0].State(); return !st.At.IsZero() && st.Left == 0 })
}

// TestFollows: a collection follows its folder: new, changed and removed files.
func TestFollows(t *testing.T) {
	s := newShelf(t)
	s.write("hund.txt", "Die Hundesteuer beträgt 90 Euro.")
	s.write("sub/park.txt", "Der Bewohnerparkausweis kostet 30 Euro.")
	l, _ := s.run()
	s.finds(l, "hundesteuer", "hund.txt")
	s.finds(l, "bewohnerparkausweis", "sub/park.txt")
	s.write("hund.txt", "Das Standesamt zieht um.")
	s.finds(l, "standesamt", "hund.txt")
	s.finds(l, "hundesteuer")
	s.write("neu/ganz/tief.txt", "Die Friedhofsordnung.")
	s.finds(l, "friedhofsordnung", "neu/ganz/tief.txt")
	s.remove("hund.txt")
	s.finds(l, "standesamt")
	s.remove("sub")
	s.finds(l, "bewohnerparkausweis")
	if log := s.log.String(); strings.Contains(log, "hund") {
		t.Errorf("the log names files: %s", log)
	}
}

// TestRestart: what did not change is read once, however often the daemon starts; what
// changed meanwhile is seen, and what was removed is gone.
func TestRestart(t *testing.T) {
	s := newShelf(t)
	for i := range 20 {
		s.write(fmt.Sprintf("d%02d.txt", i), fmt.Sprintf("Anweisung nummer%d", i))
	}
	s.write("kaputt.txt", "kaputt")
	l, stop := s.run()
	s.current(l)
	s.until("all are there", func() bool { return l.cols[0].State().Documents == 20 })
	stop()
	s.write("d03.txt", "Anweisung geändert")
	s.remove("d04.txt")
	if err := os.Chtimes(filepath.Join(s.folder, "d05.txt"), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	l, _ = s.run()
	s.finds(l, "geändert", "d03.txt")
	s.finds(l, "nummer4")
	s.finds(l, "nummer5", "d05.txt")
	for i := range 20 {
		want := 1
		if i == 3 {
			want = 2
		}
		if name := fmt.Sprintf("d%02d.txt", i); s.times(name) != want {
			t.Errorf("%s was read %d times", name, s.times(name))
		}
	}
	if s.times("kaputt.txt") != 1 {
		t.Errorf("a broken file was read %d times", s.times("kaputt.txt"))
	}
	if u := l.cols[0].State().Unread; len(u) != 1 || u[0].File != "kaputt.txt" || u[0].Reason.DE == "" {
		t.Errorf("unread: %+v", u)
	}
}

// TestLeavesAlone: hidden and temporary files, links out of the folder, pipes and what
// is not wanted are not read.
func TestLeavesAlone(t *testing.T) {
	s := newShelf(t)
	outside := filepath.Join(t.TempDir(), "geheim.txt")
	if err := os.WriteFile(outside, []byte("geheimnis"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(s.folder, "link.txt")), os.Symlink(filepath.Dir(outside), filepath.Join(s.folder, "ordner")), mkfifo(filepath.Join(s.folder, "rohr.txt"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"~$brief.txt", ".~lock.brief.odt#", ".versteckt.txt", ".git/config.txt", "a.tmp", "Thumbs.db", "bild.jpg", strings.Repeat("t/", maxDepth+2) + "tief.txt"} {
		s.write(name, "geheimnis")
	}
	s.write("gut.txt", "offen")
	s.cfg.Include = []string{"*.TXT", "*.odt#", "*.tmp", "*.db"}
	l, _ := s.run()
	s.finds(l, "offen", "gut.txt")
	s.current(l)
	s.finds(l, "geheimnis")
	if len(s.reads) != 1 {
		t.Errorf("read %v", s.reads)
	}
}

// TestHalfWritten: a file is read once it has come to rest.
func TestHalfWritten(t *testing.T) {
	s := newShelf(t)
	s.opt = func(o *Options) { o.Settle = 300 * time.Millisecond }
	s.write("a.txt", "anfang")
	l, stop := s.run()
	f, err := os.OpenFile(filepath.Join(s.folder, "a.txt"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 20 {
		<-tick.C
		if _, err := f.WriteString(" mehr"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s.finds(l, "anfang", "a.txt")
	stop()
	if s.times("a.txt") != 1 {
		t.Errorf("read %d times", s.times("a.txt"))
	}
}

// TestFolderAway: a drive that is not there, or an empty mount point, deletes nothing
// for the grace period, and an alarm says so; one document or a whole folder that a
// person removes is gone at once.
func TestFolderAway(t *testing.T) {
	away := map[string]func(s *shelf) error{
		"the folder is gone": func(s *shelf) error { return os.Rename(s.folder, s.folder+".weg") },
		"the folder is empty": func(s *shelf) error {
			return errors.Join(os.Rename(s.folder, s.folder+".weg"), os.Mkdir(s.folder, 0o700))
		},
		"a mount point is empty": func(s *shelf) error {
			sub := filepath.Join(s.folder, "netz")
			return errors.Join(os.RemoveAll(sub), os.Mkdir(sub, 0o700))
		},
	}
	for name, make := range away {
		for _, grace := range []time.Duration{time.Hour, time.Nanosecond} {
			t.Run(fmt.Sprint(name, grace), func(t *testing.T) {
				s := newShelf(t)
				for i := range 12 {
					s.write(fmt.Sprintf("netz/d%02d.txt", i), "steuer")
				}
				s.cfg.Every, s.cfg.Grace = time.Second, grace
				l, stop := s.run()
				s.until("12 documents", func() bool { return l.cols[0].State().Documents == 12 })
				stop()
				if err := make(s); err != nil {
					t.Fatal(err)
				}
				l, _ = s.run()
				if grace < time.Second {
					s.finds(l, "steuer")
					return
				}
				s.until("an alarm", func() bool { return len(l.Alarms()) == 1 })
				if n := len(s.find(l, "steuer")); n != 12 {
					t.Errorf("%d of 12 documents are still there", n)
				}
			})
		}
	}
}

// TestAccess: only who may search a collection finds anything in it, and what not
// everybody may see is searched in direct chats only.
func TestAccess(t *testing.T) {
	s := newShelf(t)
	s.cfg.Access = bots.Access{Allow: []string{"anna@stadt.example", "amt.example"}, Deny: []string{"bert@amt.example"}}
	l := s.library()
	for _, test := range []struct {
		p         Person
		n, direct int
	}{
		{anna, 1, 0},
		{Person{"anna@stadt.example", bots.Confidential, true}, 1, 0},
		{Person{"anna@stadt.example", bots.Internal, false}, 0, 1},
		{Person{"carla@amt.example", bots.Internal, true}, 1, 0},
		{Person{"bert@amt.example", bots.Internal, true}, 0, 0},
		{Person{"eva@stadt.example", bots.Internal, true}, 0, 0},
		{Person{"eva@stadt.example", bots.Internal, false}, 0, 0},
		{Person{"", bots.Internal, true}, 0, 0},
		{Person{"anna@stadt.example", bots.Public, true}, 0, 0},
	} {
		if cols, direct := l.For(test.p); len(cols) != test.n || len(direct) != test.direct {
			t.Errorf("%+v may search %d, %v", test.p, len(cols), direct)
		}
	}
	s.cfg.Access = bots.Access{Deny: []string{"bert@amt.example"}}
	l = s.library()
	for id, n := range map[string]int{"bert@amt.example": 0, "eva@amt.example": 1} {
		if cols, _ := l.For(Person{id, bots.Internal, false}); len(cols) != n {
			t.Errorf("%s may search %d", id, len(cols))
		}
	}
}

// TestTidy: the index of a collection that is no longer configured is deleted, and
// nothing else.
func TestTidy(t *testing.T) {
	s := newShelf(t)
	s.write("a.txt", "steuer")
	l, stop := s.run()
	s.current(l)
	stop()
	kept, old := Dir(s.data, "Amtsbote", "Dienstanweisungen"), Dir(s.data, "Amtsbote", "Alt")
	if err := errors.Join(os.MkdirAll(old, 0o700), os.MkdirAll(kept, 0o700), os.Mkdir(filepath.Join(s.data, "fremd"), 0o700), os.WriteFile(StateFile(old), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if n, err := Tidy(s.data, l); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	var names []string
	entries, _ := os.ReadDir(s.data)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	base := filepath.Base(kept)
	if want := []string{base, base + ".state", "fremd"}; !slices.Equal(names, slices.Sorted(slices.Values(want))) {
		t.Errorf("left %v", names)
	}
}

// TestRebuild: an operator's mark, and a damaged index, have everything read anew.
func TestRebuild(t *testing.T) {
	s := newShelf(t)
	s.write("a.txt", "steuer")
	l, stop := s.run()
	s.finds(l, "steuer", "a.txt")
	if err := os.WriteFile(Mark(l.cols[0].dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.until("read again", func() bool { return s.times("a.txt") == 2 })
	s.finds(l, "steuer", "a.txt")
	stop()
	n := 0
	s.opt = func(o *Options) {
		o.Open = func(dir string) (index.Index, error) {
			if n++; n == 1 {
				return nil, fmt.Errorf("x: %w", index.ErrDamaged)
			}
			return openIndex(dir)
		}
	}
	l, _ = s.run()
	s.until("read again", func() bool { return s.times("a.txt") == 3 })
	s.finds(l, "steuer", "a.txt")
}

// TestRealFiles reads a PDF, a DOCX, an ODT, an XLSX and a ZIP in a child process.
func TestRealFiles(t *testing.T) {
	s := newShelf(t)
	reader := document.New(document.Options{Log: slog.New(slog.DiscardHandler), Children: 1})
	t.Cleanup(func() { reader.Close() })
	s.read = reader.Read
	s.write("satzung.pdf", string(pdf("Hundesteuersatzung vom 12.03.2024", "Die Steuer betraegt 90 Euro im Jahr.")))
	word := zipped("word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Stand: 01.02.2025</w:t></w:r></w:p><w:p><w:r><w:t>Dienstreisen genehmigt die Amtsleitung.</w:t></w:r></w:p></w:body></w:document>`,
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`)
	s.write("reise.docx", string(word))
	s.write("urlaub.odt", string(zipped("mimetype", "application/vnd.oasis.opendocument.text", "content.xml",
		`<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>Urlaub ist zwei Wochen vorher einzureichen.</text:p></office:text></office:body></office:document-content>`)))
	x := excelize.NewFile()
	if err := errors.Join(x.SetSheetRow("Sheet1", "A1", &[]any{"Leistung", "Gebühr"}), x.SetSheetRow("Sheet1", "A2", &[]any{"Bewohnerparkausweis", "30,70 Euro"})); err != nil {
		t.Fatal(err)
	}
	var sheet bytes.Buffer
	if err := x.Write(&sheet); err != nil {
		t.Fatal(err)
	}
	s.write("gebuehren.xlsx", sheet.String())
	s.write("alles.zip", string(zipped("reise.docx", string(word), "notiz.txt", "Das Fundbüro öffnet um zehn.")))
	s.write("bild.bin", "\x00\x01\x02")
	l, _ := s.run()
	s.finds(l, "amtsleitung", "alles.zip (reise.docx)", "reise.docx")
	s.finds(l, "fundbüro", "alles.zip (notiz.txt)")
	s.finds(l, "betraegt", "satzung.pdf")
	s.finds(l, "einzureichen", "urlaub.odt")
	s.finds(l, "bewohnerparkausweis", "gebuehren.xlsx")
	found, err := Search(t.Context(), l.cols, anna, "betraegt", 1)
	if err != nil || len(found) != 1 || found[0].From != FromText || found[0].Date.Format(time.DateOnly) != "2024-03-12" {
		t.Errorf("got %+v, %v", found, err)
	}
	s.current(l)
	if u := l.cols[0].State().Unread; len(u) != 1 || u[0].File != "bild.bin" {
		t.Errorf("unread: %+v", u)
	}
}

func zipped(members ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: members[i], Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, members[i+1])
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// pdf makes a PDF of one page.
func pdf(lines ...string) []byte {
	var text strings.Builder
	text.WriteString("BT /F1 12 Tf 16 TL 70 780 Td\n")
	for _, l := range lines {
		fmt.Fprintf(&text, "(%s) Tj T*\n", l)
	}
	text.WriteString("ET")
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.String())}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF", len(objects)+1, xref)
	return b.Bytes()
}
