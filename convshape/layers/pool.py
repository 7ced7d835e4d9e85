"""Pooling: each window becomes one number, channel by channel."""

from __future__ import annotations

from convshape.axis import Adaptive, AxisMap, Restricted, Window
from convshape.errors import ShapeError
from convshape.layers.base import AXES, WITH_AXES, Layer, param, register, written
from convshape.layers.sliding import NO_PADDING, ONE_OR_MORE, PADDING, padded, windows
from convshape.layers.values import Number, Padding, Sizes, YesNo


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
    return tuple(Restricted(window, least=window.kernel_size) for window in windows)


def _too_short(axis: AxisMap, size: int, error: ShapeError) -> ShapeError:
    """The refusal of an input that is shorter than the kernel over three axes; any other stays as it is."""
    if not isinstance(axis, Restricted):
        return error
    return ShapeError(
        f"the input has {size} and the kernel {axis.least}: over three axes torch averages no "
        "input shorter than the kernel, padded or not",
        hint="use a smaller kernel",
        param="kernel_size",
        lacking=error.lacking,
    )


@register("maxpool")
class MaxPool(Layer):
    """Max pooling: the maximum of each window.

    (channels, *in) -> (channels, *out); the stride defaults to the kernel size.
    Source: torch.nn.MaxPool2d.
    """

    ranked = True
    spatial = WITH_AXES

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes | None = param(
        "s", ONE_OR_MORE, "stride, by default the kernel size", default=None, aliases=("strides",)
    )
    padding: Padding = param("p", PADDING, "padding", default=NO_PADDING, aliases=("pad",))
    dilation: Sizes = param("d", ONE_OR_MORE, "dilation", default=(1,))
    ceil: bool = param("ceil", YesNo(), "round the output size up", default=False, aliases=("ceil_mode",))

    def maps(self, rank: int) -> tuple[AxisMap, ...]:
        stride = self.stride or self.kernel_size
        bare = windows(self, rank, stride=stride, dilation=self.dilation, ceil=self.ceil)
        return _at_most_half(padded(self, self.padding, bare))


@register("avgpool")
class AvgPool(Layer):
    """Average pooling: the mean of each window.

    (channels, *in) -> (channels, *out); the stride defaults to the kernel size.
    Source: torch.nn.AvgPool2d.
    """

    ranked = True
    spatial = WITH_AXES

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes | None = param(
        "s", ONE_OR_MORE, "stride, by default the kernel size", default=None, aliases=("strides",)
    )
    padding: Padding = param("p", PADDING, "padding", default=NO_PADDING, aliases=("pad",))
    ceil: bool = param("ceil", YesNo(), "round the output size up", default=False, aliases=("ceil_mode",))

    def maps(self, rank: int) -> tuple[AxisMap, ...]:
        bare = windows(self, rank, stride=self.stride or self.kernel_size, ceil=self.ceil)
        return _long_enough(_at_most_half(padded(self, self.padding, bare)))

    def refusal(self, axis: AxisMap, size: int, error: ShapeError) -> ShapeError:
        return _too_short(axis, size, error)


@register("lppool")
class LPPool(Layer):
    """Power-average pooling: the `norm`-norm of each window.

    (channels, *in) -> (channels, *out); the stride defaults to the kernel size; no padding.
    Source: torch.nn.LPPool2d.
    """

    ranked = True
    spatial = WITH_AXES

    kernel_size: Sizes = param("k", ONE_OR_MORE, "kernel size", aliases=("kernel",))
    stride: Sizes | None = param(
        "s", ONE_OR_MORE, "stride, by default the kernel size", default=None, aliases=("strides",)
    )
    norm_type: int | float = param("norm", Number(minimum=0.01), "exponent of the norm", default=2)
    ceil: bool = param("ceil", YesNo(), "round the output size up", default=False, aliases=("ceil_mode",))

    def maps(self, rank: int) -> tuple[AxisMap, ...]:
        return _long_enough(windows(self, rank, stride=self.stride or self.kernel_size, ceil=self.ceil))

    def refusal(self, axis: AxisMap, size: int, error: ShapeError) -> ShapeError:
        return _too_short(axis, size, error)


class AdaptivePool(Layer):
    """Pooling to a given size; its kinds are named after what they take of each window."""

    spatial = WITH_AXES

    def sizes(self, rank: int) -> tuple[int, ...]:
        """The output size of each axis: 1, unless a parameter gives it."""
        return (1,) * rank

    def maps(self, rank: int) -> tuple[Adaptive, ...]:
        return tuple(map(Adaptive, self.sizes(rank)))


@register("adaptiveavgpool")
class AdaptiveAvgPool(AdaptivePool):
    """Average pooling to a given output size, whatever the input size.

    (channels, *in) -> (channels, *output_size).  Source: torch.nn.AdaptiveAvgPool2d.
    """

    ranked = True

    output_size: Sizes = param("out", ONE_OR_MORE, "output size", aliases=("size",))

    def sizes(self, rank: int) -> tuple[int, ...]:
        return self.per_axis("output_size", rank)


@register("adaptivemaxpool")
class AdaptiveMaxPool(AdaptivePool):
    """Max pooling to a given output size, whatever the input size.

    (channels, *in) -> (channels, *output_size).  Source: torch.nn.AdaptiveMaxPool2d.
    """

    ranked = True

    output_size: Sizes = param("out", ONE_OR_MORE, "output size", aliases=("size",))

    def sizes(self, rank: int) -> tuple[int, ...]:
        return self.per_axis("output_size", rank)


@register("gap")
class GlobalAvgPool(AdaptivePool):
    """Global average pooling: the mean of each channel.

    (channels, *in) -> (channels, 1, ...).  The same as torch.nn.AdaptiveAvgPool2d(1).
    """


@register("gmp")
class GlobalMaxPool(AdaptivePool):
    """Global max pooling: the maximum of each channel.

    (channels, *in) -> (channels, 1, ...).  The same as torch.nn.AdaptiveMaxPool2d(1).
    """
