package matrix

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// LoginOptions say how a device is made. Nothing of them is kept but the token
// and the recovery key, sealed.
type LoginOptions struct {
	// Password of the account. With a Token it serves only where the server asks
	// for it before it takes cross-signing keys.
	Password string
	// Token is an access token that an administrator issued for a new device.
	Token string
	// RecoveryKey opens the account's secret storage, if it has any.
	RecoveryKey string
	// New makes a new device where there is one already. The old one's file is
	// moved aside and never used again.
	New bool
}

// A LoginResult is a device that is ready for use.
type LoginResult struct {
	User, Device, Fingerprint string
	// Signed says that the account's cross-signing keys have signed the device;
	// else Unsigned says what to do.
	Signed   bool
	Unsigned string
	// RecoveryKey is that of a new identity. It is shown only now: it belongs into
	// the operator's safe.
	RecoveryKey string
	Moved       string // the old device's file, with New
	Backup      string // version of the key backup that was restored
}

// Login makes the account's device, the only time that anybody logs in: with a
// password or a token. It uploads the device's keys and has it signed. If it fails
// it can be called again and goes on where it was; only the file of a device that
// is complete is refused, unless its session has expired. The daemon must not run.
func Login(ctx context.Context, cfg Config, opt LoginOptions) (res LoginResult, err error) {
	cfg = cfg.filled()
	opt.RecoveryKey = strings.TrimSpace(opt.RecoveryKey)
	if opt.Password == "" && opt.Token == "" {
		return res, errors.New("matrix: a password or an access token is needed")
	}
	if opt.New {
		if res.Moved, err = moveAside(cfg.File, time.Now()); err != nil {
			return res, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(cfg.File), 0o700); err != nil {
		return res, fmt.Errorf("matrix: device file: %w", err)
	}
	file, err := openFile(ctx, cfg, true)
	if err != nil {
		return res, err
	}
	a, err := logIn(ctx, cfg, file, opt)
	if err != nil {
		return res, errors.Join(err, file.close())
	}
	return res, errors.Join(a.complete(ctx, opt, &res), a.close())
}

// logIn returns the open account with a token that the server takes.
func logIn(ctx context.Context, cfg Config, file *deviceFile, opt LoginOptions) (*account, error) {
	s, err := file.session(ctx)
	switch {
	case errors.Is(err, errNoSession):
		s = session{User: id.UserID(cfg.User)}
	case err != nil:
		return nil, err
	case s.Token != "":
		a, err := newAccount(ctx, cfg, file, s)
		if err != nil {
			return nil, err
		}
		again, err := a.again(ctx, s)
		if err != nil {
			return nil, err
		}
		if !again {
			return a, nil
		}
	}
	if opt.Token != "" {
		s, err = withToken(ctx, cfg, file, s, opt.Token)
	} else {
		s, err = withPassword(ctx, cfg, file, s, opt.Password)
	}
	if err != nil {
		return nil, err
	}
	return newAccount(ctx, cfg, file, s)
}

// again reports whether a device that is there must log in again. If it is
// complete that is an error.
func (a *account) again(ctx context.Context, s session) (bool, error) {
	_, err := a.mx.Whoami(ctx)
	gone := a.door.gone()
	switch {
	case errors.Is(gone, errExpired):
		return true, nil
	case gone != nil && s.Ready:
		return false, gone
	case gone != nil:
		return true, nil
	case err != nil:
		return false, fmt.Errorf("matrix: whose token: %w", err)
	case !s.Ready:
		return false, nil
	}
	st, err := a.standing(ctx)
	if err != nil || st.master == "" || st.self == "" { // the account lost its identity: it gets it back, or a new one
		return false, err
	}
	return false, fmt.Errorf("matrix: the account has a device already: %s in %s. One is enough for ever; "+
		"amtsbote matrix status shows how it is, recover signs it, login --new replaces it", s.Device, a.cfg.File)
}

// withPassword logs in. The device's name is made here and kept first, so that a
// crash leaves no second device on the server.
func withPassword(ctx context.Context, cfg Config, file *deviceFile, s session, password string) (session, error) {
	mx, err := plainClient(cfg)
	if err != nil {
		return s, err
	}
	flows, err := mx.GetLoginFlows(ctx)
	if err != nil {
		return s, fmt.Errorf("matrix: how to log in: %w", err)
	}
	if !flows.HasFlow(mautrix.AuthTypePassword) {
		return s, errors.New("matrix: the server takes no passwords. Have its administrator issue an access token and give it with --token file:PATH; " +
			"for Matrix Authentication Service: mas-cli manage issue-compatibility-token USER")
	}
	if s.Device == "" {
		s.Device = id.DeviceID(rand.Text()[:10])
		if err := file.save(ctx, s); err != nil {
			return s, err
		}
	}
	resp, err := mx.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: cfg.User},
		Password:   password, DeviceID: s.Device, InitialDeviceDisplayName: cfg.Profile.Name, RefreshToken: true,
	})
	if errors.Is(err, mautrix.MForbidden) {
		return s, fmt.Errorf("matrix: the server refuses user or password of %s", cfg.User)
	}
	if err != nil {
		return s, fmt.Errorf("matrix: log in: %w", err)
	}
	if resp.UserID != s.User || resp.DeviceID != s.Device {
		return s, fmt.Errorf("matrix: the server logged in %s with device %s, instead of %s with %s", resp.UserID, resp.DeviceID, s.User, s.Device)
	}
	s.Token, s.Refresh, s.Expires = resp.AccessToken, resp.RefreshToken, expiry(resp.ExpiresInMS)
	return s, file.save(ctx, s)
}

