"""Syntax to a graph: every word is given its meaning, every repeat is run, every name is looked up."""

from collections.abc import Iterable

from convshape.errors import Span, SpecError, did_you_mean, quoted
from convshape.graph import BLOCK, BRANCH, MERGE, REPEAT, Builder, Graph, Op, composed
from convshape.language.syntax import Block, Statement
from convshape.language.words import INPUT, Meaning, meaning
from convshape.layers import Shape, ShapeValue
from convshape.layers.values import BadValue


def evaluate(block: Block, *, max_layers: int) -> Graph:
    """The graph that statements say; a SpecError where they do not say one."""
    evaluation = Evaluation(block)
    evaluation.check_size(max_layers)
    return evaluation.run()


def input_of(statement: Statement) -> bool:
    """Whether a statement gives the input shape."""
    return statement.phrase.text.split(None, 1)[:1] == [INPUT]


class Evaluation:
    """Statements with the meaning of their words, checked in the order of the text."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.known: dict[str, Meaning] = {}
        self.shape: Shape | None = None
        self.statements = self._without_input(block)
        self._check(self.statements)

    def meaning(self, statement: Statement) -> Meaning:
        """What a statement's phrase says; equal ones are read once."""
        return self.known[statement.phrase.text]

    # Words

    def _without_input(self, block: Block) -> list[Statement]:
        """The statements behind the one that gives the input shape, if the first does."""
        if block.statements and input_of(block.statements[0]):
            self.shape = _shape(block.statements[0])
            return block.statements[1:]
        return block.statements

    def _check(self, statements: list[Statement]) -> None:
        """Read all phrases, and see that what stands in braces belongs there."""
        for statement in statements:
            text = statement.phrase.text
            known = self.known.get(text)
            if known is None:
                if input_of(statement):
                    raise _misplaced(statement, of_another=self._opens_a_source(statement))
                known = self.known[text] = meaning(statement)
            if statement.blocks is not None:
                self._check_braces(statement, known)
            elif known.waits and known.layer is not None:
                kind = known.layer.kind
                raise SpecError(
                    f"{kind} needs something to merge with",
                    span=statement.span,
                    hint=f"'{kind} NAME', or '{kind} {{ A | B }}' with its '{{' on the same line",
                )
            if known.times is not None and not statement.phrase.item and statement.blocks is None:
                raise SpecError(
                    "there is nothing to repeat",
                    span=statement.part(0, len(text)),
                    hint="as in '3 * { conv k=3 p=1 out=8; relu }'",
                )

    def _opens_a_source(self, statement: Statement) -> bool:
        """Whether it is the first statement of a source that follows another."""
        everything = self.block.statements
        place = next((n for n, other in enumerate(everything) if other is statement), 0)
        return place > 0 and everything[place - 1].source is not statement.source

    def _check_braces(self, statement: Statement, known: Meaning) -> None:
        blocks = statement.blocks or ()
        if (known.layer is not None and not known.waits) or known.source is not None:
            raise SpecError(
                "'{' cannot follow this",
                span=statement.sign(0),
                hint="a merge takes names or branches"
                if known.operands
                else "start a new line before the block",
            )
        for number, block in enumerate(blocks):
            if number and not known.waits:
                raise SpecError(
                    "'|' is in a block without branches",
                    span=statement.sign(number),
                    hint="put a merge before the block, as in 'add { ... | ... }'",
                )
            self._check(block.statements)
        if known.layer is not None and len(blocks) < 2:
            kind = known.layer.kind
            raise SpecError(
                f"{kind} needs at least two branches",
                span=statement.span,
                hint=f"separate them with '|'; an empty one is the tensor itself, as in '{kind} {{ A | }}'",
            )

    # Size

    def check_size(self, max_layers: int) -> None:
        """Refuse a network that is too long, before any of it is made.

        Steps that make no layer (names, `from`, the tensors of a merge beyond two) are counted too: a repeat
        of those alone would run as long.
        """

        self._size([self.statements], max_layers)

    def _size(self, blocks: Iterable[list[Statement]], most: int) -> tuple[int, int]:
        """The layers and the steps of blocks."""
        layers = steps = 0
        for statements in blocks:
            for statement in statements:
                more, further = self._size_of(statement, most)
                layers += more
                steps += further or 1
                if layers > most or steps > most:
                    raise _too_long("up to here there are", layers, steps, most, statement.span)
        return layers, steps

    def _size_of(self, statement: Statement, most: int) -> tuple[int, int]:
        """The layers and the steps of an item."""
        known = self.meaning(statement)
        layers, steps = 0, 1
        if statement.blocks is not None:
            layers, steps = self._size([block.statements for block in statement.blocks], most)
            if known.layer is not None:
                layers, steps = layers + 1, steps + len(statement.blocks) - 1
        elif known.layer is not None:
            layers, steps = 1, len(known.operands) or 1
        if known.times is not None:
            layers, steps = layers * known.times, (steps or 1) * known.times
            if layers > most or steps > most:
                raise _too_long("this repeat would make", layers, steps, most, statement.span)
        return layers, steps

    # Values

    def run(self) -> Graph:
        """The graph of all statements."""
        self.builder = Builder()
        self.builder.input(self.shape)
        output = self._all(self.statements, 0)
        return self.builder.graph(output, syntax=self.block)

    def _all(self, statements: list[Statement], current: int) -> int:
        """Run statements from the tensor `current`; the index of the tensor that they end in."""
        builder = self.builder
        for statement in statements:
            known = self.known[statement.phrase.text]
            if known.layer is not None or known.source is not None or statement.blocks is not None:
                current = self._item(statement, known, statement.span, current)
            if known.name is not None:
                builder.named[known.name] = current
                value = builder.values[current]
                value.name = value.name or known.name
        return current

    def _item(self, statement: Statement, known: Meaning, span: Span, current: int) -> int:
        """Run an item as often as it says; the index of the tensor that it yields."""
        if known.times is None:
            return self._once(statement, known, span, current, known.name)
        self.builder.open(REPEAT, name=known.name, times=known.times)
        for _ in range(known.times):
            current = self._once(statement, known, span, current, None)
        self.builder.close()
        return current

    def _once(self, statement: Statement, known: Meaning, span: Span, current: int, name: str | None) -> int:
        """Run an item once; `name` is that of its region, where it is one."""
        if statement.blocks is not None:
            return self._braces(statement, known, span, current, name)
        if known.layer is not None:
            inputs = (current, *[self._find(operand, span) for operand in known.operands])
            return self._made(Op(known.layer, inputs, None, known.operands, span))
        return self._find(known.source or "", span)

    def _braces(
        self, statement: Statement, known: Meaning, span: Span, current: int, name: str | None
    ) -> int:
        builder, blocks = self.builder, statement.blocks or ()
        if known.layer is None:
            if name is None:
                return self._all(blocks[0].statements, current)
            builder.open(BLOCK, name=name)
            current = self._all(blocks[0].statements, current)
            builder.close()
            return current
        builder.open(MERGE, name=name)
        ends = []
        for block in blocks:
            builder.open(BRANCH)
            ends.append(self._all(block.statements, current))
            builder.close()
        current = self._made(Op(known.layer, tuple(ends), None, (), span))
        builder.close()
        return current

    def _made(self, op: Op) -> int:
        self.builder.values.append(op)
        return len(self.builder.values) - 1

    def _find(self, name: str, span: Span) -> int:
        tensors = self.builder.named
        if name in tensors:
            return tensors[name]
        guilty = next((word for word in list(span.words())[1:] if composed(word.text) == name), span)
        raise SpecError(
            f"no tensor is called {quoted(name)}",
            span=guilty,
            hint=did_you_mean(name, list(tensors), f"name it with '{name}:' before this line"),
        )


