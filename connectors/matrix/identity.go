package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/backup"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/crypto/utils"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// A standing is what the server has of the device and of the account's
// cross-signing identity. It is asked for each time: mautrix answers from what it
// once saw.
type standing struct {
	present bool       // the device's keys are there
	mine    bool       // they are this device's
	master  id.Ed25519 // empty: the account has no identity
	self    id.Ed25519 // the key that signs devices
	whole   bool       // its keys are signed by the master key
	signed  bool       // the device is signed by it
}

func (a *account) standing(ctx context.Context) (st standing, err error) {
	me := a.mx.UserID
	resp, err := a.mx.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{me: {a.mx.DeviceID}}})
	if err != nil {
		return st, fmt.Errorf("matrix: keys on the server: %w", err)
	}
	device := resp.DeviceKeys[me][a.mx.DeviceID]
	own := a.mach.OwnIdentity()
	st.present = len(device.Keys) > 0
	st.mine = device.Keys.GetEd25519(a.mx.DeviceID) == own.SigningKey && device.Keys.GetCurve25519(a.mx.DeviceID) == own.IdentityKey
	masters, selfs := resp.MasterKeys[me], resp.SelfSigningKeys[me]
	st.master = masters.FirstKey()
	st.self = selfs.FirstKey()
	if st.master == "" || st.self == "" || !st.mine {
		return st, nil
	}
	st.whole = signedBy(selfs, me, st.master)
	st.signed = st.whole && signedBy(device, me, st.self)
	return st, nil
}

func signedBy(what any, user id.UserID, key id.Ed25519) bool {
	ok, err := signatures.VerifySignatureJSON(what, user, key.String(), key)
	return ok && err == nil
}

// share sees to it that the device's keys are on the server. An error that only a
// person can cure is a *bots.Refusal.
func (a *account) share(ctx context.Context) (standing, error) {
	st, err := a.standing(ctx)
	if err != nil {
		return st, err
	}
	shared := a.mach.GetAccount().Shared
	switch {
	case st.present && !st.mine:
		return st, &bots.Refusal{Err: errForeignKeys(a)}
	case st.present && shared:
		return st, nil
	case shared:
		return st, &bots.Refusal{Err: errDeleted(a)}
	}
	if err := a.mach.ShareKeys(ctx, -1); err != nil {
		return st, fmt.Errorf("matrix: upload keys: %w", err)
	}
	return a.standing(ctx)
}

func errForeignKeys(a *account) error {
	return fmt.Errorf("matrix: device %s has other keys on the server than in %s: is an old copy of the file in use? "+
		"Make a new device: amtsbote matrix login --new", a.mx.DeviceID, a.cfg.File)
}

func errDeleted(a *account) error {
	return fmt.Errorf("matrix: device %s has been deleted on the server. Its keys must not be used again: "+
		"make a new device: amtsbote matrix login --new", a.mx.DeviceID)
}

// An unsignedError says why a device is not signed. It works all the same.
type unsignedError struct {
	cure  string
	again bool // calling Login again can cure it
}

func (e unsignedError) Error() string { return "matrix: the device is not signed: " + e.cure }

var (
	errNoKey = unsignedError{cure: "the account has cross-signing keys already, and no recovery key was given. " +
		"Many clients send no keys to a device that is not signed. Sign it with the account's recovery key: amtsbote matrix recover"}
	errNeedsAuth = unsignedError{again: true, cure: "the server asks for the account's password before it takes cross-signing keys. " +
		"Call amtsbote matrix login again with --password: the device stays the same. Where the server knows no passwords " +
		"(Matrix Authentication Service), sign in once as the account with another client, set up its recovery there, " +
		"and give the key it shows to amtsbote matrix recover"}
	errNoIdentity = unsignedError{again: true, cure: "the account has no cross-signing keys. Make some: amtsbote matrix login"}
	errReplaced   = unsignedError{cure: "somebody has replaced the account's cross-signing keys. If that was wanted, " +
		"sign the device with the new recovery key: amtsbote matrix recover"}
)

