"""The questionnaires: of each its answers, its scales with key and norm, and whose it is. No item texts are held here.

A new one is an entry here. What it lacks is not made up: the MBI is licensed and has no entry, ProQOL-21 (Heritage and
colleagues 2018) no key, since its items and the conversion of its sums were not at hand from its authors.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """An inclusive range; `step` is the distance of the permitted values from `low` upwards, None = any number."""

    low: float
    high: float
    step: float | None = None

    @property
    def expected(self) -> str:
        """The rule in words."""
        span = f"from {self.low:g} to {self.high:g}"
        if self.step is None:
            return f"a number {span}"
        return f"a whole number {span}" if self.step == 1 else f"a number {span} in steps of {self.step:g}"


@dataclass(frozen=True)
class Norm:
    """Mean, standard deviation and standard error of measurement of a scale, in raw points."""

    mean: float
    sd: float
    sem: float


@dataclass(frozen=True)
class Scale:
    """One scale's key. A scale without items has ready scores only.

    `fewest` answered items give a score, prorated to the whole scale; `positive_from` is the conventional cut; `ready`
    is the range of a score that comes ready made: True = that of the scale, False = none is taken. The
    score of a scale with `parts` is the sum of theirs.
    """

    name: str
    label: str = ""  # as pages say it; empty = no page shows it by this name
    items: tuple[int, ...] = ()
    reversed_items: frozenset[int] = frozenset()
    fewest: int = 1
    averaged: bool = False
    norm: Norm | None = None
    positive_from: float | None = None
    ready: Range | bool = True
    parts: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """By what the mean item is multiplied: the number of items of a sum, 1 for a mean or a ready score."""
        return 1 if self.averaged else max(len(self.items), 1)


@dataclass(frozen=True)
class Questionnaire:
    """One questionnaire: items 1 to `count`, each answered within `answers`, and its scales.

    `scored` is False where there is no key: its answers are checked where they are read, and enter no score.
    """

    name: str
    title: str
    answers: Range
    count: int
    scales: tuple[Scale, ...]
    credit: str = ""
    scored: bool = True

    @property
    def ranges(self) -> dict[str, Range]:
        """What may arrive: the range of each item and of each ready score, by name."""
        items = {str(number): self.answers for number in range(1, self.count + 1)}
        return items | {scale.name: self.ready(scale) for scale in self.scales if scale.ready is not False}

    def ready(self, scale: Scale) -> Range:
        """The range of a ready score."""
        if isinstance(scale.ready, Range):
            return scale.ready
        return self.answers if self.count == 1 else Range(*self.ends(scale))

    def ends(self, scale: Scale) -> tuple[float, float]:
        """The lowest and the highest score of a scale."""
        return self.answers.low * scale.length, self.answers.high * scale.length


TEAM_SAFETY = "team_safety"
"""A rating of the team, not of oneself: it is in the team's figures and on one's own page, never on a supervisor's."""
_ONE_TO_FIVE = Range(1, 5, step=1)
_PROQOL21 = Range(10, 55)
_OLBI = Range(1, 32)
"""OLBI scores are in use as means of eight items (1–4) and as their sums (8–32); both lie in 1–32."""

