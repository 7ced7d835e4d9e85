"""Files: text that holds a spec, read as the command line and the library read it."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

from convshape.errors import Source, Span, SpecError, printable
from convshape.language.spec import MAX_BYTES, oversized

# Files that are no specs, and cannot be read yet: how their names end, and what they hold.
_FOREIGN = {
    ".pt2": "an exported PyTorch program",
    ".onnx": "an ONNX model",
    ".keras": "a Keras model",
    ".json": "JSON",
}

SUFFIXES = (".cnn", ".pt2", ".onnx", ".keras", ".json", ".txt")
"""How the name of a file ends that has no / in it."""


def path_of(word: str) -> str:
    """The path that a word names: behind ``.pt2`` may stand which of its programs is meant."""
    path, suffix, program = word.rpartition(".pt2:")
    return f"{path}.pt2" if suffix and "/" not in program else word


def is_path(word: str) -> bool:
    """Whether a word could name something outside of it: it has no spaces, = and brackets."""
    return [word] == word.split() and not any(mark in word for mark in "=(){}[]")


def is_file(word: str) -> bool:
    """Whether a word names a file.

    >>> [is_file(word) for word in ("net.cnn", "./net", "k=3/2", "relu", "my net.cnn", "two.pt2:detect")]
    [True, True, False, False, False, True]
    """
    return is_path(word) and ("/" in word or path_of(word).endswith(SUFFIXES))


def read_file(path: str, *, name: str | None = None, hint: str | None = None) -> Source:
    """The source in a file, called `name` in errors; `hint` is for one that cannot be opened."""
    name = printable(path if name is None else name)
    try:
        with open(path, "rb") as file:
            return read(name, file)
    except SpecError:
        raise
    except (OSError, ValueError) as error:  # a path that holds a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise SpecError(f"{name}: {(reason or str(error)).lower()}", hint=hint) from None


def read(name: str, file: BinaryIO) -> Source:
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
    what = _FOREIGN.get(os.path.splitext(path_of(name))[1])
    return what if what and re.search(rb"[\x00-\x08\x0e-\x1f]", data) else None
