"""Who the people are: a form for a clinician's row, and who is one person under two identifiers."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from caseload.door import fields
from caseload.door.opened import Opened
from caseload.intake.identities import (
    Doubt,
    decisions_of,
    doubts_left,
    join_identities,
    keep_apart,
    separate_identities,
)
from caseload.intake.people_form import FORM, SHARES, person, write_person
from caseload.intake.pseudonyms import Identity, default_key_file, read_key_file

TITLE = "People: teams, hours, and who is one person"
PURPOSE = "What you write here goes into clinicians.csv. Take what you know; every field may stay empty."
SHARING = "Surveys are shared with the supervisor: the clinician has agreed. Stop that (only they can allow it again)"
DOUBTS = "These may be one person each. Decide, and it holds for every later import, too."
NO_DOUBTS = "No two people look like one."
ONE, TWO, LATER = "one person", "two people", "not decided"


class PeopleStep:
    """The form of one clinician at a time, and what is to be decided. Whoever has the key file sees names."""

    def __init__(self, then: Any) -> None:
        self._then = then
        self._opened: Opened | None = None
        self._names: dict[str, Identity] = {}
        self.clinician = fields.choice("Clinician")
        self.fields = {
            name: fields.field(widgets.Text, label, placeholder=f"for example {example}")
            for name, (label, example) in FORM.items()
        }
        self.stop = fields.tick(SHARING)
        self.save, self.message = fields.button("Save"), fields.Message()
        self.doubts: list[tuple[Doubt, Any]] = []
        self.undo: dict[str, Any] = {}
        self._doubts, self.decided = widgets.VBox(), fields.Message()
        self.decide = fields.button("Save these decisions")
        self.clinician.observe(self._take, "value")
        self.message.on(self.save, self._save)
        self.decided.on(self.decide, self._decide)
        form = [widgets.HTML(fields.paragraphs(PURPOSE)), self.clinician, *self.fields.values(), self.stop, self.save]
        parts = [*form, self.message.box, self._doubts, self.decide, self.decided.box]
        self.box = widgets.Accordion([widgets.VBox(parts)], titles=(TITLE,))

    def open(self, opened: Opened) -> None:
        """Offer the people of this practice."""
        same = self._opened is not None and self._opened.data == opened.data
        self._opened = opened
        with self.message.problems_said():
            keys = read_key_file(default_key_file(opened.data))
            self._names = dict(keys.people) if keys else {}
            people = opened.supervisees[""]
            kept = self.clinician.value if same and self.clinician.value in people else people[0]
            self.clinician.unobserve(self._take, "value")
            fields.set_options(self.clinician, ((self._called(one), one) for one in people), kept)
            self.clinician.observe(self._take, "value")
            self._take()
            self._ask()

    def close(self) -> None:
        """Show nothing of a practice any more."""
        self._opened, self._names = None, {}
        self._doubts.children = ()

    def _called(self, identifier: str) -> str:
        who = self._names.get(identifier)
        return f"{who.name} ({identifier})" if who and who.name else identifier

    def _take(self, _: object = None) -> None:
        self.message.clear()
        if self._opened is not None and self._opened.data.is_dir():
            with self.message.problems_said():
                found = person(self._opened.data, self.clinician.value)
                for name, entry in self.fields.items():
                    entry.value = found[name]
                self.stop.value = False
                self.stop.layout.display = "" if found[SHARES].lower() == "true" else "none"

    def _save(self) -> None:
        if self._opened is None:
            return
        given = {name: entry.value for name, entry in self.fields.items()}
        write_person(self._opened.data, self.clinician.value, given, stop_sharing=self.stop.value)
        self._then(self._opened.data)
        self.message.say(f"Written into clinicians.csv for {self._called(self.clinician.value)}.")

    def _ask(self) -> None:
        """Pairs about which nothing is decided, and those that were joined, with a way back."""
        if self._opened is None or not self._opened.data.is_dir():
            return
        decided = decisions_of(self._opened.data)
        self.doubts = [
            (pair, widgets.Dropdown(options=(LATER, ONE, TWO), tooltip=f"{pair[0]} and {pair[1]}"))
            for pair in doubts_left(self._names, decided)
        ]
        self.undo = {name: fields.button(f"Undo: {name} is somebody else") for name in decided.joined}
        for name, button in self.undo.items():
            self.decided.on(button, partial(self._separate, name))
        words = [widgets.HTML(f"<h3>Who is one person?</h3>{fields.paragraphs(DOUBTS if self.doubts else NO_DOUBTS)}")]
        asked = [widgets.VBox([widgets.HTML(self._pair(pair)), choice]) for pair, choice in self.doubts]
        joined = [
            widgets.VBox(
                [widgets.HTML(fields.paragraphs(f"{self._called(one)} counts as {self._called(other)}.")), undo]
            )
            for (one, other), undo in zip(decided.joined.items(), self.undo.values(), strict=True)
        ]
        self._doubts.children = (*words, *asked, *joined)
        self.decide.layout.display = "" if self.doubts else "none"

    def _pair(self, pair: Doubt) -> str:
        one, other, why = pair
        return f"<p><b>{escape(self._said(one))}</b> and <b>{escape(self._said(other))}</b>: {escape(why)}</p>"

    def _said(self, identifier: str) -> str:
        who = self._names[identifier]
        born = f", born {who.born}" if who.born else ""
        return f"{who.name or identifier}{born}{f', number {who.number}' if who.number else ''}"

    def _decide(self) -> None:
        if self._opened is None:
            return
        for (one, other, _), choice in self.doubts:
            if choice.value == ONE:
                join_identities(self._opened.data, one, other)
            elif choice.value == TWO:
                keep_apart(self._opened.data, one, other)
        self._changed("Saved. Look at the numbers above: the same appointments count once.")

    def _separate(self, name: str) -> None:
        if self._opened is not None:
            separate_identities(self._opened.data, name)
            self._changed(f"{self._called(name)} counts for themselves again.")

    def _changed(self, said: str) -> None:
        folder: Path | None = self._opened.data if self._opened else None
        if folder is not None:
            self._then(folder)
        self.decided.say(said)
