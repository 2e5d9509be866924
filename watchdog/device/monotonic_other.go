//go:build !linux

package device

import "time"

func monotonic() time.Duration { return 0 }
