"""Solving for padding: what ``p=?`` has to be.

Every answer comes from the axis maps; a layer is asked for nothing but its maps and whether it
accepts a padding, so that no kind is named here.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from itertools import islice
from typing import Any

from convshape.analyses.report import Facts, Report, Shapes, infer_network
from convshape.axis import LARGEST, Pair, TransposedWindow, Window, split, where
from convshape.errors import ArgumentValueError, ConvshapeError, NoSolution, ShapeError
from convshape.graph import Graph, Input, Op
from convshape.language.write import with_layers
from convshape.layers import AXES, SOLVE, Layer, Padding, PaddingValue, Shape, format_shape
from convshape.records import Record, laid_out
from convshape.walk import located, steps, walk

AnyWindow = Window | TransposedWindow

MOST_LISTED = 1024
"""How many solutions of one axis are listed: a stride S has S of them, and nothing may run away."""

_PADDING = "padding"


class Solved(Record):
    """The padding of one layer.

    `index` is its row.  `padding` is the preferred one, per axis or one for all, and `solutions` has for
    each axis the (before, after) pairs that do, the preferred one among them, by size.  `input` and `sizes`
    are the input shape and the output size per axis, None where any size was meant.  `same` is what SAME
    means where that is something else than keeping the size: its padding and the sizes that it gives.
    """

    __slots__ = ("index", "op", "layer", "windows", "padding", "solutions", "input", "sizes", "same")

    index: int
    op: Op
    layer: Layer
    windows: tuple[AnyWindow, ...]
    padding: Padding
    solutions: tuple[tuple[Pair, ...], ...]
    input: Shape | None
    sizes: tuple[int, ...] | None
    same: tuple[Padding, tuple[int, ...]] | None

    def __init__(
        self,
        index: int,
        op: Op,
        layer: Layer,
        windows: tuple[AnyWindow, ...],
        padding: Padding,
        solutions: tuple[tuple[Pair, ...], ...],
        input: Shape | None,
        sizes: tuple[int, ...] | None,
        same: tuple[Padding, tuple[int, ...]] | None,
    ) -> None:
        self._fill(index, op, layer, windows, padding, solutions, input, sizes, same)

    def __repr__(self) -> str:
        return f"<Solved #{self.index} {self.layer.spec()}>"


class PaddingReport(Record):
    """What `solve_padding` found: the completed network, its layers, and its report if the input is known."""

    __slots__ = ("network", "solved", "report")

    network: Graph
    solved: tuple[Solved, ...]
    report: Report | None

    def __init__(self, network: Graph, solved: tuple[Solved, ...], report: Report | None) -> None:
        self._fill(network, solved, report)

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values, which docs/json.md describes."""
        from convshape.analyses.documents import of_padding

        return of_padding(self)

    def to_json(self) -> str:
        """The answer as JSON, as `convshape solve-padding -f json` prints it."""
        return laid_out(self.to_dict())

    def __hash__(self) -> int:
        return hash((self.solved, self.report))

    def __repr__(self) -> str:
        first, *others = self.solved
        more = f" and {len(others)} more" if others else ""
        return f"<PaddingReport: #{first.index} {first.layer.spec()}{more}>"


def solve_network(
    network: Graph, input: Shape | None = None, output: tuple[int, ...] | None = None
) -> PaddingReport:
    """Find every ``p=?`` (without any, the padding of every layer that has one).

    Each layer keeps its input's size.  With `output` (one size for all axes, one each, or a whole shape) the
    last one is chosen so that the network ends in that size instead.  Without an input shape the padding has
    to do for every size, which it does at stride 1 alone.

    NoSolution where there is none; a ShapeError where a layer refuses its input whatever the padding.
    """
    opened = _open_rows(network)
    shape = input or network.input
    if shape is None:
        if output is not None:
            raise ArgumentValueError(
                "a wanted output needs an input shape",
                hint='give it with input, as in input="3x224x224"',
            )
        solved = tuple(_for_any_sizes(network, opened))
    else:
        solved = tuple(_for_input(network, shape, opened, output))
    completed = _completed(network, solved, shape)
    return PaddingReport(completed, solved, None if shape is None else infer_network(completed, shape))


