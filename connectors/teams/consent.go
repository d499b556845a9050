package teams

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
)

// A bot cannot put a file into a chat. It shows a card that asks the person for
// leave, and waits; when the person presses its button, Teams says where in the
// person's OneDrive the file goes:
//
//	offer ──▶ State, consent card ──▶ fileConsent/invoke ──▶ 200
//	                                        └──▶ upload ──▶ file card, consent card away
//
// Only in personal chats, and not in the clouds of the government of the USA:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4

const (
	typeConsent  = "application/vnd.microsoft.teams.card.file.consent"
	typeFileCard = "application/vnd.microsoft.teams.card.file.info"

	invokeConsent = "fileConsent/invoke" // Name of the activity

	// offerKeep is how long a file waits for the person: from a Friday until Monday.
	offerKeep  = 3 * 24 * time.Hour
	offerChunk = 256 << 10 // bytes of a value of a State
	// maxOffers is how many files wait in one chat; the oldest give way. An answer
	// about the 20 files that a message has at most may have a file and a letter for each.
	maxOffers = 2*maxFiles + 1
	// maxAccept limits all that is done when a person has pressed the button.
	maxAccept = 5 * time.Minute
)

var (
	textOffer = bots.Text{
		DE: "Wenn Sie zustimmen, lege ich diese Datei in Ihrem OneDrive ab. Ich halte sie drei Tage für Sie bereit.",
		EN: "If you agree, I will put this file into your OneDrive. I will keep it ready for you for three days.",
	}
	textOfferGone = bots.Text{
		DE: "Diese Datei halte ich nicht mehr bereit. Bitte stellen Sie mir Ihre Frage noch einmal, dann erstelle ich sie neu.",
		EN: "I no longer have this file ready. Please ask me your question again, and I will make it anew.",
	}
	textUploadFailed = bots.Text{
		DE: "Ich konnte die Datei nicht in Ihrem OneDrive ablegen. Bitte stimmen Sie in ein paar Minuten noch einmal zu. Klappt es dann wieder nicht, wenden Sie sich bitte an Ihre IT.",
		EN: "I could not put the file into your OneDrive. Please agree once more in a few minutes. If it fails again, please ask your IT department.",
	}
	textDriveFull = bots.Text{
		DE: "In Ihrem OneDrive ist kein Platz mehr für diese Datei. Bitte schaffen Sie dort Platz und stimmen Sie dann noch einmal zu.",
		EN: "There is no room left for this file in your OneDrive. Please make some room there and then agree once more.",
	}
)

// textNoFileHere says that the n files of an answer cannot be given here.
func (c *Connector) textNoFileHere(n int) bots.Text {
	de, en := "Zu dieser Antwort gehört eine Datei", "A file belongs to this answer"
	if n > 1 {
		de, en = fmt.Sprintf("Zu dieser Antwort gehören %d Dateien", n), fmt.Sprintf("%d files belong to this answer", n)
	}
	if c.noFiles() {
		return bots.Text{DE: de + ". In dieser Umgebung von Teams kann ich keine Dateien übergeben.",
			EN: en + ". I cannot hand over files in this environment of Teams."}
	}
	return bots.Text{DE: de + ". Hier kann ich keine Dateien übergeben: Bitte stellen Sie mir die Frage in unserem direkten Chat.",
		EN: en + ". I cannot hand over files here: please ask me in our direct chat."}
}

// textNotOffered says that a file of an answer could not be given.
func textNotOffered(name string) bots.Text {
	name = bots.CleanName(name)
	return bots.Text{DE: "Die Datei „" + name + "“ gehört zur Antwort, aber Teams hat sie nicht angenommen. Bitte wenden Sie sich an Ihre IT.",
		EN: "The file “" + name + "” belongs to the answer, but Teams did not take it. Please ask your IT department."}
}

// noFiles reports whether bots in this cloud cannot send or receive files at all.
func (c *Connector) noFiles() bool { return c.cfg.Cloud == "gcch" || c.cfg.Cloud == "dod" }

// offers reports whether a file can be offered where r is: see textNoFileHere.
func (c *Connector) offers(r ref) bool { return r.Type == personal && !c.noFiles() }

// An offer is a file that waits for its person. Its content lies beside it, in
// chunks.
type offer struct {
	Name   string `json:",omitempty"`
	Size   int    `json:",omitempty"` // bytes
	Person string // account ID; nobody else gets it
	Lang   string
	Time   time.Time
	Done   bool `json:",omitempty"` // it was given, or declined: the content is gone
}

// uploads are the offers whose file is on its way.
type uploads struct {
	mu   sync.Mutex
	busy map[string]bool
}

// begin reports whether an offer is free, and takes it until end.
func (u *uploads) begin(key string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.busy[key] {
		return false
	}
	if u.busy == nil {
		u.busy = map[string]bool{}
	}
	u.busy[key] = true
	return true
}

func (u *uploads) end(key string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.busy, key)
}

// offersOf returns the prefix of the keys of the offers in a conversation, and that
// of their contents. They name nobody.
func offersOf(conversation string) (meta, content string) {
	room, _ := root(conversation)
	sum := sha256.Sum256([]byte(room))
	h := hex.EncodeToString(sum[:16])
	return "offer/" + h + "/", "offered/" + h + "/"
}

// offerID returns the ID of what is offered under a key: the same each time, so that
// an answer that is sent again offers its file once. That it can be guessed helps
// nobody: an offer is given to its person in its conversation only.
func offerID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

var offerIDRE = regexp.MustCompile(`^[0-9a-f]{32}$`)

