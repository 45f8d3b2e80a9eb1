"""A director elsewhere, over an ssh that is none: what is read, what is sent, what a far side may do, and how a link is
lost and found."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lvstui import sources
from lvstui.director.errors import BadInput, Lost, LvsError, NotDone, Unavailable
from lvstui.director.model import service_key
from lvstui.director.source import EVERYTHING, RULES, Scope
from lvstui.director.state import State
from lvstui.formats import ipvsadm
from lvstui.remote import boot, director, link, wire
from lvstui.remote.connect_failures import Ended
from lvstui.remote.director import Remote, checked, open_remote
from lvstui.store.frames import Encoder
from lvstui.verbs import remote_change
from tests.console.terminal import Terminal
from tests.hostile import judged
from tests.memory import MemoryDirector
from tests.remote.fake import archive, playing, ssh
from tests.remote.interpreters import VERSIONS, pythons

__all__ = ["ssh"]
SWEEP = Scope(sweep=True, vrrp=True)
Ssh = Callable[[str], None]


@pytest.fixture
def remote(ssh: Ssh) -> Iterator[Remote]:
    found = open_remote("lvs2")
    yield found
    found.close()


def weights(found: Remote, scope: Scope) -> list[int]:
    return [server.weight for pool in found.read(scope).pools.values() for server in pool.servers()]


def test_a_director_elsewhere_is_read_like_any_other(remote: Remote) -> None:
    first = remote.read(SWEEP)
    assert (first.host, first.vrrp.role, len(first.services)) == ("far", "MASTER", 3)
    assert first.read_only == director.ELSEWHERE
    assert first.notes == ("a?[2Jb",)  # cleaned where it comes in
    second = remote.read(SWEEP)
    assert second.at > first.at
    assert next(iter(second.services)).counters.connections == 2
    assert remote.hello is not None and remote.hello.sent and remote.hello.protocol == wire.PROTOCOL


@pytest.mark.parametrize("version", VERSIONS)
def test_a_director_is_read_by_each_python(ssh: Ssh, version: str, tmp_path: Path) -> None:
    python = pythons().get(version)
    if python is None:
        pytest.skip(f"no python{version} is here")
    folder = tmp_path / "far"
    folder.mkdir()
    (folder / "python3").symlink_to(python)
    ssh(f'PATH={folder}:/usr/bin:/bin exec sh -c "$3"')
    remote = open_remote("lvs2")
    try:
        assert [weights(remote, SWEEP) for _ in range(3)] == [[1] * 3, [2] * 3, [3] * 3]
        assert remote.hello is not None and remote.hello.python.startswith(f"{version}.")
    finally:
        remote.close()


def test_a_new_connection_is_made_beside_a_dead_shared_one(ssh: Ssh, remote: Remote) -> None:
    """ssh hangs over it, whatever it is told; past it all is well."""
    assert not remote.go_round()  # it is connected
    remote.read(SWEEP)
    script = Path(os.environ["PATH"].split(os.pathsep)[0]) / "ssh"
    whole = script.read_text().partition("\n")[2]
    script.write_text('#!/bin/sh\ncase " $* " in *" -S none "*) ;; *) exec sleep 3600 ;; esac\n' + whole)
    assert remote._link is not None
    remote._link.kill()
    found: list[State] = []
    troubles: list[str] = []

    def reads() -> None:
        while not found:
            try:
                found.append(remote.read(SWEEP))
            except Lost as lost:
                troubles.append(lost.why)
                time.sleep(min(lost.again, 0.05))

    thread = threading.Thread(target=reads, daemon=True)
    thread.start()
    while remote._opening is None:
        assert thread.is_alive(), "it is read although ssh hangs"
        time.sleep(0.01)
    assert remote.go_round()
    thread.join(120)
    assert found and found[0].host == "far" and troubles


def test_between_two_sweeps_only_what_is_displayed_is_sent_again(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = open_remote("lvs2")
    key = service_key(6, "192.0.2.2", 80)
    assert weights(remote, SWEEP) == [1, 1, 1]
    part = remote.read(Scope(frozenset((key,))))
    assert [row.server.weight for pool in part.pools.values() for row in pool] == [1, 2, 1]
    assert part.vrrp.role == "MASTER"  # as of the last sweep
    assert part.swept is not None and part.swept < part.at
    assert weights(remote, SWEEP) == [3, 3, 3]
    remote.close()


def test_a_tick_in_which_nothing_moves_is_small(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    ask = link.SshLink.ask

    def measured(self: link.SshLink, line: bytes) -> wire.WireFrame:
        frame = ask(self, line)
        sizes.append(len(frame.payload))
        return frame

    monkeypatch.setattr(link.SshLink, "ask", measured)
    remote = open_remote("lvs2")
    for _ in range(3):
        remote.read(SWEEP)
    remote.close()
    assert sizes[1] < 200 and sizes[2] < 200


def test_a_large_table_in_which_nothing_moves_is_small_too() -> None:
    """1,000 services with five servers each; ten times as many take ten times as much, 15,772 bytes."""
    rules = "".join(
        f"-A -t 10.1.{n >> 8}.{n & 255}:80 -s wrr\n"
        + "".join(f"-a -t 10.1.{n >> 8}.{n & 255}:80 -r 10.2.0.{k}:80 -g -w 1\n" for k in range(5))
        for n in range(1000)
    )
    table, encoder = MemoryDirector(ipvsadm.read(rules)[0]), Encoder(keeping=True)
    sizes = [len(encoder.encode(table.read(SWEEP))[1]) for _ in range(3)]
    assert max(sizes[1:]) < 2000, sizes


def test_a_director_elsewhere_is_never_changed(remote: Remote) -> None:
    from lvstui.director.change import Flush

    with pytest.raises(NotDone, match="elsewhere"):
        remote.send([Flush()])
    with pytest.raises(NotDone):
        remote.probes()


def test_the_messages_of_a_login_are_dropped(ssh: Ssh) -> None:
    ssh('printf "Welcome\\033[2J\\n"; echo "a banner" >&2; exec sh -c "$3"')
    remote = open_remote("lvs2")
    assert len(remote.read(SWEEP).services) == 3
    remote.close()


def test_a_far_error_arrives_unchanged_and_the_reader_continues(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "archive", lambda: archive(fails=2))
    remote = open_remote("lvs2")
    remote.read(SWEEP)
    with pytest.raises(Unavailable, match="lvs2: IPVS: it went away"):
        remote.read(SWEEP)
    assert weights(remote, SWEEP) == [3, 3, 3]
    remote.close()


def test_a_far_side_without_ipvs_says_so(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    opening = 'raise Unavailable("IPVS", "no ip_vs", "modprobe ip_vs")'
    monkeypatch.setattr(boot, "archive", lambda: archive(opening=opening))
    with pytest.raises(Unavailable, match="lvs2: IPVS: no ip_vs") as caught:
        open_remote("lvs2")
    assert caught.value.mend == "modprobe ip_vs"


@pytest.mark.parametrize(
    "host",
    [
        *("lvs2;id", "$(id)", "`id`", "a|b", "a&b", "a<b", "a>b", "'a'", '"a"', "(a)", "{a}", "$HOME", "lvs2\\"),
        *(
            "-oProxyCommand=id",
            "-l@lvs2",
            "root@-oProxyCommand=id",
            "root@",
            "a b",
            "ssh://-oA=id",
            "a\tb",
            "a\x1bb",
            "\u202eab",
            "",
        ),
    ],
)
def test_a_host_name_that_a_shell_or_ssh_would_obey_is_refused(host: str) -> None:
    """ssh hands the name to a shell where its configuration has %h in a command."""
    with pytest.raises(BadInput, match="is not the name of a host"):
        checked(host)


@pytest.mark.parametrize(
    "host",
    ["lvs2", "admin@lvs2.example", "192.0.2.1", "fe80::1%eth0", "ssh://ops@[2001:db8::1]:22", "DOM\\ops@lvs2", "lvs_2"],
)
def test_a_host_is_passed_to_ssh_as_it_is(host: str) -> None:
    assert checked(host) == host


@pytest.mark.parametrize("stream", ["", " >&2"], ids=["output", "errors"])
def test_a_far_command_with_endless_output_is_ended(ssh: Ssh, stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither our memory nor our disk is filled by it."""
    monkeypatch.setattr(remote_change, "_MOST", 1 << 18)
    ssh(f"while :; do echo {'x' * 2000}{stream} || exit; done")
    size = 0
    with pytest.raises(Unavailable, match="it said more than"):
        for part in remote_change.run("lvs2", "zero all"):
            size += len(str(part))
    assert size < 1 << 22


