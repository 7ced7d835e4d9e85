"""The answer of `infer`: a report as a sheet of columns, as data, as a spec, as a shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from convshape.analyses.documents import fraction, layers_of
from convshape.analyses.report import Report, Row, Totals, likewise, peak_row
from convshape.errors import ArgumentValueError, nearest, quoted
from convshape.formats.answer import Cell, Column, Sheet, rounded, rounded_bytes
from convshape.graph import Graph
from convshape.language.write import format_spec
from convshape.layers import AXES, format_shape

if TYPE_CHECKING:
    from convshape.analyses.trace import Seen
    from convshape.axis import Formula


class ReportColumn:
    """A column of a report: what it says of each row, and of the whole."""

    def __init__(
        self,
        doc: str,
        cells: Callable[[Inference], list[Cell]],
        total: Callable[[Totals], Cell] | None = None,
        *,
        title: str = "",
        numeric: bool = True,
    ) -> None:
        self.doc = doc
        self.cells = cells
        self.total = total
        self.title = title
        self.numeric = numeric


def _each(value: Callable[[Row], Cell]) -> Callable[[Inference], list[Cell]]:
    """Cells that each row tells by itself."""
    return lambda answer: [value(row) for row in answer.report.rows]


def _sees(part: Callable[[Seen], int | str | None]) -> Callable[[Inference], list[Cell]]:
    """Cells that tell a part of what each row sees of the input, axis by axis."""
    return lambda answer: [_joined([part(seen) for seen in axes]) for axes in answer.report.fields_of_rows()]


def _joined(values: list[int | str | None]) -> str | None:
    """One value per axis, a dash for what is not defined; nothing where no axis has one."""
    if all(value is None for value in values):
        return None
    return "x".join("-" if value is None else str(value) for value in values)


def _formula(axes: tuple[Formula | None, ...]) -> str | None:
    """The formulas of a row, once where they differ in the name of the axis alone."""
    names = AXES[len(axes)]
    if None in axes or not axes:
        return None
    texts = [formula.text(name) for formula, name in zip(axes, names, strict=True) if formula]
    return texts[0] if len(set(axes)) == 1 else "; ".join(texts)


def _size_text(formula: Formula | None, name: str) -> str:
    return f"{name}' has no closed form" if formula is None else f"{name}' = {formula.text(name)}"


def _varies(axes: tuple[Formula | None, ...]) -> bool:
    """Whether a row's size depends on that of the input."""
    return any(formula is None or formula.closed.factor != 0 for formula in axes)


def _indents(network: Graph) -> list[str]:
    """Two characters for each branch that a row stands in, with a bar where it begins one."""
    return ["  " * (depth - begun) + "| " * begun for depth, begun in network.branches()]


LAYER, SIZE, _CHECK = "layer", "size", "check"

COLUMNS: dict[str, ReportColumn] = {
    "index": ReportColumn("the number of the row, 0 for the input", _each(lambda r: r.index), title="#"),
    LAYER: ReportColumn(
        "the layer as in a spec, with its name if it has one", _each(lambda r: r.layer), numeric=False
    ),
    "name": ReportColumn("the name of the row's tensor", _each(lambda r: r.name), numeric=False),
    "kind": ReportColumn("the kind of layer", _each(lambda r: r.kind), numeric=False),
    "spec": ReportColumn("the layer as in a spec", _each(lambda r: r.spec), numeric=False),
    "inputs": ReportColumn(
        "the rows that its inputs come from",
        _each(lambda r: ",".join(map(str, r.inputs)) or None),
        numeric=False,
    ),
    "input": ReportColumn(
        "the input shape, or those of a merge",
        _each(lambda r: ",".join(map(format_shape, r.shapes)) or None),
    ),
    "output": ReportColumn("the output shape", _each(lambda r: r.output)),
    "channels": ReportColumn("output channels, or features", _each(lambda r: r.channels)),
    SIZE: ReportColumn("the output size, a column for each axis", _each(lambda r: r.size)),
    "tensors": ReportColumn(
        "the learned tensors with their shapes",
        _each(lambda r: " ".join(f"{n}={format_shape(s)}" for n, s in r.tensors.items()) or None),
        numeric=False,
    ),
    "weight": ReportColumn("the shape of the weight", _each(lambda r: r.weight)),
    "bias": ReportColumn("the shape of the bias", _each(lambda r: r.bias)),
    "parameters": ReportColumn("learned parameters", _each(lambda r: r.parameters), lambda t: t.parameters),
    "macs": ReportColumn("multiply-adds of one sample", _each(lambda r: r.macs), lambda t: t.macs),
    "flops": ReportColumn(
        "floating-point operations of one sample, two per multiply-add",
        _each(lambda r: r.flops),
        lambda t: 2 * t.macs,
    ),
    "memory": ReportColumn("bytes of the output", _each(lambda r: r.memory), lambda t: t.memory),
    "receptive_field": ReportColumn(
        "input samples that one output sample sees, along each axis", _sees(lambda s: s.size)
    ),
    "jump": ReportColumn(
        "input samples from one output sample to the next, along each axis",
        _sees(lambda s: fraction(s.jump)),
    ),
    "start": ReportColumn(
        "the first input sample that the first output sample sees, along each axis", _sees(lambda s: s.start)
    ),
    "formula": ReportColumn(
        "the output size as a formula of the network's input size",
        lambda answer: [_formula(axes) for axes in answer.report.formulas_of_rows()],
        numeric=False,
    ),
    "unused": ReportColumn(
        "samples at the end of each axis that no window reaches", _each(lambda r: r.unused or None)
    ),
    "dense": ReportColumn(
        "parameters of a fully-connected layer between the same shapes", _each(lambda r: r.dense)
    ),
    _CHECK: ReportColumn(
        "what --check found: ok, DIFFERS or not checked; also called torch",
        _each(lambda r: r.check),
        numeric=False,
    ),
    "remark": ReportColumn(
        "inputs other than the row above, and unused samples", _each(lambda r: r.remark), numeric=False
    ),
}
"""Every column by its name."""

