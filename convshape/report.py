"""Inference: carry a shape through a network, and report it row by row with its totals."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, Self

from convshape.errors import ConvshapeError, ShapeError, Span
from convshape.layers import Layer, Shape, parameter
from convshape.network import Network, Node

ITEM_SIZES = {
    "float32": 4,
    "float64": 8,
    "float16": 2,
    "bfloat16": 2,
    "int8": 1,
    "uint8": 1,
}
"""Bytes of one value, by dtype; the first is the default."""

FLOAT32 = next(iter(ITEM_SIZES))

TRIED = range(1, 1025)
"""The input sizes that are tried for one that works, unless the caller says otherwise."""

MOST_VALUES = 10**100
"""How many values a tensor may have: far beyond any network, and short enough to count and to print."""


class Facts:
    """What follows from an output shape, the layer that it comes from, and the (first) shape that went in."""

    def __init__(self, output: Shape, layer: Layer | None = None, shape: Shape = ()) -> None:
        self._made_by = (layer, shape)
        self.output = output
        self.values = math.prod(output)
        self.tensors = {} if layer is None else layer.tensors(shape)
        self.parameters = sum(map(math.prod, self.tensors.values()))
        self.macs = 0 if layer is None else layer.macs(shape, output)

    @classmethod
    def of(cls, layer: Layer, shapes: tuple[Shape, ...]) -> Self:
        """Those of a layer on shapes; a ShapeError where it does not accept them."""
        facts = cls(layer.output(*shapes), layer, shapes[0])
        if facts.values > MOST_VALUES:  # a repeat can double a shape a million times
            raise ShapeError(
                "its output has too many values: the limit is 10^100", hint="repeat it fewer times"
            )
        return facts

    @cached_property
    def unused(self) -> tuple[int, ...] | None:
        """The samples at the end of each axis that no window reaches; None where axes have no windows."""
        layer, shape = self._made_by
        return None if layer is None else layer.unused(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and (self.output, self._made_by) == (other.output, other._made_by)

    def __hash__(self) -> int:
        return hash((self.output, self._made_by))

    def __repr__(self) -> str:
        return f"Facts(output={self.output}, tensors={self.tensors}, macs={self.macs}, unused={self.unused})"


class Verdict(NamedTuple):
    """What a framework says of a row: confirmed, or not, or (None) not checked; and the details."""

    confirmed: bool | None
    detail: str = ""

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        return "not checked" if self.confirmed is None else "ok" if self.confirmed else "DIFFERS"


OK = Verdict(True)


class Check(NamedTuple):
    """Which framework has confirmed a report."""

    backend: str
    version: str


class Row(NamedTuple):
    """One row of a report: a node of the network, or the network's input (number 0, no node).

    `inputs` are the numbers of the rows that it takes its inputs from, `shapes` their shapes, and `memory`
    is the bytes of the output of the whole batch.  `verdict` is there once a framework was asked.
    """

    number: int
    name: str | None
    node: Node | None
    inputs: tuple[int, ...]
    shapes: tuple[Shape, ...]
    facts: Facts
    memory: int
    verdict: Verdict | None = None

    @property
    def output(self) -> Shape:
        """The output shape, (channels, *spatial)."""
        return self.facts.output

    @property
    def kind(self) -> str:
        """The kind of the layer, in its canonical name."""
        return "input" if self.node is None else self.node.layer.kind

    @property
    def text(self) -> str:
        """The row's line in a spec, in normal form."""
        return "input" if self.node is None else self.node.text

    @property
    def dense(self) -> int | None:
        """The parameters that a fully-connected layer between the same shapes would need.

        For the layers that weigh their input (those with MACs), with a bias where they have one.
        """
        if self.facts.macs == 0:
            return None
        outputs = self.facts.values
        return math.prod(self.shapes[0]) * outputs + (outputs if "bias" in self.facts.tensors else 0)


class Totals(NamedTuple):
    """Sums over the rows.

    `memory` is the bytes of all outputs, the input among them; `peak_memory` the most that is in use at any
    row when every tensor is kept until its last use.
    """

    parameters: int
    macs: int
    memory: int
    peak_memory: int


class Report(NamedTuple):
    """What `infer` found: the rows, the input being row 0, and the totals."""

    network: Network
    rows: tuple[Row, ...]
    totals: Totals
    check: Check | None = None

    @property
    def input(self) -> Shape:
        """The input shape."""
        return self.rows[0].output

    @property
    def output(self) -> Shape:
        """The final shape."""
        return self.rows[self.network.output].output


def tally(report: Report) -> tuple[int, int, int]:
    """How many rows a framework confirmed, contradicted, and did not see."""
    verdicts = [row.verdict.confirmed for row in report.rows if row.verdict is not None]
    return verdicts.count(True), verdicts.count(False), verdicts.count(None)


