"""The file, the packages and the wheel in bare folders of Debian 12, 13 and unstable, as root and as an ordinary user:
only in `make soak`, because it fetches each Debian once (build/bare) and takes minutes.

Each test gets the folder with an overlay of its own, in a mount namespace that ends with it, and runs the commands of
README's chapter *On a director* as they are written there, and those of docs/operating.md and docs/snapshot.md."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.test_docs import alike, steps
from tests.test_documented import CHANGED, RUN, SETTINGS, WORLD, lines

ROOT = Path(__file__).parents[1]
SUITES = ("bookworm", "trixie", "sid")
HAS = "python3,python3-psutil,python3-venv,pipx,man-db,ca-certificates,make,systemd,netbase,rpm"
Run = Callable[..., str]

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LVSTUI_BARE"), reason="tried by make soak alone"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for chroot"),
    pytest.mark.skipif(
        shutil.which("debootstrap") is None, reason="debootstrap is not here: apt-get install debootstrap"
    ),
]

INSIDE = """\
set -e
mount -t tmpfs none "$2"
mkdir "$2/up" "$2/work" "$2/root"
mount -t overlay none -o "lowerdir=$1,upperdir=$2/up,workdir=$2/work" "$2/root"
mount -t proc none "$2/root/proc"
mount --rbind /dev "$2/root/dev"
mount --bind /etc/resolv.conf "$2/root/etc/resolv.conf"
mount --bind /etc/ssl/certs "$2/root/etc/ssl/certs"
cp "$3"/* "$2/root/srv"
exec chroot "$2/root" /bin/bash -e -c "cd /srv; $4"
"""

MADE = 'find / -xdev -not -path "/proc/*" -not -path "/var/cache/man/*" -not -path "/tmp/*" | sort'


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """New files of dist/."""
    folder = tmp_path_factory.mktemp("out")
    done = subprocess.run(["make", "pyz", "deb", "rpm", "wheel"], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    for kind in ("lvstui-*.pyz", "lvstui_*.deb", "lvstui-*.rpm", "lvstui-*.whl"):
        # Those of earlier versions may stand beside it.
        path = max((ROOT / "dist").glob(kind), key=lambda one: one.stat().st_mtime)
        shutil.copy(path, folder)
    earlier_rpm(tmp_path_factory.mktemp("earlier"), folder / "earlier.rpm")
    (folder / "screen.py").write_text(SCREEN)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-cf", folder / "clone.tar", "-T", "-"], cwd=ROOT, input=listed.stdout, check=True)
    return folder


def earlier_rpm(tree: Path, target: Path) -> None:
    """The rpm of an earlier version with another settings file, and with a module and a package that are gone now."""
    for name in ("packaging", "completions", "docs", "build/package"):
        shutil.copytree(ROOT / name, tree / name)
    package = tree / "build/package"
    (package / "lvstui/lvstui/gone").mkdir()
    for name in ("gone/__init__.py", "gone_too.py"):
        (package / "lvstui/lvstui" / name).touch()
    with (package / "config.toml").open("a") as settings:
        settings.write("# of that version\n")
    made = (
        f"set -a; . build/package/values.env; VERSION=0.0.1; {ROOT}/build/tools/bin/nfpm package -f packaging/nfpm.yaml"
    )
    subprocess.run(["sh", "-c", f"{made} -p rpm -t {target}"], cwd=tree, check=True, capture_output=True)


@pytest.fixture(scope="module", params=SUITES)
def debian(request: pytest.FixtureRequest) -> Path:
    """A Debian with Python and nothing of ours, fetched if it is not there yet."""
    folder: Path = ROOT / "build/bare" / request.param
    ready = folder / "ready"
    if not ready.exists() or ready.read_text() != HAS:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        words = ["debootstrap", "--variant=minbase", f"--include={HAS}", request.param, str(folder)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, done.stdout[-2000:]
        ready.write_text(HAS)
    return folder


@pytest.fixture
def run(debian: Path, handed_out: Path, tmp_path: Path) -> Iterator[Run]:
    def go(script: str) -> str:
        folder = tmp_path / "mnt"
        folder.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if re.match(r"PIP_|SSL_|UV_|https?_proxy", name)}
        env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
        }
        env |= {"DEBIAN_FRONTEND": "noninteractive", "TERM": "dumb", "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt"}
        env |= {"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"}
        words = ["unshare", "--mount", "sh", "-c", INSIDE, "sh", debian, folder, handed_out, script]
        done = subprocess.run(list(map(str, words)), env=kept | env, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    yield go


SCREEN = """\
import os, pty, re, sys, time
start, (pid, fd), said = time.monotonic(), pty.fork(), b""
if not pid:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(sys.argv[1], sys.argv[1:])
while b"192.168.80.200" not in said:
    said += os.read(fd, 65536)
print(f"the first screen after {time.monotonic() - start:.1f} s")
os.write(fd, b"q")
try:
    while os.read(fd, 65536):
        pass
except OSError:
    pass
got = re.findall(rb"Downloading \\S+ \\(([\\d.]+) (k|M)B\\)", said)
print(f"{len(got)} files, {sum(float(n) * (1 if unit == b'k' else 1000) for n, unit in got):.0f} kB fetched")
print("exit code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
"""Runs a command in a terminal until it shows the service of the demo, then presses q. Says how long that took, and
what pip said that it fetched."""


def told(*having: str) -> str:
    """The block of README's chapter that has these words."""
    blocks = re.findall(r"^```sh root\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    (found,) = (block for block in blocks if all(word in block for word in having))
    return str(found)


USER = "setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/u"
LOOKS = """
lvstui --version
lvstui --demo --list | grep -q 192.168.80.200
lvstui --man | grep -q "^.TH"
! lvstui --list 2>/srv/said || exit 1
grep -q "modprobe ip_vs" /srv/said
man -w lvstui
"""


def test_the_file(run: Run) -> None:
    said = run(
        told("install -m 755")
        + LOOKS
        + "mkdir -p /home/u; chown 1000:1000 /home/u\n"
        + f"{USER} lvstui --demo --list >/dev/null\n{USER} lvstui --demo --list | head -1\n"
        + "stat -c '%a %u' /var/cache/lvstui /home/u/.cache/lvstui\n"
        + "lvstui --install-unit >/dev/null; grep ExecStart= /etc/systemd/system/lvstui-restore.service\n"
        + told("rm -rf /var/cache/lvstui")
        + "ls /usr/local/bin /var/cache"
    )
    assert "demo  MASTER" in said
    assert "700 0\n700 1000\n" in said
    assert "ExecStart=/usr/local/bin/lvstui --restore /etc/lvstui/boot.toml --merge --yes" in said
    assert "lvstui" not in said.rpartition("--yes\n")[2]


def test_the_file_without_network_and_without_psutil(run: Run) -> None:
    said = run(
        "unshare --net true && net='unshare --net' || net=\n"
        "$net python3 lvstui-*.pyz --version\n"
        "rm -rf /var/cache/lvstui/*/site-*; rm -rf /usr/lib/python3/dist-packages/psutil\n"
        "$net python3 -I lvstui-*.pyz --demo --list --log /srv/log >/dev/null; python3 -I lvstui-*.pyz --version"
    )
    assert said.count("lvstui ") >= 2


