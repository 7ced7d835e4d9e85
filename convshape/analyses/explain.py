"""Teaching text: a layer's formula with its numbers, a picture of its windows, its parameters.

What a picture shows comes from the axis map alone: which input samples each output sample is made of.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from textwrap import wrap
from typing import NamedTuple

from convshape.analyses.report import Report, Row, last_of, likewise
from convshape.axis import IDENTITY, AxisMap, Pair
from convshape.layers import AXES, Layer, Shape, format_shape
from convshape.records import Record

# How many windows are drawn at either end of an axis that has more of them than both together.
_DRAWN = 4

# Narrower pages get pictures and text of this width all the same.
_NARROWEST = 20


class Signs(NamedTuple):
    """What a picture is drawn with, one character for each cell."""

    sample: str
    padding: str
    covered: str
    skipped: str
    unused: str
    gap: str


UNICODE = Signs("□", "·", "■", "-", "×", "…")  # noqa: RUF001  a cross is meant
ASCII = Signs("o", ".", "#", "-", "x", "...")


class Section(Record):
    """What is told of one row: a title, and lines of text."""

    __slots__ = ("title", "lines")

    title: str
    lines: tuple[str, ...]

    def __init__(self, title: str, lines: tuple[str, ...]) -> None:
        self._fill(title, lines)

    def __str__(self) -> str:
        return "\n".join([self.title, "", *self.lines])


def explain(report: Report, *, width: int, signs: Signs) -> Iterator[Section]:
    """A section for each layer of a report, its pictures at most `width` characters wide."""
    width = max(width, _NARROWEST)
    for row in report.rows[1:]:
        shapes = ", ".join(map(format_shape, row.shapes))
        title = f"#{row.index}  {row.spec}   {shapes} -> {format_shape(row.output)}"
        paragraphs = [*_of_axes(row, width, signs), _of_weights(row, width), _of_dense(row, width)]
        lines = [line for paragraph in paragraphs if paragraph for line in (*paragraph, "")]
        yield Section(title, tuple(lines))


def _of_axes(row: Row, width: int, signs: Signs) -> Iterator[list[str]]:
    """The formula and the picture of each axis, once for axes that are alike."""
    layer = row.op.layer if row.op else None
    if layer is None or layer.merges or not layer.by_axis:
        yield _in_words(layer, width)
        return
    shape = row.shapes[0]
    maps = layer.maps(len(shape) - 1)
    if all(axis == IDENTITY for axis in maps):
        yield ["Every axis keeps its size."]
        return
    names = AXES[len(maps)]
    alike: dict[tuple[AxisMap, int], list[str]] = {}
    for name, axis, size in zip(names, maps, shape[1:], strict=True):
        alike.setdefault((axis, size), []).append(name)
    for (axis, size), axes in alike.items():
        formula = axis.derivation(size, axes[0])
        yield [line + likewise(axes[1:]) if line.startswith(f"{axes[0]}' ") else line for line in formula]
        yield _picture(axis.at(size), size, axes[0], width, signs)


def _in_words(layer: Layer | None, width: int) -> list[str]:
    """The docstring of a kind whose shape is no matter of single axes."""
    doc = (layer.__doc__ or "").strip().splitlines() if layer else []
    told = [line.strip() for line in doc if line.strip()][:2]
    return [line for text in told for line in wrap(text, width)]


def _of_weights(row: Row, width: int) -> list[str]:
    tensors = row.facts.tensors
    if not tensors:
        return []
    each = ", ".join(f"{name} {_counted(shape)}" for name, shape in tensors.items())
    parameters = row.facts.parameters
    return wrap(f"{parameters:,} parameter{'s' * (parameters != 1)}: {each}", width)


def _counted(shape: Shape) -> str:
    """A tensor's shape with the number of its values, where that says more."""
    return f"{shape[0]:,}" if len(shape) == 1 else f"{format_shape(shape)} = {math.prod(shape):,}"


def _of_dense(row: Row, width: int) -> list[str]:
    """The same layer as a fully-connected one, and the ratio."""
    if row.dense is None or row.op is None or not row.op.layer.by_axis:
        return []
    inputs, outputs = math.prod(row.shapes[0]), row.facts.values
    ratio = row.dense / row.facts.parameters
    times = f"{ratio:,.{0 if ratio >= 10 else 1}f} times as many"
    told = (
        f"a fully-connected layer from {inputs:,} to {outputs:,} values would have "
        f"{row.dense:,} parameters, {times}"
    )
    return wrap(told, width)


# Pictures


def _picture(axis: AxisMap, size: int, name: str, width: int, signs: Signs) -> list[str]:
    """One line for the samples of an axis, and below it one for each window that is drawn."""
    outputs = axis.output_size(size)
    drawn = _ends(outputs, _DRAWN)
    taps = {index: axis.taps(index) for index in drawn}
    if any(tapped is None for tapped in taps.values()):
        return [f"{name}'[0] sees all of {name}"]
    reached = [cell for tapped in taps.values() if tapped for cell in (tapped[0], tapped[-1])]
    before, after = axis.padding()
    span: Pair = min([-before, *reached]), max([size - 1 + after, *reached])
    unused = axis.unused(size)
    label = max(len(name), len(f"{name}'[{outputs - 1}]"))
    cells = _visible(span, (width - label - 2) // 2)

    def line(head: str, sign: Callable[[int], str]) -> str:
        drawn = " ".join(signs.gap if cell is None else sign(cell) for cell in cells)
        return f"{head:>{label}}  {drawn}".rstrip()

    def sample(cell: int) -> str:
        if not 0 <= cell < size:
            return signs.padding
        return signs.unused if cell >= size - unused else signs.sample

    lines = [line(name, sample)]
    previous = -1
    for index, tapped in taps.items():
        if index > previous + 1:
            lines.append(f"{signs.gap:>{label}}")
        lines.append(line(f"{name}'[{index}]", partial(_under, tapped or range(0), signs)))
        previous = index
    legend = [f"{signs.sample} sample"]
    if reached:
        legend.append(f"{signs.covered} in the window")
    if any(abs(tapped.step) > 1 for tapped in taps.values() if tapped and tapped[1:]):
        legend.append(f"{signs.skipped} skipped")
    if span[0] < 0 or span[1] >= size:
        legend.append(f"{signs.padding} {'padding' if any(axis.padding()) else 'beyond the edge'}")
    if unused:
        legend.append(f"{signs.unused} unused: {last_of(name, unused)}")
    if not all(taps.values()):
        legend.append("empty line: no sample reaches it")
    indent = " " * min(label + 2, width // 2)
    told = wrap(", ".join(legend), width, initial_indent=indent, subsequent_indent=indent)
    return [*lines, *told]


def _under(taps: range, signs: Signs, cell: int) -> str:
    """What a window does with a cell: touches it, skips it between two that it touches, or neither."""
    if cell in taps:
        return signs.covered
    return signs.skipped if taps and taps[0] < cell < taps[-1] else " "


def _ends(count: int, at_each: int) -> list[int]:
    """The first and the last few of `count` things, or all."""
    if count <= 2 * at_each:
        return list(range(count))
    return [*range(at_each), *range(count - at_each, count)]


def _visible(span: Pair, room: int) -> list[int | None]:
    """The cells of a span for which there is room, with a None where the middle is left out."""
    first, last = span
    if last - first + 1 <= room:
        return list(range(first, last + 1))
    half = max(4, (room - 1) // 2)
    return [*range(first, first + half), None, *range(last - half + 1, last + 1)]
