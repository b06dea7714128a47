"""Every figure on Axes that a researcher has made: in grids, under layouts, cut to what is drawn."""

import io
import math

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from test_figures import PLOTS, TABLES, detection, words

from caseload import figures

NAN = math.nan
DRAWS = sorted(name for name in figures.__all__ if name.startswith("draw_"))
LAYOUTS = ("tight", "constrained")


def slopes() -> pd.DataFrame:
    table = pd.DataFrame({"clinician_id": ["C10", "C02", "C07"], "compensation": [0.1, NAN, 1.2]})
    return table.assign(compensation_low=table["compensation"] - 0.2, compensation_high=table["compensation"] + 0.3)


def loadings() -> pd.DataFrame:
    rows = [("effort", "preparation", 0.9, 0.7), ("effort", "notes", 0.0, NAN), ("engagement", "lateness", 0.5, 0.4)]
    return pd.DataFrame(rows, columns=["side", "label", "share", "loading"])


def months(*names: str, values: tuple[float, ...] = (0.1, NAN, 0.4, 0.9)) -> pd.DataFrame:
    table = pd.DataFrame({"month": pd.period_range("2026-01", periods=len(values), freq="M")})
    for name in names:
        value = np.array(values)
        table = table.assign(**{name: value, f"{name}_low": value - 0.5, f"{name}_high": value + 0.5})
    return table


def client() -> pd.DataFrame:
    stage = ["contemplation", None, "preparation", "action"]
    return months("effort", "engagement", "gap").assign(stage=stage, crisis=[0.0, NAN, 0.5, 0.0])


def clinician() -> pd.DataFrame:
    return months("own_shift", "compensation").assign(p_over_invested=[0.1, 0.2, NAN, 0.9])


def surface() -> pd.DataFrame:
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9)))
    return pd.DataFrame({"x": x, "y": y, "z": x * y + x, "inside": x**2 + y**2 < 1.2})


def variations() -> pd.DataFrame:
    return pd.DataFrame({"variation": ["without notes", "priors"], "gap_change": [0.2, 0.1], "gap_most": [0.6, NAN]})