// identify has the device signed: by the keys that are kept, else by those that
// a recovery key opens, the given or the kept one. Keys that the server has lost
// are published again; new ones are made only if create is set and the account has
// none. Keys that are there are never replaced. recoveryKey and auth may be empty.
func (a *account) identify(ctx context.Context, st standing, recoveryKey string, auth mautrix.UIACallback, create bool) error {
	kept, err := a.file.session(ctx)
	if err != nil {
		return err
	}
	found, err := a.ownKeys(ctx, st, kept, recoveryKey)
	if err != nil {
		return err
	}
	switch {
	case st.signed: // by whomever
		return nil
	case !found && st.master == "" && create:
		if err := a.newKeys(ctx, recoveryKey); err != nil {
			return err
		}
	case !found && st.master == "":
		return errNoIdentity
	case !found && kept.Seeds != nil:
		return errReplaced
	case !found:
		return errNoKey
	}
	if st.master == "" || st.self == "" { // of a call that was broken off a server can have kept a part
		if err := a.publish(ctx, auth); err != nil {
			return err
		}
	}
	// Signing comes last: a device that is signed has all the rest.
	if err := a.putSecrets(ctx); err != nil {
		return err
	}
	return a.sign(ctx)
}

// sign has the account's keys sign the device, and the device the master key. It
// looks whether the server has kept that: of a call that was broken off Dendrite can
// have kept the keys without their signatures, and takes the same keys no second time.
func (a *account) sign(ctx context.Context) error {
	for range 2 {
		if err := a.mach.SignOwnDevice(ctx, a.mach.OwnIdentity()); err != nil {
			return fmt.Errorf("matrix: sign the device: %w", err)
		}
		if err := a.mach.SignOwnMasterKey(ctx); err != nil {
			return fmt.Errorf("matrix: sign the master key: %w", err)
		}
		st, err := a.standing(ctx)
		if err != nil || st.signed {
			return err
		}
		if st.whole {
			continue
		}
		if err := a.signKeys(ctx); err != nil {
			return err
		}
	}
	return errors.New("matrix: the server does not keep the device's signature; try again")
}

// signKeys uploads the signatures that the account's keys were published with.
func (a *account) signKeys(ctx context.Context) error {
	keys, me := a.mach.CrossSigningKeys, a.mx.UserID
	all := map[string]mautrix.ReqKeysSignatures{}
	for usage, key := range map[id.CrossSigningUsage]olm.PKSigning{id.XSUsageSelfSigning: keys.SelfSigningKey, id.XSUsageUserSigning: keys.UserSigningKey} {
		pub := key.PublicKey().String()
		signed := mautrix.ReqKeysSignatures{UserID: me, Usage: []id.CrossSigningUsage{usage}, Keys: map[id.KeyID]string{id.NewKeyID(id.KeyAlgorithmEd25519, pub): pub}}
		sig, err := keys.MasterKey.SignJSON(signed)
		if err != nil {
			return fmt.Errorf("matrix: sign the cross-signing keys: %w", err)
		}
		signed.Signatures = signatures.NewSingleSignature(me, id.KeyAlgorithmEd25519, keys.MasterKey.PublicKey().String(), sig)
		all[pub] = signed
	}
	if _, err := a.mx.UploadSignatures(ctx, &mautrix.ReqUploadSignatures{me: all}); err != nil {
		return fmt.Errorf("matrix: sign the cross-signing keys: %w", err)
	}
	return nil
}

// ownKeys finds the private keys of the account's identity and reports whether it
// did. A recovery key that was given must open it, and is kept.
func (a *account) ownKeys(ctx context.Context, st standing, kept session, recoveryKey string) (bool, error) {
	if kept.Seeds != nil {
		if err := a.mach.ImportCrossSigningKeys(*kept.Seeds); err != nil {
			return false, fmt.Errorf("matrix: kept cross-signing keys: %w", err)
		}
		if recoveryKey == "" && a.isOwn(st) {
			return true, nil
		}
	}
	key := recoveryKey
	if key == "" {
		key = kept.Recovery
	}
	if key == "" {
		return false, nil
	}
	err := a.unlock(ctx, key)
	none := errors.Is(err, errNoSecrets)
	switch {
	case recoveryKey == "" && (none || errors.Is(err, errWrongKey)):
		return false, nil // the account has another key by now
	case none && st.master == "":
		return false, nil // for new keys
	case err != nil:
		return false, err
	case !a.isOwn(st) && recoveryKey != "":
		return false, errors.New("matrix: the recovery key opens other cross-signing keys than those the account has: " +
			"they have been replaced without it. Set up the account's recovery again with the client that replaced them")
	case !a.isOwn(st):
		return false, nil
	}
	seeds := a.mach.ExportCrossSigningKeys()
	return true, a.file.update(ctx, func(s *session) { s.Recovery, s.Seeds = key, &seeds })
}

