"""Boots Debian's stock kernel under qemu's TCG: slow, but all of it equally, so ratios measured there can be trusted.

In User Mode Linux a system call costs many times what it does on a machine, which favours whoever makes fewer; here the
program, its system calls and the kernel slow down together. The session is the lab's own (tests/lab/session.py), the
host's root is the guest's through 9p. The kernel is fetched and the first file system built once, into a cache:
$LVSTUI_BENCH_CACHE, or lvstui-bench in the user's cache folder. Also a program:

    python -m tests.bench.vm [--seconds N] [--memory 3G] -- COMMAND...

LVSTUI_LAB=debian13 makes it the lab of the tests, with the kernel of Debian 13, whatever Debian this machine has.

`counted`: the guest's clock counts instructions, a nanosecond each, so processor time is the same on a busy machine and
from run to run within a percent. Other time says nothing there: it jumps when the guest waits.
"""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab import debian13 as trixie
from tests.lab import needs, uml
from tests.lab.oneshot import one_shot
from tests.lab.session import SEARCH, Guest, LabError, LabMissing, Session, open_session
from tests.lab.unpacked import unpack

LAB = Path(__file__).resolve().parents[1] / "lab"
QEMU = "qemu-system-x86_64"
PROGRAMS = (QEMU, "busybox", "cpio", "modprobe", "ip", "ipvsadm")
META = "linux-image-amd64"  # depends on the newest kernel of this Debian
ROOT_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")  # to reach the host's root, before there are any files
MODULES = (
    *("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_lc", "ip_vs_wlc", "ip_vs_sh", "ip_vs_mh", "ip_vs_sed", "ip_vs_nq"),
    *("ip_vs_dh", "ip_vs_lblc", "ip_vs_lblcr", "ip_vs_fo", "ip_vs_ovf", "ip_vs_pe_sip"),
    *("ipip", "ip_gre", "fou", "veth", "bridge", "dummy"),
)
BOOT_SECONDS = 240.0
COUNTED = ("-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off")

# The first process of the initial file system: reach the host's root, then be the lab's guest.
INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
for module in {modules}; do $B insmod /modules/$module; done
$B mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 root /mnt
exec $B switch_root /mnt /bin/sh "$LAB_SCRIPT"
"""


@dataclass(frozen=True, slots=True)
class Kernel:
    """What was built in the cache."""

    image: Path
    initrd: Path
    drivers: Path  # module folders by release


def boot(
    *,
    memory: str = "3G",
    modules: Sequence[str] = MODULES,
    seconds: float = BOOT_SECONDS,
    counted: bool = False,
    made: Callable[[], Kernel] | None = None,
) -> Session:
    """Boot the virtual machine (15 s on a quiet machine) and wait until it takes commands. `made`: its kernel, if it is
    not this Debian's newest."""
    packages = needs.missing(PROGRAMS)
    if packages:
        raise LabMissing(f"the virtual machine needs more: {needs.advice(packages)}")
    kernel = (made or prepare)()

    def launch(share: Path, reads: int, writes: int) -> Guest:
        settings = {
            "LAB_SHARE": "-t 9p -o trans=virtio,version=9p2000.L,cache=none share",
            "LAB_LINE": "/dev/ttyS1",
            "LAB_DRIVERS": kernel.drivers,
            "LAB_MODULES": ",".join(modules),
            "LAB_PATH": SEARCH,
            "LAB_PYTHON": Path(sys.executable).resolve(),
            "LAB_AGENT": LAB / "agent.py",
            "LAB_SCRIPT": LAB / "guest.sh",
        }
        boot_line = ["console=ttyS0", "quiet", "panic=-1", "mitigations=off"]
        boot_line += [f'{name}="{value}"' for name, value in settings.items()]
        console = share / "console"
        command = [
            needs.find(QEMU) or QEMU,
            *("-machine", "q35", "-cpu", "max", "-smp", "1", "-m", memory),
            *(COUNTED if counted else ("-accel", "tcg,thread=multi")),
            *("-display", "none", "-no-reboot", "-nic", "none", "-monitor", "none"),
            *("-kernel", str(kernel.image), "-initrd", str(kernel.initrd), "-append", " ".join(boot_line)),
            *("-chardev", f"file,id=console,append=on,path={console}", "-serial", "chardev:console"),
            *("-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"),
            *("-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=root,mount_tag=root"),
            *("-fsdev", f"local,id=share,path={share},security_model=none"),
            *("-device", "virtio-9p-pci,fsdev=share,mount_tag=share"),
        ]
        with console.open("ab") as complaints:
            process = subprocess.Popen(command, stdin=reads, stdout=writes, stderr=complaints, start_new_session=True)
        return Guest(process, console, own_group=True)

    return open_session("vm", launch, seconds)


