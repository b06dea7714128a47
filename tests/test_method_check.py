"""The page that checks the method: what it draws of the benchmark's results, what one truth recovers, its notebook."""

from __future__ import annotations

import ast
import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pandas as pd
import pytest

import caseload
from caseload.errors import ParameterError
from caseload.month.locations import notebook_path
from caseload.month.parameters import MethodParameters
from caseload.pages.html import render_page
from caseload.research import method
from caseload.research.recovery import ESTIMATES, compared, coverage, standardised

ROOT = Path(__file__).parents[1]
NOW = pd.Period("2026-05", "M")
SMALL = {"clinicians": 4, "clients": 6, "months": 2, "practices": 1}


def results() -> pd.DataFrame:
    rows = []
    for world in ("strong", "shift"):
        for name, value in (
            ("p_over_invested", 0.9),
            ("mixed_slope", 0.8),
            ("mixed_level_shift", 0.85),
            ("ratio", 0.6),
        ):
            rows += [(world, "usual", name, measure, value, 100, 20) for measure in method.SCORES]
        rows += [(world, "usual", "p_over_invested", measure, 2.0, 100, 20) for measure in method.BUDGETS]
    rows.append(("all worlds", "usual", "p_over_invested", "ece", 0.02, 200, 40))
    rows.append(("all worlds", "usual", "client gap", "coverage_90", 0.91, 2000, 0))
    return pd.DataFrame(rows, columns=method.COLUMNS)


def truth() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two clinicians with two clients each, two months: effort 0 … 7, engagement its double less a month's 1."""
    months = [NOW - 1, NOW]
    rows = [(c, f"{c}{k}", m) for c in "AB" for k in (1, 2) for m in months]
    clients = pd.DataFrame(rows, columns=["clinician_id", "client_id", "month"]).assign(effort=range(8))
    clients["engagement"] = 2.0 * clients["effort"] - (clients["month"] == NOW)
    people = pd.DataFrame([(c, m) for c in "AB" for m in months], columns=["clinician_id", "month"])
    return clients, people.assign(compensation=0.5, over_invested=people["clinician_id"] == "A")


def balance() -> SimpleNamespace:
    """What is compared of a balance: every estimate 0 (−1 to 1), and no own shift of B."""
    clients = pd.DataFrame({"clinician_id": list("AABB"), "client_id": ["A1", "A2", "B1", "B2"]})
    people = pd.DataFrame({"clinician_id": ["A", "B"]})
    for frame, names in ((clients, method_names("client")), (people, method_names("clinician"))):
        for name in names:
            frame[[name, f"{name}_low", f"{name}_high"]] = [0.0, -1.0, 1.0]
    people.loc[1, "own_shift"] = float("nan")
    return SimpleNamespace(month=NOW, clients=clients, clinicians=people)


def method_names(who: str) -> list[str]:
    return ["effort", "engagement", "gap"] + (["own_shift", "compensation"] if who == "clinician" else [])


# ---- estimates beside the truth


def test_the_truth_is_in_the_unit_of_the_estimates() -> None:
    clients, people = standardised(*truth(), NOW)
    effort, engagement = (truth()[0][name] for name in ("effort", "engagement"))
    assert clients["effort"].tolist() == pytest.approx(((effort - 3.5) / effort.std())[effort % 2 == 1].tolist())
    gap = (effort - 3.5) / effort.std() - (engagement - engagement.mean()) / engagement.std()
    mean = {
        (c, now): gap[(truth()[0]["clinician_id"] == c) & (effort % 2 == now)].mean() for c in "AB" for now in (0, 1)
    }
    assert people["own_shift"].tolist() == pytest.approx([mean[c, 1] - mean[c, 0] for c in "AB"])
    assert people["compensation"].tolist() == pytest.approx([0.5 * engagement.std() / effort.std()] * 2)


def test_nothing_later_enters_the_unit_of_the_truth() -> None:
    clients, people = truth()
    later = clients.assign(month=NOW + 1, effort=100.0)
    for one, other in zip(
        standardised(clients, people, NOW), standardised(pd.concat([clients, later]), people, NOW), strict=True
    ):
        pd.testing.assert_frame_equal(one, other)


