"""What the kinds that slide a window share: from parameters to windows.

Functions, not a base class: a kind stays one level below `Layer`, with its parameters on one screen.
"""

from __future__ import annotations

from typing import TypeVar

from convshape.axis import Pair, Same, TransposedWindow, Window
from convshape.errors import ShapeError
from convshape.layers.base import AXES, Layer, on_axis
from convshape.layers.values import SOLVE, Padding, PaddingValue, PerAxis, Sizes

ONE_OR_MORE = PerAxis(1)
PADDING = PaddingValue()
NO_PADDING: tuple[Pair, ...] = ((0, 0),)

AnyWindow = TypeVar("AnyWindow", Window, TransposedWindow)


def windows(
    layer: Layer, rank: int, *, stride: Sizes, dilation: Sizes = (1,), ceil: bool = False
) -> tuple[Window, ...]:
    """One window for each of `rank` axes, unpadded, from the layer's ``kernel_size``."""
    each = zip(
        layer.per_axis("kernel_size", rank),
        layer.spread(stride, "stride", rank),
        layer.spread(dilation, "dilation", rank),
        strict=True,
    )
    return tuple(Window(k, s, d, ceil=ceil) for k, s, d in each)


def padded(layer: Layer, padding: Padding, bare: tuple[AnyWindow, ...]) -> tuple[AnyWindow | Same, ...]:
    """The layer's windows with its padding, whether that is given in numbers or by a word."""
    if padding == SOLVE:
        raise ShapeError(
            "the padding is left open",
            hint="'convshape solve-padding' finds it; here a number, same or valid is needed",
            param="padding",
        )
    if padding == "valid":
        return bare
    if isinstance(padding, str):
        lower = padding == "same-lower"
        try:
            return tuple(_same(name, w, lower) for name, w in zip(AXES[len(bare)], bare, strict=True))
        except ShapeError as error:
            raise _longer(error, bare) from None
    pairs = layer.spread(padding, "padding", len(bare))
    return tuple(window.padded(pair) for window, pair in zip(bare, pairs, strict=True))


def _same(axis: str, window: AnyWindow, lower: bool) -> AnyWindow | Same:
    """The window with SAME padding; that of a transposed one is the same for every input."""
    if isinstance(window, Window):
        return Same(window, lower)
    try:
        return window.same(1, lower=lower)
    except ShapeError as error:
        raise on_axis(axis, error) from None


def _longer(error: ShapeError, bare: tuple[Window | TransposedWindow, ...]) -> ShapeError:
    """The error of a kernel too short for its stride, with what makes up for it on all axes."""
    needed = [max(w.output_padding, w.stride - w.extent) for w in bare if isinstance(w, TransposedWindow)]
    error.hint = f"op={once_or_each(needed)} makes it fit, or take a larger kernel"
    error.sized = False
    return error


def once_or_each(numbers: list[int]) -> str:
    """A number for each axis as it is written, once where all axes have the same.

    >>> once_or_each([2, 2]), once_or_each([2, 1])
    ('2', '2x1')
    """
    return "x".join(map(str, numbers[:1] if len(set(numbers)) == 1 else numbers))
