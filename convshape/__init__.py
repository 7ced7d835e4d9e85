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

from convshape.analyses.report import Check, Report, Row, Totals, Verdict
from convshape.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    BackendError,
    ConvshapeError,
    GraphError,
    NoSolution,
    ShapeError,
    Source,
    Span,
    SpecError,
    UnknownName,
    UnknownRow,
)
from convshape.graph import Builder, Graph, Input, Op, Region
from convshape.layers import Layer, Shape
from convshape.library import check, explain, format_spec, infer, parse, solve_input, solve_padding

if TYPE_CHECKING:
    from convshape.analyses.explain import Section
    from convshape.analyses.inputs import InputReport, Working
    from convshape.analyses.padding import PaddingReport, Solved

__version__ = "0.1.0"

__all__ = [
    "ArgumentTypeError",
    "ArgumentValueError",
    "BackendError",
    "Builder",
    "Check",
    "ConvshapeError",
    "Graph",
    "GraphError",
    "Input",
    "InputReport",
    "Layer",
    "NoSolution",
    "Op",
    "PaddingReport",
    "Region",
    "Report",
    "Row",
    "Section",
    "Shape",
    "ShapeError",
    "Solved",
    "Source",
    "Span",
    "SpecError",
    "Totals",
    "UnknownName",
    "UnknownRow",
    "Verdict",
    "Working",
    "check",
    "explain",
    "format_spec",
    "infer",
    "parse",
    "solve_input",
    "solve_padding",
]


# What inference does not need is loaded when it is asked for.
_LATER = {
    "InputReport": "analyses.inputs",
    "Working": "analyses.inputs",
    "PaddingReport": "analyses.padding",
    "Solved": "analyses.padding",
    "Section": "analyses.explain",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "networks":
        return import_module("convshape.networks")
    if name not in _LATER:
        raise AttributeError(f"module 'convshape' has no attribute '{name}'")
    return getattr(import_module(f"convshape.{_LATER[name]}"), name)
