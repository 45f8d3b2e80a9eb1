"""NamedTuple, Protocol and what else of `typing` a module needs when it is loaded, without `typing`.

A verb lives for some thousandths of a second. Loading `typing` takes as long as starting the interpreter, and it
compiles the annotation of each field of each NamedTuple, which nobody asks for. For mypy these are the names of
`typing` themselves; when the program runs they are the few lines below, as far as the verbs need them.
tests/test_values.py holds both against each other.
"""

from __future__ import annotations

TYPE_CHECKING = False
"""True for mypy, which knows it by its name."""

if TYPE_CHECKING:
    from typing import Any, Final, NamedTuple, NoReturn, Protocol, TypeVar, cast, runtime_checkable
else:
    from collections import namedtuple as _namedtuple

    Any = Final = NoReturn = object

    class _Fields(type):
        """Makes of a class with annotations what `collections.namedtuple` makes, with the methods of the class."""

        def __new__(cls, name, bases, names):
            if not bases:
                return type.__new__(cls, name, bases, names)
            fields = names.pop("__annotations__", {})
            defaults = [names.pop(field) for field in fields if field in names]
            made = _namedtuple(name, fields, defaults=defaults, module=names.pop("__module__"))
            made.__annotations__ = fields
            for key, value in names.items():
                setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Fields):
        pass

    class _Shape(type):
        """An instance of a protocol is whatever has all that the protocol names."""

        def __instancecheck__(cls, one):
            if Protocol not in cls.__bases__:  # a class that follows one
                return type.__instancecheck__(cls, one)
            return all(hasattr(one, name) for name in vars(cls) if not name.startswith("_"))

    class Protocol(metaclass=_Shape):
        pass

    def runtime_checkable(protocol):
        return protocol

    def TypeVar(name, **bounds):  # noqa: N802
        return object

    def cast(kind, value):
        return value


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "Final",
    "NamedTuple",
    "NoReturn",
    "Protocol",
    "TypeVar",
    "cast",
    "runtime_checkable",
]
