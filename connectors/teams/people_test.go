package teams

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// TestDirectoryColleague: whom Microsoft does not tell of holds up nobody else in
// the room, and the alarm stands as long as anything waits.
func TestDirectoryColleague(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana, ole := cloud.Person("Jana Kaya", "jana.kaya@stadt.example"), cloud.Person("Ole Weiß", "ole.weiss@stadt.example")
	group := cloud.Group("Umzug", jana, ole)
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/members/"+ole.ID) {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	d.post(t, group, ole, "<at>Amtsbote</at> eins")
	zwei := d.post(t, group, ole, "<at>Amtsbote</at> zwei")
	until(t, "the alarm", func() bool { return d.Alarms()[alarmPeople] != "" })
	for range 3 { // again: it waits already
		post(t, cloud, zwei)
	}
	_, n := d.intake.get()
	n.mu.Lock()
	for line, all := range n.open {
		if len(all) > 2 {
			t.Errorf("%d wait in the line %q", len(all), line)
		}
	}
	n.mu.Unlock()
	d.post(t, group, jana, "<at>Amtsbote</at> und ich?")
	if m := d.message(t, 0); m.Text != "und ich?" {
		t.Errorf("got %+v", m)
	}
	until(t, "it to leave the State", func() bool { return waits(t, d.state) == 2 })
	if d.Alarms()[alarmPeople] == "" {
		t.Error("the alarm ended with another's message")
	}
	cloud.Hook(nil)
	for i, want := range []string{"eins", "zwei"} {
		if m := d.message(t, 1+i); m.Text != want || m.Sender != "ole.weiss@stadt.example" {
			t.Errorf("got %+v, want %s", m, want)
		}
	}
	until(t, "the alarm's end", func() bool { return len(d.Alarms()) == 0 })
}

// TestDirectoryElsewhere: whom Microsoft does not tell of in one room is heard in
// another.
func TestDirectoryElsewhere(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	ole := cloud.Person("Ole Weiß", "ole.weiss@stadt.example")
	group := cloud.Group("Umzug", ole)
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, group.ID) {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	d.post(t, group, ole, "<at>Amtsbote</at> in der Gruppe")
	until(t, "the alarm", func() bool { return d.Alarms()[alarmPeople] != "" })
	d.post(t, cloud.Personal(ole), ole, "im Chat")
	for i, want := range []string{"im Chat", "in der Gruppe"} { // known by then
		if m := d.message(t, i); m.Text != want {
			t.Errorf("message %d: got %+v", i, m)
		}
	}
}

// TestDirectoryHangs: while Microsoft does not answer at all, who is known is heard.
func TestDirectoryHangs(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	d.post(t, cloud.Personal(jana), jana, "eins")
	d.message(t, 0)
	release := make(chan struct{})
	defer close(release)
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/members/") {
			<-release
		}
		return false
	})
	for i := range lookups + 5 {
		p := cloud.Person("Person", fmt.Sprintf("p%d@stadt.example", i))
		d.post(t, cloud.Personal(p), p, "hallo")
	}
	_, n := d.intake.get()
	until(t, "all to be asked for", func() bool { return len(n.people) == lookups })
	d.post(t, cloud.Personal(jana), jana, "zwei")
	if m := d.message(t, 1); m.Text != "zwei" {
		t.Errorf("got %+v", m)
	}
}