DRAWN = {
    "draw_client_months": pd.DataFrame({"effort": [1.0, NAN, -1.0], "engagement": [0.5, 1.0, 2.0]}),
    "draw_client_story": client(),
    "draw_distributions": pd.DataFrame({"clinician_id": ["C10", "C02", "C02", "C07"], "gap": [0.1, 0.4, 0.9, NAN]}),
    "draw_clinician_story": clinician(),
    "draw_contours": surface(),
    "draw_loadings": loadings(),
    "draw_power": detection(),
    "draw_relief": surface(),
    "draw_sensitivity": variations(),
    "draw_slopes": slopes(),
}
FLAT = {**TABLES, **{name: table for name, table in DRAWN.items() if name != "draw_relief"}}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def grid(layout: str, names: list[str]):
    """Drawings in a grid of subplots, each with a title, after the layout."""
    rows = -(-len(names) // 4)
    figure, axes = plt.subplots(
        rows, 4, figsize=(15, 3.6 * rows), layout="constrained" if layout == "constrained" else None
    )
    for name, ax in zip(names, axes.flat, strict=False):
        assert getattr(figures, name)(FLAT[name], ax) is ax
        ax.set_title(name)
    if layout == "tight":
        figure.tight_layout()
    figure.canvas.draw()
    return figure, list(axes.flat)[: len(names)]


def written(ax) -> list[mpl.text.Text]:
    """The words of a drawing of a page: what matplotlib writes by itself is not among them."""
    found = [
        text for each in (ax, *ax.child_axes) for text in each.artists + each.texts if isinstance(text, mpl.text.Text)
    ]
    return [text for text in found if text.get_text()]


def slot(ax) -> mpl.transforms.Bbox:
    """The place in the grid that an Axes was given, in pixels."""
    return ax.get_position(original=True).transformed(ax.figure.transSubfigure)


def test_every_figure_has_a_table_here():
    assert set(DRAWN) == set(DRAWS)
    assert set(TABLES) == set(PLOTS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_words_of_a_drawing_stay_in_its_place_of_a_grid_and_below_its_title(layout):
    _, axes = grid(layout, PLOTS)
    outside = []
    for name, ax in zip(PLOTS, axes, strict=True):
        place, title = slot(ax), ax.title.get_window_extent()
        assert len(written(ax)) > 2
        assert title.y0 >= place.y1 - 1, name
        for text in written(ax):
            box = text.get_window_extent()
            inside = (
                place.x0 - 6 <= box.x0 and box.x1 <= place.x1 + 6 and place.y0 - 6 <= box.y0 and box.y1 <= place.y1 + 6
            )
            outside += [] if inside else [(name, text.get_text(), place.bounds, box.bounds)]
    assert outside == []


def test_a_picture_that_is_cut_to_what_is_drawn_shows_the_same():
    figure, _ = grid("none", PLOTS)
    whole, cut = inked(pixels(figure)), inked(pixels(figure, bbox_inches="tight"))
    assert np.abs(np.subtract(whole.shape, cut.shape)).max() <= 2  # it is cut between two pixels
    rows, columns = np.minimum(whole.shape, cut.shape)
    assert (whole[:rows, :columns] - cut[:rows, :columns]).std() < 0.1


def pixels(figure, **how) -> np.ndarray:
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=60, **how)
    written.seek(0)
    return plt.imread(written)[:, :, :3].mean(axis=2)


def inked(picture: np.ndarray) -> np.ndarray:
    """The part of a picture that is not white."""
    dark = picture < 0.9
    rows, columns = (np.flatnonzero(dark.any(axis=axis)) for axis in (1, 0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize("name", PLOTS)
def test_on_small_axes_everything_is_smaller_and_nothing_is_enlarged(name):
    height = figures.height_of(name, TABLES[name]) / 100
    sizes = []
    for times in (0.5, 1, 2):
        figure = plt.figure(figsize=(4.2 * times, height * times))
        ax = getattr(figures, name)(TABLES[name], figure.add_axes((0, 0, 1, 1)))
        sizes.append(sorted(text.get_fontsize() for text in ax.findobj(mpl.text.Text) if text.get_text()))
    half, design, double = map(np.array, sizes)
    assert len(half) == len(design) or name in (
        "plot_xmr",
        "plot_surveys",
    )  # fewer months are named where they would touch
    np.testing.assert_allclose([half[0], half[-1]], [design[0] / 2, design[-1] / 2], rtol=1e-6)
    np.testing.assert_allclose([double[0], double[-1]], [design[0], design[-1]], rtol=1e-6)


@pytest.mark.parametrize("name", PLOTS)
def test_drawn_again_on_cleared_axes_it_stands_where_it_stood(name):
    _, ax = plt.subplots(figsize=(6, 4))
    getattr(figures, name)(TABLES[name], ax)
    before = ax.get_position().bounds
    ax.clear()
    getattr(figures, name)(TABLES[name], ax)
    assert ax.get_position().bounds == pytest.approx(before)


def test_a_drawing_follows_its_subplot_when_the_figure_is_made_larger_or_spread():
    figure, axes = grid("none", ["plot_xmr", "plot_plan"])
    before = [(text.get_window_extent().x0 - slot(ax).x0) / slot(ax).width for ax in axes for text in written(ax)]
    figure.subplots_adjust(wspace=0.8)
    figure.set_size_inches(20, 5)
    figure.canvas.draw()
    after = [(text.get_window_extent().x0 - slot(ax).x0) / slot(ax).width for ax in axes for text in written(ax)]
    assert after == pytest.approx(before, abs=0.1)


def test_a_drawing_may_stand_in_a_subfigure_or_in_an_inset():
    figure = plt.figure(figsize=(10, 4))
    left, right = figure.subfigures(1, 2)
    ax = figures.plot_xmr(TABLES["plot_xmr"], right.subplots())
    figure.canvas.draw()
    assert all(text.get_window_extent().x0 > 500 for text in written(ax))
    outer = left.subplots()
    inset = figures.plot_plan(TABLES["plot_plan"], outer.inset_axes((0.5, 0.5, 0.5, 0.5)))
    figure.canvas.draw()
    x0, y0 = outer.transAxes.transform((0.5, 0.5))
    boxes = [text.get_window_extent() for text in written(inset)]
    assert all(box.x0 >= x0 - 2 and box.y0 >= y0 - 2 for box in boxes)


def test_no_global_setting_changes():
    before = dict(mpl.rcParams)
    for name, table in FLAT.items():
        getattr(figures, name)(table, plt.figure().add_subplot())
        plt.close()
    figures.picture(figures.draw_client_story, client(), title="t")
    assert dict(mpl.rcParams) == before


def test_the_relief_is_drawn_in_three_dimensions():
    figure, axes = plt.subplots(1, 2, subplot_kw={"projection": "3d"})
    assert figures.draw_relief(surface(), axes[0]) is axes[0]
    figure.canvas.draw()


@pytest.mark.parametrize("name", DRAWS)
def test_an_empty_table_is_refused_in_a_sentence(name):
    with pytest.raises(ValueError, match=r"^There is nothing to draw: the table of .+ has no rows\.$"):
        getattr(figures, name)(DRAWN[name].iloc[:0], plt.figure().add_subplot())


# ---- slopes, loadings, stories


def test_slopes_are_drawn_from_a_to_z_whatever_their_size_and_say_who_has_none():
    ax = figures.draw_slopes(slopes(), plt.subplots()[1])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["C02", "C07", "C10"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top
    (points,) = (line for line in ax.lines if line.get_marker() == "o")
    assert points.get_xydata().tolist() == [[1.2, 1], [0.1, 2]]
    segments = [part.tolist() for held in ax.collections for part in held.get_segments()]
    assert [[1.0, 1.0], [1.5, 1.0]] in np.round(segments, 9).tolist()
    assert [(text.get_text(), text.get_position()[1]) for text in ax.texts] == [("not enough data", 0)]
    assert "by id" in ax.get_ylabel()


def test_slopes_of_more_than_one_month_are_refused():
    with pytest.raises(ValueError, match="more than one row"):
        figures.draw_slopes(pd.concat([slopes(), slopes()]), plt.subplots()[1])


def test_nobody_with_a_slope_is_drawn_too():
    ax = figures.draw_slopes(slopes().assign(compensation=NAN), plt.subplots()[1])
    assert [text.get_text() for text in ax.texts] == ["not enough data"] * 3


def test_loadings_stand_at_their_values_by_side_and_a_signal_not_used_says_so():
    ax = figures.draw_loadings(loadings(), plt.subplots()[1])
    drawn = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert drawn["effort"] == [[0.7, 0]]
    assert drawn["engagement"] == [[0.4, 2]]
    assert {"not used", "90%", "0%", "50%"} <= set(words(ax))
    assert ax.get_xlim()[1] >= 1


def test_a_clients_story_breaks_where_a_month_has_no_estimate_and_marks_crises():
    events, both, gap = figures.draw_client_story(client(), plt.subplots()[1]).child_axes
    values = {line.get_label(): line.get_ydata() for line in both.lines}
    np.testing.assert_array_equal(values["effort"], [0.1, NAN, 0.4, 0.9])
    assert len([line for line in gap.lines if line.get_gid() == "missing"]) == 1
    assert [panel.get_title("right") for panel in (events, both, gap)] == ["", *["◌ not enough data"] * 2]
    (crises,) = (line for line in events.lines if to_hex(line.get_color()) == figures.PALETTE["attn"])
    assert crises.get_xdata().tolist() == [pd.Period("2026-03", "M").ordinal]
    np.testing.assert_array_equal(events.lines[0].get_ydata(), [2, NAN, 3, 4])
    assert [label.get_text() for label in gap.get_xticklabels()] == ["2026-01", "2026-02", "2026-03", "2026-04"]


def test_a_story_without_stage_and_crisis_says_so():
    table = client().assign(stage=None, crisis=NAN)
    events = figures.draw_client_story(table, plt.subplots()[1]).child_axes[0]
    assert "neither stage nor crisis recorded" in words(events)


def test_a_clinicians_story_has_a_panel_each_and_one_month_is_enough():
    panels = figures.draw_clinician_story(clinician(), plt.subplots()[1]).child_axes
    assert [panel.get_title("left") for panel in panels] == ["own shift, SD", "compensation, SD", "P(over-invested)"]
    assert panels[2].get_ylim() == (-0.03, 1.03)
    assert len(figures.draw_clinician_story(clinician().iloc[:1], plt.subplots()[1]).child_axes) == 3
    assert len(figures.draw_clinician_story(clinician().iloc[1:2], plt.subplots()[1]).child_axes) == 3


# ---- what seaborn draws


def test_the_values_of_a_clinician_stand_in_one_row_and_somebody_without_any_in_none():
    ax = figures.draw_distributions(DRAWN["draw_distributions"], plt.subplots()[1])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["C02", "C10"]
    dots = [held.get_offsets()[:, 0].tolist() for held in ax.collections if len(held.get_offsets())]
    assert sorted(x for row in dots for x in row) == [0.1, 0.4, 0.9]
    assert 0.65 in [x for line in ax.lines for x in np.atleast_1d(line.get_xdata())]  # the median of C02


def test_more_client_months_than_dots_can_show_are_counted():
    draws = np.random.default_rng(1).normal(size=(2, 500))
    ax = figures.draw_client_months(pd.DataFrame({"effort": draws[0], "engagement": draws[1]}), plt.subplots()[1])
    (mesh,) = ax.collections
    assert mesh.get_array().sum() == 500


def test_small_multiples_have_a_chart_for_each_clinician_with_gaps_where_a_month_is_missing():
    table = pd.concat([clinician().assign(clinician_id=name) for name in ("C02", "C01")])
    grid = figures.small_multiples(table, "compensation", columns=2)
    assert [axes.get_title() for axes in grid.axes.flat] == ["C01", "C02"]
    for axes in grid.axes.flat:
        np.testing.assert_array_equal(axes.lines[-1].get_ydata(), [0.1, NAN, 0.4, 0.9])
        assert len(axes.collections) == 1
    with pytest.raises(ValueError, match="no rows"):
        figures.small_multiples(table.iloc[:0])
