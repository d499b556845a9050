package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maunium.net/go/mautrix/crypto/ssss"

	"amtsbote/bots"
	"amtsbote/connectors/matrix/matrixtest"
)

// An office is a server with the bot's account, and the bot's configuration.
type office struct {
	server *matrixtest.Server
	proxy  *matrixtest.Proxy
	bot    matrixtest.Account
	cfg    Config
}

func newOffice(t *testing.T) *office {
	h := &office{server: matrixtest.Start(t, matrixtest.Options{})}
	h.proxy = matrixtest.NewProxy(t, h.server.URL)
	h.bot = h.server.User(t, "amtsbote")
	h.cfg = Config{Server: h.proxy.URL, User: h.bot.UserID, Key: bots.NewSecret("ein Schlüssel für Tests"), Dir: t.TempDir(),
		Profile: bots.Profile{Name: "Amtsbote"}}
	if err := h.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *office) login(t *testing.T, opt LoginOptions) LoginResult {
	t.Helper()
	if opt.Token == "" {
		opt.Password = h.bot.Password
	}
	res, err := Login(t.Context(), h.cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// open returns the bot's account, as the daemon opens it.
func (h *office) open(t *testing.T) *account {
	t.Helper()
	a, err := openAccount(t.Context(), h.cfg.filled())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close() })
	return a
}

// anna is somebody in an encrypted room with the bot: she is told of its devices.
func (h *office) anna(t *testing.T) *matrixtest.Client {
	t.Helper()
	anna := matrixtest.NewClient(t, h.server, h.server.User(t, "anna"), matrixtest.ClientOptions{CrossSigning: true})
	room := anna.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{h.bot.UserID}})
	token := h.open(t).file.mustSession(t).Token
	if err := h.server.Call(t.Context(), "POST", "/_matrix/client/v3/join/"+matrixtest.Path(room), token, map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	anna.WaitMember(t, room, h.bot.UserID, "join")
	return anna
}

// signedDevice waits until a foreign client sees that a device of the bot is
// signed by its owner.
func (h *office) signedDevice(t *testing.T, client *matrixtest.Client, device string) {
	t.Helper()
	client.WaitTrust(t, h.bot.UserID, func(trust matrixtest.Trust) bool {
		for _, d := range trust.Devices {
			if d.ID == device {
				return d.Signed && trust.CrossSigning
			}
		}
		return false
	})
}

// TestLogin makes a device that other clients see as signed by its owner, whose
// recovery key opens the account's secret storage in a client that is not ours.
func TestLogin(t *testing.T) {
	h := newOffice(t)
	res := h.login(t, LoginOptions{})
	if res.User != h.bot.UserID || res.Device == "" || !res.Signed || res.Unsigned != "" || res.RecoveryKey == "" {
		t.Fatalf("got %+v", res)
	}
	anna := h.anna(t)
	h.signedDevice(t, anna, res.Device)

	other := matrixtest.NewClient(t, h.server, h.bot, matrixtest.ClientOptions{RecoveryKey: res.RecoveryKey})
	h.signedDevice(t, anna, other.DeviceID)

	_, err := Login(t.Context(), h.cfg, LoginOptions{Password: h.bot.Password})
	if err == nil || !strings.Contains(err.Error(), "has a device already: "+res.Device) {
		t.Errorf("second login: got %v", err)
	}
	h.leaksNothing(t, res.RecoveryKey)
}

// leaksNothing checks that neither password, token nor keys stand in the device's
// file in clear.
func (h *office) leaksNothing(t *testing.T, recoveryKey string) {
	t.Helper()
	a := h.open(t)
	s, err := a.file.session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := wrapKey(recoveryKey)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string][]byte{"password": []byte(h.bot.Password), "token": []byte(s.Token), "recovery key": []byte(recoveryKey),
		"recovery key without spaces": []byte(strings.ReplaceAll(recoveryKey, " ", "")), "raw recovery key": raw.Key,
		"master key": s.Seeds.MasterKey, "sealing key": []byte(h.cfg.Key.Reveal())}
	files, err := filepath.Glob(a.cfg.File + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, error %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for what, secret := range secrets {
			if len(secret) == 0 || bytes.Contains(data, secret) {
				t.Errorf("%s has the %s", filepath.Base(file), what)
			}
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v", filepath.Base(file), info.Mode(), err)
		}
	}
}

