"""The keys of the questionnaires that are scored, scale by scale."""

from __future__ import annotations

from caseload.questionnaires import QUESTIONNAIRES, Questionnaire, Scale

SCORED: tuple[tuple[Questionnaire, Scale], ...] = tuple(
    (each, scale) for each in QUESTIONNAIRES.values() if each.scored for scale in each.scales
)
"""Every scale with a key, after its questionnaire."""


def key_of(instrument: str, name: str) -> Scale:
    """The key of a scale; KeyError for one that is not here."""
    return _BY_NAME[instrument, name]


def ends_of(instrument: str, name: str) -> tuple[float, float]:
    """The lowest and the highest score of a scale; KeyError for one that is not here."""
    return QUESTIONNAIRES[instrument].ends(key_of(instrument, name))


_BY_NAME = {(each.name, scale.name): scale for each, scale in SCORED}
