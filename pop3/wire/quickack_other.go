//go:build !linux

package wire

func setQuickAck(int) error { return nil }
