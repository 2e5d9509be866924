package storage

import (
	"pillarbox/appliance/config"
	"pillarbox/appliance/machine"
)

// usualMemory is how many octets of memory the server may take where the machine has more, unless
// the configuration says otherwise: 256 sessions.
const usualMemory = 64 << 20

// MemoryOf returns how much memory the server may take, in octets: what the configuration says, or
// half of what the machine has, 64 MiB at most; never more than machine.Memory, which the kernel
// enforces. It is a ceiling, which a server that has little to do does not reach.
func MemoryOf(c *config.Config) int64 { return Memory(int64(c.Service.Memory), machine.Memory()) }

const (
	// indexShare is the part of the memory that the index of the spool may take before new mail is
	// refused, one in so many.
	indexShare = 4
	// loadShare is the part that it may take at a start: a spool that a larger machine has filled
	// is served as far as it fits.
	loadShare = 2
)

// IndexBytes returns how many octets of memory the index of the spool may take before new mail is
// refused.
func IndexBytes(c *config.Config) int64 { return MemoryOf(c) / indexShare }

// LoadBytes returns how many octets of memory the index may take at a start.
func LoadBytes(c *config.Config) int64 { return MemoryOf(c) / loadShare }

// Memory returns how much of the memory of a machine the server may take; 0 stands for not set and
// not known.
func Memory(written, machine int64) int64 {
	switch {
	case written > 0 && machine > 0:
		return min(written, machine)
	case written > 0:
		return written
	case machine > 0:
		return min(machine/2, usualMemory)
	}
	return usualMemory
}
