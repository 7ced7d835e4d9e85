"""A network as a graph of layers on tensors, whoever made it: text, a file, or a program.

Values stand in order, each behind those that it is made of: inputs, and ops (a layer at work).  Regions say
which runs of values belong together.  Nothing here knows of text but the place where an op may be written.

This file may import `errors` and `layers`, and what stands below them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from convshape.errors import GraphError, Span, did_you_mean, quoted
from convshape.layers import Layer, Shape

MAX_LAYERS = 1_000_000
"""How many layers a network may have unless its caller says otherwise."""

BLOCK, REPEAT, MERGE, BRANCH = "block", "repeat", "merge", "branch"


class _Equal:
    """Equal within a class, by the values of `_compared`."""

    __slots__ = ()
    _compared: tuple[str, ...]

    def _key(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._compared])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        fields = [f"{name}={getattr(self, name)!r}" for name in self._compared]
        return f"{type(self).__name__}({', '.join(fields)})"


class Input(_Equal):
    """A tensor that comes from outside: its shape, (channels, *spatial), or None where it is left open."""

    __slots__ = _compared = ("shape", "name")

    def __init__(self, shape: Shape | None = None, name: str | None = None) -> None:
        self.shape = shape
        self.name = name


class Op(_Equal):
    """A layer at work: the indices of the values that come in, and the name of what comes out.

    `operands` are the names that a merge calls its further inputs by; branches have none.  `origin` is where
    it is written.  Neither is part of what it is: ops compare without them.  `shares` is the index of the op
    whose weights it uses.
    """

    __slots__ = ("inputs", "layer", "name", "operands", "origin", "shares")
    _compared = ("layer", "inputs", "name", "shares")

    def __init__(
        self,
        layer: Layer,
        inputs: tuple[int, ...],
        name: str | None = None,
        operands: tuple[str, ...] = (),
        origin: Span | None = None,
        shares: int | None = None,
    ) -> None:
        self.layer = layer
        self.inputs = inputs
        self.name = name
        self.operands = operands
        self.origin = origin
        self.shares = shares

    @property
    def text(self) -> str:
        """Its line in a spec, in normal form (of a merge of branches, the merge alone)."""
        text = self.layer.spec()
        return " ".join([text, *self.operands]) if self.operands else text

    def with_layer(self, layer: Layer) -> "Op":
        """The same op of another layer."""
        return Op(layer, self.inputs, self.name, self.operands, self.origin, self.shares)


class Region(_Equal):
    """The values from `start` up to `stop` that belong together, within the region of index `parent`.

    A `block` is braces with a name; a `repeat` the same `times` times in a row; a `merge` the branches of a
    merge and the merge itself, the last of its values; a `branch` one of them, which may be empty.
    """

    __slots__ = _compared = ("kind", "start", "stop", "parent", "name", "times")

    def __init__(
        self,
        kind: str,
        start: int,
        stop: int,
        parent: int | None = None,
        name: str | None = None,
        times: int = 1,
    ) -> None:
        self.kind = kind
        self.start = start
        self.stop = stop
        self.parent = parent
        self.name = name
        self.times = times


class Graph(_Equal):
    """Values in order, the indices of the outputs, and regions, each behind its parent.

    `syntax` is the text that it comes from, for whoever writes it again; no analysis looks at it, and graphs
    compare without it.

    >>> from convshape import parse
    >>> graph = parse("input 3x8x8; conv k=3 out=8; relu")
    >>> graph
    Graph(input 3x8x8; conv k=3 out=8; relu)
    """

    __slots__ = ("outputs", "regions", "syntax", "values")
    _compared = ("values", "outputs", "regions")

    def __init__(
        self,
        values: tuple[Input | Op, ...],
        outputs: tuple[int, ...],
        regions: tuple[Region, ...] = (),
        syntax: Any = None,
    ) -> None:
        self.values = values
        self.outputs = outputs
        self.regions = regions
        self.syntax = syntax

    @property
    def inputs(self) -> tuple[int, ...]:
        """The indices of the inputs."""
        return tuple([index for index, value in enumerate(self.values) if isinstance(value, Input)])

    @property
    def ops(self) -> tuple[Op, ...]:
        """The layers at work, in order."""
        return tuple([value for value in self.values if isinstance(value, Op)])

    @property
    def input(self) -> Shape | None:
        """The shape of the first input, where it is given."""
        first = next((value for value in self.values if isinstance(value, Input)), None)
        return None if first is None else first.shape

    @property
    def output(self) -> int:
        """The index of the first output."""
        return self.outputs[0]

    def __repr__(self) -> str:
        shown = [_told(value) for value in self.values[:4]]
        more = len(self.values) - len(shown)
        return f"Graph({'; '.join(shown)}{f'; {more} more' if more > 0 else ''})"

    def with_input(self, shape: Shape | None) -> "Graph":
        """The same graph with another shape for its first input."""
        index = self.inputs[0]
        changed = Input(shape, self.values[index].name)
        values = (*self.values[:index], changed, *self.values[index + 1 :])
        return Graph(values, self.outputs, self.regions, self.syntax)

    def with_layers(self, layers: dict[int, Layer], syntax: Any = None) -> "Graph":
        """The same graph with other layers at some indices."""
        values = list(self.values)
        for index, layer in layers.items():
            value = values[index]
            assert isinstance(value, Op)
            values[index] = value.with_layer(layer)
        return Graph(tuple(values), self.outputs, self.regions, syntax)

    def branches(self) -> list[tuple[int, int]]:
        """For each value the number of branches that it stands in, and of those that it begins."""
        counts = [(0, 0)] * len(self.values)
        for region in self.regions:
            if region.kind == BRANCH and region.stop > region.start:
                for index in range(region.start, region.stop):
                    depth, begun = counts[index]
                    counts[index] = (depth + 1, begun + (index == region.start))
        return counts


def _told(value: Input | Op) -> str:
    if isinstance(value, Op):
        return value.text
    shape = "" if value.shape is None else f" {'x'.join(map(str, value.shape))}"
    return f"input{shape}"


def is_name(text: str) -> bool:
    """Whether a tensor can have that name: an identifier of any script, ``.`` and ``-`` behind its start.

    >>> is_name("conv1.a-b"), is_name("\u5c64"), is_name("-a"), is_name("1x")
    (True, True, False, False)
    """
    return text[:1] not in (".", "-") and text.replace(".", "_").replace("-", "_").isidentifier()


def composed(name: str) -> str:
    """The name in the form in which names are compared: an accent is the same however it is typed (NFC)."""
    if name.isascii():
        return name
    from unicodedata import normalize

    return normalize("NFC", name)


class Builder:
    """Makes a graph, value by value; what is no network is a GraphError.

    >>> from convshape.layers import KINDS
    >>> builder = Builder()
    >>> x = builder.input((8, 16, 16), name="x")
    >>> y = builder.add(KINDS["conv"](kernel_size=3, padding=1, out_channels=8), x)
    >>> builder.graph(builder.add(KINDS["add"](), y, x))
    Graph(input 8x16x16; conv k=3 p=1 out=8; add x)
    """

    def __init__(self, *, max_layers: int = MAX_LAYERS) -> None:
        self.values: list[Input | Op] = []
        self.named: dict[str, int] = {}
        self.regions: list[Region] = []
        self.max_layers = max_layers
        self._open: list[int] = []

    def input(self, shape: Shape | None = None, name: str | None = None) -> int:
        """Add an input, before any layer; its index."""
        if self.values and isinstance(self.values[-1], Op):
            raise GraphError("an input comes before all layers")
        self.values.append(Input(shape))
        if name is not None:
            self.name(len(self.values) - 1, name)
        return len(self.values) - 1

    def add(
        self, layer: Layer, *inputs: int | str, name: str | None = None, shares: int | None = None
    ) -> int:
        """Add a layer on values, by index or name; its index."""
        if not isinstance(layer, Layer):
            raise GraphError(
                f"{layer!r} is no layer", hint="KINDS['conv'](kernel_size=3, out_channels=8) makes one"
            )
        if len(self.values) > self.max_layers:
            raise GraphError(f"too many layers: the limit is {self.max_layers}")
        indices = tuple([self.find(i) if isinstance(i, str) else self._checked(i) for i in inputs])
        if (len(indices) < 2) if layer.merges else (len(indices) != 1):
            wanted = "two inputs or more" if layer.merges else "one input"
            raise GraphError(f"{layer.kind} takes {wanted}, not {len(indices)}")
        names = [self.values[i].name for i in indices[1:]]
        branches = bool(self._open) and self.regions[self._open[-1]].kind == MERGE
        operands = () if branches else tuple([n for n in names if n is not None])
        if len(operands) < len(names):
            operands = ()
        self.values.append(Op(layer, indices, operands=operands, shares=shares))
        if name is not None:
            self.name(len(self.values) - 1, name)
        return len(self.values) - 1

    def _checked(self, index: int) -> int:
        if not 0 <= index < len(self.values):
            raise GraphError(
                f"there is no value {index}", hint=f"there are {len(self.values)} so far, from 0"
            )
        return index

    def name(self, index: int, name: str) -> None:
        """Name a value; its first name stays, and a later use of a name takes the place of an earlier one."""
        if not is_name(name):
            raise GraphError(f"a tensor cannot be called {quoted(name)}")
        value = self.values[self._checked(index)]
        self.named[composed(name)] = index
        if value.name is None:
            value.name = composed(name)

    def find(self, name: str) -> int:
        """The index of the value of that name."""
        if composed(name) not in self.named:
            hint = did_you_mean(name, list(self.named), "name it first, with name=")
            raise GraphError(f"no tensor is called {quoted(name)}", hint=hint)
        return self.named[composed(name)]

    def open(self, kind: str, *, name: str | None = None, times: int = 1) -> None:
        """Begin a region, which `close` ends."""
        parent = self._open[-1] if self._open else None
        self._open.append(len(self.regions))
        self.regions.append(Region(kind, len(self.values), -1, parent, name, times))

    def close(self) -> None:
        """End the region that was begun last; a repeat, a block or a merge without values was none."""
        index = self._open.pop()
        region = self.regions[index]
        region.stop = len(self.values)
        if region.start == region.stop and region.kind != BRANCH:
            del self.regions[index:]

    @contextmanager
    def region(self, kind: str, *, name: str | None = None, times: int = 1) -> Iterator[None]:
        """What is added within belongs together, as in ``with builder.region("repeat", times=3): ...``.

        A name is that of its last value too, as a label's.
        """
        self.open(kind, name=name, times=times)
        yield
        if name is not None:
            self.name(len(self.values) - 1, name)
        self.close()

    def graph(self, *outputs: int, syntax: Any = None) -> Graph:
        """The graph that ends in these values, else in the last one."""
        if not self.values:
            raise GraphError("a network needs an input", hint="begin with input()")
        ends = tuple([self._checked(index) for index in outputs]) or (len(self.values) - 1,)
        return Graph(tuple(self.values), ends, tuple(self.regions), syntax)
