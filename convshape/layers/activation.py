"""Activations and what else works value by value: the shape stays.

Most differ in name alone and are rows of one table.
"""

from __future__ import annotations

from typing import Any, ClassVar

from convshape.errors import ShapeError, counted
from convshape.layers.base import Call, Layer, Tensors, param, register
from convshape.layers.values import Number, Shape, Whole


class Activation(Layer):
    """A function of each value that learns nothing; a kind of this class is a row of the table below."""

    call: ClassVar[Call]

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (self.call,)


_CHANNELS = {"dim": 1}
_ROWS: tuple[tuple[tuple[str, ...], str, dict[str, Any], str], ...] = (
    (("relu",), "ReLU", {}, "max(0, x)."),
    (("relu6",), "ReLU6", {}, "min(max(0, x), 6)."),
    (("leakyrelu",), "LeakyReLU", {}, "x, with a small slope below 0."),
    (("elu",), "ELU", {}, "x, or exp(x) - 1 below 0."),
    (("selu",), "SELU", {}, "ELU scaled to be self-normalising."),
    (("celu",), "CELU", {}, "ELU with a continuous derivative."),
    (("gelu",), "GELU", {}, "x times the standard normal CDF of x."),
    (("silu", "swish"), "SiLU", {}, "x times the sigmoid of x."),
    (("mish",), "Mish", {}, "x times tanh of the softplus of x."),
    (("tanh",), "Tanh", {}, "The hyperbolic tangent."),
    (("sigmoid",), "Sigmoid", {}, "1 / (1 + exp(-x))."),
    (("hardswish",), "Hardswish", {}, "x times the hard sigmoid of x."),
    (("hardsigmoid",), "Hardsigmoid", {}, "A sigmoid of three straight lines."),
    (("softplus",), "Softplus", {}, "log(1 + exp(x))."),
    (("softmax",), "Softmax", _CHANNELS, "Softmax over the channels."),
    (("logsoftmax",), "LogSoftmax", _CHANNELS, "The logarithm of softmax over the channels."),
    (("identity",), "Identity", {}, "The input, unchanged."),
)
for _words, _function, _arguments, _doc in _ROWS:
    _body = {"__doc__": _doc, "__module__": __name__, "call": Call(_function, _arguments)}
    register(*_words)(type(_function, (Activation,), _body))


@register("prelu")
class PReLU(Layer):
    """x, with a learned slope below 0: one for all channels, or one per channel.

    (channels, *size) -> the same; weight (num_parameters).  Source: torch.nn.PReLU.
    """

    num_parameters: int = param("n", Whole(), "number of slopes: 1, or one per channel", default=1)

    def channels(self, shape: Shape) -> int:
        if self.num_parameters not in (1, shape[0]):
            raise ShapeError(
                f"{self.num_parameters} slopes do not go with {counted(shape[0], 'channel')}",
                hint=" or ".join(f"n={number}" for number in sorted({1, shape[0]})),
                param="num_parameters",
            )
        return shape[0]

    def tensors(self, shape: Shape) -> Tensors:
        return {"weight": (self.num_parameters,)}

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        return (Call("PReLU", {"num_parameters": self.num_parameters}),)


@register("dropout")
class Dropout(Layer):
    """Zero random values in training; written with its rank (dropout2d), whole channels.

    (channels, *size) -> the same.  Source: torch.nn.Dropout and Dropout2d.
    """

    ranked = True

    probability: int | float = param("p", Number(0, 1), "probability that a value is zeroed", default=0.5)

    def torch(self, shape: Shape) -> tuple[Call, ...]:
        rank = "" if self.rank is None else f"{self.rank}d"
        return (Call(f"Dropout{rank}", {"p": self.probability}),)
