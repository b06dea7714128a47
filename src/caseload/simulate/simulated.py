"""A whole practice: truth first, then everything observed of it.

settings → staff → slots, clients → panel (latent client-months) → appointments, contacts, surveys … → tables, truth
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.random import Generator

from caseload.simulate.checkins import draw_sent, ratings_table, safety_rows
from caseload.simulate.clients import Slots, client_ids, draw_clients, draw_slots
from caseload.simulate.contacts import contacts_table, draw_contacts
from caseload.simulate.observation import observer
from caseload.simulate.recording import recorded
from caseload.simulate.records import agenda_table, clients_table, clinicians_table, plans_table, supports_table
from caseload.simulate.sessions import draw_appointments, draw_status, sessions_table
from caseload.simulate.settings import Settings
from caseload.simulate.staff import Array, Staff, draw_staff
from caseload.simulate.surveys import draw_activation, draw_fatigue, surveys_table
from caseload.simulate.truth import Truth, draw_panel, mean_gap, true_states

if TYPE_CHECKING:
    from caseload.intake import Practice

STREAMS = (
    "staff", "slots", "clients", "panel", "fatigue", "sessions", "contacts", "surveys", "records", "losses", "checkins",
)  # fmt: skip


@dataclass(frozen=True)
class Simulated:
    """A simulated practice: `tables` as the data contract has them, and the `truth` behind them.

    Examples
    --------
    >>> import caseload
    >>> from caseload.simulate import Settings, simulate
    >>> simulated = simulate(Settings(clinicians=2, months=2))
    >>> list(simulated.tables)
    ['sessions', 'contacts', 'clients', 'clinicians', 'surveys', 'supports', 'selfcare_plan', 'agenda']
    >>> signals = caseload.monthly_signals(simulated.practice())
    >>> len(signals) == len(simulated.truth.clients)
    True
    """

    settings: Settings
    tables: dict[str, pd.DataFrame]
    truth: Truth

    def practice(self) -> Practice:
        """The tables as intake would have read them."""
        from caseload.intake import Practice

        return Practice.from_frames(exclude_invalid=False, support_contacts=(), settings=None, **self.tables)


def simulate(settings: Settings) -> Simulated:
    """A practice as the settings have it; the same settings give the same practice.

    What is recorded changes no draw: with poorer recording the same practice is there, and less of it in the tables.

    Examples
    --------
    >>> from caseload.simulate import FIVE_COLUMNS, Settings, simulate
    >>> sessions = simulate(Settings(seed=7, clinicians=2, months=2, recording=FIVE_COLUMNS)).tables["sessions"]
    >>> list(sessions)
    ['session_id', 'clinician_id', 'client_id', 'scheduled_start', 'status']
    >>> full = simulate(Settings(seed=7, clinicians=2, months=2)).tables["sessions"]
    >>> full[list(sessions)].equals(sessions)
    True
    """
    streams = random_streams(settings)
    return observe(settings, draw_staff(settings, streams["staff"]), streams)


def random_streams(settings: Settings) -> dict[str, Generator]:
    """One independent stream a subject, so that what is recorded of one does not change another."""
    return dict(zip(STREAMS, np.random.default_rng(settings.seed).spawn(len(STREAMS)), strict=True))


@dataclass(frozen=True)
class Cast:
    """Everything latent of a practice, drawn and ready to be observed (or edited first)."""

    staff: Staff
    slots: Slots
    cases: pd.DataFrame
    panel: pd.DataFrame
    fatigue: dict[str, Array]
    activation: Array


def draw_cast(settings: Settings, staff: Staff, streams: dict[str, Generator]) -> Cast:
    """Clients, latent states and fatigue of the given clinicians."""
    slots = draw_slots(settings, staff, streams["slots"])
    cases = draw_clients(settings, staff, slots, streams["clients"])
    panel = draw_panel(settings, staff, slots, cases, streams["panel"])
    fatigue = draw_fatigue(settings, mean_gap(settings, panel), streams["fatigue"])
    return Cast(staff, slots, cases, panel, fatigue, draw_activation(fatigue, streams["fatigue"]))


def observe(settings: Settings, staff: Staff, streams: dict[str, Generator]) -> Simulated:
    """Tables and truth of the given clinicians."""
    return observe_cast(settings, draw_cast(settings, staff, streams), streams)


def observe_cast(settings: Settings, cast: Cast, streams: dict[str, Generator]) -> Simulated:
    """Tables and truth of a cast."""
    clients = client_ids(len(cast.cases))
    tables, seen = _clinical_tables(settings, cast, clients, streams)
    office = streams["records"]
    tables |= {
        "clients": clients_table(settings, seen, cast.cases, clients, office),
        "clinicians": clinicians_table(settings, cast.staff),
        "surveys": surveys_table(settings, cast.staff, cast.fatigue, cast.activation, streams["surveys"]),
        "supports": supports_table(settings, cast.staff, office),
        "selfcare_plan": plans_table(settings, cast.staff, office),
        "agenda": agenda_table(settings, cast.staff, office),
    }
    if settings.checkins.share:
        tables |= _checked_in(settings, cast, tables, seen, clients, streams["checkins"])
    truth = true_states(settings, cast.staff, seen, cast.fatigue, clients)
    return Simulated(settings, recorded(tables, settings.recording, streams["losses"]), truth)


def _clinical_tables(
    settings: Settings, cast: Cast, clients: pd.Series, streams: dict[str, Generator]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Sessions and contacts, and the panel rows that appear in them."""
    rng, between = streams["sessions"], streams["contacts"]
    watch = observer(settings, cast.staff.style, len(cast.cases), rng)
    booked = draw_appointments(settings, cast.staff, cast.slots, cast.cases, cast.panel, rng)
    booked = booked.assign(status=draw_status(settings, booked, cast.cases, watch, rng))
    contacts = draw_contacts(settings, cast.staff, cast.cases, cast.panel, booked, watch, between)
    tables = {
        "sessions": sessions_table(settings, cast.staff, booked, cast.cases, clients, watch, rng),
        "contacts": contacts_table(cast.staff, contacts, clients, watch, between),
    }
    return tables, cast.panel.loc[np.union1d(booked["row"], contacts["row"])]


def _checked_in(
    settings: Settings,
    cast: Cast,
    tables: dict[str, pd.DataFrame],
    seen: pd.DataFrame,
    clients: pd.Series,
    rng: Generator,
) -> dict[str, pd.DataFrame]:
    """What check-ins bring: the surveys with their answers, and the ratings."""
    sent = draw_sent(settings, cast.staff, rng)
    safety = safety_rows(settings, cast.staff, sent, rng)
    surveys = pd.concat([tables["surveys"], safety], ignore_index=True)
    ordered = surveys.sort_values(["completed_on", "clinician_id", "instrument"], kind="stable", ignore_index=True)
    ratings = ratings_table(settings, cast.staff, seen, tables["sessions"], cast.cases, clients, sent, rng)
    return {"surveys": ordered, "ratings": ratings}
