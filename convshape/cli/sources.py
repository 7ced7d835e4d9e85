"""Where a spec comes from: the words of a command line, files, shipped networks and standard input."""

from __future__ import annotations

import os
import sys

import click

from convshape import ConvshapeError, Graph, Source, SpecError, parse
from convshape import networks as shipped
from convshape.cli import words
from convshape.errors import did_you_mean, quoted
from convshape.files import SUFFIXES, is_file, path_of, read, read_file

_KEY = "convshape.words"


def network(ctx: click.Context, specs: tuple[str, ...], max_layers: int) -> Graph:
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
    """Give the error a better hint: in options, and where the words of the command line explain it."""
    error.hint = words.in_options(error.hint)
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
        return read("<stdin>", sys.stdin.buffer)
    return _read_file(word) if is_file(word) else _read_shipped(word)


def _read_shipped(word: str) -> Source:
    name = word.removeprefix("@")
    if name not in shipped.NAMES:
        known = [f"@{name}" for name in shipped.NAMES]
        hint = did_you_mean(word, known, "'convshape networks' lists them")
        raise SpecError(f"no network {quoted(word)} ships with convshape", hint=hint)
    return Source(word, shipped.text(name))


def _read_file(word: str) -> Source:
    return read_file(path_of(word), name=word, hint=_on_files(word))


def _on_files(word: str) -> str:
    """The hint for a file that cannot be read."""
    stem = os.path.basename(word).removesuffix(".cnn")
    if stem in shipped.NAMES:
        return f"did you mean '@{stem}', which ships with convshape?"
    *most, last = SUFFIXES
    return f"a SPEC names a file if it has a / or ends in {', '.join(most)} or {last}"
