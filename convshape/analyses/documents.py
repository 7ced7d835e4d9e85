"""Answers as plain values: what JSON holds; docs/json.md has it field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convshape.analyses.report import Report, Row, tally
from convshape.axis import Pair
from convshape.language.write import format_spec
from convshape.layers import AXES, Padding

if TYPE_CHECKING:
    from convshape.analyses.inputs import InputReport, Working
    from convshape.analyses.padding import PaddingReport, Solved
    from convshape.analyses.trace import Seen
    from convshape.axis import Formula


def of_report(report: Report) -> dict[str, Any]:
    """What `infer` found."""
    return {
        "schema": 1,
        "input": list(report.input),
        "output": list(report.output),
        "layers": layers_of(report),
        "totals": report.totals.fields(),
        "check": None if report.check is None else _check(report),
    }


def layers_of(report: Report) -> list[dict[str, Any]]:
    """An object for each row of a report."""
    rows = zip(report.rows, report.fields_of_rows(), report.formulas_of_rows(), strict=True)
    return [_layer(row) | _traced(seen, axes) for row, seen, axes in rows]


def _layer(row: Row) -> dict[str, Any]:
    return {
        "index": row.index,
        "name": row.name,
        "kind": row.kind,
        "spec": row.spec,
        "inputs": list(row.inputs),
        "input": None if row.input is None else list(row.input),
        "output": list(row.output),
        "parameters": row.parameters,
        "tensors": {name: list(shape) for name, shape in row.facts.tensors.items()},
        "macs": row.macs,
        "memory": row.memory,
        "unused": None if row.unused is None else list(row.unused),
        "checked": None if row.check is None else row.check.lower(),
    }


def _traced(seen: tuple[Seen, ...], axes: tuple[Formula | None, ...]) -> dict[str, Any]:
    names = AXES[len(axes)]
    texts = [f and f.text(name) for f, name in zip(axes, names, strict=True)]
    return {
        "receptive_field": [axis.size for axis in seen],
        "jump": [fraction(axis.jump) for axis in seen],
        "start": [axis.start for axis in seen],
        "formula": texts if axes else None,
    }


def fraction(jump: tuple[int, int] | None) -> int | str | None:
    """A jump as a whole number, or as 1/2 behind an upsampling."""
    if jump is None:
        return None
    return jump[0] if jump[1] == 1 else f"{jump[0]}/{jump[1]}"


def _check(report: Report) -> dict[str, Any]:
    confirmed, differing, unchecked = tally(report)
    return {
        **(report.check.fields() if report.check else {}),
        "confirmed": confirmed,
        "differing": differing,
        "not_checked": unchecked,
    }


def of_padding(found: PaddingReport) -> dict[str, Any]:
    """What `solve_padding` found."""
    report = found.report
    return {
        "schema": 1,
        "input": None if report is None else list(report.input),
        "output": None if report is None else list(report.output),
        "spec": format_spec(found.network),
        "paddings": paddings_of(found),
    }


def paddings_of(found: PaddingReport) -> list[dict[str, Any]]:
    """An object for each layer that is solved."""
    return [_padding(solved) for solved in found.solved]


def _padding(solved: Solved) -> dict[str, Any]:
    same = solved.same
    return {
        "index": solved.index,
        "kind": solved.layer.kind,
        "spec": solved.layer.spec(),
        "padding": [list(pair) for pair in pairs(solved.padding)],
        "solutions": [[list(pair) for pair in pairs] for pairs in solved.solutions],
        "input": None if solved.input is None else list(solved.input),
        "sizes": None if solved.sizes is None else list(solved.sizes),
        "same": None
        if same is None
        else {"padding": [list(pair) for pair in pairs(same[0])], "sizes": list(same[1])},
    }


def pairs(padding: Padding) -> tuple[Pair, ...]:
    """The (before, after) of each axis, or one for all; what is solved is never a word."""
    return () if isinstance(padding, str) else padding


def of_inputs(found: InputReport) -> dict[str, Any]:
    """What `solve_input` found."""
    return {
        "schema": 1,
        "input": list(found.input),
        "range": [found.range.start, found.range[-1]],
        "axes": axes_of(found),
    }


def axes_of(found: InputReport) -> list[dict[str, Any]]:
    """An object for each axis, or one for those that have the same size."""
    return [_axis(found, working) for working in found.working]


def _axis(found: InputReport, working: Working) -> dict[str, Any]:
    from convshape.analyses.inputs import rule

    name = found.name(working)
    return {
        "axis": name,
        "rule": rule(working.sizes, found.range, name),
        "sizes": list(working.sizes),
        "outputs": list(working.outputs),
    }
