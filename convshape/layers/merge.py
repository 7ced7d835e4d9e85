"""Layers that make one tensor of several: the ends of residuals, attention and skip connections."""

from __future__ import annotations

from convshape.errors import ShapeError
from convshape.layers.base import AXES, Call, Layer, register
from convshape.layers.values import Shape, format_shape


class Merge(Layer):
    """A layer of several inputs, the current tensor first; its kinds say what shape they agree on."""

    merges = True

    def unused(self, shape: Shape) -> None:
        return None


def _same_rank(shapes: tuple[Shape, ...]) -> tuple[str, ...]:
    """The names of all axes of the shapes, once they have equally many."""
    first = shapes[0]
    for other in shapes[1:]:
        if len(other) != len(first):
            raise ShapeError(
                f"{format_shape(first)} and {format_shape(other)} differ in rank",
                hint="bring both to the same axes, with flatten or unflatten",
            )
    return ("C", *AXES[len(first) - 1])


def _differ(axis: str, one: Shape, other: Shape, hint: str) -> ShapeError:
    return ShapeError(f"{format_shape(one)} and {format_shape(other)} differ on axis {axis}", hint=hint)


def _broadcast(shapes: tuple[Shape, ...]) -> Shape:
    """The shape that all stretch to, axes of size 1 being repeated."""
    output = list(shapes[0])
    axes = _same_rank(shapes)
    for other in shapes[1:]:
        for index, axis in enumerate(axes):
            one, two = output[index], other[index]
            if one != two and 1 not in (one, two):
                hint = _channels(tuple(output), two) if index == 0 else _RESIZING
                raise _differ(axis, tuple(output), other, hint)
            output[index] = two if one == 1 else one
    return tuple(output)


def _channels(shape: Shape, wanted: int) -> str:
    """The hint for channels that are not the wanted number."""
    layer = "'conv k=1" if len(shape) > 1 else "'linear"
    return f"{layer} out={wanted}' turns {shape[0]} into {wanted}"


_RESIZING = "padding, a stride, crop or upsample brings both to one size"


@register("add")
class Add(Merge):
    """Add tensors; axes of size 1 are repeated.

    shapes that agree, or are 1, on every axis -> the larger of each.  Source: torch.add, broadcasting.
    """

    def output(self, *shapes: Shape) -> Shape:
        return _broadcast(shapes)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("add", {}),)


@register("mul")
class Mul(Merge):
    """Multiply tensors; axes of size 1 are repeated (squeeze-and-excitation).

    shapes that agree, or are 1, on every axis -> the larger of each.  Source: torch.mul, broadcasting.
    """

    def output(self, *shapes: Shape) -> Shape:
        return _broadcast(shapes)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("mul", {}),)


@register("concat")
class Concat(Merge):
    """Lay tensors behind one another, channel after channel.

    (c1, *size), (c2, *size), ... -> (c1 + c2 + ..., *size).  Source: torch.cat along axis 1.
    """

    def output(self, *shapes: Shape) -> Shape:
        first = shapes[0]
        axes = _same_rank(shapes)
        for other in shapes[1:]:
            for axis, one, two in zip(axes[1:], first[1:], other[1:], strict=True):
                if one != two:
                    raise _differ(axis, first, other, _RESIZING)
        return (sum(shape[0] for shape in shapes), *first[1:])

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("cat", {"dim": 1}, listed=True),)
