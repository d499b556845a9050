package teamstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bot is a careless bot: it sends what a test wants it to.
type bot struct {
	t      *testing.T
	c      *Cloud
	client *http.Client
	token  string
}

func newBot(t *testing.T, c *Cloud, scope string) *bot {
	t.Helper()
	b := &bot{t, c, &http.Client{Transport: c.Transport()}, ""}
	resp, err := b.client.PostForm(c.Login()+"/"+Tenant+"/oauth2/v2.0/token",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {AppID}, "client_secret": {Secret}, "scope": {scope}})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || got.Token == "" {
		t.Fatal(resp.StatusCode, err)
	}
	b.token = got.Token
	return b
}

// do sends a request and returns the status and Microsoft's code or the ID.
func (b *bot) do(method, path, body, contentType string) (status int, code, id string) {
	b.t.Helper()
	req, err := http.NewRequest(method, b.c.Service()+"v3/conversations"+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+b.token)
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	all, _ := io.ReadAll(resp.Body)
	var got struct {
		ID    string
		Error struct{ Code string }
	}
	_ = json.Unmarshal(all, &got)
	if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") == "" {
		b.t.Error("429 without Retry-After")
	}
	return resp.StatusCode, got.Error.Code, got.ID
}

const jsonType = "application/json; charset=utf-8"

