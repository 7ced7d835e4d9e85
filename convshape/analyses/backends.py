"""Backends: the real frameworks that confirm a report, row by row.

Each is one class, found through the register below and imported when it is asked for; its framework is
imported in its constructor.  What they have in common is in `confirmation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convshape.errors import BackendError

if TYPE_CHECKING:
    from convshape.analyses.confirmation import Backend

MAX_BYTES = 2 * 1024**3
"""How many bytes one row may take to be checked, unless the caller says otherwise."""

BACKENDS = {"torch": "convshape.analyses.pytorch:Torch"}
"""Where each backend lives, by its name, the default first; the extra of that name installs its framework."""


def load(name: str) -> Backend:
    """The backend of that name; a BackendError that says what to install where its framework is missing."""
    from pkgutil import resolve_name

    try:
        backend: Backend = resolve_name(BACKENDS[name])()
    except ImportError as error:
        raise BackendError(
            f"{name} cannot be imported ({error})", hint=f"install it with: pip install 'convshape[{name}]'"
        ) from None
    return backend
