"""Inference: carry a shape through a network, and report it row by row with its totals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, overload

from convshape.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    ShapeError,
    UnknownName,
    UnknownRow,
    counted,
    did_you_mean,
    quoted,
)
from convshape.graph import Graph, Input, Op
from convshape.layers import AXES, Layer, Shape, format_shape
from convshape.records import Record, laid_out
from convshape.walk import steps

if TYPE_CHECKING:
    from fractions import Fraction

    from convshape.analyses.trace import Seen
    from convshape.axis import Formula

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


class Verdict(Record):
    """What a framework says of a row: confirmed, or not, or (None) not checked; and the details."""

    __slots__ = ("confirmed", "detail")

    confirmed: bool | None
    detail: str

    def __init__(self, confirmed: bool | None, detail: str = "") -> None:
        self._fill(confirmed, detail)

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        return "not checked" if self.confirmed is None else "ok" if self.confirmed else "DIFFERS"


OK = Verdict(True)


class Check(Record):
    """Which framework has confirmed a report."""

    __slots__ = ("backend", "version")

    backend: str
    version: str

    def __init__(self, backend: str, version: str) -> None:
        self._fill(backend, version)


class Traces:
    """What the rows of a report say of the network's input, worked out for all rows when one is asked.

    It knows the network and not the rows, which know it: a circle of them would be garbage to collect.
    """

    __slots__ = ("_fields", "_formulas", "_input", "_network")

    def __init__(self, network: Graph, input: Shape | None) -> None:
        self._network = network
        self._input = input
        self._fields: list[tuple[Seen, ...]] | None = None
        self._formulas: list[tuple[Formula | None, ...]] | None = None

    def fields(self, report: Report | None = None) -> list[tuple[Seen, ...]]:
        """What each row sees of each axis of the input; `report` saves inferring the rows anew."""
        if self._fields is None:
            from convshape.analyses.trace import receptive_fields

            self._fields = receptive_fields(report or infer_network(self._network, self._input))
        return self._fields

    def formulas(self, report: Report | None = None) -> list[tuple[Formula | None, ...]]:
        """The size of each row as a formula of the input size, axis by axis."""
        if self._formulas is None:
            from convshape.analyses.trace import formulas

            self._formulas = formulas(report or infer_network(self._network, self._input))
        return self._formulas


class _Draft(Record):
    """A row while it is made: there are many, and what does not change is slow to set."""

    __slots__ = ("index", "name", "op", "inputs", "shapes", "facts", "memory", "verdict", "_traces")

    # Both, for only then Python sets values the fast way.
    __setattr__ = object.__setattr__  # type: ignore[assignment]
    __delattr__ = object.__delattr__

    index: int
    name: str | None
    op: Op | None
    inputs: tuple[int, ...]
    shapes: tuple[Shape, ...]
    facts: Facts
    memory: int
    verdict: Verdict | None
    _traces: Traces


class Row(_Draft):
    """One row of a report: an op of the network, or an input (no op).

    `inputs` are the rows that it takes its inputs from, `shapes` their shapes, and `memory` is the bytes of
    the output of the whole batch.  `verdict` is there once a framework was asked.  Every column of a table
    is an attribute.
    """

    __slots__ = ()

    __setattr__ = Record.__setattr__
    __delattr__ = Record.__delattr__

    def __new__(
        cls,
        index: int,
        name: str | None,
        op: Op | None,
        inputs: tuple[int, ...],
        shapes: tuple[Shape, ...],
        facts: Facts,
        memory: int,
        verdict: Verdict | None,
        _traces: Traces,
    ) -> Row:
        draft: Any = object.__new__(_Draft)
        draft.index = index
        draft.name = name
        draft.op = op
        draft.inputs = inputs
        draft.shapes = shapes
        draft.facts = facts
        draft.memory = memory
        draft.verdict = verdict
        draft._traces = _traces
        draft.__class__ = cls
        row: Row = draft
        return row

    def __repr__(self) -> str:
        return f"<Row #{self.index} {self.layer} -> {format_shape(self.output)}>"

    @property
    def layer(self) -> str:
        """The row's line in a spec, with its name if it has one."""
        return self.spec if self.name is None else f"{self.name}: {self.spec}"

    @property
    def kind(self) -> str:
        """The kind of the layer, in its canonical name."""
        return "input" if self.op is None else self.op.layer.kind

    @property
    def spec(self) -> str:
        """The row's line in a spec, in normal form."""
        return "input" if self.op is None else self.op.text

    @property
    def input(self) -> Shape | None:
        """The input shape, of a merge that of the first; None of the network's input."""
        return self.shapes[0] if self.shapes else None

    @property
    def output(self) -> Shape:
        """The output shape, (channels, *spatial)."""
        return self.facts.output

    @property
    def channels(self) -> int:
        """Output channels, or features."""
        return self.facts.output[0]

    @property
    def size(self) -> tuple[int, ...]:
        """The output size, one number for each axis."""
        return self.facts.output[1:]

    @property
    def tensors(self) -> dict[str, Shape]:
        """The shapes of the learned tensors, by name."""
        return dict(self.facts.tensors)

    @property
    def weight(self) -> Shape | None:
        """The shape of the weight."""
        return self.facts.tensors.get("weight")

    @property
    def bias(self) -> Shape | None:
        """The shape of the bias."""
        return self.facts.tensors.get("bias")

    @property
    def parameters(self) -> int:
        """Learned parameters."""
        return self.facts.parameters

    @property
    def macs(self) -> int:
        """Multiply-adds of one sample."""
        return self.facts.macs

    @property
    def flops(self) -> int:
        """Floating-point operations of one sample, two for each multiply-add."""
        return 2 * self.facts.macs

    @property
    def receptive_field(self) -> tuple[int | None, ...]:
        """Input samples that one output sample sees, along each axis."""
        return tuple(seen.size for seen in self._traces.fields()[self.index])

    @property
    def jump(self) -> tuple[int | Fraction | None, ...]:
        """Input samples from one output sample to the next, along each axis."""
        from fractions import Fraction

        jumps = [seen.jump for seen in self._traces.fields()[self.index]]
        return tuple(None if jump is None else jump[0] if jump[1] == 1 else Fraction(*jump) for jump in jumps)

    @property
    def start(self) -> tuple[int | None, ...]:
        """The first input sample that the first output sample sees, along each axis."""
        return tuple(seen.start for seen in self._traces.fields()[self.index])

    @property
    def formula(self) -> tuple[str | None, ...] | None:
        """The output size as a formula of the network's input size, along each axis.

        None where the row does not have the axes of the input, and of an axis that has no closed form.
        """
        axes = self._traces.formulas()[self.index]
        return tuple(f and f.text(name) for f, name in zip(axes, AXES[len(axes)], strict=True)) or None

    @property
    def unused(self) -> tuple[int, ...] | None:
        """The samples at the end of each axis that no window reaches; None where axes have no windows."""
        return self.facts.unused

    @property
    def dense(self) -> int | None:
        """The parameters that a fully-connected layer between the same shapes would need.

        For the layers that weigh their input (those with MACs), with a bias where they have one.
        """
        if self.facts.macs == 0:
            return None
        outputs = self.facts.values
        return math.prod(self.shapes[0]) * outputs + (outputs if "bias" in self.facts.tensors else 0)

    @property
    def check(self) -> str | None:
        """What a framework says: ok, DIFFERS or not checked; None where none was asked."""
        return None if self.verdict is None else self.verdict.word

    @property
    def remark(self) -> str:
        """What a reader should not miss: inputs other than the row above, and samples that are not used."""
        remarks = []
        if self.inputs and self.inputs != (self.index - 1,):
            remarks.append(f"from {', '.join(f'#{index}' for index in self.inputs)}")
        lost = self.facts.unused
        if lost is not None and any(lost):
            each = [last_of(axis, n) for n, axis in zip(lost, AXES[len(lost)], strict=True) if n]
            remarks.append(f"unused: {', '.join(each)}")
        return "; ".join(remarks)


