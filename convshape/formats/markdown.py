"""A table for a README, an issue or a paper's notes."""

from __future__ import annotations

from convshape.formats.answer import Answer, Cell, Column, Page, drawn_cell


def markdown(answer: Answer, page: Page) -> str:
    """A pipe table (GitHub Flavored Markdown), its total line in bold, its notes below."""
    sheet = answer.sheet(page.columns, drawn=True)
    lines = [
        _row([column.title for column in sheet.columns]),
        _row(["---:" if column.numeric else "---" for column in sheet.columns]),
    ]
    indents = sheet.indents or [""] * len(sheet.rows)
    for row, indent in zip(sheet.rows, indents, strict=True):
        cells = [_escaped(cell) for cell in row]
        lines.append(_row([_indented(*each, indent) for each in zip(cells, sheet.columns, strict=True)]))
    if sheet.total is not None:
        cells = ["" if cell is None else f"**{_escaped(cell)}**" for cell in sheet.total]
        lines.append(_row(cells))
    for note in sheet.notes:
        lines += ["", _escaped(note)]
    return "".join(f"{line}\n" for line in lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _indented(cell: str, column: Column, indent: str) -> str:
    """A cell with its row's indent, where it shows one: a page would drop spaces where a cell begins."""
    if not column.indents:
        return cell
    return indent.replace("  ", "&emsp;").replace("|", "\\|") + cell


def _escaped(cell: Cell) -> str:
    return drawn_cell(cell).replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
