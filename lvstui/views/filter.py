"""The filter's language: `web active>100 !drained` -> terms, each a question that a row answers.

web        the text anywhere in the address, port, name, scheduler or note; case does not matter
down       a state: the view says which words are; "down" in quotes is text again
active>100 a column against a number (= != > >= < <=; 10k, 1.5M), or a text (scheduler=wlc)
!          before a term: rows of which it is not true
a b        both
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence

from lvstui.director.remarks import nearest
from lvstui.values import NamedTuple

STATE = "state"
"""The column that is compared with words like `down`."""

Value = float | str | None
"""The value of a column in a row; None if it is not known, and then every comparison is false."""


class Vocabulary(NamedTuple):
    """What a view's filter can use: columns with numbers and columns with text, by all their names, and the words for
    states."""

    numbers: Mapping[str, str]
    texts: Mapping[str, str]
    words: Collection[str] = ()


class Term(NamedTuple):
    """One question. `column` "": `value` is searched in all of a row's texts; `sign` "has": whether the column's word
    is `value`."""

    column: str
    sign: str
    value: float | str
    inverted: bool = False


class Filter(NamedTuple):
    """The terms that were understood, which must all be true of a row; and the term that was not, "" if all were
    understood."""

    terms: tuple[Term, ...] = ()
    complaint: str = ""


_SIGNS: Mapping[str, Callable[[float | str, float | str], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_SHOWN = 24
"""The most letters of a filter that are repeated."""
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_WORD = re.compile(r'\s*(!*)\s*(?:"([^"]*)"?|(\S+))')
_COMPARES = re.compile(r"([^\s!<>=]+)(!=|[<>]=?|==?)(.*)")
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([kmgt]?)")


def hides(text: str, what: str, also: str = "") -> str:
    """`the filter web9 hides every service; Esc clears it`: in place of the rows of a table that has none left. `what`:
    one of its rows; `also`: what else is to be said."""
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}~"
    return f"the filter {shown} hides every {what}{also}; Esc clears it"


def parse(text: str, vocabulary: Vocabulary) -> Filter:
    """Never fails: the first term that is not understood is named in `complaint`, and filters nothing."""
    terms = []
    complaint = ""
    for marks, quoted, word in _WORD.findall(text):
        inverted = len(marks) % 2 == 1
        if not word:
            if quoted:
                terms.append(Term("", "", quoted.lower(), inverted))
            continue
        try:
            terms.append(_term(word.lower(), vocabulary)._replace(inverted=inverted))
        except ValueError as error:
            complaint = complaint or str(error)
    return Filter(tuple(terms), complaint)


def _term(word: str, vocabulary: Vocabulary) -> Term:
    """One word. Raises ValueError saying what is wrong with it."""
    if word.strip("!") == "":
        raise ValueError("! stands before what it inverts")
    if word in vocabulary.words:
        return Term(STATE, "has", word)
    match = _COMPARES.fullmatch(word)
    if match is None:
        if word[0] in "<>=":
            raise ValueError(f"{word}: a column stands before {word[0]}, as in active>100")
        return Term("", "", word)
    name, sign, value = match.groups()
    if name in vocabulary.texts:
        if sign not in ("=", "==", "!="):
            raise ValueError(f"{name} is a text: = or !=")
        return Term(vocabulary.texts[name], sign, value)
    if name not in vocabulary.numbers:
        names = sorted({*vocabulary.numbers, *vocabulary.texts})
        raise ValueError(f"no column {name}; {nearest(name, names) or 'one of ' + ', '.join(names)}")
    number = _NUMBER.fullmatch(value)
    if number is None:
        raise ValueError(f"{name}{sign} wants a number, as in {name}{sign}100 or {name}{sign}1.5k")
    return Term(vocabulary.numbers[name], sign, float(number[1]) * _UNITS[number[2]])


ColumnTexts = Sequence[Sequence[str]]
"""Columns of text in lower case; each has an item for every row."""


def matching_rows(
    wanted: Filter, count: int, texts: Callable[[str], ColumnTexts], values: Callable[[str], Sequence[Value]]
) -> Sequence[int]:
    """The numbers of those of `count` rows for which every term is true, ascending. `texts` gives the columns in
    which a text is searched, `values` a column by its key; both give whole columns, and are called only if a term
    needs them."""
    numbers: Sequence[int] = range(count)
    for term in wanted.terms:
        numbers = _matching_rows(term, numbers, texts, values)
    return numbers


def _matching_rows(
    term: Term, numbers: Sequence[int], texts: Callable[[str], ColumnTexts], values: Callable[[str], Sequence[Value]]
) -> list[int]:
    column, sign, value, inverted = term
    if not column:
        word = str(value)
        columns = texts(word)
        if len(columns) == 1:  # a service table has ten thousand of them, and waits for each key
            first = columns[0]
            return [n for n in numbers if (word in first[n]) is not inverted]
        return [n for n in numbers if any(word in column_texts[n] for column_texts in columns) is not inverted]
    held = values(column)
    if sign == "has":
        return [n for n in numbers if has(held[n], str(value)) is not inverted]
    compare = _SIGNS[sign]
    if isinstance(value, str):
        return [n for n in numbers if compare(str(held[n] or "").lower(), value) is not inverted]
    return [n for n in numbers if ((there := held[n]) is not None and compare(there, value)) is not inverted]


def has(state: Value, word: str) -> bool:
    """Whether a state has a word: `2 drained` has `drained`, `down?` has `down`."""
    return word in str(state or "").replace("?", "").split()
