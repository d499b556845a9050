package teamstest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// files is a OneDrive, without permissions but those that lie in addresses, and the
// pictures in texts that Bot Connector keeps:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
type files struct {
	mu       sync.Mutex
	hook     func(w http.ResponseWriter, r *http.Request) bool
	shared   map[string][]byte // by the token in the address
	moved    map[string]string // where an address leads instead
	pictures map[string][]byte
	sessions map[string]*session
	drive    map[string][]byte // by contentUrl: what was put there
	expired  bool
	fetched  int
}

// A session takes one file: https://learn.microsoft.com/graph/api/driveitem-createuploadsession
type session struct {
	contentURL string
	want, size int // how many bytes were announced with the card; in Content-Range
	got        []byte
}

// Limits of a request to an upload session.
const (
	fragmentUnit = 320 << 10
	maxFragment  = 60 << 20
)

func (c *Cloud) startFiles() {
	f := &c.files
	f.shared, f.moved, f.pictures, f.sessions, f.drive = map[string][]byte{}, map[string]string{}, map[string][]byte{}, map[string]*session{}, map[string][]byte{}
	handle := func(pattern string, h http.HandlerFunc) {
		c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			f.mu.Lock()
			hook := f.hook
			f.mu.Unlock()
			if hook == nil || !hook(w, r) {
				h(w, r)
			}
		})
	}
	handle("GET /files/d/{token}", c.download)
	handle("GET /files/m/{token}", c.move)
	handle("PUT /files/u/{token}", c.takeFragment)
	handle("GET /files/u/{token}", c.sessionStatus)
	handle("GET /connector/v3/attachments/{id}/views/{view}", c.picture)
	c.mux.HandleFunc("/files/", func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, http.StatusNotFound, "itemNotFound", "no such file: "+r.Method)
	})
}

// FileHook is asked before each request for files; if it returns true it has
// answered. nil takes it away.
func (c *Cloud) FileHook(h func(w http.ResponseWriter, r *http.Request) bool) {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	c.files.hook = h
}

// File returns the address from which a content can be fetched, by everybody who
// knows it, until ExpireFiles. It has a secret in it ("tempauth").
func (c *Cloud) File(content []byte) string {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	token := rand.Text()
	c.files.shared[token] = content
	return c.URL + "/files/d/" + token + "?tempauth=" + rand.Text()
}

// Redirect returns an address that leads to another one; "": to itself.
func (c *Cloud) Redirect(to string) string {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	token := rand.Text()
	address := c.URL + "/files/m/" + token + "?tempauth=" + rand.Text()
	if to == "" {
		to = address
	}
	c.files.moved[token] = to
	return address
}

// ExpireFiles ends all addresses: 403 from now on.
func (c *Cloud) ExpireFiles() {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	c.files.expired = true
}

// Fetched says how many files were asked for.
func (c *Cloud) Fetched() int {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	return c.files.fetched
}

// bare refuses a request that carries more than its address: a token of the bot's
// is for Bot Connector only, and OneDrive answers 401 to one in an upload.
func (c *Cloud) bare(w http.ResponseWriter, r *http.Request) bool {
	for _, h := range []string{"Authorization", "Cookie", "Referer"} {
		if r.Header.Get(h) != "" {
			c.refuse(w, http.StatusUnauthorized, "unauthenticated", h+" in a request for a file")
			return false
		}
	}
	return true
}

func (c *Cloud) download(w http.ResponseWriter, r *http.Request) {
	c.files.mu.Lock()
	c.files.fetched++
	content, ok := c.files.shared[r.PathValue("token")]
	expired := c.files.expired
	c.files.mu.Unlock()
	switch {
	case !c.bare(w, r):
	case expired || r.URL.Query().Get("tempauth") == "":
		w.WriteHeader(http.StatusForbidden) // no fault: that is how it goes
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content)
	}
}

