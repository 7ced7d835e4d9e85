"""The spec language: text to statements and back.

The grammar (docs/spec.md has it for users)::

    network   = { [ statement ] ( newline | ";" ) }
    statement = "input" SHAPE | [ NAME ":" ] [ item ]
    item      = layer | merge | COUNT "*" ( layer | merge | block ) | block
    block     = "{" network "}"
    layer     = KIND { KEY "=" VALUE }
    merge     = KIND ( NAME { NAME } | "{" network { "|" network } "}" ) | "from" NAME

Text is cut in two steps.  Punctuation parts it into phrases (all that a line says without braces, bars,
semicolons and comments); a phrase is read word by word, once, however often it is repeated.  Kinds are found
through their register: nothing here knows one by name.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from convshape.errors import Source, Span, SpecError, did_you_mean, quoted
from convshape.language.network import (
    MAX_LAYERS,
    Apply,
    Block,
    Branches,
    From,
    Item,
    Network,
    Repeat,
    Statement,
    build,
    composed,
    is_name,
)
from convshape.layers import Layer, Shape, ShapeValue, find, parameter, words
from convshape.layers.values import BadValue, whole

MAX_DEPTH = 64
"""How deep blocks may stand in one another."""

MAX_BYTES = 16 * 1024 * 1024
"""How long the text of one source may be."""

OUTPUT_SIZES = "sizes as in 7 or 7x7, or a whole shape as in 64x7x7, each from 1"
"""What a wanted output is written as."""

_INPUT, _FROM = "input", "from"
_PIECES = re.compile(r"[^\S\n]*([^{}|;\n#]*)(?:#[^\n]*)?([{}|;\n]?)")
# Compiled where they are used: a spec without names and counts needs none of them.
_LABEL = r"([^\s:=]*)\s*:(?!\S*=)\s*"
_COUNT = r"(\S*?)\s*\*\s*"
_VALUE = r"[^\s=;{}|#]+"


class _Phrase(NamedTuple):
    """What a phrase says: everything of a statement but the braces that may follow it."""

    name: str | None
    times: int | None
    item: Item | None
    merge: Layer | None
    """A merge that has no names yet: its branches must follow."""
    start: int
    """Where the item starts, counted from the phrase's start, and its `end`."""
    end: int


def parse(text: str | Iterable[Source], *, name: str = "<spec>", max_layers: int = MAX_LAYERS) -> Network:
    """The network that a spec says.

    `text` is the spec, called `name` in errors, or several sources that follow one another.  A SpecError,
    with the place and a hint, where it is not a network.

    >>> [node.text for node in parse("conv kernel_size=5 out=6; tanh").nodes]
    ['conv k=5 out=6', 'tanh']
    """
    sources = [Source(name, text)] if isinstance(text, str) else list(text)
    input_shape: Shape | None = None
    statements: list[Statement] = []
    for source in sources:
        if len(source.text) > MAX_BYTES:
            raise oversized(source.name)
        parser = _Parser(
            source, first=not statements and input_shape is None, most=max(max_layers, MAX_LAYERS)
        )
        statements += parser.network()
        input_shape = parser.input_shape or input_shape
    if not statements:
        where = sources[0].name if sources else name
        raise SpecError(f"{where}: there is no layer in it", hint="a spec is a line such as 'conv k=3 out=8'")
    return build(Block(tuple(statements)), input_shape, max_layers=max_layers)


def oversized(name: str) -> SpecError:
    """The error for a source of more than MAX_BYTES."""
    return SpecError(
        f"{name}: more than {MAX_BYTES // 2**20} MiB", hint="shorten it with repeats, as in '3 * relu'"
    )


def parse_shape(shape: str | Shape, *, name: str = "input", expected: str | None = None) -> Shape:
    """A shape from text (``3x224x224``, ``3,224,224``, ``(3, 224, 224)``) or from numbers.

    A SpecError, as if written in a source called `name`, where it is none; `expected` says what is, where
    sizes alone will do.

    >>> parse_shape("3x224x224")
    (3, 224, 224)
    """
    value = ShapeValue()
    try:
        return value.read(shape) if isinstance(shape, str) else value.normal(shape)
    except BadValue as error:
        text = shape if isinstance(shape, str) else repr(shape)
        raise SpecError(
            f"{quoted(text)} is not a shape",
            span=Span(Source(name, text), 0, len(text)),
            hint=f"expected {expected or error}",
        ) from None


