"""The input sizes that work: a whole range of them is carried through a network at once.

A tensor is one column of numbers for its channels and one for each axis, with an entry for each input size
that is tried.  A column goes through an axis map by its distinct values alone, and deep in a network there
are few, so that sixty layers take ten thousand sizes in a moment; no report is made.
"""

import builtins
from collections import Counter
from collections.abc import Callable, Hashable
from functools import partial
from itertools import pairwise
from typing import Any, Self, TypeVar

from convshape.analyses.report import TRIED, needed_input
from convshape.axis import IDENTITY, AxisMap
from convshape.errors import NoSolution, ShapeError, counted
from convshape.graph import Graph, Input, Op
from convshape.layers import AXES, Layer, Merge, Shape, format_shape
from convshape.records import Record, laid_out
from convshape.walk import steps

Column = list[int | None]
"""One number for each input size that is tried; None where a row has refused it."""

_OTHER_SIZES = "range=range(A, B) tries other sizes"

Value = TypeVar("Value", bound=Hashable)


class Working(Record):
    """The sizes of some axes that work, in order, and the output size of each along the first of them.

    `axes` are the indices of the axes that have this size together; `outputs` has None where the network
    ends without these axes.
    """

    __slots__ = ("axes", "sizes", "outputs")

    axes: tuple[int, ...]
    sizes: tuple[int, ...]
    outputs: tuple[int | None, ...]

    def __init__(
        self, axes: tuple[int, ...], sizes: tuple[int, ...], outputs: tuple[int | None, ...]
    ) -> None:
        self._fill(axes, sizes, outputs)

    def __repr__(self) -> str:
        return f"<Working: {counted(len(self.sizes), 'size')} from {self.sizes[0]} to {self.sizes[-1]}>"


