"""One interpreter for whole networks: it carries anything through a graph.

What is carried is a domain's: shapes, formulas, receptive fields, columns of sizes.  Layers are of three
sorts: those whose axes each come of one axis of one input (`through`), those in which several tensors meet
(`meet`), and those that mix axes (`opaque`).

This file may import `graph` and what stands below it.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

from convshape.errors import ShapeError, Span
from convshape.graph import Graph, Input, Op
from convshape.layers import Layer, parameter

A = TypeVar("A")


class Domain(Protocol[A]):
    """What is carried, and what layers do to it; a ShapeError is told with the place of the layer."""

    def start(self, input: Input) -> A:
        """What an input is."""

    def through(self, layer: Layer, carried: A) -> A:
        """What comes out of a layer of one input whose axes do not mix."""

    def meet(self, layer: Any, carried: tuple[A, ...]) -> A:
        """What comes of several tensors."""

    def opaque(self, layer: Layer, carried: tuple[A, ...]) -> A:
        """What comes out of a layer that mixes axes."""


def steps(graph: Graph, domain: Domain[A], *, keep: bool = True, known: Iterable[A] = ()) -> Iterator[A]:
    """What is carried, value by value, behind those that are `known` already.

    Without `keep`, what no later value needs is forgotten on the way.
    """
    last = {} if keep else {i: n for n, v in enumerate(graph.values) if isinstance(v, Op) for i in v.inputs}
    carried: list[Any] = list(known)
    for number, value in enumerate(islice(graph.values, len(carried), None), len(carried)):
        if isinstance(value, Input):
            carried.append(domain.start(value))
        else:
            layer, inputs = value.layer, value.inputs
            try:
                if not layer.by_axis:
                    carried.append(domain.opaque(layer, tuple([carried[i] for i in inputs])))
                elif layer.merges:
                    carried.append(domain.meet(layer, tuple([carried[i] for i in inputs])))
                else:
                    carried.append(domain.through(layer, carried[inputs[0]]))
            except ShapeError as error:
                raise error if error.placed else located(error, value) from None
        yield carried[-1]
        if not keep and isinstance(value, Op):
            for index in value.inputs:
                if last[index] == number:
                    carried[index] = None


def walk(graph: Graph, domain: Domain[A]) -> list[A]:
    """What is carried, for every value of the graph."""
    return list(steps(graph, domain))


def located(error: ShapeError, op: Op) -> ShapeError:
    """The error of a layer with what the layer does not know: its kind, and where it is written."""
    told = ShapeError(
        f"{op.layer.kind}: {error.message}",
        span=_guilty(op, error.param),
        hint=error.hint,
        param=error.param,
        sized=error.sized,
        lacking=error.lacking,
    )
    told.placed = True
    return told


def _guilty(op: Op, param: str | None) -> Span | None:
    """The word of an op's line that gives a parameter, or all of its layer where none does."""
    if op.origin is None:
        return None
    for word in op.origin.words():
        key, equals, _ = word.text.partition("=")
        declared = parameter(type(op.layer), key) if equals else None
        if declared is not None and declared.name == param:
            return word
    return op.origin
