"""What a format is given: an answer that can show itself as a sheet, as data or as a spec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Cell = int | str | tuple[int, ...] | None
"""A raw value: formats decide how numbers and shapes are written; None is unknown or not applicable."""


class Column:
    """A column of a sheet: its name in `--columns` and machine formats, its title where it is drawn.

    One that `folds` gives way where the page is narrow; one that `indents` shows the indents of rows.
    """

    def __init__(
        self, name: str, title: str, *, numeric: bool = False, folds: bool = False, indents: bool = False
    ) -> None:
        self.name = name
        self.title = title
        self.numeric = numeric
        self.folds = folds
        self.indents = indents


class Sheet:
    """Rows and columns of raw values, with a total, notes and indents of rows for formats that are read."""

    def __init__(
        self,
        columns: tuple[Column, ...],
        rows: Sequence[tuple[Cell, ...]],
        *,
        indents: list[str] | None = None,
        total: tuple[Cell, ...] | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.indents = indents
        self.total = total
        self.notes = notes


class Page:
    """What a drawn format has to know of where it goes.

    `width` is None where nothing limits it; `columns` are those asked for, None for the usual ones.
    """

    def __init__(
        self,
        columns: tuple[str, ...] | None = None,
        width: int | None = None,
        *,
        color: bool = False,
        ascii: bool = False,
    ) -> None:
        self.columns = columns
        self.width = width
        self.color = color
        self.ascii = ascii


class Answer(Protocol):
    """What a command found."""

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        """As rows and columns; `drawn` for readers, who are told more than programs need."""

    def document(self) -> dict[str, Any]:
        """As one object of plain values."""

    def entries(self) -> list[dict[str, Any]]:
        """As one object a row."""


class NetworkAnswer(Answer, Protocol):
    """What a command found of a network."""

    def spec(self) -> str:
        """As a spec in normal form."""

    def shape(self) -> str:
        """As the final shape alone."""


def drawn_cell(cell: Cell) -> str:
    """A value for a reader: numbers in groups of three, a dash for what is not there.

    >>> drawn_cell(61706), drawn_cell((6, 28, 28)), drawn_cell(None)
    ('61,706', '6x28x28', '-')
    """
    if isinstance(cell, int):
        return f"{cell:,}"
    return "-" if cell is None else raw_cell(cell)


def rounded(number: int) -> str:
    """A count as people say it: up to four digits exact, then with one decimal and a letter.

    >>> rounded(4704), rounded(101616768), rounded(999999)
    ('4,704', '101.6 M', '1.0 M')
    """
    return f"{number:,}" if number < 10_000 else _scaled(number, 1000, "", "kMGTPE")


def rounded_bytes(number: int) -> str:
    """Bytes as people say them, in units of 1024.

    >>> rounded_bytes(832), rounded_bytes(3101184)
    ('832 bytes', '3.0 MiB')
    """
    if number < 1024:
        return f"{number} byte{'s' * (number != 1)}"
    return _scaled(number, 1024, "bytes", ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])


def _scaled(number: int, base: int, unit: str, larger: Sequence[str]) -> str:
    """The number with one decimal, in the largest unit of which there is one; a power of 10 beyond all."""
    for power, prefixed in enumerate(larger, 1):
        tenths = (20 * number + base**power) // (2 * base**power)  # whole numbers, for floats have an end
        if tenths < 10 * base:
            return f"{tenths // 10}.{tenths % 10} {prefixed}"
    digits = str(number)
    return f"{digits[0]}.{digits[1]} * 10^{len(digits) - 1} {unit}".rstrip()


def raw_cell(cell: Cell) -> str:
    """A value for a program: plain digits, nothing for what is not there.

    >>> raw_cell(61706), raw_cell((6, 28, 28)), raw_cell(None)
    ('61706', '6x28x28', '')
    """
    if isinstance(cell, tuple):
        return "x".join(map(str, cell))
    return "" if cell is None else str(cell)