def test_the_file_by_a_second_python(run: Run, debian: Path) -> None:
    (version,) = (path.name for path in (debian / "usr/bin").glob("python3.1?"))
    said = run(told("tail -n +3").replace("python3.11", version) + "head -1 /usr/local/bin/lvstui | head -c 40")
    assert "lvstui 0" in said and f"#!/usr/bin/{version} -I" in said


def test_the_package(run: Run) -> None:
    install = told("apt-get install ./").replace("install", "install -qq -y --no-install-recommends", 1)
    said = run(
        f"{MADE} > /tmp/before\n"
        + install
        + LOOKS
        + "find /usr/share/lvstui -name '*.pyc' | wc -l\n"
        + "find /etc/systemd /run/systemd -name '*lvstui*' 2>/dev/null | wc -l\n"
        + f"{USER} lvstui --demo --list | head -1\n"
        + install.replace("install -qq", "install --reinstall -qq")
        + "lvstui --version\n"
        + "apt-get remove -qq -y lvstui; ls /etc/lvstui; test ! -e /usr/share/lvstui\n"
        + "apt-get purge -qq -y lvstui\n"
        + f"{MADE} > /tmp/after\n"
        + "diff /tmp/before /tmp/after | grep lvstui | grep -v /var/lib/dpkg || echo nothing is left"
    )
    assert "demo  MASTER" in said and "config.toml" in said
    assert re.search(r"^\d{3,}\n0$", said, re.M), "compiled once, and no unit enabled"
    assert "\nnothing is left\n" in said


