# Process 1 of a guest kernel, User Mode Linux (uml.py) or qemu (tests/bench/vm.py), whose root is the host's, read-only:
# makes it look like a machine of its own, then runs the agent. The kernel hands over, as environment, LAB_SHARE (how to
# mount the shared folder), LAB_LINE (the agent's terminal), LAB_DRIVERS (the kernel's modules, by release), LAB_MODULES
# (what to load of them), LAB_PATH, LAB_PYTHON, LAB_AGENT and perhaps LAB_PRELOAD (where a library
# of the shared folder goes, for every user to read).
# Any failure ends this script, which panics the kernel, which ends the guest: the host sees why on the console.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The host's root stays untouched: what is written anywhere lands in memory, in the upper half of an overlay.
mount -t proc proc /proc
mount -t tmpfs memory /run
release=$(uname -r)
grep -qw overlay /proc/filesystems || insmod "$LAB_DRIVERS/$release/kernel/fs/overlayfs/overlay.ko"
mkdir /run/upper /run/work /run/root
# What the host's own lvstui keeps and is told is not there: a test must not find it, and root's may not be looked into.
mkdir -p /run/upper/var/lib /run/upper/etc
mknod /run/upper/var/lib/lvstui c 0 0
mknod /run/upper/etc/lvstui c 0 0
mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay /run/root
cd /run/root
mkdir -p mnt
# Not just chroot: the kernel's own module loader must see this root too. Debian unstable has no pivot_root but busybox's.
if command -v pivot_root >/dev/null; then pivot_root . mnt; else busybox pivot_root . mnt; fi
cd /
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
umount -l /mnt
# Every user of the guest may enter the folders of the checkout and of its Python, which may be in a home folder: in memory.
for place in "$LAB_AGENT" "$(readlink -f "$LAB_PYTHON")"; do
    while place=${place%/*} && [ -n "$place" ]; do chmod a+x "$place"; done
done
export PATH="$LAB_PATH"
mkdir -p /run/home /run/lock /run/netns /run/lab
# hostfs takes a path without a name of an option, which only the older system call can hand over.
LIBMOUNT_FORCE_MOUNT2=always mount $LAB_SHARE /run/lab
[ -z "${LAB_PRELOAD:-}" ] || install -m 755 "/run/lab/${LAB_PRELOAD##*/}" "$LAB_PRELOAD"

# This kernel was not installed, so its modules are not where modprobe looks.
mkdir -p /lib/modules
[ -e "/lib/modules/$release" ] || ln -s "$LAB_DRIVERS/$release" "/lib/modules/$release"
[ -z "$LAB_MODULES" ] || modprobe -a $(echo "$LAB_MODULES" | tr , ' ')
ip link set lo up
dmesg -n 1

"$LAB_PYTHON" -I -S "$LAB_AGENT" /run/lab <"$LAB_LINE" >"$LAB_LINE" || echo "lab: the agent failed"
sync
echo o >/proc/sysrq-trigger
sleep 10
