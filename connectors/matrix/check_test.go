package matrix

import (
	"errors"
	"os"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/matrix/matrixtest"
)

// TestStatus looks at the device while the daemon has it open, and changes nothing.
func TestStatus(t *testing.T) {
	h := newOffice(t)
	if got, err := Status(t.Context(), h.cfg); err == nil || !strings.Contains(err.Error(), "run amtsbote matrix login") || got.Device != "" {
		t.Errorf("without a device: %+v, %v", got, err)
	}
	res := h.login(t, LoginOptions{})
	a := h.open(t) // the daemon
	for _, encrypted := range []bool{true, false} {
		name := "m.room.encryption"
		if !encrypted {
			name = "m.room.topic"
		}
		room := map[string]any{"initial_state": []any{map[string]any{"type": name, "state_key": "", "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "topic": "x"}}}}
		var made struct {
			ID string `json:"room_id"`
		}
		if err := h.server.Call(t.Context(), "POST", "/_matrix/client/v3/createRoom", a.file.mustSession(t).Token, room, &made); err != nil {
			t.Fatal(err)
		}
		if _, err := a.isEncrypted(t.Context(), id.RoomID(made.ID)); err != nil {
			t.Fatal(err)
		}
	}
	changes := h.proxy.On(t, "PUT", ``, matrixtest.Count(), 0)
	posts := h.proxy.On(t, "POST", `upload|refresh|login|logout`, matrixtest.Count(), 0)
	before := a.file.mustSession(t)
	got, err := Status(t.Context(), h.cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := StatusReport{User: h.bot.UserID, Device: res.Device, Fingerprint: res.Fingerprint, Token: true, Present: true, Identity: true, Signed: true,
		Recovery: true, Complete: true, Rooms: 2, Encrypted: 1}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if changes.Seen()+posts.Seen() != 0 || a.file.mustSession(t).Token != before.Token {
		t.Errorf("something was changed: %v %v", changes.Requests(), posts.Requests())
	}
}

// results are what Check found, by name.
func results(t *testing.T, cfg Config) map[string]bots.CheckResult {
	all := map[string]bots.CheckResult{}
	for _, r := range New(cfg, nil).Check(t.Context()) {
		all[r.What] = r
	}
	return all
}

// TestCheck tells what is wrong, each with its cure, and changes nothing.
func TestCheck(t *testing.T) {
	h := newOffice(t)
	if r := results(t, h.cfg)["device"]; r.Err == nil || r.Warn || !strings.Contains(r.Err.Error(), "amtsbote matrix login") {
		t.Errorf("without a device: %+v", r)
	}
	res := h.login(t, LoginOptions{})
	changes := h.proxy.On(t, "", `upload|refresh|login|account_data`, matrixtest.Count(), 0)
	for what, r := range results(t, h.cfg) {
		if r.Err != nil {
			t.Errorf("%s: %v", what, r.Err)
		}
	}
	a := h.open(t)
	h.keysAs(t, a, func(keys map[string]any) { delete(keys, "self_signing_keys") })
	if r := results(t, h.cfg)["device"]; !errors.Is(r.Err, errNoKey) || !r.Warn {
		t.Errorf("unsigned: %+v", r)
	}
	h.keysAs(t, a, func(keys map[string]any) { delete(keys, "device_keys") })
	if r := results(t, h.cfg)["device"]; r.Err == nil || r.Warn || !strings.Contains(r.Err.Error(), res.Device+" has been deleted") {
		t.Errorf("deleted: %+v", r)
	}
	if err := os.Chmod(a.cfg.File, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := results(t, h.cfg)["device file"]; r.Err == nil || !strings.Contains(r.Err.Error(), "chmod 600") {
		t.Errorf("open file: %+v", r)
	}
	if err := os.Chmod(a.cfg.File, 0o600); err != nil {
		t.Fatal(err)
	}
	if n := changes.Seen(); n != 0 {
		t.Errorf("changed: %v", changes.Requests())
	}
	h.server.LogoutAll(t, h.bot)
	if r := results(t, h.cfg)["access token"]; !errors.Is(r.Err, errRevoked) || r.Warn {
		t.Errorf("revoked: %+v", r)
	}
	wrong := h.cfg
	wrong.Server += "/falsch"
	if r := results(t, wrong)["server"]; r.Err == nil || !strings.Contains(r.Err.Error(), ".well-known") {
		t.Errorf("no homeserver: %+v", r)
	}
}
