"""The keys of the questionnaires: items, reversed items, norms and conventional cuts. No item texts are held here.

The norms of ProQOL-5 are pooled over 30 studies (n = 5,612; De La Rosa and colleagues 2018); the manual's cuts 22/42 do
not fit burnout and secondary traumatic stress and are not used. The MBI is licensed and has no key. ProQOL-21 (Heritage
and colleagues 2018) has none: its items and the conversion of its sums were not at hand from its authors.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answers:
    """The responses one item of an instrument can take: from `low` to `high` in steps of `step`."""

    low: float
    high: float
    step: float = 1.0


@dataclass(frozen=True)
class Norm:
    """Mean, standard deviation and standard error of measurement of a scale, in raw points."""

    mean: float
    sd: float
    sem: float


@dataclass(frozen=True)
class Scale:
    """One scale's key. A scale without items has ready scores only.

    `fewest` answered items give a score, prorated to the whole scale; `positive_from` is the conventional cut.
    """

    instrument: str
    name: str
    items: tuple[int, ...] = ()
    reversed_items: frozenset[int] = frozenset()
    fewest: int = 1
    averaged: bool = False
    norm: Norm | None = None
    positive_from: float | None = None

    @property
    def length(self) -> int:
        """By what the mean item is multiplied: the number of items of a sum, 1 for a mean or a ready score."""
        return 1 if self.averaged else max(len(self.items), 1)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest score."""
        answers = ANSWERS[self.instrument]
        return answers.low * self.length, answers.high * self.length


ANSWERS = {
    "proqol5": Answers(1, 5),
    "proqol21": Answers(1, 5),
    "stss": Answers(1, 5),
    "cbi": Answers(0, 100, 25),
    "olbi": Answers(1, 4),
    "single_item_burnout": Answers(1, 5),
    "activation": Answers(0, 10, 0),  # step 0: any number
}
ITEM_COUNT = {
    "proqol5": 30,
    "proqol21": 21,
    "stss": 17,
    "cbi": 19,
    "olbi": 16,
    "single_item_burnout": 1,
    "activation": 0,
}
OLBI_ITEMS = 8  # of each of its two scales
WITHOUT_KEY = ("proqol21", "team_safety")  # checked where they are read, and not scored here

# ProQOL-5 (Stamm 2010): sums of ten, one missing item prorated. STSS (Bride 2004): sums, one missing item prorated (our
# choice: its author states no rule). CBI (Kristensen 2005): means, at least half of the items as its authors ask; its
# item order is fixed here (personal, work, client), published orders differ. OLBI (Demerouti 2003): means, one missing
# item prorated (our choice), coded 1 = strongly agree and turned so that higher is worse. Single item (Dolan 2015).
SCALES = (
    Scale(
        "proqol5",
        "compassion_satisfaction",
        (3, 6, 12, 16, 18, 20, 22, 24, 27, 30),
        fewest=9,
        norm=Norm(37.7, 6.5, 2.25),
    ),
    Scale(
        "proqol5",
        "burnout",
        (1, 4, 8, 10, 15, 17, 19, 21, 26, 29),
        frozenset({1, 4, 15, 17, 29}),
        fewest=9,
        norm=Norm(22.8, 5.4, 2.70),
    ),
    Scale(
        "proqol5",
        "secondary_traumatic_stress",
        (2, 5, 7, 9, 11, 13, 14, 23, 25, 28),
        fewest=9,
        norm=Norm(16.7, 5.7, 2.48),
    ),
    Scale("stss", "intrusion", (2, 3, 6, 10, 13), fewest=4),
    Scale("stss", "avoidance", (1, 5, 7, 9, 12, 14, 17), fewest=6),
    Scale("stss", "arousal", (4, 8, 11, 15, 16), fewest=4),
    Scale("stss", "total", tuple(range(1, 18)), fewest=16),
    Scale("cbi", "personal", tuple(range(1, 7)), fewest=3, averaged=True, positive_from=50.0),
    Scale("cbi", "work", tuple(range(7, 14)), frozenset({13}), fewest=4, averaged=True, positive_from=50.0),
    Scale("cbi", "client", tuple(range(14, 20)), fewest=3, averaged=True, positive_from=50.0),
    Scale("olbi", "disengagement", (1, 3, 6, 7, 9, 11, 13, 15), frozenset({3, 6, 9, 11}), fewest=7, averaged=True),
    Scale("olbi", "exhaustion", (2, 4, 5, 8, 10, 12, 14, 16), frozenset({2, 4, 8, 12}), fewest=7, averaged=True),
    Scale("single_item_burnout", "total", (1,), positive_from=3.0),
    Scale("activation", "total"),
)


def key_of(instrument: str, name: str) -> Scale:
    """The key of a scale; KeyError for one that is not here."""
    return _BY_NAME[instrument, name]


_BY_NAME = {(scale.instrument, scale.name): scale for scale in SCALES}
