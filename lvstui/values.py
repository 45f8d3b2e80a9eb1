"""NamedTuple, Protocol and the other names of `typing` that are needed at run time, without loading `typing`.

A verb lives for milliseconds. Loading `typing` takes as long as starting the interpreter, and it compiles the
annotation of each field of each NamedTuple, which nothing here needs. mypy sees the names of `typing` themselves; at
run time they are the few lines below, as far as the verbs need them. tests/test_values.py compares the two.
"""

from __future__ import annotations

TYPE_CHECKING = False
"""mypy recognises this name and takes it for True."""

if TYPE_CHECKING:
    from functools import cached_property
    from typing import Any, Final, NamedTuple, NoReturn, Protocol, TypeVar, cast, runtime_checkable
else:
    from _collections import _tuplegetter

    Any = Final = NoReturn = object

    _new = tuple.__new__

    # How a NamedTuple of so many fields is made. Each takes its fields' names from a copy of the code, which costs a
    # twentieth of what `collections.namedtuple` pays for a text that is compiled for each class.
    _MAKERS = (
        lambda _cls: _new(_cls, ()),
        lambda _cls, a: _new(_cls, (a,)),
        lambda _cls, a, b: _new(_cls, (a, b)),
        lambda _cls, a, b, c: _new(_cls, (a, b, c)),
        lambda _cls, a, b, c, d: _new(_cls, (a, b, c, d)),
        lambda _cls, a, b, c, d, e: _new(_cls, (a, b, c, d, e)),
        lambda _cls, a, b, c, d, e, f: _new(_cls, (a, b, c, d, e, f)),
        lambda _cls, a, b, c, d, e, f, g: _new(_cls, (a, b, c, d, e, f, g)),
        lambda _cls, a, b, c, d, e, f, g, h: _new(_cls, (a, b, c, d, e, f, g, h)),
        lambda _cls, a, b, c, d, e, f, g, h, i: _new(_cls, (a, b, c, d, e, f, g, h, i)),
    )

    def _maker(fields, defaults):
        """The `__new__` of a NamedTuple with these fields."""
        count = len(fields)
        if count < len(_MAKERS):
            code = _MAKERS[count].__code__
        else:
            names = ", ".join(f"f{number}" for number in range(count))
            code = eval(f"lambda _cls, {names}: _new(_cls, ({names}))").__code__
        code = code.replace(co_name="__new__", co_varnames=("_cls", *fields))
        return type(_maker)(code, {"_new": _new, "__builtins__": {}}, "__new__", tuple(defaults))

    def _make(cls, values):
        """A new one of a sequence or an iterable."""
        made = _new(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **values):
        """A new one in which these fields have other values."""
        made = self._make(map(values.pop, self._fields, self))
        if values:
            raise ValueError(f"Got unexpected field names: {[*values]!r}")
        return made

    def _asdict(self):
        """The values by field."""
        return dict(zip(self._fields, self, strict=True))

    def _repr(self):
        inner = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({inner})"

    def _plain(self):
        """Itself as a plain tuple, for copy and pickle."""
        return tuple(self)

    _METHODS = {
        "__slots__": (),
        "_make": classmethod(_make),
        "_replace": _replace,
        "__replace__": _replace,
        "_asdict": _asdict,
        "__repr__": _repr,
        "__getnewargs__": _plain,
    }

    class _Fields(type):
        """Makes of a class with annotations what `typing.NamedTuple` makes of it."""

        def __new__(cls, name, bases, names):
            if not bases:
                return type.__new__(cls, name, bases, names)
            fields = tuple(names.get("__annotations__", ()))
            defaults = {field: names.pop(field) for field in fields if field in names}
            getters = {field: _tuplegetter(number, "") for number, field in enumerate(fields)}
            its = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            made = {"__doc__": f"{name}({', '.join(fields)})", "__new__": _maker(fields, defaults.values())}
            return type(name, (tuple,), {**_METHODS, **its, **made, **getters, **names})

    class NamedTuple(metaclass=_Fields):
        pass

    class _Shape(type):
        """An instance of a protocol is whatever has all that the protocol names."""

        def __instancecheck__(cls, instance):
            if Protocol not in cls.__bases__:  # a class that follows one
                return type.__instancecheck__(cls, instance)
            return all(hasattr(instance, name) for name in vars(cls) if not name.startswith("_"))

    class Protocol(metaclass=_Shape):
        pass

    def runtime_checkable(protocol):
        return protocol

    def TypeVar(name, **bounds):  # noqa: N802
        return object

    def cast(kind, value):
        return value

    class cached_property:  # noqa: N801
        """Worked out when it is asked for first, and kept in the instance, where it is found from then on."""

        def __init__(self, work):
            self._work = work
            self.__doc__ = work.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = vars(instance)[self._name] = self._work(instance)
            return value


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "Final",
    "NamedTuple",
    "NoReturn",
    "Protocol",
    "TypeVar",
    "cached_property",
    "cast",
    "runtime_checkable",
]
