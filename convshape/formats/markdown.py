"""A table for a README, an issue or a paper's notes."""

from __future__ import annotations

from convshape.formats.answer import Answer, Cell, Page, drawn_cell


def markdown(answer: Answer, page: Page) -> str:
    """A pipe table (GitHub Flavored Markdown), its total line in bold, its notes below."""
    sheet = answer.sheet(page.columns, drawn=True)
    lines = [
        _row([column.title for column in sheet.columns]),
        _row(["---:" if column.numeric else "---" for column in sheet.columns]),
    ]
    lines += [_row([_escaped(cell) for cell in row]) for row in sheet.rows]
    if sheet.total is not None:
        cells = ["" if cell is None else f"**{_escaped(cell)}**" for cell in sheet.total]
        lines.append(_row(cells))
    for note in sheet.notes:
        lines += ["", note]
    return "".join(f"{line}\n" for line in lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(cell: Cell) -> str:
    return drawn_cell(cell).replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