func (c *Cloud) move(w http.ResponseWriter, r *http.Request) {
	c.files.mu.Lock()
	c.files.fetched++
	to := c.files.moved[r.PathValue("token")]
	c.files.mu.Unlock()
	if c.bare(w, r) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// picture returns a picture that was pasted into a text, to the bot only.
func (c *Cloud) picture(w http.ResponseWriter, r *http.Request) {
	c.files.mu.Lock()
	c.files.fetched++
	content, ok := c.files.pictures[r.PathValue("id")]
	c.files.mu.Unlock()
	switch {
	case !c.authorized(r, Scope):
		c.refuse(w, http.StatusUnauthorized, "Unauthorized", "no valid token for a picture")
	case !ok || r.PathValue("view") != "original":
		c.refuse(w, http.StatusNotFound, "NotFound", "no such picture")
	default:
		_, _ = w.Write(content)
	}
}

var rangeRE = regexp.MustCompile(`^bytes (\d{1,12})-(\d{1,12})/(\d{1,12})$`)

// takeFragment takes a part of a file. Each request states where it belongs and how
// large the whole is; fragments come in order, and all but the last are a multiple of
// 320 KiB.
func (c *Cloud) takeFragment(w http.ResponseWriter, r *http.Request) {
	if !c.bare(w, r) {
		return
	}
	m := rangeRE.FindStringSubmatch(r.Header.Get("Content-Range"))
	if m == nil {
		c.refuse(w, http.StatusBadRequest, "invalidRequest", "Content-Range must have a range and a total length")
		return
	}
	from, _ := strconv.Atoi(m[1])
	to, _ := strconv.Atoi(m[2])
	size, _ := strconv.Atoi(m[3])
	body, err := io.ReadAll(io.LimitReader(r.Body, maxFragment))
	if err != nil {
		return // broken off: all of the request is ignored
	}
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	s := c.files.sessions[r.PathValue("token")]
	switch {
	case s == nil || c.files.expired:
		c.refuse(w, http.StatusNotFound, "itemNotFound", "no such upload session")
	case len(body) != to-from+1 || r.ContentLength != int64(len(body)) || to >= size || len(body) == maxFragment:
		c.refuse(w, http.StatusBadRequest, "invalidRequest", "the fragment is not as long as its Content-Range says, or too long")
	case s.size != 0 && s.size != size:
		c.refuse(w, http.StatusBadRequest, "invalidRequest", "another total length than before")
	case size != s.want:
		c.refuse(w, http.StatusBadRequest, "invalidRequest", "another total length than the card said")
	case to+1 < size && len(body)%fragmentUnit != 0:
		c.refuse(w, http.StatusBadRequest, "invalidRequest", "the fragment is no multiple of 320 KiB")
	case from < len(s.got):
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) // it has these; no fault
	case from > len(s.got):
		c.refuse(w, http.StatusRequestedRangeNotSatisfiable, "invalidRange", "not the next fragment")
	default:
		s.size, s.got = size, append(s.got, body...)
		if len(s.got) < size {
			answer(w, http.StatusAccepted, s.status())
			return
		}
		c.files.drive[s.contentURL] = s.got
		delete(c.files.sessions, r.PathValue("token"))
		answer(w, http.StatusCreated, map[string]any{"id": rand.Text(), "size": size, "file": map[string]any{}})
	}
}

// Take takes a request to an upload session past the hook: for a test that loses the
// answer.
func (c *Cloud) Take(w http.ResponseWriter, r *http.Request) { c.takeFragment(w, r) }

func (s *session) status() map[string]any {
	return map[string]any{"expirationDateTime": "2099-01-01T00:00:00Z", "nextExpectedRanges": []string{fmt.Sprintf("%d-", len(s.got))}}
}

func (c *Cloud) sessionStatus(w http.ResponseWriter, r *http.Request) {
	if !c.bare(w, r) {
		return
	}
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	if s := c.files.sessions[r.PathValue("token")]; s != nil && !c.files.expired {
		answer(w, http.StatusOK, s.status())
		return
	}
	c.refuse(w, http.StatusNotFound, "itemNotFound", "no such upload session")
}

// SendFile puts a file into a person's OneDrive and returns the attachment with
// which a message in their chat with the bot brings it, for Say.
func (p *Person) SendFile(v *Conversation, name string, content []byte) map[string]any {
	return map[string]any{"contentType": "application/vnd.microsoft.teams.file.download.info", "name": name,
		"contentUrl": v.cloud.URL + "/personal/" + p.ID + "/Documents/" + name,
		"content":    map[string]any{"downloadUrl": v.cloud.File(content), "uniqueId": rand.Text(), "fileType": strings.TrimPrefix(path.Ext(name), ".")}}
}

