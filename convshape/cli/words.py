"""The words of a command line: which of them say a spec, a file or a shipped network, and how they join.

Quotes may be left out where a shell leaves the words alone.  What follows a layer as KEY=VALUE belongs to it,
``NAME:`` stands before what follows it, and every other word begins a statement.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from convshape import ConvshapeError, Source, Span, SpecError
from convshape.errors import printable
from convshape.files import SUFFIXES, is_file, is_path
from convshape.layers import find

STANDARD_INPUT = "-"

# Start-up is counted: what every command line asks is asked without patterns, which take time to compile.


def is_shipped(word: str) -> bool:
    """Whether a word that is no file names a shipped network, ``@NAME``."""
    return word.startswith("@") and is_path(word)


def is_text(word: str) -> bool:
    """Whether a word is neither a file, a shipped network nor standard input."""
    return word != STANDARD_INPUT and not is_file(word) and not is_shipped(word)


def goes_on(word: str) -> bool:
    """Whether a word is KEY=VALUE, which belongs to the statement before it.

    >>> [goes_on(word) for word in ("k=3", "k=3 out=8; relu", "conv k=3", "k==3", "relu")]
    [True, True, False, False, False]
    """
    key, equals, value = word.partition("=")
    return bool(equals) and key.strip().isidentifier() and key == key.rstrip() and not value.startswith("=")


def _is_label(word: str) -> bool:
    """Whether a word is ``NAME:``, which stands before what follows it."""
    name = word[:-1]
    return word.endswith(":") and [name] == name.split() and ":" not in name and "=" not in name


def joined(words: Iterable[str]) -> str:
    """The spec that words of text say, as it would be typed in quotes.

    >>> joined(["conv", "k=5", "out=6", "x:", "tanh; relu"])
    'conv k=5 out=6; x: tanh; relu'
    """
    parts = list(words)
    if len(parts) == 1:
        return parts[0]
    parts = [part.strip() for part in parts]
    text = ""
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        text += _between(before, part, after) if text else ""
        text += part
    return text


def _between(before: str, part: str, after: str) -> str:
    """What stands between two words: nothing but a space where the statement goes on."""
    if "#" in before.rpartition("\n")[2]:
        return "\n"  # a comment ends with its line
    # An equals sign with spaces around it: the language says what is wrong with that.
    apart = part.startswith("=") or before.endswith("=") or (after.startswith("=") and part.isidentifier())
    if apart or goes_on(part) or _is_label(before):
        return " "
    # Where a mark stands already the statement ends without another.
    return " " if before.endswith(("{", "|", ";")) or part.startswith(("}", "|", ";")) else "; "


# Arguments of the library as hints speak of them, and the options that they are here.
_IN_OPTIONS = (
    (r"with input(?=, as in input=\")", "with -i"),
    (r'\binput="([^"]*)"', r"-i \1"),
    (r"\bbatch=([0-9]+)", r"--batch \1"),
    (r"\brange=range\(A, B\)", "--range A:B"),
    (r"\bsquare=True\b", "--square"),
    (r"\bmax_layers=N\b", "--max-layers"),
    (r"\bas input=\.\.\.", "with --input"),
)


def in_options(hint: str | None) -> str | None:
    """A hint of the library with options in place of arguments.

    >>> in_options('input="1x8x8", or batch=3 gives it')
    '-i 1x8x8, or --batch 3 gives it'
    """
    if hint is None:
        return None
    for argument, option in _IN_OPTIONS:
        hint = re.sub(argument, option, hint)
    return hint


# What a shell may have done to a spec without quotes


def better_hint(error: ConvshapeError, typed: list[tuple[Source, list[str]]]) -> str | None:
    """The hint for an error that the command line explains: None where the error's own is as good.

    `typed` are the sources of text, each with the words that it was joined from.
    """
    bare = [source for source, words in typed if len(words) > 1 and any(map(str.isidentifier, words))]
    if error.span is None:
        lacking = bare and error.message == "no input shape is given"
        return f"{error.hint}; or quote the spec, if it has a ; in it" if lacking else None
    source = error.span.source
    if isinstance(error, SpecError) and any(each is source for each in bare):
        hint = _in_quotes(error, error.span)
        if hint is not None:
            return hint
    return _known_elsewhere(error, error.span) if any(each is source for each, _ in typed) else None


def _in_quotes(error: SpecError, span: Span) -> str | None:
    """The hint to put a spec in quotes, where a shell seems to have split or changed it."""
    start, end = _statement(span)
    text = span.source.text
    statement = re.sub(r"^[^\s:=]+:\s*", "", text[start:end].strip())
    following = text[end:].lstrip("; \n")
    if re.fullmatch(r"[0-9]+\s*\*?|\*", statement):
        return 'quote the spec, as in "3 * relu": the shell turns a bare * into file names'
    lacking = _needs_another(statement)
    if span.text in ("{", "}", "|") or (lacking and following.startswith("{")):
        return 'quote the spec, as in "add { relu | tanh }": the shell takes | for a pipe'
    if lacking:
        example = re.split(r"[\s;]", following)[0] or "x"
        return f'quote the spec to keep its words together, as in "{statement} {example}"'
    if span.end == len(text) and span.text == statement:
        head = find(statement.split()[0])
        if head is not None:  # the last layer lacks something, which may have stood behind it
            return f"{error.hint}; or quote the spec, if the shell cut it at ; | or #"
    return None


def _statement(span: Span) -> tuple[int, int]:
    """Where the statement starts that a span lies in, and where it ends."""
    text, at = span.source.text, span.start
    start = max(text.rfind(mark, 0, at) for mark in ";\n") + 1
    end = min((place for mark in ";\n" if (place := text.find(mark, at)) >= 0), default=len(text))
    return start, end


def _needs_another(statement: str) -> bool:
    """Whether a statement is one word that says nothing without another behind it."""
    found = find(statement)
    return statement in ("from", "input") or (found is not None and found[0].merges)


def _known_elsewhere(error: ConvshapeError, span: Span) -> str | None:
    """The hint for what is no layer, but something that the command line knows."""
    word = span.text
    if not error.message.startswith("there is no layer "):
        return None
    if word.startswith("@"):
        return f"give a network as an argument of its own, as in: convshape infer {printable(word)} relu"
    if span.source.text.endswith(SUFFIXES) or word.endswith(SUFFIXES):
        return "give a file as an argument of its own, or by < if its name has spaces or brackets"
    if os.path.isfile(word):
        return f"write ./{printable(word)} to read the file of that name"
    return None
