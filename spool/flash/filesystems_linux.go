package flash

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A fileSystem is what is known about one kind of file system.
type fileSystem struct {
	magic   int64 // f_type of statfs(2)
	name    string
	recycle bool   // overwrites blocks in place: slots are recycled where direct writes work
	warning string // "" if it is fit for a spool
}

// volatile reports whether what is acknowledged there may be gone after a power cut in any case.
func (fs fileSystem) volatile() bool { return fs.warning == inMemory || fs.warning == remote }

const (
	inMemory = "lies in memory: all mail is lost when the power fails"
	remote   = "is reached over a network: its server decides whether acknowledged mail survives a power cut; use a local disk"
	brittle  = "has no journal and no file owners: a power cut can damage the whole volume; use ext4 or F2FS"
	copying  = "never overwrites in place: each small mail costs about 100 KiB of writing; an ext4 partition wears flash less"
	unproven = "passes files on to another program or file system: it is not proven that a flush reaches the device"
)

// fileSystems: ext2 and ext3 have ext4's number, and mostly its code. The numbers that
// linux/magic.h lacks are in the sources of the file systems.
var fileSystems = [...]fileSystem{
	// magic                    name        recycle  warning
	{unix.EXT4_SUPER_MAGIC, "ext4", true, ""},
	{unix.XFS_SUPER_MAGIC, "xfs", true, ""},
	{unix.F2FS_SUPER_MAGIC, "f2fs", true, ""},
	{0x24051905, "ubifs", false, ""},
	{0x72b6, "jffs2", false, ""},
	{unix.BTRFS_SUPER_MAGIC, "btrfs", false, copying},
	{0x2fc12fc1, "zfs", false, copying},
	{0xca451a4e, "bcachefs", false, copying},
	{unix.NILFS_SUPER_MAGIC, "nilfs2", false, ""},
	{unix.MSDOS_SUPER_MAGIC, "vfat", false, brittle},
	{unix.EXFAT_SUPER_MAGIC, "exfat", false, brittle},
	{unix.TMPFS_MAGIC, "tmpfs", false, inMemory},
	{unix.RAMFS_MAGIC, "ramfs", false, inMemory},
	{unix.NFS_SUPER_MAGIC, "nfs", false, remote},
	{unix.CIFS_SUPER_MAGIC, "cifs", false, remote},
	{unix.SMB2_SUPER_MAGIC, "smb2", false, remote},
	{unix.SMB_SUPER_MAGIC, "smb", false, remote},
	{unix.CEPH_SUPER_MAGIC, "ceph", false, remote},
	{unix.AFS_SUPER_MAGIC, "afs", false, remote},
	{unix.V9FS_MAGIC, "9p", false, unproven},
	{unix.FUSE_SUPER_MAGIC, "fuse", false, unproven},
	{unix.OVERLAYFS_SUPER_MAGIC, "overlay", false, unproven},
	{unix.ECRYPTFS_SUPER_MAGIC, "ecryptfs", false, unproven},
}

// identify returns what is known about the file system that holds f.
func identify(f *os.File) (fileSystem, error) {
	var st unix.Statfs_t
	if err := control(f, "statfs", func(fd int) error { return unix.Fstatfs(fd, &st) }); err != nil {
		return fileSystem{}, err
	}
	magic := int64(uint32(st.Type)) // sign-extended on 32 bit
	for _, fs := range fileSystems {
		if fs.magic == magic {
			return fs, nil
		}
	}
	return fileSystem{name: fmt.Sprintf("unknown (%#x)", magic), warning: unproven}, nil
}
