"""Draws docs/screen.svg, the picture at the top of the README: a command with its real output.

    python docs/make_screen.py

The picture fetches nothing when it is shown: rich's own template loads its fonts from the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path

from click.testing import CliRunner
from rich.console import Console
from rich.segment import Segment, Segments
from rich.text import Text

from convshape.cli import main

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "screen.svg"
NETWORK = "@lenet5"

GAPS = re.compile(r"(^ +| {2,})")

TEMPLATE = """\
<svg viewBox="0 0 {width} {height}" width="{width}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px;
line-height: {line_height}px;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def picture() -> str:
    """The SVG: what the command prints on a terminal, bold and dim type included."""
    result = CliRunner().invoke(main, ["infer", NETWORK, "--color", "always"])
    # Behind the last line is an empty one: rich clips each line but the last.
    lines = [Text(f"$ convshape infer {NETWORK}"), *Text.from_ansi(result.output.rstrip()).split(), Text()]
    width = max(line.cell_len for line in lines)
    console = Console(record=True, file=StringIO(), width=width)
    for line in lines:
        console.print(Segments(parted(console.render(line))))
    svg = console.export_svg(title="convshape", code_format=TEMPLATE, unique_id="screen")
    return "".join(f"{line.strip()}\n" for line in svg.splitlines() if line.strip())


def parted(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The segments parted at their gaps: each part is placed by itself, whatever the viewer's font."""
    for segment in segments:
        yield from (Segment(part, segment.style) for part in GAPS.split(segment.text))


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
