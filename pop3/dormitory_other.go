//go:build !linux

package pop3

import "context"

// A dormitory is where sessions doze; here they do not.
type dormitory struct{}

func (*dormitory) take(_ context.Context, s *session) bool {
	s.dozes = 0
	return false
}

func (*dormitory) rouse(*session) {}

func (*dormitory) settle() {}
