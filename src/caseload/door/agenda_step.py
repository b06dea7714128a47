"""The last step: what a meeting decided, and what came of what was decided before."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pandas as pd

from caseload.door import fields
from caseload.door.decisions import CAME_OF_IT, OPEN, Decision, about, open_decisions
from caseload.door.opened import Opened, review_months
from caseload.intake.agenda import Noted, add_decision, close_decision
from caseload.wording import month_year

TITLE = "4. After the meeting"
PURPOSE = (
    "Write down what you decided together. It goes into the file agenda.csv beside the data, and the next report asks "
    "what came of it. One line, without clients’ names."
)


class AgendaStep:
    """Decisions of one supervisee at a time, about the report of the month that is chosen in `month`."""

    def __init__(self, month: Any, whose: Any) -> None:
        self._opened: Opened | None = None
        self._month, self._whose = month, whose
        self.supervisee = fields.choice("Supervisee")
        self.about = fields.field(widgets.Dropdown, "About", options=about())
        self.decision = fields.field(widgets.Text, "What you decided")
        self.review = fields.choice("Look at it again in")
        self.write = fields.button("Write it down")
        self.message, self.left = fields.Message(), fields.Message()
        self.decisions: tuple[OpenDecision, ...] = ()
        self._meeting, self._list = widgets.HTML(), widgets.VBox()
        self.supervisee.observe(self._take_supervisee, "value")
        month.observe(self._take_month, "value")
        whose.observe(self._take_people, "value")
        self.message.on(self.write, self._write)
        entry = [self._meeting, self.supervisee, self.about, self.decision, self.review, self.write, self.message.box]
        self.box = widgets.VBox([fields.heading(TITLE, PURPOSE), *entry, self.left.box, self._list])

    def open(self, opened: Opened) -> None:
        """Offer the people of this practice."""
        self._opened = opened
        self._take_month()
        self._take_people()

    def close(self) -> None:
        """Show nothing of a practice any more."""
        self._opened = None
        self._show((), "")

    def _take_month(self, _: object = None) -> None:
        if self._opened is not None:
            self._meeting.value = fields.paragraphs(
                f"About the report of {_words(self._month.value)}, as chosen above:"
            )
            fields.set_options(self.review, review_months(self._month.value), "")

    def _take_people(self, _: object = None) -> None:
        if self._opened is not None:
            people = self._opened.supervisees[self._whose.value]
            kept = self.supervisee.value if self.supervisee.value in people else people[0]
            self.supervisee.unobserve(self._take_supervisee, "value")  # reading the agenda once is enough
            fields.set_options(self.supervisee, ((name, name) for name in people), kept)
            self.supervisee.observe(self._take_supervisee, "value")
            self._take_supervisee()

    def _take_supervisee(self, _: object = None) -> None:
        self.message.clear()
        with self.left.problems_said():
            self._list_decisions()

    def _write(self) -> None:
        if self._opened is not None:
            noted = add_decision(
                self._opened.data,
                self.supervisee.value,
                self._month.value,
                self.about.value,
                self.decision.value,
                self.review.value or None,
            )
            self.message.say(_noted(noted))
            self.decision.value = ""
            self._list_decisions()

    def _list_decisions(self) -> None:
        if self._opened is not None:
            found = open_decisions(self._opened.data, self.supervisee.value)
            self._show(
                tuple(OpenDecision(self._opened.data, each) for each in found),
                f"Decisions of {self.supervisee.value} of which it is not said yet what came of them"
                if found
                else f"No decision of {self.supervisee.value} is open.",
            )

    def _show(self, decisions: tuple[OpenDecision, ...], title: str) -> None:
        self.decisions = decisions
        self._list.children = [each.box for each in decisions]
        self.left.clear()
        if title:
            self.left.box.value = f"<h3>{escape(title)}</h3>"


class OpenDecision:
    """One decision, and what came of it. It stays in sight once that is saved, so that a slip can be mended."""

    def __init__(self, data: Path, decision: Decision) -> None:
        self._data, self._decision = data, decision
        self.outcome = fields.field(widgets.Dropdown, "What came of it", options=CAME_OF_IT, value=OPEN)
        self.save = fields.button("Save what came of it")
        self.message = fields.Message()
        self.message.on(self.save, self._save)
        words = widgets.HTML(f"<p><b>{escape(decision.decision)}</b><br>{escape(decision.words)}</p>")
        self.box = widgets.VBox([words, self.outcome, self.save, self.message.box])

    def _save(self) -> None:
        decided = self._decision
        noted = close_decision(
            self._data,
            decided.clinician_id,
            decided.month,
            decided.flag or None,
            outcome=self.outcome.value,
            decision=decided.decision or None,
            row=decided.row,
        )
        self.message.say(_noted(noted))


def _noted(noted: Noted) -> str:
    where = f"{noted.file.name}, row {noted.row}"
    return f"Written into {where}." if noted.written else f"It stands in {where} already; nothing was written."


def _words(month: str) -> str:
    return month_year(pd.Period(month, "M"))
