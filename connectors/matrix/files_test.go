package matrix

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/matrix/matrixtest"
)

func TestFiles(t *testing.T) {
	d := newDesk(t)
	data := bytes.Repeat([]byte("Akte\x00\xff"), 300_000)
	for _, encrypted := range []bool{false, true} {
		name := map[bool]string{false: "plain", true: "encrypted"}[encrypted]
		room := d.room(t, matrixtest.Room{Direct: true, Encrypted: encrypted})
		t.Run("a file goes out, "+name, func(t *testing.T) {
			r := d.ask(t, room, "Als Datei?", "Bitte")
			r.Answer.Files = []bots.File{{Name: "../Brief\u202e.docx", Type: "application/vnd.oasis.opendocument.text", Data: data}, {Name: "leer.txt", Type: "Unsinn"}}
			d.send(t, r)
			m := d.file(t, room, "Brief.docx")
			if m.Encrypted != encrypted || m.MsgType() != "m.file" || !bytes.Equal(d.anna.Download(t, m), data) {
				t.Errorf("got %+v", m)
			}
			if m := d.file(t, room, "leer.txt"); len(d.anna.Download(t, m)) != 0 {
				t.Errorf("got %+v", m)
			}
		})
		t.Run("a file comes in, "+name, func(t *testing.T) {
			r := &receiver{d.c, d.c.account, d.state, nil}
			d.pull(t)
			sent := d.anna.SendFile(t, room, matrixtest.File{Name: "akte.pdf", MIME: "application/pdf", Data: data, Caption: "Bitte lesen"})
			d.pull(t)
			e, err := r.a.fetch(t.Context(), id.RoomID(room), id.EventID(sent))
			if err != nil || e == nil {
				t.Fatal(e, err)
			}
			files, err := filesOf(e.Content.AsMessage())
			if err != nil || len(files) != 1 || files[0].Name != "akte.pdf" || files[0].Type != "application/pdf" || files[0].Size != int64(len(data)) {
				t.Fatalf("got %+v, %v", files, err)
			}
			d.restart(t)
			got, err := d.read(t, files[0])
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	t.Run("what the server does not have is refused", func(t *testing.T) {
		for _, ref := range []string{"", "{", `{"u":"https://x.example"}`, `{"u":"mxc://localhost/gibtesnicht"}`, `{"u":"mxc://localhost/x","k":{"v":"v9"}}`,
			`{"r":"!x:localhost","e":"$nichts"}`} {
			_, err := d.read(t, bots.File{Ref: ref})
			if refusal, ok := errors.AsType[*bots.Refusal](err); !ok || refusal.Text.IsZero() {
				t.Errorf("%s: got %v", ref, err)
			}
		}
	})
	t.Run("a file that the server finds too big is told of", func(t *testing.T) {
		room := d.room(t, matrixtest.Room{Direct: true, Encrypted: true})
		rule := d.proxy.On(t, "POST", `/upload`, matrixtest.Reply(413, `{"errcode":"M_TOO_LARGE"}`), 0)
		defer rule.Remove()
		r := d.ask(t, room, "Als Datei?", "Bitte")
		r.Answer.Files = []bots.File{{Name: "groß.pdf", Data: []byte("x")}}
		d.send(t, r)
		d.anna.WaitFor(t, room, matrixtest.From(d.cfg.User, "„groß.pdf“ gehört zur Antwort"))
	})
}

// read reads a file of a message.
func (d *desk) read(t *testing.T, f bots.File) ([]byte, error) {
	t.Helper()
	body, err := d.c.Open(t.Context(), d.state, f)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

func TestOpenChecks(t *testing.T) {
	key := attachment.NewEncryptedFile()
	sealed := []byte(strings.Repeat("geheim", 10_000))
	key.EncryptInPlace(sealed)
	read := func(body []byte) error {
		_, err := io.ReadAll(newDecrypter(io.NopCloser(bytes.NewReader(body)), key))
		return err
	}
	if err := read(sealed); err != nil {
		t.Error(err)
	}
	for what, body := range map[string][]byte{"changed": append([]byte{sealed[0] ^ 1}, sealed[1:]...), "cut": sealed[:len(sealed)-1], "longer": append(bytes.Clone(sealed), 'x'), "empty": nil} {
		if err := read(body); !isRefusal(err) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	for size, ok := range map[int]bool{99: true, 100: true, 101: false, 5000: false} {
		got, err := io.ReadAll(&limited{io.NopCloser(bytes.NewReader(make([]byte, size))), 100})
		if ok != (err == nil) || !ok && !isRefusal(err) || len(got) > 100 {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
}

// TestOldServer reads from a server from before authenticated media: a fake, since
// real ones of that age are not to be had.
func TestOldServer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_matrix/media/v3/download/alt.example/abc" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"errcode":"M_UNRECOGNIZED","error":"?"}`)
			return
		}
		_, _ = io.WriteString(w, "alt")
	}))
	defer srv.Close()
	mx, err := newClient(Config{Server: srv.URL}, "@a:b", http.DefaultTransport)
	if err != nil {
		t.Fatal(err)
	}
	body, err := (&account{mx: mx}).download(t.Context(), id.ContentURI{Homeserver: "alt.example", FileID: "abc"})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if b, err := io.ReadAll(body); err != nil || string(b) != "alt" {
		t.Errorf("got %q, %v", b, err)
	}
}

func FuzzFilesOf(f *testing.F) {
	f.Add(`{"msgtype":"m.file","body":"a.pdf","url":"mxc://x/y","info":{"size":-1,"mimetype":"x"}}`)
	f.Add(`{"msgtype":"m.image","body":"../../a","filename":"\u202egpj.exe","file":{"url":"mxc://x/y","key":{"k":"x"}},"info":{"size":1e300}}`)
	f.Add(`{"msgtype":"m.audio","file":{}}`)
	f.Fuzz(func(t *testing.T, content string) {
		var c event.MessageEventContent
		if json.Unmarshal([]byte(content), &c) != nil {
			return
		}
		files, err := filesOf(&c)
		for _, f := range files {
			if err != nil || f.Ref == "" || f.Size < 0 || bots.CleanName(f.Name) != f.Name {
				t.Errorf("got %+v", f)
			}
		}
	})
}
