package pop3_test

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// A sizedStore is a store of which every maildrop has that many messages of 4 KiB, without bodies.
type sizedStore int

func (b sizedStore) Open(context.Context, string) (pop3.Maildrop, error) { return b, nil }
func (b sizedStore) Len() int                                            { return int(b) }
func (b sizedStore) Octets(int) int64                                    { return 4096 }
func (b sizedStore) AppendUID(dst []byte, n int) []byte {
	return strconv.AppendInt(append(dst, 'u'), int64(n), 10)
}
func (b sizedStore) Body(int) (pop3.Body, error)                  { return nil, pop3.ErrGone }
func (b sizedStore) Expunge(context.Context, iter.Seq[int]) error { return errors.New("not here") }
func (b sizedStore) Close() error                                 { return nil }

// A giant is a store of which every maildrop has two messages whose size does not fit into 32 bits.
type giant struct{ sizedStore }

func (g giant) Open(context.Context, string) (pop3.Maildrop, error) { return g, nil }
func (g giant) Octets(int) int64                                    { return 5_000_000_000 }

// A slowStore needs two seconds for an UPDATE.
type slowStore struct{ *pop3test.Store }

func (s *slowStore) Open(ctx context.Context, user string) (pop3.Maildrop, error) {
	m, err := s.Store.Open(ctx, user)
	return slowMaildrop{m}, err
}

type slowMaildrop struct{ pop3.Maildrop }

func (m slowMaildrop) Expunge(ctx context.Context, marked iter.Seq[int]) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(2 * time.Second):
		return m.Maildrop.Expunge(ctx, marked)
	}
}
