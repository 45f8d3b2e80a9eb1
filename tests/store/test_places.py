"""The name of a table's folder, and that folders of earlier versions are taken over."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lvstui import places, sources
from lvstui.director.record import DONE, Record, Who
from lvstui.store.audit import Log
from lvstui.store.snapshots import Store

HOSTS = 0xF0000000 + 9
RECORD = Record(1e9, Who("ann"), "lvs1", "host", "console", "drain", "ipvsadm -C", DONE)


class World:
    """Namespaces as a test wants them: ours, the first process's, and those with names."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ours = (4, HOSTS)
        self.first: tuple[int, int] | None = (4, HOSTS)
        self.devices = (100, 100)
        self.initial = True
        self.named: dict[str, tuple[int, int]] = {}
        really = os.stat
        listed = os.listdir

        def stat(path: object, *args: Any, **options: Any) -> object:
            match str(path):
                case "/proc/self/ns/net":
                    return SimpleNamespace(st_dev=self.ours[0], st_ino=self.ours[1])
                case "/proc/1/ns/net":
                    if self.first is None:
                        raise PermissionError
                    return SimpleNamespace(st_dev=self.first[0], st_ino=self.first[1])
                case "/proc/1/net/dev":
                    if not self.devices[0]:
                        raise FileNotFoundError
                    return SimpleNamespace(st_ino=self.devices[0])
                case "/proc/self/net/dev":
                    return SimpleNamespace(st_ino=self.devices[1])
                case "/proc/sys/net/core/netdev_max_backlog":
                    if not self.initial:
                        raise FileNotFoundError
                    return SimpleNamespace()
                case "/run/netns":
                    return SimpleNamespace(st_uid=0)
                case text if text.startswith("/run/netns/"):
                    device, inode = self.named[text.removeprefix("/run/netns/")]
                    return SimpleNamespace(st_dev=device, st_ino=inode)
            return really(path, *args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "stat", stat)
        monkeypatch.setattr(
            os, "listdir", lambda path=".": list(self.named) if str(path) == "/run/netns" else listed(path)
        )
        places._names.clear()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    base = tmp_path / "state"
    monkeypatch.setenv("LVSTUI_STATE", str(base))
    return base


def table() -> str:
    places._names.clear()
    return places.table()


def test_the_table_of_the_machine_itself(world: World) -> None:
    assert table() == "host"
    world.named = {"copy": world.ours}
    assert table() == "host"


def test_the_table_of_the_machine_itself_for_an_ordinary_user(world: World) -> None:
    world.first = None
    assert table() == "host"
    world.devices = (100, 101)
    assert table() == f"net-{HOSTS}"
    world.devices = (0, 101)  # processes of others are hidden
    assert table() == "host"
    world.initial = False
    assert table() == f"net-{HOSTS}"


def test_a_namespace_with_a_name(world: World) -> None:
    world.ours = (4, 4026532200)
    world.named = {"green": (4, 4026532201), "blue": world.ours, "cyan": world.ours}
    assert table() == "netns-blue"
    # After a reboot it has another number, and the same name.
    world.ours = world.named["blue"] = (4, 4026532999)
    assert table() == "netns-blue"
    world.named = {"host": world.ours, "../x y\x1b": (5, 1)}
    assert table() == "netns-host"
    world.named = {"a b\x1b": world.ours}
    assert table() == "netns-a%20b%1b"


def test_a_namespace_without_a_name(world: World) -> None:
    world.ours = (4, 4026532200)
    assert table() == "net-4026532200"


def arguments() -> SimpleNamespace:
    settings = SimpleNamespace(keep_snapshots=50, lock_group="")
    return SimpleNamespace(demo=None, replay=None, on="", settings=settings)


def kept_before(base: Path, inode: int, name: str) -> Path:
    """What an earlier version kept of a table."""
    folder = base / f"net-{inode}"
    Store(folder / "snapshots").keep("before restore", 1.0, [""])
    (folder / "snapshots" / f"{name}.toml").write_text("")
    Log(folder, system=False).write([RECORD])
    return folder


@pytest.mark.parametrize(("inode", "called"), [(HOSTS, "host"), (4026532200, "netns-blue")])
def test_old_folders_are_renamed(world: World, state: Path, inode: int, called: str) -> None:
    world.ours, world.named = (4, inode), {"blue": (4, 4026532200)}
    old = kept_before(state, inode, "friday")
    places._names.clear()
    kept = sources.table_paths(arguments())
    assert kept.folder == state / called and not old.exists()
    assert Store(kept.snapshots).address("@friday").exists()
    assert len(Log(kept.folder, system=False).latest()) == 1
    assert sources.table_paths(arguments()) == kept


def test_the_table_of_another_kernel_is_the_machines_own(world: World, state: Path) -> None:
    """An upgrade gives the machine's namespace another number; the latest of several is the one."""
    early = kept_before(state, HOSTS + 40, "early")
    late = kept_before(state, HOSTS + 150, "friday")
    other = kept_before(state, 4026532200, "another namespace's")
    os.utime(early, (1, 1))
    places._names.clear()
    kept = sources.table_paths(arguments())
    assert Store(kept.snapshots).address("@friday").exists()
    assert not late.exists() and early.exists() and other.exists()


def test_a_folder_that_cannot_be_renamed_is_used_under_its_old_name(
    world: World, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = kept_before(state, HOSTS, "friday")

    def refuses(folder: str, target: str) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("lvstui.store.earlier_folders.os.rename", refuses)
    places._names.clear()
    assert sources.table_paths(arguments()).folder == old


def test_this_machine_has_one_of_these_names(state: Path) -> None:
    """On the machine as it is, without a name of ours in the way."""
    assert table() in ("host", "net") or table().startswith(("netns-", "net-"))
