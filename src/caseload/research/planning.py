"""The part of the method's page that plans a study: how long until over-investment is seen, and the months needed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from caseload.errors import ParameterError
from caseload.month.parameters import MethodParameters
from caseload.pages.views import Empty, Evidence, Figure, Section, Table
from caseload.research.power import COLUMNS, months_needed, power
from caseload.simulate import Settings
from caseload.wording import counted, number, percent

SEEN = "How long until it is seen?"
NEEDED = "How many months do I need?"
KINDS = {
    "compensation": "compensation",
    "level_shift": "a shift of the whole caseload",
    "few_clients": "deep involvement with one or two clients",
}
FLAGS = {"watch": "watch or raise", "raise": "raise"}
NAMES = ("small", "medium", "large")
MAIN = "minutes and contacts"
NOTE = "> 18: not within the 18 months that were followed. (from 13): the interval reaches it in month 13."
BAND = "The band is the 95% interval of the simulation: how far another run of the same size could lie."


def read_planning(path: Path) -> pd.DataFrame | None:
    """The table of benchmarks/power.py, or None where there is no such file; ParameterError for another table."""
    if not path.is_file():
        return None
    table = pd.read_csv(path)
    if missing := [name for name in [*COLUMNS, "signals", "slope"] if name not in table]:
        raise ParameterError(f"planning is not the table of benchmarks/power.py: it lacks {', '.join(missing)}")
    return table


def planning_sections(parameters: MethodParameters, settings: Settings) -> tuple[Section, Section]:
    """`seen` and `needed`: from the benchmark's table, and for the truth that the parameters choose."""
    table = read_planning(Path(parameters.planning))
    own = _own(parameters, settings)
    if table is None:
        text = (
            f"There is no file {parameters.planning}.",
            "python benchmarks/power.py makes it, in about half an hour.",
        )
        nothing = Empty("No results of the benchmark", text)
        return Section("seen", SEEN, None, nothing, supporting=own), Section("needed", NEEDED, None, nothing)
    if parameters.kind == "none":
        nobody = Empty("Nobody is over-invested", ("With kind none there is nothing to wait for.",))
        return Section("seen", SEEN, None, nobody, supporting=own), Section("needed", NEEDED, None, nobody)
    return _seen(table, parameters, own), _needed(table, parameters)


def nearest(
    table: pd.DataFrame, kind: str, size: float, clinicians: int, clients: int, signals: str = MAIN
) -> pd.DataFrame:
    """The rows of the design in `table` that comes nearest: of this kind, with these signals and months before.

    Nearest in ratios, that of size counts twice; of the designs with six months before over-investment begins.
    """
    rows = table[(table["kind"] == kind) & (table["signals"] == signals) & (table["before"] == 6)].reset_index(
        drop=True
    )
    asked = {"size": size, "clients": clients, "clinicians": clinicians}
    weight = {"size": 2}
    far = sum(weight.get(name, 1) * np.abs(np.log(rows[name] / max(value, 0.01))) for name, value in asked.items())
    keys = ["clinicians", "clients", "size"]
    return rows.merge(rows.loc[[far.idxmin()], keys], on=keys)


def answer(table: pd.DataFrame, parameters: MethodParameters) -> str:
    """One sentence: the months that the nearest design needs for the probability asked, or that they are too few."""
    design = nearest(table, parameters.kind, parameters.size, parameters.clinicians, parameters.clients)
    (row,) = months_needed(design, parameters.probability).to_dict("records")
    where = (
        f"With {row['clinicians']} clinicians of about {row['clients']:g} clients, {row['signals']} recorded, and "
        f"{KINDS[parameters.kind]} of size {row['size']:g} after {counted(row['before'], 'month')} of records"
    )
    share = percent(parameters.probability)
    if np.isnan(row["needed"]):
        watch = design[(design["measure"] == "detected") & (design["flag"] == "watch")]
        last = percent(watch.sort_values("month")["value"].iloc[-1])
        early = "" if np.isnan(row["low"]) else f"; the 95% interval reaches it in month {row['low']:.0f}"
        end = f"within {counted(row['followed'], 'month')}: {last} are{early}"
        return f"{where}, {share} are not shown as watch or raise {end}."
    return f"{where}, {share} are shown as watch or raise within {_within(row)}."


