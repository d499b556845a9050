package matrix

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"modernc.org/sqlite"
)

// maxResponse is the size limit in bytes of what the server answers.
const maxResponse = 128 << 20

// An account is an open device: its client, keys and file.
type account struct {
	cfg  Config
	file *deviceFile
	keys *keyStore
	mx   *mautrix.Client
	mach *crypto.OlmMachine
	door *door
	log  *slog.Logger

	// decrypting is held while events are decrypted, which locks the session first
	// and then the file; in a transaction of many it is the other way round.
	decrypting sync.Mutex
}

// newClient returns a client for a server. Nothing of what it does is logged:
// mautrix would log bodies.
func newClient(cfg Config, user id.UserID, rt http.RoundTripper) (*mautrix.Client, error) {
	mx, err := mautrix.NewClient(cfg.Server, user, "")
	if err != nil {
		return nil, fmt.Errorf("matrix: %w", err)
	}
	mx.Log = zerolog.Nop()
	mx.Client = &http.Client{Transport: rt}
	mx.UserAgent = "amtsbote"
	mx.DefaultHTTPRetries = 3 // of what can be repeated; without, a 429 loses an answer
	mx.DefaultHTTPBackoff = time.Second
	mx.MaxHTTPBackoff = 30 * time.Second
	mx.ResponseSizeLimit = maxResponse
	return mx, nil
}

// transport returns how servers are reached.
func transport(cfg Config) (http.RoundTripper, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	t.ResponseHeaderTimeout = 90 * time.Second
	if cfg.CA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(cfg.CA)
	if err != nil {
		return nil, fmt.Errorf("matrix: ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("matrix: ca: %s has no certificate", cfg.CA)
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

// openAccount opens the device of a configuration.
func openAccount(ctx context.Context, cfg Config) (*account, error) {
	file, err := openFile(ctx, cfg, false)
	if errors.Is(err, errNoSession) {
		return nil, notLoggedIn(cfg.Name)
	}
	if err != nil {
		return nil, err
	}
	s, err := file.session(ctx)
	if errors.Is(err, errNoSession) || err == nil && s.Token == "" {
		err = notLoggedIn(cfg.Name)
	}
	var a *account
	if err == nil {
		a, err = newAccount(ctx, cfg, file, s)
	}
	if err != nil {
		return nil, errors.Join(err, file.close())
	}
	return a, nil
}

// newAccount opens a device with a session.
func newAccount(ctx context.Context, cfg Config, file *deviceFile, s session) (*account, error) {
	if s.User != id.UserID(cfg.User) {
		return nil, fmt.Errorf("matrix: the device file is of %s, the configuration names %s", s.User, cfg.User)
	}
	rt, err := transport(cfg)
	if err != nil {
		return nil, err
	}
	a := &account{cfg: cfg, file: file, log: slog.New(slog.DiscardHandler), door: newDoor(cfg, rt, s, file.saveTokens)}
	if a.mx, err = newClient(cfg, s.User, a.door); err != nil {
		return nil, err
	}
	a.mx.DeviceID, a.mx.AccessToken, a.mx.StateStore = s.Device, s.Token, file.states
	store := crypto.NewSQLCryptoStore(file.db, dbutil.NoopLogger, "", s.Device, file.pickle)
	if err := store.DB.Upgrade(ctx); err != nil {
		return nil, fmt.Errorf("matrix: device file: %w", err)
	}
	a.keys = &keyStore{SQLCryptoStore: store}
	nop := zerolog.Nop()
	a.mach = crypto.NewOlmMachine(a.mx, &nop, a.keys, file.states)
	a.mach.DisableDecryptKeyFetching = true // decrypting must not wait for the network
	a.mach.DisableRatchetTracking = true    // no key is thrown away once used: rooms are read again for summaries
	if err := a.mach.Load(ctx); err != nil {
		return nil, fmt.Errorf("matrix: load keys (was key changed?): %w", err)
	}
	return a, nil
}

func (a *account) close() error {
	a.mach.Destroy()
	return a.file.close()
}

// decrypt returns the clear event. missing: its key is not there yet, or only for
// what came after it (the sender's client knew of this device too late). Any other
// error of mautrix is final, but not one of the file.
func (a *account) decrypt(ctx context.Context, evt *event.Event) (clear *event.Event, missing bool, err error) {
	a.decrypting.Lock()
	defer a.decrypting.Unlock()
	return a.decryptHeld(ctx, evt)
}

// decryptHeld is decrypt for who holds decrypting.
func (a *account) decryptHeld(ctx context.Context, evt *event.Event) (clear *event.Event, missing bool, err error) {
	clear, err = a.mach.DecryptMegolmEvent(ctx, evt)
	switch {
	case err == nil && clear.Mautrix.TrustState == id.TrustStateDeviceKeyMismatch:
		return nil, false, errors.New("matrix: the event's key is not of its sender's device")
	case errors.Is(err, crypto.ErrNoSessionFound), errors.Is(err, crypto.ErrGroupSessionWithheld), errors.Is(err, olm.ErrUnknownMessageIndex):
		return nil, true, err
	}
	return clear, false, err
}

// ofFile reports whether an error is one of the device's file: a full disk, a lock.
func ofFile(err error) bool {
	_, ok := errors.AsType[*sqlite.Error](err)
	return ok
}

// encrypt encrypts an event for all who are in a room.
func (a *account) encrypt(ctx context.Context, room id.RoomID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	sealed, err := a.mach.EncryptMegolmEvent(ctx, room, kind, content)
	if err == nil || !crypto.IsShareError(err) {
		return sealed, err
	}
	if err := a.fetchMembers(ctx, room); err != nil {
		return nil, err
	}
	users, err := a.file.states.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("matrix: members: %w", err)
	}
	if err := a.mach.ShareGroupSession(ctx, room, users); err != nil {
		return nil, fmt.Errorf("matrix: share key: %w", err)
	}
	return a.mach.EncryptMegolmEvent(ctx, room, kind, content)
}

// fetchMembers sees to it that all members of a room are known. The server sends
// only those who write (lazy loading), and from then on all changes.
func (a *account) fetchMembers(ctx context.Context, room id.RoomID) error {
	known, err := a.file.states.HasFetchedMembers(ctx, room)
	if err != nil || known {
		return err
	}
	if _, err := a.mx.Members(ctx, room); err != nil {
		return fmt.Errorf("matrix: members: %w", err)
	}
	if err := a.file.states.MarkMembersFetched(ctx, room); err != nil {
		return fmt.Errorf("matrix: members: %w", err)
	}
	return nil
}

// forgetMembers has the members of a room asked for anew, and a new key made for
// what is sent next: those who have left must not read it.
func (a *account) forgetMembers(ctx context.Context, room id.RoomID) error {
	if err := a.file.states.ClearCachedMembers(ctx, room); err != nil {
		return err
	}
	return a.keys.RemoveOutboundGroupSession(ctx, room)
}

// isEncrypted reports whether a room is encrypted. Encryption cannot be switched
// off; that it was not on a moment ago says nothing, so that the server is asked.
func (a *account) isEncrypted(ctx context.Context, room id.RoomID) (bool, error) {
	on, err := a.file.states.IsEncrypted(ctx, room)
	if err != nil || on {
		return on, err
	}
	var content event.EncryptionEventContent
	err = a.mx.StateEvent(ctx, room, event.StateEncryption, "", &content)
	if errors.Is(err, mautrix.MNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("matrix: is the room encrypted: %w", err)
	}
	return true, a.file.states.SetEncryptionEvent(ctx, room, &content)
}