def with_same(network: Graph) -> Graph:
    """The network with ``p=same`` for each ``p=?``, which gives about the sizes that are to be found."""
    opened = {index: layer for index, layer in _layers(network) if _is_open(layer)}
    closed = {layer: layer.replace(padding="same") for layer in set(opened.values())}
    return network.with_layers({index: closed[layer] for index, layer in opened.items()})


def _layers(network: Graph) -> list[tuple[int, Layer]]:
    """The layers of a network by their indices."""
    return [(index, value.layer) for index, value in enumerate(network.values) if isinstance(value, Op)]


def _op(network: Graph, index: int) -> Op:
    value = network.values[index]
    assert isinstance(value, Op)
    return value


def _is_open(layer: Layer) -> bool:
    """Whether its padding is asked for."""
    return _takes_padding(type(layer)) and _padding(layer) == SOLVE


def _completed(network: Graph, solved: tuple[Solved, ...], shape: Shape | None) -> Graph:
    """The network with the paddings that were found, in its text too."""
    layers = dict(_layers(network)) | {answer.index: answer.layer for answer in solved}
    syntax = network.syntax and with_layers(network.syntax, iter(layers.values()))
    return network.with_layers({answer.index: answer.layer for answer in solved}, syntax).with_input(shape)


def _open_rows(network: Graph) -> list[int]:
    """The rows whose padding is asked for: those with ``p=?``, else all that have a padding."""
    having = [index for index, layer in _layers(network) if _takes_padding(type(layer))]
    asked = [index for index in having if _is_open(_op(network, index).layer)]
    if not having:
        raise NoSolution(
            "no layer of this network takes padding", hint="'convshape layers' lists those with p="
        )
    return asked or having


def _takes_padding(kind: type[Layer]) -> bool:
    return any(p.name == _PADDING and isinstance(p.value, PaddingValue) for p in kind.params)


def _padding(layer: Layer) -> Padding:
    padding: Padding = getattr(layer, _PADDING)
    return padding


def _with(layer: Layer, *pairs: Pair) -> Layer:
    """The layer with these paddings, written once where all axes have the same."""
    return layer.replace(padding=pairs[:1] if len(set(pairs)) == 1 else pairs)


def _bare_windows(layer: Layer, shape: Shape) -> tuple[AnyWindow, ...]:
    """The layer's windows without padding."""
    layer.check_rank(shape)
    maps = _with(layer, (0, 0)).maps_at(shape)
    return tuple(m for m in maps if isinstance(m, AnyWindow))


class _Axis:
    """One axis of an open layer: its bare window there, and the input shape."""

    def __init__(self, op: Op, shape: Shape, axis: int, window: AnyWindow) -> None:
        self.op = op
        self.shape = shape
        self.axis = axis
        self.window = window
        self.size = shape[1 + axis]
        self.name = AXES[len(shape) - 1][axis]

    def allows(self, pair: Pair) -> bool:
        """Whether the layer takes a padding of this axis."""
        if max(pair) > LARGEST:
            return False
        pairs = [(0, 0)] * (len(self.shape) - 1)
        pairs[self.axis] = pair
        try:
            _with(self.op.layer, *pairs).maps(len(self.shape) - 1)
        except ShapeError:
            return False
        return True

    @cached_property
    def reach(self) -> range:
        """The output sizes that some padding gives: without a gap, since padding grows by one."""
        try:
            bare = self.window.output_size(self.size)
        except ShapeError:
            bare = 1  # the padding that just makes the kernel fit
        if isinstance(self.window, TransposedWindow):
            return range(max(1, bare - 2 * LARGEST), bare + 1)
        # Every padding has a limit: that of the layer, or the largest number that can be written.
        refused = bisect_left(range(2 * LARGEST + 2), True, key=lambda total: not self.allows(split(total)))
        largest = self.window.padded(split(refused - 1))
        try:
            return range(bare, largest.output_size(self.size) + 1)
        except ShapeError:
            return range(0)  # it does not fit with the largest padding either

    def nearest(self, size: int) -> int:
        """The output size within reach that is nearest to one."""
        return min(max(size, self.reach.start), self.reach.stop - 1)

    def giving(self, size: int) -> Pair:
        """The smallest padding that gives an output size within reach."""
        return split(self.window.paddings(self.size, size)[0])


