"""convshape: the shapes and parameters of convolutional networks, from a line of text.

>>> from convshape import infer, parse, solve_input, solve_padding
>>> report = infer("conv k=5 out=6; tanh; avgpool k=2", input="1x32x32")
>>> report.output, report.totals.parameters
((6, 14, 14), 156)
>>> solve_padding("conv k=5 p=? out=6").solved[0].layer.spec()
'conv k=5 p=2 out=6'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convshape.errors import (
    BackendError,
    ConvshapeError,
    NoSolution,
    ShapeError,
    Source,
    Span,
    SpecError,
)
from convshape.layers import Layer, Shape
from convshape.network import Network, Node
from convshape.report import FLOAT32, TRIED, Report, Row, Totals, infer_network, needed_input
from convshape.spec import OUTPUT_SIZES, format_spec, parse, parse_shape

if TYPE_CHECKING:
    from convshape.inputs import InputReport, Working
    from convshape.solve import PaddingReport, Solved

__version__ = "0.1.0"

__all__ = [
    "BackendError",
    "ConvshapeError",
    "InputReport",
    "Layer",
    "Network",
    "NoSolution",
    "Node",
    "PaddingReport",
    "Report",
    "Row",
    "Shape",
    "ShapeError",
    "Solved",
    "Source",
    "Span",
    "SpecError",
    "Totals",
    "Working",
    "format_spec",
    "infer",
    "parse",
    "solve_input",
    "solve_padding",
]


# The solvers are loaded when they are asked for: inference needs none of them.
_SOLVERS = {"InputReport": "inputs", "Working": "inputs", "PaddingReport": "solve", "Solved": "solve"}


def __getattr__(name: str) -> Any:
    if name not in _SOLVERS:
        raise AttributeError(f"module 'convshape' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"convshape.{_SOLVERS[name]}"), name)


def infer(
    spec: str | Network,
    input: str | Shape | None = None,
    *,
    batch: int = 1,
    dtype: str = FLOAT32,
) -> Report:
    """Carry an input shape through a network, row by row.

    `spec` is text or a parsed Network; `input` is (channels, *spatial) or text such as ``3x224x224``, and
    overrides the spec's own.  `batch` samples of `dtype` (float32, float64, float16, bfloat16, int8, uint8)
    make the bytes of a row; shapes, parameters and MACs are those of one sample.

    Raises SpecError for text that is no network and ShapeError for a layer that refuses its input.

    >>> [row.output for row in infer("conv k=3 s=2 p=1 out=8; gap", (3, 9, 9)).rows]
    [(3, 9, 9), (8, 5, 5), (8, 1, 1)]
    """
    network, shape = _network(spec), _shape(input)
    try:
        return infer_network(network, shape, batch=batch, dtype=dtype)
    except ShapeError as error:
        from convshape.advice import advice  # only an error needs it

        error.hint = advice(network, needed_input(network, shape), error, given=shape is not None)
        raise


def solve_padding(
    spec: str | Network,
    input: str | Shape | None = None,
    output: str | tuple[int, ...] | None = None,
) -> PaddingReport:
    """Find the padding of every ``p=?``, or without any of every layer that has a padding.

    Each layer keeps its input's size; with `output` (a size, one per axis as in ``7x7``, or a whole shape)
    the last is chosen so that the network ends in that size.  Without an input shape the padding has to keep
    every size.

    Raises NoSolution where no padding works, and what `infer` raises.

    >>> solve_padding("conv k=3 s=2 p=? out=8", "3x8x8", "4x4").solved[0].solutions
    (((0, 1), (1, 1)), ((0, 1), (1, 1)))
    """
    from convshape.solve import solve_network, with_same

    network, shape, sizes = _network(spec), _shape(input), _sizes(output)
    try:
        return solve_network(network, shape, sizes)
    except ShapeError as error:
        known = shape or network.input
        if known is not None:
            from convshape.advice import advice  # only an error needs it

            error.hint = advice(
                with_same(network),
                known,
                error,
                given=shape is not None,
                attempt=lambda other: solve_network(network, other, sizes),
            )
        raise


def solve_input(
    spec: str | Network,
    input: str | Shape | None = None,
    *,
    output: str | tuple[int, ...] | None = None,
    lossless: bool = False,
    together: bool = False,
    tried: range = TRIED,
) -> InputReport:
    """Find the input sizes that work, axis by axis, among those `tried` (1 to 1,024).

    With `lossless`, only those that lose no border sample in any layer; with `output`, those that end in it;
    `together` gives all axes the same size.  `input` gives the channels, and the size of an axis while
    another is varied.

    Raises NoSolution, with the row that refuses the most sizes, where none works; SpecError or ShapeError for
    a network that works at no size.

    >>> solve_input("conv k=3 s=2 out=4", "1x9x9", lossless=True, tried=range(1, 10)).working[0].sizes
    (3, 5, 7, 9)
    """
    from convshape.inputs import solve_network_input

    return solve_network_input(
        _network(spec),
        _shape(input),
        output=_sizes(output),
        lossless=lossless,
        together=together,
        tried=tried,
    )


def _network(spec: str | Network) -> Network:
    return parse(spec) if isinstance(spec, str) else spec


def _shape(shape: str | Shape | None) -> Shape | None:
    return shape if shape is None else parse_shape(shape)


def _sizes(output: str | tuple[int, ...] | None) -> tuple[int, ...] | None:
    return output if output is None else parse_shape(output, name="output", expected=OUTPUT_SIZES)
