# Process 1 of the User Mode Linux guest: makes the host's root look like a machine of its own, then runs the agent.
# The kernel hands over LAB_SHARE, LAB_MODULES, LAB_PATH, LAB_PYTHON and LAB_AGENT as environment (see uml.py).
# Any failure ends this script, which panics the kernel, which ends User Mode Linux: the host sees why on the console.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The host's root stays untouched: what is written anywhere lands in memory, in the upper half of an overlay.
mount -t proc proc /proc
mount -t tmpfs memory /run
release=$(uname -r)
grep -qw overlay /proc/filesystems || insmod "/usr/lib/uml/modules/$release/kernel/fs/overlayfs/overlay.ko"
mkdir /run/upper /run/work /run/root
mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay /run/root
cd /run/root
mkdir -p mnt
# Not just chroot: the kernel's own module loader must see this root too.
pivot_root . mnt
cd /
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
umount -l /mnt
export PATH="$LAB_PATH"
mkdir -p /run/home /run/lock /run/netns /run/lab
mount -t hostfs none /run/lab -o "$LAB_SHARE"

# Debian keeps this kernel's modules where modprobe does not look.
mkdir -p /lib/modules
[ -e "/lib/modules/$release" ] || ln -s "/usr/lib/uml/modules/$release" "/lib/modules/$release"
[ -z "$LAB_MODULES" ] || modprobe -a $(echo "$LAB_MODULES" | tr , ' ')
ip link set lo up
dmesg -n 1

"$LAB_PYTHON" -I -S "$LAB_AGENT" /run/lab </dev/tty1 >/dev/tty1 || echo "lab: the agent failed"
sync
echo o >/proc/sysrq-trigger
sleep 10
