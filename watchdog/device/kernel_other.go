//go:build !linux

package device

import (
	"errors"
	"time"
)

func openKernel(string) (kernel, error) { return nil, errors.New("only Linux has watchdogs") }

func monotonic() time.Duration { return 0 }
