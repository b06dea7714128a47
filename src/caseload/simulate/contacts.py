"""The contacts table: what happens between sessions, planned or not, in the working day or after it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from caseload.simulate.observation import Observer, logistic
from caseload.simulate.sessions import at_work, minutes_of
from caseload.simulate.settings import Settings
from caseload.simulate.staff import Staff, words

CHANNELS = {
    "to_client": (("call", "text", "email", "portal", "letter"), (0.5, 0.2, 0.2, 0.07, 0.03)),
    "from_client": (("call", "text", "email", "portal"), (0.35, 0.3, 0.25, 0.1)),
    "about_client": (("call", "email", "meeting"), (0.4, 0.35, 0.25)),
}
ABOUT_CLIENT = 0.25  # contacts with others about a client, a month, at average need
COACHING = 4.0  # planned calls a month with clients who have phone coaching
PLANNED = 0.08  # share of other contacts to the client that the care plan holds


def draw_contacts(
    settings: Settings,
    staff: Staff,
    cases: pd.DataFrame,
    panel: pd.DataFrame,
    sessions: pd.DataFrame,
    watch: Observer,
    rng: Generator,
) -> pd.DataFrame:
    """One row a contact: the panel's columns and `row`, `direction`, `planned`, `day` (datetime64[D])."""
    parts = [*_through_the_month(settings, cases, panel, watch, rng), _rebookings(sessions, watch, rng)]
    drawn = pd.concat(parts, ignore_index=True)
    row, day = drawn["row"].to_numpy(), drawn["day"].to_numpy("datetime64[D]")
    last = settings.calendar[-1].end_time.to_datetime64().astype("datetime64[D]")
    kept = day <= last
    kept[kept] = at_work(settings, staff, panel["clinician"].to_numpy()[row[kept]], day[kept])
    return panel.take(row[kept]).reset_index(drop=True).join(drawn.loc[kept].reset_index(drop=True))


def _through_the_month(
    settings: Settings, cases: pd.DataFrame, panel: pd.DataFrame, watch: Observer, rng: Generator
) -> list[pd.DataFrame]:
    """Contacts that have no single session as their cause, at any working day of the month."""
    coached = cases["coaching"].to_numpy()[panel["case"]]
    need = (panel["load"] - panel["effort"]).to_numpy()
    to_client = watch.counts("contacts_to_client", panel, rng)
    counts = {
        ("to_client", False): rng.binomial(to_client, 1 - PLANNED),
        ("to_client", True): rng.binomial(to_client, PLANNED) + rng.poisson(COACHING * coached),
        ("from_client", False): watch.counts("contacts_from_client", panel, rng),
        ("about_client", False): rng.poisson(ABOUT_CLIENT * np.exp(0.5 * need)),
    }
    return [_spread(settings, panel, count, direction, planned, rng) for (direction, planned), count in counts.items()]


def _spread(
    settings: Settings, panel: pd.DataFrame, count: NDArray[np.int64], direction: str, planned: bool, rng: Generator
) -> pd.DataFrame:
    """Contacts at random days of their month, weekends moved to the Monday after or the Friday before."""
    row = np.repeat(np.arange(len(panel)), count)
    month = panel["month"].to_numpy()[row]
    firsts = settings.calendar.to_timestamp().to_numpy("datetime64[D]")[month]
    length = settings.calendar.days_in_month.to_numpy()[month]
    day = np.busday_offset(firsts, 0, roll="forward") + (rng.uniform(size=len(row)) * (length - 4)).astype(int)
    return _contacts(row, np.busday_offset(day, 0, roll="backward"), direction, planned)


def _rebookings(sessions: pd.DataFrame, watch: Observer, rng: Generator) -> pd.DataFrame:
    """Contacts on the next working day but 0–1 after a missed appointment: usual practice, and more with effort."""
    missed = sessions.loc[sessions["status"].isin(("no_show", "late_cancelled"))]
    chased = missed.loc[rng.uniform(size=len(missed)) < watch.share("rebooking", missed, rng)]
    day = chased["start"].to_numpy("datetime64[D]")
    later = np.busday_offset(day, rng.integers(0, 2, len(day)), roll="forward")
    within = later.astype("datetime64[M]") == day.astype("datetime64[M]")
    return _contacts(chased["row"].to_numpy(), np.where(within, later, day), "to_client", False)


def _contacts(row: NDArray[np.int64], day: NDArray[np.datetime64], direction: str, planned: bool) -> pd.DataFrame:
    """Rows of one direction."""
    return pd.DataFrame({"row": row, "day": day.astype("datetime64[s]"), "direction": direction, "planned": planned})


def contacts_table(
    staff: Staff, rows: pd.DataFrame, clients: pd.Series, watch: Observer, rng: Generator
) -> pd.DataFrame:
    """The contract's contacts, by time."""
    minutes = watch.log_minutes("contact_minutes", rows, rng, 120)
    table = pd.DataFrame(
        {
            "clinician_id": words(staff.ids, rows["clinician"]),
            "client_id": words(clients, rows["client"]),
            "contacted_at": rows["day"].to_numpy("datetime64[m]") + _minute_of_day(staff, rows, watch, rng),
            "minutes": minutes,
            "direction": rows["direction"].astype("str"),
            "channel": _channels(rows, rng),
            "planned": rows["planned"].astype("boolean"),
        }
    )
    return table.sort_values(["contacted_at", "clinician_id", "client_id"], kind="stable", ignore_index=True)


def _minute_of_day(staff: Staff, rows: pd.DataFrame, watch: Observer, rng: Generator) -> NDArray[np.int64]:
    """Minutes after midnight: within the clinician's working day, or up to 3½ hours after it (one in six before)."""
    who = rows["clinician"].to_numpy()
    opening = minutes_of(staff.traits["workday_start"])[who]
    closing = minutes_of(staff.traits["workday_end"])[who]
    extra = staff.months["after_hours"][who, rows["month"].to_numpy()]
    after = rng.uniform(size=len(rows)) < logistic(watch.linear("after_hours", rows, rng) + extra)
    early = rng.uniform(size=len(rows)) < 1 / 6
    place = rng.uniform(size=len(rows))
    outside = np.where(early, opening - 1 - 60 * place, closing + 210 * place)
    return np.where(after, outside, opening + place * (closing - opening)).astype(np.int64)


def _channels(rows: pd.DataFrame, rng: Generator) -> pd.Series:
    """A channel fitting the direction."""
    direction = rows["direction"].to_numpy()
    drawn = {name: rng.choice(terms, len(rows), p=odds) for name, (terms, odds) in CHANNELS.items()}
    return pd.Series(np.select([direction == name for name in drawn], [*drawn.values()], ""), dtype="str")
