"""Layers that make one tensor of several: the ends of residuals, attention and skip connections."""

from __future__ import annotations

from convshape.errors import ShapeError, listed
from convshape.layers.base import AXES, Call, Layer, register
from convshape.layers.values import Shape, format_shape


class Merge(Layer):
    """A layer of several inputs, the current tensor first; its kinds say what shape they agree on."""

    merges = True

    def channel_count(self, counts: tuple[int, ...]) -> int:
        """The channels of what tensors of so many become; a ShapeError where they do not go together."""
        return _repeated(counts)

    def size(self, sizes: tuple[int, ...]) -> int:
        """The size of one axis for those of the tensors; a ShapeError where they do not go together."""
        return _repeated(sizes)

    def output(self, *shapes: Shape) -> Shape:
        output: list[int] = []
        differing: list[str] = []
        for axis, sizes in zip(_axes(shapes), zip(*shapes, strict=True), strict=True):
            try:
                output.append(self.size(sizes) if output or differing else self.channel_count(sizes))
            except ShapeError:
                differing.append(axis)
        if differing:
            raise _differ(shapes, differing)
        return tuple(output)


def _repeated(sizes: tuple[int, ...]) -> int:
    """The size that all have, but for those of 1, which are repeated."""
    size, *others = set(sizes) - {1} or {1}
    if others:
        raise ShapeError("the sizes differ")
    return size


def _axes(shapes: tuple[Shape, ...]) -> tuple[str, ...]:
    """The names of all axes of the shapes, once they have equally many."""
    first = shapes[0]
    for other in shapes[1:]:
        if len(other) != len(first):
            raise ShapeError(
                f"{format_shape(first)} and {format_shape(other)} differ in rank",
                hint="bring both to the same axes, with flatten or unflatten",
            )
    return ("C", *AXES[len(first) - 1])


def _differ(shapes: tuple[Shape, ...], axes: list[str]) -> ShapeError:
    hint = _RESIZING
    if axes == ["C"]:
        hint = _channels(shapes)
    return ShapeError(
        f"{listed(list(dict.fromkeys(map(format_shape, shapes))))} differ "
        f"on {'axis' if len(axes) == 1 else 'axes'} {listed(axes)}",
        hint=hint,
        sized="C" not in axes,
    )


def _channels(shapes: tuple[Shape, ...]) -> str:
    """The hint for channels that differ, where those of one are repeated."""
    first, *others = dict.fromkeys(shape[0] for shape in shapes if shape[0] > 1)
    layer = "'conv k=1" if len(shapes[0]) > 1 else "'linear"
    if len(others) > 1:
        return f"{layer} out={first}' in the others brings all to {first}"
    return f"{layer} out={others[0]}' turns {first} into {others[0]}"


_RESIZING = "padding, a stride, crop or upsample brings them to one size"


@register("add")
class Add(Merge):
    """Add tensors; axes of size 1 are broadcast.

    shapes that agree, or are 1, on every axis -> the larger of each.  Source: torch.add, broadcasting.
    """

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("add", {}),)


@register("mul")
class Mul(Merge):
    """Multiply tensors; axes of size 1 are broadcast, as in squeeze-and-excitation.

    shapes that agree, or are 1, on every axis -> the larger of each.  Source: torch.mul, broadcasting.
    """

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("mul", {}),)


@register("concat")
class Concat(Merge):
    """Concatenate tensors along the channels.

    (c1, *size), (c2, *size), ... -> (c1 + c2 + ..., *size).  Source: torch.cat along axis 1.
    """

    def channel_count(self, counts: tuple[int, ...]) -> int:
        return sum(counts)

    def size(self, sizes: tuple[int, ...]) -> int:
        size, *others = set(sizes)
        if others:
            raise ShapeError("the sizes differ")
        return size

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("cat", {"dim": 1}, listed=True),)
