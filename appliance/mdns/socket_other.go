//go:build !linux

package mdns

import (
	"context"
	"errors"
)

const controlSize = 64

func openPort(context.Context, bool, []*link) (*port, error) {
	return nil, errors.ErrUnsupported
}

func (p *port) join([]*link)        {}
func (p *port) filter(string) error { return errors.ErrUnsupported }
func (p *port) unfilter()           {}

func destination([]byte, bool) (index int, group bool)    { return 0, false }
func appendControl(b []byte, index int, wide bool) []byte { return b }
