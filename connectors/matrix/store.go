package matrix

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"

	_ "modernc.org/sqlite" // the driver "sqlite", in Go

	"amtsbote/bots"
)

// A session is the device that "amtsbote matrix login" made: what it logs in with.
type session struct {
	User     id.UserID
	Device   id.DeviceID
	Token    string
	Refresh  string    `json:",omitempty"` // to get a new token
	Expires  time.Time `json:",omitzero"`  // of Token; zero: not known
	Recovery string    `json:",omitempty"` // key to the account's secret storage
	// Seeds are the account's cross-signing keys, kept before they are published,
	// so that the device can be signed again and lost ones published again.
	Seeds *crypto.CrossSigningSeeds `json:",omitempty"`
	// Ready says that the login has come to its end. Until then it can be repeated.
	Ready bool `json:",omitempty"`
}

// errNoSession is the error of a file without a device.
var errNoSession = errors.New("matrix: no device yet")

// moveAside puts the file of a device where it is never used again. It returns
// the new name, or "" if there was no such file.
func moveAside(file string, now time.Time) (string, error) {
	old := file + ".old-" + now.UTC().Format("20060102T150405Z")
	if _, err := os.Lstat(old); err == nil {
		return "", fmt.Errorf("matrix: device file: %s is there already", old)
	}
	err := os.Rename(file, old)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	// What SQLite keeps beside it goes last: beside a new file it means nothing.
	for _, part := range []string{"-wal", "-shm"} {
		if err == nil {
			if err = os.Rename(file+part, old+part); errors.Is(err, os.ErrNotExist) {
				err = nil
			}
		}
	}
	if err != nil {
		return "", fmt.Errorf("matrix: device file: %w", err)
	}
	return old, nil
}

// A deviceFile is the SQLite file of a device.
type deviceFile struct {
	db     *dbutil.Database
	states *sqlstatestore.SQLStateStore
	aead   cipher.AEAD
	pickle []byte
}

// openFile opens the file of a device, and makes it if create is set.
func openFile(ctx context.Context, cfg Config, create bool) (*deviceFile, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	// SQLite would make it readable to others.
	f, err := os.OpenFile(cfg.File, flags, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoSession
	}
	if err != nil {
		return nil, fmt.Errorf("matrix: device file: %w", err)
	}
	f.Close()
	// FULL: what a message was decrypted with must not be lost with the power.
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"foreign_keys(1)", "journal_mode(WAL)", "busy_timeout(5000)", "synchronous(FULL)"}}
	raw, err := sql.Open("sqlite", "file:"+(&url.URL{Path: cfg.File}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("matrix: device file: %w", err)
	}
	raw.SetMaxOpenConns(4)
	raw.SetMaxIdleConns(2)
	db, err := dbutil.NewWithDB(raw, "sqlite3")
	if err != nil {
		return nil, fmt.Errorf("matrix: device file: %w", errors.Join(err, raw.Close()))
	}
	d := &deviceFile{db: db, states: sqlstatestore.NewSQLStateStore(db, dbutil.NoopLogger, false)}
	if err := d.prepare(ctx, cfg.Key.Reveal()); err != nil {
		return nil, fmt.Errorf("matrix: device file %s: %w", cfg.File, errors.Join(err, db.Close()))
	}
	return d, nil
}

func (d *deviceFile) prepare(ctx context.Context, key string) error {
	sum := sha256.Sum256([]byte("amtsbote matrix session\x00" + key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return err
	}
	if d.aead, err = cipher.NewGCM(block); err != nil {
		return err
	}
	d.pickle = []byte(key)
	if err := d.states.Upgrade(ctx); err != nil {
		return err
	}
	_, err = d.db.Exec(ctx, "CREATE TABLE IF NOT EXISTS amtsbote_session (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL)")
	return err
}

// session returns the device, or errNoSession.
func (d *deviceFile) session(ctx context.Context) (s session, err error) {
	var sealed []byte
	err = d.db.QueryRow(ctx, "SELECT value FROM amtsbote_session").Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return s, errNoSession
	}
	if err != nil {
		return s, fmt.Errorf("matrix: device file: %w", err)
	}
	n := d.aead.NonceSize()
	if len(sealed) < n {
		return s, errors.New("matrix: device file: the session is damaged")
	}
	plain, err := d.aead.Open(nil, sealed[:n], sealed[n:], nil)
	if err != nil {
		return s, errors.New("matrix: the device file was sealed with another key: set key to the one with which amtsbote matrix login was called")
	}
	return s, json.Unmarshal(plain, &s)
}

// save keeps the device.
func (d *deviceFile) save(ctx context.Context, s session) error {
	plain, err := json.Marshal(s)
	if err != nil {
		return err
	}
	nonce := make([]byte, d.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	_, err = d.db.Exec(ctx, "INSERT INTO amtsbote_session (one, value) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET value = excluded.value",
		d.aead.Seal(nonce, nonce, plain, nil))
	if err != nil {
		return fmt.Errorf("matrix: keep session: %w", err)
	}
	return nil
}

// update changes the device in one transaction.
func (d *deviceFile) update(ctx context.Context, change func(*session)) error {
	return d.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		s, err := d.session(ctx)
		if err != nil {
			return err
		}
		change(&s)
		return d.save(ctx, s)
	})
}

// saveTokens keeps new tokens of the device.
func (d *deviceFile) saveTokens(ctx context.Context, s session) error {
	return d.update(ctx, func(kept *session) { kept.Token, kept.Refresh, kept.Expires = s.Token, s.Refresh, s.Expires })
}

func (d *deviceFile) close() error { return d.db.Close() }

// A keyStore is mautrix's crypto store. It remembers whether something could not
// be written: mautrix goes on then, and the keys in a sync response would be lost
// once its token is kept.
type keyStore struct {
	*crypto.SQLCryptoStore
	failed atomic.Pointer[error]
}

func (k *keyStore) note(err error) error {
	if err != nil {
		k.failed.CompareAndSwap(nil, &err)
	}
	return err
}

// failure returns the first failure since it was last asked.
func (k *keyStore) failure() error {
	if err := k.failed.Swap(nil); err != nil {
		return *err
	}
	return nil
}

func (k *keyStore) PutAccount(ctx context.Context, a *crypto.OlmAccount) error {
	return k.note(k.SQLCryptoStore.PutAccount(ctx, a))
}

func (k *keyStore) AddSession(ctx context.Context, key id.SenderKey, s *crypto.OlmSession) error {
	return k.note(k.SQLCryptoStore.AddSession(ctx, key, s))
}

func (k *keyStore) UpdateSession(ctx context.Context, key id.SenderKey, s *crypto.OlmSession) error {
	return k.note(k.SQLCryptoStore.UpdateSession(ctx, key, s))
}

func (k *keyStore) PutGroupSession(ctx context.Context, s *crypto.InboundGroupSession) error {
	return k.note(k.SQLCryptoStore.PutGroupSession(ctx, s))
}

// notLoggedIn is why a connector without a device does not run.
func notLoggedIn(name string) error {
	return &bots.Refusal{Err: fmt.Errorf("matrix: the account has no device yet: run amtsbote matrix login %s", name)}
}
