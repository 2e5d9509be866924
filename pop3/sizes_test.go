package pop3

import (
	"context"
	"iter"
)

// sizes is a maildrop of which only the sizes are known.
type sizes []int64

func (s sizes) Len() int                                     { return len(s) }
func (s sizes) Octets(n int) int64                           { return s[n-1] }
func (s sizes) AppendUID(dst []byte, n int) []byte           { return append(dst, 'u') }
func (s sizes) Body(int) (Body, error)                       { return nil, ErrGone }
func (s sizes) Expunge(context.Context, iter.Seq[int]) error { return nil }
func (s sizes) Close() error                                 { return nil }
