"""lvstui/values.py behaves like `typing`, as far as it is used."""

from __future__ import annotations

import copy
import inspect
import pickle
import typing
from pathlib import Path
from typing import Any

import pytest

import lvstui
from lvstui.director.model import Server, Service, server_key
from lvstui.director.source import KeepalivedControl, Notifier, Source
from lvstui.values import NamedTuple, cached_property
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


def test_a_named_tuple_equals_that_of_typing() -> None:
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


class Long(NamedTuple):
    """More fields than there are prepared."""

    a: int
    b: int
    c: int
    d: int
    e: int
    f: int
    g: int
    h: int
    i: int = 9
    j: int = 10


@pytest.mark.parametrize(("kind", "values"), [(Ours, ("a", 1, ())), (Long, (*range(10),))])
def test_a_named_tuple_is_made_changed_and_copied_like_that_of_typing(kind: Any, values: tuple[object, ...]) -> None:
    fields = dict(zip(kind._fields, values, strict=True))
    one = kind(*values)
    assert one == kind(**fields) == kind._make(iter(values)) == copy.copy(one) == values
    assert one._asdict() == fields and [getattr(one, name) for name in kind._fields] == [*values]
    assert one._replace(**fields) == one and type(one._replace(**fields)) is kind
    with pytest.raises(TypeError):
        kind(*values, 1)
    with pytest.raises(TypeError):
        kind(**fields, more=1)
    with pytest.raises(TypeError):
        kind._make(values[1:])
    with pytest.raises(ValueError, match="more"):
        one._replace(more=1)


def test_a_cached_property_is_computed_once() -> None:
    class One:
        made = 0

        @cached_property
        def twice(self) -> int:
            """Two."""
            self.made += 1
            return 2

    one = One()
    assert (one.twice, one.twice, one.made) == (2, 2, 1) and One.twice.__doc__ == "Two."


def test_a_subclass_of_a_named_tuple_is_a_plain_class() -> None:
    class More(Ours):
        __slots__ = ()

    assert More("a") == Ours("a") and isinstance(More("a"), Ours)


def test_annotations_stay_those_of_the_fields() -> None:
    assert typing.get_type_hints(Server)["weight"] is int
    assert typing.get_type_hints(Service)["persistence"] == int | None
    assert Server(server_key("10.0.0.1", 80)).weight == 1


def test_an_instance_of_a_protocol_has_all_its_members() -> None:
    class Tells(Fake):
        def on_news(self, call: object) -> None: ...

    assert isinstance(Fake(), Source)  # type: ignore[misc]
    assert not isinstance(Fake(), Notifier) and isinstance(Tells(), Notifier)
    assert not isinstance(Fake(), KeepalivedControl) and not isinstance(3, Source)  # type: ignore[misc]


def test_modules_with_named_tuples_have_annotations_as_text() -> None:
    """Else each annotation would be worked out when the module is loaded."""
    for path in Path(lvstui.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "(NamedTuple" not in text or "from __future__ import annotations" in text, path
