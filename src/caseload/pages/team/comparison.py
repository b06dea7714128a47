"""A team beside the other teams that may be shown: a funnel instead of a ranking, and a table in order of name."""

from __future__ import annotations

import pandas as pd

from caseload.estimates.funnel import LEAST_SHARES, LIMITS, Funnel, funnel
from caseload.pages.suppression import hidden, rounded
from caseload.pages.team.indicators import INDICATORS, Cells
from caseload.pages.team.surveys import newest_round
from caseload.pages.views import Empty, Evidence, Figure, Table
from caseload.wording import listed, month_year, number, percent

COMPARED = {
    "supervision": "Supervision that took place",
    "caseload": "Clients, full-time",
    "after_hours": "After hours",
}


def funnel_figure(cells: Cells, team: str, teams: tuple[str, ...]) -> Evidence:
    """Promised supervision of all teams that may be shown, against the hours promised."""
    title = "Promised supervision across teams"
    shown = _shown(cells, teams)
    fit = funnel(shown["value"].to_numpy(), shown["size"].to_numpy())
    if fit is None:
        text = f"A comparison needs {LEAST_SHARES} teams that may be shown; this month there are fewer."
        return Empty(title, (text,))
    low, high = fit.limits(shown["size"].to_numpy(), LIMITS["outer"])
    shown["outside"] = (shown["value"] < low - 1e-9) | (shown["value"] > high + 1e-9)
    beyond = shown.loc[shown["outside"], "team"].to_list()
    verb = "lies" if len(beyond) == 1 else "lie"
    numbers = pd.DataFrame(
        {
            "Team": shown["team"],
            "Hours promised": [number(size, 0) for size in shown["size"]],
            "Took place": list(map(INDICATORS["supervision"].words, shown["value"], shown["step"])),
            "95% limits": _limit_words(fit, shown["size"], LIMITS["near"]),
            "99.8% limits": _limit_words(fit, shown["size"], LIMITS["outer"]),
        }
    )
    return Figure(
        "plot_funnel",
        _drawn(fit, shown, team),
        f"{listed(beyond)} {verb} outside what chance would explain" if beyond else "Teams differ no more than chance",
        f"Per cent of promised hours in {month_year(cells.month)}, against the hours promised.",
        f"{len(shown)} teams around {percent(fit.centre)}. Outside the outer limits: {listed(beyond) or 'none'}.",
        "Teams that may be shown. Dotted: 95% limits; dashed: 99.8% limits, widened for differences between teams "
        f"({fit.spread:.1f} times). A point outside is a question about rooms, rotas and cover, not about the people "
        "in the team.",
        numbers,
        labels={"across": "hours promised", "centre": "teams shown"},
    )


def _shown(cells: Cells, teams: tuple[str, ...]) -> pd.DataFrame:
    """Team, share and hours promised (rounded as the shares are), where the month's share may be shown."""
    newest = {team: cells.newest(team, "supervision") for team in teams}
    rows = [
        (team, row["value"], row["step"], _promised(cells.promised[team], row["people"]))
        for team, row in newest.items()
        if row is not None
    ]
    return pd.DataFrame(rows, columns=["team", "value", "step", "size"])


def _promised(hours: float, people: int) -> float:
    """Hours rounded as the shares are, so that they tell no more of one person."""
    return float(rounded(pd.Series([hours]), pd.Series([people]))["value"].iloc[0])


def _drawn(fit: Funnel, shown: pd.DataFrame, team: str) -> pd.DataFrame:
    """What `plot_funnel` draws."""
    size = shown["size"].to_numpy()
    table = pd.DataFrame({"label": shown["team"], "size": size, "share": 100 * shown["value"]})
    for name, level in LIMITS.items():
        for side, ends in zip(("low", "high"), fit.limits(size, level), strict=True):
            table[f"{name}_{side}"] = 100 * ends
    return table.assign(centre=100 * fit.centre, outside=shown["outside"], own=shown["team"] == team)


def _limit_words(fit: Funnel, size: pd.Series, level: float) -> list[str]:
    low, high = fit.limits(size.to_numpy(), level)
    return [f"{100 * a:.0f} to {percent(b)}" for a, b in zip(low, high, strict=True)]


def side_by_side(cells: Cells, teams: tuple[str, ...]) -> Table:
    """All teams in order of name, hidden cells with their reason."""
    sizes, least = {team: cells.people(team) for team in teams}, cells.policy.people
    frame = pd.DataFrame(
        {
            "Team": list(teams),
            "People": [hidden(size, least) or str(size) for size in sizes.values()],
            **{label: [_cell(cells, team, name) for team in teams] for name, label in COMPARED.items()},
            "Burnout above the norm": [_burnout(cells, team) for team in teams],
        }
    )
    return Table(f"Teams in {month_year(cells.month)}", frame, "90% intervals in brackets.")


def _cell(cells: Cells, team: str, name: str) -> str:
    row = cells.newest(team, name)
    if row is None:
        return cells.why_hidden(team, name)
    shown = INDICATORS[name]
    return f"{shown.words(row['value'], row['step'])} ({shown.between(row['low'], row['high'], row['step'])})"


def _burnout(cells: Cells, team: str) -> str:
    newest = newest_round(cells.rounds.get(team, {}), "burnout", cells.month)
    if newest is None:
        return hidden(0, cells.policy.respondents, "answers")
    return f"{newest.above} ({newest.above_interval})"
