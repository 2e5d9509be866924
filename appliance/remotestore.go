package appliance

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/delivery"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/fingerprint"
	"pillarbox/appliance/remote/session"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
)

// A remoteStore is a remote.Store.
type remoteStore struct {
	spool  *spool.Spool
	intake *delivery.Intake
	now    func() time.Time
	log    *zap.Logger
}

func (s remoteStore) Count(account uint64) int              { return s.spool.RemoteCount(account) }
func (s remoteStore) Has(account uint64, id remote.ID) bool { return s.spool.HasRemote(account, id) }
func (s remoteStore) IDs(account uint64) []remote.ID        { return s.spool.RemoteIDs(account) }

func (s remoteStore) Forget(account uint64, gone func(remote.ID) bool) {
	s.spool.ForgetRemotes(account, gone)
}

func (s remoteStore) Note(account uint64, ids []remote.Noted) error {
	list := make([]spool.RemoteID, len(ids))
	for i, id := range ids {
		list[i] = spool.RemoteID{Account: account, ID: id.ID, Fingerprint: id.Sum}
	}
	return storeError(s.spool.NoteRemotes(list))
}

func (s remoteStore) Room(a *remote.Account, octets int64) error {
	return storeError(s.intake.MailboxRoom(a.Owner, octets))
}

func (s remoteStore) Begin(ctx context.Context, a *remote.Account, id remote.ID, octets int64) (remote.Delivery, error) {
	m := delivery.Message{
		Source: delivery.Remote, Size: octets, Received: s.now(), Remote: delivery.RemoteID{Account: a.Number(), ID: id},
	}
	d, err := s.intake.Begin(ctx, m, []delivery.Recipient{{Account: a.Owner}})
	if err != nil {
		return nil, storeError(err)
	}
	return &remoteDelivery{Delivery: d}, nil
}

func (s remoteStore) Commit(ctx context.Context, list []remote.Delivery) (n int, err error) {
	batch := s.intake.NewBatch()
	defer batch.Abort()
	var refused error
	for _, d := range list {
		one := d.(*remoteDelivery)
		if refused == nil {
			refused = batch.Add(one.Delivery, one.shape)
		}
		if refused != nil {
			one.Abort()
		}
	}
	n, err = batch.Commit(ctx)
	if err == nil {
		err = refused
	}
	return n, storeError(err)
}

func (s remoteStore) Fingerprints(ctx context.Context, account uint64, each func(remote.ID, fingerprint.Sum, int)) error {
	return s.spool.Remotes(ctx, account, func(m spool.RemoteMessage) { each(m.ID, m.Fingerprint, m.Day) })
}

// Durable reads messages again, past the page cache.
func (s remoteStore) Durable(ctx context.Context, a *remote.Account, most int, wanted func(remote.ID, fingerprint.Sum, int) bool) (map[remote.ID][]fingerprint.Sum, error) {
	safe := make(map[remote.ID][]fingerprint.Sum)
	if s.spool.Stats().Hidden > 0 {
		return safe, nil // which messages were expunged is not known
	}
	var list []spool.RemoteMessage
	err := s.spool.Remotes(ctx, a.Number(), func(m spool.RemoteMessage) {
		if m.Mailbox != 0 && wanted(m.ID, m.Fingerprint, m.Day) {
			list = append(list, m)
		}
	})
	if err != nil {
		return nil, err
	}
	v, err := s.spool.View(spool.Key(a.Mailbox))
	if err != nil {
		return nil, err
	}
	defer v.Close()
	for _, m := range list {
		if len(safe) == most && safe[m.ID] == nil || ctx.Err() != nil {
			continue // an id can be there twice, and all of it counts
		}
		sound := true
		if n, found := v.FindRemote(m); found {
			if sound, err = v.Sound(n); err != nil {
				return nil, err
			}
		}
		if !sound { // the provider has a copy that is whole
			s.log.Error("a fetched message is damaged: it stays at the provider and is fetched again", zap.String("remote_account", a.Name))
			s.spool.ForgetRemotes(a.Number(), func(id remote.ID) bool { return id == m.ID })
			delete(safe, m.ID)
			continue
		}
		safe[m.ID] = append(safe[m.ID], m.Fingerprint)
	}
	return safe, ctx.Err()
}

// A remoteDelivery is a remote.Delivery.
type remoteDelivery struct {
	*delivery.Delivery
	shape wire.Shape
}

func (d *remoteDelivery) Write(p []byte) (int, error) {
	n, err := d.Delivery.Write(p)
	return n, storeError(err)
}

func (d *remoteDelivery) Done(octets, header int64, sum fingerprint.Sum) {
	d.shape = wire.Shape{Octets: octets, Header: header}
	d.Fingerprint(sum)
}

// storeError translates the errors of the spool for a message that was fetched.
func storeError(err error) error {
	switch {
	case errors.Is(err, delivery.ErrTooLarge):
		return remote.ErrRefused
	case errors.Is(err, delivery.ErrMailboxFull):
		return session.Errorf(session.Full, "the mailbox is full: nothing is fetched until messages are deleted")
	case errors.Is(err, delivery.ErrFull):
		return session.Errorf(session.Full, "the spool is full: nothing is fetched until messages are deleted")
	case errors.Is(err, delivery.ErrRemoved):
		return session.Errorf(session.Busy, "the owner of the remote account was removed")
	case errors.Is(err, spool.ErrFault), errors.Is(err, spool.ErrReadOnly), errors.Is(err, spool.ErrClosed):
		return session.Errorf(session.Busy, "the spool takes no messages: %v", err)
	}
	return err
}
