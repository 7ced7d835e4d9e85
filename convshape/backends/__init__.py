"""Backends: the real frameworks that confirm a report, row by row.

Each is one class, found through the register below and imported when it is asked for; its framework is
imported in its constructor.  What they have in common is in `confirmation`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from convshape.errors import BackendError

if TYPE_CHECKING:
    from convshape.backends.confirmation import Backend


class Entry(NamedTuple):
    """Where a backend lives, and how to get its framework."""

    module: str
    cls: str
    install: str


BACKENDS: dict[str, Entry] = {
    "torch": Entry("convshape.backends.pytorch", "Torch", "pip install 'convshape[torch]'"),
}
"""Every backend by its name, the default first."""


def load(name: str) -> "Backend":
    """The backend of that name; a BackendError that says what to install where its framework is missing."""
    entry = BACKENDS[name]
    try:
        backend: Backend = getattr(import_module(entry.module), entry.cls)()
    except ImportError as error:
        raise BackendError(
            f"{name} cannot be imported ({error})", hint=f"install it with: {entry.install}"
        ) from None
    return backend