def test_a_far_command_that_continues_after_its_output_is_not_waited_for(
    ssh: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_change, "_LOOKS", 0.05)
    monkeypatch.setattr(remote_change, "_ENDING", 4)
    ssh("exec >&-; exec sleep 300")
    with pytest.raises(Unavailable, match="it said nothing more for 0\\.2 s and did not end"):
        list(remote_change.run("lvs2", ["--do", "zero all"]))


def test_a_far_command_cannot_fill_the_disk_after_its_output(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_change, "_MOST", 1 << 18)
    monkeypatch.setattr(remote_change, "_LOOKS", 0.05)
    ssh(f"exec >&-; while :; do echo {'x' * 2000} >&2 || exit; done")
    with pytest.raises(Unavailable, match="it said more than"):
        list(remote_change.run("lvs2", ["--do", "zero all"]))


def test_an_ssh_that_was_killed_gave_no_answer(ssh: Ssh) -> None:
    ssh("kill -KILL $$")
    with pytest.raises(Unavailable, match="ssh was ended by signal 9"):
        list(remote_change.run("lvs2", ["--do", "zero all"]))


def test_the_output_of_a_far_command_arrives_line_by_line_with_its_exit_code(ssh: Ssh) -> None:
    ssh("printf 'one\\ntwo'; echo 'lvstui: why' >&2; exit 5")
    verb = remote_change.run("lvs2", "zero all")
    said = []
    with pytest.raises(StopIteration) as end:
        while True:
            said.append(str(next(verb)))
    assert said == ["one\n", "two", "lvs2: why"] and end.value.value == 5