COLUMNS = (
    *("index", "layer", "name", "kind", "spec", "inputs", "input", "output", "channels", "size", "tensors"),
    *("weight", "bias", "parameters", "macs", "flops", "memory", "receptive_field", "jump", "start"),
    *("formula", "unused", "dense", "check", "remark"),
)
"""The columns of a report, each an attribute of its rows."""


class Totals(Record):
    """Sums over the rows.

    `memory` is the bytes of all outputs, the input among them; `peak_memory` the most that is in use at any
    row when every tensor is kept until its last use.
    """

    __slots__ = ("parameters", "macs", "memory", "peak_memory")

    parameters: int
    macs: int
    memory: int
    peak_memory: int

    def __init__(self, parameters: int, macs: int, memory: int, peak_memory: int) -> None:
        self._fill(parameters, macs, memory, peak_memory)


class Report(Record):
    """What `infer` found: the rows, the input being row 0, and the totals.

    ``report[1]`` is row 1 and ``report["conv1"]`` the row of that name (the last one, where a name is given
    again); iteration is over the rows.
    """

    __slots__ = ("network", "rows", "totals", "check")

    network: Graph
    rows: tuple[Row, ...]
    totals: Totals
    check: Check | None

    def __init__(
        self, network: Graph, rows: tuple[Row, ...], totals: Totals, check: Check | None = None
    ) -> None:
        self._fill(network, rows, totals, check)

    @property
    def input(self) -> Shape:
        """The input shape."""
        return self.rows[0].output

    @property
    def output(self) -> Shape:
        """The final shape."""
        return self.rows[self.network.output].output

    def fields_of_rows(self) -> list[tuple[Seen, ...]]:
        """What each row sees of each axis of the input."""
        return self.rows[0]._traces.fields(self)

    def formulas_of_rows(self) -> list[tuple[Formula | None, ...]]:
        """The size of each row as a formula of the input size, axis by axis."""
        return self.rows[0]._traces.formulas(self)

    def column(self, name: str) -> tuple[Any, ...]:
        """The values of a column, one for each row; an error for a name that no column has."""
        if name not in COLUMNS:
            hint = (
                did_you_mean(name, COLUMNS, f"there are {', '.join(COLUMNS)}")
                if isinstance(name, str)
                else None
            )
            raise ArgumentValueError(f"name takes a column of a report, not {name!r}", hint=hint)
        return tuple(getattr(row, name) for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values, which docs/json.md describes."""
        from convshape.analyses.documents import of_report

        return of_report(self)

    def to_json(self) -> str:
        """The report as JSON, as `convshape infer -f json` prints it."""
        return laid_out(self.to_dict())

    @overload
    def __getitem__(self, row: int | str) -> Row: ...

    @overload
    def __getitem__(self, row: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, row: int | str | slice) -> Row | tuple[Row, ...]:
        if isinstance(row, str):
            return self._named(row)
        try:
            return self.rows[row]
        except IndexError:
            raise UnknownRow(
                f"there is no row {row}: the report has {counted(len(self.rows), 'row')}, row 0 the input"
            ) from None
        except TypeError:
            raise ArgumentTypeError(
                f"a report takes the index of a row or its name, not {type(row).__name__}"
            ) from None

    def _named(self, name: str) -> Row:
        row = next((row for row in reversed(self.rows) if row.name == name), None)
        if row is None:
            names = [row.name for row in self.rows if row.name is not None]
            hint = did_you_mean(name, names, "'NAME: conv ...' in the spec gives a row its name")
            raise UnknownName(f"no row is called {quoted(name)}", hint=hint)
        return row

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __hash__(self) -> int:
        return hash((self.rows, self.totals, self.check))

    def __repr__(self) -> str:
        totals = self.totals
        return (
            f"<Report of {counted(len(self.rows) - 1, 'layer')}: "
            f"{format_shape(self.input)} -> {format_shape(self.output)}, "
            f"{totals.parameters:,} parameters, {totals.macs:,} MACs>"
        )


def tally(report: Report) -> tuple[int, int, int]:
    """How many rows a framework confirmed, contradicted, and did not see."""
    verdicts = [row.verdict.confirmed for row in report.rows if row.verdict is not None]
    return verdicts.count(True), verdicts.count(False), verdicts.count(None)


class Shapes:
    """The domain of inference: an output shape and what follows from it; equal steps are taken once."""

    def __init__(self, shapes: dict[int, Shape] | None = None) -> None:
        self.given = dict(shapes or {})
        self._inputs = 0
        self._known: dict[tuple[Layer, tuple[Shape, ...]], Facts] = {}

    def start(self, input: Input) -> Facts:
        """An input has the shape that is given for it, else its own."""
        shape = self.given.get(self._inputs, input.shape)
        self._inputs += 1
        return Facts(needed_input(shape))

    def through(self, layer: Layer, carried: Facts) -> Facts:
        """What a layer makes of one tensor."""
        return self.opaque(layer, (carried,))

    def meet(self, layer: Layer, carried: tuple[Facts, ...]) -> Facts:
        """What a merge makes of several."""
        return self.opaque(layer, carried)

    def opaque(self, layer: Layer, carried: tuple[Facts, ...]) -> Facts:
        """The facts of a layer on the shapes that come in."""
        shapes = tuple([facts.output for facts in carried])
        facts = self._known.get((layer, shapes))
        if facts is None:
            facts = self._known[layer, shapes] = Facts.of(layer, shapes)
        return facts


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


def infer_network(network: Graph, input: Shape | None, *, batch: int = 1, dtype: str = FLOAT32) -> Report:
    """Carry `input` (else the network's own) through the network.

    `batch` samples of `dtype` make the bytes of a row; shapes, parameters and MACs are those of one sample.
    A ShapeError where a layer refuses what comes into it, or no input shape is known.
    """
    bytes_per_value = batch * ITEM_SIZES[dtype]
    traces = Traces(network, input)
    known: list[Facts] = []
    rows = []
    values = zip(network.values, steps(network, Shapes({} if input is None else {0: input})), strict=True)
    for index, (value, facts) in enumerate(values):
        known.append(facts)
        op = value if isinstance(value, Op) else None
        inputs = () if op is None else op.inputs
        shapes = tuple([known[i].output for i in inputs])
        memory = facts.values * bytes_per_value
        rows.append(Row(index, value.name, op, inputs, shapes, facts, memory, None, traces))
    return Report(network, tuple(rows), _totals(rows, network.output))


def needed_input(shape: Shape | None) -> Shape:
    """The shape of an input; an error where it is not known."""
    if shape is None:
        raise ArgumentValueError(
            "no input shape is given",
            hint="input=\"3x224x224\", or 'input 3x224x224' as the first line of the spec",
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
            last_use[index] = row.index
    last_use[output] = len(rows)
    ending = [0] * (len(rows) + 1)
    for row, last in zip(rows, last_use, strict=True):
        ending[last] += row.memory
    alive = peak = at = 0
    for row, ends in zip(rows, ending, strict=False):
        alive += row.memory
        if alive > peak:
            peak, at = alive, row.index
        alive -= ends
    return peak, at
