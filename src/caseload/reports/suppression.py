"""Small cells: below how many people a figure of a team is not shown, and what is shown instead."""

from __future__ import annotations

MIN_PEOPLE = 5
"""Operational figures of fewer clinicians are not shown."""
MIN_RESPONDENTS = 8
"""Survey figures of fewer respondents are not shown."""


def told_apart(strangers: int, least: int = MIN_RESPONDENTS) -> bool:
    """Whether a reader could work out a figure about fewer than `least` people by taking out those they know.

    `strangers` are the people behind the figure whose answers the reader does not see.
    """
    return 0 < strangers < least


def hidden(people: int, least: int = MIN_PEOPLE, noun: str = "people") -> str:
    """Why a figure about so many people is not shown; empty where it may be."""
    return f"hidden, under {least} {noun}" if people < least else ""
