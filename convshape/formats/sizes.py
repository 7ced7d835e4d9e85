"""The answer of `solve-input`: the input sizes that work, as a rule and as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convshape.analyses.documents import axes_of
from convshape.analyses.inputs import InputReport, Working, rule
from convshape.formats.answer import Column, Sheet


class Sizes:
    """The answer of `solve-input`."""

    def __init__(self, report: InputReport) -> None:
        self.report = report

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        return self._rules() if drawn else self._list()

    def _rules(self) -> Sheet:
        """A line for each axis, or one for axes that have the same sizes."""
        tried = self.report.range
        alike: dict[tuple[int, ...], list[Working]] = {}
        for working in self.report.working:
            alike.setdefault(working.sizes, []).append(working)
        rows = [
            (
                " and ".join(map(self.report.name, each)),
                len(sizes),
                rule(sizes, tried, self.report.name(each[0])),
            )
            for sizes, each in alike.items()
        ]
        heads = (
            Column("axis", "axis"),
            Column("count", "count", numeric=True),
            Column("rule", "sizes that work", folds=True),
        )
        note = f"tried every size from {tried.start} to {tried[-1]}"
        return Sheet(heads, rows, notes=(note,))

    def _list(self) -> Sheet:
        """A line for each size that works."""
        heads = (Column("axis", "axis"), Column("size", "size"), Column("output", "output"))
        rows = [
            (self.report.name(working), size, output)
            for working in self.report.working
            for size, output in zip(working.sizes, working.outputs, strict=True)
        ]
        return Sheet(heads, rows)

    def document(self) -> dict[str, Any]:
        return self.report.to_dict()

    def entries(self) -> list[dict[str, Any]]:
        return axes_of(self.report)
