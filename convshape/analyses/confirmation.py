"""Confirming a report: what is compared, what is too large and what runs twice, for every backend alike."""

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

from convshape.analyses.backends import MAX_BYTES
from convshape.analyses.report import OK, Check, Report, Row, Verdict
from convshape.frameworks import Call
from convshape.layers import Layer, Shape, format_shape

_BYTES_PER_VALUE = 4


class Measured(NamedTuple):
    """What a framework made of a row: the output shape and every learned tensor, by name."""

    output: Shape
    tensors: dict[str, Shape]


class OutOfMemory(Exception):
    """The framework could not allocate what a row needs."""


class Refused(Exception):
    """The framework refused a row; the argument is what it said."""


class Backend(Protocol):
    """A framework at work."""

    name: str
    version: str

    def calls(self, layer: Layer, shape: Shape) -> tuple[Call, ...] | None:
        """The calls that do what a layer does to an input of `shape`; None where the framework has none."""

    def measure(self, calls: tuple[Call, ...], shapes: tuple[Shape, ...]) -> Measured:
        """Make the calls on real tensors of the shapes, batch 1; Refused or OutOfMemory where it fails."""


def confirm(
    report: Report,
    backend: Backend,
    *,
    max_bytes: int = MAX_BYTES,
    progress: Callable[[], object] = lambda: None,
) -> Report:
    """The report with a verdict on every row.

    Rows of one same layer and input run once.  A row that would take more than `max_bytes` is not checked.
    `progress` is called after each row.
    """
    known: dict[object, Verdict] = {}
    rows = []
    for row in report.rows:
        key = (row.op and row.op.layer, row.shapes, row.output)
        if key not in known:
            known[key] = _verdict(row, backend, max_bytes)
        rows.append(row.replace(verdict=known[key]))
        progress()
    return report.replace(rows=tuple(rows), check=Check(backend.name, backend.version))


def bytes_needed(row: Row) -> int:
    """The bytes of a row's inputs, output and learned tensors, batch 1, in float32."""
    values = sum(map(math.prod, row.shapes)) + row.facts.values + row.facts.parameters
    return values * _BYTES_PER_VALUE


def _verdict(row: Row, backend: Backend, max_bytes: int) -> Verdict:
    # The input row has no layer: that a tensor of its shape can be made is what there is to confirm.
    calls = () if row.op is None else backend.calls(row.op.layer, row.shapes[0])
    if calls is None:
        return Verdict(None, f"{backend.name} has no layer that does this")
    if bytes_needed(row) > max_bytes:
        return Verdict(None, f"it would take {bytes_needed(row):,} bytes")
    try:
        measured = backend.measure(calls, row.shapes or (row.output,))
    except OutOfMemory:
        return Verdict(None, f"there is no memory for its {bytes_needed(row):,} bytes")
    except Refused as refusal:
        return Verdict(False, f"{backend.name} refuses it: {refusal}")
    return _compared(row, measured, backend.name)


def _compared(row: Row, measured: Measured, name: str) -> Verdict:
    """OK where the output shape, every tensor's shape and their count agree, else both answers."""
    ours, theirs = (row.output, row.facts.tensors), (measured.output, measured.tensors)
    count = sum(map(math.prod, measured.tensors.values()))
    if ours == theirs and count == row.facts.parameters:
        return OK
    return Verdict(
        False,
        f"convshape says {_told(*ours)}, {row.facts.parameters:,} parameters; "
        f"{name} {_told(*theirs)}, {count:,} parameters",
    )


def _told(output: Shape, tensors: dict[str, Shape]) -> str:
    return " ".join([format_shape(output), *(f"{n}={format_shape(s)}" for n, s in tensors.items())])