class _Parser:
    """Recursive descent over the phrases of one source, each with the mark behind it."""

    def __init__(self, source: Source, *, first: bool, most: int) -> None:
        self.source = source
        self.most = most
        self.count = 0
        self.pieces = _PIECES.finditer(source.text)
        self.known = {"": _Phrase(None, None, None, None, 0, 1)}
        self.first = first
        self.input_shape: Shape | None = None
        self.depth = 0
        self.advance()

    def advance(self) -> None:
        """Take the next phrase, which may be empty, and its mark, which is empty at the end of the text."""
        self.piece = next(self.pieces)
        phrase, self.mark = self.piece.groups()
        self.phrase = phrase.rstrip()
        self.start = self.piece.start(1)

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def network(self) -> list[Statement]:
        """``{ [ statement ] ( newline | ";" ) }`` up to the end of the text."""
        statements = self.statements()
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
        return statements

    def here(self) -> Span:
        """What is next: the phrase, once that is taken the mark."""
        start = self.start if self.phrase else self.piece.start(2)
        return self.span(start, start + max(1, len(self.phrase or self.mark)))

    def statements(self) -> list[Statement]:
        """The statements up to a mark that closes them, or the end."""
        statements: list[Statement] = []
        while True:
            if self.phrase or self.mark == "{":
                self.check_length()
                statement = self.statement()
                if statement is not None:
                    statements.append(statement)
                self.first = False
            if self.mark not in (";", "\n"):
                return statements
            self.advance()

    def check_length(self) -> None:
        """Refuse more statements and branches than a network may have steps, before all is read."""
        self.count += 1
        if self.count > self.most:
            raise SpecError(
                f"too many statements: the limit is {self.most}",
                span=self.here(),
                hint="--max-layers raises the limit",
            )

    def statement(self) -> Statement | None:
        """``"input" SHAPE | [ NAME ":" ] [ item ]``, up to the mark behind it."""
        start, text = self.start, self.phrase
        phrase = self.known.get(text)
        if phrase is None:
            if text.split(None, 1)[0] == _INPUT:
                self.read_input(text)
                return None
            phrase = self.known[text] = self.read_phrase(text)
        self.phrase = ""
        span = Span(self.source, start + phrase.start, start + phrase.end)
        item = phrase.item
        if self.mark == "{":
            item = self.braces(phrase, span)
        elif phrase.merge is not None:
            raise SpecError(
                f"{phrase.merge.kind} needs something to merge with",
                span=span,
                hint=f"'{phrase.merge.kind} NAME', or '{phrase.merge.kind} {{ A | B }}' "
                "with its '{' on the same line",
            )
        if phrase.times is not None:
            if item is None:
                raise SpecError(
                    "there is nothing to repeat",
                    span=self.span(start, start + len(text)),
                    hint="as in '3 * { conv k=3 p=1 out=8; relu }'",
                )
            item = Repeat(phrase.times, item)
        return Statement(item, phrase.name, span)

    def braces(self, phrase: _Phrase, span: Span) -> Item:
        """``block`` or ``"{" network { "|" network } "}"``, and the end of the statement behind it."""
        if phrase.item is not None:
            named = isinstance(phrase.item, Apply) and phrase.item.operands
            raise SpecError(
                "'{' cannot follow this",
                span=self.here(),
                hint="a merge takes names or branches" if named else "start a new line before the block",
            )
        opened = self.here()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SpecError(
                f"blocks are nested more than {MAX_DEPTH} deep",
                span=opened,
                hint="name tensors instead, as in 'x: conv k=3 out=8'",
            )
        blocks = [self.block()]
        while self.mark == "|" and phrase.merge is not None:
            blocks.append(self.block())
        self.close(opened, phrase.merge)
        self.depth -= 1
        if phrase.merge is None:
            return blocks[0]
        if len(blocks) < 2:
            kind = phrase.merge.kind
            raise SpecError(
                f"{kind} needs at least two branches",
                span=span,
                hint=f"separate them with '|'; an empty one is the tensor itself, as in '{kind} {{ A | }}'",
            )
        return Branches(phrase.merge, tuple(blocks))

    def block(self) -> Block:
        self.check_length()
        self.advance()
        self.first = False
        return Block(tuple(self.statements()))

    def close(self, opened: Span, merge: Layer | None) -> None:
        """Take the closing brace, and see that the statement ends behind it."""
        if self.mark == "|" and merge is None:
            raise SpecError(
                "'|' is in a block without branches",
                span=self.here(),
                hint="put a merge before the block, as in 'add { ... | ... }'",
            )
        if self.mark != "}":
            raise SpecError("this '{' is never closed", span=opened, hint="close it with '}'")
        self.advance()
        if self.phrase or self.mark == "{":
            raise SpecError(
                "a statement ends at '}'", span=self.here(), hint="put a new line or ';' before this"
            )

    def read_input(self, text: str) -> None:
        """``"input" SHAPE``, the first statement alone."""
        span = self.here()
        if not self.first or self.depth:
            raise SpecError(
                "'input' is not the first statement",
                span=span,
                hint="several SPECs make one network: run each by itself, or remove this line"
                if self.count == 1 and not self.depth
                else "give the input shape once, on the first line or with --input",
            )
        written = text[len(_INPUT) :].strip()
        try:
            self.input_shape = ShapeValue().read(written)
        except BadValue as error:
            at = span.start + text.index(written, len(_INPUT)) if written else span.start
            raise SpecError(
                f"{quoted(written)} is not a shape" if written else "'input' needs a shape",
                span=self.span(at, span.end),
                hint=f"expected {error}",
            ) from None
        self.phrase = ""
        if self.mark == "{":
            raise SpecError(
                "'{' cannot follow this", span=self.here(), hint="start a new line before the block"
            )

    # One phrase, word by word

    def read_phrase(self, text: str) -> _Phrase:
        """``[ NAME ":" ] [ COUNT "*" ] [ layer | merge | "from" NAME ]``"""
        name, at = None, 0
        label = re.match(_LABEL, text) if ":" in text else None
        if label:
            name = self.checked_name(label[1], self.start, "a tensor cannot be called")
            at = label.end()
        count = None
        repeat = re.compile(_COUNT).match(text, at) if "*" in text else None
        if repeat:
            count = self.read_count(repeat[1], at)
            at = repeat.end()
        item, merge = self.read_item(text, at) if at < len(text) else (None, None)
        start = at if at < len(text) else 0
        return _Phrase(name, count, item, merge, start, max(len(text), start + 1))

    def checked_name(self, name: str, start: int, refusal: str) -> str:
        span = self.span(start, start + max(1, len(name)))
        if find(name) or name in (_INPUT, _FROM):
            raise SpecError(
                f"{refusal} {quoted(name)}: that word is reserved",
                span=span,
                hint="write the input shape without ':', as in 'input 3x224x224'"
                if name == _INPUT
                else f"use another name, such as '{name}1'",
            )
        if not is_name(name):
            raise SpecError(
                f"{refusal} {quoted(name)}" if name else "a name is missing before ':'",
                span=span,
                hint="names have letters of any script, digits, '_', '.' and '-', "
                "and start with a letter or '_'",
            )
        return composed(name)

    def read_count(self, text: str, at: int) -> int:
        span = self.span(self.start + at, self.start + at + max(1, len(text)))
        try:
            return whole(text, 1, "a whole number from 1")
        except BadValue as error:
            raise SpecError(
                f"{quoted(text)} is not a count" if text else "a count is missing before '*'",
                span=span,
                hint=f"expected {error}, as in '3 * conv k=3 out=8'",
            ) from None

    def read_item(self, text: str, at: int) -> tuple[Item | None, Layer | None]:
        """``layer | merge | "from" NAME``: the item, or the merge that waits for its branches."""
        rest = self.span(self.start + at, self.start + len(text)).words()
        head = next(rest)
        if head.text == _FROM:
            return From(self.read_from(head, list(rest))), None
        found = find(head.text)
        if found is None:
            raise _unknown_kind(head)
        cls, rank = found
        if not cls.merges:
            return Apply(self.read_layer(cls, rank, head, rest)), None
        layer = cls(rank=rank)
        names = tuple(
            self.checked_name(word.text, word.start, f"{cls.kind} takes names, not") for word in rest
        )
        return (Apply(layer, names), None) if names else (None, layer)

    def read_from(self, head: Span, rest: list[Span]) -> str:
        if len(rest) != 1:
            raise SpecError(
                "'from' needs the name of one tensor",
                span=rest[1] if rest else head,
                hint="as in 'from x'",
            )
        return self.checked_name(rest[0].text, rest[0].start, "'from' takes a name, not")

    def read_layer(self, cls: type[Layer], rank: int | None, head: Span, rest: Iterable[Span]) -> Layer:
        """``KIND { KEY "=" VALUE }``"""
        values: dict[str, Any] = {}
        word = head
        for word in rest:
            key, equals, value = word.text.partition("=")
            if not equals or not key:
                raise SpecError(
                    f"expected KEY=VALUE, found {quoted(word.text)}",
                    span=word,
                    hint=_no_pair(word, cls),
                )
            key_span = self.span(word.start, word.start + len(key))
            declared = parameter(cls, key)
            if declared is None:
                raise SpecError(
                    f"{cls.kind} has no parameter {quoted(key)}",
                    span=key_span,
                    hint=_no_key(cls, key),
                )
            if declared.name in values:
                raise SpecError(
                    f"{cls.kind} has {declared.key}= ({declared.doc}) twice",
                    span=key_span,
                    hint="remove one",
                )
            try:
                values[declared.name] = declared.value.read(value)
            except BadValue as error:
                following = word.source.text[word.end :].split(None, 1)[:1]
                apart = not value and bool(following) and re.fullmatch(_VALUE, following[0])
                raise SpecError(
                    f"{key}= cannot be {quoted(value)}" if value else f"{key}= has no value",
                    span=self.span(key_span.end + 1, word.end) if value else word,
                    hint=_NO_SPACES if apart else f"expected {error}",
                ) from None
        missing = [p for p in cls.params if p.required and p.name not in values]
        if missing:
            raise SpecError(
                f"{cls.kind} needs {' and '.join(f'{p.key}= ({p.doc})' for p in missing)}",
                span=self.span(head.start, word.end),
                hint=f"add {' '.join(f'{p.key}=...' for p in missing)}",
            )
        return cls(rank=rank, **values)


