// Package flashtest has a device in memory that behaves as badly as a real one may, and no
// worse, when the power fails: a flash.Volume for tests of crashes. It is a model, written
// from the contract of flash.Volume, not from any one file system: what it yields a real
// device could have yielded, except that it may be unluckier.
//
// # What is where
//
//	     WriteAt            Sync returns nil
//	process ---> volatile cache -----------> device
//	                  |                        ^
//	                  +--- power cut: any -----+
//	                       subset, torn, garbled
//
// Of every page the device holds one content for sure; of a page that was written since,
// also the versions written. What an ordinary read sees is the last version; what an
// uncached one sees is that version while the page is dirty, and after a failed Sync what
// the device holds for sure. A write that failed is not seen at all, yet the device may have
// some of it.
//
// # What holds
//
//	M1  What was written before a Sync that returned nil is on every device that comes back.
//	M2  Of what was written since, every 512 byte sector is old, new, torn at 256 bytes, or
//	    garbled, independent of all others: a subset is a reordering.
//	M3  A failed Sync marks pages clean. Whether the device has them stays open until they are
//	    written and synced again; a later good Sync alone does not bring them.
//	M4  A file that grew has, after the cut, its durable size or any up to the one it had grown
//	    to; a page that was dropped before its end is zeros.
//	M5  Create, Store and Remove happen or do not. Create and Store are durable when they have
//	    returned nil, and make every Remove before them durable.
//	M6  The operation in which the power is cut returns ErrPowerCut, and so does every one after.
//	M7  The same calls and the same seed give the same devices.
//
// # A crash test
//
//	run := func(d *flashtest.Device) (promised) { ... }   // stops at the first error
//	clean := flashtest.New(opt); run(clean)
//	for k := 1; k <= clean.Ops(); k++ {
//		d := flashtest.New(opt)
//		d.CutAt(k)
//		promised := run(d)
//		for title, after := range d.Outcomes(seed, 8) {
//			// open after, compare with what was promised; cut it again, in recovery
//		}
//	}
//
// A process that is killed while the power stays on loses nothing that it has written: the
// next one goes on with d.Clone().
//
// # Where things are
//
//	fault.go     what an operation that fails has done
//	device.go    Device, its counters, and the bytes of its files as values
//	inode.go     the bytes of a file: on the device, in the cache, in doubt
//	names.go     what the names of files stand for
//	plan.go      errors and cuts at the k-th operation
//	file.go      one open file
//	volume.go    Device as a flash.Volume
//	inspect.go   looking in from outside
//	doubt.go     what may become of a sector and of a size
//	patterns.go  which combinations are tried
//	outcomes.go  the devices that come back
package flashtest
