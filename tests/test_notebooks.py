"""The report notebooks and what they may be told: strict parameters, with papermill's command too."""

from __future__ import annotations

import ast
import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from fake_review import SECRET, FakeReview

from caseload.errors import ParameterError
from caseload.month import handover
from caseload.month import page as pages
from caseload.month.locations import notebook_path
from caseload.month.parameters import DATA_VARIABLE, QualityParameters, SuperviseeParameters, TeamParameters
from caseload.month.rendering import notebooks
from caseload.month.rendering.limits import Limits

ROOT = Path(__file__).parents[1]
MODELS = {
    "supervisee_report": SuperviseeParameters,
    "team_report": TeamParameters,
    "data_quality": QualityParameters,
}
GOOD = {
    "clinician_id": "C07",
    "month": "2026-05",
    "data": "data/sample",
    "copy": "supervisor",
    "exclude_invalid": False,
}


def papermill(notebook: str, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The bare command, as a user types it."""
    command = [sys.executable, "-m", "papermill", str(notebook_path(notebook)), str(out), "--no-progress-bar", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ, check=False)


@pytest.mark.parametrize(("name", "model"), MODELS.items())
def test_the_parameters_cell_is_the_model(name: str, model: type[QualityParameters]) -> None:
    cells = nbformat.read(notebook_path(name), as_version=4).cells
    (told,) = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    defaults: dict[str, Any] = {}
    exec(compile(ast.parse(told), name, "exec"), {"__builtins__": {}}, defaults)
    fields = {field.name: field.default for field in dataclasses.fields(model)}
    assert defaults == {name: None if default is dataclasses.MISSING else default for name, default in fields.items()}


@pytest.mark.parametrize("name", MODELS)
def test_notebooks_are_stripped_and_their_cells_have_words_for_ids(name: str) -> None:
    notebook = nbformat.read(notebook_path(name), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert all(re.fullmatch(r"[a-z]+", cell.id) for cell in notebook.cells)
    assert notebook.metadata.kernelspec.name == "python3"


def test_a_notebooks_namespace_holds_its_parameters_among_ipythons_names() -> None:
    ipython = {
        "In": [""],
        "Out": {},
        "_": "",
        "__": "",
        "_i": "x",
        "_i12": "x",
        "_dh": [],
        "_exit_code": 0,
        "__name__": "m",
    }
    others = {"caseload": ModuleType("caseload"), "get_ipython": print, "exit": object()}
    found = SuperviseeParameters.from_notebook(ipython | others | GOOD)
    assert found == SuperviseeParameters(clinician_id="C07", month="2026-05", data=Path("data/sample"))


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"clinican_id": "C08"}, "clinican_id is not a parameter of this report; did you mean clinician_id?"),
        ({"_x": 1}, "_x is not a parameter of this report"),
        ({"page": "x"}, "page is not a parameter of this report"),
        ({"clinician_id": None}, "clinician_id is missing"),
        ({"clinician_id": 7}, "clinician_id must be text, not 7 (pass it with -r clinician_id …)"),
        ({"clinician_id": ""}, "clinician_id must not be empty"),
        ({"month": "2026-13"}, "month must be a month like 2026-05, not '2026-13'"),
        ({"month": "2026-05\n"}, "month must be a month like 2026-05, not '2026-05\\n'"),
        ({"month": 202605}, "month must be text"),
        ({"copy": "mine"}, "copy must be 'supervisor' or 'own', not 'mine'"),
        ({"copy": None}, "copy must be 'supervisor' or 'own', not None"),
        ({"exclude_invalid": "true"}, "exclude_invalid must be True or False, not 'true'"),
        ({"exclude_invalid": 1}, "exclude_invalid must be True or False, not 1"),
        ({"data": 3}, "data must be the path of a folder or file, not 3"),
        ({"data": None}, "data is missing"),
    ],
)
def test_what_is_unknown_missing_or_mistyped_is_named(
    told: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    with pytest.raises(ParameterError, match=re.escape(message)):
        SuperviseeParameters.from_notebook(GOOD | told)


SET = "clinician_id = 'C01'\nmonth = None"  # the cell of parameters, as far as these tests need it


@pytest.mark.parametrize(
    "foreign",
    [
        {"pi": 3.14, "tau": 6.28},  # of a start-up file, which is in no cell
        {"SEED": 42},
        {"PAPERMILL_INPUT_PATH": "in.ipynb", "PAPERMILL_OUTPUT_PATH": "out.ipynb"},
    ],
)
def test_names_that_no_cell_of_parameters_sets_are_not_judged(foreign: dict[str, Any]) -> None:
    injected = "# Parameters\n" + "\n".join(
        f"{name} = {value!r}" for name, value in foreign.items() if "PAPERMILL" in name
    )
    told = SuperviseeParameters.from_notebook(GOOD | foreign | {"In": ["", SET, injected, "rate = 3"], "rate": 3})
    assert told.clinician_id == "C07"


@pytest.mark.parametrize(
    "cell",
    [
        f"{SET}\nclinican = 'C08'",
        "# Parameters\nclinican = 'C08'\n",
        f"%time 1\n{SET}\nclinican = 'C08'",
        f"{SET}\nclinican: str = 'C08'",
        f"{SET}\nmonth, clinican = '2026-05', 'C08'",
    ],
)
def test_names_that_a_cell_of_parameters_sets_are_judged(cell: str) -> None:
    with pytest.raises(ParameterError, match="clinican is not a parameter of this report; did you mean clinician_id"):
        SuperviseeParameters.from_notebook(
            GOOD | {"In": ["", "import caseload", cell, ""], "clinican": "C08", "free": 1}
        )


def test_all_problems_are_in_one_message() -> None:
    with pytest.raises(ParameterError) as caught:
        SuperviseeParameters.from_notebook({"clinician_id": 7, "month": "May", "moth": 1, "data": "x"})
    assert all(word in str(caught.value) for word in ("clinician_id must", "month must", "moth is not"))


def test_the_lab_command_tells_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, "/somewhere")
    assert QualityParameters.from_notebook({"data": None}).data == Path("/somewhere")
    assert QualityParameters.from_notebook({"data": "here"}).data == Path("here")


def test_somebody_elses_prepared_view_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = SuperviseeParameters(clinician_id="C01", data=tmp_path)
    view = FakeReview().supervisee("C01")
    monkeypatch.setenv(
        handover.PREPARED_VARIABLE, handover.for_a_kernel(parameters, view, tmp_path / "v")[handover.PREPARED_VARIABLE]
    )
    assert pages.supervisee_page(parameters).view.clinician_id == "C01"
    (tmp_path / "v").chmod(0o666)
    assert handover._read(tmp_path / "v") is None


def test_only_the_view_of_its_own_parameters_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = SuperviseeParameters(clinician_id="C01", data=tmp_path)
    for name, value in handover.for_a_kernel(parameters, FakeReview().supervisee("C01"), tmp_path / "v").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pages, "_reviewed", lambda *_: FakeReview())
    other = dataclasses.replace(parameters, copy="own")
    assert pages.supervisee_page(other).view.copy == "own"
    with pytest.raises(ParameterError, match="no clinician 'C11' in the data; did you mean C01"):
        pages.supervisee_page(dataclasses.replace(parameters, clinician_id="C11"))


@pytest.mark.parametrize("name", MODELS)
def test_notebooks_run_and_export(name: str, tmp_path: Path) -> None:
    told = {"supervisee_report": {"clinician_id": "C01"}, "team_report": {"team": "North"}, "data_quality": {}}[name]
    parameters = MODELS[name](data=tmp_path, **told)
    variables = handover.for_a_kernel(parameters, pages.view_of(FakeReview(), parameters), tmp_path / "view")
    place = {"folder": tmp_path, "variables": variables, "limits": Limits()}
    executed = notebooks.execute_in_kernel(notebook_path(name), parameters, **place)
    clean = notebooks.cleaned(executed, parameters, "A title")
    html = notebooks.to_html(clean)
    assert html.count("<h1") == 1
    assert "Method" in html
    assert "from_notebook" not in html
    assert str(tmp_path) not in html + notebooks.to_ipynb(clean)
    assert SECRET not in html + notebooks.to_ipynb(clean)


def test_papermills_own_paths_are_no_parameters(tmp_path: Path) -> None:
    told = ["--inject-paths", "--engine", "caseload", "-r", "clinician_id", "C99"]
    done = papermill("supervisee_report", tmp_path / "o.ipynb", *told, "-r", "data", "data/nowhere")
    assert done.returncode != 0
    assert "nowhere" in done.stderr  # it has read its parameters and asked for the data
    assert "not a parameter" not in done.stderr


@pytest.mark.parametrize("name", MODELS)
def test_a_notebook_of_an_older_format_gets_ids_the_same_each_time(name: str) -> None:
    older = nbformat.read(notebook_path(name), as_version=4)
    for cell in older.cells:
        del cell["id"]
    older.nbformat_minor = 4
    known = notebooks.with_ids(older)
    nbformat.validate(known)
    assert known == notebooks.with_ids(older)
    assert len({cell.id for cell in known.cells}) == len(older.cells)
    assert notebooks.with_ids(nbformat.read(notebook_path(name), as_version=4)).cells[0].id == "purpose"


def test_bare_papermill_refuses_what_it_only_warns_about(tmp_path: Path) -> None:
    done = papermill("supervisee_report", tmp_path / "o.ipynb", "-p", "clinican_id", "C07", "-p", "clinician_id", "007")
    assert done.returncode != 0
    assert "clinican_id is not a parameter of this report; did you mean clinician_id?" in done.stderr
    assert "clinician_id must be text, not 7 (pass it with -r clinician_id …)" in done.stderr