_NO_SPACES = "remove the spaces around '='"


def _no_pair(word: Span, cls: type[Layer]) -> str:
    """The hint for a word that is no KEY=VALUE."""
    if _stray_equals(word):
        return _NO_SPACES
    return "put a new line or ';' between layers" if find(word.text) else _keys(cls)


def _no_key(cls: type[Layer], key: str) -> str:
    """The hint for a key that a kind lacks."""
    from convshape.language.guesses import key_hint  # only an error needs it

    keys = [k for p in cls.params for k in p.keys]
    return key_hint(cls, key) or did_you_mean(key, keys, _keys(cls))


def _keys(cls: type[Layer]) -> str:
    """The hint that lists what a kind takes."""
    keys = ", ".join(f"{p.key}=" for p in cls.params)
    return f"{cls.kind} takes {keys}" if keys else f"{cls.kind} takes no parameters"


def _stray_equals(word: Span) -> bool:
    """Whether a word is one side of an equals sign with spaces around it."""
    following = word.source.text[word.end :].lstrip(" \t")
    return word.text.startswith("=") or following.startswith("=")


def _unknown_kind(head: Span) -> SpecError:
    if "=" in head.text:
        return SpecError(
            f"expected a kind of layer before {quoted(head.text)}",
            span=head,
            hint="as in 'input 3x224x224'" if head.text.startswith(_INPUT) else "as in 'conv k=3 out=8'",
        )
    if head.text == _INPUT:
        return SpecError(
            "'input' takes neither a name nor a count",
            span=head,
            hint="'input 3x224x224' is the first line, and 'x:' on a line of its own names the tensor",
        )
    if head.text[0].isdigit():
        hint = "write a repeat as in '3 * relu', a nested one as in '2 * { 3 * relu }'"
    elif ":" in head.text:
        hint = "a layer has one name, and it comes first, as in 'x: 3 * relu'"
    else:
        from convshape.language.guesses import called_hint, kind_hint  # only an error needs it

        hint = (
            called_hint(head.text)
            if "(" in head.text
            else kind_hint(head.text)
            or did_you_mean(head.text, [*words(), _INPUT, _FROM], "'convshape layers' lists them")
        )
    return SpecError(f"there is no layer {quoted(head.text)}", span=head, hint=hint)


