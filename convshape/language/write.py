"""Back to text: the syntax of a spec in normal form, with its comments, and any graph by its regions.

Normal form is one statement a line, short keys in declared order, defaults left out, blocks indented, the
input first.
"""

from collections.abc import Callable, Iterator

from convshape.errors import GraphError, Source, SpecError
from convshape.graph import MERGE, REPEAT, Graph, Op, Region
from convshape.language.evaluate import Evaluation, evaluate, input_of
from convshape.language.syntax import Block, Phrase, Statement, read
from convshape.language.words import FROM, INPUT, Meaning
from convshape.layers import Layer, Shape, ShapeValue


def format_spec(graph: Graph, input: Shape | None = None) -> str:
    """The network in normal form, one statement a line; parsing it gives the same network again.

    That of a text is its own, with its comments; any other is written by its regions.  `input` stands for
    the network's own input shape.

    >>> from convshape import parse
    >>> format_spec(parse("input 3,8,8; 2*{conv kernel_size=3 stride=1 out=8;relu}"))
    'input 3x8x8\\n2 * {\\n  conv k=3 out=8\\n  relu\\n}\\n'
    """
    if len(graph.inputs) > 1 or len(graph.outputs) > 1:
        raise GraphError("a spec has one input and one output so far")
    lines = _of_graph(graph) if graph.syntax is None else _of_syntax(graph.syntax)
    shape = input or graph.input
    head = [] if shape is None else [f"{INPUT} {ShapeValue().write(shape)}"]
    if graph.syntax is not None and graph.syntax.statements and input_of(graph.syntax.statements[0]):
        head = _commented(graph.syntax.statements[0], head or [""])
    return "".join(f"{line}\n" for line in [*head, *lines])


# The syntax


def _of_syntax(block: Block) -> list[str]:
    evaluation = Evaluation(block)
    return [*_statements(evaluation.statements, evaluation.meaning), *block.closing]


def _statements(statements: list[Statement], meaning: Callable[[Statement], Meaning]) -> list[str]:
    return [line for s in statements for line in _commented(s, _item(s, meaning))]


def _commented(statement: Statement, lines: list[str]) -> list[str]:
    """The lines of a statement with the comments before it and behind it."""
    behind = "" if statement.behind is None else f"  {statement.behind}"
    return [*statement.before, *lines[:-1], f"{lines[-1]}{behind}"]


def _item(statement: Statement, meaning: Callable[[Statement], Meaning]) -> list[str]:
    known = meaning(statement)
    words = [] if known.layer is None else [known.layer.spec(), *known.operands]
    if known.source is not None:
        words = [FROM, known.source]
    if known.times is not None:
        words = [str(known.times), "*", *words]
    if known.name is not None:
        words = [f"{known.name}:", *words]
    head = " ".join(words)
    if statement.blocks is None:
        return [head]
    lines = []
    for number, block in enumerate(statement.blocks):
        sign = "|" if number else " ".join([head, "{"]).lstrip()
        inner = [*_statements(block.statements, meaning), *block.closing]
        lines += [sign if block.opening is None else f"{sign}  {block.opening}", *_indented(inner)]
    return [*lines, "}"]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


# Other layers in a syntax


def with_layers(block: Block, layers: Iterator[Layer]) -> Block:
    """The same text with its layers, in the order of the ops, taken from `layers`.

    A repeat whose turns come out different is written out turn by turn.
    """
    return _Rewriting(Evaluation(block), layers).block(block)