class InputReport(Record):
    """What `solve_input` found: for each axis, or all together, the sizes of `range` that work."""

    __slots__ = ("network", "input", "range", "working")

    network: Graph
    input: Shape
    range: builtins.range
    working: tuple[Working, ...]

    def __init__(
        self, network: Graph, input: Shape, range: builtins.range, working: tuple[Working, ...]
    ) -> None:
        self._fill(network, input, range, working)

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values, which docs/json.md describes."""
        from convshape.analyses.documents import of_inputs

        return of_inputs(self)

    def to_json(self) -> str:
        """The answer as JSON, as `convshape solve-input -f json` prints it."""
        return laid_out(self.to_dict())

    def name(self, working: Working) -> str:
        """The axes that have sizes together, as in ``H`` or ``H=W``."""
        names = AXES[len(self.input) - 1]
        return "=".join(names[axis] for axis in working.axes)

    def __hash__(self) -> int:
        return hash((self.input, self.range, self.working))

    def __repr__(self) -> str:
        each = ", ".join(rule(found.sizes, self.range, self.name(found)) for found in self.working)
        return f"<InputReport: {each}>"


def solve_network_input(
    network: Graph,
    input: Shape | None = None,
    *,
    output: tuple[int, ...] | None = None,
    lossless: bool = False,
    square: bool = False,
    tried: range = TRIED,
) -> InputReport:
    """Find the input sizes for which the network works at all.

    With `lossless`, only those that lose no border sample in any layer; with `output` (one size for all axes,
    one each, or a whole shape), those that end in it.  `input` gives the channels, and the sizes of the axes
    that are not varied: each is varied by itself unless `square`.

    NoSolution, with the row that refuses the most sizes, where none works; a ShapeError where no size can
    help.
    """
    shape = needed_input(input or network.input)
    rank = len(shape) - 1
    if rank == 0:
        raise NoSolution(
            f"the input {format_shape(shape)} has no spatial axis, and so no size to vary",
            hint="give it as CxL, CxHxW or CxDxHxW",
        )
    varied = [tuple(range(rank))] if square else [(axis,) for axis in range(rank)]
    working = []
    for axes in varied:
        found = _Sweep(network, shape, axes, tried, lossless=lossless).run()
        working.append(found.working(output))
    return InputReport(network, shape, tried, tuple(working))


def sizes_that_work(
    network: Graph, shape: Shape, axes: tuple[int, ...], tried: range, *, like: int | None = None
) -> tuple[int, ...]:
    """Those of the sizes tried that work along these axes, which have one size together; none if all fail.

    With `like`, one of the sizes, only those that are not made to fit by coming down to 1 where it does not.
    """
    try:
        return _Sweep(network, shape, axes, tried, like=like).run().working(None).sizes
    except (NoSolution, ShapeError):
        return ()


class _Sweep:
    """A range of input sizes on its way through a network; a tensor is its columns, channels first."""

    def __init__(
        self,
        network: Graph,
        shape: Shape,
        axes: tuple[int, ...],
        tried: range,
        *,
        lossless: bool = False,
        like: int | None = None,
    ) -> None:
        self.network = network
        self.shape = shape
        self.axes = axes
        self.tried = tried
        self.lossless = lossless
        self.refused: list[int | None] = [None] * len(tried)  # by the row of that number
        self.ends: list[Column] = []
        # Where a size is to be replaced by others like it, one that works because it comes down to 1
        # somewhere, and is repeated there, is not like it.
        self._like = None if like is None else tried.index(like)
        self._tables: dict[Any, dict[int, int | None]] = {}
        self._row = -1

    def run(self) -> Self:
        """Carry the sizes through the network."""
        for number, columns in enumerate(steps(self.network, self, keep=False)):
            if number == self.network.output:
                self.ends = columns
        return self

    def start(self, input: Input) -> list[Column]:
        """The sizes that are tried, of the first input; those of any other stay."""
        self._row += 1
        shape = self.shape if self._row == 0 else needed_input(input.shape)
        columns: list[Column] = [[size] * len(self.tried) for size in shape]
        for axis in self.axes if self._row == 0 else ():
            columns[1 + axis] = list(self.tried)
        return columns

    def through(self, layer: Layer, carried: list[Column]) -> list[Column]:
        """What a layer makes of one tensor."""
        return self.opaque(layer, (carried,))

    def meet(self, layer: Layer, carried: tuple[list[Column], ...]) -> list[Column]:
        """What a merge makes of several."""
        return self.opaque(layer, carried)

    def opaque(self, layer: Layer, carried: tuple[list[Column], ...]) -> list[Column]:
        """A layer's output columns, once what it refuses is noted."""
        self._row += 1
        columns = self._through(layer, list(carried))
        self._note_refusals(self._row, columns, list(carried))
        return columns

    def _note_refusals(self, number: int, columns: list[Column], inputs: list[list[Column]]) -> None:
        """Keep, for each size, the first row that refused it: where a varied axis, or all, came out empty."""
        by_axis = len(columns) == len(self.shape)
        watched = [columns[0], *(columns[1 + axis] for axis in self.axes)] if by_axis else columns
        seen = {id(column) for each in inputs for column in each}
        for column in watched:
            if id(column) in seen:
                continue  # handed on as it came
            for place, entry in enumerate(column):
                if entry is None and self.refused[place] is None:
                    self.refused[place] = number

    def _through(self, layer: Layer, inputs: list[list[Column]]) -> list[Column]:
        """A layer's output columns; a ShapeError where the layer refuses whatever the size."""
        counts = [next((n for n in columns[0] if n is not None), None) for columns in inputs]
        widths = {len(columns) for columns in inputs}
        if None in counts or widths == {1} or len(widths) > 1 or not layer.by_axis:
            return self._by_shape(layer, inputs)
        channels = tuple(count or 0 for count in counts)
        if isinstance(layer, Merge):
            merged: Column = [layer.channel_count(channels)] * len(self.tried)
            return [merged, *map(partial(self._meeting, layer), *(columns[1:] for columns in inputs))]
        (columns,) = inputs
        (count,), sizes = channels, columns[1:]
        layer.check_rank((count, *(2 for _ in sizes)))
        becoming = layer.channels(count)
        along = [
            self._along(axis, column, lossless=self.lossless and index in self.axes)
            for index, (axis, column) in enumerate(zip(layer.maps(len(sizes)), sizes, strict=True))
        ]
        first: Column = columns[0] if becoming == count else [becoming] * len(self.tried)
        return [self._checked(layer, count, first, sizes), *along]

    def _meeting(self, merge: Merge, *columns: Column) -> Column:
        """The column that columns of one axis merge into."""
        entries = list(zip(*columns, strict=True))
        repeating = self._like is not None and 1 not in entries[self._like]

        def merged(sizes: tuple[int | None, ...]) -> int | None:
            known = [size for size in sizes if size is not None]
            if len(known) < len(sizes) or (repeating and 1 in known and len(set(known)) > 1):
                return None
            try:
                return merge.size(tuple(known))
            except ShapeError:
                return None

        return _mapped(entries, merged)

    def _checked(self, layer: Layer, count: int, first: Column, sizes: list[Column]) -> Column:
        """The column of channels, without those of inputs whose whole shape the layer refuses."""
        if type(layer).check is Layer.check:
            return first

        def refuses(each: tuple[int | None, ...]) -> bool:
            if None in each:
                return True
            try:
                layer.check((count, *(n or 0 for n in each)))
            except ShapeError:
                return True
            return False

        refused = _mapped(list(zip(*sizes, strict=True)), refuses)
        return [None if no else n for no, n in zip(refused, first, strict=True)]

    def _along(self, axis: AxisMap, column: Column, *, lossless: bool) -> Column:
        """A column behind an axis map, by its distinct values."""
        if axis == IDENTITY:
            return column
        key = (axis, lossless)
        table = self._tables.setdefault(key, {})
        for size in set(column):
            if size is not None and size not in table:
                table[size] = _output_size(axis, size, lossless)
        return [None if size is None else table[size] for size in column]

    def _by_shape(self, layer: Layer, inputs: list[list[Column]]) -> list[Column]:
        """A layer's output columns where whole shapes matter, by the distinct ones."""
        rows = [
            tuple(tuple(entries) for entries in each)
            for each in zip(*(zip(*columns, strict=True) for columns in inputs), strict=True)
        ]
        outputs = _mapped(rows, lambda shapes: _output(layer, shapes))
        width = max((len(shape) for shape in outputs if shape is not None), default=1)
        return [[None if shape is None else shape[i] for shape in outputs] for i in range(width)]

    def working(self, output: tuple[int, ...] | None) -> Working:
        """The sizes that no row has refused, and that end in `output` if it is given."""
        columns = self.ends
        fitting = [row is None for row in self.refused]
        if output is not None:
            wanted = self._wanted(output, len(columns))
            for index, size in wanted.items():
                fitting = [fits and n == size for fits, n in zip(fitting, columns[index], strict=True)]
        places = [place for place, fits in enumerate(fitting) if fits]
        if not places:
            raise self._nothing() if output is None or all(self.refused) else self._not_ending_in(output)
        along = columns[1 + self.axes[0]] if len(columns) == len(self.shape) else [None] * len(self.tried)
        return Working(self.axes, tuple(self.tried[p] for p in places), tuple(along[p] for p in places))

    def _wanted(self, output: tuple[int, ...], width: int) -> dict[int, int]:
        """The columns of the output that have a wanted value, and which: of the varied axes alone."""
        if len(output) == width:
            sizes = dict(enumerate(output))
        elif len(output) == 1:
            sizes = dict.fromkeys(range(1, width), output[0])
        elif len(output) == width - 1:
            sizes = dict(enumerate(output, 1))
        else:
            raise NoSolution(
                f"the output has {counted(width - 1, 'spatial axis', 'spatial axes')}, "
                f"so it cannot be {format_shape(output)}",
                hint="give one size for all axes, one per axis, or a whole shape",
            )
        if width != len(self.shape):
            return sizes
        return {index: size for index, size in sizes.items() if index == 0 or index - 1 in self.axes}

    def _none_of(self) -> str:
        names = " = ".join(AXES[len(self.shape) - 1][axis] for axis in self.axes)
        return f"no {names} from {self.tried.start} to {self.tried[-1]}"

    def _not_ending_in(self, output: tuple[int, ...]) -> NoSolution:
        """Sizes work, but none ends as wanted; the hint has the outputs of the largest and the smallest."""
        found = self.working(None)
        ends = [
            f"{size} gives {'x'.join(str(column[self.tried.index(size)]) for column in self._ending())}"
            for size in dict.fromkeys((found.sizes[0], found.sizes[-1]))
        ]
        return NoSolution(
            f"{self._none_of()} gives the output {format_shape(output)}",
            hint=f"{' and '.join(ends)}; {_OTHER_SIZES}",
        )

    def _ending(self) -> list[Column]:
        """The columns of the output that the varied axes decide."""
        columns = self.ends
        if len(columns) < len(self.shape):
            return columns
        return [columns[1 + axis] for axis in self.axes]

    def _nothing(self) -> NoSolution:
        """No size works; the row that refuses the most is named."""
        (row, count), *_ = Counter(row for row in self.refused if row is not None).most_common(1)
        op = self.network.values[row]
        assert isinstance(op, Op)
        refuses = "refuses, or does not use up," if self.lossless else "refuses"
        return NoSolution(
            f"{self._none_of()} works: #{row} {op.layer.kind} {refuses} {count} of {len(self.tried)}",
            span=op.origin,
            hint=self._advice(op),
        )

    def _advice(self, op: Op) -> str:
        if not op.layer.by_axis and len(self.axes) < len(self.shape) - 1:
            return "square=True varies all axes together, instead of one at a time"
        return _OTHER_SIZES


