"""The answer of `solve-input`: the input sizes that work, as a rule and as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convshape.formats.answer import Column, Sheet
from convshape.inputs import InputReport, Working, rule
from convshape.layers import AXES


class Sizes:
    """The answer of `solve-input`."""

    def __init__(self, report: InputReport) -> None:
        self.report = report

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        return self._rules() if drawn else self._list()

    def _rules(self) -> Sheet:
        """A line for each axis, or one for axes that have the same sizes."""
        tried = self.report.tried
        alike: dict[tuple[int, ...], list[Working]] = {}
        for working in self.report.working:
            alike.setdefault(working.sizes, []).append(working)
        rows = [
            (" and ".join(map(self._name, each)), len(sizes), rule(sizes, tried, self._name(each[0])))
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
            (self._name(working), size, output)
            for working in self.report.working
            for size, output in zip(working.sizes, working.outputs, strict=True)
        ]
        return Sheet(heads, rows)

    def _name(self, working: Working) -> str:
        names = AXES[len(self.report.input) - 1]
        return "=".join(names[axis] for axis in working.axes)

    def document(self) -> dict[str, Any]:
        tried = self.report.tried
        return {
            "schema": 1,
            "input": list(self.report.input),
            "range": [tried.start, tried[-1]],
            "axes": self.entries(),
        }

    def entries(self) -> list[dict[str, Any]]:
        return [
            {
                "axis": self._name(working),
                "rule": rule(working.sizes, self.report.tried, self._name(working)),
                "sizes": list(working.sizes),
                "outputs": list(working.outputs),
            }
            for working in self.report.working
        ]
