"""Pooling: each window becomes one number, channel by channel."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from convshape.errors import ShapeError
from convshape.layers.base import AXES, Call, Layer, param, register, written
from convshape.layers.sliding import (
    NO_PADDING,
    ONE_OR_MORE,
    PADDING,
    padded,
    per_axis_calls,
    windows,
    windows_at,
)
from convshape.layers.values import Number, Padding, Shape, Sizes, YesNo
from convshape.window import Adaptive, AxisMap, Restricted, Window, split


def _at_most_half(maps: tuple[AxisMap, ...]) -> tuple[AxisMap, ...]:
    """The windows, once no padding in numbers is above half the kernel: torch refuses more.

    SAME may need more for a dilated kernel.  It is not in numbers, and runs as padding before the pool.
    """
    windows = [window for window in maps if isinstance(window, Window)]
    for axis, window in zip(AXES[len(maps)], windows, strict=False):
        padding, kernel = max(window.padding()), window.kernel_size
        if padding > kernel // 2:
            halves = [(w.kernel_size // 2, w.padding()) for w in windows]
            most = tuple((min(before, half), min(after, half)) for half, (before, after) in halves)
            raise ShapeError(
                f"on axis {axis}, padding {padding} is more than half the kernel_size {kernel}",
                hint=f"p={written(most)} at most, or an explicit 'pad p=...' before it",
                param="padding",
            )
    return maps


def _long_enough(maps: tuple[AxisMap, ...]) -> tuple[AxisMap, ...]:
    """The windows as torch averages over them: over three axes, only inputs as long as the kernel.

    It asks for that whatever the padding or the rounding, but not where the padding is a module before.
    """
    windows = [m for m in maps if isinstance(m, Window) and m.before == m.after]
    if len(windows) < 3:
        return maps
    return tuple(map(_no_shorter, windows))


def _no_shorter(window: Window) -> Restricted:
    def refusal(size: int) -> ShapeError:
        return ShapeError(
            f"the input has {size} and the kernel {window.kernel_size}: over three axes torch averages no "
            "input shorter than the kernel, padded or not",
            hint="use a smaller kernel",
            param="kernel_size",
            lacking=split(window.kernel_size - size)[1],
        )

    return Restricted(window, refusal, least=window.kernel_size)


def _sizes(maps: tuple[Window, ...], *, dilation: bool) -> dict[str, Any]:
    """The sizes of the windows as torch's pools take them."""
    sizes = {
        "kernel_size": tuple(w.kernel_size for w in maps),
        "stride": tuple(w.stride for w in maps),
        "ceil_mode": maps[0].ceil,
    }
    return sizes | ({"dilation": tuple(w.dilation for w in maps)} if dilation else {})


@register("maxpool")
class MaxPool(Layer):
    """Max pooling: the maximum of each window.

    (channels, *in) -> (channels, *out); the stride defaults to the kernel size.
    Source: torch.nn.MaxPool2d.
    """

    ranked = True

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes | None = param(
        "s", ONE_OR_MORE, "stride, by default the kernel size", default=None, aliases=("strides",)
    )
    padding: Padding = param("p", PADDING, "padding", default=NO_PADDING, aliases=("pad",))
    dilation: Sizes = param("d", ONE_OR_MORE, "dilation", default=(1,))
    ceil: bool = param("ceil", YesNo(), "round the output size up", default=False, aliases=("ceil_mode",))

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        self.check_spatial(shape)
        stride = self.stride or self.kernel_size
        bare = windows(self, shape, stride=stride, dilation=self.dilation, ceil=self.ceil)
        return _at_most_half(padded(self, self.padding, bare))

    def torch(self, shape: Shape) -> tuple[Call, ...] | None:
        maps = windows_at(self, shape)
        return per_axis_calls(self, "MaxPool", maps, _sizes(maps, dilation=True), filling=-math.inf)


