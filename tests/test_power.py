"""Study planning: intervals against statsmodels, waiting by hand, flags as reports make them, the page's sentence."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

import caseload
from caseload.errors import ParameterError
from caseload.month.parameters import MethodParameters
from caseload.research import planning
from caseload.research.follow_up import design, followed, seed_of
from caseload.research.monte_carlo import effective_months, mean_interval, roc_auc, wilson
from caseload.research.power import COLUMNS, summarised
from caseload.simulate import FIVE_COLUMNS, NO_OVER_INVESTMENT, OverInvestment, Settings, simulate

ROOT = Path(__file__).parents[1]
NAN = float("nan")
TRUTH = OverInvestment("compensation", share=0.5, size=1.5)
TINY = Settings(seed=3, clinicians=4, months=5, clients_per_clinician=5.0, over_investment=(TRUTH,))


# ---- intervals of the simulation


@pytest.mark.parametrize(("hits", "n"), [(0, 9), (1, 10), (37, 80), (80, 80)])
def test_wilson_is_that_of_statsmodels(hits: int, n: int) -> None:
    theirs = pytest.importorskip("statsmodels.stats.proportion").proportion_confint(hits, n, method="wilson")
    assert np.array(wilson(np.array(hits / n), np.array(n))) == pytest.approx(theirs, abs=1e-6)


def test_the_share_of_nothing_has_no_interval() -> None:
    assert np.isnan(wilson(np.array(NAN), np.array(0))).all()


def test_months_of_one_person_count_as_far_as_they_differ() -> None:
    person = pd.Series(np.repeat(np.arange(50), 10))
    alike = pd.Series(np.repeat(np.arange(50) % 5 == 0, 10))
    assert effective_months(alike, person) == pytest.approx(49)  # 50 people, each the same all along
    mixed = pd.Series(np.tile(np.arange(10) == 3, 50))
    assert effective_months(mixed, person) == 500  # never more than there are
    assert effective_months(pd.Series([False] * 500), person) == 500


def test_a_mean_over_repeats_has_the_normal_interval() -> None:
    assert mean_interval(np.array([1.0, 3.0, NAN])) == pytest.approx((2, 2 - 1.959964, 2 + 1.959964))
    assert np.isnan(mean_interval(np.array([1.0]))).tolist() == [False, True, True]
    assert np.isnan(mean_interval(np.array([NAN]))).all()


@pytest.mark.parametrize(("cases", "others"), [([3, 2], [1, 0]), ([1, 4, 2], [2, 2, 0, 3]), ([0], [1])])
def test_the_area_is_the_share_of_pairs_in_order(cases: list[float], others: list[float]) -> None:
    pairs = [(one > other) + (one == other) / 2 for one in cases for other in others]
    assert roc_auc(np.array(cases), np.array(others)) == pytest.approx(np.mean(pairs))


# ---- from clinician-months to the table


def months_of(
    person: str, states: list[str], kind: str, before: int = 1, repeat: int = 0, p: float = NAN
) -> pd.DataFrame:
    """One clinician's months: w(atch), r(aise), s(teady), n(ot enough data)."""
    names = {"w": "watch", "r": "raise", "s": "steady", "n": "not_enough_data"}
    month = np.arange(1, len(states) + 1)
    table = pd.DataFrame({"clinician_id": person, "repeat": repeat, "month": month, "kind": kind})
    table["size"] = NAN if kind == "none" else 1.0
    table["since"] = 0 if kind == "none" else np.maximum(month - before, 0)
    estimates = dict.fromkeys(("compensation", "compensation_low", "compensation_high"), 0.0)
    table["p_over_invested"] = p
    return table.assign(state=[names[one] for one in states], slope=0.1, gap_low=-1.0, gap_high=1.0, **estimates)


def told(*people: pd.DataFrame, before: int = 1) -> pd.DataFrame:
    found = pd.concat(people, ignore_index=True)
    months = int(found["month"].max())
    return summarised(found, replace(TINY, months=months), before).set_index(["measure", "flag"])