// TestStrict shows the fake what Teams refuses: it would be worth little if it took it.
func TestStrict(t *testing.T) {
	ai := func(rest string) string {
		return `{"type":"https://schema.org/Message","@type":"Message","@context":"https://schema.org","@id":"","additionalType":["AIGeneratedContent"]` + rest + `}`
	}
	claim := func(n, rest string) string {
		return `{"@type":"Claim","position":` + n + `,"appearance":{"@type":"DigitalDocument","name":"Satzung","abstract":"§ 3"` + rest + `}}`
	}
	message := func(text, rest string) string { return `{"type":"message","text":"` + text + `"` + rest + `}` }
	var many, marks []string
	for i := range 21 {
		many, marks = append(many, claim(fmt.Sprint(i+1), "")), append(marks, fmt.Sprintf("[%d]", i+1))
	}
	consent := `"attachments":[{"contentType":"application/vnd.microsoft.teams.card.file.consent","name":"a.pdf","content":{"sizeInBytes":1}}]`
	for _, test := range []struct {
		name, body, contentType string
		status                  int
		code                    string
	}{
		{name: "a message", body: message("x", ""), status: 201},
		{name: "typing", body: `{"type":"typing"}`, status: 201},
		{name: "with all that is known", body: message("x [1] <at>Jana</at>", `,"textFormat":"markdown","from":{"id":"`+BotID+`"},"conversation":{"id":"CONV"},"recipient":{"id":"PERSON"},"replyToId":"SAID","entities":[`+
			ai(`,"citation":[`+claim("1", `,"url":"https://x.example"`)+`]`)+`,{"type":"mention","text":"<at>Jana</at>","mentioned":{"id":"29:1"}}]`), status: 201},
		{name: "20 citations", body: message(strings.Join(marks[:20], ""), `,"entities":[`+ai(`,"citation":[`+strings.Join(many[:20], ",")+`]`)+`]`), status: 201},
		{name: "a card", body: `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard"}}]}`, status: 201},
		{name: "no charset", body: message("x", ""), contentType: "application/json", status: 201},

		{name: "latin1", body: message("x", ""), contentType: "application/json; charset=iso-8859-1", status: 400, code: "BadSyntax"},
		{name: "not UTF-8", body: message("\xe4", ""), status: 400, code: "BadSyntax"},
		{name: "a form", body: message("x", ""), contentType: "text/plain", status: 415, code: "BadSyntax"},
		{name: "not JSON", body: "x", status: 400, code: "BadSyntax"},
		{name: "null", body: "null", status: 400, code: "BadSyntax"},
		{name: "too long", body: message(strings.Repeat("ä", 51<<10), ""), status: 413, code: "MessageSizeTooBig"},
		{name: "zero value", body: message("x", `,"suggestedActions":{}`), status: 400, code: "BadArgument"},
		{name: "zero value deep down", body: message("x", `,"channelData":{"a":[{"b":""}]}`), status: 400, code: "BadArgument"},
		{name: "another type", body: `{"type":"trace","text":"x"}`, status: 400, code: "BadArgument"},
		{name: "nothing to show", body: `{"type":"message"}`, status: 400, code: "BadArgument"},
		{name: "text format", body: message("x", `,"textFormat":"html"`), status: 400, code: "BadArgument"},
		{name: "unknown attachment", body: `{"type":"message","attachments":[{"contentType":"application/pdf","contentUrl":"https://x.example"}]}`, status: 400, code: "BadArgument"},
		{name: "a card without content", body: `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive"}]}`, status: 400, code: "BadArgument"},
		{name: "an image by http", body: `{"type":"message","attachments":[{"contentType":"image/png","contentUrl":"http://x.example"}]}`, status: 400, code: "BadArgument"},
		{name: "text and file", body: message("x", ","+consent), status: 400, code: "BadArgument"},
		{name: "a file in a channel", body: `{"type":"message",` + consent + `}`, status: 400, code: "BadArgument"},
		{name: "two AI labels", body: message("x", `,"entities":[`+ai("")+","+ai("")+`]`), status: 400, code: "BadArgument"},
		{name: "AI label without context", body: message("x", `,"entities":[{"type":"https://schema.org/Message","@type":"Message"}]`), status: 400, code: "BadArgument"},
		{name: "21 citations", body: message(strings.Join(marks, ""), `,"entities":[`+ai(`,"citation":[`+strings.Join(many, ",")+`]`)+`]`), status: 400, code: "BadArgument"},
		{name: "citation not in the text", body: message("x [2]", `,"entities":[`+ai(`,"citation":[`+claim("1", "")+`]`)+`]`), status: 400, code: "BadArgument"},
		{name: "citation twice", body: message("x [1]", `,"entities":[`+ai(`,"citation":[`+claim("1", "")+","+claim("1", "")+`]`)+`]`), status: 400, code: "BadArgument"},
		{name: "citation 0", body: message("x [0]", `,"entities":[`+ai(`,"citation":[`+claim("0", "")+`]`)+`]`), status: 400, code: "BadArgument"},
		{name: "citation by http", body: message("x [1]", `,"entities":[`+ai(`,"citation":[`+claim("1", `,"url":"http://x.example"`)+`]`)+`]`), status: 400, code: "BadArgument"},
		{name: "citation without appearance", body: message("x [1]", `,"entities":[`+ai(`,"citation":[{"@type":"Claim","position":1}]`)+`]`), status: 400, code: "BadArgument"},
		{name: "citation with a long name", body: message("x [1]", `,"entities":[`+ai(`,"citation":[`+claim("1", `,"name":"`+strings.Repeat("x", 81)+`"`)+`]`)+`]`), status: 400, code: "BadArgument"},
		{name: "mention not in the text", body: message("x", `,"entities":[{"type":"mention","text":"<at>Jana</at>","mentioned":{"id":"29:1"}}]`), status: 400, code: "BadArgument"},
		{name: "entity without type", body: message("x", `,"entities":[{"a":1}]`), status: 400, code: "BadArgument"},
		{name: "from another", body: message("x", `,"from":{"id":"28:x"}`), status: 400, code: "BadArgument"},
		{name: "to a stranger", body: message("x", `,"recipient":{"id":"29:x"}`), status: 400, code: "BadArgument"},
		{name: "elsewhere", body: message("x", `,"conversation":{"id":"a:1"}`), status: 400, code: "BadArgument"},
		{name: "with an ID", body: message("x", `,"id":"1"`), status: 400, code: "BadArgument"},
		{name: "answers nothing", body: message("x", `,"replyToId":"1"`), status: 404, code: "ActivityNotFoundInConversation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Start(t)
			kaya := c.Person("Jana Kaya", "jana.kaya@stadt.example")
			conv := c.Channel("Bauamt", "Allgemein", kaya)
			asked := conv.Activity(kaya, "message", "")
			full := asked["conversation"].(map[string]any)["id"].(string)
			body := strings.NewReplacer("CONV", full, "PERSON", kaya.ID, "SAID", asked["id"].(string)).Replace(test.body)
			if test.contentType == "" {
				test.contentType = jsonType
			}
			b := newBot(t, c, Scope)
			status, code, id := b.do("POST", "/"+url.PathEscape(full)+"/activities", body, test.contentType)
			if status != test.status || code != test.code || (id != "") != (status == 201) {
				t.Errorf("%d %s %q", status, code, id)
			}
			if r := c.Refusals(); (len(r) == 0) != (status == 201) {
				t.Errorf("refusals: %q", r)
			}
		})
	}
}