def _output_size(axis: AxisMap, size: int, lossless: bool) -> int | None:
    try:
        return None if lossless and axis.unused(size) else axis.output_size(size)
    except ShapeError:
        return None


def _mapped(entries: list[Value], function: Callable[[Value], Shape | int | None]) -> list[Any]:
    """The function of each entry, worked out once for equal ones."""
    table = {entry: function(entry) for entry in set(entries)}
    return [table[entry] for entry in entries]


def _output(layer: Layer, shapes: tuple[tuple[int | None, ...], ...]) -> Shape | None:
    if any(None in shape for shape in shapes):
        return None
    try:
        return layer.output(*(tuple(n or 0 for n in shape) for shape in shapes))
    except ShapeError:
        return None


def rule(sizes: tuple[int, ...], tried: range, name: str) -> str:
    """The sizes in words, as a rule where they follow one.

    >>> rule((188, 204, 220, 236), range(1, 240), "H")
    'H = 188, 204, 220, ...: every 16th from 188'
    """
    first, last = sizes[0], sizes[-1]
    if len(sizes) == 1:
        return f"{name} = {first} alone"
    gaps = {b - a for a, b in pairwise(sizes)}
    if len(gaps) > 1:
        listed = ", ".join(map(str, sizes[:8]))
        return f"{name} = {listed}{', ...' if len(sizes) > 8 else ''}"
    (gap,) = gaps
    to_the_end = last + gap not in tried
    if gap == 1:
        if to_the_end:
            return f"every {name} from {first}"
        return f"{name} from {first} to {last}"
    listed = ", ".join(map(str, sizes[:3]))
    until = "" if to_the_end else f" to {last}"
    return f"{name} = {listed}{', ...' if len(sizes) > 3 else ''}: every {_ordinal(gap)} from {first}{until}"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if number % 100 in (11, 12, 13) else endings.get(number % 10, "th")
    return f"{number}{ending}"
