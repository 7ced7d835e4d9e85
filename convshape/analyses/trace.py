"""What a network's inputs mean to each of its rows, axis by axis: receptive fields, and size formulas.

Windows compose, so a whole chain has an IO shape formula of the same form as one layer's, with F its
receptive field, S its total stride and P the padding that it sees.  Both domains carry what they know of each
axis of an input; rows without these axes (behind a flatten) see the whole input and have no formula.  Rows
that see several inputs have neither.

Statistics are no windows: what a normalisation takes from other positions does not count.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from convshape.analyses.report import Report
from convshape.axis import AxisMap, Window
from convshape.axis.closed import Closed, agreeing
from convshape.axis.field import IDENTITY, WHOLE, Field, union
from convshape.axis.formula import Formula
from convshape.graph import Input
from convshape.layers import Layer, Merge
from convshape.walk import walk

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


class Along(Generic[Known]):
    """A domain that carries something along each axis of an input: which input, and what of each axis.

    `begin` makes it of an axis's size, `onward` takes it through an axis map, `merged` through a merge.
    Where axes are gone there is nothing to carry (None); where several inputs have met, no input either.
    Equal steps are taken once.
    """

    def __init__(
        self,
        report: Report,
        begin: Callable[[int], Known],
        onward: Callable[[Any, AxisMap], Known],
        merged: Callable[[Merge, tuple[Any, ...]], Known],
    ) -> None:
        self.shapes = {index: report.rows[index].output for index in report.network.inputs}
        self._inputs = iter(self.shapes.items())
        self.begin, self.onward, self.merged = begin, _once(onward), _once(merged)
        self.maps: Callable[[Layer, int], tuple[AxisMap, ...]] = _once(lambda layer, rank: layer.maps(rank))

    def start(self, input: Input) -> tuple[int | None, tuple[Known, ...] | None]:
        """What begins at the next input."""
        index, (_, *sizes) = next(self._inputs)
        return index, tuple(map(self.begin, sizes)) or None

    def through(
        self, layer: Layer, carried: tuple[int | None, tuple[Known, ...] | None]
    ) -> tuple[int | None, tuple[Known, ...] | None]:
        """Each axis by itself."""
        source, axes = carried
        if axes is None:
            return carried
        return source, tuple(map(self.onward, axes, self.maps(layer, len(axes))))

    def meet(
        self, layer: Merge, carried: tuple[tuple[int | None, tuple[Known, ...] | None], ...]
    ) -> tuple[int | None, tuple[Known, ...] | None]:
        """Each axis of all tensors together."""
        source, _ = self.opaque(layer, carried)
        each = [axes for _, axes in carried if axes is not None]
        if source is None or len(each) < len(carried):
            return source, None
        return source, tuple([self.merged(layer, met) for met in zip(*each, strict=True)])

    def opaque(
        self, layer: Layer, carried: tuple[tuple[int | None, tuple[Known, ...] | None], ...]
    ) -> tuple[int | None, tuple[Known, ...] | None]:
        """No axis is left."""
        sources = {source for source, _ in carried}
        return (sources.pop() if len(sources) == 1 else None), None


def receptive_fields(report: Report) -> list[tuple[Seen, ...]]:
    """For each row, what it sees of each axis of the input that it depends on."""

    def onward(known: tuple[int, Field | None], axis: AxisMap) -> tuple[int, Field | None]:
        size, field = known
        at = axis.at(size)  # on which SAME padding depends
        output = at.output_size(size)
        if at.taps(0) is None:
            return output, WHOLE
        return output, None if field is None else field.through(at)

    def merged(merge: Merge, known: Sequence[tuple[int, Field | None]]) -> tuple[int, Field | None]:
        sizes = [size for size, _ in known]
        longest = max(sizes)
        # A sample that is repeated beside a longer tensor sees the same everywhere: nothing moves along.
        moving = [field if size == longest or field == WHOLE else None for size, field in known]
        return merge.size(tuple(sizes)), union(moving)

    domain = Along(report, lambda size: (size, IDENTITY), onward, merged)
    seen = []
    for source, axes in walk(report.network, domain):
        sizes = domain.shapes[0 if source is None else source][1:]
        nothing = None if source is None else WHOLE
        fields = [nothing] * len(sizes) if axes is None else [field for _, field in axes]
        seen.append(tuple(map(_seen, fields, sizes)))
    return seen


def _seen(field: Field | None, input_size: int) -> Seen:
    if field is None:
        return Seen(None, None, None)
    if field == WHOLE:
        return Seen(input_size, None, 0)
    return Seen(field.size, field.jump, field.start)


def formulas(report: Report) -> list[tuple[Formula | None, ...]]:
    """For each row, its size as a formula of each input size; None where there is no closed form.

    Rows that do not have the axes of an input have an empty tuple.
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

    def merged(merge: Merge, known: Sequence[Formula | None]) -> Formula | None:
        each = [formula for formula in known if formula is not None]
        if len(each) < len(known):
            return None
        closed = agreeing([formula.closed for formula in each], merge.size)
        window = each[0].window if len(set(each)) == 1 else None
        return None if closed is None else Formula(closed, window)

    start = Formula(Closed(), Window(1))
    domain: Along[Formula | None] = Along(report, lambda size: start, onward, merged)
    return [axes or () for _, axes in walk(report.network, domain)]
