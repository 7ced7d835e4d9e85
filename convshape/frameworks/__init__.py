"""Frameworks: a table each of what a layer is there, by its class.

A table names the framework's functions and their arguments as data, and imports no framework: a backend
makes the calls, an exporter prints them.  A kind that a table lacks is one that the framework lacks.
This room may import `layers` and what stands below it.
"""

from typing import Any, NamedTuple

from convshape.layers import Shape


class Learned(NamedTuple):
    """An argument of a `Call` that is a learned tensor of its own: its name and shape."""

    name: str
    shape: Shape


class Call(NamedTuple):
    """A call of a framework's function, as data.

    `function` names a module, or a function that takes the tensor first: of several tensors two at a time,
    or, where it is `listed`, all in a list.
    """

    function: str
    arguments: dict[str, Any]
    listed: bool = False
