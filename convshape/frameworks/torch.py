"""The table of torch: the modules of torch.nn, or the functions of torch, that do what a layer does.

Arguments are called as torch calls them.  Nothing here imports torch.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar

from convshape.axis import Pair, TransposedWindow, Window
from convshape.frameworks import Call, Learned
from convshape.layers import KINDS, Layer, Shape, activation, conv, dense, merge, norm, pool, resize

Calls = tuple[Call, ...] | None
AnyLayer = TypeVar("AnyLayer", bound=Layer)

TABLE: dict[type[Layer], Callable[[Any, Shape], Calls]] = {}
"""For each class of layer the calls that do the same to an input of a shape; None where those values have
no equal."""


def calls(layer: Layer, shape: Shape) -> Calls:
    """The calls, in order, that do what a layer does to an input of `shape`; None where there are none."""
    entry = TABLE.get(type(layer))
    return None if entry is None else entry(layer, shape)


def lacking() -> list[str]:
    """The kinds that torch does not have."""
    return [kind for kind, cls in KINDS.items() if cls not in TABLE]


def _says(
    *classes: type[AnyLayer],
) -> Callable[[Callable[[AnyLayer, Shape], Calls]], Callable[[AnyLayer, Shape], Calls]]:
    """Enter a function into the table as what torch says for these classes."""

    def enter(function: Callable[[AnyLayer, Shape], Calls]) -> Callable[[AnyLayer, Shape], Calls]:
        TABLE.update(dict.fromkeys(classes, function))
        return function

    return enter


# Convolutions


def _windows_at(layer: Layer, shape: Shape) -> tuple[Window, ...]:
    """The layer's windows, with the padding that an input of `shape` gets."""
    return tuple(m for m in layer.maps_at(shape) if isinstance(m, Window))


def _per_axis(
    layer: Layer, function: str, maps: tuple[Window, ...], arguments: dict[str, Any], *, filling: float = 0.0
) -> Calls:
    """A call for windows: the padding as an argument where it can be, else as a module before.

    It can be where it is symmetric and given in numbers; torch's modules have rules of their own for numbers,
    which SAME need not keep.  With `ceil`, other paddings have no equal in torch: the module before would
    move the end of the input, from which the last window is judged.
    """
    rank = len(maps)
    same = isinstance(getattr(layer, "padding", None), str)
    if all(w.before == w.after == 0 for w in maps):
        return (Call(f"{function}{rank}d", arguments),)
    if not same and all(w.before == w.after for w in maps):
        return (Call(f"{function}{rank}d", arguments | {"padding": tuple(w.before for w in maps)}),)
    if not same and any(w.ceil for w in maps):
        return None
    pairs = [(w.before, w.after) for w in maps]
    pad = Call(f"ConstantPad{rank}d", {"padding": _pairs(pairs), "value": filling})
    return (pad, Call(f"{function}{rank}d", arguments))


def _pairs(pairs: list[Pair]) -> tuple[int, ...]:
    """(before, after) per axis as torch's pad modules take them: the last axis first, in one row.

    >>> _pairs([(1, 2), (3, 4)])
    (3, 4, 1, 2)
    """
    return tuple(samples for pair in reversed(pairs) for samples in pair)


@_says(conv.Conv)
def _conv(layer: conv.Conv, shape: Shape) -> Calls:
    return _convolution(layer, shape, layer.out_channels, layer.groups)


@_says(conv.DepthwiseConv)
def _dwconv(layer: conv.DepthwiseConv, shape: Shape) -> Calls:
    return _convolution(layer, shape, shape[0] * layer.multiplier, shape[0])


def _convolution(
    layer: conv.Conv | conv.DepthwiseConv, shape: Shape, out_channels: int, groups: int
) -> Calls:
    maps = _windows_at(layer, shape)
    arguments = {
        "in_channels": shape[0],
        "out_channels": out_channels,
        "kernel_size": tuple(w.kernel_size for w in maps),
        "stride": tuple(w.stride for w in maps),
        "dilation": tuple(w.dilation for w in maps),
        "groups": groups,
        "bias": layer.bias,
    }
    return _per_axis(layer, "Conv", maps, arguments)