def _within(row: Mapping[Hashable, Any]) -> str:
    """Months with their interval: "3 months (2 to 5)"."""
    late = "more" if np.isnan(row["high"]) else f"{row['high']:.0f}"
    return f"{counted(row['needed'], 'month')} (95% interval {row['low']:.0f} to {late})"


def _seen(table: pd.DataFrame, parameters: MethodParameters, own: tuple[Evidence, ...]) -> Section:
    """Detection curves of the kind by size, then one's own truth."""
    main = table[(table["before"] == 6) & (table["signals"] == MAIN) & (table["kind"] == parameters.kind)]
    most = main.groupby(["clinicians", "clients"])["size"].nunique().reset_index().sort_values("size").iloc[-1]
    practice = int(most["clinicians"]), float(most["clients"])
    rows = main[(main["clinicians"] == practice[0]) & (main["clients"] == practice[1])]
    figures = [_curves(rows[rows["flag"] == flag], flag, _by_size(rows), practice, parameters) for flag in FLAGS]
    return Section("seen", SEEN, None, figures[0], supporting=(figures[1], *own))


def _by_size(rows: pd.DataFrame) -> dict[float, str]:
    """Labels of the sizes, in their order."""
    sizes = sorted(rows["size"].dropna().unique())
    names = NAMES if len(sizes) == len(NAMES) else [""] * len(sizes)
    return {size: f"{size:g} {name}".strip() for size, name in zip(sizes, names, strict=True)}


def _curves(
    rows: pd.DataFrame, flag: str, labels: dict[float, str], practice: tuple[int, float], parameters: MethodParameters
) -> Figure:
    curves = rows[rows["measure"] == "detected"]
    curves = curves.assign(label=curves["size"].map(labels)).sort_values(["size", "month"])
    waits = months_needed(rows, parameters.probability, flag)
    said = "; ".join(f"size {labels[row['size']]}: {_briefly(row)}" for row in waits.to_dict("records"))
    return _figure(
        curves,
        f"{percent(parameters.probability)} shown as {FLAGS[flag]}: {said}",
        f"Share of the over-invested shown as {FLAGS[flag]} by the month, {KINDS[parameters.kind]}; {practice[0]} "
        f"clinicians of about {practice[1]:g} clients, {MAIN} recorded, 6 months of records before.",
        parameters.probability,
        f"{FLAGS[flag]} shown",
    )


def _figure(curves: pd.DataFrame, title: str, subtitle: str, goal: float, ylabel: str) -> Figure:
    wide = curves.pivot(index="month", columns="label", values="value")[[*curves["label"].unique()]]
    numbers = wide.map(percent).rename_axis(None, axis=1).reset_index().rename(columns={"month": "Month"})
    return Figure(
        "plot_detection",
        curves[["label", "month", "value", "low", "high"]].reset_index(drop=True),
        title,
        subtitle,
        "; ".join(f"{label} {percent(value)}" for label, value in wide.iloc[-1].items())
        + f" by month {wide.index[-1]}.",
        BAND,
        numbers.astype(str),
        labels={"xlabel": "months since it began", "ylabel": ylabel, "goal": f"{goal:g}"},
    )


def _briefly(row: Mapping[Hashable, Any]) -> str:
    """Months, or that they are not enough."""
    if np.isnan(row["needed"]):
        return f"not within {row['followed']:.0f} months"
    return counted(row["needed"], "month")