// isOwn reports whether the keys that the machine has are the account's, as far as
// the server knows any.
func (a *account) isOwn(st standing) bool {
	keys := a.mach.CrossSigningKeys.PublicKeys()
	return (st.master == "" || st.master == keys.MasterKey) && (st.self == "" || st.self == keys.SelfSigningKey)
}

var (
	errWrongKey      = errors.New("matrix: this recovery key does not open the account's secret storage")
	errNoRecoveryKey = errors.New("matrix: this is no recovery key, or it has a typing error")
	errNoSecrets     = errors.New("matrix: the account has no cross-signing keys in a secret storage that a recovery key could open")
)

// storageKey returns the key of the account's secret storage.
func (a *account) storageKey(ctx context.Context, recoveryKey string) (*ssss.Key, error) {
	name, data, err := a.mach.SSSS.GetDefaultKeyData(ctx)
	if errors.Is(err, ssss.ErrNoDefaultKeyID) || errors.Is(err, mautrix.MNotFound) {
		return nil, errNoSecrets
	}
	if err != nil {
		return nil, fmt.Errorf("matrix: secret storage: %w", err)
	}
	key, err := data.VerifyRecoveryKey(name, recoveryKey)
	switch {
	case errors.Is(err, ssss.ErrInvalidRecoveryKey):
		return nil, errNoRecoveryKey
	case errors.Is(err, ssss.ErrIncorrectSSSSKey):
		return nil, errWrongKey
	case err != nil && !errors.Is(err, ssss.ErrUnverifiableKey):
		return nil, fmt.Errorf("matrix: secret storage: %w", err)
	}
	return key, nil
}

// unlock reads the account's cross-signing keys from its secret storage.
func (a *account) unlock(ctx context.Context, recoveryKey string) error {
	key, err := a.storageKey(ctx, recoveryKey)
	if err != nil {
		return err
	}
	err = a.mach.FetchCrossSigningKeysFromSSSS(ctx, key)
	if errors.Is(err, mautrix.MNotFound) || errors.Is(err, ssss.ErrNotEncryptedForKey) {
		return errNoSecrets
	}
	if errors.Is(err, ssss.ErrKeyDataMACMismatch) {
		return errWrongKey
	}
	if err != nil {
		return fmt.Errorf("matrix: secret storage: %w", err)
	}
	return nil
}

// newKeys makes cross-signing keys and a recovery key, unless one was given, and
// keeps them before anybody else knows of them.
func (a *account) newKeys(ctx context.Context, recoveryKey string) error {
	keys, err := a.mach.GenerateCrossSigningKeys()
	if err != nil {
		return fmt.Errorf("matrix: make cross-signing keys: %w", err)
	}
	if recoveryKey == "" {
		key, err := ssss.NewKey("")
		if err != nil {
			return fmt.Errorf("matrix: make recovery key: %w", err)
		}
		recoveryKey = key.RecoveryKey()
	} else if _, err := wrapKey(recoveryKey); err != nil {
		return err
	}
	seeds := keys.Seeds()
	if err := a.file.update(ctx, func(s *session) { s.Recovery, s.Seeds = recoveryKey, &seeds }); err != nil {
		return err
	}
	return a.mach.ImportCrossSigningKeys(seeds)
}

// publish uploads the public cross-signing keys to an account that has none, or not
// all of these.
func (a *account) publish(ctx context.Context, auth mautrix.UIACallback) error {
	err := a.mach.PublishCrossSigningKeys(ctx, a.mach.CrossSigningKeys, auth)
	if refused, ok := errors.AsType[mautrix.HTTPError](err); ok && refused.IsStatus(http.StatusUnauthorized) && a.door.gone() == nil {
		return errNeedsAuth
	}
	if err != nil {
		return fmt.Errorf("matrix: publish cross-signing keys: %w", err)
	}
	return nil
}

// putSecrets puts the private cross-signing keys into the account's secret storage
// under the kept recovery key, unless they are there.
func (a *account) putSecrets(ctx context.Context) error {
	s, err := a.file.session(ctx)
	if err != nil {
		return err
	}
	ours := *a.mach.CrossSigningKeys
	err = a.unlock(ctx, s.Recovery)
	there := err == nil && *a.mach.CrossSigningKeys.PublicKeys() == *ours.PublicKeys()
	if err := a.mach.ImportCrossSigningKeys(ours.Seeds()); err != nil {
		return err
	}
	if there {
		return nil
	}
	if err != nil && !errors.Is(err, errNoSecrets) && !errors.Is(err, errWrongKey) {
		return err
	}
	key, err := a.storageKey(ctx, s.Recovery)
	if err != nil {
		if key, err = a.newStorage(ctx, s.Recovery); err != nil {
			return err
		}
	}
	if err := a.mach.UploadCrossSigningKeysToSSSS(ctx, key, &ours); err != nil {
		return fmt.Errorf("matrix: secret storage: %w", err)
	}
	if err := a.mach.SSSS.SetDefaultKeyID(ctx, key.ID); err != nil {
		return fmt.Errorf("matrix: secret storage: %w", err)
	}
	return nil
}