class Carrier:
    """Carries shapes through the nodes of a network; equal layers on equal shapes are worked out once."""

    def __init__(self, input: Shape) -> None:
        self.outputs: list[Shape] = [input]
        self._known: dict[tuple[Layer, tuple[Shape, ...]], Facts] = {}

    def fork(self) -> "Carrier":
        """Another carrier that goes on from here."""
        other = Carrier(self.outputs[0])
        other.outputs = list(self.outputs)
        other._known = self._known
        return other

    def inputs(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that come into a node."""
        return tuple(map(self.outputs.__getitem__, node.inputs))

    def carry(self, node: Node) -> tuple[tuple[Shape, ...], Facts]:
        """Take the next node: what comes into it, and what follows.

        A ShapeError that shows where it is written if it refuses.
        """
        shapes = self.inputs(node)
        key = (node.layer, shapes)
        facts = self._known.get(key)
        if facts is None:
            try:
                facts = Facts.of(node.layer, shapes)
            except ShapeError as error:
                raise located(error, node) from None
            self._known[key] = facts
        self.outputs.append(facts.output)
        return shapes, facts


def located(error: ShapeError, node: Node) -> ShapeError:
    """The error of a layer with what the layer does not know: its kind, and where it is written."""
    return ShapeError(
        f"{node.layer.kind}: {error.message}",
        span=_guilty(node, error.param),
        hint=error.hint,
        param=error.param,
        sized=error.sized,
        lacking=error.lacking,
    )


def _guilty(node: Node, param: str | None) -> Span:
    """The word of a node's line that gives a parameter, or all of its layer where none does."""
    words = list(node.span.words())
    for word in words:
        key, equals, _ = word.text.partition("=")
        declared = parameter(type(node.layer), key) if equals else None
        if declared is not None and declared.name == param:
            return word
    return node.span


def likewise(axes: Sequence[str]) -> str:
    """What stands behind a formula of one axis that holds for others too.

    >>> "H' = H / 2" + likewise(["W"])
    "H' = H / 2 (W' likewise)"
    """
    return f" ({' and '.join(axis + chr(39) for axis in axes)} likewise)" if axes else ""


_AT_THE_END = {"D": "depth slice", "H": "row", "W": "column", "L": "sample"}


def last_of(axis: str, count: int) -> str:
    """The last samples of an axis as people call them.

    >>> last_of("H", 1), last_of("W", 2)
    ('last row', 'last 2 columns')
    """
    word = _AT_THE_END[axis]
    return f"last {word}" if count == 1 else f"last {count:,} {word}s"


def infer_network(network: Network, input: Shape | None, *, batch: int = 1, dtype: str = FLOAT32) -> Report:
    """Carry `input` (else the network's own) through the network.

    `batch` samples of `dtype` make the bytes of a row; shapes, parameters and MACs are those of one sample.
    A ShapeError where a layer refuses what comes into it, or no input shape is known.
    """
    shape = needed_input(network, input)
    bytes_per_value = batch * ITEM_SIZES[dtype]
    carrier = Carrier(shape)
    names = network.names
    given = Facts(shape)
    rows = [Row(0, names.get(0), None, (), (), given, given.values * bytes_per_value)]
    for index, node in enumerate(network.nodes, 1):
        shapes, facts = carrier.carry(node)
        memory = facts.values * bytes_per_value
        rows.append(Row(index, names.get(index), node, node.inputs, shapes, facts, memory))
    return Report(network, tuple(rows), _totals(rows, network.output))


def needed_input(network: Network, input: Shape | None) -> Shape:
    """The input shape that was given, else the network's own; an error where there is neither."""
    shape = input or network.input
    if shape is None:
        raise ConvshapeError(
            "no input shape is given",
            hint="-i 3x224x224, or 'input 3x224x224' as the first line of the spec",
        )
    return shape


def _totals(rows: list[Row], output: int) -> Totals:
    return Totals(
        parameters=sum(row.facts.parameters for row in rows),
        macs=sum(row.facts.macs for row in rows),
        memory=sum(row.memory for row in rows),
        peak_memory=_peak(rows, output)[0],
    )


def peak_row(report: Report) -> Row:
    """The first row at which the most memory is in use."""
    return report.rows[_peak(report.rows, report.network.output)[1]]


def _peak(rows: Sequence[Row], output: int) -> tuple[int, int]:
    """The most bytes in use, and the row: a tensor lives from its row to the last row that takes it in."""
    last_use = list(range(len(rows)))
    for row in rows:
        for index in row.inputs:
            last_use[index] = row.number
    last_use[output] = len(rows)
    ending = [0] * (len(rows) + 1)
    for row, last in zip(rows, last_use, strict=True):
        ending[last] += row.memory
    alive = peak = at = 0
    for row, ends in zip(rows, ending, strict=False):
        alive += row.memory
        if alive > peak:
            peak, at = alive, row.number
        alive -= ends
    return peak, at
