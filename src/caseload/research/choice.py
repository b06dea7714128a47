"""Whom an exploration looks at: two lists in a notebook, and figures and tables that follow what is chosen.

Figures and tables are ordinary outputs of their cells: where no buttons can be shown, as in a file that was run without
anybody there, they show whom the parameters name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import pandas as pd
from IPython.display import Image, display

from caseload import figures
from caseload.errors import ParameterError
from caseload.research.explore import Exploration

INSTEAD = "To see others, choose them from the lists in JupyterLab, or name them in the parameters cell."
NOTHING = "Not enough data: no client of this month."
TITLE = {
    "caseload_figure": "Clients of {clinician} in {month}",
    "client_figure": "Client {client} with {clinician}",
    "clinician_figure": "Clinician {clinician}",
}
ALT = {
    "caseload_figure": "effort, engagement and gap, client by client",
    "client_figure": "stage and crises, effort, engagement and gap by month",
    "clinician_figure": "own shift, compensation and P(over-invested) by month",
}
Told = tuple[str | None, str | None]
_kept: dict[Told, tuple[str, str]] = {}
"""What was chosen last, by what the notebook was told: cells that are run again begin with it."""


class Choice:
    """A clinician and one of the clinician's clients, chosen from two lists in a notebook; `tour` is that of `explore`.

    Without ids it begins with the first clinician who has an estimate, and with the client known for the most months.
    `clinician` and `client` are the ids chosen. The figures and tables of `caseload_figure` to `clinician_table` are
    shown in the cell that asks for them, and drawn anew there when somebody else is chosen. A cell that is run again
    keeps the choice; other ids in the parameters begin with those.

    Raises
    ------
    ParameterError
        For an id that is not there.

    Examples
    --------
    >>> import caseload
    >>> tour = caseload.explore(caseload.read_practice("data/sample"), "2025-01")
    >>> who = caseload.Choice(tour, "C07")
    >>> who.choose("C05")
    >>> who.clinician
    'C05'
    """

    def __init__(self, tour: Exploration, clinician_id: str | None = None, client_id: str | None = None) -> None:
        self.tour = tour
        self._told: Told = (clinician_id, client_id)
        self._shown: dict[str, Callable[[], None]] = {}
        self._choosing = False
        clinician, client = self._kept() or _first(tour, clinician_id, client_id)
        everybody = [name for name in tour.clinician_ids if tour.client_ids(name)]
        self._clinicians = _list("Clinician", everybody, clinician)
        self._clients = _list("Client", tour.client_ids(clinician), client)
        self.box = widgets.HBox([self._clinicians, self._clients])
        self._keep()
        self._clinicians.observe(lambda change: self.choose(change["new"]), "value")
        self._clients.observe(lambda change: self.choose(self.clinician, change["new"]), "value")

    @property
    def clinician(self) -> str:
        """The clinician chosen."""
        return str(self._clinicians.value)

    @property
    def client(self) -> str:
        """The client chosen, one of the clinician's."""
        return str(self._clients.value)

    def choose(self, clinician_id: str, client_id: str | None = None) -> None:
        """Choose without the lists; without a client the one known for the most months."""
        if not self._choosing:
            clinician, client = _first(self.tour, clinician_id, client_id)
            self._set(clinician, client)
            self._keep()
            for again in self._shown.values():
                again()

    def caseload_figure(self) -> Following:
        """Effort, engagement and gap of the clinician's clients in the month."""
        return self._picture("caseload_figure", figures.plot_effort_engagement, self._caseload)

    def caseload_table(self) -> Following:
        """The numbers behind `caseload_figure`: `Exploration.caseload`."""
        return Following(self, "caseload_table", self._caseload)

    def client_figure(self) -> Following:
        """The client's months with the clinician: stage and crises, effort and engagement, gap."""
        return self._picture("client_figure", figures.draw_client_story, self._client_story)

    def client_table(self) -> Following:
        """The numbers behind `client_figure`: `Exploration.client_story`."""
        return Following(self, "client_table", self._client_story)

    def clinician_figure(self) -> Following:
        """The clinician's months: own shift, compensation, P(over-invested)."""
        return self._picture("clinician_figure", figures.draw_clinician_story, self._clinician_story)

    def clinician_table(self) -> Following:
        """The numbers behind `clinician_figure`: `Exploration.clinician_story`."""
        return Following(self, "clinician_table", self._clinician_story)

    def follow(self, name: str, again: Callable[[], None]) -> None:
        """Call `again` whenever somebody else is chosen; a cell that is run again takes the place of its former run."""
        self._shown[name] = again

    def _caseload(self) -> pd.DataFrame:
        return self.tour.caseload(self.clinician)

    def _client_story(self) -> pd.DataFrame:
        return self.tour.client_story(self.clinician, self.client)

    def _clinician_story(self) -> pd.DataFrame:
        return self.tour.clinician_story(self.clinician)

    def _picture(self, name: str, draw: Callable[..., Any], table: Callable[[], pd.DataFrame]) -> Following:
        def made() -> Any:
            drawn = table()
            if drawn.empty:
                return NOTHING
            title = TITLE[name].format(clinician=self.clinician, client=self.client, month=self.tour.month)
            alt = f"{title}: {ALT[name]}. The table below has the numbers."
            return Image(figures.picture(draw, drawn, title=title, size=_size(name, drawn)), format="png", alt=alt)

        return Following(self, name, made)

    def _set(self, clinician: str, client: str) -> None:
        """Show a choice in the lists, which tell of every step of it meanwhile."""
        self._choosing = True
        try:
            self._clinicians.value = clinician
            self._clients.options = self.tour.client_ids(clinician)
            self._clients.value = client
        finally:
            self._choosing = False

    def _kept(self) -> tuple[str, str] | None:
        """The last choice, if it was made under the same parameters and is still there."""
        clinician, client = _kept.get(self._told, ("", ""))
        known = clinician in self.tour.clinician_ids and client in self.tour.client_ids(clinician)
        return (clinician, client) if known else None

    def _keep(self) -> None:
        _kept.clear()
        _kept[self._told] = (self.clinician, self.client)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The lists, or words where there can be none."""
        return {**self.box._repr_mimebundle_(**options), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Clinician {self.clinician}, client {self.client}. {INSTEAD}"


@dataclass(frozen=True)
class Following:
    """Something shown that follows a choice: `made` gives what is to be shown now."""

    choice: Choice
    name: str
    made: Callable[[], Any]

    def _ipython_display_(self) -> None:
        handle = display(self.made(), display_id=True)
        if handle is not None:
            self.choice.follow(self.name, lambda: handle.update(self.made()))


def _first(tour: Exploration, clinician: str | None, client: str | None) -> tuple[str, str]:
    """Whom to begin with, as far as they are not named; of several clients known as long, the first by id."""
    table = tour.clients
    if clinician is None and client is not None:
        clinician = next(iter(table.loc[table["client_id"] == client, "clinician_id"]), None)
    if clinician is None:
        slopes = tour.slopes
        known = slopes.loc[slopes["compensation"].notna(), "clinician_id"]
        clinician = next(iter(known), tour.clinician_ids[0])
    if client is None:
        mine = table[(table["clinician_id"] == clinician) & table["gap"].notna()]
        longest = mine.groupby("client_id").size().sort_index().sort_values(ascending=False, kind="stable")
        client = next(iter(longest.index), None) or next(iter(tour.client_ids(clinician)), None)
    if client is None:
        raise ParameterError(f"No client of {clinician!r} is recorded up to {tour.month}")
    tour.client_story(clinician, client)  # an id that is not there is an error
    return clinician, client


def _size(name: str, table: pd.DataFrame) -> tuple[float, float]:
    """Inches of a picture: as high as its clients need, or the same for any number of months."""
    if name != "caseload_figure":
        return 7.6, 5.6
    return 5.6, figures.height_of("plot_effort_engagement", table) / figures.DPI + 0.8


def _list(label: str, options: Sequence[str], value: str) -> Any:
    return widgets.Dropdown(description=label, options=options, value=value)
