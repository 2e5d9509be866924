// Package flash is the storage layer below the spool: one flat folder of files on one file system,
// written so that flash memory lasts and so that a power cut at any instant leaves nothing but what
// the contract below allows. It handles files, pages and flushes. It does not handle segments,
// records or mail, keeps no state of its own on the device except a lock, and never retries: the
// caller decides what an error of the device means.
//
// # What lies in the folder
//
//	LOCK            under flock(2): one process at a time holds the volume; one page, no meaning
//	<name>          slot files and small files; both are made under another name first:
//	<name>.tmp      a slot or a small file that is not complete yet; removed by the next Open
//
// # Two modes
//
// A Recycle slot is filled with zeros once. From then on neither its name nor its size nor
// its blocks ever change, so that a flush moves no journal:
//
//	Create   open <name>.tmp, fallocate, pwrite zeros ..., fsync, rename, fsync folder
//	WriteAt  pwrite O_DIRECT          (whole pages from an aligned buffer)
//	Sync     fdatasync                (one flush of the device)
//
// An Append slot grows by ordinary writes and is removed when it is dead:
//
//	Create   open <name>.tmp, fsync, rename, fsync folder
//	WriteAt  pwrite
//	Sync     fdatasync                (one flush, and one commit of the file system's journal)
//
// Why direct writes: sendfile(2) queues references to pages of the page cache, not their
// bytes. A buffered overwrite changes those pages while they are queued for a slow reader, even
// after the connection is closed; the reader then receives the new bytes: another user's mail. A
// direct write drops the cached pages instead; an existing reference keeps the old bytes. Some file
// systems accept O_DIRECT and write through the cache anyway (ext4 with data=journal, tmpfs).
// Therefore Open tries it: it holds a cached page in a pipe, overwrites it, and compares what the
// pipe has (profile_linux.go).
//
// # What holds
//
//	F1  When Create has returned, name, size and zeros are durable. Before, there is no file of
//	    that name, or a whole one.
//	F2  A write is durable when a later Sync of the same file has returned nil. Until then
//	    any subset of its 512 byte sectors may be on the device, torn or garbled ones among them.
//	F3  After a failed Sync the state of what was written since the last good one stays unknown:
//	    the kernel has marked the pages clean, and the next Sync may well return nil.
//	F4  A small file has its old or its new content, and the new one when Store returned nil.
//	F5  A removed file may come back, whole, after a power cut, until a later Create or Store
//	    has returned nil: those flush the folder.
//	F6  In Recycle mode bytes on their way to a client are not changed by a WriteAt.
//	F7  ReadAt sees every WriteAt that has returned.
//	F8  No name leads out of the folder: files are opened relative to it, through no link, and
//	    only a regular file of the owner of the folder or of this process is accepted. What is
//	    written has no second name.
//	F9  With Options.ReadOnly nothing is made, locked, tried, changed or removed.
//
// # Where things are
//
//	flash.go              Volume and File, the seam; names, buffers, Profile, Wear
//	openat_linux.go       the folder, and how its files are opened; system calls on them
//	file_linux.go         the File of a real slot
//	lock_linux.go         which process holds the lock
//	filesystems_linux.go  what is known about each kind of file system
//	mount_linux.go        how it is mounted, and what that costs
//	profile_linux.go      which file system, which mode, whether direct writes do what F6 needs
//	dir_linux.go          Dir, the Volume of a real folder
//	create_linux.go       making a slot, Load and Store of small files
//	wear_linux.go         the wear that a device reports
//	flashtest             a device in memory whose power can be cut
package flash
