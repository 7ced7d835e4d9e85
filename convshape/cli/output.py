"""Where an answer goes: standard output, a terminal or not."""

from __future__ import annotations

import os
import sys

from convshape import ConvshapeError
from convshape.formats import FORMATS, render
from convshape.formats.answer import Answer, Page


def show(answer: Answer, format_name: str, color: str, columns: tuple[str, ...] | None = None) -> None:
    if columns is not None and not FORMATS[format_name].tabular:
        tabular = ", ".join(name for name, entry in FORMATS.items() if entry.tabular)
        raise ConvshapeError(
            f"--columns cannot be used with --format {format_name}", hint=f"use it with {tabular}"
        )
    write(render(answer, format_name, page_for(color, columns)))


def page_for(color: str, columns: tuple[str, ...] | None) -> Page:
    """What is known of where the answer goes: standard output, a terminal or not."""
    terminal = sys.stdout.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Page(
        columns=columns,
        width=_width() if terminal or os.environ.get("COLUMNS", "").strip("0").isdecimal() else None,
        color=color == "always" or (color == "auto" and terminal and not plain),
        ascii="utf" not in (sys.stdout.encoding or "").lower(),
    )


def _width() -> int:
    """As wide as COLUMNS says, else as the terminal is."""
    from shutil import get_terminal_size

    return get_terminal_size().columns


def write(text: str) -> None:
    """Write to standard output; that its reader has gone is no failure, that it is full is one."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more at the exit, when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConvshapeError(f"cannot write the answer: {reason}") from None
