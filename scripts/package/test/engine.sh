#!/bin/sh
# engine.sh ENGINE IMAGE FOLDER GROUP: prepares the namespaces that containers.sh has made for a
# container engine, and runs the checks of containers.py in them. Nothing of the machine is changed:
# /dev, /run, /etc/passwd and the storage of the engine are its own, the network is a new one, and
# the control groups are below GROUP.
set -eu
engine=$1 image=$2 folder=$3 group=$4
here=$(cd "$(dirname "$0")" && pwd)

mount --make-rprivate /
dev=$folder/dev
mkdir "$dev"
mount -t tmpfs -o mode=755,size=4m dev "$dev"
while read -r name major minor; do
	mknod -m 666 "$dev/$name" c "$major" "$minor"
done <<-NODES
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
NODES
mkdir "$dev/net" "$dev/pts" "$dev/shm" "$dev/mqueue"
mknod -m 666 "$dev/net/tun" c 10 200
ln -s pts/ptmx "$dev/ptmx"
ln -s /proc/self/fd "$dev/fd"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$dev/pts"
mount -t tmpfs -o mode=1777 shm "$dev/shm"
mount --move "$dev" /dev

# A sysfs of the new network, with the control groups of the machine. crun knows none of both
# versions at once.
mkdir "$folder/groups"
mount --rbind /sys/fs/cgroup "$folder/groups"
mount -t sysfs sysfs /sys
mount --rbind "$folder/groups" /sys/fs/cgroup
umount -R "$folder/groups"
! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
mount -t tmpfs -o mode=755 run /run
ip link set lo up
ip address add 192.168.1.2/32 dev lo # of the NAS

mkdir "$folder/etc" "$folder/home"
for file in passwd group subuid subgid; do
	cp "/etc/$file" "$folder/etc/$file" 2>/dev/null || : >"$folder/etc/$file"
done
echo "nasuser:x:1026:100::$folder/home:/bin/sh" >>"$folder/etc/passwd"
echo nasuser:1000000:65536 | tee -a "$folder/etc/subuid" >>"$folder/etc/subgid"
chown 1026:100 "$folder/home"
for file in passwd group subuid subgid; do
	[ -e "/etc/$file" ] || continue
	mount --bind "$folder/etc/$file" "/etc/$file"
done

cat >"$folder/containers.conf" <<-CONF
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	[network]
	network_backend = "netavark"
CONF
cat >"$folder/storage.conf" <<-CONF
	[storage]
	driver = "vfs"
	graphroot = "$folder/home/images"
	runroot = "/run/images"
CONF
export CONTAINERS_CONF="$folder/containers.conf" CONTAINERS_STORAGE_CONF="$folder/storage.conf"
exec python3 "$here/containers.py" "$engine" "$image" "$folder" "$group"