# Statements to text


def format_spec(network: Network, input: Shape | None = None) -> str:
    """The network in normal form, one statement a line; parsing it gives the same network again.

    `input` stands for the network's own input shape.

    >>> format_spec(parse("input 3,8,8; 2*{conv kernel_size=3 stride=1 out=8;relu}"))
    'input 3x8x8\\n2 * {\\n  conv k=3 out=8\\n  relu\\n}\\n'
    """
    shape = input or network.input
    head = [] if shape is None else [f"{_INPUT} {ShapeValue().write(shape)}"]
    return "".join(f"{line}\n" for line in [*head, *_lines(network.block)])


def _lines(block: Block) -> list[str]:
    lines: list[str] = []
    for item, name, _ in block.statements:
        first, *rest = [""] if item is None else _item_lines(item)
        label = "" if name is None else f"{name}: "
        lines += [f"{label}{first}".rstrip(), *rest]
    return lines


def _item_lines(item: Item) -> list[str]:
    if isinstance(item, Apply):
        return [" ".join([item.layer.spec(), *item.operands])]
    if isinstance(item, From):
        return [f"{_FROM} {item.name}"]
    if isinstance(item, Repeat):
        first, *rest = _item_lines(item.item)
        return [f"{item.times} * {first}", *rest]
    if isinstance(item, Block):
        return ["{", *_indented(item), "}"]
    lines = [f"{item.layer.spec()} {{"]
    for number, branch in enumerate(item.branches):
        lines += [*(["|"] if number else []), *_indented(branch)]
    return [*lines, "}"]


def _indented(block: Block) -> list[str]:
    return [f"  {line}" for line in _lines(block)]