// newStorage announces a secret storage with a recovery key.
func (a *account) newStorage(ctx context.Context, recoveryKey string) (*ssss.Key, error) {
	key, err := wrapKey(recoveryKey)
	if err != nil {
		return nil, err
	}
	if err := a.mach.SSSS.SetKeyData(ctx, key.ID, key.Metadata); err != nil {
		return nil, fmt.Errorf("matrix: secret storage: %w", err)
	}
	return key, nil
}

// wrapKey makes a secret storage's key of a recovery key.
func wrapKey(recoveryKey string) (*ssss.Key, error) {
	raw := utils.DecodeBase58RecoveryKey(recoveryKey)
	if raw == nil {
		return nil, errNoRecoveryKey
	}
	key, err := ssss.WrapKey(raw, nil)
	if err != nil {
		return nil, fmt.Errorf("matrix: secret storage: %w", err)
	}
	return key, nil
}

// restore reads the room keys in the account's key backup, if it has one, and
// returns its version.
func (a *account) restore(ctx context.Context, recoveryKey string) (string, error) {
	key, err := a.storageKey(ctx, recoveryKey)
	if err != nil {
		return "", err
	}
	raw, err := a.mach.SSSS.GetDecryptedAccountData(ctx, event.AccountDataMegolmBackupKey, key)
	if errors.Is(err, mautrix.MNotFound) || errors.Is(err, ssss.ErrNotEncryptedForKey) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("matrix: the device is signed, but the key backup cannot be read: %w", err)
	}
	opens, err := backup.MegolmBackupKeyFromBytes(raw)
	if err != nil {
		return "", fmt.Errorf("matrix: the device is signed, but the key backup cannot be read: %w", err)
	}
	version, err := a.mach.DownloadAndStoreLatestKeyBackup(ctx, opens)
	if errors.Is(err, mautrix.MNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("matrix: the device is signed, but the key backup cannot be read: %w", err)
	}
	return string(version), nil
}

// loginAuth answers a server that asks who it is before it takes keys.
func loginAuth(user id.UserID, password string) mautrix.UIACallback {
	if password == "" {
		return nil
	}
	return func(asked *mautrix.RespUserInteractive) any {
		if !slices.ContainsFunc(asked.Flows, func(f mautrix.UIAFlow) bool {
			return len(f.Stages) == 1 && f.Stages[0] == mautrix.AuthTypePassword
		}) {
			return nil
		}
		return map[string]any{
			"type": mautrix.AuthTypePassword, "session": asked.Session, "password": password,
			"identifier": map[string]string{"type": "m.id.user", "user": string(user)}, "user": user,
		}
	}
}

// ensureIdentity sees to it at the daemon's start that clients trust the device:
// its keys are on the server, and the account's own keys have signed it. What only
// a person can cure and what keeps the bot from working is a *bots.Refusal; what it
// can work without is a warning in the log.
func (a *account) ensureIdentity(ctx context.Context) error {
	st, err := a.share(ctx)
	if gone := a.door.gone(); gone != nil {
		return &bots.Refusal{Err: gone}
	}
	if err != nil {
		return err
	}
	err = a.identify(ctx, st, "", nil, false)
	if gone := a.door.gone(); gone != nil {
		return &bots.Refusal{Err: gone}
	}
	if why, ok := errors.AsType[unsignedError](err); ok {
		a.log.Warn("the bot's device is not signed: clients may keep their keys from it", "cure", why.cure)
		return nil
	}
	refused, ok := errors.AsType[mautrix.HTTPError](err)
	if ok && refused.RespError != nil && refused.RespError.ErrCode != mautrix.MLimitExceeded.ErrCode || errors.Is(err, crypto.ErrSignatureUploadFail) {
		a.log.Warn("the server does not let the bot's device be signed", "err", err)
		return nil
	}
	return err
}