# ProQOL-5 (Stamm 2010): sums of ten, one missing item prorated; its norms are pooled over 30 studies (n = 5,612; De La
# Rosa and colleagues 2018), the manual's cuts 22/42 do not fit burnout and secondary traumatic stress and are not used.
# STSS (Bride 2004): sums, one missing item prorated (our choice: its author states no rule). CBI (Kristensen 2005):
# means, at least half of the items as its authors ask; its item order is fixed here (personal, work, client), published
# orders differ. OLBI (Demerouti 2003): means, one missing item prorated (our choice), coded 1 = strongly agree and
# turned so that higher is worse. Single item (Dolan 2015).
QUESTIONNAIRES: dict[str, Questionnaire] = {
    each.name: each
    for each in (
        Questionnaire(
            "proqol5",
            "ProQOL 5",
            _ONE_TO_FIVE,
            30,
            (
                Scale(
                    "burnout",
                    "burnout",
                    (1, 4, 8, 10, 15, 17, 19, 21, 26, 29),
                    frozenset({1, 4, 15, 17, 29}),
                    fewest=9,
                    norm=Norm(22.8, 5.4, 2.70),
                ),
                Scale(
                    "secondary_traumatic_stress",
                    "secondary traumatic stress",
                    (2, 5, 7, 9, 11, 13, 14, 23, 25, 28),
                    fewest=9,
                    norm=Norm(16.7, 5.7, 2.48),
                ),
                Scale(
                    "compassion_satisfaction",
                    "compassion satisfaction",
                    (3, 6, 12, 16, 18, 20, 22, 24, 27, 30),
                    fewest=9,
                    norm=Norm(37.7, 6.5, 2.25),
                ),
            ),
            credit=(
                "© B. Hudnall Stamm, 2009–2012. Professional Quality of Life: Compassion Satisfaction and Fatigue "
                "Version 5 (ProQOL). www.proqol.org. This test may be freely copied as long as (a) author is credited, "
                "(b) no changes are made, and (c) it is not sold."
            ),
        ),
        Questionnaire(
            "proqol21",
            "ProQOL-21",
            _ONE_TO_FIVE,
            21,
            (
                Scale("compassion_fatigue", ready=_PROQOL21),  # its authors found this scale and the next, no third
                Scale("compassion_satisfaction", ready=_PROQOL21),
            ),
            scored=False,
        ),
        Questionnaire(
            "cbi",
            "Copenhagen Burnout Inventory",
            Range(0, 100, step=25),
            19,
            (
                Scale(
                    "personal",
                    "CBI, personal burnout",
                    tuple(range(1, 7)),
                    fewest=3,
                    averaged=True,
                    positive_from=50.0,
                ),
                Scale(
                    "work",
                    "CBI, work-related burnout",
                    tuple(range(7, 14)),
                    frozenset({13}),
                    fewest=4,
                    averaged=True,
                    positive_from=50.0,
                ),
                Scale(
                    "client",
                    "CBI, client-related burnout",
                    tuple(range(14, 20)),
                    fewest=3,
                    averaged=True,
                    positive_from=50.0,
                ),
            ),
        ),
        Questionnaire(
            "olbi",
            "Oldenburg Burnout Inventory",
            Range(1, 4, step=1),
            16,
            (
                Scale(
                    "disengagement",
                    "OLBI, disengagement",
                    (1, 3, 6, 7, 9, 11, 13, 15),
                    frozenset({3, 6, 9, 11}),
                    fewest=7,
                    averaged=True,
                    ready=_OLBI,
                ),
                Scale(
                    "exhaustion",
                    "OLBI, exhaustion",
                    (2, 4, 5, 8, 10, 12, 14, 16),
                    frozenset({2, 4, 8, 12}),
                    fewest=7,
                    averaged=True,
                    ready=_OLBI,
                ),
            ),
        ),
        Questionnaire(
            "stss",
            "Secondary Traumatic Stress Scale",
            _ONE_TO_FIVE,
            17,
            (
                Scale("intrusion", "STSS, intrusion", (2, 3, 6, 10, 13), fewest=4, ready=False),
                Scale("avoidance", "STSS, avoidance", (1, 5, 7, 9, 12, 14, 17), fewest=6, ready=False),
                Scale("arousal", "STSS, arousal", (4, 8, 11, 15, 16), fewest=4, ready=False),
                Scale(
                    "total", "STSS, total", tuple(range(1, 18)), fewest=16, parts=("intrusion", "avoidance", "arousal")
                ),
            ),
        ),
        Questionnaire(
            "single_item_burnout",
            "One question on burnout",
            _ONE_TO_FIVE,
            1,
            (Scale("total", "Single burnout item", (1,), positive_from=3.0),),
            credit=(
                "From the Physician Worklife Study, in the wording of the American Board of Family Medicine, 2016. "
                "Free to use."
            ),
        ),
        Questionnaire("activation", "Own material", Range(0, 10), 0, (Scale("total"),)),
        Questionnaire(TEAM_SAFETY, "Safety in the team", Range(0, 10), 0, (Scale("total"),), scored=False),
    )
}
"""In the order of the data contract's vocabulary."""
