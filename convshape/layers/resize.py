"""Layers that move or repeat samples: padding, cropping, upsampling, shuffling, slicing, scaling."""

from __future__ import annotations

from typing import Any

from convshape.errors import ShapeError, counted
from convshape.layers.base import Call, Layer, Learned, Tensors, cut_to, param, register, written
from convshape.layers.sliding import ONE_OR_MORE, torch_pairs
from convshape.layers.values import Factors, Number, OneOf, Pairs, Shape, Sizes, Whole
from convshape.window import Adaptive, AxisMap, Pair, Resize, Restricted, Window, split

_MODES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
}


# How many samples a value is filled in from along each axis, as a `Resize` has it.
_REACH = {"nearest": 1, "nearest-exact": 0, "linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}


@register("upsample")
class Upsample(Layer):
    """Resize every axis by a factor, or to a given size.

    (channels, *in) -> (channels, *out), out = floor(in * scale) or the size.  Source: torch.nn.Upsample.
    """

    scale_factor: tuple[int | float, ...] | None = param(
        "scale", Factors(), "scale factor", default=None, aliases=("factor",)
    )
    size: Sizes | None = param("size", ONE_OR_MORE, "output size, instead of a factor", default=None)
    mode: str = param("mode", OneOf(tuple(_MODES)), "how values are interpolated", default="nearest")

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        self.check_spatial(shape)
        rank = len(shape) - 1
        if (self.scale_factor is None) == (self.size is None):
            hint = "scale=2 doubles every axis" if self.size is None else "take one away"
            raise ShapeError("it takes either scale or size", hint=hint)
        if rank not in _MODES[self.mode]:
            ranks = " or ".join(map(str, _MODES[self.mode]))
            fitting = " or ".join(f"mode={mode}" for mode, ranks in _MODES.items() if rank in ranks)
            raise ShapeError(
                f"mode {self.mode} is for {ranks} spatial {'axis' if ranks == '1' else 'axes'}, "
                f"the input has {rank}",
                hint=f"take {fitting}",
                param="mode",
            )
        reach = _REACH[self.mode]
        if self.size is not None:
            return tuple(Adaptive(size, reach) for size in self.spread(self.size, "size", rank))
        return tuple(Resize(factor, reach) for factor in self.per_axis("scale_factor", rank))

    def remedy(self, shape: Shape) -> str | None:
        if self.scale_factor is None or max(self.scale_factor) > 1:
            return None
        return f"take a factor of at least 1/{min(shape[1:])}, or size=1 instead"

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        name = "scale_factor" if self.size is None else "size"
        sizes = self.per_axis(name, len(shape) - 1)
        values = tuple(map(float, sizes)) if self.size is None else sizes
        return (Call("Upsample", {name: values, "mode": self.mode}),)


_FILLINGS = {
    "zeros": "ZeroPad",
    "constant": "ConstantPad",
    "reflect": "ReflectionPad",
    "replicate": "ReplicationPad",
    "circular": "CircularPad",
}
# What copies its samples from the input adds at most as many as there are, less these.
_COPIED = {"reflect": 1, "circular": 0}


@register("pad")
class Pad(Layer):
    """Pad both ends of every axis with zeros, a constant, or copies of the input.

    (channels, *in) -> (channels, *(before + in + after)).  Source: torch.nn.ZeroPad2d, ReflectionPad2d, ...
    """

    ranked = True

    padding: tuple[Pair, ...] = param("p", Pairs(), "samples added at each end", aliases=("pad",))
    mode: str = param("mode", OneOf(tuple(_FILLINGS)), "what the padding holds", default="zeros")
    value: int | float = param("value", Number(), "the value for mode=constant", default=0)

    def maps(self, shape: Shape) -> tuple[AxisMap, ...]:
        self.check_spatial(shape)
        if self.value != 0 and self.mode != "constant":
            raise ShapeError(f"mode {self.mode} takes no value", hint="mode=constant does", param="value")
        pairs = self.per_axis("padding", len(shape) - 1)
        return tuple(self._map(before, after) for before, after in pairs)

    def _map(self, before: int, after: int) -> AxisMap:
        window = Window(1, before=before, after=after)
        if self.mode not in _COPIED:
            return window
        most, spared = max(before, after), _COPIED[self.mode]

        def refusal(size: int) -> ShapeError:
            return ShapeError(
                f"mode {self.mode} cannot add {most} to {size}",
                param="padding",
            )

        return Restricted(window, refusal, least=most + spared)

    def remedy(self, shape: Shape) -> str | None:
        spared = _COPIED.get(self.mode, 0)
        sizes = zip(self.per_axis("padding", len(shape) - 1), shape[1:], strict=True)
        most = tuple((min(before, n - spared), min(after, n - spared)) for (before, after), n in sizes)
        return f"p={written(most)} at most, or mode=replicate"

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        pairs = self.per_axis("padding", len(shape) - 1)
        arguments: dict[str, Any] = {"padding": torch_pairs(list(pairs))}
        if self.mode == "constant":
            arguments["value"] = float(self.value)
        return (Call(f"{_FILLINGS[self.mode]}{len(pairs)}d", arguments),)


@register("crop")
class Crop(Layer):
    """Cut samples off both ends of every axis, as U-Net does before it concatenates.

    (channels, *in) -> (channels, *(in - before - after)).
    """

    padding: tuple[Pair, ...] = param("p", Pairs(), "samples cut off each end")

    def maps(self, shape: Shape) -> tuple[Window, ...]:
        self.check_spatial(shape)
        pairs = self.per_axis("padding", len(shape) - 1)
        return tuple(Window(1, before=-before, after=-after) for before, after in pairs)

    def remedy(self, shape: Shape) -> str | None:
        pairs = self.per_axis("padding", len(shape) - 1)
        most = tuple(cut_to(pair, size - 1) for pair, size in zip(pairs, shape[1:], strict=True))
        return f"p={written(most)} at most"

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        pairs = [(-before, -after) for before, after in self.per_axis("padding", len(shape) - 1)]
        return (Call(f"ZeroPad{len(pairs)}d", {"padding": torch_pairs(pairs)}),)


def _needs_two_axes(layer: Layer, shape: Shape) -> None:
    if len(shape) != 3:
        raise ShapeError(
            f"it works on 2 spatial axes, the input has {len(shape) - 1}",
            hint="put it where the tensor is CxHxW",
        )


@register("pixelshuffle")
class PixelShuffle(Layer):
    """Depth to space: rearrange every r * r channels into one, r times as high and wide.

    (channels, H, W) -> (channels / r^2, H * r, W * r).  Source: torch.nn.PixelShuffle.
    """

    upscale_factor: int = param("r", Whole(), "factor")

    def channels(self, shape: Shape) -> int:
        _needs_two_axes(self, shape)
        if shape[0] % self.upscale_factor**2:
            raise ShapeError(
                f"r * r = {self.upscale_factor**2} does not divide {counted(shape[0], 'channel')}",
                hint=f"put 'conv k=1 out={self.upscale_factor**2}' before it, or a multiple of that",
                param="upscale_factor",
            )
        return shape[0] // self.upscale_factor**2

    def maps(self, shape: Shape) -> tuple[Resize, ...]:
        _needs_two_axes(self, shape)
        return (Resize(self.upscale_factor),) * 2

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("PixelShuffle", {"upscale_factor": self.upscale_factor}),)