def test_the_share_shown_counts_whoever_was_flagged_by_then() -> None:
    table = told(
        months_of("A", [*"swrss"], "compensation"),
        months_of("B", [*"wsnsw"], "compensation"),  # a flag from before it began is not counted
        months_of("C", [*"sssss"], "compensation", repeat=1),
        months_of("C", [*"wwrrr"], "none"),  # the same id in another practice is somebody else
    )
    watch = table.loc[("detected", "watch")]
    assert watch["month"].tolist() == [1, 2, 3, 4]
    assert watch["value"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 2 / 3])
    assert watch["n"].unique().tolist() == [3]
    assert table.loc[("detected", "raise"), "value"].tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
    assert watch["low"].iloc[3] == pytest.approx(wilson(np.array(2 / 3), np.array(3))[0])
    assert table.loc[("not_enough_data", ""), "value"].item() == pytest.approx(1 / 12)


def test_months_until_shown_are_censored_where_the_records_end() -> None:
    table = told(months_of("A", [*"ssws"], "level_shift"), months_of("B", [*"ssss"], "level_shift"))
    assert table.loc[("months_to_5", "watch"), "value"].item() == 2
    assert table.loc[("months_to_50", "watch"), "value"].item() == 2  # exactly half
    assert np.isnan(table.loc[("months_to_80", "watch"), "value"].item())
    assert np.isnan(table.loc[("months_to_50", "raise"), "value"].item())


def test_false_flags_are_those_of_the_never_over_invested_from_the_beginning_on() -> None:
    table = told(
        months_of("A", [*"wsws"], "none"), months_of("B", [*"ssrs"], "none"), months_of("C", [*"wwww"], "few_clients")
    )
    assert table.loc[("false_per_100", "watch"), "value"].item() == pytest.approx(100 * 2 / 6)
    assert table.loc[("false_per_100", "raise"), "value"].item() == pytest.approx(100 / 6)
    assert table.loc[("false_per_100", "raise"), "n"].item() == 6


def test_the_area_compares_months_of_one_practice_after_the_beginning() -> None:
    table = told(
        months_of("A", [*"ssss"], "compensation", p=0.4),
        months_of("B", [*"ssss"], "none", p=0.4),
        months_of("C", [*"ssss"], "none", p=0.1),
        months_of("A", [*"ssss"], "compensation", repeat=1, p=0.2),
        months_of("B", [*"ssss"], "none", repeat=1, p=0.9),
        months_of("A", [*"ssss"], "compensation", repeat=2, p=NAN),  # nothing is known there
        months_of("B", [*"ssss"], "none", repeat=2, p=0.5),
    )
    row = table.loc[("auroc", "")]
    assert (row["value"], row["n"]) == (pytest.approx((0.75 + 0) / 2), 2)


def test_the_mean_slope_is_tested_as_by_t_where_slopes_are_known() -> None:
    slopes = np.array([0.1, 0.5, 0.4, 0.2])
    people = [
        months_of(name, ["s"], "none").assign(compensation=b, compensation_low=b, compensation_high=b)
        for name, b in zip("ABCD", slopes, strict=True)
    ]
    found = pd.concat(people)
    assert ttest_1samp(slopes, 0).pvalue < 0.05
    assert told(found, before=0).loc[("mean_slope_found", ""), "value"].item() == 1
    wide = found.assign(compensation_low=found["compensation"] - 1, compensation_high=found["compensation"] + 1)
    table = told(wide, before=0)
    assert table.loc[("mean_slope_found", ""), "value"].item() == 0
    assert table.loc[("width_compensation", ""), "value"].item() == pytest.approx(2)
    assert table.loc[("mean_slope", ""), "value"].item() == pytest.approx(0.1)


def curve(*values: float, low: float = 0.1) -> pd.DataFrame:
    table = pd.DataFrame(columns=COLUMNS, index=range(len(values)))
    table = table.assign(
        measure="detected", flag="watch", kind="compensation", size=1.0, n=50, month=[*range(1, len(values) + 1)]
    )
    return table.assign(value=values, low=[value - low for value in values], high=[value + low for value in values])