def _axes(op: Op, shape: Shape) -> list[_Axis]:
    windows = _bare_windows(op.layer, shape)
    return [_Axis(op, shape, axis, window) for axis, window in enumerate(windows)]


def _for_any_sizes(network: Graph, opened: list[int]) -> Iterator[Solved]:
    """The padding of each open layer that keeps every size; that of equal ones is worked out once."""
    known: dict[Layer, Solved] = {}
    for index in opened:
        op = _op(network, index)
        if op.layer not in known:
            known[op.layer] = _for_any_size(index, op)
        yield known[op.layer].replace(index=index, op=op)


def _for_any_size(index: int, op: Op) -> Solved:
    """The padding that keeps every size."""
    layer = op.layer
    try:
        windows = _bare_windows(layer, (1, *(1 for _ in range(_rank(layer)))))
    except ShapeError as error:
        raise located(error, op) from None
    totals = [window.keeping() for window in windows]
    pairs = [split(total) for total in totals if total is not None]
    if any(max(pair) > LARGEST for pair in pairs):
        raise NoSolution(
            f"{layer.kind}: the padding that keeps every size is larger than {LARGEST}",
            span=op.origin,
            hint="use a smaller kernel",
        )
    if len(pairs) < len(windows):
        stride = "x".join(str(s) for s in dict.fromkeys(w.stride for w in windows))
        same = "n * S" if isinstance(windows[0], TransposedWindow) else "ceil(n / S)"
        raise NoSolution(
            f"{layer.kind}: at stride {stride} no padding keeps every size, "
            "since the padding would have to grow with the input",
            span=op.origin,
            hint=f"give the input with -i, or use p=same, which at stride S means {same}, not n",
        )
    solved = _with(layer, *pairs)
    return Solved(index, op, solved, windows, _padding(solved), tuple((p,) for p in pairs), None, None, None)


def _rank(layer: Layer) -> int:
    """The number of axes that a layer alone tells: what it insists on or has values for, else 1 for all."""
    values = [getattr(layer, p.name) for p in layer.params if p.name != _PADDING]
    return layer.rank or max(len(v) if isinstance(v, tuple) else 1 for v in values)


def _for_input(
    network: Graph, input: Shape, opened: list[int], output: tuple[int, ...] | None
) -> list[Solved]:
    """Carry the input through, and solve each open layer when its turn comes."""
    domain = _Solving(network, input, opened, output)
    walk(network, domain)
    return domain.solved


