"""The layer kinds, one file per family; importing the package registers them all, in this order."""

# isort: off
from convshape.layers import conv as conv
from convshape.layers import pool as pool
from convshape.layers import norm as norm
from convshape.layers import activation as activation
from convshape.layers import resize as resize
from convshape.layers import dense as dense
from convshape.layers import merge as merge

# isort: on
from convshape.layers.base import AXES, KINDS, Layer, Param, find, parameter, summary, words
from convshape.layers.merge import Merge
from convshape.layers.values import SOLVE, Padding, PaddingValue, Shape, ShapeValue, format_shape

__all__ = [
    "AXES",
    "KINDS",
    "SOLVE",
    "Layer",
    "Merge",
    "Padding",
    "PaddingValue",
    "Param",
    "Shape",
    "ShapeValue",
    "find",
    "format_shape",
    "parameter",
    "summary",
    "words",
]