@_says(conv.TransposedConv)
def _tconv(layer: conv.TransposedConv, shape: Shape) -> Calls:
    maps = [m for m in layer.maps_at(shape) if isinstance(m, TransposedWindow)]
    rank = len(maps)
    symmetric = tuple(min(w.before, w.after) for w in maps)
    arguments: dict[str, Any] = {
        "in_channels": shape[0],
        "out_channels": layer.out_channels,
        "kernel_size": tuple(w.kernel_size for w in maps),
        "stride": tuple(w.stride for w in maps),
        "padding": symmetric,
        "output_padding": tuple(w.output_padding for w in maps),
        "dilation": tuple(w.dilation for w in maps),
        "groups": layer.groups,
        "bias": layer.bias,
    }
    call = Call(f"ConvTranspose{rank}d", arguments)
    rest = [(p - w.before, p - w.after) for w, p in zip(maps, symmetric, strict=True)]
    if not any(samples for pair in rest for samples in pair):
        return (call,)
    return (call, Call(f"ConstantPad{rank}d", {"padding": _pairs(rest), "value": 0.0}))


# Pools


def _sizes(maps: tuple[Window, ...], *, dilation: bool) -> dict[str, Any]:
    """The sizes of the windows as torch's pools take them."""
    sizes = {
        "kernel_size": tuple(w.kernel_size for w in maps),
        "stride": tuple(w.stride for w in maps),
        "ceil_mode": maps[0].ceil,
    }
    return sizes | ({"dilation": tuple(w.dilation for w in maps)} if dilation else {})


@_says(pool.MaxPool)
def _maxpool(layer: pool.MaxPool, shape: Shape) -> Calls:
    maps = _windows_at(layer, shape)
    return _per_axis(layer, "MaxPool", maps, _sizes(maps, dilation=True), filling=-math.inf)


@_says(pool.AvgPool)
def _avgpool(layer: pool.AvgPool, shape: Shape) -> Calls:
    maps = _windows_at(layer, shape)
    return _per_axis(layer, "AvgPool", maps, _sizes(maps, dilation=False))


@_says(pool.LPPool)
def _lppool(layer: pool.LPPool, shape: Shape) -> Calls:
    maps = _windows_at(layer, shape)
    arguments = _sizes(maps, dilation=False) | {"norm_type": layer.norm_type}
    if len(maps) == 1:  # LPPool1d takes no tuples
        arguments |= {"kernel_size": maps[0].kernel_size, "stride": maps[0].stride}
    return _per_axis(layer, "LPPool", maps, arguments)


@_says(pool.AdaptiveAvgPool, pool.GlobalAvgPool)
def _adaptive_average(layer: pool.AdaptivePool, shape: Shape) -> Calls:
    return _adaptive("AdaptiveAvgPool", layer.sizes(len(shape) - 1))


@_says(pool.AdaptiveMaxPool, pool.GlobalMaxPool)
def _adaptive_max(layer: pool.AdaptivePool, shape: Shape) -> Calls:
    return _adaptive("AdaptiveMaxPool", layer.sizes(len(shape) - 1))


def _adaptive(function: str, sizes: tuple[int, ...]) -> Calls:
    return (Call(f"{function}{len(sizes)}d", {"output_size": sizes}),)


# Normalisation


@_says(norm.BatchNorm)
def _bn(layer: norm.BatchNorm, shape: Shape) -> Calls:
    rank = max(1, len(shape) - 1)  # BatchNorm1d takes flat inputs too
    return (Call(f"BatchNorm{rank}d", {"num_features": shape[0], "affine": layer.affine}),)


@_says(norm.GroupNorm)
def _gn(layer: norm.GroupNorm, shape: Shape) -> Calls:
    arguments = {"num_groups": layer.num_groups, "num_channels": shape[0], "affine": layer.affine}
    return (Call("GroupNorm", arguments),)


@_says(norm.LayerNorm)
def _ln(layer: norm.LayerNorm, shape: Shape) -> Calls:
    arguments = {"normalized_shape": shape, "elementwise_affine": layer.affine, "bias": layer.bias}
    return (Call("LayerNorm", arguments),)


@_says(norm.InstanceNorm)
def _inorm(layer: norm.InstanceNorm, shape: Shape) -> Calls:
    arguments = {"num_features": shape[0], "affine": layer.affine}
    return (Call(f"InstanceNorm{len(shape) - 1}d", arguments),)


# Functions of each value


_OVER_CHANNELS = {activation.KINDS_OF[name]: {"dim": 1} for name in ("softmax", "logsoftmax")}


