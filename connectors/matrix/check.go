package matrix

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// A StatusReport is how an account's device is.
type StatusReport struct {
	User        string `json:"user"`
	Device      string `json:"device"`
	Fingerprint string `json:"fingerprint"` // as clients show it, to compare
	Token       bool   `json:"token"`       // the server takes the access token
	Present     bool   `json:"present"`     // the device's keys are on the server
	Identity    bool   `json:"identity"`    // the account has cross-signing keys
	Signed      bool   `json:"signed"`      // they have signed the device
	Recovery    bool   `json:"recovery"`    // the recovery key is kept, so that it can be signed again
	Complete    bool   `json:"complete"`    // the login has come to its end
	Backup      string `json:"backup"`      // version of the account's key backup; empty: none
	Rooms       int    `json:"rooms"`       // joined
	Encrypted   int    `json:"encrypted"`   // of these, known to be encrypted
	Problem     string `json:"problem"`     // the worst of what is wrong, with its cure
}

// Status looks at the device, here and on the server. It changes nothing, and
// works while the daemon runs.
func Status(ctx context.Context, cfg Config) (StatusReport, error) {
	a, err := lookAt(ctx, cfg.filled())
	if err != nil {
		return StatusReport{User: cfg.User}, plainly(err)
	}
	defer a.close()
	r := StatusReport{User: string(a.mx.UserID), Device: string(a.mx.DeviceID), Fingerprint: a.mach.OwnIdentity().Fingerprint()}
	err = a.report(ctx, &r)
	if gone := a.door.gone(); gone != nil {
		r.Problem = gone.Error()
		return r, nil
	}
	return r, err
}

// lookAt opens a device to look at it: its token is left as it is.
func lookAt(ctx context.Context, cfg Config) (*account, error) {
	a, err := openAccount(ctx, cfg)
	if err == nil {
		a.door.frozen = true
	}
	return a, err
}

func (a *account) report(ctx context.Context, r *StatusReport) error {
	s, err := a.file.session(ctx)
	if err != nil {
		return err
	}
	r.Complete, r.Recovery = s.Ready, s.Recovery != ""
	if err := a.checkToken(ctx); err != nil {
		return err
	}
	r.Token = true
	st, err := a.standing(ctx)
	if err != nil {
		return err
	}
	r.Present, r.Identity, r.Signed = st.mine, st.master != "", st.signed
	if why := a.deviceProblem(st, s); why != nil {
		r.Problem = why.Error()
	}
	version, err := a.mx.GetKeyBackupLatestVersion(ctx)
	if err == nil {
		r.Backup = string(version.Version)
	} else if !errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("matrix: key backup: %w", err)
	}
	rooms, err := a.mx.JoinedRooms(ctx)
	if err != nil {
		return fmt.Errorf("matrix: rooms: %w", err)
	}
	r.Rooms = len(rooms.JoinedRooms)
	for _, room := range rooms.JoinedRooms {
		if on, err := a.file.states.IsEncrypted(ctx, room); err != nil {
			return err
		} else if on {
			r.Encrypted++
		}
	}
	return nil
}

// checkToken asks the server whose the token is.
func (a *account) checkToken(ctx context.Context) error {
	who, err := a.mx.Whoami(ctx)
	if gone := a.door.gone(); gone != nil {
		return gone
	}
	if err != nil {
		return fmt.Errorf("matrix: whose token: %w", err)
	}
	if who.UserID != a.mx.UserID || who.DeviceID != a.mx.DeviceID {
		return fmt.Errorf("matrix: the token is of %s %s, the device file of %s %s", who.UserID, who.DeviceID, a.mx.UserID, a.mx.DeviceID)
	}
	return nil
}

// deviceProblem says what is wrong with the device on the server, and the cure.
func (a *account) deviceProblem(st standing, s session) error {
	switch {
	case st.present && !st.mine:
		return errForeignKeys(a)
	case !st.present && a.mach.GetAccount().Shared:
		return errDeleted(a)
	case !st.present || !s.Ready:
		return errors.New("matrix: the login has not come to its end: call amtsbote matrix login again")
	case st.signed:
		return nil
	case st.master == "":
		return errNoIdentity
	}
	return errNoKey
}

// Check implements bots.Checker. It changes nothing on the server.
func (c *Connector) Check(ctx context.Context) []bots.CheckResult {
	all := []bots.CheckResult{{What: "server", Err: c.checkServer(ctx)}, {What: "device file", Err: checkFile(c.cfg.File)}}
	if all[0].Err != nil || all[1].Err != nil {
		return all
	}
	a, err := lookAt(ctx, c.cfg)
	if err != nil {
		return append(all, bots.CheckResult{What: "device", Err: plainly(err)})
	}
	defer a.close()
	err = a.checkToken(ctx)
	all = append(all, bots.CheckResult{What: "access token", Err: err, Warn: errors.Is(err, errStale)})
	if err != nil {
		return all
	}
	st, err := a.standing(ctx)
	if err != nil {
		return append(all, bots.CheckResult{What: "device", Err: err})
	}
	s, err := a.file.session(ctx)
	if err == nil {
		err = a.deviceProblem(st, s)
	}
	return append(all, bots.CheckResult{What: "device", Err: err, Warn: st.mine})
}

func (c *Connector) checkServer(ctx context.Context) error {
	rt, err := transport(c.cfg)
	if err != nil {
		return err
	}
	mx, err := newClient(c.cfg, id.UserID(c.cfg.User), rt)
	if err != nil {
		return err
	}
	versions, err := mx.Versions(ctx)
	if err != nil {
		return fmt.Errorf("matrix: %s: %w; server must be the address for clients, which https://DOMAIN/.well-known/matrix/client names", c.cfg.Server, err)
	}
	if !versions.ContainsGreaterOrEqual(mautrix.SpecV11) {
		return errors.New("matrix: the server knows no version of the protocol that is still in use (v1.1 or later)")
	}
	return nil
}

func checkFile(file string) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the device says what to do
	}
	if err != nil {
		return fmt.Errorf("matrix: device file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("matrix: device file: %s can be read by others: chmod 600 it", file)
	}
	return nil
}
