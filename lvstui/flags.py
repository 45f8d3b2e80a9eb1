"""The one table of what the command line takes: read by arguments.py and by argparse (argparser.py)."""

from __future__ import annotations

from lvstui.values import NamedTuple

UNITS = ("restore", "metrics")
SHELLS = ("bash", "zsh", "fish")
_KINDS = ("table", "text", "ipvsadm", "toml", "json", "keepalived", "realserver")


class Argument(NamedTuple):
    """A flag and its sentence of help. It takes a word, where it has a `metavar` or `choices`: as many as `nargs` says,
    as argparse understands that; `const` where none is given."""

    flag: str
    help: str
    metavar: str | tuple[str, ...] = ""
    nargs: int | str | None = None
    choices: tuple[str, ...] = ()
    const: str | None = None
    default: str | None = None
    dest: str = ""

    @property
    def name(self) -> str:
        return self.dest or self.flag[2:].replace("-", "_")

    @property
    def switch(self) -> bool:
        return not self.metavar and not self.choices


GROUPS: dict[str, tuple[Argument, ...]] = {
    "verbs": (
        Argument("--list", "print the table once"),
        Argument("--save", "save the rules; '-' is standard output, @NAME the store", "FILE"),
        Argument("--restore", "make the kernel equal FILE by the smallest set of changes", "FILE"),
        Argument("--resume", "finish a restore that was cut off"),
        Argument("--rollback", "take back a restore that was cut off"),
        Argument("--diff", "what --restore FILE would do; FILE against FILE2; or the pair lvs1: lvs2:", "FILE", "+"),
        Argument("--convert", "between kinds of files", ("FILE", "FILE2"), 2),
        Argument("--report", "a recording as a page to attach to a ticket", ("TAPE", "REPORT.html"), 2),
        Argument("--do", "one command of the console, as in 'drain host 10.0.0.5 wait 60s'", "COMMAND"),
        Argument("--snapshots", "list the snapshots: @1 is the latest"),
        Argument("--check", "what is wrong, for monitoring: one line, exit code 0, 1, 2 or 3", "ID", "*"),
        Argument(
            "--metrics", "print everything that counts, for Prometheus; or keep it in FILE", "FILE", "?", const=""
        ),
        Argument("--events", "print a line for each finding, transition and change"),
        Argument(
            "--install-unit",
            "install the systemd unit that restores @boot, or the one that writes metrics",
            nargs="?",
            choices=UNITS,
            const=UNITS[0],
        ),
        Argument("--watch", "print the table, then a line for each change"),
        Argument("--serve-stdio", "answer an lvstui elsewhere on standard input and output, read-only"),
        Argument("--where", "print every path that is used"),
        Argument("--print-config", "print the settings in effect, and where each was set"),
        Argument("--completion", "print the completion script for a shell", choices=SHELLS),
        Argument("--man", "print the manual page: lvstui --man | man -l -"),
        Argument("--version", "print the version"),
    ),
    "with --restore": (
        Argument("--dry-run", "show the plan and change nothing"),
        Argument("--yes", "do not ask"),
        Argument("--allow-outage", "take a service's last live server if so planned"),
        Argument("--merge", "delete nothing: lay FILE over what is there"),
        Argument("--keep-weights", "servers that are there keep their weights"),
        Argument("--replace", "empty the table first: nothing is served meanwhile"),
        Argument("--as", "what the rules are called in the plan, the journal and the log", "NAME", dest="called"),
    ),
    "options": (
        Argument("--probe", "with --check: try ports of real servers, ask who has the virtual addresses"),
        Argument("--format", "instead of what the verb or the file's name says", choices=_KINDS),
        Argument("--resolve", "look up the names of hosts in ipvsadm text; else they are refused"),
        Argument("--demo", "the simulated director; WORLD is a snapshot", "WORLD", "?", const=""),
        Argument("--record", "record what is read, or go on with a recording", "FILE"),
        Argument("--replay", "the console on a recording; with --watch all of it as text", "FILE"),
        Argument("--on", "the directors on these hosts, over your own ssh: lvs1,lvs2,@FILE", "HOSTS", default=""),
        Argument("--sudo", "with --on: read, or do, as root over there, by sudo -n"),
        Argument("--netns", "the director in this network namespace, by name or path", "NAME", default=""),
        Argument("--config", "settings from this file alone", "FILE"),
        Argument("--log", "write what the program does into FILE, to find its faults", "FILE", dest="log_file"),
    ),
}
"""Every argument but --help, which argparse answers, and the flags of the settings (config/options.py), which stand
below the last."""
