"""The text of a spec as it is written: statements, their words and places, and comments; nothing evaluated.

The grammar (docs/spec.md has it for users)::

    network   = { [ statement ] ( newline | ";" ) }
    statement = "input" SHAPE | [ NAME ":" ] [ item ]
    item      = layer | merge | COUNT "*" ( layer | merge | block ) | block
    block     = "{" network "}"
    layer     = KIND { KEY "=" VALUE }
    merge     = KIND ( NAME { NAME } | "{" network { "|" network } "}" ) | "from" NAME

Punctuation cuts a text into phrases: all that a line says without braces, bars, semicolons and comments.
What a phrase means is found out in `evaluate`.
"""

import re

from convshape.errors import Source, Span, SpecError, printable

MAX_DEPTH = 64
"""How deep blocks may stand in one another."""

_PIECES = re.compile(r"[^\S\n]*([^{}|;\n#]*)(#[^\n]*)?([{}|;\n]?)")
# Compiled where they are used: a spec without names and counts needs none of them.
_LABEL = r"([^\s:=]*)\s*:(?!\S*=)\s*"
_COUNT = r"(\S*?)\s*\*\s*"


class Phrase:
    """The words of a statement without what stands in braces, cut into its parts.

    Places are counted from the start of the phrase.  `start` is where its item starts, `end` where it ends;
    a phrase of a name alone has no item.
    """

    __slots__ = ("count", "count_at", "end", "item", "label", "start", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        at = 0
        label = re.match(_LABEL, text) if ":" in text else None
        self.label = label[1] if label else None
        if label:
            at = label.end()
        repeat = re.compile(_COUNT).match(text, at) if "*" in text else None
        self.count: str | None = repeat[1] if repeat else None
        self.count_at = at
        if repeat:
            at = repeat.end()
        self.item = text[at:]
        self.start = at if self.item else 0
        self.end = max(len(text), self.start + 1)


class Block:
    """Statements in order; the comment behind the sign that opens it, and the lines of comment at its end."""

    __slots__ = ("closing", "opening", "statements")

    def __init__(
        self, statements: list["Statement"], opening: str | None = None, closing: tuple[str, ...] = ()
    ) -> None:
        self.statements = statements
        self.opening = opening
        self.closing = closing


class Statement:
    """A phrase at its place, the blocks in braces behind it, and the comments before it and behind it.

    `signs` are the places of its opening brace and of the bars between its blocks.
    """

    __slots__ = ("before", "behind", "blocks", "phrase", "signs", "source", "start")

    def __init__(
        self,
        phrase: Phrase,
        source: Source,
        start: int,
        blocks: tuple[Block, ...] | None = None,
        signs: tuple[int, ...] = (),
        before: tuple[str, ...] = (),
        behind: str | None = None,
    ) -> None:
        self.phrase = phrase
        self.source = source
        self.start = start
        self.blocks = blocks
        self.signs = signs
        self.before = before
        self.behind = behind

    @property
    def span(self) -> Span:
        """The item, without name and count; the name where there is no item."""
        return Span(self.source, self.start + self.phrase.start, self.start + self.phrase.end)

    def part(self, start: int, end: int) -> Span:
        """A part of the phrase."""
        return Span(self.source, self.start + start, self.start + end)

    def sign(self, number: int) -> Span:
        """The opening brace, or the bar of that number."""
        return Span(self.source, self.signs[number], self.signs[number] + 1)

    def changed(self, phrase: Phrase | None = None, blocks: tuple[Block, ...] | None = None) -> "Statement":
        """The same statement with other words, which are a text of their own, or other blocks."""
        own = phrase is not None and phrase is not self.phrase
        return Statement(
            phrase or self.phrase,
            Source(self.source.name, phrase.text) if phrase and own else self.source,
            0 if own else self.start,
            blocks or self.blocks,
            self.signs,
            self.before,
            self.behind,
        )


def read(sources: list[Source], *, most: int) -> Block:
    """The statements of sources that follow one another, `most` of them at most."""
    statements: list[Statement] = []
    comments: tuple[str, ...] = ()
    for source in sources:
        block = _Reader(source, most).network(comments)
        statements += block.statements
        comments = block.closing
    return Block(statements, closing=comments)


class _Reader:
    """Recursive descent over the phrases of one source, each with the mark behind it."""

    def __init__(self, source: Source, most: int) -> None:
        self.source = source
        self.most = most
        self.count = 0
        self.pieces = _PIECES.finditer(source.text)
        self.known: dict[str, Phrase] = {}
        self.depth = 0
        self.comments: list[str] = []
        self.mark = "\n"
        self.advance()

    def advance(self) -> None:
        """Take the next phrase, which may be empty, and its mark, which is empty at the end of the text."""
        self.before = self.mark
        self.piece = next(self.pieces)
        phrase, self.comment, self.mark = self.piece.groups()
        self.phrase = phrase.rstrip()
        self.start = self.piece.start(1)

    def here(self) -> Span:
        """What is next: the phrase, once that is taken the mark."""
        start = self.start if self.phrase else self.piece.start(3)
        return Span(self.source, start, start + max(1, len(self.phrase or self.mark)))

    def network(self, comments: tuple[str, ...]) -> Block:
        """``{ [ statement ] ( newline | ";" ) }`` up to the end of the text."""
        self.comments = list(comments)
        block = self.statements()
        if self.mark == "}":
            raise SpecError(
                "'}' closes nothing", span=self.here(), hint="remove it, or open a block with '{'"
            )
        if self.mark == "|":
            raise SpecError(
                "'|' is outside of branches",
                span=self.here(),
                hint="branches follow a merge, as in 'add { conv k=3 p=1 out=8 | }'",
            )
        return block

    def statements(self) -> Block:
        """The statements up to a mark that closes them, or the end."""
        block = Block([])
        statements = block.statements
        if self.before in ("{", "|") and not self.phrase and self.comment:
            block.opening = self.taken()
        while True:
            if self.phrase or self.mark == "{":
                self.check_length()
                statements.append(self.statement())
            elif self.comment and self.before == ";" and statements and not statements[-1].behind:
                statements[-1].behind = self.taken()
            elif self.comment:
                self.comments.append(self.taken())
            if self.mark not in (";", "\n"):
                block.closing, self.comments = tuple(self.comments), []
                return block
            self.advance()

    def taken(self) -> str:
        """The comment of this piece, which is then dealt with."""
        comment, self.comment = self.comment, None
        return printable(comment.rstrip())

    def check_length(self) -> None:
        """Refuse more statements and branches than a network may have steps, before all is read."""
        self.count += 1
        if self.count > self.most:
            raise SpecError(
                f"too many statements: the limit is {self.most}",
                span=self.here(),
                hint="max_layers=N raises the limit",
            )

    def statement(self) -> Statement:
        """A phrase and what stands in braces behind it."""
        phrase = self.known.get(self.phrase)
        if phrase is None:
            phrase = self.known[self.phrase] = Phrase(self.phrase)
        statement = Statement(phrase, self.source, self.start)
        if self.comments:
            statement.before, self.comments = tuple(self.comments), []
        self.phrase = ""
        if self.mark == "{":
            self.braces(statement)
        if self.comment:
            statement.behind = self.taken()
        return statement

    def braces(self, statement: Statement) -> None:
        """``"{" network { "|" network } "}"``, and the end of the statement behind it."""
        opened = self.here()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SpecError(
                f"blocks are nested more than {MAX_DEPTH} deep",
                span=opened,
                hint="name tensors instead, as in 'x: conv k=3 out=8'",
            )
        blocks: list[Block] = []
        signs: list[int] = []
        while self.mark == "|" or not blocks:
            signs.append(self.piece.start(3))
            self.check_length()
            self.advance()
            blocks.append(self.statements())
        if self.mark != "}":
            raise SpecError("this '{' is never closed", span=opened, hint="close it with '}'")
        self.advance()
        if self.phrase or self.mark == "{":
            raise SpecError(
                "a statement ends at '}'", span=self.here(), hint="put a new line or ';' before this"
            )
        self.depth -= 1
        statement.blocks, statement.signs = tuple(blocks), tuple(signs)
