"""The second and third step: which month, for whom, to where; and making the reports."""

from __future__ import annotations

import webbrowser
from html import escape
from pathlib import Path

import ipywidgets as widgets

from caseload.door import fields
from caseload.door.made import Made, made
from caseload.door.opened import Opened
from caseload.month import batch, workplace

TITLE, PURPOSE = "2. Month and people", "A report is made for each supervisee, in two copies: yours, and their own."
RUN_TITLE = "3. The reports"
RUN_PURPOSE = (
    "This takes a second or two for each report. To stop, {}: what was made stays, and the next run goes on from there."
)
STOP_IN_LAB, STOP_IN_WINDOW = "press the square (■) in the bar above", "close this window"
PAPERS = (("none", ""), ("A4", "a4"), ("US letter", "letter"))
FORCE = "Make everything again, also what has not changed"
OWN_COPIES = "Each supervisee’s own copy comes before yours. They are linked from nowhere and lie in this folder:"
FAILED = "These could not be made; the landing page says so in their place:"
NO_BROWSER = "No browser could be opened from here. Open this file in yours:"


class RunStep:
    """What to make of a practice that was looked at, and the button that makes it."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._opened: Opened | None = None
        self._index: Path | None = None
        self._own_folder = ""  # the default that stands in the field for the folder
        self.month, self.whose = fields.choice("Month"), fields.choice("Reports for")
        self.soon = widgets.HTML()
        self.out = fields.field(widgets.Text, "Put them into the folder")
        self.paper = fields.choice("PDFs beside the pages")
        fields.set_options(self.paper, PAPERS, "")
        self.force = fields.tick(FORCE)
        self.make = fields.button("Make the reports", main=True)
        self.show = fields.button("Open the pages", main=True)
        self.bar, self.message, self.showing = fields.Bar(), fields.Message(), fields.Message()
        self.whose.observe(lambda _: self._name_folder(), "value")
        for chosen in (self.month, self.whose, self.out):
            chosen.observe(lambda _: self._forget(), "value")
        self.message.on(self.make, self._make)
        self.showing.on(self.show, self._show)
        purpose = RUN_PURPOSE.format(STOP_IN_WINDOW if workplace.in_window() else STOP_IN_LAB)
        chosen = [self.month, self.soon, self.whose, self.out, self.paper, self.force]
        run = [self.make, self.bar.box, self.message.box, self.show, self.showing.box]
        self.box = widgets.VBox([fields.heading(TITLE, PURPOSE), *chosen, fields.heading(RUN_TITLE, purpose), *run])

    def open(self, opened: Opened) -> None:
        """Offer what this practice has."""
        self._opened = opened
        fields.set_options(self.month, opened.months, opened.month)
        self.soon.value = fields.paragraphs(*filter(None, [opened.soon]))
        fields.set_options(self.whose, opened.whose, "")
        self.whose.layout.display = "" if len(opened.whose) > 1 else "none"
        self._name_folder()
        self._forget()

    def _make(self) -> None:
        opened = self._opened
        if opened is None:
            return
        self._forget()
        self.message.say("Working …")
        try:
            run = batch.render_month(
                opened.data,
                self.month.value,
                workplace.resolved(self.out.value, self._place),
                supervisor=self.whose.value or None,
                exclude_invalid=opened.exclude_invalid,
                force=self.force.value,
                progress=self.bar,
                paper=self.paper.value or None,
            )
        finally:
            self.bar.hide()
        self._tell(made(run))

    def _tell(self, told: Made) -> None:
        where = f"<p><code>{escape(str(told.index))}</code></p>"
        own = f"{fields.paragraphs(OWN_COPIES)}<p><code>{escape(str(told.own))}</code></p>"
        failed = f"{fields.paragraphs(FAILED)}<pre>{escape(chr(10).join(told.failures))}</pre>" if told.failures else ""
        self.message.say(told.sentence, html=where + failed + own)
        self._index = told.index
        self.show.layout.display = ""

    def _show(self) -> None:
        if self._index is not None and not webbrowser.open(self._index.as_uri()):
            self.showing.say(NO_BROWSER, html=f"<p><code>{escape(str(self._index))}</code></p>")

    def _forget(self) -> None:
        """What was said is of another run."""
        self._index = None
        self.show.layout.display = "none"
        self.message.clear()
        self.showing.clear()

    def _name_folder(self) -> None:
        """Keep a supervisor's reports in a folder of their own, unless somebody has named one."""
        if self.out.value in ("", self._own_folder):
            self._own_folder = str(workplace.reports_folder(self._place, self.whose.value))
            self.out.value = self._own_folder