// TestRecover signs a new device with the recovery key of the old one; without the
// key the account's identity is left alone.
func TestRecover(t *testing.T) {
	h := newOffice(t)
	first := h.login(t, LoginOptions{})
	second := h.login(t, LoginOptions{New: true})
	if second.Signed || second.RecoveryKey != "" || second.Device == first.Device || !strings.Contains(second.Unsigned, "amtsbote matrix recover") {
		t.Fatalf("got %+v", second)
	}
	if _, err := os.Stat(second.Moved); err != nil {
		t.Error(err)
	}
	if err := Recover(t.Context(), h.cfg, "EsTx Unsinn"); !errors.Is(err, errNoRecoveryKey) {
		t.Errorf("got %v", err)
	}
	wrong, err := ssss.NewKey("")
	if err != nil {
		t.Fatal(err)
	}
	if err := Recover(t.Context(), h.cfg, wrong.RecoveryKey()); !errors.Is(err, errWrongKey) {
		t.Errorf("got %v", err)
	}
	for range 2 {
		if err := Recover(t.Context(), h.cfg, " "+first.RecoveryKey+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	anna := h.anna(t)
	h.signedDevice(t, anna, first.Device)
	h.signedDevice(t, anna, second.Device)

	third := h.login(t, LoginOptions{New: true, RecoveryKey: first.RecoveryKey})
	if !third.Signed || third.RecoveryKey != "" {
		t.Fatalf("got %+v", third)
	}
	h.signedDevice(t, anna, third.Device)
}

// TestLoginRepeated breaks a login at each of its steps. Called again it goes on
// with the same device, and shows the recovery key that works.
func TestLoginRepeated(t *testing.T) {
	steps := map[string]string{ // what fails
		"the login":              `/v3/login$`,
		"device keys":            `/keys/upload`,
		"the look at the keys":   `/keys/query`,
		"the cross-signing keys": `/keys/device_signing/upload`,
		"the secret storage":     `/account_data/m\.secret_storage\.key`,
		"the secrets":            `/account_data/m\.cross_signing\.self_signing`,
		"the default key":        `/account_data/m\.secret_storage\.default_key`,
		"the device's signature": `/keys/signatures/upload`,
	}
	h := newOffice(t)
	n := 0
	for step, path := range steps {
		for how, action := range map[string]matrixtest.Action{
			"refused":    matrixtest.Reply(500, `{"errcode":"M_UNKNOWN","error":"test"}`),
			"reply lost": matrixtest.LoseReply(),
		} {
			t.Run(step+", "+how, func(t *testing.T) {
				n++
				h := &office{server: h.server, proxy: h.proxy, bot: h.server.User(t, fmt.Sprintf("bot%d", n)), cfg: h.cfg}
				h.cfg.User, h.cfg.Dir = h.bot.UserID, t.TempDir()
				rule := h.proxy.On(t, "", path, action, 0)
				ctx, cancel := context.WithCancel(t.Context())
				go func() { rule.Wait(t, 1); cancel() }()
				if _, err := Login(ctx, h.cfg, LoginOptions{Password: h.bot.Password}); err == nil {
					t.Fatal("the login did not fail")
				}
				rule.Remove()
				res := h.login(t, LoginOptions{})
				if !res.Signed || res.RecoveryKey == "" {
					t.Fatalf("got %+v", res)
				}
				a := h.open(t)
				if st, err := a.standing(t.Context()); err != nil || !st.signed || !st.mine {
					t.Errorf("got %+v, %v", st, err)
				}
				if err := a.unlock(t.Context(), res.RecoveryKey); err != nil || a.mach.CrossSigningKeys.MasterKey.PublicKey() == "" {
					t.Error(err)
				}
				if n := h.devices(t, a); n != 1 {
					t.Errorf("the account has %d devices", n)
				}
			})
		}
	}
}

func (h *office) devices(t *testing.T, a *account) int {
	resp, err := a.mx.GetDevicesInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(resp.Devices)
}

// TestLoginHalfPublished completes an identity of which the server has kept only a
// part, as Dendrite does if the call is broken off.
func TestLoginHalfPublished(t *testing.T) {
	h := newOffice(t)
	for i, lose := range []func(keys map[string]any){
		func(keys map[string]any) { delete(keys["self_signing_key"].(map[string]any), "signatures") },
		func(keys map[string]any) { delete(keys, "self_signing_key"); delete(keys, "user_signing_key") },
	} {
		h := &office{server: h.server, proxy: h.proxy, bot: h.server.User(t, fmt.Sprintf("bot%d", i)), cfg: h.cfg}
		h.cfg.User, h.cfg.Dir = h.bot.UserID, t.TempDir()
		rule := h.proxy.On(t, "POST", `/keys/device_signing/upload`, matrixtest.Reply(400, `{"errcode":"M_UNKNOWN"}`), 1)
		if _, err := Login(t.Context(), h.cfg, LoginOptions{Password: h.bot.Password}); err == nil {
			t.Fatal("the login did not fail")
		}
		var keys map[string]any
		if err := json.Unmarshal(rule.Requests()[0].Body, &keys); err != nil {
			t.Fatal(err)
		}
		lose(keys)
		a := h.open(t)
		if err := h.server.Call(t.Context(), "POST", "/_matrix/client/v3/keys/device_signing/upload", a.file.mustSession(t).Token, keys, nil); err != nil {
			t.Fatal(err)
		}
		if res := h.login(t, LoginOptions{}); !res.Signed || res.RecoveryKey == "" {
			t.Errorf("case %d: got %+v", i, res)
		}
		if st, err := a.standing(t.Context()); err != nil || !st.signed {
			t.Errorf("case %d: got %+v, %v", i, st, err)
		}
	}
}