def test_an_upgrade_of_the_package(run: Run) -> None:
    """From an earlier version with another settings file, and with a module that is gone now."""
    install = told("apt-get install ./").replace("install", "install -qq -y --no-install-recommends", 1)
    said = run(
        f"{MADE} > /tmp/before\n"
        "dpkg-deb -R lvstui_*.deb /tmp/old; sed -i 's/^Version: .*/Version: 0.0.1-1/' /tmp/old/DEBIAN/control\n"
        "echo '# of that version' >> /tmp/old/etc/lvstui/config.toml; touch /tmp/old/usr/share/lvstui/lvstui/gone.py\n"
        "dpkg-deb -Znone -b /tmp/old /tmp/old.deb; rm -r /tmp/old\n"
        + install.replace("./lvstui_0", "/tmp/old.deb # ")
        + "dpkg-query -W lvstui; ls /usr/share/lvstui/lvstui/__pycache__/gone.*\n"
        + "mkdir -p /var/lib/lvstui; echo a > /var/lib/lvstui/kept\n"
        + install.replace("install -qq", "install -o Dpkg::Options::=--force-confdef -qq")
        + LOOKS
        + "find /usr/share/lvstui -name 'gone*' | wc -l; grep -c 'of that version' /etc/lvstui/config.toml || true\n"
        + "echo '# mine' >> /etc/lvstui/config.toml\n"
        + install.replace("install -qq", "install --reinstall -qq")
        + "tail -n 1 /etc/lvstui/config.toml; apt-get purge -qq -y lvstui\n"
        + "cat /var/lib/lvstui/kept; rm -r /var/lib/lvstui\n"
        + f"{MADE} > /tmp/after\n"
        + "diff /tmp/before /tmp/after | grep lvstui | grep -v /var/lib/dpkg || echo nothing is left"
    )
    assert re.search(r"^lvstui\s0\.0\.1-1$", said, re.M)
    assert "\n0\n0\n" in said, "neither the module nor the old settings stay"
    assert "\n# mine\n" in said, "an operator's settings stay"
    assert "\nlvstui: snapshots and the audit log stay" in said and "\nnothing is left\n" in said


def test_the_rpm(run: Run) -> None:
    """Installed, upgraded and removed by rpm, whose database knows nothing of Debian's packages."""
    said = run(
        f"{MADE} > /tmp/before\n"
        "rpm -i --nodeps earlier.rpm; rpm -q lvstui; rpm -V --nodeps lvstui && echo verified\n"
        "find /usr/share/lvstui -name 'gone*' | wc -l\n"
        "find / -xdev -newer /tmp/before -path '*lvstui*' -not -path '/proc/*' -not -path '/srv/*'"
        " \\( ! -user 0 -o ! -group 0 -o -perm /022 \\) -printf 'other %p\\n'\n"
        "rpm -U --nodeps lvstui-0*.rpm\n"
        + LOOKS
        + "find /usr/share/lvstui -name 'gone*' | wc -l; grep -c 'of that version' /etc/lvstui/config.toml || true\n"
        + "find /usr/share/lvstui -name '*.pyc' | wc -l\n"
        + "find /etc/systemd /run/systemd -name '*lvstui*' 2>/dev/null | wc -l\n"
        + f"{USER} lvstui --demo --list | head -1\n"
        + "echo '# mine' >> /etc/lvstui/config.toml; rpm -U --nodeps --force lvstui-0*.rpm\n"
        + "tail -n 1 /etc/lvstui/config.toml; rpm -e lvstui; ls /etc/lvstui; rm -r /etc/lvstui\n"
        + f"{MADE} > /tmp/after\n"
        + "diff /tmp/before /tmp/after | grep lvstui | grep -v /var/lib/rpm || echo nothing is left"
    )
    assert "lvstui-0.0.1-1.noarch\nverified\n3\n" in said and "\nother /" not in said
    assert re.search(r"^0\n0\n\d{3,}\n0$", said, re.M), "what is gone is gone, all is compiled, no unit is enabled"
    assert "demo  MASTER" in said
    assert "\n# mine\n" in said and "\nconfig.toml.rpmsave\n" in said, "an operator's settings stay"
    assert "\nnothing is left\n" in said


def test_pipx(run: Run) -> None:
    said = run(told("pipx install") + "lvstui --demo --list | head -1\npython3 -c 'print(1)'")
    assert "demo  MASTER" in said


def test_uv(run: Run) -> None:
    said = run(
        "python3 -m venv /opt/v; /opt/v/bin/pip install -q uv; export PATH=$PATH:/opt/v/bin\n"
        + told("uv tool install")
        + "lvstui --demo --list | head -1"
    )
    assert "demo  MASTER" in said


USERS = pytest.mark.parametrize("user", ["", f"{USER} "], ids=["root", "ordinary"])
HOMES = "mkdir -p /home/u/here; chown -R 1000:1000 /home/u; cd /home/u/here\n"
ELSEWHERE = "export LVSTUI_BOOT=/home/u/here/boot.toml"


