#!/bin/sh
# boot.sh FOLDER [ROOT]: boots systemd as the first process of a container whose root is a
# copy-on-write layer over ROOT, which is this machine's own unless it is named, with a network of
# its own, and no service but those that the packages under test bring; what this machine has of
# pillarbox, or to keep packages from starting services (policy-rc.d), is left out. FOLDER/packages
# is /mnt/packages there, FOLDER/state the place of the mail, FOLDER/log gets what it says. Needs
# root.
set -eu
folder=$1 root=${2:-/}
mkdir -p "$folder/packages" "$folder/state" "$folder/upper" "$folder/work" "$folder/root"
group=/sys/fs/cgroup
[ ! -d $group/unified ] || group=$group/unified
group=$group/pillarbox-test.$$
mkdir "$group"
echo $$ >"$group/cgroup.procs"

# shellcheck disable=SC2016 # for the inner shell
exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup --propagation private sh -euc '
	root=$1/root
	mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	mount -t tmpfs tmpfs "$root/run"
	mount -t tmpfs tmpfs "$root/tmp"
	mount -t tmpfs tmpfs "$root/dev"
	for device in null zero full random urandom tty; do
		: >"$root/dev/$device"
		mount --bind "/dev/$device" "$root/dev/$device"
	done
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
	mount -t tmpfs tmpfs "$root/dev/shm"
	ln -s pts/ptmx "$root/dev/ptmx"
	ip link set lo up
	hostname mailtest
	rm -rf "$root"/etc/systemd/system/*.wants "$root/etc/fstab" "$root/usr/sbin/policy-rc.d" "$root/etc/pillarbox" "$root/usr/bin/pillarbox"
	: >"$root/etc/machine-id"
	printf "127.0.0.1 localhost mailtest\n" >"$root/etc/hosts"
	mkdir -p "$root/mnt/old" "$root/mnt/packages" "$root/var/lib/pillarbox"
	mount --bind "$1/packages" "$root/mnt/packages"
	mount --bind "$1/state" "$root/var/lib/pillarbox"
	cd "$root"
	pivot_root . mnt/old
	umount -l /mnt/old
	exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=basic.target --log-target=console
' boot "$folder" "$root" >"$folder/log" 2>&1
