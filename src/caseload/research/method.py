"""The page that checks the method: how over-investment is found in simulated worlds, and how one truth is recovered.

The only page that simulates: what it shows needs a truth to be held against, which no practice's data have. What it
says about planning a study is in `planning`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from caseload.errors import ParameterError
from caseload.estimates import BalanceModel
from caseload.month.parameters import MethodParameters
from caseload.pages.html import MethodPage
from caseload.pages.views import Empty, Figure, MethodView, Opening, Section, Table
from caseload.research.planning import planning_sections
from caseload.research.recovery import compared, coverage
from caseload.signals import monthly_signals
from caseload.simulate import NO_OVER_INVESTMENT, OverInvestment, Settings, simulate
from caseload.wording import counted, first_upper, month_year, number, percent

COLUMNS = ["world", "difficulty", "contender", "measure", "value", "n", "n_true"]
OURS = "p_over_invested"
DRAWN = {
    "P(over-invested)": [OURS],
    "mixed model, better of two figures": ["mixed_slope", "mixed_level_shift"],
    "ratio or difference, the better": ["ratio", "difference"],
    "somebody who sees effort (oracle)": ["oracle"],
}
SCORES = {"auroc": "AUROC", "average_precision": "average precision"}
BUDGETS = {"false_raise_per_100": ("raise", 1.0), "false_watch_per_100": ("watch or raise", 5.0)}
"""False flags per 100 supervisee-months that would still be bearable."""
POOLED = "all worlds"
FOUND = "Is over-investment found?"
FALSE = "How often is a flag false, and how honest are the probabilities?"
SHARE = 0.25
FOOTER = "Simulated practices only: nobody's data are shown here."
WHAT = (
    "A world is a simulated practice with one kind of truth. Each month is analysed as of its end, with nothing later. "
    "AUROC is the probability that an over-invested month gets a higher figure than another one (chance: 0.5); average "
    "precision is the mean precision over all thresholds (chance: the share of over-invested months)."
)
LIMITS = (
    "What is found in simulated practices need not be found in real ones. An oracle knows true effort and engagement, "
    "which no record tells: it shows how far anything could come."
)


def method_page(parameters: MethodParameters) -> MethodPage:
    """The page: `opening`, `section("found")`, `section("false")`, `section("recovery")`, `section("seen")`,
    `section("needed")`, `method`.

    Examples
    --------
    >>> import caseload
    >>> told = caseload.MethodParameters(clinicians=4, clients=5, months=3, practices=1, kind="none")
    >>> page = caseload.method_page(told)
    >>> "nobody over-invested" in page.section("recovery").markup
    True
    """
    results = read_results(Path(parameters.results))
    table, month = recovered(parameters)
    planning = planning_sections(parameters, settings_of(parameters))
    sections = (*_validity(results, parameters.results), _recovery(table, parameters), *planning)
    opening = Opening(
        "Method check", (("Method check", ""),), f"Simulated practices, {month_year(month)}",
        "Does the method find what is there?", "Truths put into practices, and what was read from their records.",
        (("", str(parameters.clinicians), "clinicians"), ("", str(parameters.months), "months"),
         ("seed", str(parameters.seed), "")),
    )  # fmt: skip
    return MethodPage(MethodView(opening, sections, (("What is shown", WHAT), ("Limits", LIMITS)), FOOTER))


def read_results(path: Path) -> pd.DataFrame | None:
    """The benchmark's table, or None where there is no such file; ParameterError where it is another table."""
    if not path.is_file():
        return None
    table = pd.read_csv(path)
    if missing := [name for name in COLUMNS if name not in table]:
        raise ParameterError(f"results is not the table of benchmarks/validity.py: it lacks {', '.join(missing)}")
    return table


def recovered(parameters: MethodParameters) -> tuple[pd.DataFrame, pd.Period]:
    """Estimates of a simulated practice's last month beside their truth (see `recovery.compared`), and that month."""
    simulated = simulate(settings_of(parameters))
    balance = BalanceModel().fit(monthly_signals(simulated.practice())).estimate()
    return compared(balance, simulated.truth.clients, simulated.truth.clinicians), balance.month


def settings_of(parameters: MethodParameters) -> Settings:
    """The practice that the parameters choose: everything recorded, a fourth of the clinicians over-invested."""
    kind = OverInvestment(parameters.kind, share=SHARE, size=parameters.size)
    return Settings(
        seed=parameters.seed,
        clinicians=parameters.clinicians,
        clients_per_clinician=parameters.clients,
        months=parameters.months,
        over_investment=NO_OVER_INVESTMENT if parameters.kind == "none" else (kind,),
    )


def scores(results: pd.DataFrame, measure: str) -> pd.DataFrame:
    """What `plot_scores` draws: label (world), contender (of DRAWN), value; the best of its figures for each."""
    names = {figure: name for name, figures in DRAWN.items() for figure in figures}
    told = results[(results["measure"] == measure) & results["contender"].isin(names)]
    best = told.groupby([told["world"], told["contender"].map(names)], sort=False)["value"].max()
    order = pd.MultiIndex.from_product([told["world"].unique(), DRAWN], names=["label", "contender"])
    return best.rename_axis(["label", "contender"]).reindex(order).rename("value").reset_index()