func TestStrictPlaces(t *testing.T) {
	c := Start(t)
	kaya := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	conv, chat := c.Channel("Bauamt", "Allgemein", kaya), c.Personal(kaya)
	thread := conv.Activity(kaya, "message", "")["conversation"].(map[string]any)["id"].(string)
	asked := chat.Activity(kaya, "message", "")["id"].(string)
	b := newBot(t, c, Scope)
	const hello = `{"type":"message","text":"x"}`
	_, _, id := b.do("POST", "/"+url.PathEscape(thread)+"/activities", hello, jsonType)
	in := "/" + url.PathEscape(chat.ID) + "/activities"
	for _, test := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"PUT", "/" + url.PathEscape(thread) + "/activities/" + id, `{"type":"message","text":"y","id":"` + id + `"}`, 200, ""},
		{"PUT", "/" + url.PathEscape(thread) + "/activities/" + id, `{"type":"typing"}`, 400, "BadArgument"},
		{"PUT", in + "/" + id, hello, 404, "ActivityNotFoundInConversation"},
		{"PUT", in + "/" + asked, hello, 403, "Forbidden"},
		{"DELETE", in + "/" + asked, "", 403, "Forbidden"},
		{"POST", in + "/" + asked, hello, 201, ""},
		{"POST", in + "/" + asked, `{"type":"message","text":"x","replyToId":"1"}`, 400, "BadArgument"},
		{"POST", in + "/" + id, hello, 404, "ActivityNotFoundInConversation"},
		{"POST", "/" + url.PathEscape(chat.ID+";messageid="+asked) + "/activities", hello, 404, "ConversationNotFound"},
		{"POST", "/" + url.PathEscape(conv.ID+";messageid=1") + "/activities", hello, 404, "ConversationNotFound"},
		{"POST", "", `{"bot":{"id":"` + BotID + `"},"members":[{"id":"` + kaya.ID + `"}],"tenantId":"` + Tenant + `"}`, 201, ""},
		{"POST", "", `{"bot":{"id":"` + BotID + `"},"members":[{"id":"` + kaya.ID + `"}],"tenantId":"` + Tenant + `","isGroup":true}`, 400, "BadArgument"},
		{"POST", "", `{"bot":{"id":"` + BotID + `"},"members":[{"id":"` + kaya.ID + `"}]}`, 400, "BadArgument"},
		{"POST", "", `{"bot":{"id":"28:x"},"members":[{"id":"` + kaya.ID + `"}],"tenantId":"` + Tenant + `"}`, 400, "BadArgument"},
		{"POST", "", `{"bot":{"id":"` + BotID + `"},"members":[],"tenantId":"` + Tenant + `"}`, 400, "BadArgument"},
		{"POST", "", `{"bot":{"id":"` + BotID + `"},"members":[{"id":"29:x"}],"tenantId":"` + Tenant + `"}`, 403, "MessageWritesBlocked"},
		{"PATCH", in + "/" + asked, hello, 404, "NotFound"},
	} {
		if status, code, _ := b.do(test.method, test.path, test.body, jsonType); status != test.status || code != test.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", test.method, test.path, test.body, status, code, test.status, test.code)
		}
	}
	conv.Remove()
	if status, code, _ := b.do("POST", "/"+url.PathEscape(thread)+"/activities", hello, jsonType); status != 403 || code != "BotNotInConversationRoster" {
		t.Errorf("removed: %d %s", status, code)
	}
	if status, _, _ := newBot(t, c, GraphScope).do("POST", in, hello, jsonType); status != 401 {
		t.Errorf("a token for Graph: %d", status)
	}
	b.token = ""
	if status, _, _ := b.do("POST", in, hello, jsonType); status != 401 {
		t.Errorf("no token: %d", status)
	}
	if all := c.Requests(); !slices.Contains(all, Request{"POST", "/connector/v3/conversations/" + url.PathEscape(thread) + "/activities", thread}) {
		t.Errorf("not in the log: %+v", all)
	}
}

