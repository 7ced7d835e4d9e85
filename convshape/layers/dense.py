"""Fully-connected layers, and the way into them and back."""

from __future__ import annotations

import math

from convshape.errors import ShapeError, counted
from convshape.layers.base import Call, Layer, Tensors, param, register, weighted
from convshape.layers.values import Shape, ShapeValue, Whole, YesNo, format_shape


@register("flatten")
class Flatten(Layer):
    """Flatten the input into one row of features.

    (channels, *size) -> (channels * positions).  Source: torch.nn.Flatten.
    """

    by_axis = False

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        return (math.prod(shape),)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("Flatten", {}),)


@register("unflatten")
class Unflatten(Layer):
    """Reshape a flat input to a given shape.

    (features) -> shape.  Source: torch.nn.Unflatten.
    """

    by_axis = False

    shape: Shape = param("shape", ShapeValue(), "the shape, as in 64x7x7")

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) > 1:
            raise ShapeError(
                f"it folds a flat tensor, the input is {format_shape(shape)}",
                hint="put 'flatten' before it",
            )
        values = math.prod(self.shape)
        if values != shape[0]:
            raise ShapeError(
                f"{format_shape(self.shape)} holds {counted(values, 'value')}, the input has {shape[0]}",
                hint=f"put 'linear out={values}' before it, or change the shape",
                param="shape",
                sized=True,
            )
        return self.shape

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("Unflatten", {"dim": 1, "unflattened_size": self.shape}),)


@register("linear", "fc", "dense")
class Linear(Layer):
    """Fully-connected layer: each output feature is a weighted sum of all input features.

    (in_features) -> (out_features), weight (out_features, in_features).  Source: torch.nn.Linear.
    """

    by_axis = False

    out_features: int = param("out", Whole(), "output features", aliases=("out_channels", "filters"))
    in_features: int | None = param(
        "in", Whole(), "expected input features", default=None, aliases=("in_channels",)
    )
    bias: bool = param("bias", YesNo(), "whether a bias is learned", default=True)

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) > 1:
            raise ShapeError(
                f"it needs a flat input, found {format_shape(shape)}",
                hint=f"put 'flatten' before it ({counted(math.prod(shape), 'feature')}), or take "
                f"'conv k=1 out={self.out_features}' to work at every position",
            )
        self.check_in("in_features", "feature", shape[0])
        return (self.out_features,)

    def tensors(self, shape: Shape) -> Tensors:
        return weighted((self.out_features, shape[0]), self.out_features, self.bias)

    def macs(self, shape: Shape, output: Shape) -> int:
        return self.out_features * shape[0]

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        arguments = {
            "in_features": shape[0],
            "out_features": self.out_features,
            "bias": self.bias,
        }
        return (Call("Linear", arguments),)