def test_months_needed_come_with_the_months_of_the_interval() -> None:
    (row,) = caseload.months_needed(curve(0.1, 0.5, 0.71, 0.8, 0.95), 0.8).to_dict("records")
    assert (row["needed"], row["low"], row["high"], row["followed"]) == (4, 3, 5, 5)
    (row,) = caseload.months_needed(curve(0.1, 0.5, 0.71, 0.79), 0.8).to_dict("records")
    assert np.isnan([row["needed"], row["high"]]).all()
    assert row["low"] == 3
    assert caseload.months_needed(curve(0.5), 0.8, "raise").empty


@pytest.mark.parametrize("told", [{"flag": "alarm"}, {"probability": 0.0}, {"probability": 1.0}])
def test_what_cannot_be_asked_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="flag is watch or raise"):
        caseload.months_needed(curve(0.5), **told)


# ---- practices followed


def test_flags_are_those_that_the_reports_show() -> None:
    shift = OverInvestment("level_shift", share=0.5, size=3.0)
    chosen = design(replace(TINY, over_investment=(shift,)), 2)
    ours = followed(chosen, 2, repeat=0)
    practice = simulate(replace(chosen, seed=seed_of(chosen.seed, 0))).practice()
    flags = caseload.analyse(practice, chosen.calendar).flags
    theirs = flags[flags["flag"] == "over_investment"]
    month = pd.PeriodIndex(theirs["month"]).astype("int64") - chosen.calendar[0].ordinal + 1
    states = pd.Series(theirs["state"].to_numpy(), index=pd.MultiIndex.from_arrays([theirs["clinician_id"], month]))
    mine = ours.set_index(["clinician_id", "month"])["state"]
    assert len(mine) == 20
    pd.testing.assert_series_equal(mine, states.reindex(mine.index), check_names=False, check_dtype=False)
    assert {"watch", "raise"} & set(mine)  # something to agree about


def test_everybody_begins_together_with_the_history_that_the_design_says() -> None:
    ours = followed(design(TINY, 2), 2, repeat=1)
    assert ours.groupby("clinician_id")["month"].min().eq(1).all()
    over = ours[ours["kind"] != "none"]
    assert over["clinician_id"].nunique() == 2
    assert over.loc[over["month"] == 3, "since"].eq(1).all()
    assert over.loc[over["month"] <= 2, "since"].eq(0).all()
    change = over.groupby("clinician_id")["slope"].agg(lambda slope: slope.iloc[2] - slope.iloc[1])
    assert change.tolist() == pytest.approx([1.5, 1.5])
    assert over["size"].unique().tolist() == [1.5]


def test_the_beginning_leaves_a_month() -> None:
    assert design(TINY, 4).over_investment[0].onset == 4
    for before in (5, -1):
        with pytest.raises(ParameterError, match="from 0 to 4"):
            design(TINY, before)
    with pytest.raises(ParameterError, match="repeats must be 1 or more"):
        caseload.power(TINY, repeats=0)