// withToken takes an access token that was issued for a device.
func withToken(ctx context.Context, cfg Config, file *deviceFile, s session, token string) (session, error) {
	mx, err := plainClient(cfg)
	if err != nil {
		return s, err
	}
	mx.AccessToken = token
	who, err := mx.Whoami(ctx)
	if errors.Is(err, mautrix.MUnknownToken) {
		return s, errors.New("matrix: the server does not know this access token")
	}
	if err != nil {
		return s, fmt.Errorf("matrix: whose token: %w", err)
	}
	switch {
	case who.UserID != s.User:
		return s, fmt.Errorf("matrix: the token is of %s, the configuration names %s", who.UserID, s.User)
	case who.DeviceID == "":
		return s, errors.New("matrix: the token has no device; issue one with a device")
	case s.Device != "" && s.Device != who.DeviceID:
		return s, fmt.Errorf("matrix: the token is of device %s, %s is of %s; amtsbote matrix login --new begins anew", who.DeviceID, cfg.File, s.Device)
	case s.Device == "":
		keys, err := mx.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{s.User: {who.DeviceID}}})
		if err != nil {
			return s, fmt.Errorf("matrix: keys on the server: %w", err)
		}
		if len(keys.DeviceKeys[s.User][who.DeviceID].Keys) > 0 {
			return s, fmt.Errorf("matrix: the token is of device %s, which another program uses: its keys are on the server. Issue a token for a device of its own", who.DeviceID)
		}
	}
	s.Device, s.Token, s.Refresh, s.Expires = who.DeviceID, token, "", time.Time{}
	return s, file.save(ctx, s)
}

// plainClient returns a client without a device.
func plainClient(cfg Config) (*mautrix.Client, error) {
	rt, err := transport(cfg)
	if err != nil {
		return nil, err
	}
	return newClient(cfg, id.UserID(cfg.User), rt)
}

// complete uploads the device's keys and has it signed.
func (a *account) complete(ctx context.Context, opt LoginOptions, res *LoginResult) error {
	res.User, res.Device = string(a.mx.UserID), string(a.mx.DeviceID)
	res.Fingerprint = a.mach.OwnIdentity().Fingerprint()
	st, err := a.share(ctx)
	if err != nil {
		return plainly(err)
	}
	before, err := a.file.session(ctx)
	if err != nil {
		return err
	}
	err = a.identify(ctx, st, opt.RecoveryKey, loginAuth(a.mx.UserID, opt.Password), true)
	why, unsigned := errors.AsType[unsignedError](err)
	if err != nil && !unsigned {
		return err
	}
	res.Signed, res.Unsigned = !unsigned, why.cure
	err = a.file.update(ctx, func(s *session) {
		fresh := !before.Ready || before.Recovery != s.Recovery // nobody has seen it
		if !unsigned && fresh && s.Recovery != opt.RecoveryKey {
			res.RecoveryKey = s.Recovery
		}
		s.Ready = !why.again
	})
	if err != nil || unsigned || opt.RecoveryKey == "" {
		return err
	}
	res.Backup, err = a.restore(ctx, opt.RecoveryKey)
	return err
}

// Recover signs the device with the account's recovery key, keeps the key, and
// restores the key backup where there is one. It can be repeated. The daemon must
// not run.
func Recover(ctx context.Context, cfg Config, recoveryKey string) error {
	a, err := openAccount(ctx, cfg.filled())
	if err != nil {
		return plainly(err)
	}
	return errors.Join(a.recover(ctx, strings.TrimSpace(recoveryKey)), a.close())
}

func (a *account) recover(ctx context.Context, recoveryKey string) error {
	st, err := a.share(ctx)
	if err != nil {
		return plainly(err)
	}
	if err := a.identify(ctx, st, recoveryKey, nil, false); err != nil {
		return err
	}
	if err := a.file.update(ctx, func(s *session) { s.Ready = true }); err != nil {
		return err
	}
	_, err = a.restore(ctx, recoveryKey)
	return err
}

// plainly returns an error without the core's wrapping, for people who run a
// command.
func plainly(err error) error {
	if r, ok := errors.AsType[*bots.Refusal](err); ok && r.Err != nil {
		return r.Err
	}
	return err
}
