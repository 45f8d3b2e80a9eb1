"""What lvstui/values.py has in the place of `typing` is what `typing` has, as far as it is used."""

from __future__ import annotations

import inspect
import pickle
import typing
from pathlib import Path
from typing import Any

import pytest

import lvstui
from lvstui.director.model import Server, Service, server_key
from lvstui.director.source import Obeying, Source, Telling
from lvstui.values import NamedTuple
from tests.verbs.fake import Fake


class Ours(NamedTuple):
    """A row."""

    name: str
    number: int = 7
    rest: tuple[Unknown, ...] = ()  # type: ignore[name-defined]  # noqa: F821 - nobody looks at it

    @property
    def twice(self) -> int:
        return 2 * self.number

    def __str__(self) -> str:
        return f"{self.name}!"


class Theirs(typing.NamedTuple):
    """A row."""

    name: str
    number: int = 7
    rest: tuple[Unknown, ...] = ()  # type: ignore[name-defined]  # noqa: F821

    @property
    def twice(self) -> int:
        return 2 * self.number

    def __str__(self) -> str:
        return f"{self.name}!"


def test_a_named_tuple_is_that_of_typing() -> None:
    ours: Any
    theirs: Any
    ours, theirs = Ours("a", rest=(1,)), Theirs("a", rest=(1,))
    assert ours == theirs and hash(ours) == hash(theirs) and str(ours) == str(theirs) == "a!"
    assert ours.twice == theirs.twice == 14 and ours._replace(number=1).number == 1
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    for name in ("_fields", "_field_defaults", "__doc__", "__module__", "__match_args__"):
        assert getattr(Ours, name) == getattr(Theirs, name)
    assert Ours.__qualname__ == "Ours" and Ours.__mro__[1:] == Theirs.__mro__[1:] == (tuple, object)
    assert Ours.__annotations__.keys() == Theirs.__annotations__.keys()
    assert inspect.signature(Ours).parameters.keys() == inspect.signature(Theirs).parameters.keys()
    assert pickle.loads(pickle.dumps(ours)) == ours
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        ours.number = 3


def test_a_subclass_of_one_is_a_plain_class() -> None:
    class More(Ours):
        __slots__ = ()

    assert More("a") == Ours("a") and isinstance(More("a"), Ours)


def test_annotations_are_still_those_of_the_fields() -> None:
    assert typing.get_type_hints(Server)["weight"] is int
    assert typing.get_type_hints(Service)["persistence"] == int | None
    assert Server(server_key("10.0.0.1", 80)).weight == 1


def test_an_instance_of_a_protocol_has_all_that_it_names() -> None:
    class Tells(Fake):
        def on_news(self, call: object) -> None: ...

    assert isinstance(Fake(), Source)  # type: ignore[misc]
    assert not isinstance(Fake(), Telling) and isinstance(Tells(), Telling)
    assert not isinstance(Fake(), Obeying) and not isinstance(3, Source)  # type: ignore[misc]


def test_what_has_named_tuples_has_annotations_as_text() -> None:
    """Else each annotation would be worked out when the module is loaded."""
    for path in Path(lvstui.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "(NamedTuple" not in text or "from __future__ import annotations" in text, path