@_says(*activation.KINDS_OF.values())
def _activation(layer: activation.Activation, shape: Shape) -> Calls:
    """Our classes of activations are called as torch's."""
    cls = type(layer)
    return (Call(cls.__name__, dict(_OVER_CHANNELS.get(cls, {}))),)


@_says(activation.PReLU)
def _prelu(layer: activation.PReLU, shape: Shape) -> Calls:
    return (Call("PReLU", {"num_parameters": layer.num_parameters}),)


@_says(activation.Dropout)
def _dropout(layer: activation.Dropout, shape: Shape) -> Calls:
    rank = "" if layer.rank is None else f"{layer.rank}d"
    return (Call(f"Dropout{rank}", {"p": layer.probability}),)


# What moves, repeats or drops samples


@_says(resize.Upsample)
def _upsample(layer: resize.Upsample, shape: Shape) -> Calls:
    name = "scale_factor" if layer.size is None else "size"
    sizes = layer.per_axis(name, len(shape) - 1)
    values = tuple(map(float, sizes)) if layer.size is None else sizes
    return (Call("Upsample", {name: values, "mode": layer.mode}),)


_FILLINGS = {
    "zeros": "ZeroPad",
    "constant": "ConstantPad",
    "reflect": "ReflectionPad",
    "replicate": "ReplicationPad",
    "circular": "CircularPad",
}


@_says(resize.Pad)
def _pad(layer: resize.Pad, shape: Shape) -> Calls:
    pairs = layer.per_axis("padding", len(shape) - 1)
    arguments: dict[str, Any] = {"padding": _pairs(list(pairs))}
    if layer.mode == "constant":
        arguments["value"] = float(layer.value)
    return (Call(f"{_FILLINGS[layer.mode]}{len(pairs)}d", arguments),)


@_says(resize.Crop)
def _crop(layer: resize.Crop, shape: Shape) -> Calls:
    pairs = [(-before, -after) for before, after in layer.per_axis("padding", len(shape) - 1)]
    return (Call(f"ZeroPad{len(pairs)}d", {"padding": _pairs(pairs)}),)


@_says(resize.PixelShuffle)
def _pixelshuffle(layer: resize.PixelShuffle, shape: Shape) -> Calls:
    return (Call("PixelShuffle", {"upscale_factor": layer.upscale_factor}),)


@_says(resize.PixelUnshuffle)
def _pixelunshuffle(layer: resize.PixelUnshuffle, shape: Shape) -> Calls:
    return (Call("PixelUnshuffle", {"downscale_factor": layer.downscale_factor}),)


@_says(resize.ChannelShuffle)
def _shuffle(layer: resize.ChannelShuffle, shape: Shape) -> Calls:
    return (Call("ChannelShuffle", {"groups": layer.groups}),)


@_says(resize.Slice)
def _slice(layer: resize.Slice, shape: Shape) -> Calls:
    arguments = {"dim": 1, "start": layer.start, "length": layer.channels(shape[0])}
    return (Call("narrow", arguments),)


@_says(resize.Scale)
def _scale(layer: resize.Scale, shape: Shape) -> Calls:
    return (Call("mul", {"other": Learned("weight", layer.tensors(shape)["weight"])}),)


# Fully-connected layers and merges


@_says(dense.Flatten)
def _flatten(layer: dense.Flatten, shape: Shape) -> Calls:
    return (Call("Flatten", {}),)


@_says(dense.Unflatten)
def _unflatten(layer: dense.Unflatten, shape: Shape) -> Calls:
    return (Call("Unflatten", {"dim": 1, "unflattened_size": layer.shape}),)


@_says(dense.Linear)
def _linear(layer: dense.Linear, shape: Shape) -> Calls:
    arguments = {"in_features": shape[0], "out_features": layer.out_features, "bias": layer.bias}
    return (Call("Linear", arguments),)


@_says(merge.Add)
def _add(layer: merge.Add, shape: Shape) -> Calls:
    return (Call("add", {}),)


@_says(merge.Mul)
def _mul(layer: merge.Mul, shape: Shape) -> Calls:
    return (Call("mul", {}),)


@_says(merge.Concat)
def _concat(layer: merge.Concat, shape: Shape) -> Calls:
    return (Call("cat", {"dim": 1}, listed=True),)
