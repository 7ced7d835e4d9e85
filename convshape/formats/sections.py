"""Sections of text, each under its title, as `explain` tells them."""

from __future__ import annotations

from collections.abc import Iterable

from convshape.analyses.explain import Section

INDENT = "  "
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def sections(told: Iterable[Section], *, color: bool) -> str:
    """Titles flush left, bold where there is color; what is told under them indented."""
    lines = []
    for section in told:
        lines.append(f"{_BOLD}{section.title}{_PLAIN}" if color else section.title)
        lines += ["", *(f"{INDENT}{line}".rstrip() for line in section.lines)]
    return "".join(f"{line}\n" for line in lines)
