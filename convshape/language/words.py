"""What the words of a phrase mean: kinds through their register, values through their parameters, names.

Nothing here knows a kind by name.  A phrase is read once, however often it is repeated.
"""

import re
from collections.abc import Iterable
from typing import Any

from convshape.errors import Span, SpecError, did_you_mean, quoted
from convshape.graph import composed, is_name
from convshape.language.syntax import Statement
from convshape.layers import Layer, find, parameter, words
from convshape.layers.values import BadValue, whole

INPUT, FROM = "input", "from"
_VALUE = r"[^\s=;{}|#]+"


class Meaning:
    """What a phrase says: the name of its tensor, how often its item is done, and the item.

    That is a layer, with the names of what it merges with; or the name to go on from; or nothing, where a
    name stands alone or a block follows.
    """

    __slots__ = ("layer", "name", "operands", "source", "times")

    def __init__(
        self,
        name: str | None,
        times: int | None,
        layer: Layer | None = None,
        operands: tuple[str, ...] = (),
        source: str | None = None,
    ) -> None:
        self.name = name
        self.times = times
        self.layer = layer
        self.operands = operands
        self.source = source

    @property
    def waits(self) -> bool:
        """Whether it is a merge without names: its branches must follow."""
        return self.layer is not None and self.layer.merges and not self.operands


def meaning(statement: Statement) -> Meaning:
    """``[ NAME ":" ] [ COUNT "*" ] [ layer | merge | "from" NAME ]``"""
    phrase = statement.phrase
    name = times = None
    if phrase.label is not None:
        name = _name(statement.part(0, max(1, len(phrase.label))), phrase.label, "a tensor cannot be called")
    if phrase.count is not None:
        times = _count(statement, phrase.count, phrase.count_at)
    if not phrase.item:
        return Meaning(name, times)
    rest = statement.span.words()
    head = next(rest)
    if head.text == FROM:
        return Meaning(name, times, source=_source(head, list(rest)))
    found = find(head.text)
    if found is None:
        raise _unknown_kind(head)
    cls, rank = found
    if not cls.merges:
        return Meaning(name, times, _layer(cls, rank, head, rest))
    operands = tuple([_name(word, word.text, f"{cls.kind} takes names, not") for word in rest])
    return Meaning(name, times, cls(rank=rank), operands)


def _name(span: Span, name: str, refusal: str) -> str:
    if find(name) or name in (INPUT, FROM):
        raise SpecError(
            f"{refusal} {quoted(name)}: that word is reserved",
            span=span,
            hint="write the input shape without ':', as in 'input 3x224x224'"
            if name == INPUT
            else f"use another name, such as '{name}1'",
        )
    if not is_name(name):
        raise SpecError(
            f"{refusal} {quoted(name)}" if name else "a name is missing before ':'",
            span=span,
            hint="names have letters of any script, digits, '_', '.' and '-', and start with a letter or '_'",
        )
    return composed(name)


def _count(statement: Statement, text: str, at: int) -> int:
    try:
        return whole(text, 1, "a whole number from 1")
    except BadValue as error:
        raise SpecError(
            f"{quoted(text)} is not a count" if text else "a count is missing before '*'",
            span=statement.part(at, at + max(1, len(text))),
            hint=f"expected {error}, as in '3 * conv k=3 out=8'",
        ) from None


def _source(head: Span, rest: list[Span]) -> str:
    """The name behind ``from``."""
    if len(rest) != 1:
        raise SpecError(
            "'from' needs the name of one tensor", span=rest[1] if rest else head, hint="as in 'from x'"
        )
    return _name(rest[0], rest[0].text, "'from' takes a name, not")


def _layer(cls: type[Layer], rank: int | None, head: Span, rest: Iterable[Span]) -> Layer:
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
        key_span = _part(word, word.start, word.start + len(key))
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
                span=_part(word, key_span.end + 1, word.end) if value else word,
                hint=_NO_SPACES if apart else f"expected {error}",
            ) from None
    missing = [p for p in cls.params if p.required and p.name not in values]
    if missing:
        raise SpecError(
            f"{cls.kind} needs {' and '.join(f'{p.key}= ({p.doc})' for p in missing)}",
            span=_part(word, head.start, word.end),
            hint=f"add {' '.join(f'{p.key}=...' for p in missing)}",
        )
    return cls(rank=rank, **values)


def _part(word: Span, start: int, end: int) -> Span:
    return Span(word.source, start, end)


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
            hint="as in 'input 3x224x224'" if head.text.startswith(INPUT) else "as in 'conv k=3 out=8'",
        )
    if head.text == INPUT:
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
            or did_you_mean(head.text, [*words(), INPUT, FROM], "'convshape layers' lists them")
        )
    return SpecError(f"there is no layer {quoted(head.text)}", span=head, hint=hint)