def _validity(results: pd.DataFrame | None, path: str) -> tuple[Section, ...]:
    """Both sections about the worlds, or one that says that there are no results."""
    if results is None:
        text = (f"There is no file {path}.", "python benchmarks/validity.py makes it, in about half an hour.")
        return tuple(
            Section(anchor, question, None, Empty("No results of the benchmark", text))
            for anchor, question in (("found", FOUND), ("false", FALSE))
        )
    parts = [(level, rows) for level, rows in results.groupby("difficulty", sort=False)]
    figures = [_scores_figure(rows, str(level), measure) for level, rows in parts for measure in SCORES]
    false = [_rates_figure(rows, str(level), measure) for level, rows in parts for measure in BUDGETS]
    pooled = _pooled(results)
    return (
        Section("found", FOUND, None, figures[0], supporting=tuple(figures[1:])),
        Section("false", FALSE, None, false[0], supporting=(*false[1:], pooled)),
    )


def _scores_figure(results: pd.DataFrame, difficulty: str, measure: str) -> Figure:
    table = scores(results, measure)
    wide = table.pivot(index="label", columns="contender", values="value").reindex(table["label"].unique())[[*DRAWN]]
    ours, peers = wide.iloc[:, 0], wide.iloc[:, 1:3].max(axis=1)
    every = results[results["measure"] == measure].pivot(index="world", columns="contender", values="value")
    ahead = f"{(ours >= peers).sum()} of {counted(len(wide), 'world')}"
    beside = zip(wide.index, ours, peers, strict=True)
    return Figure(
        "plot_scores",
        table,
        f"{first_upper(SCORES[measure])}: ahead of the others in {ahead}",
        f"{first_upper(SCORES[measure])} by world, {difficulty} difficulty.",
        "; ".join(f"{world} {number(own)}, others at most {number(other)}" for world, own, other in beside) + ".",
        "Of the mixed model's two figures, and of ratio and difference, the better one in each world is drawn.",
        _as_text(every.reindex(wide.index)),
        labels={"xlabel": SCORES[measure]},
    )


def _rates_figure(results: pd.DataFrame, difficulty: str, measure: str) -> Figure:
    name, budget = BUDGETS[measure]
    rates = results[(results["measure"] == measure) & (results["world"] != POOLED)]
    table = pd.DataFrame({"label": rates["world"], "value": rates["value"], "budget": budget})
    within = (rates["value"] <= budget).sum()
    return Figure(
        "plot_rates",
        table,
        f"False {name}: within {budget:g} per 100 in {within} of {counted(len(rates), 'world')}",
        f"Per 100 supervisee-months without over-investment, by world, {difficulty} difficulty.",
        "; ".join(f"{world} {number(rate)}" for world, rate in zip(table["label"], table["value"], strict=True)) + ".",
        labels={"rate": f"false {name}"},
    )


def _pooled(results: pd.DataFrame) -> Table:
    """Calibration and 90 % intervals over all worlds."""
    rows = results[results["world"] == POOLED]
    name = rows["measure"].where(rows["contender"] == OURS, "90% interval of " + rows["contender"])
    wide = rows.assign(figure=name.str.replace("_", " ")).pivot(index="figure", columns="difficulty", values="value")
    caption = "Calibration of P(over-invested), and share of 90% intervals that hold the truth, all worlds together"
    return Table(caption, _as_text(wide.reindex(name.str.replace("_", " ").unique())))


def _recovery(table: pd.DataFrame, parameters: MethodParameters) -> Section:
    covered = coverage(table)
    shown = {
        name: _recovery_figure(table, covered, name, words)
        for name, words in (
            ("compensation", "slope of effort on −engagement"),
            ("clinician gap", "gap, SD"),
            ("own_shift", "own shift, SD"),
        )
        if (covered["estimate"] == name).any()
    }
    text = covered.assign(share=covered["held"] / covered["n"])
    numbers = pd.DataFrame(
        {
            "Estimate": text["estimate"].str.replace("_", " "),
            "How many": text["n"].astype("str"),
            "Interval holds": text["share"].map(percent),
            "Correlation with the truth": text["correlation"].map(number),
        }
    )
    told = "nobody over-invested" if parameters.kind == "none" else f"{parameters.kind}, size {parameters.size:g}"
    caption = f"What the last month recovers ({told.replace('_', ' ')})"
    question = "Is one truth recovered, with the uncertainty that is claimed?"
    first, *others = shown.values() or (Empty("Nothing could be estimated", ("There are too few signals.",)),)
    return Section("recovery", question, None, first, supporting=(*others, Table(caption, numbers)))


def _recovery_figure(table: pd.DataFrame, covered: pd.DataFrame, name: str, words: str) -> Figure:
    (row,) = covered[covered["estimate"] == name].to_dict("records")
    held = f"{row['held']} of {row['n']}"
    said = name.replace("_", " ")
    return Figure(
        "plot_recovery",
        table.loc[table["estimate"] == name, ["truth", "value", "low", "high", "marked"]],
        f"{first_upper(said)}: {held} intervals hold the truth",
        f"Estimate with 90% interval against the truth, {words}.",
        f"{held} intervals hold the truth; correlation with the truth {number(row['correlation'])}.",
        labels={"xlabel": f"truth: {words}", "ylabel": f"estimate: {words}"},
    )


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as words, the index as first column."""
    return frame.map(number).rename_axis(None, axis=1).reset_index()