def boot_debian13() -> Session:
    """The virtual machine with the kernel of Debian 13, as the lab of the tests."""
    return boot(modules=(*uml.MODULES, "ip_vs_rr"), made=debian13)


def prepare() -> Kernel:
    """This Debian's newest kernel from the cache; fetched and built if this is the first time."""
    package = _newest()

    def fetched(folder: Path) -> None:
        print(f"lab: fetching {package} ...", file=sys.stderr)
        _output(["apt-get", "download", "-q", package], folder)
        archive = next(folder.glob("*.deb"))
        _output(["dpkg-deb", "-x", str(archive), "unpacked"], folder)
        archive.unlink()

    return _kept(package, fetched)


def debian13() -> Kernel:
    """The newest kernel of Debian 13 when it was fetched first."""

    def fetched(folder: Path) -> None:
        print("lab: fetching the kernel of Debian 13 ...", file=sys.stderr)
        unpack("the kernel of Debian 13", META, folder / "unpacked", trixie.SOURCE, ("linux-image-6",))

    return _kept("debian13", fetched)


def _kept(name: str, fetched: Callable[[Path], None]) -> Kernel:
    """A kernel in the cache. `fetched` unpacks its package into `unpacked` of a folder, where it is not there yet."""
    folder = _cache() / name
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            fetched(draft)
            _build(draft)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return Kernel(folder / "vmlinuz", folder / "initrd.gz", folder / "lib/modules")


def _cache() -> Path:
    own = os.environ.get("LVSTUI_BENCH_CACHE")
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) if own else Path(user) / "lvstui-bench"


def _newest() -> str:
    """The package of this Debian's newest kernel; when apt cannot say, one that the cache has."""
    for line in _output(["apt-cache", "depends", META]).splitlines():
        kind, _, name = line.strip().partition(": ")
        if kind == "Depends" and name.startswith("linux-image-"):
            return name
    built = sorted(_cache().glob("linux-image-*"))
    if built:
        return built[-1].name
    raise LabMissing(f"apt knows no {META}: it takes Debian, and apt-get update first")


def _build(folder: Path) -> None:
    """Makes the little file system that an unpacked kernel starts from."""
    unpacked = folder / "unpacked"
    next(unpacked.glob("boot/vmlinuz-*")).rename(folder / "vmlinuz")
    (folder / "lib").mkdir()
    found = next(place for place in (unpacked / "lib/modules", unpacked / "usr/lib/modules") if place.is_dir())
    found.rename(folder / "lib/modules")
    shutil.rmtree(unpacked)
    release = next((folder / "lib/modules").iterdir()).name
    _output([needs.find("depmod") or "depmod", "-b", ".", release], folder)

    root = folder / "initrd"
    for name in ("bin", "dev", "mnt", "modules", "proc", "sys"):
        (root / name).mkdir(parents=True)
    shutil.copy(needs.find("busybox") or "busybox", root / "bin/busybox")
    modprobe = needs.find("modprobe") or "modprobe"
    plan = _output([modprobe, "-d", ".", "-S", release, "--show-depends", "-a", *ROOT_MODULES], folder)
    names: dict[str, None] = {}  # in the order they have to be loaded, each once
    for line in plan.splitlines():
        if not line.startswith("insmod "):
            continue
        source = folder / line.split()[1]
        plain = source.name.removesuffix(".xz")
        content = source.read_bytes()
        (root / "modules" / plain).write_bytes(lzma.decompress(content) if source.suffix == ".xz" else content)
        names[plain] = None
    (root / "init").write_text(INIT.format(modules=" ".join(names)), encoding="utf-8")
    (root / "init").chmod(0o755)
    members = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    cpio = ["cpio", "-o", "-H", "newc", "--quiet"]
    packed = subprocess.run(cpio, cwd=root, input=members.encode(), stdout=subprocess.PIPE, check=True)
    (folder / "initrd.gz").write_bytes(gzip.compress(packed.stdout))


def _output(command: Sequence[str], folder: Path | None = None) -> str:
    done = subprocess.run([*command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(one_shot("python -m tests.bench.vm", lambda memory: boot(memory=memory), memory="3G", seconds=900.0))
