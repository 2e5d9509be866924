package admin

import (
	"context"

	"pillarbox/appliance/outbound"
)

// A Queue is the outgoing mail; *outbound.Queue is one.
type Queue interface {
	List() ([]outbound.Entry, error)
	Held() bool
	Do(ctx context.Context, verb outbound.Verb, s outbound.Selection) (n int, err error)
}
