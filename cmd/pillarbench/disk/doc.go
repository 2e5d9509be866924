// Package disk is a disk with a volatile write cache whose power can be cut. A virtual machine reaches it over
// the network block device protocol (NBD), so that the file system and the kernel on top of it are real ones.
//
//	guest: box, ext4 or f2fs, virtio-blk ── qemu ── unix socket: NBD ── Server ── Disk
//
//	          WRITE            FLUSH, or FUA of one write
//	guest ───────────▶ cache ───────────────────────────▶ medium
//	          READ sees the cache     cut: the cache is dropped, kept or torn
//
// # What holds
//
//	D1  A write is on the medium when a FLUSH that came later was answered, or when it was answered and had FUA.
//	D2  Of all other writes a cut leaves what its fate says: nothing (Drop), everything (Keep), or of
//	    each write nothing, all, or any of its sectors of 512 octets (Tear). Sectors are whole.
//	D3  Of two writes to one sector the later one wins, where both are left.
//	D4  After the cut no request is answered any more, until Power.
//	D5  What a cut leaves depends on the requests and on the seed alone.
//
// The cut can be asked for at once (Cut) or at the n-th request to come (CutAt), which is caught in the middle.
//
// # Protocol
//
// The fixed newstyle handshake with one nameless export, simple replies, and the requests READ, WRITE, FLUSH, TRIM
// and DISC (github.com/NetworkBlockDevice/nbd, doc/proto.md). Requests are done one after the other. TRIM
// writes zeros, which are as volatile as any other write.
//
//	disk.go     the medium and its cache
//	cut.go      what a cut leaves
//	server.go   connections and the handshake
//	request.go  requests and replies
package disk