@USERS
def test_the_demo_of_a_clone(run: Run, user: str) -> None:
    """README's first command: at most 5 MB beside pip's own."""
    unpack = (
        "mkdir -p /home/u/clone; tar -xf clone.tar -C /home/u/clone; chown -R 1000:1000 /home/u; cd /home/u/clone\n"
    )
    said = run(f"{unpack}{user}python3 /srv/screen.py make demo")
    print(said)
    found = re.search(r"^(\d+) files, (\d+) kB fetched\nexit code 0$", said, re.M)
    assert found and 10 <= int(found[1]) <= 13 and 1000 < int(found[2]) < 5000, said


@USERS
def test_the_sessions_of_the_page_on_snapshots(run: Run, user: str) -> None:
    """Each command of docs/snapshot.md prints what the page shows."""
    session = list(steps((ROOT / "docs/snapshot.md").read_text(encoding="utf-8")))
    script = [HOMES, ELSEWHERE, "code=0"]
    for step in session:
        if step.name:
            script.append(f"printf %s {shlex.quote(step.text)} > {step.name}")
        elif step.command == "echo $?":
            script.append("echo '@@'; echo $code")
        else:
            script.append(f"echo '@@'; code=0; {user}{step.command} </dev/null 2>&1 || code=$?")
    said = run(told("install -m 755") + "\n".join(script)).partition("@@\n")[2].split("@@\n")
    shown = [step for step in session if step.command]
    assert len(said) == len(shown) > 30
    for step, printed in zip(shown, said, strict=True):
        printed = printed.replace("/home/u/.local/state/lvstui", "/var/lib/lvstui")
        assert sorted(step.text.splitlines()) == sorted(printed.splitlines()) or alike(step.text, printed), step


@USERS
def test_the_verbs_of_the_pages(run: Run, user: str) -> None:
    """Each command line of the documents that ends by itself, with its exit code, on a simulated director."""
    script = [HOMES, ELSEWHERE, f"printf %s {shlex.quote(WORLD)} > world.toml"]
    script.append(f"mkdir -p /etc/lvstui; printf %s {shlex.quote(SETTINGS)} > /etc/lvstui/config.toml")
    tried = []
    for line in lines():
        words = shlex.split(line.text)[1:]
        codes = RUN.get(" ".join(words)) or (CHANGED if words[:1] == ["--do"] else None)
        if line.pattern or codes is None or line in tried:
            continue
        tried.append(line)
        dry = " --dry-run" if words[0] in ("--do", "--restore") else ""
        script.append(f"echo '@@'; {user}lvstui --demo world.toml{line.text[6:]}{dry} </dev/null 2>&1 || echo exit $?")
    said = run(told("install -m 755") + "\n".join(script)).partition("@@\n")[2].split("@@\n")
    for line, printed in zip(tried, said, strict=True):
        words = shlex.split(line.text)[1:]
        code = re.search(r"^exit (\d+)$", printed, re.M)
        assert int(code[1] if code else 0) in RUN.get(" ".join(words), CHANGED), (line, printed)
        assert "unexpected" not in printed and "Traceback" not in printed, (line, printed)


@USERS
def test_the_console_and_recordings(run: Run, user: str) -> None:
    """The lines of docs/operating.md that open a console, or record and play."""
    said = run(
        told("install -m 755")
        + HOMES
        + f"{user}python3 /srv/screen.py lvstui --demo site\n"
        + f"{user}python3 /srv/screen.py lvstui --demo --read-only\n"
        + f"{user}timeout 4 lvstui --demo --watch --record tape || echo ended $?\n"
        + f"{user}lvstui --watch --replay tape | head -3\n{user}python3 /srv/screen.py lvstui --replay tape\n"
        + f"{user}lvstui --report tape incident.html; test -s incident.html\n"
        + f"{user}lvstui </dev/null 2>&1 | head -2"
    )
    assert said.count("exit code 0\n") == 3 and "ended 124" in said, said


def test_what_root_installs_by_the_page_on_operating(run: Run) -> None:
    """Completion in its places; the unit, enabled by the line that stands below it."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    completion = re.findall(r"^    (lvstui --completion \w+ > \S+)$", page, re.M)
    (unit,) = re.findall(r"^    (lvstui --install-unit)  .*\n    (systemctl .*)$", page, re.M)
    paths = [line.rpartition(" ")[2] for line in completion]
    making = re.findall(r"^    (cd .* mkdir -p .*)$", page, re.M)
    said = run(
        told("install -m 755")
        + "\n".join([*making, *completion, "wc -c " + " ".join(paths), "export SYSTEMD_OFFLINE=1", *unit])
        + "\nls -l /etc/systemd/system/*/lvstui-restore.service"
    )
    assert len(paths) == 3 and re.search(r"lvstui-restore.service -> /etc/systemd", said), said
