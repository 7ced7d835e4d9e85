"""What an axis map is: what a layer does to the size of one axis.

Nearly every layer slides a window along each spatial axis, so nearly every question about a shape is a
question about a `Window`.  The other kinds of axis map (`TransposedWindow`, `Resize`, `Adaptive`) offer the
same answers, so that nobody who carries a size through a network has to ask which kind it is.

Sizes are counted in samples.  F is the extent of the kernel, ``dilation * (kernel_size - 1) + 1``; S the
stride; P the padding of one side, and where the sides differ they are called before and after; n the input
size and o the output size.

This file may import `errors` and `closed` alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from convshape.axis.closed import Closed
from convshape.errors import ShapeError

Map = TypeVar("Map", bound=type[tuple[Any, ...]])


def distinct(cls: Map) -> Map:
    """Make a class of tuples equal to its own alone: those of two classes may hold the same numbers."""

    def equal(self: tuple[Any, ...], other: object) -> bool:
        return type(other) is cls and tuple.__eq__(self, other)

    def unequal(self: tuple[Any, ...], other: object) -> bool:
        return not equal(self, other)

    for name, method in (("__eq__", equal), ("__ne__", unequal)):
        setattr(cls, name, method)
    return cls


# The largest number that a spec may hold; beyond it a size is a slip of the finger.
LARGEST = 10**12

Pair = tuple[int, int]
"""Padding along one axis: the samples added before the input and after it."""


class AxisMap(Protocol):
    """What a layer does to the size of one axis."""

    def output_size(self, size: int) -> int:
        """The output size for an input of `size`; a ShapeError where there is none."""

    def unused(self, size: int) -> int:
        """How many samples at the end of an input of `size` no window reaches."""

    def input_sizes(self, size: int) -> range:
        """The input sizes whose output has `size`."""

    def closed(self) -> Closed | None:
        """The output size as a formula of the input size, or None where it has no closed form."""

    def at(self, size: int) -> "AxisMap":
        """The same map with all that depends on the input size worked out for `size`."""

    def taps(self, index: int) -> range | None:
        """The input samples that output sample `index` is made of, ascending; None for all of them."""

    def advance(self) -> tuple[int, int]:
        """(o, n): o output samples further on, everything is n input samples further on."""

    def padding(self) -> Pair:
        """The samples that are added before the input and after it."""

    def derivation(self, size: int, name: str) -> list[str]:
        """How the output size comes about: the formula, the numbers put in, the result, a line each."""


def split(total: int, *, lower: bool = False) -> Pair:
    """Padding in all, shared out before and after; the odd sample goes after, or before with `lower`.

    >>> split(4), split(5), split(5, lower=True)
    ((2, 2), (2, 3), (3, 2))
    """
    less, more = total // 2, total - total // 2
    return (more, less) if lower else (less, more)


def added(before: int, after: int) -> tuple[str, str]:
    """Padding in a formula, in symbols and in numbers: P is that of one side."""
    if before == after:
        return "2P", f"2*{before}"
    return "before + after", f"{before} + {after}"


def taken(before: int, after: int) -> tuple[str, str]:
    """The same behind a minus sign."""
    total, numbers = added(before, after)
    return (total, numbers) if before == after else (f"({total})", f"({numbers})")


def where(near: range, wanted: int, output_size: Callable[[int], int]) -> range:
    """The part of `near` on which the output is the wanted one; where there is none, empty at its place.

    Outputs never shrink as an input or a padding grows, so two bisections find it, however large a stride
    makes the range.
    """

    def output(value: int) -> int:
        try:
            return output_size(value)
        except ShapeError:
            return 0  # too small for any output, and every output is larger than that

    first = bisect_left(near, wanted, key=output)
    last = bisect_right(near, wanted, lo=first, key=output)
    return near[first:last]