// TestTooFast counts as Microsoft's table does: 7 in 1 s, 8 in 2 s, 60 in 30 s.
func TestTooFast(t *testing.T) {
	c := Start(t)
	kaya, ott := c.Person("Jana Kaya", "jana.kaya@stadt.example"), c.Person("Olaf Ott", "olaf.ott@stadt.example")
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, c, Scope)
		post := func(p *Person) int {
			status, _, _ := b.do("POST", "/"+url.PathEscape(c.Personal(p).ID)+"/activities", `{"type":"typing"}`, jsonType)
			return status
		}
		for i := range 7 {
			if s := post(kaya); s != 201 {
				t.Fatal(i, s)
			}
		}
		if s := post(kaya); s != 429 {
			t.Error("the 8th in a second:", s)
		}
		if s := post(ott); s != 201 {
			t.Error("in another conversation:", s)
		}
		time.Sleep(time.Second)
		if s := post(kaya); s != 201 {
			t.Error("the 8th in two seconds:", s)
		}
		if s := post(kaya); s != 429 {
			t.Error("the 9th in two seconds:", s)
		}
		time.Sleep(time.Minute)
		for range 60 {
			if s := post(kaya); s != 201 {
				t.Fatal(s)
			}
			time.Sleep(400 * time.Millisecond)
		}
		if s := post(kaya); s != 429 {
			t.Error("the 61st in half a minute:", s)
		}
		status := 0
		for range 14 {
			status, _, _ = b.do("GET", "/"+url.PathEscape(c.Personal(kaya).ID)+"/members/"+kaya.ID, "", jsonType)
		}
		if status != 200 {
			t.Error("the 14th member in a second:", status)
		}
		if status, _, _ = b.do("GET", "/"+url.PathEscape(c.Personal(kaya).ID)+"/members/"+kaya.ID, "", jsonType); status != 429 {
			t.Error("the 15th member in a second:", status)
		}
	})
}

func TestTokenEndpoint(t *testing.T) {
	c := Start(t)
	client := &http.Client{Transport: c.Transport()}
	good := url.Values{"grant_type": {"client_credentials"}, "client_id": {AppID}, "client_secret": {Secret}, "scope": {Scope}}
	ask := func(tenant string, form url.Values) string {
		resp, err := client.PostForm(c.Login()+"/"+tenant+"/oauth2/v2.0/token", form)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Description string `json:"error_description"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || (resp.StatusCode == 200) != (got.Description == "") {
			t.Error(resp.StatusCode, err)
		}
		code, _, _ := strings.Cut(got.Description, ":")
		return code
	}
	with := func(key string, values ...string) url.Values {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form[key] = values
		return form
	}
	for _, test := range []struct {
		tenant string
		form   url.Values
		want   string
	}{
		{Tenant, good, ""},
		{"common", good, "AADSTS90002"},
		{Tenant, with("client_id", "x"), "AADSTS700016"},
		{Tenant, with("client_secret", "x"), "AADSTS7000215"},
		{Tenant, with("client_secret"), "AADSTS7000218"},
		{Tenant, with("client_secret", Secret, Secret), "AADSTS9000411"},
		{Tenant, with("grant_type", "password"), "AADSTS70003"},
		{Tenant, with("scope", "https://api.botframework.com"), "AADSTS1002012"},
		{Tenant, with("scope", "https://other.example/.default"), "AADSTS500011"},
		{Tenant, with("client_assertion", "x"), "AADSTS7000216"},
	} {
		if got := ask(test.tenant, test.form); got != test.want {
			t.Errorf("%s %v: %q, want %q", test.tenant, test.form, got, test.want)
		}
	}
}
