"""Convolutions: a small filter slid over the input, its weights shared by all positions."""

from __future__ import annotations

import math
from typing import Any

from convshape.errors import ShapeError
from convshape.layers.base import (
    AXES,
    Call,
    Layer,
    Tensors,
    cut_to,
    param,
    positions,
    register,
    weighted,
    written,
)
from convshape.layers.sliding import (
    NO_PADDING,
    ONE_OR_MORE,
    PADDING,
    once_or_each,
    padded,
    per_axis_calls,
    torch_pairs,
    windows,
    windows_at,
)
from convshape.layers.values import Padding, PerAxis, Shape, Sizes, Whole, YesNo
from convshape.window import AxisMap, TransposedWindow, Window


def _grouped_channels(layer: Conv | TransposedConv, shape: Shape) -> int:
    """The output channels of a layer whose groups divide those that come in and those that go out."""
    layer.check_spatial(shape)
    layer.check_in("in_channels", "channel", shape[0])
    layer.divides("groups", "input channel", shape[0], and_also=layer.out_channels)
    layer.divides("groups", "output channel", layer.out_channels, and_also=shape[0])
    return layer.out_channels


@register("conv")
class Conv(Layer):
    """Convolution: slide `out` filters over the input, each across all channels of its group.

    (in_channels, *in) -> (out_channels, *out), weight (out_channels, in_channels / groups, *kernel_size).
    It is a cross-correlation, as in every framework.  Source: torch.nn.Conv2d.
    """

    ranked = True

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes = param("s", ONE_OR_MORE, "stride", default=(1,), aliases=("strides",))
    padding: Padding = param("p", PADDING, "padding", default=NO_PADDING, aliases=("pad",))
    dilation: Sizes = param("d", ONE_OR_MORE, "dilation", default=(1,))
    groups: int = param("g", Whole(), "groups of channels, convolved separately", default=1)
    out_channels: int = param("out", Whole(), "output channels", aliases=("filters",))
    in_channels: int | None = param("in", Whole(), "expected input channels", default=None)
    bias: bool = param("bias", YesNo(), "whether a bias is learned", default=True)

    def channels(self, shape: Shape) -> int:
        return _grouped_channels(self, shape)

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        return padded(self, self.padding, windows(self, shape, stride=self.stride, dilation=self.dilation))

    def tensors(self, shape: Shape) -> Tensors:
        kernel = self.per_axis("kernel_size", len(shape) - 1)
        weight = (self.out_channels, shape[0] // self.groups, *kernel)
        return weighted(weight, self.out_channels, self.bias)

    def macs(self, shape: Shape, output: Shape) -> int:
        return math.prod(self.tensors(shape)["weight"]) * positions(output)

    def torch(self, shape: Shape) -> tuple[Call, ...] | None:
        return _torch_conv(self, windows_at(self, shape), shape[0], self.out_channels, self.groups)


def _torch_conv(
    layer: Conv | DepthwiseConv,
    maps: tuple[Window, ...],
    in_channels: int,
    out_channels: int,
    groups: int,
) -> tuple[Call, ...] | None:
    arguments = {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "kernel_size": tuple(w.kernel_size for w in maps),
        "stride": tuple(w.stride for w in maps),
        "dilation": tuple(w.dilation for w in maps),
        "groups": groups,
        "bias": layer.bias,
    }
    return per_axis_calls(layer, "Conv", maps, arguments)


@register("dwconv")
class DepthwiseConv(Layer):
    """Depthwise convolution: each channel is convolved with `mult` filters of its own.

    (in_channels, *in) -> (in_channels * mult, *out), weight (in_channels * mult, 1, *kernel_size).
    The same as `conv` with as many groups as channels.
    """

    ranked = True

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes = param("s", ONE_OR_MORE, "stride", default=(1,), aliases=("strides",))
    padding: Padding = param("p", PADDING, "padding", default=NO_PADDING, aliases=("pad",))
    dilation: Sizes = param("d", ONE_OR_MORE, "dilation", default=(1,))
    multiplier: int = param("mult", Whole(), "filters per channel", default=1, aliases=("depth_multiplier",))
    in_channels: int | None = param("in", Whole(), "expected input channels", default=None)
    bias: bool = param("bias", YesNo(), "whether a bias is learned", default=True)

    def channels(self, shape: Shape) -> int:
        self.check_spatial(shape)
        self.check_in("in_channels", "channel", shape[0])
        return shape[0] * self.multiplier

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        return padded(self, self.padding, windows(self, shape, stride=self.stride, dilation=self.dilation))

    def tensors(self, shape: Shape) -> Tensors:
        out_channels = shape[0] * self.multiplier
        kernel = self.per_axis("kernel_size", len(shape) - 1)
        return weighted((out_channels, 1, *kernel), out_channels, self.bias)

    def macs(self, shape: Shape, output: Shape) -> int:
        return math.prod(self.tensors(shape)["weight"]) * positions(output)

    def torch(self, shape: Shape) -> tuple[Call, ...] | None:
        return _torch_conv(self, windows_at(self, shape), shape[0], shape[0] * self.multiplier, shape[0])


@register("tconv", "deconv", "convtranspose")
class TransposedConv(Layer):
    """Transposed convolution: each input sample adds a scaled filter to the output, at steps of `s`.

    (in_channels, *in) -> (out_channels, *out), weight (in_channels, out_channels / groups, *kernel_size).
    Padding crops the output; `p=same` gives n * s, as in TensorFlow.  Source: torch.nn.ConvTranspose2d.
    """

    ranked = True

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes = param("s", ONE_OR_MORE, "stride", default=(1,), aliases=("strides",))
    padding: Padding = param("p", PADDING, "padding", default=NO_PADDING, aliases=("pad",))
    output_padding: Sizes = param("op", PerAxis(0), "samples added at the end of the output", default=(0,))
    dilation: Sizes = param("d", ONE_OR_MORE, "dilation", default=(1,))
    groups: int = param("g", Whole(), "groups of channels, convolved separately", default=1)
    out_channels: int = param("out", Whole(), "output channels", aliases=("filters",))
    in_channels: int | None = param("in", Whole(), "expected input channels", default=None)
    bias: bool = param("bias", YesNo(), "whether a bias is learned", default=True)

    def channels(self, shape: Shape) -> int:
        return _grouped_channels(self, shape)

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        rank = len(shape) - 1
        names = ("kernel_size", "stride", "dilation", "output_padding")
        bare = []
        each = zip(AXES[rank], *(self.per_axis(name, rank) for name in names), strict=True)
        for axis, k, s, d, op in each:
            if op >= max(s, d):
                raise ShapeError(
                    f"on axis {axis}, output_padding {op} is neither below the stride {s} "
                    f"nor below the dilation {d}",
                    hint=f"op={self._most_output_padding(rank)} at most",
                    param="output_padding",
                )
            bare.append(TransposedWindow(k, s, d, output_padding=op))
        return padded(self, self.padding, tuple(bare))

    def _most_output_padding(self, rank: int) -> str:
        """The output padding, cut down where an axis has more than it may."""
        each = zip(*(self.per_axis(n, rank) for n in ("output_padding", "stride", "dilation")), strict=True)
        return once_or_each([min(op, max(s, d) - 1) for op, s, d in each])

    def remedy(self, shape: Shape) -> str | None:
        maps = [m for m in self.maps(shape) if isinstance(m, TransposedWindow)]
        most = tuple(
            cut_to((m.before, m.after), m.padded((0, 0)).output_size(size) - 1)
            for m, size in zip(maps, shape[1:], strict=True)
        )
        return f"p={written(most)} at most: padding of a transposed convolution shrinks its output"

    def tensors(self, shape: Shape) -> Tensors:
        kernel = self.per_axis("kernel_size", len(shape) - 1)
        weight = (shape[0], self.out_channels // self.groups, *kernel)
        return weighted(weight, self.out_channels, self.bias)

    def macs(self, shape: Shape, output: Shape) -> int:
        return math.prod(self.tensors(shape)["weight"]) * positions(shape)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        maps = [m for m in self.maps_at(shape) if isinstance(m, TransposedWindow)]
        rank = len(maps)
        symmetric = tuple(min(w.before, w.after) for w in maps)
        arguments: dict[str, Any] = {
            "in_channels": shape[0],
            "out_channels": self.out_channels,
            "kernel_size": tuple(w.kernel_size for w in maps),
            "stride": tuple(w.stride for w in maps),
            "padding": symmetric,
            "output_padding": tuple(w.output_padding for w in maps),
            "dilation": tuple(w.dilation for w in maps),
            "groups": self.groups,
            "bias": self.bias,
        }
        conv = Call(f"ConvTranspose{rank}d", arguments)
        rest = [(p - w.before, p - w.after) for w, p in zip(maps, symmetric, strict=True)]
        if not any(samples for pair in rest for samples in pair):
            return (conv,)
        cut = Call(f"ConstantPad{rank}d", {"padding": torch_pairs(rest), "value": 0.0})
        return (conv, cut)
