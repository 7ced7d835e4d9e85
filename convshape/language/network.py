"""A network: what a spec says, as statements, and what it computes, as nodes in order.

The statements are a tree, close to the text: blocks, branches and repeats as they were written.  The nodes
are that tree worked through: every repeat run, every name looked up, each layer with the indices of its
inputs.
Text becomes statements in `spec`; nothing here reads any.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from convshape.errors import Span, SpecError, did_you_mean, quoted
from convshape.layers import Layer, Shape

MAX_LAYERS = 1_000_000
"""How many layers a network may have unless its caller says otherwise."""


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


class From(NamedTuple):
    """Go on from the tensor of that name."""

    name: str


class Apply(NamedTuple):
    """Apply a layer to the current tensor, and, where it merges, to the named ones after it."""

    layer: Layer
    operands: tuple[str, ...] = ()


class Branches(NamedTuple):
    """Run every branch from the current tensor and merge what they end in."""

    layer: Layer
    branches: tuple["Block", ...]


class Repeat(NamedTuple):
    """Do the same some times in a row."""

    times: int
    item: "Item"


class Statement(NamedTuple):
    """An item, and the name of the tensor that it yields; without an item, of the current tensor."""

    item: "Item | None"
    name: str | None
    span: Span


class Block(NamedTuple):
    """Statements in order."""

    statements: tuple[Statement, ...]


Item = Apply | From | Branches | Repeat | Block


class Node(NamedTuple):
    """A layer at work: its inputs as indices (0 is the network's input, 1 the first node, and so on).

    `depth` counts the branches that it stands in, `opens` those of them, the innermost, that it begins.
    """

    layer: Layer
    inputs: tuple[int, ...]
    span: Span
    operands: tuple[str, ...] = ()
    depth: int = 0
    opens: int = 0

    @property
    def text(self) -> str:
        """Its line in a spec, in normal form (of a merge of branches, the merge alone)."""
        text = self.layer.spec()
        return " ".join([text, *self.operands]) if self.operands else text


class Network(NamedTuple):
    """Nodes in order, the tree that they come from, and the input shape where the spec gives one.

    `names` has the first name of each named tensor by its index; `output` is the index of the output.
    """

    block: Block
    nodes: tuple[Node, ...]
    names: dict[int, str]
    output: int
    input: Shape | None


def build(block: Block, input: Shape | None, *, max_layers: int = MAX_LAYERS) -> Network:
    """Work statements through into a network; a SpecError where a name is unknown or there is no end."""
    _check_size(block, max_layers)
    builder = _Builder()
    output = builder.run(block, 0)
    return Network(block, tuple(builder.nodes), builder.labels, output, input)


class _Builder:
    """The state of working a tree through: the nodes so far and what the names stand for."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.tensors: dict[str, int] = {}
        self.labels: dict[int, str] = {}
        self.depth = 0
        self.opening = 0  # the branches begun since the last node

    def run(self, block: Block, current: int) -> int:
        """Run statements from the tensor `current`; the index of the tensor that they end in."""
        for item, name, span in block.statements:
            if item is not None:
                current = self.do(item, span, current)
            if name is not None:
                self.tensors[name] = current
                self.labels.setdefault(current, name)
        return current

    def do(self, item: Item, span: Span, current: int) -> int:
        """Run one item from the tensor `current`; the index of the tensor that it yields."""
        if isinstance(item, Apply):
            operands = item.operands
            inputs = (current, *[self.find(name, span) for name in operands]) if operands else (current,)
            return self.add(Node(item.layer, inputs, span, operands, self.depth, self.opening))
        if isinstance(item, Branches):
            return self.branch(item, span, current)
        if isinstance(item, Repeat):
            for _ in range(item.times):
                current = self.do(item.item, span, current)
            return current
        if isinstance(item, From):
            return self.find(item.name, span)
        return self.run(item, current)

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        self.opening = 0
        return len(self.nodes)

    def branch(self, item: Branches, span: Span, current: int) -> int:
        opening, nodes = self.opening, len(self.nodes)
        self.depth += 1
        ends = []
        for branch in item.branches:
            self.opening = 1 + (opening if len(self.nodes) == nodes else 0)
            ends.append(self.run(branch, current))
        self.depth -= 1
        self.opening = opening if len(self.nodes) == nodes else 0
        return self.add(Node(item.layer, tuple(ends), span, (), self.depth, self.opening))

    def find(self, name: str, span: Span) -> int:
        if name in self.tensors:
            return self.tensors[name]
        guilty = next((word for word in list(span.words())[1:] if composed(word.text) == name), span)
        raise SpecError(
            f"no tensor is called {quoted(name)}",
            span=guilty,
            hint=did_you_mean(name, list(self.tensors), f"name it with '{name}:' before this line"),
        )


def _check_size(block: Block, max_layers: int) -> None:
    """Refuse a network that is too long, before any of it is worked through.

    Steps that make no layer (names, `from`, the tensors of a merge beyond two) are counted too: a repeat
    of those alone would run as long.
    """

    def of_item(item: Item | None, span: Span) -> tuple[int, int]:
        """The layers and the steps of an item."""
        if isinstance(item, Apply):
            return 1, len(item.operands) or 1
        if isinstance(item, Block):
            return of_blocks([item])
        if isinstance(item, Branches):
            layers, steps = of_blocks(item.branches)
            return layers + 1, steps + len(item.branches) - 1
        if isinstance(item, Repeat):
            layers, steps = of_item(item.item, span)
            layers, steps = layers * item.times, (steps or 1) * item.times
            if layers > max_layers or steps > max_layers:
                raise _too_long("this repeat would make", layers, steps, max_layers, span)
            return layers, steps
        return 0, 1

    def of_blocks(blocks: Iterable[Block]) -> tuple[int, int]:
        layers = steps = 0
        for inner in blocks:
            for item, _, span in inner.statements:
                more, further = of_item(item, span)
                layers += more
                steps += further or 1
                if layers > max_layers or steps > max_layers:
                    raise _too_long("up to here there are", layers, steps, max_layers, span)
        return layers, steps

    of_blocks([block])


def _too_long(fact: str, layers: int, steps: int, most: int, span: Span) -> SpecError:
    what = f"{layers} layers" if layers > most else f"{steps} steps"
    return SpecError(
        f"too many layers: {fact} {what}, and the limit is {most}",
        span=span,
        hint="--max-layers raises the limit",
    )


def replace_layers(block: Block, layers: Iterator[Layer]) -> Block:
    """The same statements with their layers, in the order of the nodes, taken from `layers`.

    A repeat whose turns come out different is written out turn by turn.
    """
    return Block(
        tuple(
            s if s.item is None else s._replace(item=_with_layers(s.item, s.span, layers))
            for s in block.statements
        )
    )


def _with_layers(item: Item, span: Span, layers: Iterator[Layer]) -> Item:
    if isinstance(item, Block):
        return replace_layers(item, layers)
    if isinstance(item, Branches):
        branches = tuple(replace_layers(branch, layers) for branch in item.branches)
        return item._replace(branches=branches, layer=next(layers))
    if isinstance(item, Apply):
        return item._replace(layer=next(layers))
    if isinstance(item, Repeat):
        turns = [_with_layers(item.item, span, layers) for _ in range(item.times)]
        if all(turn == turns[0] for turn in turns):
            return item._replace(item=turns[0])
        return Block(tuple(s for turn in turns for s in _as_statements(turn, span)))
    return item


def _as_statements(item: Item, span: Span) -> tuple[Statement, ...]:
    """The statements that do what an item does, to stand among others."""
    return item.statements if isinstance(item, Block) else (Statement(item, None, span),)