// PastePicture returns the attachment of a message into which a person has pasted a
// picture, for Say.
func (p *Person) PastePicture(v *Conversation, content []byte) map[string]any {
	v.cloud.files.mu.Lock()
	defer v.cloud.files.mu.Unlock()
	id := "0-weu-" + rand.Text()
	v.cloud.files.pictures[id] = content
	return map[string]any{"contentType": "image/*", "contentUrl": v.cloud.Service() + "v3/attachments/" + id + "/views/original"}
}

// Drive returns what was put into the OneDrive of the person of a personal chat,
// under an address.
func (v *Conversation) Drive(contentURL string) ([]byte, bool) {
	v.cloud.files.mu.Lock()
	defer v.cloud.files.mu.Unlock()
	b, ok := v.cloud.files.drive[contentURL]
	return b, ok
}

// A Press is the activity of a person who presses a button of a consent card. It may
// be changed before it is delivered.
type Press map[string]any

// Upload returns what the press says of where the file goes.
func (p Press) Upload() map[string]any {
	return p["value"].(map[string]any)["uploadInfo"].(map[string]any)
}

// Press returns what is delivered when a person presses a button of a consent card
// ("accept", "decline"). Each press opens an upload session of its own.
func (v *Conversation) Press(p *Person, card Message, action string) (Press, error) {
	at, err := consentCard(card)
	if err != nil {
		return nil, err
	}
	a := v.Activity(p, "invoke", "")
	content := at["content"].(map[string]any)
	value := map[string]any{"type": "fileUpload", "action": action, "context": content[action+"Context"]}
	if action == "accept" {
		name := at["name"].(string)
		token := rand.Text()
		s := &session{contentURL: v.cloud.URL + "/personal/" + p.ObjectID + "/Documents/" + token + "/" + name, want: int(content["sizeInBytes"].(float64))}
		v.cloud.files.mu.Lock()
		v.cloud.files.sessions[token] = s
		v.cloud.files.mu.Unlock()
		value["uploadInfo"] = map[string]any{"contentUrl": s.contentURL, "name": name, "uniqueId": rand.Text(), "fileType": strings.TrimPrefix(path.Ext(name), "."),
			"uploadUrl": v.cloud.URL + "/files/u/" + token + "?tempauth=" + rand.Text()}
	}
	a["name"], a["value"], a["replyToId"] = "fileConsent/invoke", value, card.ID
	return a, nil
}

// consentCard returns the only attachment of a message that is a consent card.
func consentCard(m Message) (map[string]any, error) {
	all, _ := m.Activity["attachments"].([]any)
	if len(all) != 1 || m.Text() != "" {
		return nil, fmt.Errorf("not a message that is a card alone: %v", m.Activity)
	}
	at, _ := all[0].(map[string]any)
	content, _ := at["content"].(map[string]any)
	name, _ := at["name"].(string)
	size, _ := content["sizeInBytes"].(float64)
	_, accept := content["acceptContext"].(map[string]any)
	_, decline := content["declineContext"].(map[string]any)
	switch {
	case at["contentType"] != "application/vnd.microsoft.teams.card.file.consent", content["description"] == nil, !accept, !decline:
		return nil, fmt.Errorf("not a whole consent card: %v", at)
	case size < 1: // an upload session takes no empty file
		return nil, fmt.Errorf("a file of %v bytes", size)
	case name == "" || strings.ContainsAny(name, `"*:<>?/\|`) || name != strings.Trim(name, " ") || strings.HasSuffix(name, "."):
		return nil, fmt.Errorf("a name that OneDrive does not take: %q", name)
	}
	return at, nil
}

// DeliverPress delivers a press once and returns the status that the bot answers.
func (v *Conversation) DeliverPress(a Press) (int, error) {
	resp, err := v.cloud.Post(a, v.cloud.Sign(v.cloud.Claims()))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && len(body) > 0 && !json.Valid(body) {
		err = fmt.Errorf("an answer that is no JSON: %.100q", body)
	}
	return resp.StatusCode, err
}

// Accept has the person of a personal chat press "Allow" on a consent card, and
// returns the status that the bot answers.
func (v *Conversation) Accept(card Message) (int, error) { return v.press(card, "accept") }

// Decline has them press "Decline".
func (v *Conversation) Decline(card Message) (int, error) { return v.press(card, "decline") }

func (v *Conversation) press(card Message, action string) (int, error) {
	a, err := v.Press(v.Members[0], card, action)
	if err != nil {
		return 0, err
	}
	return v.DeliverPress(a)
}
