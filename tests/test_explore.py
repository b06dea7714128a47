"""The researchers' tour: its tables against the files of a month, no look-ahead, no surveys, and the notebook."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
import review_fixtures as fixtures
from IPython.display import Image
from sklearn.exceptions import NotFittedError

import caseload
from caseload import BalanceModel, ExploreParameters, ParameterError, figures
from caseload.door.lab import FIRST, working_folder
from caseload.estimates.balance import CLIENT_COLUMNS, CLINICIAN_COLUMNS
from caseload.intake import Practice
from caseload.month.locations import notebook_path
from caseload.month.parameters import DATA_VARIABLE
from caseload.research import choice
from caseload.research.explore import Exploration

MONTH, EARLIER = "2026-05", "2026-03"
CLINICIAN = "C07"
SHOWN = ("gap", "compensation", "p_over_invested")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last four months of three of the sample's clinicians, as files."""
    place = tmp_path_factory.mktemp("work") / "practice"
    fixtures.read(fixtures.part_of_sample(["C03", "C05", CLINICIAN], "2026-02"), place)
    return place


@pytest.fixture(scope="module")
def practice(folder: Path) -> Practice:
    return caseload.read_practice(folder)


@pytest.fixture(scope="module")
def tour(practice: Practice) -> Exploration:
    return caseload.explore(practice, MONTH)


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Nobody has chosen anything before."""
    choice._kept.clear()
    yield
    choice._kept.clear()


# ---- the numbers


def test_the_tour_the_files_of_the_month_and_the_model_say_the_same(sample_month: Path, sample_review: Any) -> None:
    written = pd.read_csv(sample_month / "clinicians.csv")
    written = written[written["month"] == MONTH].set_index("clinician_id")
    known = fixtures.read_practice(fixtures.SAMPLE).until(MONTH)
    model = BalanceModel().fit(caseload.monthly_signals(known)).estimate(MONTH).clinicians.set_index("clinician_id")
    shown = Exploration(sample_review)
    newest = pd.concat([shown.clinician_story(who).tail(1) for who in shown.clinician_ids]).set_index("clinician_id")
    assert len(newest) == len(written) == 14
    for name in SHOWN:
        for end in ("", "_low", "_high") if name != "p_over_invested" else ("",):
            np.testing.assert_allclose(newest[name + end], written[name + end], rtol=1e-9, err_msg=name)
            np.testing.assert_allclose(newest[name + end], model[name + end].reindex(newest.index), rtol=1e-9)
    slopes = shown.slopes.set_index("clinician_id")["compensation"]
    np.testing.assert_allclose(slopes, written["compensation"].reindex(slopes.index), rtol=1e-9)
    clients = pd.read_csv(sample_month / "clients.csv")
    clients = clients[(clients["clinician_id"] == CLINICIAN) & (clients["month"] == MONTH)].set_index("client_id")
    for who in clients.index:
        assert shown.client_story(CLINICIAN, who)["gap"].iloc[-1] == pytest.approx(clients.loc[who, "gap"], rel=1e-9)


def test_the_past_of_a_story_is_what_was_known_then(practice: Practice, tour: Exploration) -> None:
    then = caseload.explore(practice, EARLIER)
    client = then.client_ids(CLINICIAN)[0]
    for told in (lambda t: t.clinician_story(CLINICIAN), lambda t: t.client_story(CLINICIAN, client)):
        old, new = told(then), told(tour)
        pd.testing.assert_frame_equal(old, new[new["month"] <= EARLIER].reset_index(drop=True))
    assert str(then.signals["month"].max()) == EARLIER
    assert then.practice.sessions["scheduled_start"].max() < pd.Timestamp("2026-04-01")


def test_surveys_have_no_part_in_it(practice: Practice, tour: Exploration) -> None:
    assert len(practice.surveys)
    without = caseload.explore(dataclasses.replace(practice, surveys=practice.surveys.iloc[:0]), MONTH)
    for name in ("clinicians", "clients", "slopes", "signals"):
        pd.testing.assert_frame_equal(getattr(tour, name), getattr(without, name))
    assert list(tour.clinicians.columns) == list(CLINICIAN_COLUMNS)
    assert not [name for name in tour.clinicians if "fatigue" in name]


def test_slopes_stand_in_order_of_id_and_somebody_without_an_estimate_is_there(practice: Practice) -> None:
    new = pd.DataFrame({"clinician_id": ["C00"], "started_on": [pd.Timestamp("2026-05-02")]})
    people = pd.concat([practice.clinicians, new], ignore_index=True).astype(practice.clinicians.dtypes)
    slopes = caseload.explore(dataclasses.replace(practice, clinicians=people), MONTH).slopes
    assert slopes["clinician_id"].tolist() == ["C00", "C03", "C05", CLINICIAN]
    assert slopes["compensation"].isna().tolist() == [True, False, False, False]


def test_a_clients_story_has_every_month_between_the_first_and_the_last(practice: Practice, tour: Exploration) -> None:
    client = next(who for who in tour.client_ids(CLINICIAN) if len(tour.client_story(CLINICIAN, who)) == 4)
    whole = tour.client_story(CLINICIAN, client)
    assert list(whole.columns) == [*CLIENT_COLUMNS, "n_attended", "stage", "crisis"]
    rated = tour.signals.set_index(["clinician_id", "client_id", "month"]).loc[(CLINICIAN, client)]["stage"]
    words = whole.set_index("month")["stage"].dropna()
    assert (
        words.map({word: n for n, word in enumerate(caseload.research.explore.STAGES, 1)}).eq(rated[words.index]).all()
    )

    def kept(table: pd.DataFrame, when: str) -> pd.DataFrame:
        away = (table["client_id"] == client) & (table[when].dt.to_period("M") == pd.Period("2026-03", "M"))
        return table[~away].reset_index(drop=True)

    away = dataclasses.replace(
        practice,
        sessions=kept(practice.sessions, "scheduled_start"),
        contacts=kept(practice.contacts, "contacted_at"),
        ratings=practice.ratings.iloc[:0],
    )
    story = caseload.explore(away, MONTH).client_story(CLINICIAN, client).set_index("month")
    assert story.index.astype(str).tolist() == ["2026-02", "2026-03", "2026-04", "2026-05"]
    assert story.loc["2026-03", "n_sessions"] == 0
    assert story.loc["2026-03", ["effort", "gap", "stage", "n_attended"]].isna().all()
    assert story.loc["2026-04", "gap"] == pytest.approx(
        story.loc["2026-04", "effort"] - story.loc["2026-04", "engagement"]
    )


def test_who_is_not_there_is_named(tour: Exploration) -> None:
    with pytest.raises(ParameterError, match=r"no clinician 'C70' .* did you mean C07\?"):
        tour.clinician_story("C70")
    with pytest.raises(ParameterError, match="no client 'nobody'"):
        tour.client_story(CLINICIAN, "nobody")
    with pytest.raises(ParameterError, match="The data covers"):
        caseload.explore(tour.practice, "2030-01")


def test_loadings_are_those_of_the_fit_and_a_signal_never_recorded_has_none(practice: Practice) -> None:
    sessions = practice.sessions.assign(srs_total=np.nan)
    model = BalanceModel().fit(caseload.monthly_signals(dataclasses.replace(practice, sessions=sessions)))
    table = caseload.loadings(model).set_index("signal")
    fits = pd.concat([side.fit.parameters() for side in model.sides_.values()]).set_index("signal")
    assert len(table) == 18
    pd.testing.assert_frame_equal(table.loc[fits.index, list(fits.columns)], fits)
    assert table.loc["srs", "share"] == 0
    assert np.isnan(table.loc["srs", "loading"])
    assert table.loc[table["loading"].isna(), "share"].max() < 0.5
    with pytest.raises(NotFittedError):
        caseload.loadings(BalanceModel())


def test_loadings_of_a_practice_that_records_nothing_to_tell_apart_are_all_missing() -> None:
    rows = [(f"s{n}", "C1", f"K{n}", f"2026-03-0{n}T09:00", "attended") for n in range(1, 4)]
    names = ["session_id", "clinician_id", "client_id", "scheduled_start", "status"]
    practice = Practice.from_frames(sessions=pd.DataFrame(rows, columns=names))
    table = caseload.loadings(BalanceModel().fit(caseload.monthly_signals(practice)))
    assert len(table) == 18
    assert table["loading"].isna().all()


# ---- choosing


def test_it_begins_with_the_first_by_id_and_the_client_known_longest(tour: Exploration, forgetful: None) -> None:
    who = caseload.Choice(tour)
    assert who.clinician == "C03"
    months = tour.clients[tour.clients["gap"].notna()].groupby(["clinician_id", "client_id"]).size()["C03"]
    assert months[who.client] == months.max()
    assert who.client == months[months == months.max()].index.min()
    assert caseload.Choice(tour, client_id=tour.client_ids(CLINICIAN)[0]).clinician == CLINICIAN
    assert "text/plain" in who._repr_mimebundle_()
    assert who.clinician in repr(who) and who.client in repr(who)


def test_what_is_shown_follows_the_lists(tour: Exploration, forgetful: None) -> None:
    who, seen = caseload.Choice(tour), []
    who.follow("table", lambda: seen.append((who.clinician, who.client)))
    clinicians, clients = who.box.children
    assert isinstance(clinicians, ipywidgets.Dropdown)
    clinicians.value = CLINICIAN
    assert clients.options == tour.client_ids(CLINICIAN)
    clients.value = clients.options[-1]
    assert len(seen) == 2  # once each, whatever the lists tell meanwhile
    assert seen[-1] == (CLINICIAN, clients.options[-1])
    assert who.client_table().made()["client_id"].unique().tolist() == [clients.options[-1]]
    assert who.clinician_table().made()["clinician_id"].unique().tolist() == [CLINICIAN]
    who.follow("table", lambda: seen.append("again"))  # the cell was run again
    who.choose("C05")
    assert seen[2:] == ["again"]


def test_a_cell_that_is_run_again_keeps_the_choice_unless_told_otherwise(tour: Exploration, forgetful: None) -> None:
    last = tour.client_ids(CLINICIAN)[-1]
    caseload.Choice(tour).choose(CLINICIAN, last)
    assert (caseload.Choice(tour).clinician, caseload.Choice(tour).client) == (CLINICIAN, last)
    again = Exploration(tour.review)  # the whole notebook is run again
    assert caseload.Choice(again).client == last
    assert caseload.Choice(again, "C05").clinician == "C05"


@pytest.mark.parametrize("name", ["caseload_figure", "client_figure", "clinician_figure"])
def test_figures_are_pictures_that_say_what_they_show(tour: Exploration, forgetful: None, name: str) -> None:
    made = getattr(caseload.Choice(tour, CLINICIAN), name)().made()
    assert isinstance(made, Image)
    assert made.data.startswith(b"\x89PNG")
    assert CLINICIAN in made.alt


def test_ids_that_are_not_there_are_named(tour: Exploration, forgetful: None) -> None:
    with pytest.raises(ParameterError, match="no clinician 'C70'"):
        caseload.Choice(tour, "C70")
    with pytest.raises(ParameterError, match="no client 'K9999'"):
        caseload.Choice(tour, CLINICIAN, "K9999")


# ---- parameters


def test_the_parameters_cell_is_the_model() -> None:
    (told,) = [cell.source for cell in notebook().cells if "parameters" in cell.metadata.get("tags", [])]
    defaults: dict[str, Any] = {}
    exec(compile(ast.parse(told), "parameters", "exec"), {"__builtins__": {}}, defaults)
    fields = {field.name: field.default for field in dataclasses.fields(ExploreParameters)}
    assert defaults == {name: None if default is dataclasses.MISSING else default for name, default in fields.items()}


def test_an_unknown_parameter_is_an_error_and_a_users_own_variable_later_on_is_not() -> None:
    given: dict[str, Any] = {"data": "x", "month": "2026-05", "clinician": None, "client": None}
    told = ExploreParameters.from_notebook(given)
    with pytest.raises(ParameterError, match="clinican is not a parameter of this report; did you mean clinician"):
        ExploreParameters.from_notebook(given | {"clinican": "C07"})
    again = ExploreParameters.from_notebook(given | {"told": told, "my_number": 3, "clinician": "C07"})
    assert again == dataclasses.replace(told, clinician="C07")
    with pytest.raises(ParameterError, match="month must be a month"):
        ExploreParameters.from_notebook(given | {"told": told, "month": "May"})


def test_data_is_what_it_is_told_or_lab_was_told_or_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    with pytest.raises(ParameterError, match="data is missing"):
        ExploreParameters.from_notebook({"data": None})
    for name in ("data/sample", "mine"):  # a practice of one's own goes before the sample
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "sessions.csv").touch()
        assert ExploreParameters.from_notebook({"data": None}).data == tmp_path / name
    assert ExploreParameters.from_notebook({"data": "mine"}).data == tmp_path / "mine"
    assert ExploreParameters.from_notebook({"data": "../mine"}).data == Path("../mine")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "mine"))
    assert ExploreParameters.from_notebook({"data": None}).data == tmp_path / "mine"
    assert ExploreParameters.from_notebook({"data": "data/sample"}).data == tmp_path / "data" / "sample"


# ---- the notebook

SLOPES_BY = 6  # cells, words counted, from the top to the figure of one's own compensation slopes


def notebook() -> Any:
    return nbformat.read(notebook_path("explore_balance"), as_version=4)


def test_ones_own_slopes_are_drawn_in_under_ten_cells() -> None:
    cells = [cell.source for cell in notebook().cells]
    drawn = next(place for place, source in enumerate(cells, start=1) if "draw_slopes" in source)
    assert drawn <= SLOPES_BY < 10
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in notebook().cells[:drawn]) == 1


def test_its_words_say_that_it_is_confidential_and_no_ranking() -> None:
    words = " ".join(cell.source for cell in notebook().cells if cell.cell_type == "markdown")
    for said in ("confidential", "Clear", "no ranking", "order of id", "not enough data", "response_surface"):
        assert said in words


def test_it_is_found_from_the_notebook_that_lab_opens(tmp_path: Path) -> None:
    folder = working_folder(tmp_path)
    first = nbformat.read(folder / FIRST, as_version=4)
    assert "(explore_balance.ipynb)" in first.cells[0].source
    assert (folder / "explore_balance.ipynb").is_file()


def test_it_runs_without_anybody_there(
    folder: Path, tour: Exploration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")  # as on many servers: it shows no figure by itself
    made = papermill.execute_notebook(
        notebook_path("explore_balance"),
        tmp_path / "out.ipynb",
        {"data": str(folder), "month": MONTH, "clinician": CLINICIAN},
        cwd=folder.parent,
        progress_bar=False,
    )
    shown = {cell.id: [output.get("data", {}) for output in cell.get("outputs", [])] for cell in made.cells}
    pictures = [name for name, outputs in shown.items() if any("image/png" in data for data in outputs)]
    assert pictures == [
        "slopes", "coverage", "loadingsfigure", "relation", "spread", "multiples", "caseload", "clientfigure",
        "clinicianfigure",
    ]  # fmt: skip
    (chosen,) = shown["choose"]
    assert f"Clinician {CLINICIAN}, client" in chosen["text/plain"]
    expected = {
        "slopestable": tour.slopes,
        "clinicians": tour.balance.clinicians,
        "cliniciantable": tour.clinician_story(CLINICIAN),
    }
    with pd.option_context("display.max_columns", None):
        for name, table in expected.items():
            assert [data["text/html"] for data in shown[name]] == [table._repr_html_()]
    said = nbformat.writes(made)
    assert "fatigue" not in said
    assert not [cell for cell in made.cells for output in cell.get("outputs", []) if output.output_type == "error"]


# ---- the figures


def test_research_figures_draw_what_the_tour_gives(tour: Exploration) -> None:
    client = tour.client_ids(CLINICIAN)[0]
    for draw, table in (
        (figures.draw_slopes, tour.slopes),
        (figures.draw_loadings, caseload.loadings(tour.model)),
        (figures.draw_client_story, tour.client_story(CLINICIAN, client)),
        (figures.draw_clinician_story, tour.clinician_story(CLINICIAN)),
        (figures.plot_effort_engagement, tour.caseload(CLINICIAN)),
        (figures.plot_coverage, caseload.coverage(tour.signals)),
        (figures.draw_distributions, tour.clients),
    ):
        assert figures.picture(draw, table, title="t").startswith(b"\x89PNG")
