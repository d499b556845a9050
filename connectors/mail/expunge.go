package mail

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"
)

// deletesOne reports whether the server can delete one mail by its UID (UIDPLUS).
// Without that, EXPUNGE deletes whatever anybody has marked: it is never sent.
func (k *conn) deletesOne() bool {
	return k.caps.Has(imap.CapUIDPlus) || k.caps.Has(imap.CapIMAP4rev2)
}

// expunge deletes one mail and reports whether it is gone. It is the only function
// of this program that sets flags or deletes on a mail server, and it is called
// for nothing but an untouched draft of our own and the test mail of
// [Connector.Check]. Not even then is a mail deleted that has changed since
// state, which 0 says is not known, or whose folder is not the same any more.
func (k *conn) expunge(ctx context.Context, folder string, validity uint32, uid imap.UID, state uint64) (gone bool, err error) {
	if !k.deletesOne() {
		return false, nil
	}
	box, err := k.open(ctx, folder, false)
	if err != nil || box.UIDValidity != validity {
		return false, err
	}
	one := imap.UIDSetNum(uid)
	mark := func(op imap.StoreFlagsOp, unchanged uint64) error {
		return k.do(ctx, "store", func() error {
			return k.im.Store(one, &imap.StoreFlags{Op: op, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}},
				&imap.StoreOptions{UnchangedSince: unchanged}).Close()
		})
	}
	if err := mark(imap.StoreFlagsAdd, state); err != nil {
		return false, err
	}
	refused := k.do(ctx, "expunge", func() error { return k.im.UIDExpunge(one).Close() })
	if k.broken {
		return false, refused
	}
	there, err := k.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{one}})
	if err != nil || len(there) == 0 {
		return err == nil, err
	}
	// Where we may mark but not delete, some servers refuse and Dovecot says OK.
	// Nobody else shall delete it by our mark.
	marked, err := k.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{one}, Flag: []imap.Flag{imap.FlagDeleted}})
	if err == nil && len(marked) > 0 {
		err = mark(imap.StoreFlagsDel, 0)
	}
	return false, errors.Join(refused, err)
}
