"""What can stand behind ``KEY=`` in a spec: each kind of value reads itself and writes itself.

A value is written in exactly one way, so that the normal form of a spec is a fixed point.
"""

from __future__ import annotations

import math
import re
from typing import Any, Protocol

from convshape.axis import LARGEST, Pair

Shape = tuple[int, ...]
"""(channels, *spatial): a channel count and one size per axis.  There is no batch."""

Sizes = tuple[int, ...]
"""One value per axis in the order D, H, W; a single one stands for all axes."""

Padding = tuple[Pair, ...] | str
"""(before, after) per axis, a single pair standing for all; or one of the words of `PaddingValue`."""

SOLVE = "?"
"""The padding that is left to the solver."""


_LIMIT = f"; numbers go up to {LARGEST}"
_DIGITS = len(str(LARGEST))


class BadValue(Exception):
    """A text that is not such a value; the argument says what is expected."""


class Value(Protocol):
    """A kind of value: how it is described, read from text and written as text."""

    expected: str
    """What to type, in words."""

    def read(self, text: str) -> Any:
        """The value that `text` stands for; BadValue where it stands for none."""

    def write(self, value: Any) -> str:
        """The text that reads as `value`."""

    def normal(self, value: Any) -> Any:
        """A value given from Python in the form that `read` gives; BadValue where it is none."""


class _Record:
    """Equal by value.  A NamedTuple would do the same and cost twenty times as much to define."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))


def whole(text: str, minimum: int, expected: str) -> int:
    """The whole number that `text` spells; BadValue where it is none from `minimum` to LARGEST."""
    if not (text.isascii() and text.isdigit()):
        raise BadValue(expected)
    if len(text) > _DIGITS:
        text = text.lstrip("0") or "0"  # int() refuses thousands of them, even zeros
        if len(text) > _DIGITS:
            raise BadValue(expected + _LIMIT)
    return _checked(int(text), minimum, expected)


def _checked(value: Any, minimum: int, expected: str) -> int:
    """The value, once it is seen to be a whole number from `minimum` to LARGEST."""
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise BadValue(expected)
    if value > LARGEST:
        raise BadValue(expected + _LIMIT)
    return value


def format_shape(shape: Shape) -> str:
    """The shape as it is written everywhere.

    >>> format_shape((3, 224, 224))
    '3x224x224'
    """
    return "x".join(map(str, shape))


class Whole(_Record):
    """A whole number."""

    def __init__(self, minimum: int = 1) -> None:
        self.minimum = minimum
        self.expected = f"a whole number from {minimum}"

    def read(self, text: str) -> int:
        return whole(text, self.minimum, self.expected)

    def write(self, value: int) -> str:
        return str(value)

    def normal(self, value: Any) -> int:
        return _checked(value, self.minimum, self.expected)


class PerAxis(_Record):
    """Whole numbers, one per axis joined by ``x``, or one for all axes."""

    def __init__(self, minimum: int = 1) -> None:
        self.minimum = minimum
        self.expected = f"a whole number from {minimum}, or one per axis as in 3x5"

    def read(self, text: str) -> Sizes:
        return self.normal(tuple([whole(part, self.minimum, self.expected) for part in text.split("x")]))

    def write(self, value: Sizes) -> str:
        return "x".join(map(str, value))

    def normal(self, value: Any) -> Sizes:
        values = value if isinstance(value, tuple) else (value,)
        if not 1 <= len(values) <= 3:
            raise BadValue(f"{self.expected}, three at most")
        return tuple(_checked(v, self.minimum, self.expected) for v in values)


class Pairs(_Record):
    """Samples per axis: the same before and after, or ``before:after``; joined by ``x``."""

    expected = "samples as in 1, before:after as in 0:1, or either per axis as in 1x2 and 0:1x2:3"

    def read(self, text: str) -> tuple[Pair, ...]:
        return self.normal(tuple(self._pair(part) for part in text.split("x")))

    def _pair(self, text: str) -> Pair:
        before, colon, after = text.partition(":")
        first = whole(before, 0, self.expected)
        return first, whole(after, 0, self.expected) if colon else first

    def write(self, value: tuple[Pair, ...]) -> str:
        return "x".join(str(b) if b == a else f"{b}:{a}" for b, a in value)

    def normal(self, value: Any) -> tuple[Pair, ...]:
        values = value if isinstance(value, tuple) else (value,)
        if not 1 <= len(values) <= 3:
            raise BadValue(f"{self.expected}, for three axes at most")
        pairs = [v if isinstance(v, tuple) else (v, v) for v in values]
        if any(len(pair) != 2 for pair in pairs):
            raise BadValue(self.expected)
        return tuple((_checked(b, 0, self.expected), _checked(a, 0, self.expected)) for b, a in pairs)


class PaddingValue(_Record):
    """Padding of a window: samples as in `Pairs`, or a word."""

    words = ("same", "same-lower", "valid", SOLVE)
    expected = "1, 1x2, 0:1, 0:1x2:3, same, same-lower, valid or ? (for solve-padding)"

    def read(self, text: str) -> Padding:
        if text in self.words:
            return text
        try:
            return Pairs().read(text)
        except BadValue as error:
            raise BadValue(str(error).replace(Pairs().expected, self.expected)) from None

    def write(self, value: Padding) -> str:
        return value if isinstance(value, str) else Pairs().write(value)

    def normal(self, value: Any) -> Padding:
        if isinstance(value, str):
            if value not in self.words:
                raise BadValue(self.expected)
            return value
        return Pairs().normal(value)


class YesNo(_Record):
    """A boolean."""

    expected = "yes or no"

    def read(self, text: str) -> bool:
        if text in ("yes", "true", "True", "1"):
            return True
        if text in ("no", "false", "False", "0"):
            return False
        raise BadValue(self.expected)

    def write(self, value: bool) -> str:
        return "yes" if value else "no"

    def normal(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise BadValue(self.expected)
        return value


class OneOf(_Record):
    """One word of a list."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.expected = f"one of {', '.join(words)}"

    def read(self, text: str) -> str:
        return self.normal(text)

    def write(self, value: str) -> str:
        return value

    def normal(self, value: Any) -> str:
        if value not in self.words:
            raise BadValue(self.expected)
        return str(value)


