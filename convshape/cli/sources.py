"""Where a spec comes from: the words of a command line, files, shipped networks and standard input."""

from __future__ import annotations

import os
import re
import sys
from typing import BinaryIO

import click

from convshape import ConvshapeError, Network, Source, Span, SpecError, parse
from convshape import networks as shipped
from convshape.cli import words
from convshape.errors import did_you_mean, printable, quoted
from convshape.spec import MAX_BYTES, oversized

# Files that are no specs, and cannot be read yet: how their names end, and what they hold.
_FOREIGN = {
    ".pt2": "an exported PyTorch program",
    ".onnx": "an ONNX model",
    ".keras": "a Keras model",
    ".json": "JSON",
}
_KEY = "convshape.words"


def network(ctx: click.Context, specs: tuple[str, ...], max_layers: int) -> Network:
    """The network that the arguments say, or standard input where there are none and it is a pipe."""
    if not specs:
        if sys.stdin.isatty():
            click.echo(ctx.get_help())
            ctx.exit()
        specs = (words.STANDARD_INPUT,)
    runs = _runs(specs)
    spoken = sum(isinstance(run, list) for run in runs)
    sources: list[Source] = []
    typed: list[tuple[Source, list[str]]] = []
    for run in runs:
        if isinstance(run, list):
            number = f" {len(sources) + 1}" if spoken > 1 else ""
            source = Source(f"<spec{number}>", words.joined(run))
            typed.append((source, run))
        else:
            source = _read_named(run)
        sources.append(source)
    ctx.meta[_KEY] = typed
    return parse(sources, max_layers=max_layers)


def explain(error: ConvshapeError, ctx: click.Context) -> None:
    """Give the error a better hint, where the words of the command line explain it."""
    error.hint = words.better_hint(error, ctx.meta.get(_KEY, [])) or error.hint


def _runs(specs: tuple[str, ...]) -> list[str | list[str]]:
    """The arguments in order, with words of text that follow one another together."""
    runs: list[str | list[str]] = []
    for word in specs:
        if not words.is_text(word):
            runs.append(word)
        elif runs and isinstance(runs[-1], list):
            runs[-1].append(word)
        elif runs and words.goes_on(word):
            raise SpecError(
                f"{quoted(word)} follows {quoted(str(runs[-1]))}, not a layer",
                hint="KEY=VALUE belongs to the layer before it, as in: conv k=3 out=8",
            )
        else:
            runs.append([word])
    return runs


def _read_named(word: str) -> Source:
    """The source that a word names."""
    if word == words.STANDARD_INPUT:
        return _read("<stdin>", sys.stdin.buffer)
    return _read_file(word) if words.is_file(word) else _read_shipped(word)


def _read_shipped(word: str) -> Source:
    name = word.removeprefix("@")
    if name not in shipped.NAMES:
        known = [f"@{name}" for name in shipped.NAMES]
        hint = did_you_mean(word, known, "'convshape networks' lists them")
        raise SpecError(f"no network {quoted(word)} ships with convshape", hint=hint)
    return Source(word, shipped.text(name))


def _read_file(word: str) -> Source:
    name = printable(word)
    try:
        with open(words.path_of(word), "rb") as file:
            return _read(name, file)
    except (OSError, ValueError) as error:  # a path that holds a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise SpecError(f"{name}: {(reason or str(error)).lower()}", hint=_on_files(word)) from None


def _on_files(word: str) -> str:
    """The hint for a file that cannot be read."""
    stem = os.path.basename(word).removesuffix(".cnn")
    if stem in shipped.NAMES:
        return f"did you mean '@{stem}', which ships with convshape?"
    *most, last = words.SUFFIXES
    return f"a SPEC names a file if it has a / or ends in {', '.join(most)} or {last}"


def _read(name: str, file: BinaryIO) -> Source:
    """A source from bytes, which must be UTF-8 text of a bearable length."""
    data = file.read(MAX_BYTES + 1)
    foreign = _foreign(name, data)
    if foreign is not None:
        raise SpecError(
            f"{name}: {foreign}, which cannot be read yet",
            hint="write the network as a spec: 'convshape help spec' shows how",
        )
    if len(data) > MAX_BYTES:
        raise oversized(name)
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        raise SpecError(f"{name}: binary data, not a spec", hint="a spec is UTF-8 text")
    try:
        return Source(name, data.decode())
    except UnicodeDecodeError as error:
        place = len(data[: error.start].decode())
        source = Source(name, data.decode(errors="replace"))
        raise SpecError(
            f"byte {data[error.start]:#04x} is not UTF-8",
            span=Span(source, place, place + 1),
            hint="save the file as UTF-8",
        ) from None


def _foreign(name: str, data: bytes) -> str | None:
    """What a file of another program is; its content tells, for a spec may have any name."""
    # No spec begins like JSON: it has no quotes, and its blocks are not empty.
    if data.lstrip()[:1] in (b"{", b"[") and re.match(rb'\s*(\{\s*["}]|\[\s*[\[{"])', data):
        return _FOREIGN[".json"]
    what = _FOREIGN.get(os.path.splitext(words.path_of(name))[1])
    return what if what and re.search(rb"[\x00-\x08\x0e-\x1f]", data) else None
