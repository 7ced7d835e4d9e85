"""The table that is drawn for a person."""

from __future__ import annotations

from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from convshape.formats.answer import Answer, Line, Page, Sheet, drawn_cell

# Wider than any table, for where nothing limits it: rich would assume 80 columns in a pipe, and wrap.
_UNLIMITED = 1_000_000


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
        highlight=False,
    )
    console.print(_grid(sheet, page))
    for note in sheet.notes:
        console.print(Text(note, style="dim"))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _grid(sheet: Sheet, page: Page) -> Table:
    # Cells are Text, never markup: a name may hold brackets.
    grid = Table(
        box=box.ASCII_DOUBLE_HEAD if page.ascii else box.SIMPLE_HEAD,
        header_style="bold",
        footer_style="bold",
        show_footer=sheet.total is not None,
        show_edge=False,
        pad_edge=False,
    )
    total = sheet.total or (None,) * len(sheet.columns)
    for column, cell in zip(sheet.columns, total, strict=True):
        grid.add_column(
            Text(column.title),
            Text("" if cell is None else drawn_cell(cell)),
            justify="right" if column.numeric else "left",
            overflow="fold",
            no_wrap=not column.folds,
        )
    for line in sheet.lines:
        grid.add_row(*_cells(sheet, line))
    return grid


def _cells(sheet: Sheet, line: Line) -> list[Text]:
    return [
        Text((line.indent if column.folds else "") + drawn_cell(cell))
        for column, cell in zip(sheet.columns, line.cells, strict=True)
    ]