class _Solving:
    """The domain of solving: shapes, with a padding for each open layer found before it is applied."""

    def __init__(
        self, network: Graph, input: Shape, opened: list[int], output: tuple[int, ...] | None
    ) -> None:
        self.network = network
        self.opened = set(opened)
        self.last = opened[-1]
        self.output = output
        self.shapes = Shapes({0: input})
        self.facts: list[Facts] = []
        self.solved: list[Solved] = []
        self._known: dict[tuple[Layer, Shape], Solved] = {}  # equal layers on equal shapes have one answer

    def start(self, input: Input) -> Facts:
        """What an input is."""
        return self._kept(self.shapes.start(input))

    def through(self, layer: Layer, carried: Facts) -> Facts:
        """A layer with the padding that it has, or that is found for it."""
        index = len(self.facts)
        if index in self.opened:
            solved = self._solution(index, layer, carried.output)
            self.solved.append(solved)
            layer = solved.layer
        return self._kept(self.shapes.through(layer, carried))

    def meet(self, layer: Layer, carried: tuple[Facts, ...]) -> Facts:
        """What a merge makes of several tensors."""
        return self._kept(self.shapes.meet(layer, carried))

    def opaque(self, layer: Layer, carried: tuple[Facts, ...]) -> Facts:
        """What a layer that mixes axes makes of them."""
        return self._kept(self.shapes.opaque(layer, carried))

    def _kept(self, facts: Facts) -> Facts:
        self.facts.append(facts)
        return facts

    def _solution(self, index: int, layer: Layer, shape: Shape) -> Solved:
        op = _op(self.network, index)
        if self.output is not None and index == self.last:
            return self._reaching_output(index, op, shape, self.output)
        found = self._known.get((layer, shape)) or _keeping_size(index, op, shape)
        self._known[layer, shape] = found
        return found.replace(index=index, op=op)

    def _reaching_output(self, index: int, op: Op, shape: Shape, output: tuple[int, ...]) -> Solved:
        """The padding with which the network, all else being known, ends in sizes of `output`."""
        axes = _axes(op, shape)

        def ending(pairs: list[Pair]) -> Shape:
            changed = self.network.with_layers({index: _with(op.layer, *pairs)})
            rest = [*self.facts, *steps(changed, self.shapes, known=self.facts)]
            return rest[changed.output].output

        for at in axes:
            if not at.reach:
                raise NoSolution(
                    f"{op.layer.kind}: no padding makes the kernel fit on axis {at.name}",
                    span=op.origin,
                    hint="use a smaller kernel",
                )
        usual, end = _usual(axes, ending)
        wanted = _wanted(output, end, len(axes))

        def ending_size(at: _Axis, size: int) -> int:
            return ending([*usual[: at.axis], at.giving(size), *usual[at.axis + 1 :]])[1 + at.axis]

        solutions = []
        for at in axes:
            size = at.window.padded(usual[at.axis]).output_size(at.size)
            solutions.append(_solutions(at, wanted[at.axis], partial(ending_size, at), usual=size))
        return _solved(index, axes, solutions)


def _keeping_size(index: int, op: Op, shape: Shape) -> Solved:
    """The padding with which a layer gives the sizes that it takes."""
    axes = _axes(op, shape)
    return _solved(index, axes, [_solutions(at, at.size, lambda size: size) for at in axes])


def _usual(axes: list[_Axis], ending: Callable[[list[Pair]], Shape]) -> tuple[list[Pair], Shape]:
    """Paddings with which what follows goes through, and what it ends in: to vary one axis at a time from.

    Near what SAME would give, else near what keeps the size; a merge behind it may accept one of the two.
    """
    refusal: ShapeError | None = None
    for aims in ([_same_size(at.window, at.size) for at in axes], [at.size for at in axes]):
        pairs = [at.giving(at.nearest(aim)) for at, aim in zip(axes, aims, strict=True)]
        try:
            return pairs, ending(pairs)
        except ShapeError as error:
            refusal = refusal or error
    raise refusal or ShapeError("nothing goes through")


