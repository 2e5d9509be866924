//go:build !linux

package pop3

// nap does not wait: the next read does.
func (s *session) nap() { s.socket = nil }
