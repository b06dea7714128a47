"""Every public function and class has a worked example, and the examples are true."""

from __future__ import annotations

import builtins
import doctest
import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import pytest

import caseload

ROOT = Path(__file__).parents[1]
OPEN = ("caseload", "caseload.signals", "caseload.estimates", "caseload.figures", "caseload.simulate")


def _public() -> dict[str, object]:
    """Whatever can be called of the packages that are for everybody, each once, by its shortest name."""
    found: dict[str, object] = {}
    for package in OPEN:
        module = import_module(package)
        for name in module.__all__:
            thing = getattr(module, name)
            if (inspect.isfunction(thing) or inspect.isclass(thing)) and thing not in found.values():
                found[f"{package}.{name}"] = thing
    return found


PUBLIC = _public()
ONCE = {name: cache(getattr(caseload, name)) for name in ("read_practice", "monthly_signals")}
"""Most examples begin with the sample practice, which nobody changes."""
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_is_true(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    thing = PUBLIC[name]
    (example,) = doctest.DocTestFinder(recurse=False, exclude_empty=False).find(thing, name, globs={})
    assert example.examples, f"{name} has no example"
    monkeypatch.chdir(ROOT)
    for function in ("read_practice", "monthly_signals"):
        monkeypatch.setattr(caseload, function, ONCE[function])
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(builtins, "_", None, raising=False)  # where doctest leaves what it has seen last
    told: list[str] = []
    with mpl.rc_context():
        doctest.DocTestRunner(optionflags=FLAGS).run(example, out=told.append)
    assert not told, "".join(told)