def _own(parameters: MethodParameters, settings: Settings) -> tuple[Evidence, ...]:
    """Detection, waiting and false flags of the truth that the parameters choose."""
    table = power(settings, before=settings.months // 2, repeats=parameters.practices)
    parts: list[Evidence] = []
    told = (
        f"{counted(parameters.practices, 'practice')} of {parameters.clinicians} clinicians, {parameters.months} months"
    )
    curves = table[table["measure"] == "detected"]
    if len(curves):
        curves = curves.assign(label=curves["flag"].map(FLAGS))
        n = int(curves["n"].iloc[0])
        last = curves[curves["month"] == curves["month"].max()]
        said = ", ".join(
            f"{round(value * n)} of {n} as {label}" for label, value in zip(last["label"], last["value"], strict=True)
        )
        subtitle = f"Your own truth: {parameters.kind.replace('_', ' ')}, size {parameters.size:g}; {told}."
        parts.append(_figure(curves, f"Shown in the end: {said}", subtitle, parameters.probability, "shown"))
    caption = f"False flags and waiting in your own truth ({told})"
    return (
        *parts,
        Table(caption, _own_numbers(table), "Intervals are the simulation's, 95%. More practices narrow them."),
    )


def _own_numbers(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for flag, said in FLAGS.items():
        mine = table[table["flag"] == flag].set_index("measure")
        false = mine[mine.index == "false_per_100"]
        rate = [f"{number(r['value'])} ({number(r['low'])} to {number(r['high'])})" for r in false.to_dict("records")]
        waits = [_or_later(mine["value"].get(f"months_to_{level}")) for level in (50, 5, 95)]
        rows.append((said, *rate, waits[0], f"{waits[1]} to {waits[2]}"))
    names = ["Flag", "False per 100 supervisee-months", "Median months until shown", "5% to 95% of them"]
    return pd.DataFrame(rows, columns=names)


def _or_later(months: float | None) -> str:
    """A month, "later" where the records end before, "–" where nobody is over-invested."""
    if months is None:
        return "–"
    return "later" if np.isnan(months) else f"{months:.0f}"


def _needed(table: pd.DataFrame, parameters: MethodParameters) -> Section:
    """The answer in a sentence, the curves of the design it is taken from, and all designs of this kind."""
    design = nearest(table, parameters.kind, parameters.size, parameters.clinicians, parameters.clients)
    curves = design[design["measure"] == "detected"].assign(label=lambda rows: rows["flag"].map(FLAGS))
    sentence = answer(table, parameters)
    (row,) = months_needed(design, parameters.probability).to_dict("records")
    figure = _figure(
        curves,
        f"{percent(parameters.probability)} shown as watch or raise: {_briefly(row)}",
        f"The design of the table nearest to {parameters.clinicians} clinicians, {parameters.clients} clients "
        f"and size {parameters.size:g}; {row['n']} over-invested were followed.",
        parameters.probability,
        "shown",
    )
    return Section("needed", NEEDED, None, figure, supporting=(every_design(table, parameters),), intro=sentence)


def every_design(table: pd.DataFrame, parameters: MethodParameters) -> Table:
    """Months needed in every design of the kind."""
    rows = table[(table["kind"] == parameters.kind) & (table["slope"] == 0)]
    parts = {flag: months_needed(rows, parameters.probability, flag) for flag in FLAGS}
    first = parts["watch"]
    frame = pd.DataFrame(
        {
            "Recorded": first["signals"],
            "Clinicians": first["clinicians"].astype(str),
            "Clients": first["clients"].map("{:g}".format),
            "Months before": first["before"].astype(str),
            "Size": first["size"].map("{:g}".format),
            **{
                FLAGS[flag].capitalize(): [interval_words(row) for row in part.to_dict("records")]
                for flag, part in parts.items()
            },
        }
    )
    share = percent(parameters.probability)
    caption = f"Months until {share} are shown ({KINDS[parameters.kind]}), with 95% interval"
    return Table(caption, frame, NOTE, wide=True)


def interval_words(row: Mapping[Hashable, Any]) -> str:
    """In a table's cell: "3 (2 to 5)", "> 18", "> 18 (from 12)"."""
    beyond = f"> {row['followed']:.0f}"
    if np.isnan(row["needed"]):
        return beyond if np.isnan(row["low"]) else f"{beyond} (from {row['low']:.0f})"
    return (
        f"{row['needed']:.0f} ({row['low']:.0f} to {beyond if np.isnan(row['high']) else format(row['high'], '.0f')})"
    )
