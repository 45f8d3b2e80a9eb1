"""Words that people type after `:` because another program knows them (vim, htop, ipvsadm, a shell), and what does the
same here."""

from __future__ import annotations

from collections.abc import Iterable

from lvstui.director.remarks import nearest

_SAYS: dict[str, tuple[str, ...]] = {
    "1 shows the services, servers all real servers": (*("dir", "l", "list", "ll", "ls", "show", "table"),),
    "1 shows the services": ("service", "services", "virtual"),
    "2 shows the hosts": ("backends", "host", "hosts", "nodes"),
    "3 shows the connections": ("conn", "connections", "conns", "sessions"),
    "4 shows who has the VRRP role, and why": (
        *("backup", "demote", "failback", "master", "promote", "role", "standby", "switchover", "takeover", "vrrp"),
    ),
    "5 shows what is wrong, and why": ("check", "diagnose", "doctor", "findings", "health", "problems", "status"),
    "6 shows the audit log": ("audit", "events", "history", "journal", "log", "logs", "messages"),
    "7 shows the snapshots; there R restores one": (*("load", "open", "saved", "snapshot", "snapshots"),),
    "save keeps a snapshot of the table": ("dump", "export", "saveas", "w!", "wall", "write"),
    "q quits": ("bye", "exit", "leave", "logout", "q!", "qa", "qa!", "qall", "quit!"),
    "q quits; nothing is left to write": (*("wq", "wq!", "wqa", "wqa!", "x!", "xa", "xit"),),
    "drain stops new connections, undrain resumes them": (
        *("disable", "down", "enable", "maint", "off", "offline", "on", "online", "quiesce", "start"),
        *("stop", "suspend", "up"),
    ),
    "d deletes a row and x drains it; both ask first": ("dd", "destroy", "kill", "remove", "rm"),
    "no command empties the table": ("clean", "clear", "drop", "flush", "reset", "truncate", "wipe"),
    "a adds a service, and a real server inside one": ("append", "create", "insert", "new"),
    "e edits the row": ("change", "edit!", "modify", "update"),
    "/ filters the table, goto goes to a row": ("find", "grep", "match", "search"),
    "/ and an empty line show all rows again": ("noh", "nohl", "nohlsearch", "nofilter"),
    "Tab shows other columns, ! explains the figures": ("bandwidth", "rate", "rates", "stats", "top", "traffic"),
    "interval sets how often the table is read": ("delay", "redraw", "refresh", "reread", "watch"),
    "lvstui starts and stops no program": (*("keepalived", "reboot", "restart", "shutdown", "systemctl"),),
    "Space marks a row, * marks all, \\ unmarks them": ("mark", "select", "tag", "unmark", "untag"),
    "names and notes are in config.toml": (*("alias", "comment", "label", "name", "note", "rename"),),
    "probe tries the ports of real servers": ("connect", "curl", "nc", "ping", "telnet", "test", "try"),
    "m in view 5 mutes a finding": ("ack", "acknowledge", "mute", "silence", "unmute"),
    "n goes to the next problem, N to the one before": ("next", "prev", "previous"),
    "columns, theme; the rest is in config.toml": (
        *("color", "colors", "colorscheme", "colour", "colours", "config", "options", "set", "settings", "setup"),
        *("syntax",),
    ),
    "1 to 7 change the view": ("bn", "bp", "buffer", "split", "sp", "tab", "tabnew", "tabs", "vs", "vsplit", "window"),
    "^Z suspends lvstui for a shell, fg resumes it": ("bash", "cd", "pwd", "sh", "shell", "term", "terminal"),
    "? lists all keys and commands": ("commands", "h", "info", "keys", "man", "usage"),
    "lvstui --version prints it": ("about", "ver", "version"),
}
_BY_WORD = {word: says for says, words in _SAYS.items() for word in words}

_NUMBER = "1 to 8 change the view; goto goes to a row"
_KEY = "a key works without the colon; ? lists them"
_SHELL = "^Z suspends lvstui for a shell, fg resumes it"
_LOOK_FOR = "/ filters the table, without the colon"
_NEAR = 0.7
"""How like a word must be to a command that it may have been meant: `stop` is not `tour`."""


def hint(word: str, valid: Iterable[str]) -> str:
    """What to do instead of a word that is no command: what does here what it does elsewhere, else the `valid` command
    that it is a misspelling of, "" where neither is known."""
    if word in _BY_WORD:
        return _BY_WORD[word]
    if word.isdigit() or word in ("$", "%"):
        return _NUMBER
    if word.startswith("!"):
        return _SHELL
    if word.startswith("/"):
        return _LOOK_FOR
    return nearest(word, valid, _NEAR) or (_KEY if len(word) == 1 else "")