// chunks returns the keys of an offer's content.
func chunks(content, id string, size int) (keys []string) {
	for n := 0; n*offerChunk < size; n++ {
		keys = append(keys, content+id+"/"+strconv.Itoa(n))
	}
	return keys
}

type offerContext struct {
	ID string `json:"id"`
}

type consentCard struct {
	Description    string       `json:"description"`
	SizeInBytes    int          `json:"sizeInBytes"`
	AcceptContext  offerContext `json:"acceptContext"`
	DeclineContext offerContext `json:"declineContext"`
}

// offer keeps a file for r.Person and returns the card that offers it, to be posted
// in the personal chat r as a message of its own. key names the file among all of all
// replies; under the same key it is offered once, however often it is called. nil:
// there is nothing to offer, because the person has taken or declined it already, or
// because it is empty, which no OneDrive takes.
func (c *Connector) offer(ctx context.Context, s bots.State, r ref, key string, f bots.File, lang string) (*activity, error) {
	if len(f.Data) == 0 {
		return nil, nil
	}
	meta, content := offersOf(r.Conversation)
	id := offerID(key)
	o, err := readOffer(ctx, s, meta+id)
	if err != nil {
		return nil, err
	}
	if o.Done {
		return nil, nil
	}
	o = offer{Name: driveName(f.Name), Size: len(f.Data), Person: r.Person, Lang: lang, Time: time.Now().UTC()}
	values, err := c.oldest(ctx, s, meta, content, id)
	if err != nil {
		return nil, err
	}
	values[meta+id] = encode(o)
	for i, key := range chunks(content, id, o.Size) {
		values[key] = f.Data[i*offerChunk : min((i+1)*offerChunk, o.Size)]
	}
	if err := s.Put(ctx, values, offerKeep); err != nil {
		return nil, fmt.Errorf("teams: offer: %w", err)
	}
	card := encode(consentCard{textOffer.In(lang), o.Size, offerContext{id}, offerContext{id}})
	return &activity{Type: schema.Message, Attachments: []attachment{{ContentType: typeConsent, Name: o.Name, Content: card}}}, nil
}

// oldest returns deletions of the offers of a chat that give way to one more.
func (c *Connector) oldest(ctx context.Context, s bots.State, meta, content, next string) (map[string][]byte, error) {
	type waiting struct {
		id string
		offer
	}
	var all []waiting
	err := s.Each(ctx, meta, func(key string, value []byte) error {
		w := waiting{id: strings.TrimPrefix(key, meta)}
		_ = json.Unmarshal(value, &w.offer) // one that cannot be read is the oldest
		if w.id != next {
			all = append(all, w)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("teams: offer: %w", err)
	}
	slices.SortFunc(all, func(a, b waiting) int { return b.Time.Compare(a.Time) })
	values := map[string][]byte{}
	for _, w := range all[min(len(all), maxOffers-1):] {
		values[meta+w.id] = nil
		for _, key := range chunks(content, w.id, w.Size) {
			values[key] = nil
		}
	}
	return values, nil
}

// readOffer returns an offer; none that counts has no person.
func readOffer(ctx context.Context, s bots.State, key string) (o offer, err error) {
	b, err := s.Get(ctx, key)
	if err != nil {
		return o, fmt.Errorf("teams: read offer: %w", err)
	}
	if b == nil || json.Unmarshal(b, &o) != nil || time.Since(o.Time) > offerKeep {
		return offer{}, nil
	}
	return o, nil
}

// driveName returns a file's name as OneDrive takes it:
// https://support.microsoft.com/office/64883a5d-228e-48f5-b3d2-eb39e07630fa
func driveName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"*:<>?|`, r) {
			return '_'
		}
		return r
	}, bots.CleanName(name))
	name = strings.TrimPrefix(strings.Trim(strings.TrimRight(name, ". "), " "), "~$")
	stem := strings.ToUpper(strings.TrimSuffix(name, path.Ext(name)))
	if reservedRE.MatchString(stem) || strings.HasPrefix(name, ".") || strings.Contains(name, "_vti_") {
		name = "Datei " + strings.ReplaceAll(name, "_vti_", "_")
	}
	return cmp.Or(name, "Datei")
}

var reservedRE = regexp.MustCompile(`^(\.LOCK|CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]|DESKTOP)$`)

// consent handles an invoke that says what a person has pressed on a consent card,
// and returns what the request is answered with, and what is to be done after: it
// takes longer than Teams waits, and ends with ctx. after may be nil. It must be
// called for activities of a verified sender only.
func (c *Connector) consent(ctx context.Context, s bots.State, a *activity) (status int, body any, after func(context.Context)) {
	var p press
	if json.Unmarshal(a.Value, &p) != nil || !offerIDRE.MatchString(p.Context.ID) || !a.direct() {
		return http.StatusBadRequest, nil, nil
	}
	if p.Action != "accept" && p.Action != "decline" {
		return http.StatusBadRequest, nil, nil
	}
	p.meta, p.content = offersOf(a.Conversation.ID)
	p.card, p.at, p.locale = a.ReplyToID, a.ref(), a.Locale
	o, err := readOffer(ctx, s, p.meta+p.Context.ID)
	if err != nil {
		c.log.Error("cannot look up an offered file", "err", err)
		return http.StatusServiceUnavailable, nil, nil
	}
	if o.Person != "" && o.Person != a.From.ID {
		return http.StatusForbidden, nil, nil
	}
	return http.StatusOK, nil, func(ctx context.Context) { c.pressed(ctx, s, p) }
}
