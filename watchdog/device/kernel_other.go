//go:build !linux

package device

import "errors"

func openKernel(string) (kernel, error) { return nil, errors.New("only Linux has watchdogs") }
