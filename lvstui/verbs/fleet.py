"""--on HOSTS: a verb that reads several directors. Eight are asked at a time, and equal answers are told once. What
changes several is in together.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from lvstui import opening
from lvstui.director.errors import BadInput, LvsError, Unavailable
from lvstui.director.remarks import Remark
from lvstui.remote.director import checked
from lvstui.remote.link import kill_all
from lvstui.values import Any, NamedTuple, TypeVar
from lvstui.verbs.check import unknown_line
from lvstui.verbs.verb import Coloured, Verb

VERBS = ("list", "diff", "check", "metrics", "snapshots", "where")
CHANGING = ("do", "restore")
TOGETHER = 8
"""Directors asked at a time: an sshd or a jump host refuses more (MaxStartups)."""
UNREACHED = 3
_WORST = (2, 3, 1, 0)
"""Exit codes of --check, the worst first."""
_LARGEST = 1 << 20
_PAUSE = 0.05
Result = TypeVar("Result")


class DirectorAnswer(NamedTuple):
    """The answer of a director: text, remarks and exit code. `reached`: it could be reached."""

    host: str
    text: str = ""
    remarks: tuple[Remark, ...] = ()
    code: int = 0
    reached: bool = True


def several(words: str) -> bool:
    """Whether this text names more than one host."""
    return "," in words or words.startswith("@")


def hosts(words: str) -> list[str]:
    """Parses `lvs1,lvs2,@FILE` into hosts in order, each once. A file has one host per line; # begins a comment. Raises
    BadInput."""
    names: dict[str, None] = {}
    for word in words.split(","):
        if not word.startswith("@"):
            names[checked(word)] = None
            continue
        name = word[1:]
        try:
            data = opening.read(name, _LARGEST + 1)
        except OSError as error:
            raise BadInput(f"--on {word}", f"cannot be read: {error.strerror or error}") from None
        if len(data) > _LARGEST:  # what is left out would not be asked, and the last name would be another's
            raise BadInput(f"--on {word}", f"is larger than {_LARGEST >> 20} MiB", "a file of hosts has one a line")
        text = data.decode("utf-8", "replace")
        for line in text.split("\n"):  # at nothing else: the rest of a comment is no host
            if host := line.partition("#")[0].strip(" \t\r"):
                names[checked(host)] = None
    if not names:
        raise BadInput(f"--on {words}", "does not name a host")
    return list(names)


ShowAnswers = Callable[[Sequence[DirectorAnswer]], Iterator[str]]


def run(
    names: Sequence[str], on: Callable[[str], Verb], verb: str, as_json: bool, shown: ShowAnswers | None = None
) -> Verb:
    """Yields the answers, and returns the exit code: for --check the worst of 2, 3, 1 and 0; for other verbs the
    highest; 3 where a director was not reached. `on` makes the verb for a host."""
    answers: list[DirectorAnswer] = []
    for answer in abreast(lambda host: collected(host, on, verb), names):
        answers.append(answer)
        if as_json:
            yield _json(answer)
    if not as_json:
        yield from (remark for answer in answers for remark in answer.remarks)
        yield from (shown or folded)(answers)
    return code(answers, verb)


def abreast(call: Callable[[str], Result], names: Sequence[str]) -> Iterator[Result]:
    """What a call returns for each host, in order; TOGETHER at a time. An interrupt, or a reader who has seen enough,
    waits for none of them: every ssh is then killed."""
    with ThreadPoolExecutor(min(TOGETHER, len(names))) as pool:
        calls = [pool.submit(call, name) for name in names]
        try:
            for thread_call in calls:
                yield thread_call.result()
        except BaseException:
            for thread_call in calls:
                thread_call.cancel()
            while wait(calls, _PAUSE).not_done:
                kill_all()
            raise


def code(answers: Sequence[DirectorAnswer], verb: str) -> int:
    """The exit code for all answers."""
    codes = [answer.code if answer.reached else UNREACHED for answer in answers]
    if verb == "check":
        return next((worst for worst in _WORST if worst in codes), max(codes))
    return max(codes)


def collected(host: str, on: Callable[[str], Verb], verb: str) -> DirectorAnswer:
    """What a verb says on a host, whole."""
    text: list[str] = []
    remarks: list[Remark] = []
    try:
        running = on(host)
        while True:
            part = next(running)
            if isinstance(part, Remark):
                remarks.append(part if part.file == host else part._replace(file=f"{host}: {part.file}"))
            else:
                text.append(part.text + "\n" if isinstance(part, Coloured) else part)
    except StopIteration as end:
        return DirectorAnswer(host, "".join(text), tuple(remarks), int(end.value))
    except LvsError as error:
        why = f"{error.why}; {error.mend}" if error.mend else error.why
        if verb == "check":
            text.append(unknown_line(why))  # a monitor reads standard output
        else:
            remarks.append(Remark(host, 0, why))
        # A remark from there names more than the host.
        reached = not (isinstance(error, Unavailable) and error.what == host)
        return DirectorAnswer(host, "".join(text), tuple(remarks), error.exit_code, reached)


def _json(answer: DirectorAnswer) -> str:
    """One JSON object for each host, on a line of its own."""
    data: Any
    try:
        data = json.loads(answer.text) if answer.text else None
    except ValueError:
        data = answer.text
    remarks = [str(remark) for remark in answer.remarks]
    line = {"host": answer.host, "reached": answer.reached, "code": answer.code, "answer": data, "remarks": remarks}
    return json.dumps(line) + "\n"


def folded(answers: Sequence[DirectorAnswer]) -> Iterator[str]:
    """The answers in the order of the hosts, equal ones merged: one line goes behind its hosts, several lines go
    below."""
    groups: dict[str, list[str]] = {}
    for answer in answers:
        if answer.text.strip():
            groups.setdefault(answer.text.rstrip("\n"), []).append(answer.host)
    for text, names in groups.items():
        where = ranges(names)
        yield f"{where}: {text}\n" if "\n" not in text else f"{where}:\n{text}\n"


def ranges(names: Sequence[str]) -> str:
    """`lvs[01-08],web2`: consecutive names are merged."""
    parts: list[tuple[str, str, str]] = []
    for name in names:
        stem, digits = _parts(name)
        if parts and digits and (last := parts[-1])[0] == stem and _follows(last[2], digits):
            parts[-1] = (stem, last[1], digits)
        else:
            parts.append((stem, digits, digits))
    return ",".join(f"{stem}[{first}-{last}]" if first != last else f"{stem}{first}" for stem, first, last in parts)


def _parts(name: str) -> tuple[str, str]:
    digits = re.search(r"[0-9]{1,9}$", name)
    return (name[: digits.start()], digits[0]) if digits else (name, "")


def _follows(last: str, digits: str) -> bool:
    return bool(last) and len(last) == len(digits) and int(digits) == int(last) + 1