_USUAL = ("index", LAYER, "channels", SIZE, "parameters")


class Inference:
    """The answer of `infer`."""

    def __init__(self, report: Report, *, batch: int, dtype: str) -> None:
        self.report: Report = report
        self.batch = batch
        self.dtype = dtype

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        report = self.report
        names = tuple(columns or _USUAL)
        if report.check is not None:
            # The column is called by what fills it.
            backend = report.check.backend
            names = tuple(_CHECK if name == backend else name for name in names)
            if columns is None:
                names = (*names, _CHECK)
        if columns is None and drawn and any(row.remark for row in report.rows):
            names = (*names, "remark")
        rank = max(len(row.output) for row in report.rows) - 1
        parts = [part for name in names for part in _parts(name, rank)]
        if report.check is not None:
            parts = [_titled(part, _CHECK, report.check.backend) for part in parts]
        totals = [None if total is None else total(report.totals) for _, _, total in parts]
        return Sheet(
            columns=tuple(column for column, _, _ in parts),
            rows=list(zip(*(cells(self) for _, cells, _ in parts), strict=True)),
            indents=_indents(report.network) if drawn else None,
            total=_total_line(names, parts, totals) if drawn else None,
            notes=(self._counts(), *self._own_formula()) if drawn and columns is None else (),
        )

    def _own_formula(self) -> Iterator[str]:
        """The IO shape formula of the whole network.

        Of a network that ends without the axes of its input, or in one size whatever the input, that of as
        much of it as does not.
        """
        output = self.report.network.output
        last = next((n for n in range(output, 0, -1) if _varies(self.report.formulas_of_rows()[n])), None)
        if last is None:
            return
        part = "" if last == output else f"up to #{last}: "
        axes = self.report.formulas_of_rows()[last]
        first, *others = AXES[len(axes)]
        if len(set(axes)) == 1 and others:
            yield f"{part}{_size_text(axes[0], first)}{likewise(others)}"
        else:
            for formula, name in zip(axes, [first, *others], strict=True):
                yield f"{part}{_size_text(formula, name)}"

    def _counts(self) -> str:
        totals = self.report.totals
        batch = f"a batch of {self.batch:,}" if self.batch > 1 else "one sample"
        peak = peak_row(self.report)
        return (
            f"{rounded(totals.macs)} MACs; activations of {batch} in {self.dtype}: "
            f"{rounded_bytes(totals.memory)}, peak {rounded_bytes(totals.peak_memory)} "
            f"at #{peak.index} ({peak.name or peak.kind})"
        )

    def document(self) -> dict[str, Any]:
        return self.report.to_dict()

    def entries(self) -> list[dict[str, Any]]:
        return layers_of(self.report)

    def spec(self) -> str:
        return format_spec(self.report.network, self.report.input)

    def shape(self) -> str:
        return format_shape(self.report.output)


_Part = tuple[Column, Callable[[Inference], list[Cell]], Callable[[Totals], Cell] | None]


def _parts(name: str, rank: int) -> list[_Part]:
    """The sheet's columns for one of ours: one, or for the size one for each axis."""
    if name not in COLUMNS:
        match = nearest(name, list(COLUMNS))
        raise ArgumentValueError(
            f"there is no column {quoted(name)}",
            hint=(f"did you mean '{match}'? " if match else "") + f"there are {', '.join(COLUMNS)}",
        )
    ours = COLUMNS[name]
    if name != SIZE:
        layer = name == LAYER
        column = Column(name, ours.title or name, numeric=ours.numeric, folds=not ours.numeric, indents=layer)
        return [(column, ours.cells, ours.total)]
    return [
        (Column(axis, f"{axis}'", numeric=True), _size_of(index - rank), None)
        for index, axis in enumerate(AXES[rank])
    ]


def _titled(part: _Part, name: str, title: str) -> _Part:
    """The part under another title, where it is the column of that name."""
    column, cells, total = part
    return (Column(title, title), cells, total) if column.name == name else part


def _size_of(from_end: int) -> Callable[[Inference], list[Cell]]:
    """The size of an axis, counted from the last one; a flat tensor has none."""
    return _each(lambda row: row.output[from_end] if len(row.output) > -from_end else None)


def _total_line(names: Sequence[str], parts: list[_Part], totals: list[Cell]) -> tuple[Cell, ...] | None:
    if all(total is None for total in totals):
        return None
    # The word goes into the first column that has no total, the layer's where it is shown.
    free = [i for i, total in enumerate(totals) if total is None]
    place = next((i for i in free if parts[i][0].indents), free[0] if free else None)
    return tuple("total" if i == place else total for i, total in enumerate(totals))