def _shape(statement: Statement) -> Shape:
    """``"input" SHAPE``"""
    text = statement.phrase.text
    span = statement.part(0, len(text))
    written = text[len(INPUT) :].strip()
    try:
        shape = ShapeValue().read(written)
    except BadValue as error:
        at = span.start + text.index(written, len(INPUT)) if written else span.start
        raise SpecError(
            f"{quoted(written)} is not a shape" if written else "'input' needs a shape",
            span=Span(span.source, at, span.end),
            hint=f"expected {error}",
        ) from None
    if statement.blocks is not None:
        raise SpecError(
            "'{' cannot follow this", span=statement.sign(0), hint="start a new line before the block"
        )
    return shape


def _misplaced(statement: Statement, *, of_another: bool) -> SpecError:
    """The error for an input shape that is not the first statement, perhaps since its SPEC is not."""
    return SpecError(
        "'input' is not the first statement",
        span=statement.part(0, len(statement.phrase.text)),
        hint="several SPECs make one network: run each by itself, or remove this line"
        if of_another
        else "give the input shape once, on the first line or as input=...",
    )


def _too_long(fact: str, layers: int, steps: int, most: int, span: Span) -> SpecError:
    what = f"{layers} layers" if layers > most else f"{steps} steps"
    return SpecError(
        f"too many layers: {fact} {what}, and the limit is {most}",
        span=span,
        hint="max_layers=N raises the limit",
    )