@register("pixelunshuffle")
class PixelUnshuffle(Layer):
    """Space to depth: rearrange every block of r * r samples into r * r channels.

    (channels, H, W) -> (channels * r^2, H / r, W / r).  Source: torch.nn.PixelUnshuffle.
    """

    downscale_factor: int = param("r", Whole(), "factor")

    def channels(self, shape: Shape) -> int:
        _needs_two_axes(self, shape)
        return shape[0] * self.downscale_factor**2

    def maps(self, shape: Shape) -> tuple[Restricted, ...]:
        _needs_two_axes(self, shape)
        factor = self.downscale_factor

        def refusal(size: int) -> ShapeError:
            missing = tuple(split(-size % factor) for size in shape[1:])
            return ShapeError(
                f"r={factor} does not divide {counted(size, 'sample')}",
                hint=f"'pad p={written(missing)}' before it adds what is missing",
                param="downscale_factor",
            )

        return (Restricted(Window(factor, stride=factor), refusal, multiple=factor),) * 2

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("PixelUnshuffle", {"downscale_factor": self.downscale_factor}),)


@register("shuffle")
class ChannelShuffle(Layer):
    """Interleave the channels of all groups, as ShuffleNet does.

    (channels, *size) -> the same.  Source: torch.nn.ChannelShuffle.
    """

    groups: int = param("g", Whole(), "groups of channels")

    def channels(self, shape: Shape) -> int:
        self.check_spatial(shape)
        self.divides("groups", "channel", shape[0])
        return shape[0]

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("ChannelShuffle", {"groups": self.groups}),)


@register("slice")
class Slice(Layer):
    """Keep the channels from `from` up to, but not including, `to`.

    (channels, *size) -> (to - from, *size).
    """

    start: int = param("from", Whole(0), "first channel kept, from 0", default=0)
    stop: int | None = param("to", Whole(), "channel to stop before, by default none", default=None)

    def channels(self, shape: Shape) -> int:
        stop = shape[0] if self.stop is None else self.stop
        if stop > shape[0]:
            raise ShapeError(
                f"to={stop} is too many, the input has {counted(shape[0], 'channel')}",
                hint=f"to={shape[0]} at most"
                + (f", and from={shape[0] - 1} at most" if self.start >= shape[0] else ""),
                param="stop",
            )
        if self.start >= stop:
            raise ShapeError(
                f"from={self.start} leaves no channel before {stop}",
                hint=f"from={stop - 1} at most",
                param="start",
            )
        return stop - self.start

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        arguments = {"dim": 1, "start": self.start, "length": self.channels(shape)}
        return (Call("narrow", arguments),)


@register("scale")
class Scale(Layer):
    """Multiply each channel by a learned factor, as in ConvNeXt's layer scale.

    (channels, *size) -> the same; weight (channels, 1, ...).
    """

    def tensors(self, shape: Shape) -> Tensors:
        return {"weight": (shape[0], *(1 for _ in shape[1:]))}

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("mul", {"other": Learned("weight", self.tensors(shape)["weight"])}),)
