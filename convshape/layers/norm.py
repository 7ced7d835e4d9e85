"""Normalisation: sizes stay, and a scale and a shift may be learned.

Parameters are the learned ones only; the running statistics of a BatchNorm are buffers.
"""

from __future__ import annotations

from convshape.errors import ShapeError
from convshape.layers.base import Call, Layer, Tensors, param, positions, register
from convshape.layers.values import Shape, Whole, YesNo


def _affine(shape: Shape, affine: bool) -> Tensors:
    return {"weight": shape, "bias": shape} if affine else {}


@register("bn", "batchnorm")
class BatchNorm(Layer):
    """Batch normalisation: one mean and variance per channel, over the batch.

    (channels, *size) -> the same; weight and bias (channels).  Source: torch.nn.BatchNorm2d.
    """

    ranked = True

    affine: bool = param("affine", YesNo(), "whether a scale and a shift are learned", default=True)

    def tensors(self, shape: Shape) -> Tensors:
        return _affine(shape[:1], self.affine)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        rank = max(1, len(shape) - 1)  # BatchNorm1d takes flat inputs too
        return (Call(f"BatchNorm{rank}d", {"num_features": shape[0], "affine": self.affine}),)


@register("gn", "groupnorm")
class GroupNorm(Layer):
    """Group normalisation: one mean and variance per group of channels.

    (channels, *size) -> the same; weight and bias (channels).  Source: torch.nn.GroupNorm.
    """

    num_groups: int = param("g", Whole(), "groups of channels", aliases=("groups",))
    affine: bool = param("affine", YesNo(), "whether a scale and a shift are learned", default=True)

    def channels(self, shape: Shape) -> int:
        self.divides("num_groups", "channel", shape[0])
        if shape[0] // self.num_groups * positions(shape) == 1:
            raise ShapeError(
                "a group of one value has no variance",
                hint=("take fewer groups, or " if shape[0] > 1 else "") + "normalise before the size is 1",
                param="num_groups",
            )
        return shape[0]

    def tensors(self, shape: Shape) -> Tensors:
        return _affine(shape[:1], self.affine)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        arguments = {"num_groups": self.num_groups, "num_channels": shape[0], "affine": self.affine}
        return (Call("GroupNorm", arguments),)


@register("ln", "layernorm")
class LayerNorm(Layer):
    """Layer normalisation over the whole sample: all channels and axes together.

    (channels, *size) -> the same; weight and bias (channels, *size).
    Source: torch.nn.LayerNorm with the input's shape as normalized_shape.
    """

    affine: bool = param("affine", YesNo(), "whether a scale and a shift are learned", default=True)
    bias: bool = param("bias", YesNo(), "whether the shift is among them", default=True)

    def tensors(self, shape: Shape) -> Tensors:
        tensors = _affine(shape, self.affine)
        return tensors if self.bias else {name: s for name, s in tensors.items() if name != "bias"}

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        arguments = {
            "normalized_shape": shape,
            "elementwise_affine": self.affine,
            "bias": self.bias,
        }
        return (Call("LayerNorm", arguments),)


@register("inorm", "instancenorm")
class InstanceNorm(Layer):
    """Instance normalisation: one mean and variance per channel of each sample.

    (channels, *size) -> the same; nothing is learned unless `affine`.  Source: torch.nn.InstanceNorm2d.
    """

    ranked = True

    affine: bool = param("affine", YesNo(), "whether a scale and a shift are learned", default=False)

    def channels(self, shape: Shape) -> int:
        self.check_spatial(shape)
        if positions(shape) == 1:
            raise ShapeError(
                "a channel of one value has no variance",
                hint="normalise before the size is 1",
            )
        return shape[0]

    def tensors(self, shape: Shape) -> Tensors:
        return _affine(shape[:1], self.affine)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        arguments = {"num_features": shape[0], "affine": self.affine}
        return (Call(f"InstanceNorm{len(shape) - 1}d", arguments),)
