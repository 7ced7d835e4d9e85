"""What a network's input means to each of its rows, axis by axis: receptive fields, and size formulas.

Windows compose, so a whole chain has an IO shape formula of the same form as one layer's, with F its
receptive field, S its total stride and P the padding that it sees.  Both walks carry what they know of each
input axis through the rows; rows without these axes (behind a flatten) see the whole input and have no
formula.

Statistics are no windows: what a normalisation takes from other positions does not count.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from convshape.analyses.report import Report, Row
from convshape.axis import IDENTITY as IDENTITY_MAP
from convshape.axis import AxisMap, Window
from convshape.axis.closed import Closed, agreeing, in_words, sizes_in_words
from convshape.axis.field import IDENTITY, WHOLE, Field, union
from convshape.layers import Layer, Merge, Shape

Known = TypeVar("Known")
Function = TypeVar("Function", bound=Callable[..., Any])


def _once(function: Function) -> Function:
    """The function, called once for equal arguments."""
    cached: Any = lru_cache(maxsize=None)(function)
    return cached  # type: ignore[no-any-return]


class Seen(NamedTuple):
    """What one output sample of a row sees of one input axis.

    `size` is the receptive field in samples, `jump` the input samples from one output to the next as a
    fraction (numerator, denominator), `start` the first sample that output sample 0 sees, negative in the
    padding.  None is not defined.
    """

    size: int | None
    jump: tuple[int, int] | None
    start: int | None


class Formula(NamedTuple):
    """The output size of a row as a function of one input size.

    `closed` is its general form; `window` is there where the row is a chain of plain windows, and so one.
    """

    closed: Closed
    window: Window | None

    def text(self, axis: str) -> str:
        """The formula with `axis` for the input size, as in ``floor((H - 195 + 2*64) / 32) + 1``."""
        window = self.window
        if window is None or window == IDENTITY_MAP:
            return in_words(self.closed, axis)
        padding = f"2*{window.before}"
        if window.before != window.after:
            padding = f"{window.before} + {window.after}"
        text = f"floor(({axis} - {window.extent} + {padding}) / {window.stride}) + 1"
        # That its value is positive goes without saying.
        implied = self.closed.least <= window.least and self.closed.modulus == 1
        return text if implied else f"{text}{sizes_in_words(self.closed, axis)}"


def receptive_fields(report: Report) -> list[tuple[Seen, ...]]:
    """For each row, what it sees of each input axis."""

    def onward(field: Field | None, axis: AxisMap) -> Field | None:
        if axis.taps(0) is None:
            return WHOLE
        return None if field is None else field.through(axis)

    def merged(merge: Merge, fields: Sequence[Field | None], sizes: Sequence[int]) -> Field | None:
        longest = max(sizes)
        # A sample that is repeated beside a longer tensor sees the same everywhere: nothing moves along.
        moving = [
            field if size == longest or field == WHOLE else None
            for field, size in zip(fields, sizes, strict=True)
        ]
        return union(moving)

    # At their size, on which SAME padding depends.
    rows = _walk(report, IDENTITY, Layer.maps_at, onward, merged, behind=WHOLE)
    sizes = report.input[1:]
    return [tuple(_seen(field, n) for field, n in zip(axes, sizes, strict=True)) for axes, _ in rows]


def _seen(field: Field | None, input_size: int) -> Seen:
    if field is None:
        return Seen(None, None, None)
    if field == WHOLE:
        return Seen(input_size, None, 0)
    return Seen(field.size, field.jump, field.start)


def formulas(report: Report) -> list[tuple[Formula | None, ...]]:
    """For each row, its size as a formula of each input size; None where there is no closed form.

    Rows that do not have the axes of the input have an empty tuple.
    """

    @_once
    def following(closed: Closed, axis: AxisMap) -> Closed | None:
        """The formula behind an axis map: long chains keep theirs, while their window grows."""
        step = axis.closed()
        return None if step is None else closed.then(step)

    def onward(known: Formula | None, axis: AxisMap) -> Formula | None:
        if known is None:
            return None
        closed = following(known.closed, axis)
        window = known.window.then(axis) if known.window and isinstance(axis, Window) else None
        return None if closed is None else Formula(closed, window)

    def merged(merge: Merge, known: Sequence[Formula | None], sizes: Sequence[int]) -> Formula | None:
        each = [formula for formula in known if formula is not None]
        if len(each) < len(known):
            return None
        closed = agreeing([formula.closed for formula in each], merge.size)
        window = each[0].window if len(set(each)) == 1 else None
        return None if closed is None else Formula(closed, window)

    start = Formula(Closed(), Window(1))
    rows = _walk(report, start, lambda layer, shape: layer.maps(len(shape) - 1), onward, merged, behind=None)
    return [axes if aligned else () for axes, aligned in rows]


def _walk(
    report: Report,
    start: Known,
    maps: Callable[[Layer, Shape], tuple[AxisMap, ...]],
    onward: Callable[[Any, AxisMap], Known | None],
    merged: Callable[[Merge, Sequence[Any], Sequence[int]], Known | None],
    *,
    behind: Known | None,
) -> list[tuple[tuple[Known | None, ...], bool]]:
    """Carry what is known of each input axis through all rows; with it, whether a row has these axes.

    `maps` gives the axis maps of a layer on a shape, `onward` takes what is known through one, `merged`
    through a merge of tensors of given sizes, and `behind` is what holds of rows whose axes are not those of
    the input.
    Equal steps are taken once.
    """
    rank = len(report.input) - 1
    maps, onward, merged = _once(maps), _once(onward), _once(merged)

    def of(row: Row) -> tuple[tuple[Known | None, ...], bool]:
        if row.node is None:
            return (start,) * rank, rank > 0
        layer = row.node.layer
        inputs = [walked[index] for index in row.inputs]
        if not layer.by_axis or not all(aligned for _, aligned in inputs):
            return (behind,) * rank, False
        if isinstance(layer, Merge):
            knowns = zip(*(known for known, _ in inputs), strict=True)
            sizes = zip(*(shape[1:] for shape in row.shapes), strict=True)
            return tuple(merged(layer, *met) for met in zip(knowns, sizes, strict=True)), True
        (known, _) = inputs[0]
        return tuple(map(onward, known, maps(layer, row.shapes[0]))), True

    walked: list[tuple[tuple[Known | None, ...], bool]] = []
    walked.extend(map(of, report.rows))  # row by row: each looks back at those before it
    return walked
