"""The table that is drawn for a person.

rich has a Table of its own, but it measures and styles every cell by itself: 3 s for ten thousand rows, where
this takes a fiftieth.  `Grid` measures each column once and gives rich whole lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from convshape.formats.answer import Answer, Cell, Page, Sheet, drawn_cell

# Wider than any table, for where nothing limits it: rich would assume 80 columns in a pipe, and wrap.
_UNLIMITED = 1_000_000

_GAP, _NARROW_GAP = 3, 1
_LEAST_FOLDED = 10

_BOLD = Style(bold=True)
_DIM = Style(dim=True)
# Where there is color: what a reader looks for first, and what should not be missed.
_COLORS = {
    "#": _DIM,
    "layer": Style(color="cyan"),
    "parameters": Style(color="green"),
    "macs": Style(color="green"),
    "padding": Style(color="green"),
    "sizes that work": Style(color="green"),
    "remark": Style(color="yellow"),
}
_END = Segment.line()


def table(answer: Answer, page: Page) -> str:
    """A table with its total and notes; where the page is narrow, the layer's text folds."""
    sheet = answer.sheet(page.columns, drawn=True)
    out = StringIO()
    console = Console(
        file=out,
        width=page.width or _UNLIMITED,
        force_terminal=page.color,
        color_system="standard" if page.color else None,
        no_color=not page.color,
        legacy_windows=False,
    )
    console.print(Grid(sheet, ascii=page.ascii), crop=False)
    for note in sheet.notes:
        console.print(Text(note, style=_DIM))
    return out.getvalue()


class Grid:
    """A sheet as rich draws it: columns as wide as their widest cell, lines whole.

    Where the page is narrower, the gaps shrink and the folding columns, widest first, fold.
    """

    def __init__(self, sheet: Sheet, *, ascii: bool) -> None:
        self.sheet = sheet
        self.rule = "-" if ascii else "─"
        self.titles = [column.title for column in sheet.columns]
        indents = sheet.indents or [""] * len(sheet.rows)
        self.cells = [self._cells(row, indent) for row, indent in zip(sheet.rows, indents, strict=True)]
        total = sheet.total
        self.total = None if total is None else ["" if c is None else drawn_cell(c) for c in total]

    def _cells(self, row: tuple[Cell, ...], indent: str) -> list[str]:
        texts = list(map(drawn_cell, row))
        if indent:
            for place, column in enumerate(self.sheet.columns):
                if column.indents:
                    texts[place] = indent + texts[place]
        return texts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        rows = [self.titles, *self.cells, *([self.total] if self.total else [])]
        natural = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        widths, gap = self._fit(natural, options.max_width)
        folding = [place for place, width in enumerate(widths) if width < natural[place]]
        rule = Segment(self.rule * (sum(widths) + gap * (len(widths) - 1)), _DIM)
        layout = _Layout(widths, [column.numeric for column in self.sheet.columns], gap)
        colors = [_COLORS.get(title) for title in self.titles] if console.color_system else []

        def drawn(cells: list[str], style: Style | None = None) -> Iterator[Segment]:
            for part in _folded(console, cells, widths, folding) if folding else [cells]:
                if style is None and any(colors):
                    yield from map(Segment, layout.parts(part), colors)
                else:
                    yield Segment(layout.line(part), style)
                yield _END

        yield from drawn(self.titles, _BOLD)
        yield from (rule, _END)
        for cells in self.cells:
            yield from drawn(cells)
        if self.total:
            yield from (rule, _END)
            yield from drawn(self.total, _BOLD)

    def _fit(self, natural: list[int], limit: int) -> tuple[list[int], int]:
        """The widths of the columns and of the gap between them, on a page of `limit` columns."""
        widths = list(natural)
        gap = _GAP
        if sum(widths) + gap * (len(widths) - 1) > limit:
            gap = _NARROW_GAP
        folds = [place for place, column in enumerate(self.sheet.columns) if column.folds]
        excess = sum(widths) + gap * (len(widths) - 1) - limit
        while excess > 0 and folds:
            widest = max(folds, key=lambda place: widths[place])
            if widths[widest] <= _LEAST_FOLDED:
                break  # there is no more to give; the terminal wraps what is left
            widths[widest] -= 1
            excess -= 1
        return widths, gap


class _Layout:
    """How cells become a line: a format string, made once; wide characters are counted one by one."""

    def __init__(self, widths: list[int], numeric: list[bool], gap: int) -> None:
        self.columns = list(zip(widths, numeric, strict=True))
        self.gap = " " * gap
        self.template = self.gap.join(f"{{:{'>' if right else '<'}{width}}}" for width, right in self.columns)

    def line(self, cells: list[str]) -> str:
        if "".join(cells).isascii():
            return self.template.format(*cells).rstrip()
        return "".join(self.parts(cells))

    def parts(self, cells: list[str]) -> list[str]:
        """The line in parts, one for each cell with the gap before it, and no white space at its end."""
        parts: list[str] = []
        for cell, (width, right) in zip(cells, self.columns, strict=True):
            room = " " * (width - _width(cell))
            parts.append((self.gap if parts else "") + (room + cell if right else cell + room))
        for place in reversed(range(len(parts))):
            parts[place] = parts[place].rstrip()
            if parts[place]:
                break
        return parts


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _folded(console: Console, cells: list[str], widths: list[int], folding: list[int]) -> list[list[str]]:
    """The lines that a row takes when its long cells fold between words, under their own indentation."""
    columns = [[cell] for cell in cells]
    for place in folding:
        cell = cells[place]
        if _width(cell) > widths[place]:
            bare = cell.lstrip(" |")
            indent = min(len(cell) - len(bare), widths[place] // 2)
            lines = Text(bare).wrap(console, widths[place] - indent)
            texts = [line.plain.rstrip() for line in lines]
            columns[place] = [cell[:indent] + texts[0], *(" " * indent + text for text in texts[1:])]
    height = max(map(len, columns))
    filled = [column + [""] * (height - len(column)) for column in columns]
    return [list(line) for line in zip(*filled, strict=True)]
