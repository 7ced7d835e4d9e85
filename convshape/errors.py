"""What can go wrong, and how it is told.

Every error carries data (a message, the guilty characters, a hint) and draws its text in ``__str__``.
This module imports nothing of the package, and outside it only where an error is drawn.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# A drawn source line longer than this is cut to the part around the carets.
_WIDEST_LINE = 160
_LEAD = 40

# A longer word is no slip of a known one, and more known words than these (a network's names) take too long.
_LONGEST_SLIP = 60
_MOST_COMPARED = 1000


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


class SpecError(ConvshapeError):
    """A text that is not a network, or a file that cannot be read."""


class ShapeError(ConvshapeError):
    """A layer that does not accept the shape it meets.

    `param` is the attribute of the layer that is at fault, where it is a single one; `merging` tells that
    tensors of different sizes meet, which another input may mend; `lacking` is the padding on each side that
    would make a kernel fit.  The layer knows nothing of text; whoever
    knows where it is written adds the span.
    """

    def __init__(
        self,
        message: str,
        *,
        span: Span | None = None,
        hint: str | None = None,
        param: str | None = None,
        merging: bool = False,
        lacking: int | None = None,
    ) -> None:
        super().__init__(message, span=span, hint=hint)
        self.param = param
        self.merging = merging
        self.lacking = lacking


class NoSolution(ConvshapeError):
    """A question that was understood and has no answer."""


class BackendError(ConvshapeError):
    """A framework that is missing or does not work."""


def nearest(word: str, known: Iterator[str] | list[str]) -> str | None:
    """The known word that `word` is most likely a slip of, or None.

    >>> nearest("uot", ["out", "k"])
    'out'
    """
    import difflib  # only an error needs it, and it costs as much as a small parser

    if len(word) > _LONGEST_SLIP:
        return None
    word, others = word.lower(), list(known)[-_MOST_COMPARED:]
    matches = difflib.get_close_matches(word, others, n=1, cutoff=0.6)
    # A name cut short or drawn out is not close by count: "dil" for "dilation", "convolution" for "conv".
    longer = (k for k in others if min(len(k), len(word)) > 2 and (k.startswith(word) or word.startswith(k)))
    return matches[0] if matches else next(longer, None)


def did_you_mean(word: str, known: Iterator[str] | list[str], otherwise: str) -> str:
    """The hint for a word that is not known: the nearest known one, else what to do instead."""
    match = nearest(word, known)
    return f"did you mean '{match}'?" if match else otherwise


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with the noun that it counts; `many` is the plural where an s does not make it.

    >>> counted(1, "channel"), counted(2, "channel"), counted(2, "axis", "axes")
    ('1 channel', '2 channels', '2 axes')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


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
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _draw(span: Span) -> list[str]:
    """The span's source line, indented, with carets under the span's part of that line."""
    text = span.source.text
    first = text.rfind("\n", 0, span.start) + 1
    last = text.find("\n", span.start)
    last = len(text) if last < 0 else last
    end = max(min(span.end, last), span.start)
    before, after = "", ""
    if last - first > _WIDEST_LINE:
        if span.start - first > _LEAD:
            first, before = span.start - _LEAD, "..."
        if last - first > _WIDEST_LINE:
            last, after = first + _WIDEST_LINE, "..."
        end = min(end, last)
    lead = before + printable(text[first : span.start])
    guilty = printable(text[span.start : end])
    rest = printable(text[end:last].rstrip()) + after
    return [
        f"  {lead}{guilty}{rest}".rstrip(),
        "  " + " " * _columns(lead) + "^" * max(1, _columns(guilty)),
    ]