def test_each_estimate_stands_beside_its_truth() -> None:
    table = compared(balance(), *truth())
    assert table["estimate"].unique().tolist() == list(ESTIMATES)
    assert table.loc[table["estimate"] == "own_shift", "clinician_id"].tolist() == ["A"]
    assert set(table.loc[table["marked"], "clinician_id"]) == {"A"}
    found = coverage(table).set_index("estimate")
    assert found.loc["client effort", "n"] == 4
    true = standardised(*truth(), NOW)[0]["effort"]
    assert found.loc["client effort", "held"] == true.between(-1, 1).sum() == 2


# ---- the page


def test_the_better_figure_of_a_peer_is_drawn() -> None:
    table = method.scores(results(), "auroc").set_index(["label", "contender"])["value"]
    assert table["strong"].tolist()[:3] == [0.9, 0.85, 0.6]
    assert table["strong"].isna().tolist() == [False, False, False, True]  # nobody measured the oracle


def test_the_page_shows_worlds_rates_and_one_recovered_truth(tmp_path: Path) -> None:
    path = tmp_path / "validity.csv"
    results().to_csv(path, index=False)
    page = caseload.method_page(MethodParameters(results=str(path), **SMALL))
    html = render_page(page)
    assert "AUROC: ahead of the others in 2 of 2 worlds" in html
    assert "False raise: within 1 per 100 in 0 of 2 worlds" in html
    assert "False watch or raise: within 5 per 100 in 2 of 2 worlds" in html
    assert "intervals hold the truth" in html
    assert "90% interval of client gap" in html
    assert str(tmp_path) not in html


def test_without_results_the_page_says_how_to_make_them_and_recovers_all_the_same() -> None:
    page = caseload.method_page(MethodParameters(results="nowhere.csv", kind="none", **SMALL))
    assert "python benchmarks/validity.py makes it" in page.section("found").markup
    assert "nobody over-invested" in page.section("recovery").markup


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("world,value\nstrong,1\n")
    with pytest.raises(ParameterError, match="lacks difficulty, contender, measure, n, n_true"):
        method.read_results(path)


# ---- the notebook and its parameters


def test_the_parameters_cell_is_the_model() -> None:
    cells = nbformat.read(notebook_path("method_check"), as_version=4).cells
    (told,) = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    defaults: dict[str, Any] = {}
    exec(compile(ast.parse(told), "method_check", "exec"), {"__builtins__": {}}, defaults)
    assert defaults == {field.name: field.default for field in dataclasses.fields(MethodParameters)}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"kinds": "none"}, "kinds is not a parameter of this report; did you mean kind?"),
        ({"kind": "burnout"}, "kind must be 'compensation', 'level_shift', 'few_clients' or 'none', not 'burnout'"),
        ({"size": "big"}, "size must be a number, not 'big'"),
        ({"size": -1.0}, "size must be 0.0 or more, not -1.0"),
        ({"clinicians": 2.5}, "clinicians must be a whole number, not 2.5"),
        ({"months": 99}, "months must be 36 or less, not 99"),
        ({"results": None}, "results must be text, not None"),
        ({"probability": 1.0}, "probability must be less than 1.0, not 1.0"),
        ({"probability": 0.0}, "probability must be more than 0.0, not 0.0"),
    ],
)
def test_what_is_unknown_or_mistyped_is_named(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        MethodParameters.from_notebook(told)


@pytest.mark.slow
def test_bare_papermill_runs_the_notebook(tmp_path: Path) -> None:
    results().to_csv(tmp_path / "validity.csv", index=False)
    out = tmp_path / "out.ipynb"
    small = {"clinicians": 5, "months": 4, "practices": 1}
    told = [word for name, value in small.items() for word in ("-p", name, str(value))]
    told += ["-p", "results", "validity.csv", "--no-progress-bar"]
    command = [sys.executable, "-m", "papermill", str(notebook_path("method_check")), str(out), *told]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    cells = [cell for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    shown = [output.data["text/html"] for cell in cells for output in cell.outputs if "data" in output]
    assert len(shown) == 7
    assert sum(html.count('<svg class="fig"') for html in shown) == 2 + 2 + 3 + 1
