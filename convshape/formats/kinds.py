"""The answer of `layers`: the kinds, or the parameters of one; the docs are made from it too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convshape.formats.answer import Column, Sheet
from convshape.layers import KINDS, Layer, Param, summary


def default(p: Param) -> str:
    """A parameter's default as a spec writes it."""
    if p.required:
        return "required"
    return "-" if p.default is None else p.value.write(p.default)


class Kinds:
    """All kinds, one a row."""

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        heads = (
            Column("kind", "kind"),
            Column("aliases", "aliases", folds=True),
            Column("keys", "keys", folds=True),
            Column("summary", "what it does", folds=True),
        )
        rows = [
            (
                kind,
                ", ".join(cls.aliases),
                " ".join(f"{p.key}=" if p.required else f"[{p.key}=]" for p in cls.params),
                summary(cls),
            )
            for kind, cls in KINDS.items()
        ]
        note = "'convshape layers KIND' shows one in full"
        return Sheet(heads, rows, notes=(note,) if drawn else ())

    def document(self) -> dict[str, Any]:
        return {"schema": 1, "kinds": self.entries()}

    def entries(self) -> list[dict[str, Any]]:
        return [_entry(cls) for cls in KINDS.values()]


class Kind:
    """One kind, its parameters one a row."""

    def __init__(self, cls: type[Layer]) -> None:
        self.cls = cls

    def sheet(self, columns: Sequence[str] | None, *, drawn: bool) -> Sheet:
        heads = (
            Column("key", "key"),
            Column("aliases", "aliases", folds=True),
            Column("meaning", "meaning", folds=True),
            Column("default", "default"),
            Column("expected", "values", folds=True),
        )
        rows = [(p.key, ", ".join(p.keys[1:]), p.doc, default(p), p.value.expected) for p in self.cls.params]
        return Sheet(heads, rows, notes=tuple(_description(self.cls)) if drawn else ())

    def document(self) -> dict[str, Any]:
        return {"schema": 1, **_entry(self.cls)}

    def entries(self) -> list[dict[str, Any]]:
        return [_parameter(p) for p in self.cls.params]


def _description(cls: type[Layer]) -> list[str]:
    """The docstring, and the words that name the kind."""
    words = [cls.kind, *cls.aliases]
    ranks = f", or with its rank as in {cls.kind}2d" if cls.ranked else ""
    doc = [line.strip() for line in (cls.__doc__ or "").splitlines()]
    return [line for line in doc if line] + [f"Written {' or '.join(words)}{ranks}."]


def _entry(cls: type[Layer]) -> dict[str, Any]:
    return {
        "kind": cls.kind,
        "aliases": list(cls.aliases),
        "ranked": cls.ranked,
        "merges": cls.merges,
        "summary": summary(cls),
        "parameters": [_parameter(p) for p in cls.params],
    }


def _parameter(p: Param) -> dict[str, Any]:
    return {
        "key": p.key,
        "aliases": list(p.keys[1:]),
        "meaning": p.doc,
        "required": p.required,
        "default": None if p.required or p.default is None else p.value.write(p.default),
        "expected": p.value.expected,
    }
