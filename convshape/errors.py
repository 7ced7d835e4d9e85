"""What can go wrong, and how it is told.

Every error carries data (a message, the guilty characters, a hint) and draws its text in ``__str__``.
This module imports nothing of the package, and outside it only where an error is drawn.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Where no terminal is there to ask, a source line longer than this is cut, and so much is kept of what stands
# before the carets; a terminal narrower than the last is drawn on as if it were wider.
_WIDEST_LINE = 160
_LEAD = 40
_NARROWEST = 20

_INDENT, _DOTS = "  ", "..."

# A longer word is no slip of a known one, and more known words than these (a network's names) take too long.
_LONGEST_SLIP = 60
_MOST_COMPARED = 1000

# A word of so many letters may have one that is wrong, and one of so many two, not the first; a shorter none.
_ONE_SLIP, _TWO_SLIPS = 3, 5

# What is cut short, or drawn out, has so many letters in common with what was meant.
_SHORTEST_START, _SHORTEST_STEM = 3, 4


class Source(NamedTuple):
    """A text with the name that messages call it by (a file, ``<stdin>``, ``<spec>``)."""

    name: str
    text: str


class Span(NamedTuple):
    """The characters from `start` up to `end` of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The number of the line that the span starts on, from 1."""
        return self.source.text.count("\n", 0, self.start) + 1

    def words(self) -> Iterator["Span"]:
        """The spans of the words in it, which white space parts."""
        for match in re.finditer(r"\S+", self.text):
            yield Span(self.source, self.start + match.start(), self.start + match.end())


class ConvshapeError(Exception):
    """Anything that convshape refuses: a bare fact, perhaps where it is written, and what to do."""

    def __init__(self, message: str, *, span: Span | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint

    def __str__(self) -> str:
        """The message after its file and line, the source line with carets, and the hint."""
        lines = [self.message]
        if self.span is not None:
            lines = [f"{self.span.source.name}:{self.span.line}: {self.message}", *_draw(self.span)]
        if self.hint is not None:
            lines.append(f"hint: {self.hint}" if self.span is None else f"  hint: {self.hint}")
        return "\n".join(lines)


class SpecError(ConvshapeError, ValueError):
    """A text that is not a network, or a file that cannot be read."""


class ShapeError(ConvshapeError, ValueError):
    """A layer that does not accept the shape it meets.

    `param` is the attribute of the layer that is at fault, where it is a single one; `sized` tells that an
    input of another size may mend it; `lacking` is the padding on each side that would make a kernel fit.
    The layer knows nothing of text: whoever knows where it is written adds that, and then it is `placed`.
    """

    def __init__(
        self,
        message: str,
        *,
        span: Span | None = None,
        hint: str | None = None,
        param: str | None = None,
        sized: bool = False,
        lacking: int | None = None,
    ) -> None:
        super().__init__(message, span=span, hint=hint)
        self.param = param
        self.sized = sized
        self.lacking = lacking
        self.placed = False


class GraphError(ConvshapeError, ValueError):
    """What a program has built is no network."""


class NoSolution(ConvshapeError):
    """A question that was understood and has no answer."""


class BackendError(ConvshapeError):
    """A framework that is missing or does not work."""


class ArgumentValueError(ConvshapeError, ValueError):
    """An argument of a function that is of the right type, and out of its range."""


class ArgumentTypeError(ConvshapeError, TypeError):
    """An argument of a function that is of the wrong type."""


class UnknownName(ConvshapeError, KeyError):
    """A name by which a report has no row."""


class UnknownRow(ConvshapeError, IndexError):
    """A number that no row of a report has."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is most likely a slip of the finger for, or None.

    A letter that is wrong, missing, too many or swapped with the next (two in a long word), a word that is
    cut short or drawn out; no more, since a hint that points the wrong way is worse than none.

    >>> nearest("uot", ["out", "k"]), nearest("dil", ["dilation", "d"]), nearest("glue", ["tanh"])
    ('out', 'dilation', None)
    """
    word = word.lower().strip(",.()[]")
    if not word or len(word) > _LONGEST_SLIP:
        return None
    others = list(known)[-_MOST_COMPARED:]
    longer = [k for k in others if k.lower().startswith(word)] if len(word) >= _SHORTEST_START else []
    # Of a word and others that only go on from it, the word; of several that differ, none.
    meant = min(longer, key=len, default=None)
    if meant is not None and all(k.startswith(meant) for k in longer):
        return meant
    allowed = 2 if len(word) >= _TWO_SLIPS else 1
    near = [other for other in others if abs(len(other) - len(word)) <= allowed]
    ranked = sorted((_slips(word, other.lower()), place) for place, other in enumerate(near))
    for slips, place in ranked:
        other = near[place].lower()
        swapped = sorted(other) == sorted(word)
        if slips == 0 or (slips == 1 and (swapped or len(word) >= _ONE_SLIP)):
            return near[place]
        if slips == 2 <= allowed and other[:1] == word[:1]:
            return near[place]
    stems = [k for k in others if len(k) >= _SHORTEST_STEM and word.startswith(k.lower())]
    return max(stems, key=len, default=None)


def _slips(word: str, other: str) -> int:
    """The least number of letters to put in, take out, replace or swap with the next, between two words.

    >>> _slips("covn", "conv"), _slips("relo", "relu"), _slips("glu", "conv")
    (1, 1, 4)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        last, before, row = before, row, [i]
        for j, facing in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != facing))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == facing:
                least = min(least, last[j - 2] + 1)
            row.append(least)
    return row[-1]


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """The hint for a word that is not known: the nearest known one, else what to do instead."""
    match = nearest(word, known)
    return f"did you mean '{match}'?" if match else otherwise


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with the noun that it counts; `many` is the plural where an s does not make it.

    >>> counted(1, "channel"), counted(2, "channel"), counted(2, "axis", "axes")
    ('1 channel', '2 channels', '2 axes')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(words: list[str]) -> str:
    """Words in a row, the last after an "and".

    >>> listed(["H"]), listed(["D", "H", "W"])
    ('H', 'D, H and W')
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def quoted(text: str) -> str:
    """A piece of the user's text for a message: in quotes, printable, and not too long.

    >>> quoted("a\\x1b[31mb")
    "'a?[31mb'"
    """
    return f"'{printable(text if len(text) <= 40 else text[:37] + '...')}'"


def printable(text: str) -> str:
    """The text with what a terminal would act on replaced, one character for each."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if c == "\t" else c if c.isprintable() else "?" for c in text)


