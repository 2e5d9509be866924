//go:build !linux

package mdns

import (
	"context"
	"errors"
)

func openPort(context.Context, bool, []*link) (*port, error) {
	return nil, errors.ErrUnsupported
}

func (p *port) join([]*link)        {}
func (p *port) filter(string) error { return errors.ErrUnsupported }
func (p *port) unfilter()           {}
