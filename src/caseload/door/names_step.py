"""Whether pages show codes or people: asked once, of whoever has the key, with what it means."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import ipywidgets as widgets

from caseload.door import fields
from caseload.door.opened import Opened
from caseload.intake.choosing import choose_names, names_are_chosen
from caseload.intake.pseudonyms import default_key_file

TITLE = "Codes or names?"
PURPOSE = (
    "You have the key to this practice’s codes. Pages can show clinicians by name, and clients by initials with their "
    "code. Whoever opens such a page then sees who it is about: keep it as safe as the key. Tables and notebooks hold "
    "codes either way. You can change this later, in settings.toml."
)
CODES, PEOPLE = "Keep codes on the pages", "Show names on the pages"


class NamesStep:
    """The question, where there is a key and nothing was decided yet."""

    def __init__(self, then: Callable[[Path], None]) -> None:
        self._then = then
        self._folder: Path | None = None
        self.codes, self.people = fields.button(CODES), fields.button(PEOPLE)
        self.message = fields.Message()
        for button, names in ((self.codes, "codes"), (self.people, "people")):
            self.message.on(button, partial(self._choose, names))
        heading = widgets.HTML(f"<h3>{TITLE}</h3>{fields.paragraphs(PURPOSE)}")
        self.box = widgets.VBox([heading, widgets.HBox([self.codes, self.people]), self.message.box])
        self.open(None)

    def open(self, opened: Opened | None) -> None:
        """Ask of this practice, if there is anything to ask."""
        folder = opened.data if opened is not None and opened.data.is_dir() else None
        asks = folder is not None and default_key_file(folder).is_file() and not names_are_chosen(folder)
        self._folder = folder if asks else None
        self.box.layout.display = "" if asks else "none"

    def _choose(self, names: str) -> None:
        if self._folder is not None:
            folder = self._folder
            choose_names(folder, names)
            self._then(folder)