def _columns(text: str) -> int:
    """How many terminal columns the text takes."""
    return len(text) if text.isascii() else sum(_cells(text))


def _cells(text: str) -> list[int]:
    """How many terminal columns each character takes: none where it is drawn over the one before it."""
    if text.isascii():
        return [1] * len(text)
    from unicodedata import category, east_asian_width

    return [
        0
        if category(c) in ("Mn", "Me") or "\u1160" <= c <= "\u11ff"  # the latter complete a Korean syllable
        else 2
        if east_asian_width(c) in "WF"
        else 1
        for c in text
    ]


def _terminal_width() -> int | None:
    """The columns of the terminal that errors are drawn on, or of COLUMNS where it is set; None without."""
    columns = os.environ.get("COLUMNS", "")
    if re.fullmatch("[1-9][0-9]{0,5}", columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or None
    except (AttributeError, OSError, ValueError):
        return None


def _draw(span: Span) -> list[str]:
    """The span's source line, indented, with carets under the span's part of that line."""
    text = span.source.text
    width = _terminal_width()
    reach = (
        max(width or 0, _WIDEST_LINE) + _LEAD
    )  # what is further off is not drawn, and need not be measured
    begin = text.rfind("\n", 0, span.start) + 1
    stop = text.find("\n", span.start)
    stop = len(text) if stop < 0 else stop
    end = max(min(span.end, stop), span.start)
    first, last = max(begin, span.start - reach), min(stop, end + reach, span.start + 2 * reach)
    start, end = span.start - first, min(end, last) - first
    line = text[first:last]
    line = printable(line[:end] + line[end:].rstrip())
    cells = _cells(line)
    while 0 < start < end and not any(cells[start:end]):
        start -= 1  # an accent is drawn over the letter before it
    left, right = _shown(cells, start, end, width)
    before, after = _DOTS * (first + left > begin), _DOTS * (right < len(line))
    lead = before + line[left:start]
    return [
        f"{_INDENT}{lead}{line[start:right]}{after}".rstrip(),
        _INDENT + " " * _columns(lead) + "^" * max(1, _columns(line[start : min(end, right)])),
    ]


def _shown(cells: list[int], start: int, end: int, width: int | None) -> tuple[int, int]:
    """The part of a line of characters of so many columns that is drawn: that around the guilty ones."""
    if width is None:
        left = start - _LEAD if len(cells) > _WIDEST_LINE and start > _LEAD else 0
        return left, min(len(cells), left + _WIDEST_LINE)
    room = max(width, _NARROWEST) - len(_INDENT)
    if start == len(cells):
        cells = [*cells, 1]  # the caret behind the end
    if sum(cells) <= room:
        return 0, len(cells)
    room -= 2 * len(_DOTS)
    guilty = min(room, sum(cells[start : max(end, start + 1)]))
    spare = room - guilty
    behind = max(spare // 2, spare - sum(cells[:start]))
    before = spare - min(behind, sum(cells[max(end, start + 1) :]))
    left = start
    while left > 0 and cells[left - 1] <= before:
        left -= 1
        before -= cells[left]
    while left < start and cells[left] == 0:
        left += 1  # what is drawn over a character that is cut off
    right = left
    while right < len(cells) and cells[right] <= room:
        room -= cells[right]
        right += 1
    return left, right
