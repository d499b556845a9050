package matrix

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/backup"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/matrix/matrixtest"
)

func refusal(t *testing.T, err error, want string) {
	t.Helper()
	if _, ok := errors.AsType[*bots.Refusal](err); !ok || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want a refusal with %q", err, want)
	}
}

// withLog has what an account logs kept.
func withLog(a *account) *bytes.Buffer {
	var log bytes.Buffer
	a.log = slog.New(slog.NewTextHandler(&log, nil))
	return &log
}

// keysAs has the server answer the next look at the bot's keys with what change
// makes of the true ones.
func (h *office) keysAs(t *testing.T, a *account, change func(keys map[string]any)) *matrixtest.Rule {
	t.Helper()
	s, err := a.file.session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	ask := map[string]any{"device_keys": map[string]any{h.bot.UserID: []string{string(s.Device)}}}
	if err := h.server.Call(t.Context(), "POST", "/_matrix/client/v3/keys/query", s.Token, ask, &keys); err != nil {
		t.Fatal(err)
	}
	change(keys)
	body, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return h.proxy.On(t, "POST", `/keys/query`, matrixtest.Reply(200, string(body)), 1)
}

// TestDeletedDevice is an alarm and no loop: the server has ended the session, or
// forgotten the device's keys.
func TestDeletedDevice(t *testing.T) {
	h := newOffice(t)
	res := h.login(t, LoginOptions{})
	a := h.open(t)

	h.keysAs(t, a, func(keys map[string]any) { delete(keys, "device_keys") })
	refusal(t, a.ensureIdentity(t.Context()), "device "+res.Device+" has been deleted on the server")
	if err := a.ensureIdentity(t.Context()); err != nil {
		t.Fatal(err)
	}

	h.server.LogoutAll(t, h.bot)
	all := h.proxy.On(t, "", `/v3/`, matrixtest.Count(), 0)
	refusal(t, a.ensureIdentity(t.Context()), "ended this device's session")
	if n := all.Seen(); n > 2 {
		t.Errorf("asked %d times", n)
	}
	if !errors.Is(a.door.gone(), errRevoked) {
		t.Errorf("gone: %v", a.door.gone())
	}
	_, err := Login(t.Context(), h.cfg, LoginOptions{Password: h.bot.Password})
	if !errors.Is(err, errRevoked) {
		t.Errorf("login without New: %v", err)
	}
	status, err := Status(t.Context(), h.cfg)
	if err != nil || status.Token || !strings.Contains(status.Problem, "login --new") {
		t.Errorf("got %+v, %v", status, err)
	}
	if next := h.login(t, LoginOptions{New: true, RecoveryKey: res.RecoveryKey}); !next.Signed || next.Device == res.Device {
		t.Errorf("got %+v", next)
	}
}