@register("avgpool")
class AvgPool(Layer):
    """Average pooling: the mean of each window.

    (channels, *in) -> (channels, *out); the stride defaults to the kernel size.
    Source: torch.nn.AvgPool2d.
    """

    ranked = True

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes | None = param(
        "s", ONE_OR_MORE, "stride, by default the kernel size", default=None, aliases=("strides",)
    )
    padding: Padding = param("p", PADDING, "padding", default=NO_PADDING, aliases=("pad",))
    ceil: bool = param("ceil", YesNo(), "round the output size up", default=False, aliases=("ceil_mode",))

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        self.check_spatial(shape)
        bare = windows(self, shape, stride=self.stride or self.kernel_size, ceil=self.ceil)
        return _long_enough(_at_most_half(padded(self, self.padding, bare)))

    def torch(self, shape: Shape) -> tuple[Call, ...] | None:
        maps = windows_at(self, shape)
        return per_axis_calls(self, "AvgPool", maps, _sizes(maps, dilation=False))


@register("lppool")
class LPPool(Layer):
    """Power-average pooling: the `norm`-norm of each window.

    (channels, *in) -> (channels, *out); the stride defaults to the kernel size; no padding.
    Source: torch.nn.LPPool2d.
    """

    ranked = True

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes | None = param(
        "s", ONE_OR_MORE, "stride, by default the kernel size", default=None, aliases=("strides",)
    )
    norm_type: int | float = param("norm", Number(minimum=0.01), "exponent of the norm", default=2)
    ceil: bool = param("ceil", YesNo(), "round the output size up", default=False, aliases=("ceil_mode",))

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        self.check_spatial(shape)
        return _long_enough(windows(self, shape, stride=self.stride or self.kernel_size, ceil=self.ceil))

    def torch(self, shape: Shape) -> tuple[Call, ...] | None:
        maps = windows_at(self, shape)
        arguments = _sizes(maps, dilation=False) | {"norm_type": self.norm_type}
        if len(maps) == 1:  # LPPool1d takes no tuples
            arguments |= {"kernel_size": maps[0].kernel_size, "stride": maps[0].stride}
        return per_axis_calls(self, "LPPool", maps, arguments)


class AdaptivePool(Layer):
    """Pooling to a given size; its kinds are named after what they take of each window."""

    function: ClassVar[str]

    def sizes(self, rank: int) -> tuple[int, ...]:
        """The output size of each axis: 1, unless a parameter gives it."""
        return (1,) * rank

    def maps(self, shape: Shape) -> tuple[Adaptive, ...]:
        self.check_spatial(shape)
        return tuple(map(Adaptive, self.sizes(len(shape) - 1)))

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        sizes = self.sizes(len(shape) - 1)
        return (Call(f"{self.function}{len(sizes)}d", {"output_size": sizes}),)


@register("adaptiveavgpool")
class AdaptiveAvgPool(AdaptivePool):
    """Average pooling to a given output size, whatever the input size.

    (channels, *in) -> (channels, *output_size).  Source: torch.nn.AdaptiveAvgPool2d.
    """

    ranked = True
    function = "AdaptiveAvgPool"

    output_size: Sizes = param("out", ONE_OR_MORE, "output size", aliases=("size",))

    def sizes(self, rank: int) -> tuple[int, ...]:
        return self.per_axis("output_size", rank)


@register("adaptivemaxpool")
class AdaptiveMaxPool(AdaptivePool):
    """Max pooling to a given output size, whatever the input size.

    (channels, *in) -> (channels, *output_size).  Source: torch.nn.AdaptiveMaxPool2d.
    """

    ranked = True
    function = "AdaptiveMaxPool"

    output_size: Sizes = param("out", ONE_OR_MORE, "output size", aliases=("size",))

    def sizes(self, rank: int) -> tuple[int, ...]:
        return self.per_axis("output_size", rank)


@register("gap")
class GlobalAvgPool(AdaptivePool):
    """Global average pooling: the mean of each channel.

    (channels, *in) -> (channels, 1, ...).  The same as torch.nn.AdaptiveAvgPool2d(1).
    """

    function = "AdaptiveAvgPool"


@register("gmp")
class GlobalMaxPool(AdaptivePool):
    """Global max pooling: the maximum of each channel.

    (channels, *in) -> (channels, 1, ...).  The same as torch.nn.AdaptiveMaxPool2d(1).
    """

    function = "AdaptiveMaxPool"
