# The first process of the host's lab: runs in fresh mount, network, process and name spaces (see host.py) and makes them
# look like the User Mode Linux guest, so that tests find the same machine. Nothing written in the usual places gets out.
# LAB_SHARE, LAB_PYTHON and LAB_AGENT come in the environment; the agent's line is standard input and output.
set -eu

# The shared folder may itself be below /run, so it is bound before /run is covered.
mount -t tmpfs lab /mnt
mkdir -p /mnt/home /mnt/lock /mnt/netns /mnt/lab
mount --bind "$LAB_SHARE" /mnt/lab
mount -n --move /mnt /run
# What the host's own lvstui keeps and is told is not there: a test must not find it. So an overlay has it.
mkdir -p /run/overlay/etc/upper /run/overlay/var/upper/lib
mknod /run/overlay/etc/upper/lvstui c 0 0
mknod /run/overlay/var/upper/lib/lvstui c 0 0
for folder in /etc /var /root /tmp; do
  mkdir -p "/run/overlay$folder/upper" "/run/overlay$folder/work"
  mount -t overlay -o "lowerdir=$folder,upperdir=/run/overlay$folder/upper,workdir=/run/overlay$folder/work" overlay "$folder"
done
mount -t sysfs sys /sys
ip link set lo up

exec "$LAB_PYTHON" -I -S "$LAB_AGENT" /run/lab