// TestIdentityRepaired signs the device again where the server has lost the
// signature, and publishes the same cross-signing keys where it has lost them.
func TestIdentityRepaired(t *testing.T) {
	h := newOffice(t)
	h.login(t, LoginOptions{})
	a := h.open(t)
	user := h.bot.UserID
	master := a.file.mustSession(t).Seeds
	h.keysAs(t, a, func(keys map[string]any) {
		device := keys["device_keys"].(map[string]any)[user].(map[string]any)[string(a.mx.DeviceID)].(map[string]any)
		own := device["signatures"].(map[string]any)[user].(map[string]any)
		for key := range own {
			if key != "ed25519:"+string(a.mx.DeviceID) {
				delete(own, key)
			}
		}
	})
	signed := h.proxy.On(t, "POST", `/keys/signatures/upload`, matrixtest.Count(), 0)
	published := h.proxy.On(t, "POST", `/keys/device_signing/upload`, matrixtest.Count(), 0)
	if err := a.ensureIdentity(t.Context()); err != nil || signed.Seen() != 2 || published.Seen() != 0 {
		t.Fatalf("lost signature: %v, %d signatures, %d keys uploaded", err, signed.Seen(), published.Seen())
	}

	h.keysAs(t, a, func(keys map[string]any) {
		for _, kind := range []string{"master_keys", "self_signing_keys", "user_signing_keys"} {
			delete(keys, kind)
		}
	})
	log := withLog(a)
	if err := a.ensureIdentity(t.Context()); err != nil || published.Seen() == 0 {
		t.Fatalf("lost keys: %v, %d uploaded, %s", err, published.Seen(), log)
	}
	if err := a.mach.ImportCrossSigningKeys(*master); err != nil {
		t.Fatal(err)
	}
	for _, r := range published.Requests() {
		if !bytes.Contains(r.Body, []byte(a.mach.CrossSigningKeys.MasterKey.PublicKey())) {
			t.Error("another master key was published")
		}
	}
	if err := a.ensureIdentity(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (d *deviceFile) mustSession(t *testing.T) session {
	t.Helper()
	s, err := d.session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestIdentityReplaced warns and never puts the old keys back: somebody may have
// wanted that. The new recovery key signs the device.
func TestIdentityReplaced(t *testing.T) {
	h := newOffice(t)
	first := h.login(t, LoginOptions{})
	b := h.open(t) // stands for the client that replaces the identity
	key, _, err := b.mach.GenerateAndUploadCrossSigningKeysWithPassword(t.Context(), h.bot.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	a := h.open(t)
	log := withLog(a)
	published := h.proxy.On(t, "POST", `/keys/device_signing/upload`, matrixtest.Count(), 0)
	if err := a.ensureIdentity(t.Context()); err != nil || !strings.Contains(log.String(), "has replaced the account's cross-signing keys") {
		t.Errorf("got %v, %s", err, log)
	}
	if n := published.Seen(); n != 0 {
		t.Errorf("%d keys published", n)
	}
	if err := Recover(t.Context(), h.cfg, first.RecoveryKey); !errors.Is(err, errWrongKey) {
		t.Errorf("the old recovery key: %v", err)
	}
	if err := Recover(t.Context(), h.cfg, key); err != nil {
		t.Fatal(err)
	}
	if st, err := a.standing(t.Context()); err != nil || !st.signed {
		t.Errorf("got %+v, %v", st, err)
	}
}

// TestIdentityOffline tells a network that is away from a device that is gone.
func TestIdentityOffline(t *testing.T) {
	h := newOffice(t)
	h.login(t, LoginOptions{})
	a := h.open(t)
	h.proxy.On(t, "POST", `/keys/query`, matrixtest.BadGateway(), 1)
	ctx := context.WithValue(t.Context(), mautrix.MaxAttemptsContextKey, 1)
	err := a.ensureIdentity(ctx)
	if _, ok := errors.AsType[*bots.Refusal](err); ok || err == nil {
		t.Errorf("got %v", err)
	}
	if err := a.ensureIdentity(ctx); err != nil {
		t.Error(err)
	}
}

// TestToken makes the device of a token that an administrator issued. The server
// wants a password before it takes cross-signing keys: the device works unsigned,
// and is completed later.
func TestToken(t *testing.T) {
	h := newOffice(t)
	const asks = `{"session":"x","flows":[{"stages":["m.login.password"]}],"params":{}}`
	rule := h.proxy.On(t, "POST", `/keys/device_signing/upload`, matrixtest.Reply(401, asks), 0)
	token, device := h.server.Login(t, h.bot)
	res := h.login(t, LoginOptions{Token: token})
	if res.Device != device || res.Signed || res.RecoveryKey != "" || !strings.Contains(res.Unsigned, "--password") {
		t.Fatalf("got %+v", res)
	}
	a := h.open(t)
	log := withLog(a)
	if err := a.ensureIdentity(t.Context()); err != nil || !strings.Contains(log.String(), "not signed") {
		t.Errorf("got %v, %s", err, log)
	}
	rule.Remove()
	if res = h.login(t, LoginOptions{}); res.Device != device || !res.Signed || res.RecoveryKey == "" {
		t.Fatalf("got %+v", res)
	}
	h.leaksNothing(t, res.RecoveryKey)
}

// TestWrongLogin refuses what cannot become the bot's device, and says why.
func TestWrongLogin(t *testing.T) {
	h := newOffice(t)
	other := h.server.User(t, "fremd")
	foreign, _ := h.server.Login(t, other)
	used := matrixtest.NewClient(t, h.server, h.bot, matrixtest.ClientOptions{})
	h.proxy.On(t, "GET", `/whoami`, matrixtest.Reply(200, `{"user_id":"`+h.bot.UserID+`","device_id":"`+used.DeviceID+`"}`), 1)
	inUse, _ := h.server.Login(t, h.bot) // of whatever device; the server says that it is the client's
	wrongLogin(t, h, "which another program uses", LoginOptions{Token: inUse})
	wrongLogin(t, h, "the configuration names @", LoginOptions{Token: foreign})
	wrongLogin(t, h, "does not know this access", LoginOptions{Token: "nonsense"})
	wrongLogin(t, h, "refuses user or password of", LoginOptions{Password: "falsch"})
	wrongLogin(t, h, "password or an access token", LoginOptions{})
	h.proxy.On(t, "GET", `/v3/login$`, matrixtest.Reply(200, `{"flows":[{"type":"m.login.sso"}]}`), 1)
	wrongLogin(t, h, "mas-cli manage issue-compatibility-token", LoginOptions{Password: h.bot.Password})
	if err := Recover(t.Context(), h.cfg, "x"); err == nil || !strings.Contains(err.Error(), "no device yet") {
		t.Errorf("recover: %v", err)
	}
	if res := h.login(t, LoginOptions{}); !res.Signed {
		t.Errorf("got %+v", res)
	}
	h.cfg.Key = bots.NewSecret("ein anderer Schlüssel")
	wrongLogin(t, h, "sealed with another key", LoginOptions{Password: h.bot.Password})
}

func wrongLogin(t *testing.T, h *office, want string, opt LoginOptions) {
	t.Helper()
	_, err := Login(t.Context(), h.cfg, opt)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	for _, secret := range []string{opt.Password, opt.Token} {
		if secret != "" && err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

// TestExpiredSession logs in again with the same device and its keys.
func TestExpiredSession(t *testing.T) {
	h := newOffice(t)
	first := h.login(t, LoginOptions{})
	old := h.open(t).file.mustSession(t).Token
	h.proxy.On(t, "GET", `/whoami`, matrixtest.Reply(401, `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`), 1)
	second := h.login(t, LoginOptions{})
	if second.Device != first.Device || second.Fingerprint != first.Fingerprint || !second.Signed || second.RecoveryKey != "" {
		t.Errorf("got %+v, had %+v", second, first)
	}
	if now := h.open(t).file.mustSession(t).Token; now == old {
		t.Error("the token is the old one")
	}
}

// TestRestore reads the keys in the account's backup.
func TestRestore(t *testing.T) {
	h := newOffice(t)
	first := h.login(t, LoginOptions{})
	a := h.open(t)
	out, err := olm.NewOutboundGroupSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err := olm.NewInboundGroupSession([]byte(out.Key()))
	if err != nil {
		t.Fatal(err)
	}
	exported, err := in.Export(0)
	if err != nil {
		t.Fatal(err)
	}
	key, err := backup.NewMegolmBackupKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := backup.EncryptSessionData(key, backup.MegolmSessionData{Algorithm: id.AlgorithmMegolmV1, SessionKey: string(exported),
		SenderKey: a.mach.OwnIdentity().IdentityKey, SenderClaimedKeys: backup.SenderClaimedKeys{Ed25519: a.mach.OwnIdentity().SigningKey}})
	if err != nil {
		t.Fatal(err)
	}
	a.putBackup(t, first.RecoveryKey, key, "!raum:localhost", in.ID(), sealed)

	second := h.login(t, LoginOptions{New: true, RecoveryKey: first.RecoveryKey})
	if second.Backup == "" {
		t.Errorf("got %+v", second)
	}
	got, err := h.open(t).keys.GetGroupSession(t.Context(), "!raum:localhost", in.ID())
	if err != nil || got == nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// putBackup does what a client does that backs its keys up.
func (a *account) putBackup(t *testing.T, recoveryKey string, key *backup.MegolmBackupKey, room id.RoomID, name id.SessionID, data any) {
	t.Helper()
	pub := id.Ed25519(base64.RawStdEncoding.EncodeToString(key.PublicKey().Bytes()))
	resp, err := a.mx.CreateKeyBackupVersion(t.Context(), &mautrix.ReqRoomKeysVersionCreate[backup.MegolmAuthData]{
		Algorithm: id.KeyBackupAlgorithmMegolmBackupV1, AuthData: backup.MegolmAuthData{PublicKey: pub}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.mx.PutKeysInBackupForRoomAndSession(t.Context(), resp.Version, room, name, &mautrix.ReqKeyBackupData{SessionData: raw}); err != nil {
		t.Fatal(err)
	}
	storage, err := a.storageKey(t.Context(), recoveryKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.mach.SSSS.SetEncryptedAccountData(t.Context(), event.AccountDataMegolmBackupKey, key.Bytes(), storage); err != nil {
		t.Fatal(err)
	}
}
