"""One axis, sizes only: no layers, no networks, no text but that of formulas.

Windows and the other maps of sizes, formulas of chains of them, and receptive fields.  This room may import
`errors` alone.
"""

from convshape.axis.closed import Closed
from convshape.axis.formula import Formula
from convshape.axis.maps import LARGEST, AxisMap, Pair, split, where
from convshape.axis.resize import Adaptive, Resize
from convshape.axis.transposed import TransposedWindow
from convshape.axis.window import IDENTITY, Restricted, Same, Window

__all__ = [
    "IDENTITY",
    "LARGEST",
    "Adaptive",
    "AxisMap",
    "Closed",
    "Formula",
    "Pair",
    "Resize",
    "Restricted",
    "Same",
    "TransposedWindow",
    "Window",
    "split",
    "where",
]
