"""Records: what answers are made of.

A record has named values, set once.  Records are equal by type and values, hash, copy and pickle, and are no
tuples: nothing unpacks or adds one by accident.  A NamedTuple or a dataclass costs twenty times as much to
define, and start-up is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self


class Record:
    """The base of records: a subclass lists its values in `__slots__`, in the order of its constructor.

    Values whose names begin with ``_`` go along into copies and do not count in comparisons.
    """

    __slots__ = ()

    _slots: ClassVar[tuple[str, ...]] = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    _setters: ClassVar[tuple[Callable[[Any, Any], None], ...]] = ()

    def __init_subclass__(cls) -> None:
        slots = tuple(cls.__dict__.get("__slots__", ()))
        if slots:
            cls._slots = slots
            cls._fields = tuple(name for name in slots if name[0] != "_")
            cls._setters = tuple(cls.__dict__[name].__set__ for name in slots)

    def _fill(self, *values: object) -> None:
        """Set all values, once, from a constructor."""
        for put, value in zip(self._setters, values, strict=True):
            put(self, value)

    def fields(self) -> dict[str, Any]:
        """The values by name."""
        return {name: getattr(self, name) for name in self._fields}

    def replace(self, **changes: Any) -> Self:
        """A copy with some values changed."""
        return type(self)(**{name: getattr(self, name) for name in self._slots} | changes)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a {type(self).__name__} does not change: replace({name}=...) makes another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} does not change")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self._fields))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.fields().items())
        return f"{type(self).__name__}({values})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self._slots)


def dumps(value: object) -> str:
    """A value as JSON, on one line."""
    import json  # only where JSON is asked for

    return json.dumps(value)


def laid_out(document: dict[str, Any]) -> str:
    """A document as JSON: a line for each field, and one for each entry of a list of objects."""
    fields = [f'  "{name}": {_lines(value)}' for name, value in document.items()]
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {dumps(entry)}" for entry in value) + "\n  ]"
    return dumps(value)