@pytest.mark.parametrize("host", ["", "-oProxyCommand=x", "a b", "a\nb", "lvs2\x1b[2J"])
def test_an_invalid_host_is_refused(host: str) -> None:
    with pytest.raises(BadInput):
        open_remote(host)


CHANGED = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"
REFUSALS = {
    'echo "Host key verification failed." >&2; exit 255': "host key: its host key is not known yet",
    f'echo "{CHANGED}" >&2; echo "Host key verification failed." >&2; exit 255': "host key: its host key differs",
    'echo "a@b: Permission denied (publickey,password)." >&2; exit 255': "login: no key was accepted",
    'echo "ssh: Could not resolve hostname b: Name or service not known" >&2; exit 255': "name: ",
    'echo "ssh: connect to host b port 22: Connection refused" >&2; exit 255': "connection: its sshd does not listen",
    'echo "sudo: a password is required" >&2; exit 1': "sudo: sudo would ask for a password",
    'echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1': "sudo: sudo wants a terminal",
    'echo "lvstui: no Python 3.9 or later here: Python 3.6.8" >&2; exit 127': "Python: no Python 3.9",
    'echo "This account is currently not available."; exit 1': "shell: this account may not log in",
    'printf "odd\\033[2J\\n" >&2; exit 7': "login: what was started there ended with exit status 7: odd?[2J",
    "exit 255": "ssh: there is no connection without a word",
}
# As glibc and as musl, which Alpine has, put it.
UNREACHABLE = {
    **dict.fromkeys(("Connection timed out", "Operation timed out"), "connection: it does not answer"),
    **dict.fromkeys(("No route to host", "Host is unreachable"), "connection: there is no route to it"),
    **dict.fromkeys(("Network is unreachable", "Network unreachable"), "connection: there is no route to it"),
}
REFUSALS |= {
    f'echo "ssh: connect to host b port 22: {said}" >&2; exit 255': means for said, means in UNREACHABLE.items()
}


@pytest.mark.parametrize("script", REFUSALS)
def test_each_refusal_is_a_sentence(ssh: Ssh, script: str) -> None:
    ssh(script)
    with pytest.raises(Unavailable) as caught:
        open_remote("lvs2")
    assert caught.value.why.startswith(REFUSALS[script])
    assert caught.value.why.isprintable() and caught.value.mend


def test_a_missing_ssh_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Unavailable, match="none on PATH"):
        open_remote("lvs2")


