// Package disk is a disk with a volatile write cache whose power can be cut. A virtual machine
// accesses it by the network block device protocol (NBD), so that the file system and the kernel
// above it are real.
//
//	guest: pillarbox, ext4 or f2fs, virtio-blk ── qemu ── unix socket: NBD ── Server ── Disk
//
//	          WRITE            FLUSH, or FUA of one write
//	guest ───────────▶ cache ───────────────────────────▶ medium
//	          READ sees the cache     cut: the cache is dropped, kept or torn
//
// # Guarantees
//
//	D1  A write is on the medium after the reply to a later FLUSH, or, with FUA, after its own.
//	D2  Of all other writes a cut leaves nothing (Drop), everything (Keep), or (Tear) of
//	    each write nothing, all, or some of its sectors of 512 octets. Sectors are whole.
//	D3  Of two writes to one sector that are left the later one wins.
//	D4  After a cut there are no replies until Power.
//	D5  What a cut leaves depends only on the requests and the seed.
//
// The power is cut at once (Cut) or in the middle of the n-th later request (CutAt).
//
// # Protocol
//
// The fixed newstyle handshake with one nameless export, simple replies, and the requests READ,
// WRITE, FLUSH, TRIM and DISC (github.com/NetworkBlockDevice/nbd, doc/proto.md). Requests are
// executed one by one. TRIM writes zeros, which are as volatile as any other write.
//
//	disk.go       the medium and its cache
//	cut.go        what a cut leaves
//	handshake.go  a connection until the transmission phase
//	server.go     connections, requests and replies
package disk
