"""The one table of the command line's flags, read by arguments.py and by argparse (argparser.py)."""

from __future__ import annotations

from lvstui.values import NamedTuple

UNITS = ("restore", "metrics")
SHELLS = ("bash", "zsh", "fish")
_KINDS = ("table", "text", "ipvsadm", "toml", "json", "keepalived", "realserver")


class Argument(NamedTuple):
    """A flag and its help. It takes words where it has a `metavar` or `choices`: as many as `nargs` says (as in
    argparse), and `const` where none is given."""

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
        Argument("--save", "save the rules; '-' is standard output, @NAME a snapshot", "FILE"),
        Argument("--restore", "make the kernel equal FILE by the smallest set of changes", "FILE"),
        Argument("--resume", "finish a restore that was cut off"),
        Argument("--rollback", "take back a restore that was cut off"),
        Argument(
            "--diff", "show what --restore FILE would do, or compare FILE with FILE2, or lvs1: with lvs2:", "FILE", "+"
        ),
        Argument("--convert", "convert a file to another kind", ("FILE", "FILE2"), 2),
        Argument("--report", "write a recording as an HTML page, to attach to a ticket", ("TAPE", "REPORT.html"), 2),
        Argument("--do", "run one command of the console, as in 'drain host 10.0.0.5 wait 60s'", "COMMAND"),
        Argument("--snapshots", "list the snapshots: @1 is the latest"),
        Argument("--check", "tell monitoring what is wrong: one line, exit code 0, 1, 2 or 3", "ID", "*"),
        Argument("--metrics", "print the metrics for Prometheus; or keep it in FILE", "FILE", "?", const=""),
        Argument("--events", "print a line for each finding, transition and change as it happens"),
        Argument(
            "--install-unit",
            "install the systemd unit that restores @boot, or the one that writes metrics",
            nargs="?",
            choices=UNITS,
            const=UNITS[0],
        ),
        Argument("--watch", "print the table, then a line for each change"),
        Argument("--serve-stdio", "serve an lvstui elsewhere on standard input and output, read-only"),
        Argument("--where", "print every path that is used"),
        Argument("--print-config", "print the settings in effect, and where each was set"),
        Argument("--completion", "print the completion script for a shell", choices=SHELLS),
        Argument("--man", "print the manual page: lvstui --man | man -l -"),
        Argument("--version", "print the version"),
    ),
    "with --restore": (
        Argument("--dry-run", "show the plan and change nothing"),
        Argument("--yes", "do not ask"),
        Argument("--allow-outage", "allow the plan to remove a service's last live server"),
        Argument("--merge", "delete nothing: add FILE to what is there"),
        Argument("--keep-weights", "keep the weights of servers that are already in the table"),
        Argument("--replace", "empty the table first: nothing is served meanwhile"),
        Argument("--as", "the name of the rules in the plan, the journal and the log", "NAME", dest="called"),
    ),
    "options": (
        Argument("--probe", "with --check: probe the ports of real servers and who has the virtual addresses"),
        Argument("--format", "the format, where the verb or the file's name would say another", choices=_KINDS),
        Argument("--resolve", "look up host names in ipvsadm text, which are refused otherwise"),
        Argument("--demo", "the simulated director; WORLD is a snapshot", "WORLD", "?", const=""),
        Argument("--record", "record what is read, or continue a recording", "FILE"),
        Argument("--replay", "open the console on a recording; with --watch, print all of it", "FILE"),
        Argument("--on", "use the directors on these hosts, over your own ssh: lvs1,lvs2,@FILE", "HOSTS", default=""),
        Argument("--sudo", "with --on: read and change as root over there, by sudo -n"),
        Argument("--netns", "use the director in this network namespace, by name or path", "NAME", default=""),
        Argument("--config", "read settings from this file only", "FILE"),
        Argument("--fresh", "open the console with its defaults, not as it was left"),
        Argument("--log", "log what lvstui does to FILE, to find its bugs", "FILE", dest="log_file"),
    ),
}
"""Every argument except --help, which argparse answers, and the flags of the settings (config/options.py), which follow
the last group."""
