"""What a newcomer meets: two lists of dependencies that agree, pins, make targets, and a package that runs anywhere."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
README_LINES = 80
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

# Patterns are put together here so that this file does not match them itself.
MACHINE = re.compile(
    "|".join(
        [
            r"(?<![\w.~-])/(?:work|root|home|Users)" + r"/\w\w",  # somebody's folder; one letter is an example
            r"/opt/(?:wheels|pypi)",
            "file:" + "///",
            r"(?:pypi|pythonhosted)\." + "org",
            r"anaconda\." + "(?:org|com)",
            r"npmjs\." + "(?:org|com)",
            "--(?:extra-)?index" + "-url [^-]",
            "--find" + "-links [^-]",
        ]
    )
)


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MAKEFLAGS"}}
    return subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def ranges(requirements: list[str]) -> dict[str, str]:
    parsed = [Requirement(requirement) for requirement in requirements]
    return {canonicalize_name(requirement.name): str(requirement.specifier) for requirement in parsed}


def group(name: str) -> list[str]:
    members = PROJECT["dependency-groups"][name]
    return [
        requirement
        for member in members
        for requirement in (group(member["include-group"]) if isinstance(member, dict) else [member])
    ]


# ---- the lists of dependencies


def test_environment_yml_equals_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    expected = ranges(PROJECT["project"]["dependencies"])
    expected["pytest"] = ranges(group("test"))["pytest"]
    expected |= {"python": PROJECT["project"]["requires-python"], "pip": ""}
    assert ranges(environment["dependencies"]) == expected
    assert environment["channels"] == ["conda-forge"]
    assert environment["name"] == "caseload"


def pins() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return [Requirement(line.removesuffix("\\").strip()) for line in lines if re.match(r"\w", line)]


def test_pins_cover_every_dependency_within_its_range():
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [Requirement(text) for text in chain(PROJECT["project"]["dependencies"], *extras, group("dev"))]
    versions: dict[str, set[str]] = {}
    for pin in pins():
        (specifier,) = pin.specifier
        assert specifier.operator == "==", pin.name
        versions.setdefault(canonicalize_name(pin.name), set()).add(specifier.version)
    outside = {
        requirement.name
        for requirement in wanted
        for version in versions.get(canonicalize_name(requirement.name), {"0"})
        if not requirement.specifier.contains(version, prereleases=True)
    }
    assert outside == set()


def test_every_pin_has_its_hashes():
    blocks = re.split(r"\n(?=\w)", (ROOT / "constraints.txt").read_text("utf-8"))[1:]
    assert len(blocks) == len(pins())
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_ci_runs_every_python_that_is_promised():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    prefix = "Programming Language :: Python :: 3."
    promised = [text[-4:] for text in PROJECT["project"]["classifiers"] if text.startswith(prefix)]
    assert workflow["jobs"]["check"]["strategy"]["matrix"]["python"] == promised
    assert PROJECT["project"]["requires-python"] == f">={promised[0]}"


# ---- what is written for people


def test_readme_is_short_and_its_commands_exist():
    text = (ROOT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert len(text.splitlines()) <= README_LINES
    assert {"test", "report"} <= named <= targets


def test_glossary_is_alphabetical_and_says_each_term_once():
    terms = re.findall(r"^\*\*(.+?)\*\*", (ROOT / "GLOSSARY.md").read_text("utf-8"), re.MULTILINE)
    keys = [re.sub(r"[^a-z0-9]+", " ", term.lower()) for term in terms]
    assert keys == sorted(set(keys))


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing tells which files are tracked")
    listed = run("git", "ls-files", "-z", cwd=ROOT).stdout.split("\0")
    return [path for name in listed if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_registry():
    named = {}
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a Parquet file
        if found := MACHINE.search(text):
            named[str(path.relative_to(ROOT))] = found.group()
    assert named == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see /" + "home/anna/practice", True),
        ('"/' + 'Users/anna/x.csv"', True),
        ("--extra-index" + "-url https://example.test", True),
        ("--no-emit-index-url --no-annotate", False),
        ("path/to/home/x", False),
        ("/usr/bin/chromium", False),
    ],
)
def test_the_reader_of_files_sees_a_machine(text, expected):
    assert bool(MACHINE.search(text)) is expected


# ---- make


@pytest.fixture
def bare_checkout(tmp_path):
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_make_says_that_there_is_no_python(bare_checkout):
    made = run("make", "PYTHON=python-that-is-not-there", "test", cwd=bare_checkout)
    assert made.returncode != 0
    assert "There is no 'python-that-is-not-there' here. caseload needs Python 3.11 or newer" in made.stderr
    assert not (bare_checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        ("version_info", "is Python 3.9.18. caseload needs Python 3.11 or newer"),
        ("ensurepip", "On Debian or Ubuntu: apt install python3-venv"),
    ],
)
def test_make_says_what_is_wrong_with_a_python(bare_checkout, refused, message):
    python = bare_checkout / "fake-python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{refused}*) exit 1;; -V) echo Python 3.9.18;; esac\n')
    python.chmod(0o755)
    made = run("make", "PYTHON=./fake-python", "test", cwd=bare_checkout)
    assert made.returncode != 0
    assert message in made.stderr
    assert not (bare_checkout / ".venv").exists()


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_make_installs_again_only_after_a_change(bare_checkout, changed):
    stamp = bare_checkout / ".venv" / ".installed"
    stamp.parent.mkdir()
    stamp.touch()
    now = stamp.stat().st_mtime
    for name in ("pyproject.toml", "constraints.txt"):
        os.utime(bare_checkout / name, (now - 10, now - 10))
    assert "pip install" not in run("make", "--dry-run", "test", cwd=bare_checkout).stdout
    os.utime(bare_checkout / changed, (now + 10, now + 10))
    assert "pip install" in run("make", "--dry-run", "test", cwd=bare_checkout).stdout


# ---- the wheel and the sdist

STRANGER = "K-of-somebody"  # a client's id that no sample holds
LEFT_BY_RUNS = (
    "caseload-notebooks/explore_balance.ipynb",
    "notebooks/.ipynb_checkpoints/explore_balance-checkpoint.ipynb",
    "notebooks/reports/2026-05/C07.html",
    "practice/clients.csv",
    "reports/2026-05/C07.html",
    "src/caseload/sessions.csv",
    "src/caseload/notebooks.parquet",
    "tests/sessions.csv",
    "docs/C07.pdf",
    "data/ours/clients.csv",
    "benchmarks/practice/clients.csv",
)


def build(folder: Path, checkout: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=checkout)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    pytest.importorskip("hatchling", reason="hatchling builds the packages; make installs it")
    folder = tmp_path_factory.mktemp("packages")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(packages):
    (path,) = packages.glob("*.whl")
    return path


@pytest.fixture
def checkout(tmp_path):
    """A copy of what git tracks here, to which things may happen."""
    pytest.importorskip("hatchling", reason="hatchling builds the packages; make installs it")
    copy = tmp_path / "checkout"
    for path in tracked():
        (copy / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy / path.relative_to(ROOT))
    return copy


def contents(folder: Path) -> dict[str, bytes]:
    """Name → bytes of all that a wheel and an sdist hold."""
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as held, tarfile.open(sdist) as packed:
        files = {name: held.read(name) for name in held.namelist()}
        for member in packed.getmembers():
            read = packed.extractfile(member)
            files |= {member.name: read.read()} if read else {}
    return files


def test_the_sdist_holds_what_git_holds(packages):
    (sdist,) = packages.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        names = {name.split("/", 1)[1] for name in packed.getnames()}
    assert names - {"PKG-INFO"} == {path.relative_to(ROOT).as_posix() for path in tracked()}


def test_what_runs_leave_in_a_checkout_is_in_no_package(checkout, tmp_path):
    for name in LEFT_BY_RUNS:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(STRANGER)
    built = build(tmp_path / "out", checkout)
    assert built.returncode == 0, built.stderr
    held = contents(tmp_path / "out")
    assert [
        name for name, content in held.items() if STRANGER.encode() in content and "test_packaging" not in name
    ] == []


def cell(**more):
    return {"cell_type": "code", "source": "", "metadata": {}, "outputs": [], "execution_count": None} | more


@pytest.mark.parametrize(
    "left",
    [
        {"cells": [cell(outputs=[{"output_type": "stream", "name": "stdout", "text": STRANGER}])]},
        {"cells": [cell(), cell(execution_count=3)]},
        {"cells": [cell(metadata={"tags": ["injected-parameters"]}, source=f"client = '{STRANGER}'")]},
        {"cells": [], "metadata": {"widgets": {"state": STRANGER}}},
        {"cells": [], "metadata": {"papermill": {"parameters": {"client": STRANGER}}}},
        {"cells": STRANGER},
        STRANGER,
    ],
)
@pytest.mark.parametrize("name", ["explore_balance", "my own"])
def test_a_notebook_that_was_run_is_told_from_one_that_was_not(left, name, tmp_path):
    pytest.importorskip("hatchling", reason="hatchling builds the packages; make installs it")
    hatch_build = runpy.run_path(str(ROOT / "hatch_build.py"))
    (tmp_path / f"{name}.ipynb").write_text(json.dumps(left))
    shutil.copy(ROOT / "notebooks" / "team_report.ipynb", tmp_path)
    assert hatch_build["unstripped"](tmp_path) == [f"{name}.ipynb"]


def test_no_package_is_built_from_a_notebook_with_outputs(checkout, tmp_path):
    path = checkout / "notebooks" / "explore_balance.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    output = {"output_type": "stream", "name": "stdout", "text": STRANGER}
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["outputs"] = [output]
    path.write_text(json.dumps(notebook), "utf-8")
    built = build(tmp_path / "out", checkout)
    assert built.returncode != 0
    assert (
        "These notebooks hold the outputs of a run, which may be clients' data: explore_balance.ipynb." in built.stderr
    )
    assert STRANGER not in built.stderr
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.slow
def test_tests_run_from_the_unpacked_sdist(packages, tmp_path):
    (sdist,) = packages.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    few = ["test_packaging.py", "test_notebooks_thin.py"]
    picked = "glossary or readme or environment or pins or checkout_finds or stripped"
    options = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-o", "pythonpath=src", "-k", picked]
    done = run(sys.executable, "-m", "pytest", *options, *(folder / "tests" / name for name in few), cwd=folder)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """A new environment away from the checkout that holds the wheel, and borrows only the libraries of this one."""
    folder = tmp_path_factory.mktemp("elsewhere")
    made = run(sys.executable, "-m", "venv", folder, cwd=folder)
    assert made.returncode == 0, made.stderr
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    installed = run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    paths = json.loads(
        run(python, "-c", "import json, sysconfig; print(json.dumps(sysconfig.get_paths()))", cwd=folder).stdout
    )
    Path(paths["purelib"], "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return python


def test_wheel_holds_the_notebooks_the_template_and_nothing_else_of_the_checkout(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    data = f"caseload_balance-{PROJECT['project']['version']}.data/data/share/jupyter/nbconvert/templates/caseload"
    template = ROOT / "src/caseload/pages/nbconvert/caseload"
    assert {name for name in names if "notebooks/" in name} == {
        f"caseload/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert {f"{data}/{path.name}" for path in template.iterdir()} <= names
    assert "caseload/py.typed" in names
    assert {"caseload/sample/sessions.csv", "caseload/door/window/index.html.j2"} <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"caseload", "caseload_balance"}
    assert [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name] == []


def test_the_description_on_an_index_leads_to_no_file_that_is_not_there(wheel):
    """A picture or a link of the repository would be broken there."""
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    description = archive.read(name).decode("utf-8").partition("\n\n")[2]
    assert "# caseload" in description and "The top of a supervisee's own version" in description
    assert re.findall(r"\]\((?!https?:)[^)]*\)", description) == []


def test_pictures_work_on_an_index_once_the_repository_has_an_address():
    pytest.importorskip("hatchling", reason="hatchling builds the packages; make installs it")
    turn = runpy.run_path(str(ROOT / "hatch_build.py"))["for_the_index"]
    text = "![A page](docs/a.png), [data](docs/data.md), [there](https://example.org), [below](#start)"
    assert (
        turn(text, "")
        == "*A page: `docs/a.png` in the repository.*, data, [there](https://example.org), [below](#start)"
    )
    turned = turn(text, "https://code.example/caseload/")
    assert "![A page](https://code.example/caseload/raw/HEAD/docs/a.png)" in turned
    assert "[data](https://code.example/caseload/blob/HEAD/docs/data.md)" in turned


def test_installed_package_finds_its_notebooks(elsewhere, tmp_path):
    code = "from caseload.month.locations import notebook_path as p; print(p('supervisee_report'))"
    found = run(elsewhere, "-c", code, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).is_relative_to(elsewhere.parents[1])


def test_installed_command_answers(elsewhere, tmp_path):
    answered = run(elsewhere.parent / "caseload", "--help", cwd=tmp_path)
    assert answered.returncode == 0, answered.stderr
    assert "report" in answered.stdout


def test_checkout_finds_its_notebooks():
    from caseload.month.locations import notebook_path

    assert notebook_path("supervisee_report") == ROOT / "notebooks" / "supervisee_report.ipynb"
    with pytest.raises(FileNotFoundError, match=r"shipped notebooks: .*supervisee_report"):
        notebook_path("annual_ranking")


def test_every_extra_is_asked_for_by_the_name_of_this_project() -> None:
    """`pip install caseload[…]` would install somebody else's package."""
    root = ROOT
    texts = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("src/**/*.py"), *root.glob("notebooks/*.ipynb")]
    bare = [path.name for path in texts if re.search(r"(?<![\w-])caseload\[", path.read_text(encoding="utf-8"))]
    assert bare == []
