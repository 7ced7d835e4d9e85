"""Where a spec comes from: the words of a command line, files, and standard input."""

from __future__ import annotations

import sys
from typing import BinaryIO

import click

from convshape import Network, Source, Span, SpecError, parse
from convshape.errors import printable
from convshape.spec import MAX_BYTES, oversized


def network(ctx: click.Context, specs: tuple[str, ...], max_layers: int) -> Network:
    """The network that the arguments say, or standard input where there are none and it is a pipe."""
    if not specs:
        if sys.stdin.isatty():
            click.echo(ctx.get_help())
            ctx.exit()
        specs = ("-",)
    texts = [spec for spec in specs if not _is_file(spec) and spec != "-"]
    sources = []
    for spec in specs:
        if spec == "-":
            sources.append(_read("<stdin>", sys.stdin.buffer))
        elif _is_file(spec):
            sources.append(_read_file(spec))
        else:
            number = f" {len(sources) + 1}" if len(texts) > 1 else ""
            sources.append(Source(f"<spec{number}>", spec))
    return parse(sources, max_layers=max_layers)


def _is_file(spec: str) -> bool:
    return spec.endswith(".cnn") or ("/" in spec and len(spec.split()) == 1)


def _read_file(path: str) -> Source:
    name = printable(path)
    try:
        with open(path, "rb") as file:
            return _read(name, file)
    except (OSError, ValueError) as error:  # a path that holds a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise SpecError(
            f"{name}: {(reason or str(error)).lower()}",
            hint="a SPEC that ends in .cnn or is a single word with a / names a file",
        ) from None


def _read(name: str, file: BinaryIO) -> Source:
    """A source from bytes, which must be UTF-8 text of a bearable length."""
    data = file.read(MAX_BYTES + 1)
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