def test_the_seed_alone_decides_whatever_the_number_of_processes() -> None:
    small = replace(TINY, clinicians=3, months=2)
    one, two = (caseload.power(small, before=0, repeats=2, jobs=jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    other = caseload.power(replace(small, seed=4), before=0, repeats=2)
    assert not one.equals(other)
    assert len({seed_of(seed, repeat) for seed in range(20) for repeat in range(20)}) == 400


def test_five_columns_hold_no_effort_so_that_nothing_can_be_shown() -> None:
    table = caseload.power(replace(TINY, months=2, recording=FIVE_COLUMNS), before=0, repeats=1).set_index("measure")
    assert table.loc["not_enough_data", "value"] == 1
    assert table.loc["detected", "value"].eq(0).all()
    assert table.loc["width_gap", "value"].isna().all()


def test_without_over_investment_there_is_nothing_to_wait_for() -> None:
    small = replace(TINY, clinicians=3, months=2, over_investment=NO_OVER_INVESTMENT)
    table = caseload.power(small, before=0, repeats=1)
    assert {"false_per_100", "mean_slope_found"} <= set(table["measure"])
    assert not {"detected", "months_to_50", "not_enough_data"} & set(table["measure"])


# ---- the page


def benchmark() -> pd.DataFrame:
    """Two designs of which the first reaches 80 % in its third month, the second never."""
    fast = curve(0.3, 0.6, 0.85, 0.95).assign(size=1.2, clients=20)
    slow = curve(0.0, 0.1, 0.2, 0.3).assign(size=0.5, clients=8)
    both = pd.concat([fast, slow, *(one.assign(flag="raise", value=one["value"] / 2) for one in (fast, slow))])
    return both.assign(clinicians=20, months=10, before=6, signals=planning.MAIN, slope=0.0)


def asked(**told: object) -> MethodParameters:
    return MethodParameters.checked({"clinicians": 4, "months": 3, "practices": 1, **told})


def test_the_nearest_design_answers_in_one_sentence() -> None:
    assert planning.answer(benchmark(), asked(size=1.0, clients=15)) == (
        "With 20 clinicians of about 20 clients, minutes and contacts recorded, and compensation of size 1.2 after "
        "6 months of records, 80% are shown as watch or raise within 3 months (95% interval 3 to 4)."
    )
    slow = planning.answer(benchmark(), asked(size=0.6, clients=8, probability=0.4))
    assert slow.endswith(
        "40% are not shown as watch or raise within 4 months: 30% are; the 95% interval reaches it in month 4."
    )
    assert planning.answer(benchmark(), asked(size=0.0, clients=8)).endswith(
        "80% are not shown as watch or raise within 4 months: 30% are."
    )


def test_cells_of_months_say_what_is_beyond_the_records() -> None:
    row = {"needed": 3.0, "low": 2.0, "high": 5.0, "followed": 18}
    assert planning.interval_words(row) == "3 (2 to 5)"
    assert planning.interval_words({**row, "high": NAN}) == "3 (2 to > 18)"
    assert planning.interval_words({**row, "needed": NAN, "high": NAN}) == "> 18 (from 2)"
    assert planning.interval_words({**row, "needed": NAN, "low": NAN, "high": NAN}) == "> 18"


def test_the_page_plans_a_study(tmp_path: Path) -> None:
    path = tmp_path / "power.csv"
    benchmark().to_csv(path, index=False)
    page = caseload.method_page(asked(planning=str(path), clients=6, size=1.2))
    seen, needed = (page.section(name).markup for name in ("seen", "needed"))
    assert "80% shown as watch or raise: size 1.2: 3 months" in seen
    assert "False per 100 supervisee-months" in seen
    assert "Your own truth: compensation, size 1.2; 1 practice of 4 clinicians, 3 months." in seen
    assert "compensation of size 1.2 after 6 months of records, 80% are shown" in needed
    assert "Months until 80% are shown (compensation), with 95% interval" in needed


def test_where_nobody_is_over_invested_the_page_shows_false_flags_alone(tmp_path: Path) -> None:
    path = tmp_path / "power.csv"
    benchmark().to_csv(path, index=False)
    sections = planning.planning_sections(asked(planning=str(path), kind="none"), replace(TINY, over_investment=()))
    assert [section.main.title for section in sections] == ["Nobody is over-invested"] * 2
    (numbers,) = sections[0].supporting
    assert numbers.frame["Median months until shown"].tolist() == ["–", "–"]


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    benchmark().drop(columns="before").to_csv(path, index=False)
    with pytest.raises(ParameterError, match="lacks before"):
        planning.read_planning(path)
    assert planning.read_planning(tmp_path / "nowhere.csv") is None


# ---- the benchmark and the page about it


@pytest.fixture(scope="module")
def bench():
    if not (ROOT / "benchmarks").is_dir():
        pytest.skip("the benchmarks do not travel with the package")
    sys.path.insert(0, str(ROOT / "benchmarks"))
    return importlib.import_module("power")


def test_the_benchmarks_table_holds_every_design_at_its_number_of_practices(bench) -> None:
    table = pd.read_csv(bench.RESULTS)
    assert table["kind"].notna().all()
    for place, one in enumerate(bench.DESIGNS):
        rows = bench._design(table, one)
        parts = one.settings(place).over_investment
        shown = rows[rows["measure"] == "detected"]
        assert set(zip(shown["kind"], shown["size"], strict=True)) == {(part.kind, part.size) for part in parts}
        assert shown["month"].max() == one.months - one.before or one.sizes == "none"
        expected = sum(part.share for part in parts) * one.clinicians * one.repeats
        found = shown[(shown["month"] == 1) & (shown["flag"] == "watch")]["n"].sum()
        assert abs(found - expected) <= one.repeats
        assert rows.loc[rows["measure"] == "mean_slope", "n"].eq(one.repeats).all()
    assert sum(len(bench._design(table, one)) for one in bench.DESIGNS) == len(table)


def test_the_page_on_sample_size_holds_the_numbers_of_the_benchmark(bench) -> None:
    page = (ROOT / "docs" / "sample-size.md").read_text("utf-8")
    for table in bench.tables(pd.read_csv(bench.RESULTS)).split("\n\n"):
        assert table in page
    for kind, words in (
        ("compensation", "compensation:"),
        ("level_shift", "a shift:"),
        ("few_clients", "involvement:"),
    ):
        (line,) = [line for line in page.splitlines() if line.startswith(f"| {words}")]
        assert line.endswith(f"| {' | '.join(f'{size:g}' for size in bench.SIZES[kind])} |")


def test_the_code_of_the_page_runs(monkeypatch) -> None:
    if not (ROOT / "docs").is_dir():
        pytest.skip("the documents do not travel with the package")
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "sample-size.md").read_text("utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "sample-size.md", "exec"), names)
    assert [text.get_text() for text in names["ax"].get_legend().get_texts()] == ["slope 0.5", "slope 0.8", "slope 1.2"]


def test_what_the_page_says_in_words_is_what_was_found(bench) -> None:
    table = pd.read_csv(bench.RESULTS)
    shown = table[(table["measure"] == "detected") & (table["flag"] == "watch")]

    def by(design: int, month: int, size: int) -> dict[str, float]:
        rows = bench._design(shown, bench.DESIGNS[design])
        chosen = {
            kind: rows[(rows["kind"] == kind) & (rows["size"] == sizes[size])] for kind, sizes in bench.SIZES.items()
        }
        return {kind: one.loc[one["month"] == month, "value"].item() for kind, one in chosen.items()}

    assert min(by(0, 12, size=2).values()) > 0.85  # "nine of ten or nearly so"
    assert max(by(0, 12, size=0).values()) < 0.2  # "fewer than one in five"
    usual, small, large = by(0, 12, size=1), by(1, 12, size=1), by(2, 12, size=1)
    assert small["compensation"] < usual["compensation"] < large["compensation"]
    assert small["level_shift"] < usual["level_shift"] < large["level_shift"]
    assert small["few_clients"] > max(usual["few_clients"], large["few_clients"]) + 0.2
    assert by(3, 18, size=1)["compensation"] < by(0, 18, size=1)["compensation"]  # five clinicians
    assert max(by(5, 18, size=1).values()) < 0.5  # attendance only: watches by chance add up
    assert by(6, 12, size=1)["compensation"] > usual["compensation"] + 0.2  # everything recorded
    assert by(7, 12, size=1)["level_shift"] < 0.05  # there all along
    assert by(7, 12, size=1)["compensation"] < usual["compensation"]
    false = table[table["measure"] == "false_per_100"]
    assert false.loc[(false["flag"] == "raise") & (false["slope"] == 0), "value"].max() == 0
    watch, alone = false["flag"] == "watch", false["signals"] == "attendance only"
    assert false.loc[watch & ~alone, "value"].max() < 0.5  # "fewer than one in two hundred months"
    assert round(false.loc[watch & alone, "value"].item(), 1) == 1.2  # "1.2 in 100 months"
    areas = table[(table["measure"] == "auroc") & (table["kind"] == "compensation")]
    assert areas["value"].min() > 0.85  # "compensation is told apart well"
    worlds = (
        pd.read_csv(bench.RESULTS.with_name("validity.csv"))
        .set_index(["measure", "world", "contender"])["value"]
        .sort_index()
    )
    held = [worlds[("false_raise_per_100", f"{kind} that ends")].item() for kind in ("compensation", "level shift")]
    assert [round(rate) for rate in held] == [3, 2]
    few = [worlds[("coverage_90", f"few signals{more}", "client effort")] for more in ("", " and notes")]
    assert [round(100 * share) for share in few] == [83, 77]