def _same_size(window: AnyWindow, size: int) -> int:
    """The output size that SAME means."""
    transposed = isinstance(window, TransposedWindow)
    return size * window.stride if transposed else -(-size // window.stride)


def _wanted(output: tuple[int, ...], ending: Shape, rank: int) -> tuple[int, ...]:
    """The wanted size of each axis: one given for all, one each, or a whole shape."""
    if len(ending) - 1 != rank:
        raise ConvshapeError(
            f"the network ends in {format_shape(ending)}, without the axes that the padding changes",
            hint="leave out what comes after the last convolution, or the wanted output",
        )
    if len(output) == 1:
        return output * rank
    if len(output) == rank:
        return output
    if output[:1] == ending[:1] and len(output) == len(ending):
        return output[1:]
    hint = "give one size for all axes, or one per axis"
    if len(output) > rank:
        hint = f"{format_shape(ending[:1] + output[-rank:])} has the channels that the network gives"
    raise NoSolution(
        f"no padding turns {format_shape(ending)} into {format_shape(output)}: "
        "it changes sizes, not channels or the number of axes",
        hint=hint,
    )


def _solutions(
    at: _Axis, wanted: int, ending_size: Callable[[int], int], usual: int | None = None
) -> tuple[Pair, ...]:
    """The paddings of one axis for which what follows ends in the wanted size, the smallest first.

    `ending_size` tells the final size for an output size of the layer; it does not fall as that grows, except
    that what follows may refuse all sizes but the `usual` one.
    """
    sizes = where(at.reach, wanted, ending_size)
    if not sizes and usual is not None and ending_size(usual) == wanted:
        sizes = range(usual, usual + 1)  # a merge behind it accepts a single size
    totals = (total for size in sizes for total in at.window.paddings(at.size, size))
    pairs = tuple(filter(at.allows, map(split, islice(totals, MOST_LISTED))))
    if not pairs:
        raise _unreachable(at, sizes.start, wanted, ending_size)
    return tuple(sorted(pairs, key=sum))


def _solved(index: int, axes: list[_Axis], solutions: list[tuple[Pair, ...]]) -> Solved:
    op, shape, windows = axes[0].op, axes[0].shape, tuple(at.window for at in axes)
    layer = _with(op.layer, *map(_preferred, solutions))
    return Solved(
        index,
        op,
        layer,
        windows,
        _padding(layer),
        tuple(solutions),
        shape,
        layer.output(shape)[1:],
        _same(layer, shape) if any(window.stride > 1 for window in windows) else None,
    )


def _preferred(pairs: tuple[Pair, ...]) -> Pair:
    """The smallest symmetric padding, else the smallest."""
    return next((pair for pair in pairs if pair[0] == pair[1]), pairs[0])


def _same(layer: Layer, shape: Shape) -> tuple[Padding, tuple[int, ...]] | None:
    """What SAME would give: the padding and the sizes, or None where it does not go."""
    try:
        same = layer.replace(padding="same")
        windows = [m for m in same.maps_at(shape) if isinstance(m, AnyWindow)]
        sizes = same.output(shape)[1:]
    except ShapeError:
        return None
    pairs = [(w.before, w.after) for w in windows]
    return None if max(map(max, pairs)) > LARGEST else (_padding(_with(layer, *pairs)), sizes)


def _unreachable(at: _Axis, place: int, wanted: int, ending_size: Callable[[int], int]) -> NoSolution:
    """Why no padding of one axis does, with the nearest sizes that some padding gives.

    `place` is the first output size of the layer that would end above the wanted one.
    """
    layer = at.op.layer
    near = []
    for size in (place - 1, place):
        if size in at.reach and at.allows(pair := at.giving(size)):
            padding = _padding(_with(layer, pair))
            with suppress(ShapeError):  # what follows may refuse it
                near.append(f"{ending_size(size)} with p={PaddingValue().write(padding)}")
    within = f"the nearest {'size is' if len(near) == 1 else 'sizes are'} {' and '.join(near)}"
    hint = within if near else "use a smaller kernel: no padding makes this one fit"
    keeps = wanted == at.size
    same = _same(layer, at.shape)
    if keeps and at.window.stride > 1 and same is not None:
        sizes = format_shape(same[1])
        hint += f"; p=same gives {sizes} at this stride"
    goal = f"keeps the size {wanted}" if keeps else f"turns {at.size} into {wanted}"
    return NoSolution(f"{layer.kind}: no padding {goal} on axis {at.name}", span=at.op.origin, hint=hint)
