"""Activations and what else works value by value: the shape stays.

Most differ in name alone and are rows of one table.
"""

from __future__ import annotations

from convshape.errors import ShapeError, counted
from convshape.layers.base import Layer, Tensors, param, register
from convshape.layers.values import Number, Shape, Whole


class Activation(Layer):
    """A function of each value that learns nothing; a kind of this class is a row of the table below."""


_ROWS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("relu",), "ReLU", "max(0, x)."),
    (("relu6",), "ReLU6", "min(max(0, x), 6)."),
    (("leakyrelu",), "LeakyReLU", "x, with a small slope below 0."),
    (("elu",), "ELU", "x, falling off exponentially below 0."),
    (("selu",), "SELU", "ELU scaled so that it normalises itself."),
    (("celu",), "CELU", "ELU with a continuous derivative."),
    (("gelu",), "GELU", "x times the normal distribution function of x."),
    (("silu", "swish"), "SiLU", "x times the sigmoid of x."),
    (("mish",), "Mish", "x times tanh of the softplus of x."),
    (("tanh",), "Tanh", "The hyperbolic tangent."),
    (("sigmoid",), "Sigmoid", "1 / (1 + exp(-x))."),
    (("hardswish",), "Hardswish", "x times the hard sigmoid of x."),
    (("hardsigmoid",), "Hardsigmoid", "The sigmoid in three straight pieces."),
    (("softplus",), "Softplus", "log(1 + exp(x))."),
    (("softmax",), "Softmax", "Exponentials over the channels, summing to 1."),
    (("logsoftmax",), "LogSoftmax", "The logarithm of the softmax over the channels."),
    (("identity",), "Identity", "Nothing at all."),
)
KINDS_OF: dict[str, type[Activation]] = {}
"""The classes of these kinds, by their names."""

for _words, _name, _doc in _ROWS:
    _class = type(_name, (Activation,), {"__doc__": _doc, "__module__": __name__})
    KINDS_OF[_words[0]] = register(*_words)(_class)


@register("prelu")
class PReLU(Layer):
    """x, with a learned slope below 0: one for all channels, or one each.

    (channels, *size) -> the same; weight (num_parameters).  Source: torch.nn.PReLU.
    """

    num_parameters: int = param("n", Whole(), "slopes: 1, or as many as channels", default=1)

    def channels(self, count: int) -> int:
        if self.num_parameters not in (1, count):
            raise ShapeError(
                f"{self.num_parameters} slopes do not go with {counted(count, 'channel')}",
                hint=" or ".join(f"n={number}" for number in sorted({1, count})),
                param="num_parameters",
            )
        return count

    def tensors(self, shape: Shape) -> Tensors:
        return {"weight": (self.num_parameters,)}


@register("dropout")
class Dropout(Layer):
    """Zero values at random in training; with its rank (dropout2d), whole channels.

    (channels, *size) -> the same.  Source: torch.nn.Dropout and Dropout2d.
    """

    ranked = True

    probability: int | float = param("p", Number(0, 1), "probability of a zero", default=0.5)
