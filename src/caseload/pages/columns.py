"""Where the parts of a section stand on a wide screen: in two columns, each part in the one that is shorter so far.

The parts stay in reading order. In the stylesheet they are floats, so a part never begins above one before it, and
heights that are guessed wrong cost some white space and nothing else. Narrow screens and paper have their own order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil

from caseload.pages.views import Empty, Evidence, Figure, Section, Table

COLUMN = 516  # px of one column, at 1,128 px for both
CHARACTERS, SMALL_CHARACTERS = 60, 68  # of a line of running text, and of a note
LINE, SMALL_LINE, ROW_LINE = 26, 20, 23  # px
BETWEEN = 36  # px between two parts
CHIP = 20 * " "  # before the words of what is missing
MOST_COLUMNS = 4  # of a table that stands in one column
MOST_PARTS = 10  # that are tried out; what comes after goes left and right in turn


def beside(section: Section) -> tuple[Evidence, ...]:
    """The supporting parts that stand in one of the columns: what there is, then what is missing."""
    narrow = [item for item in section.supporting if not is_wide(item)]
    return tuple(sorted(narrow, key=lambda item: isinstance(item, Empty)))


def below(section: Section) -> tuple[Evidence, ...]:
    """The supporting parts that take the whole width below: wide tables, then those that are folded."""
    wide = [item for item in section.supporting if is_wide(item)]
    return tuple(sorted(wide, key=lambda item: isinstance(item, Table) and item.folded))


def is_wide(item: Evidence | None) -> bool:
    """Whether a part needs the whole width."""
    return isinstance(item, Table) and (item.folded or item.wide or len(item.frame.columns) > MOST_COLUMNS)


def sides(section: Section) -> tuple[str, ...]:
    """The side (left, right) of the main figure, the words beside it and each of `beside`, as far as there are any."""
    main = [] if section.main is None or is_wide(section.main) else [_height(section.main)]
    words = [_words_height(section)] if section.sheet or section.ask else []
    rest = [_height(item) for item in beside(section)]
    fixed = ("left", "right")[: len(main) + len(words)]
    return balanced([*main, *words, *rest], fixed)


def balanced(heights: Sequence[float], fixed: Sequence[str] = ()) -> tuple[str, ...]:
    """The sides with the least height in all, then the smallest holes; `fixed` are those of the first parts.

    A part begins where its column ends, but never above the part before it.
    """
    free = max(min(len(heights), MOST_PARTS) - len(fixed), 0)
    tried = ((*fixed, *rest) for rest in product(("left", "right"), repeat=free))
    best = min(tried, key=lambda each: _white(heights, each))
    return (*best, *(("left", "right")[at % 2] for at in range(len(heights) - len(best))))


def _white(heights: Sequence[float], sides: Sequence[str]) -> tuple[float, float, float]:
    """The height in all; the holes, large ones counting more than small ones; how far down the columns reach."""
    ends, start, holes = {"left": 0.0, "right": 0.0}, 0.0, 0.0
    for height, side in zip(heights, sides, strict=False):
        start = max(start, ends[side])
        holes += (start - ends[side]) ** 2
        ends[side] = start + height + BETWEEN
    return max(ends.values()), holes + (ends["left"] - ends["right"]) ** 2, sum(ends.values())


def _height(item: Evidence) -> float:
    """Pixels that a part takes at full width, roughly."""
    if isinstance(item, Figure):
        from caseload.pages.drawing import height_of  # matplotlib: pages without figures do without it

        folded = 34 if item.numbers is not None and len(item.numbers) else 0
        words = 24 * _lines(item.title, 50) + _small(item.subtitle) + _small(item.note) + 24
        return words + height_of(item) * COLUMN / 420 + folded
    if isinstance(item, Empty):
        return LINE * _lines(" ".join([CHIP, item.title, *item.text]), CHARACTERS)
    share = CHARACTERS / max(len(item.frame.columns), 1)
    rows = [list(item.frame.columns), *item.frame.to_numpy(dtype=object).tolist()]
    height = sum(17 + ROW_LINE * max((_lines(str(cell), share) for cell in row), default=1) for row in rows)
    return height + (34 if item.caption else 0) + _small(item.note)


def _words_height(section: Section) -> float:
    sheet = sum(24 + LINE * _lines(text, CHARACTERS) + 15 for _, text in section.sheet)
    return sheet + (70 + LINE * _lines(section.ask, CHARACTERS) if section.ask else 0)


def _small(text: str) -> float:
    return SMALL_LINE * _lines(text, SMALL_CHARACTERS) if text else 0


def _lines(text: str, characters: float) -> int:
    return max(ceil(len(text) / characters), 1)