_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


def _number(text: str, expected: str) -> float:
    """The decimal number that `text` spells."""
    if len(text) > 40 or not re.fullmatch(_NUMBER, text):
        raise BadValue(expected)
    if math.isinf(float(text)):
        raise BadValue(expected + _LIMIT)
    return float(text)


def _finite(value: Any, expected: str) -> int | float:
    """A finite number of either type, as an int where it is whole."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadValue(expected)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue(expected)
    return int(value) if value == int(value) else float(value)


class Number(_Record):
    """A decimal number from `minimum` to `maximum`."""

    def __init__(self, minimum: float = -LARGEST, maximum: float = LARGEST) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.expected = f"a number from {minimum:g} to {maximum:g}"
        if maximum == LARGEST:
            self.expected = f"a number from {minimum:g}"
        if minimum == -LARGEST:
            self.expected = "a number as in 0, 0.5 or -1"

    def read(self, text: str) -> int | float:
        return self.normal(_number(text, self.expected))

    def write(self, value: int | float) -> str:
        return str(value)

    def normal(self, value: Any) -> int | float:
        number = _finite(value, self.expected)
        if not self.minimum <= number <= self.maximum:
            raise BadValue(self.expected + (_LIMIT if abs(number) > LARGEST else ""))
        return number


class Factors(_Record):
    """Numbers above 0, one per axis joined by ``x``, or one for all axes."""

    expected = "a number above 0 as in 2 or 0.5, or one per axis as in 2x1.5"

    def read(self, text: str) -> tuple[int | float, ...]:
        return self.normal(tuple(_number(part, self.expected) for part in text.split("x")))

    def write(self, value: tuple[int | float, ...]) -> str:
        return "x".join(map(str, value))

    def normal(self, value: Any) -> tuple[int | float, ...]:
        values = value if isinstance(value, tuple) else (value,)
        numbers = tuple(_finite(v, self.expected) for v in values)
        if not 1 <= len(numbers) <= 3 or not all(0 < v <= LARGEST for v in numbers):
            raise BadValue(f"{self.expected}; three at most, each up to {LARGEST}")
        return numbers


class ShapeValue(_Record):
    """A whole shape: channels first, then one size per axis, three axes at most.

    >>> ShapeValue().read("3x224x224") == ShapeValue().read("(3, 224, 224)")
    True
    """

    expected = "a shape as in 3x224x224: channels, then one size per axis, each from 1"

    def read(self, text: str) -> Shape:
        bare = text.strip()
        if bare.startswith("(") and bare.endswith(")"):
            bare = bare[1:-1].strip().removesuffix(",")
        parts = bare.replace("\u00d7", "x").replace(",", "x").split("x")
        return self.normal(tuple(whole(part.strip(), 1, self.expected) for part in parts))

    def write(self, value: Shape) -> str:
        return format_shape(value)

    def normal(self, value: Any) -> Shape:
        if not isinstance(value, tuple | list) or not value:
            raise BadValue(self.expected)
        if len(value) > 4:
            raise BadValue(f"{self.expected}, three axes at most and no batch")
        return tuple(_checked(v, 1, self.expected) for v in value)