@pytest.mark.parametrize("part", ["deaf", "flood", "another nonce", "nologin", "old"])
def test_a_far_side_that_does_not_begin(ssh: Ssh, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # One that answers is waited for, however busy the machine is.
    monkeypatch.setattr(link.SshLink.begin, "__defaults__", (120.0 if part in ("nologin", "old") else 3.0,))
    ssh(playing(part))
    with pytest.raises(Unavailable) as caught:
        open_remote("lvs2")
    assert caught.value.why.isprintable()
    if part == "old":
        assert "9.9.9" in caught.value.why and "99" in caught.value.why


def test_a_far_side_that_only_complains_is_not_waited_for(ssh: Ssh) -> None:
    """Its standard error always has more: that is no answer."""
    ssh("exec sleep 600")
    begun, complaints = link.SshLink(link.words("lvs2", "true")), os.open("/dev/zero", os.O_RDONLY)
    begun._errors = complaints
    begun._poll.register(complaints, select.POLLIN)
    raised: list[BaseException] = []

    def begin() -> None:
        try:
            begun.begin(0.3)
        except (link.Silent, Ended) as error:
            raised.append(error)

    thread = threading.Thread(target=begin, daemon=True)
    thread.start()
    thread.join(30)
    try:
        assert [str(error) for error in raised] == ["no answer for 0 s"]
    finally:
        begun.kill()
        thread.join(60)
        begun.close()
        os.close(complaints)


PARTS = (
    *("mute", "difference first", "kind", "huge", "checksum", "time", "types", "infinite", "bomb", "pools"),
    *("error", "no error", "half", "pong"),
)


@pytest.mark.parametrize("part", PARTS)
def test_a_far_side_that_answers_wrongly(ssh: Ssh, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is lost within patience, in one printable line; nothing of it is shown."""
    patience = 120.0 if part in ("pools", "error") else 3.0  # one that answers is waited for
    monkeypatch.setattr(link, "PATIENCE", patience)
    monkeypatch.setattr(link.SshLink.__init__, "__defaults__", (None, patience))
    ssh(playing(part))
    remote = open_remote("lvs2")
    assert remote.hello is not None and remote.hello.host == "evil?[2J"
    if part == "pools":
        assert not remote.read(SWEEP).services  # no field that is passed over can be set
    else:
        with pytest.raises(LvsError) as caught:
            remote.read(SWEEP)
        assert isinstance(caught.value, Lost if part != "error" else Unavailable)
        assert caught.value.why.isprintable()
    remote.close()


def test_a_lost_link_is_reopened_after_a_pause(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing here waits for a pause, and none is over before the next read, however busy the machine is.
    monkeypatch.setattr(director, "PAUSES", tuple(100 * pause for pause in director.PAUSES))
    remote = open_remote("lvs2")
    assert weights(remote, SWEEP) == [1, 1, 1]
    remote._link.kill()  # type: ignore[union-attr]
    with pytest.raises(Lost) as caught:
        for _ in range(2):  # the thread beside may have found it out
            remote.read(SWEEP)
    assert 0 < caught.value.again <= director.PAUSES[0]
    ssh("exit 255")
    remote._again = 0.0
    for pause in director.PAUSES[1:]:
        with pytest.raises(Lost) as caught:
            remote.read(SWEEP)
        assert caught.value.again == pause
        with pytest.raises(Lost) as caught:  # too early: it is not tried
            remote.read(SWEEP)
        assert caught.value.again < pause
        remote._again = 0.0
    ssh('exec sh -c "$3"')
    assert weights(remote, SWEEP) == [1, 1, 1]  # another reader, a whole frame
    remote.close()


def test_leaving_does_not_wait_for_the_far_side(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "PATIENCE", 600.0)
    monkeypatch.setattr(link.SshLink.__init__, "__defaults__", (None, 600.0))
    ssh(playing("mute"))
    remote = open_remote("lvs2")
    said: list[LvsError] = []

    def read() -> None:
        try:
            remote.read(SWEEP)
        except LvsError as error:
            said.append(error)

    reading = threading.Thread(target=read)
    reading.start()
    began = time.monotonic()
    remote.close()
    reading.join(300)
    assert not reading.is_alive() and said
    assert time.monotonic() - began < link.PATIENCE  # it was ended, not waited for


def test_endless_news_do_not_cause_endless_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them makes the console read at once: a hostile director must not make it read all the time."""
    monkeypatch.setattr(director, "_REST", 3600.0)
    heard, sent = os.pipe()
    os.write(sent, b"x")

    class Talking:
        def heard(self) -> bool:
            return True

        def fileno(self) -> int:
            return heard

        def close(self) -> None:
            pass

    told = threading.Semaphore(0)
    calls = []
    remote = Remote("lvs2")
    remote._link = Talking()  # type: ignore[assignment]
    remote._spoke = float("inf")

    def news() -> None:
        calls.append(1)
        told.release()

    remote.on_news(news)
    thread = threading.Thread(target=remote._listen)
    thread.start()
    assert told.acquire(timeout=120)
    remote.close()
    thread.join(120)
    assert not thread.is_alive() and len(calls) == 1
    for end in (heard, sent):
        os.close(end)


def test_the_far_side_ends_when_the_near_side_does(remote: Remote) -> None:
    """Nothing stays behind: the process that answered is gone when its ssh is."""
    remote.read(SWEEP)
    number = remote._link._ssh.pid  # type: ignore[union-attr]
    remote.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_hostile_far_side_writes_nothing_raw_to_the_terminal(ssh: Callable[[str], None], tmp_path: Path) -> None:
    """In no view, and not when it refuses to answer."""
    ssh(playing(f"hostile {tmp_path}/enough"))
    environment = {name: str(tmp_path / name.lower()) for name in ("LVSTUI_STATE", "LVSTUI_RUN", "LVSTUI_CONFIG")}
    with Terminal(["-m", "lvstui", "lvs2"], 140, 40, environment) as terminal:
        output = terminal.until("192.0.2.10:80")
        for key, words in (("2", "svcs"), ("4", "instance"), ("5", "severity"), ("1", "virtual service ")):
            terminal.press(key)
            output += terminal.until(words)
        tmp_path.joinpath("enough").touch()
        output += terminal.until("STALE")
        terminal.press("\x03")
        assert terminal.wait() == 0
        judged(output + terminal.read(0))


def test_the_link_is_opened_while_the_console_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, gate = threading.Event(), threading.Event()
    answers = iter(("lvs2", Unavailable("lvs2", "connection: its sshd does not listen")))

    def director(arguments: Any) -> Any:
        begun.set()
        assert gate.wait(300)
        if isinstance(answer := next(answers), Unavailable):
            raise answer
        return answer

    monkeypatch.setattr(sources, "director", director)
    arguments: Any = SimpleNamespace(on="lvs2", demo=None)
    wait = sources.ahead(arguments)
    assert begun.wait(300)  # and nobody has waited for it yet
    gate.set()
    assert wait() == "lvs2"  # type: ignore[comparison-overlap]
    with pytest.raises(Unavailable, match="does not listen"):
        sources.ahead(arguments)()


SUDO = """#!/bin/sh
[ "$2" != -l ] || { case "$*" in *{allowed}*) exit 0 ;; *) exit 1 ;; esac; }
echo "$2 ${3%%=*}" >>{log}
echo "sudo: it was only a test" >&2
exit 1
"""


@pytest.mark.parametrize(("allowed", "run"), [("lvstui", "--serve-stdio"), ("-Ic", "-Ic"), ("nothing", "-Ic")])
def test_if_sudo_allows_only_lvstui_that_one_answers(ssh: Ssh, tmp_path: Path, allowed: str, run: str) -> None:
    """Where it allows neither it says itself what is wrong with the reader that is sent."""
    sudo, log = tmp_path / "bin/sudo", tmp_path / "log"
    sudo.write_text(SUDO.replace("{allowed}", allowed).replace("{log}", str(log)))
    sudo.chmod(0o755)
    with pytest.raises(Unavailable, match="it was only a test"):
        open_remote("lvs2", sudo=True)
    assert log.read_text().split()[-1] == run


def test_a_director_elsewhere_always_sends_counters() -> None:
    """What is read there is kept, and compared with what is read later."""
    assert wire.request(wire.request_line(RULES, whole=True)).scope == EVERYTHING
    assert wire.request(b'{"read": {"sweep": true, "uncounted": true}, "whole": true}').scope == Scope(sweep=True)
