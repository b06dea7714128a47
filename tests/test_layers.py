"""The drawing of the house, held by reading every import: data flows one way, and each library has one home."""

import ast
import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "caseload"
MODULES = sorted(PACKAGE.rglob("*.py"))

_WORDS = {"errors", "release", "schema", "questionnaires", "wording"}
_KNOWING = {*_WORDS, "writing", "intake", "signals", "estimates", "flags", "review"}
# What each room may import, besides itself. A new room is entered here, where everyone sees its place.
MAY_IMPORT = {
    "errors": set(),
    "release": set(),
    "schema": set(),
    "questionnaires": set(),
    "wording": set(),
    "writing": {"errors"},
    "intake": {"errors", "questionnaires", "writing", "wording"},
    "simulate": {"errors", "writing", "intake"},
    "signals": {"errors", "schema", "intake"},
    "estimates": {"errors", "schema", "questionnaires", "writing", "intake", "signals"},
    "flags": {"errors", "schema", "wording", "intake", "signals", "estimates"},
    "figures": {"writing"},
    "review": _KNOWING,
    "pages": {*_KNOWING, "figures"},
    "month": {*_KNOWING, "figures", "pages"},
    "door": {*_KNOWING, "figures", "pages", "month"},
    "research": {*_KNOWING, "simulate", "figures", "pages", "month"},
    "scale": {*_KNOWING, "pages", "month"},
    "cli": {*_KNOWING, "simulate", "pages", "month", "door", "research", "scale", "caseload"},
    "__main__": {"cli"},
    "caseload": {*_KNOWING, "simulate", "figures", "pages", "month", "door", "research", "scale"},
}

# Libraries that have one home; `caseload.pages.drawing` stands for that module alone.
HOMES = {
    "sklearn": ("caseload.estimates",),
    "matplotlib": ("caseload.figures", "caseload.pages.drawing"),
    "seaborn": ("caseload.figures", "caseload.pages.drawing"),
    "papermill": ("caseload.month", "caseload.cli"),
    "nbconvert": ("caseload.month", "caseload.cli"),
    "python_calamine": ("caseload.intake",),
    "dask": ("caseload.scale",),
    "distributed": ("caseload.scale",),
}
MOST_LINES = 350
GRAB_BAGS = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "managers", "tools"}

# Declared in pyproject.toml under another name, or a part of something declared there.
DECLARED_AS = {
    "sklearn": "scikit-learn",
    "IPython": "ipykernel",
    "comm": "ipykernel",
    "tornado": "voila",
    "matplotlib_inline": "ipykernel",
    "joblib": "scikit-learn",
    "jupyter_client": "nbclient",
    "jupyter_core": "nbclient",
    "markupsafe": "jinja2",
    "traitlets": "nbclient",
    "distributed": "dask",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, module: str, *, is_package: bool = False) -> set[str]:
    """Absolute names of everything that `source` imports anywhere, also inside functions."""
    here = module.split(".") if is_package else module.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = here[: len(here) + 1 - node.level] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def room(name: str) -> str:
    """The room of a dotted name under `caseload`; a public name taken from the top is of the room `caseload`."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else "caseload"


def back_arrows(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Imports of `source` that go against the flow."""
    own = room(module)
    allowed = MAY_IMPORT[own] | {own}
    return sorted(
        name
        for name in imports(source, module, is_package=is_package)
        if name.split(".")[0] == "caseload" and room(name) not in allowed
    )


def away_from_home(source: str, module: str) -> list[str]:
    """Imports of `source` whose library has its home elsewhere."""
    return sorted(
        name
        for name in imports(source, module)
        if (homes := HOMES.get(name.split(".")[0]))
        and not any(module == home or module.startswith(f"{home}.") for home in homes)
    )


def test_imports_follow_the_flow():
    found = {
        module_name(path): back_arrows(path.read_text("utf-8"), module_name(path), is_package=path.stem == "__init__")
        for path in MODULES
    }
    assert {module: arrows for module, arrows in found.items() if arrows} == {}


def test_each_library_stays_in_its_home():
    found = {module_name(path): away_from_home(path.read_text("utf-8"), module_name(path)) for path in MODULES}
    assert {module: away for module, away in found.items() if away} == {}


def test_every_room_has_its_place():
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert rooms <= set(MAY_IMPORT), "enter the new room in MAY_IMPORT"


def test_no_grab_bags():
    names = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(PACKAGE).parts}
    assert names & GRAB_BAGS == set()


def test_every_file_has_one_subject_that_is_read_in_one_sitting():
    lengths = {module_name(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES} == {}


def test_imported_libraries_are_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = chain(project["dependencies"], *project["optional-dependencies"].values())
    declared = {re.match(r"[\w-]+", requirement).group() for requirement in requirements}
    roots = {
        name.split(".")[0]
        for path in MODULES
        for name in imports(path.read_text("utf-8"), module_name(path), is_package=path.name == "__init__.py")
    }
    libraries = roots - sys.stdlib_module_names - {"caseload"}
    assert {DECLARED_AS.get(library, library.replace("_", "-")) for library in libraries} <= declared


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("caseload.intake.read", "from caseload.signals import monthly_signals", ["caseload.signals.monthly_signals"]),
        ("caseload.intake.read", "import caseload.flags.states", ["caseload.flags.states"]),
        ("caseload.signals.monthly", "from ..estimates import balance", ["caseload.estimates.balance"]),
        ("caseload.signals.monthly", "from .. import pages", ["caseload.pages"]),
        ("caseload.flags.states", "def f():\n    from caseload import pages", ["caseload.pages"]),
        ("caseload.flags.states", "from caseload import read_practice", ["caseload.read_practice"]),
        ("caseload.flags.states", "import caseload", ["caseload"]),
        ("caseload.figures.balance", "from caseload.errors import InputError", ["caseload.errors.InputError"]),
        ("caseload.figures.balance", "from .theme import INK", []),
        ("caseload.estimates.balance", "from caseload.simulate import practice", ["caseload.simulate.practice"]),
        ("caseload.research.training", "from caseload.simulate import practice", []),
        ("caseload.review.assessment", "from caseload.flags import states\nimport pandas as pd", []),
        ("caseload.cli", "from caseload import read_practice", []),
    ],
)
def test_the_reader_of_imports_sees_a_back_arrow(module, source, expected):
    assert back_arrows(source, module) == expected


def test_the_reader_of_imports_sees_through_a_package_file():
    assert back_arrows("from ..pages import views", "caseload.flags", is_package=True) == ["caseload.pages.views"]
    assert back_arrows("from .states import STATES", "caseload.flags", is_package=True) == []


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("caseload.flags.states", "from sklearn.linear_model import LogisticRegression", True),
        ("caseload.estimates.balance", "from sklearn.linear_model import LogisticRegression", False),
        ("caseload.pages.html", "import matplotlib.pyplot as plt", True),
        ("caseload.pages.drawing_extra", "import matplotlib.pyplot as plt", True),
        ("caseload.pages.drawing", "import seaborn as sns", False),
        ("caseload.estimates.trends", "import papermill", True),
    ],
)
def test_the_reader_of_imports_sees_a_library_away_from_home(module, source, expected):
    assert bool(away_from_home(source, module)) is expected
