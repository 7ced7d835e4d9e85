"""The answer of `networks`: those that are shipped, with their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convshape.analyses.report import Report
from convshape.formats.answer import Cell, Column, Sheet


class Networks:
    """Networks by what they are called as a SPEC, one a row, each with its title and its report."""

    def __init__(self, networks: Mapping[str, tuple[str, Report]]) -> None:
        self.networks = networks

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        heads = (
            Column("name", "name"),
            Column("input", "input", numeric=True),
            Column("output", "output", numeric=True),
            Column("parameters", "parameters", numeric=True),
            Column("macs", "MACs", numeric=True),
            Column("title", "what it is", folds=True),
        )
        rows: list[tuple[Cell, ...]] = [
            (name, report.input, report.output, report.totals.parameters, report.totals.macs, title)
            for name, (title, report) in self.networks.items()
        ]
        note = "Each is a SPEC, as in 'convshape infer @lenet5'."
        return Sheet(heads, rows, notes=(note,) if drawn else ())

    def document(self) -> dict[str, Any]:
        return {"schema": 1, "networks": self.entries()}

    def entries(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "input": list(report.input),
                "output": list(report.output),
                "parameters": report.totals.parameters,
                "macs": report.totals.macs,
                "title": title,
            }
            for name, (title, report) in self.networks.items()
        ]
