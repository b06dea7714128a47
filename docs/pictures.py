"""The pictures of the reference: each figure function draws the sample, or a benchmark, when the site is built.

What neither of them holds is drawn from the function's own example.
"""

from __future__ import annotations

import doctest
import inspect
import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import caseload
from caseload import figures
from caseload.pages import views
from caseload.pages.review import Review
from caseload.research.method import scores

ROOT = Path(__file__).parents[1]
CLINICIAN, MONTH = "C07", "2026-05"
SHARPNESS = 2  # pixels of a picture for each of the page
SIZE = (6.4, 4.4)  # inches of a figure for publication
DRAWINGS = tuple(name for name in figures.__all__ if name.startswith(("plot_", "draw_", "small_")))


@cache
def pictures() -> dict[str, bytes]:
    """Name of a function of `caseload.figures` → what it draws, as a PNG."""
    tour = caseload.explore(caseload.read_practice(ROOT / "data/sample"), MONTH)
    made = _of_examples() | _of_pages(tour.review) | _of_benchmarks() | _of_research(tour)
    return {name: _png(made[name]()) for name in DRAWINGS}


def alternative(name: str) -> str:
    """The words in the place of a picture: what the function says of itself first."""
    return " ".join((inspect.getdoc(getattr(figures, name)) or name).partition("\n\n")[0].split())


def _of_pages(review: Review) -> dict[str, Callable[[], Figure]]:
    """The first drawing of each kind on the sample's pages."""
    own = review.supervisee(CLINICIAN, "own")
    found = [each for page in (own, review.quality(), *map(review.team, review.teams)) for each in _within(page)]
    return {each.plot: lambda each=each: _as_on_page(each.plot, each.table, each.labels) for each in reversed(found)}


def _within(view: object) -> Iterator[views.Figure]:
    """Every drawing in a view, in the order of the page."""
    if isinstance(view, views.Figure):
        yield view
    elif is_dataclass(view):
        for field in fields(view):
            yield from _within(getattr(view, field.name))
    elif isinstance(view, tuple):
        for part in view:
            yield from _within(part)


def _of_benchmarks() -> dict[str, Callable[[], Figure]]:
    power, validity = (pd.read_csv(ROOT / "benchmarks" / f"{name}.csv") for name in ("power", "validity"))
    design = {"kind": "compensation", "sizes": "all", "before": 6, "measure": "detected", "flag": "watch"}
    curves = power[(power[list(design)] == pd.Series(design)).all(axis=1)].sort_values(["size", "month"])
    curves = curves.assign(label=curves["size"].map("size {:g}".format))
    return {
        "plot_detection": lambda: _as_on_page("plot_detection", curves, {}),
        "draw_power": lambda: _for_publication(figures.draw_power, curves),
        "plot_scores": lambda: _as_on_page("plot_scores", scores(validity, "auroc"), {"xlabel": "AUROC"}),
    }


def _of_research(tour: caseload.Exploration) -> dict[str, Callable[[], Figure]]:
    client = tour.client_ids(CLINICIAN)[0]
    tables: dict[Callable[..., Axes], pd.DataFrame] = {
        figures.draw_client_months: tour.clients,
        figures.draw_client_story: tour.client_story(CLINICIAN, client),
        figures.draw_clinician_story: tour.clinician_story(CLINICIAN),
        figures.draw_distributions: tour.clients,
        figures.draw_loadings: caseload.loadings(tour.model),
        figures.draw_slopes: tour.slopes,
    }
    drawn = {
        draw.__name__: lambda draw=draw, table=table: _for_publication(draw, table) for draw, table in tables.items()
    }
    return drawn | {
        "draw_contours": lambda: _for_publication(figures.draw_contours, _surface()),
        "draw_relief": lambda: _for_publication(figures.draw_relief, _surface(), projection="3d"),
        "small_multiples": lambda: figures.small_multiples(tour.clinicians, "own_shift").figure,
    }


def _surface() -> pd.DataFrame:
    """A surface fitted to made-up points: best where both are equal, and better the higher both are."""
    x, y, noise = np.random.default_rng(1).normal(size=(3, 300))
    made_up = pd.DataFrame({"effort": x, "engagement": y, "outcome": (x + y) / 2 - (x - y) ** 2 / 2 + noise})
    return caseload.response_surface(made_up, "effort", "engagement", "outcome").grid()


def _of_examples() -> dict[str, Callable[[], Figure]]:
    return {name: lambda name=name: _example(getattr(figures, name)) for name in DRAWINGS}


def _example(draw: Callable[..., Any]) -> Figure:
    """The last thing that the example in a docstring has drawn."""
    names: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()):
        for each in doctest.DocTestParser().get_examples(inspect.getdoc(draw) or ""):
            exec(compile(each.source, draw.__name__, "exec"), names)
    ax = [each for each in names.values() if isinstance(each, Axes)][-1]
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    figure.set_layout_engine("constrained" if draw.__name__.startswith("draw_") else "none")
    return figure


def _as_on_page(plot: str, table: pd.DataFrame, labels: dict[str, str]) -> Figure:
    height = figures.height_of(plot, table)
    figure = Figure(figsize=(figures.WIDTH / figures.DPI, height / figures.DPI))
    getattr(figures, plot)(table, figure.add_axes((0, 0, 1, 1)), **labels)
    return figure


def _for_publication(draw: Callable[..., Axes], table: pd.DataFrame, projection: str | None = None) -> Figure:
    with figures.style():
        figure = Figure(figsize=SIZE, layout="constrained")
        draw(table, figure.add_subplot(projection=projection))
    return figure


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    with mpl.rc_context({"savefig.facecolor": "white"}):
        figure.savefig(file, format="png", dpi=SHARPNESS * figures.DPI, metadata={"Software": None})
    return file.getvalue()
