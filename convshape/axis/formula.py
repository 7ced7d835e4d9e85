"""The formula of one axis behind a chain of maps: its closed form, and the one window that it may be."""

from typing import NamedTuple

from convshape.axis.closed import Closed, in_words, sizes_in_words
from convshape.axis.window import IDENTITY, Window


class Formula(NamedTuple):
    """The output size of a row as a function of one input size.

    `closed` is its general form; `window` is there where the row is a chain of plain windows, and so one.
    """

    closed: Closed
    window: Window | None

    def text(self, axis: str) -> str:
        """The formula with `axis` for the input size, as in ``floor((H - 195 + 2*64) / 32) + 1``."""
        window = self.window
        if window is None or window == IDENTITY:
            return in_words(self.closed, axis)
        padding = f"2*{window.before}"
        if window.before != window.after:
            padding = f"{window.before} + {window.after}"
        text = f"floor(({axis} - {window.extent} + {padding}) / {window.stride}) + 1"
        # That its value is positive goes without saying.
        implied = self.closed.least <= window.least and self.closed.modulus == 1
        return text if implied else f"{text}{sizes_in_words(self.closed, axis)}"
