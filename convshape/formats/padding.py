"""The answer of `solve-padding`: the padding that each layer needs, and all that are possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convshape.analyses.documents import paddings_of, pairs
from convshape.analyses.padding import PaddingReport, Solved
from convshape.axis import Pair
from convshape.errors import ConvshapeError
from convshape.formats.answer import Cell, Column, Sheet
from convshape.language.write import format_spec
from convshape.layers import AXES, Padding, PaddingValue, format_shape

# How many solutions of an axis a table shows.
_SHOWN = 6

_COLUMNS = (
    Column("index", "#", numeric=True),
    Column("layer", "layer", folds=True),
    Column("extent", "F", numeric=True),
    Column("stride", "S", numeric=True),
    Column("input", "input", numeric=True),
    Column("output", "output", numeric=True),
    Column("padding", "padding"),
    Column("solutions", "possible paddings", folds=True),
)


class Solution:
    """The answer of `solve-padding`."""

    def __init__(self, report: PaddingReport) -> None:
        self.report = report

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        rows = [_cells(solved, drawn=drawn) for solved in self.report.solved]
        return Sheet(_COLUMNS, rows, notes=tuple(self._notes()) if drawn else ())

    def _notes(self) -> list[str]:
        notes = dict.fromkeys(note for solved in self.report.solved for note in _remarks(solved))
        return list(notes)

    def document(self) -> dict[str, Any]:
        return self.report.to_dict()

    def entries(self) -> list[dict[str, Any]]:
        return paddings_of(self.report)

    def spec(self) -> str:
        return format_spec(self.report.network)

    def shape(self) -> str:
        if self.report.report is None:
            raise ConvshapeError(
                "the final shape needs an input shape", hint='give it with input, as in input="3x224x224"'
            )
        return format_shape(self.report.report.output)


def _write(padding: Padding) -> str:
    return PaddingValue().write(padding)


def _cells(solved: Solved, *, drawn: bool) -> tuple[Cell, ...]:
    any_size, same_size = ("any", "unchanged") if drawn else ("any size", "the same")
    return (
        solved.index,
        solved.op.text,
        _each([window.extent for window in solved.windows]),
        _each([window.stride for window in solved.windows]),
        any_size if solved.input is None else _sizes(solved.input[1:]),
        same_size if solved.sizes is None else _sizes(solved.sizes),
        _write(solved.padding),
        _all_solutions(solved, _SHOWN if drawn else None),
    )


def _each(values: list[int]) -> Cell:
    """One value for all axes where they agree, else one each."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def _sizes(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


def _all_solutions(solved: Solved, limit: int | None) -> str:
    texts = [_listed(pairs, limit) for pairs in solved.solutions]
    if len(set(texts)) == 1:
        return texts[0]
    axes = AXES[len(texts)]
    return "; ".join(f"{axis}: {text}" for axis, text in zip(axes, texts, strict=True))


def _listed(pairs: tuple[Pair, ...], limit: int | None) -> str:
    shown = [_write((pair,)) for pair in pairs[:limit]]
    return ", ".join(shown + (["..."] if len(pairs) > len(shown) else []))


def _remarks(solved: Solved) -> list[str]:
    """What a reader of the row should know."""
    remarks = []
    if any(before != after for before, after in pairs(solved.padding)):
        remarks.append(
            f"#{solved.index}: no symmetric padding works"
            f"{' (F is even)' if solved.input is None else ''}, so the odd sample goes after"
        )
    if solved.same is not None and solved.input is not None and solved.sizes is not None:
        padding, sizes = solved.same
        if sizes != solved.sizes:
            remarks.append(
                f"#{solved.index}: SAME padding is something else at stride {_strides(solved)}: "
                f"p=same means p={_write(padding)} here and gives {_sizes(sizes)}, which is ceil(n / S)"
            )
    return remarks


def _strides(solved: Solved) -> str:
    return _sizes(tuple(dict.fromkeys(window.stride for window in solved.windows)))
