//go:build !linux

package mdns

type changes struct{}

func watchChanges() *changes { return &changes{} }

func (c *changes) any() bool { return true }

func (c *changes) close() {}