// TestDirectoryAwayLong: Microsoft is asked again every minute, not more, and then no
// alarm is left.
func TestDirectoryAwayLong(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	a := heard(t, with(cloud.Personal(jana).Activity(jana, "message", ""), "text", "hallo"))
	var asked atomic.Int64
	cloud.Hook(func(w http.ResponseWriter, _ *http.Request) bool {
		asked.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
		return true
	})
	synctest.Test(t, func(t *testing.T) {
		c := New(config(cloud), nil)
		c.client.Transport = cloud.Transport()
		s := connectortest.NewState()
		got := make(chan bots.Message, 1)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- c.Receive(ctx, s, func(_ context.Context, m bots.Message) error { got <- m; return nil })
		}()
		synctest.Wait()
		for _, w := range c.messages(a) {
			if err := c.take(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(30 * time.Minute)
		if n := asked.Load(); n < 25 || n > 40 || c.Alarms()[alarmPeople] == "" {
			t.Errorf("asked %d times in half an hour; alarms %v", n, c.Alarms())
		}
		cloud.Hook(nil)
		if m := <-got; m.Text != "hallo" {
			t.Errorf("got %+v", m)
		}
		synctest.Wait()
		if len(c.Alarms()) != 0 {
			t.Errorf("alarms %v", c.Alarms())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func with(a map[string]any, key, value string) map[string]any { a[key] = value; return a }

// TestWhoWroteFinal: answers that asking again would not change, and people who are
// somebody else in another tenant.
func TestWhoWroteFinal(t *testing.T) {
	const other = "00000000-0000-4000-8000-00000000000b"
	cloud := teamstest.Start(t)
	cfg := config(cloud)
	cfg.Tenants = []string{other}
	c := New(cfg, nil)
	s := connectortest.NewState()
	answer := map[string]any{"status": 200}
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if status := answer["status"].(int); status != 200 {
			w.WriteHeader(status)
			return true
		}
		_ = json.NewEncoder(w).Encode(answer)
		return true
	})
	at := ref{Service: cloud.Service(), Conversation: "19:x@thread.v2", Type: "groupChat", Tenant: teamstest.Tenant, Bot: teamstest.BotID, Person: "29:Eva"}
	who := func(r ref, fields ...any) string {
		t.Helper()
		answer = map[string]any{"status": 200, "id": r.Person, "aadObjectId": "0b1ec7", "userPrincipalName": "eva@stadt.example", "userRole": "user", "tenantId": teamstest.Tenant}
		for i := 0; i < len(fields); i += 2 {
			answer[fields[i].(string)] = fields[i+1]
		}
		name, err := c.person(t.Context(), s, r)
		if err != nil {
			t.Error(err)
		}
		return name
	}
	nobody := "29:eva@" + teamstest.Tenant
	for _, status := range []int{400, 403, 404} {
		if got := who(at, "status", status); got != nobody {
			t.Errorf("%d: got %s", status, got)
		}
	}
	elsewhere := at
	elsewhere.Service = "https://evil.example/"
	if got := who(elsewhere); got != nobody {
		t.Errorf("at an address that is not listed any more: got %s", got)
	}
	answer["status"] = 500
	if _, err := c.person(t.Context(), s, at); err == nil {
		t.Error("500: no error")
	}
	anonymous := at
	anonymous.Person = "29:Niemand"
	if got, want := who(anonymous, "aadObjectId", "", "userPrincipalName", "", "userRole", "anonymous"), "29:niemand@"+teamstest.Tenant; got != want {
		t.Errorf("anonymous: got %s, want %s", got, want)
	}
	foreign := at
	foreign.Person = "29:Fremd"
	if got, want := who(foreign, "tenantId", "00000000-0000-4000-8000-00000000000c"), "0b1ec7@"+teamstest.Tenant; got != want {
		t.Errorf("of another tenant: got %s, want %s", got, want)
	}
	if got := who(at); got != "eva@stadt.example" {
		t.Errorf("got %s", got)
	}
	if got := who(at, "userPrincipalName", "anders@stadt.example"); got != "eva@stadt.example" {
		t.Errorf("asked again within a day: got %s", got)
	}
	at.Tenant = other
	if got := who(at, "userRole", "guest", "userPrincipalName", "eva_stadt.example#EXT#@kreis.example"); got != "eva_stadt.example#ext#@guests.kreis.example" {
		t.Errorf("a guest in the other tenant: got %s", got)
	}
	if object, err := c.objectID(t.Context(), s, "EVA@stadt.example"); err != nil || object != "0b1ec7" {
		t.Errorf("object ID %s, %v", object, err)
	}
}

// TestWhoWrote: access is by the name of the directory, and what looks like a
// colleague's name but is none does not pass.
func TestWhoWrote(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	guest := cloud.Person("Gast", "gast_firma.example#EXT#@stadt.example")
	guest.Guest = true
	odd := cloud.Person("Komisch", "zwei@at@stadt.example")
	gone := cloud.Person("Fort", "fort@stadt.example")
	chat := cloud.Personal(gone)
	chat.Members = nil
	for i, test := range []struct {
		who  *teamstest.Person
		want string
	}{
		{cloud.Person("Dr. Özlem von der Heide", "Özlem.vonderHeide@Stadt.example"), "özlem.vonderheide@stadt.example"},
		{guest, "gast_firma.example#ext#@guests.stadt.example"},
		{odd, odd.ObjectID + "@" + teamstest.Tenant},
		{gone, gone.ID + "@" + teamstest.Tenant},
	} {
		cloud.Personal(test.who).Say(test.who, "", "hallo")
		if m := d.message(t, i); m.Sender != strings.ToLower(test.want) {
			t.Errorf("%s: got %s, want %s", test.who.Name, m.Sender, test.want)
		}
	}
}

// TestDirectoryAway: while Microsoft does not say who wrote, that room waits and no
// other; the operator is told; in the end all arrives.
func TestDirectoryAway(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana, ole := cloud.Person("Jana Kaya", "jana.kaya@stadt.example"), cloud.Person("Ole Weiß", "ole.weiss@stadt.example")
	known, unknown := cloud.Personal(jana), cloud.Personal(ole)
	known.Say(jana, "", "eins")
	d.message(t, 0)
	var asked atomic.Int64
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/members/") {
			asked.Add(1)
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	unknown.Say(ole, "", "wer bin ich?")
	until(t, "the alarm", func() bool { return d.Alarms()[alarmPeople] != "" })
	known.Say(jana, "", "zwei")
	if m := d.message(t, 1); m.Text != "zwei" {
		t.Errorf("got %+v", m)
	}
	if n := waits(t, d.state); n != 1 {
		t.Errorf("%d wait", n)
	}
	cloud.Hook(nil)
	if m := d.message(t, 2); m.Text != "wer bin ich?" || m.Sender != "ole.weiss@stadt.example" {
		t.Errorf("got %+v", m)
	}
	if len(d.Alarms()) != 0 || asked.Load() == 0 {
		t.Errorf("alarms %v after %d questions", d.Alarms(), asked.Load())
	}
}

// TestWhoWroteNames: what of the directory's name a person is.
func TestWhoWroteNames(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	unnamedOne := "o@" + teamstest.Tenant
	long := strings.Repeat("x", 320) + "@stadt.example"
	for _, test := range []struct {
		m    member
		want string
	}{
		{member{UPN: "Eva@stadt.example", Role: "user"}, "eva@stadt.example"},
		{member{UPN: "eva@stadt.example"}, "eva@stadt.example"},
		{member{UPN: "eva@stadt.example", Role: "guest"}, "eva@guests.stadt.example"},
		{member{UPN: "eva@stadt.example", Role: "anonymous"}, "eva@guests.stadt.example"},
		{member{UPN: "eva_x#EXT#@stadt.example", Role: "user"}, "eva_x#ext#@guests.stadt.example"},
		{member{UPN: "eva@stadt.example", Tenant: "anders"}, unnamedOne},
		{member{UPN: "eva@stadt.example", Tenant: strings.ToUpper(teamstest.Tenant)}, "eva@stadt.example"},
		{member{UPN: long}, unnamedOne},
		{member{UPN: "eva x@stadt.example"}, unnamedOne},
		{member{UPN: "eva\x7f@stadt.example"}, unnamedOne},
		{member{UPN: "eva@x@stadt.example"}, unnamedOne},
		{member{UPN: "eva", Email: "eva@stadt.example"}, unnamedOne},
	} {
		test.m.ObjectID = "o"
		if got := c.nameOf(test.m, ref{Tenant: teamstest.Tenant, Person: "29:p"}); got != test.want {
			t.Errorf("%.100v: got %.100s, want %s", test.m, got, test.want)
		}
	}
	if got := unnamed("eva@stadt.example x", "t"); got != "eva_stadt.example_x@t" {
		t.Errorf("an ID that looks like a name: got %s", got)
	}
}