class _Rewriting:
    """Statements that are written anew with other layers, each phrase once."""

    def __init__(self, evaluation: Evaluation, layers: Iterator[Layer]) -> None:
        self.evaluation = evaluation
        self.layers = layers
        self.phrases: dict[tuple[str, Layer], Phrase] = {}

    def block(self, block: Block) -> Block:
        statements = [new for old in block.statements for new in self._statement(old)]
        return Block(statements, block.opening, block.closing)

    def _statement(self, statement: Statement) -> list[Statement]:
        """The statement with its layers: one, or, of a repeat whose turns differ, the turns in a block."""
        if input_of(statement):
            return [statement]
        known = self.evaluation.meaning(statement)
        turns = [self._turn(statement, known) for _ in range(known.times or 1)]
        if all(_alike(turn, turns[0]) for turn in turns[1:]):
            return [turns[0]]
        once = [turn.changed(phrase=Phrase(turn.phrase.item)) for turn in turns]
        inside = [s for turn in once for s in self._as_statements(turn)]
        label = "" if statement.phrase.label is None else f"{known.name}:"
        first = once[0].blocks[0] if self._bare(once[0]) and once[0].blocks else Block([])
        block = Block(_unmarked(statement, inside), first.opening, first.closing)
        return [statement.changed(phrase=Phrase(label), blocks=(block,))]

    @staticmethod
    def _bare(turn: Statement) -> bool:
        """Whether a turn is a block without a merge in front."""
        return turn.blocks is not None and not turn.phrase.item

    def _as_statements(self, turn: Statement) -> list[Statement]:
        """The statements that do what a turn does, to stand among others."""
        return turn.blocks[0].statements if turn.blocks and self._bare(turn) else [turn]

    def _turn(self, statement: Statement, known: Meaning) -> Statement:
        blocks = statement.blocks and tuple([self.block(block) for block in statement.blocks])
        if known.layer is None:
            return statement.changed(blocks=blocks)
        layer = next(self.layers)
        if layer == known.layer:
            return statement.changed(blocks=blocks)
        key = (statement.phrase.text, layer)
        if key not in self.phrases:
            lead = statement.phrase.text[: statement.phrase.start]
            self.phrases[key] = Phrase(lead + " ".join([layer.spec(), *known.operands]))
        return statement.changed(phrase=self.phrases[key], blocks=blocks)


def _unmarked(statement: Statement, inside: list[Statement]) -> list[Statement]:
    """Statements without the comments of the one that they come from, which keeps them."""
    return [
        Statement(s.phrase, s.source, s.start, s.blocks, s.signs)
        if (s.before, s.behind) == (statement.before, statement.behind)
        else s
        for s in inside
    ]


def _alike(one: Statement, other: Statement) -> bool:
    if one.phrase.text != other.phrase.text:
        return False
    mine, theirs = one.blocks or (), other.blocks or ()
    return len(mine) == len(theirs) and all(
        len(a.statements) == len(b.statements) and all(map(_alike, a.statements, b.statements))
        for a, b in zip(mine, theirs, strict=True)
    )


# A graph by its regions


def _of_graph(graph: Graph) -> list[str]:
    """The statements of a graph, read again to see that they say it; else without its regions."""
    lines = _Writing(graph).lines()
    if _says(lines, graph):
        return lines
    return _Writing(Graph(graph.values, graph.outputs)).lines()


def _says(lines: list[str], graph: Graph) -> bool:
    """Whether statements make the same layers with the same inputs."""
    if not lines:
        return len(graph.values) == 1
    try:
        block = read([Source("<written>", "\n".join(lines))], most=3 * len(lines))
        found = evaluate(block, max_layers=3 * (len(lines) + len(graph.values)))
    except SpecError:
        return False
    return found.outputs == graph.outputs and [(op.layer, op.inputs) for op in found.ops] == [
        (op.layer, op.inputs) for op in graph.ops
    ]


def _labelled(lines: list[str], names: list[str]) -> list[str]:
    """The lines of an item with its first name in front; further ones stand behind it."""
    first = [f"{name}: {lines[0]}" for name in names[:1]] or lines[:1]
    return [*first, *lines[1:], *[f"{name}:" for name in names[1:]]]


