"""The part of a page on a flag that has no figure: its words, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from caseload.pages.supervisee.subject import Subject, sentence
from caseload.pages.views import Card, Section
from caseload.wording import listed


@dataclass(frozen=True)
class Room:
    """Card and section of one flag, as the rooms with figures have them."""

    flag: str

    @property
    def anchor(self) -> str:
        """Where the card leads to."""
        return self.flag.replace("_", "-")

    def card(self, subject: Subject) -> Card:
        """The flag's question, state and reason."""
        reason = sentence(subject.flag(self.flag)["reason"])
        return Card(self.anchor, subject.question(self.flag), subject.state(self.flag), reason)

    def section(self, subject: Subject) -> Section:
        """The flag's sheet and its open question."""
        whom = listed(subject.clients(self.flag))
        return subject.section(self.flag, self.anchor, None, f"{whom}." if whom else "", ())