class _Writing:
    """A graph on its way to text: the names that values have at this point, and those that need one."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values = graph.values
        self.inside: dict[int | None, dict[int, list[int]]] = {}
        for index, region in enumerate(graph.regions):
            self.inside.setdefault(region.parent, {}).setdefault(region.start, []).append(index)
        self.taken = {value.name for value in graph.values}
        self.needed: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.alias: dict[int, int] = {}
        self.entries: dict[int, str] = {}
        self.called: set[int] = set()
        self.silent: set[int] = set()
        self.last_use = {i: n for n, v in enumerate(graph.values) if isinstance(v, Op) for i in v.inputs}
        self.last_use[graph.output] = len(graph.values)

    def lines(self) -> list[str]:
        """The statements; again, until no further value turns out to need a name."""
        while True:
            known, self.names = len(self.needed), {}
            lines = [f"{name}:" for name in self._named(0)]
            lines += self._run(1, len(self.values), None, 0)
            if self.graph.output != len(self.values) - 1:
                lines.append(f"{FROM} {self._called(self.graph.output)}")
            if len(self.needed) == known:
                return lines

    def _named(self, index: int) -> list[str]:
        """The names that a value gets where it is made: its own, and one that it alone has if need be."""
        own = None if index in self.silent else self.values[index].name
        names = [name for name in (own, self.needed.get(index)) if name is not None]
        for name in names:
            self._bind(index, name)
        return names

    def _bind(self, index: int, name: str) -> None:
        """From here on a name stands for a value, and no longer for another."""
        for other in [other for other, known in self.names.items() if known == name]:
            del self.names[other]
        self.names[index] = name

    def _called(self, index: int) -> str:
        """The name by which a value is called here; in a repeat it is made in the first turn."""
        self.called.add(index)
        known = self.names.get(index)
        if known is not None:
            return known
        while index in self.alias:
            index = self.alias[index]
        if index not in self.needed:
            self.needed[index] = self._invented()
        return self.needed[index]

    def _invented(self) -> str:
        number = 1
        while f"x{number}" in self.taken:
            number += 1
        self.taken.add(f"x{number}")
        return f"x{number}"

    def _run(self, start: int, stop: int, parent: int | None, current: int) -> list[str]:
        """The statements of the values from `start` up to `stop`, from the tensor `current` on."""
        lines: list[str] = []
        regions = self.inside.get(parent, {})
        at = start
        while at < stop:
            if at in regions:
                region = self.graph.regions[regions[at][0]]
                lines += self._region(regions[at][0], region, current)
                at = region.stop
            else:
                lines += self._op(at, current)
                at += 1
            current = at - 1
        return lines

    def _op(self, index: int, current: int) -> list[str]:
        op = self._at(index)
        first, *others = op.inputs
        lines = [] if first == current else [f"{FROM} {self._called(first)}"]
        words = " ".join([op.layer.spec(), *[self._called(other) for other in others]])
        return [*lines, *_labelled([words], self._named(index))]

    def _at(self, index: int) -> Op:
        op = self.values[index]
        assert isinstance(op, Op)
        return op

    def _region(self, index: int, region: Region, current: int) -> list[str]:
        """A repeat, a block or branches, with the label that names the region and what it ends in."""
        if region.kind == MERGE:
            lines = self._merge(index, region, current)
        elif region.kind == REPEAT:
            lines = self._repeat(index, region, current)
        else:
            lines = ["{", *_indented(self._run(region.start, region.stop, index, current)), "}"]
        last = region.stop - 1
        names = self._named(last) if region.kind == MERGE else []
        if region.name is not None:
            names = [region.name, *[name for name in names if name != region.name]]
            self._bind(last, region.name)
        if lines[0].startswith(f"{FROM} "):
            return [lines[0], *_labelled(lines[1:], names)]
        return _labelled(lines, names)

    def _merge(self, index: int, region: Region, current: int) -> list[str]:
        """``KIND { A | B }``, from the one tensor that all branches start from where it is another."""
        op = self._at(region.stop - 1)
        places = [i for at in sorted(self.inside.get(index, {})) for i in self.inside[index][at]]
        branches = [self.graph.regions[i] for i in places]
        starts = {
            end if branch.start == branch.stop else self._at(branch.start).inputs[0]
            for branch, end in zip(branches, op.inputs, strict=True)
        }
        lines = []
        if len(starts) == 1 and current not in starts:
            (current,) = starts
            lines = [f"{FROM} {self._called(current)}"]
        lines.append(f"{op.layer.spec()} {{")
        for number, (place, branch, end) in enumerate(zip(places, branches, op.inputs, strict=True)):
            inner = self._run(branch.start, branch.stop, place, current)
            reached = current if branch.start == branch.stop else branch.stop - 1
            if end != reached:
                inner.append(f"{FROM} {self._called(end)}")
            lines += [*(["|"] if number else []), *_indented(inner)]
        return [*lines, "}"]

    def _repeat(self, index: int, region: Region, current: int) -> list[str]:
        """``COUNT * ITEM``, where the turns are equal; else they are written out."""
        length = (region.stop - region.start) // region.times
        if not self._turns_are_equal(index, region, length, current):
            turns = self._run(region.start, region.stop, index, current)
            return turns if region.name is None else ["{", *_indented(turns), "}"]
        shift = region.stop - length - region.start
        last = self.values[region.stop - 1].name
        carried = self.values[region.start + length - 1].name if last is None else None
        entry = carried or self.entries.setdefault(region.start, "") or self._invented()
        self.entries[region.start] = entry
        outside, called = self.names.get(current), self.called
        self.called = set()
        self._bind(current, entry)
        if carried:
            self.silent.add(region.start + length - 1)  # the next turn's first statement names it
        body = self._run(region.start, region.start + length, index, current)
        if carried or current in self.called:
            body = [f"{entry}:", *body]
        self.called = called | self.called - {current}
        self.names.pop(current, None)
        if outside is not None and outside not in self.names.values():  # else the body has taken it
            self._bind(current, outside)
        for value in range(region.start, region.start + length):
            name = self.names.pop(value, None)
            if shift:
                self.alias[value + shift] = value
            if name is not None:
                self._bind(value + shift, name)
        if self._is_one_item(index, region, length, body[0]):
            return [f"{region.times} * {body[0]}", *body[1:]]
        return [f"{region.times} * {{", *_indented(body), "}"]

    def _is_one_item(self, index: int, region: Region, length: int, first: str) -> bool:
        """Whether the turn of a repeat is a layer, or one merge, without a label or another start."""
        word = first.split(" ")[0]
        inner = [self.graph.regions[i] for i in self.inside.get(index, {}).get(region.start, [])]
        whole = any(r.kind == MERGE and r.stop - r.start == length for r in inner)
        return word != FROM and not word.endswith(":") and (whole or (length == 1 and not inner))

    def _turns_are_equal(self, index: int, region: Region, length: int, current: int) -> bool:
        """Whether the turns of a repeat differ in nothing that one text for all cannot say."""
        start, stop = region.start, region.stop
        if length * region.times != stop - start or any(
            self.last_use.get(v, 0) >= stop for v in range(start, stop - length)
        ):
            return False
        carried = self.values[start + length - 1].name
        for at in range(start + length, stop):
            turns, place = divmod(at - start, length)
            one, other = self._at(start + place), self._at(at)
            shift = turns * length
            moved = tuple(
                i + shift if i >= start else start + shift - 1 if i == current else i for i in one.inputs
            )
            alike = (one.layer, moved, one.shares) == (other.layer, other.inputs, other.shares)
            named = other.name in ((carried, None) if at == stop - 1 else (one.name,))
            if not alike or not named:
                return False
        turns_of: dict[int, list[tuple[str, int, int, str | None, int]]] = {}
        for other_region in self._below(index):
            turn, place = divmod(other_region.start - start, length)
            size = other_region.stop - other_region.start
            told = (other_region.kind, place, size, other_region.name, other_region.times)
            turns_of.setdefault(turn, []).append(told)
        return not turns_of or all(turns_of.get(t) == turns_of.get(0) for t in range(region.times))

    def _below(self, index: int) -> Iterator[Region]:
        """The regions inside of one, which stand right behind it."""
        for region in self.graph.regions[index + 1 :]:
            if region.parent is None or region.parent < index:
                return
            yield region
