"""Marks and words of every figure against its table, ugly tables, and what the SVG of a page may hold."""

import ast
import dataclasses
import math
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Canvas

from caseload import figures
from caseload.figures import lettering
from caseload.figures.lettering import apart
from caseload.figures.svg import SvgRenderer
from caseload.pages import drawing, sparklines, views
from caseload.pages.html import SuperviseePage, render_page

PLOTS = sorted(name for name in figures.__all__ if name.startswith("plot_"))
NAN = math.nan
MARKUP = "<script>alert(1)</script>"
UGLY = (
    "client-with-a-very-long-identifier-0001",
    "שלום עולם",
    "👩‍👩‍👧 漢字漢字漢字漢字",
    "$a_b^2$ \\frac",
    MARKUP,
    "a\x00\x0b\nb",
    "",
)
HOURS = ["done", "cancelled_clinician", "cancelled_supervisor", "cancelled_service", "not_recorded"]


def dumbbells(rows: int = 3) -> pd.DataFrame:
    effort, engagement = np.linspace(1.5, 0.1, rows), np.linspace(-0.6, 0.2, rows)
    table = pd.DataFrame({"label": [f"C{row:02d}" for row in range(rows)]})
    for name, value in {"effort": effort, "engagement": engagement, "gap": effort - engagement}.items():
        table = table.assign(**{name: value, f"{name}_low": value - 0.5, f"{name}_high": value + 0.5})
    return table.assign(attention=[row == 0 for row in range(rows)])


def series(values: list[float], start: str = "2025-06", state: str = "", signals: int = 0) -> pd.DataFrame:
    months = [str(month) for month in pd.period_range(start, periods=len(values), freq="M")]
    value = np.array(values, dtype=float)
    limits = {"mean": 0.1, "lower": -0.5, "upper": 0.7, "lower_near": -0.3, "upper_near": 0.5}
    flagged = [place >= len(values) - signals for place in range(len(values))]
    states = [""] * (len(values) - 1) + [state]
    return pd.DataFrame(
        {
            "month": months,
            "value": value,
            "low": value - 0.2,
            "high": value + 0.2,
            **limits,
            "signal": flagged,
            "state": states,
        }
    )


def clouds(rows: int = 6) -> pd.DataFrame:
    x = np.linspace(-1, 1, rows)
    line = {"fit": -0.5 * x, "fit_low": -0.5 * x - 0.2, "fit_high": -0.5 * x + 0.2}
    return pd.DataFrame({"engagement": x, "effort": -0.5 * x + 0.1, "age": np.arange(rows) % 3, **line})


def stages() -> pd.DataFrame:
    rows = [("alliance", 1, 3, 0), ("exposure", 2, 1, 1), ("psychoeducation", 5, 2, -2), ("alliance", None, 4, None)]
    table = pd.DataFrame(rows, columns=["intervention", "stage", "sessions", "offset"])
    return table.astype({"stage": "Int64", "offset": "Float64"})


def supports() -> pd.DataFrame:
    rows = [("Supervision", 2.0, 0.0, 0.0, 2.0, 0.0), ("Peer support", 1.5, 0.0, 0.5, 0.0, 1.0)]
    return pd.DataFrame(rows, columns=["kind", *HOURS])


def surveys() -> pd.DataFrame:
    rows = [(day, scale, t) for scale, t in (("Burnout", 52.0), ("STS", 61.0)) for day in ("2025-11-03", "2026-05-04")]
    table = pd.DataFrame(rows, columns=["completed_on", "scale", "t"])
    return table.assign(completed_on=pd.to_datetime(table["completed_on"]), low=table["t"] - 8, high=table["t"] + 8)


def days() -> pd.DataFrame:
    minutes = np.zeros(31)
    minutes[[3, 5, 11, 20]] = 20, 30, 60, 59
    table = pd.DataFrame({"date": pd.date_range("2026-05-01", periods=31), "minutes": minutes})
    return table.assign(day_off=table["date"].dt.day.isin([1, 15]))


def goals() -> pd.DataFrame:
    rows = [("Leave by 17:30", 12.0, 5.0, "workload"), ("Peer group", 2.0, 2.0, "none")]
    return pd.DataFrame(rows, columns=["goal", "planned", "done", "barrier"])


def shares() -> pd.DataFrame:
    rows = [("contacts", "effort", 1.0), ("overrun", "effort", 0.25), ("SRS", "engagement", NAN)]
    return pd.DataFrame(rows, columns=["label", "side", "share"])


def scores() -> pd.DataFrame:
    rows = [
        ("strong", "ours", 0.97),
        ("strong", "mixed", 0.91),
        ("none of it", "ours", 0.5),
        ("none of it", "mixed", 0),
    ]
    return pd.DataFrame(rows, columns=["label", "contender", "value"])


def rates() -> pd.DataFrame:
    return pd.DataFrame({"label": ["strong", "none"], "value": [0.4, NAN], "budget": 1.0})


def teams(*shares: float, outside: str = "") -> pd.DataFrame:
    """Teams A, B, … around 80 %, with their limits."""
    names = [chr(ord("A") + place) for place in range(len(shares))]
    size = np.linspace(30, 110, len(shares))
    spread = 100 * np.sqrt(0.16 / size)
    table = pd.DataFrame({"label": names, "size": size, "share": [float(share) for share in shares], "centre": 80.0})
    for name, width in (("near", 1.96), ("outer", 3.09)):
        table = table.assign(**{f"{name}_low": 80 - width * spread, f"{name}_high": 80 + width * spread})
    return table.assign(outside=[name in outside for name in names], own=[name == "A" for name in names])


def recovered() -> pd.DataFrame:
    truth = np.linspace(-0.5, 1.4, 6)
    line = {"value": truth + 0.1, "low": truth - 0.3, "high": truth + 0.5}
    return pd.DataFrame({"truth": truth, **line, "marked": truth > 1})


def recording() -> pd.DataFrame:
    rows = [
        ("Notes", "2025-12", 1.0),
        ("Notes", "2026-01", 0.667),
        ("Notes", "2026-02", 0.66),
        ("SRS", "2025-12", 0.0),
        ("SRS", "2026-01", 0.33),
        ("SRS", "2026-02", NAN),
    ]
    return pd.DataFrame(rows, columns=["label", "month", "share"])


def detection(months: int = 3) -> pd.DataFrame:
    rows = [
        (label, month, rate * month)
        for label, rate in (("small", 0.1), ("large", 0.3))
        for month in range(1, months + 1)
    ]
    table = pd.DataFrame(rows, columns=["label", "month", "value"])
    return table.assign(low=table["value"] - 0.05, high=table["value"] + 0.05)


TABLES = {
    "plot_after_hours": days(),
    "plot_compensation": clouds(),
    "plot_coverage": shares(),
    "plot_detection": detection(),
    "plot_effort_engagement": dumbbells(),
    "plot_funnel": teams(82, 75, 60, 90, outside="C"),
    "plot_plan": goals(),
    "plot_rates": rates(),
    "plot_recording": recording(),
    "plot_recovery": recovered(),
    "plot_scores": scores(),
    "plot_stage_interventions": stages(),
    "plot_supports": supports(),
    "plot_surveys": surveys(),
    "plot_xmr": series([0.1, 0.0, 0.2, 0.9], state="raise"),
}


def plotted(plot: str, table: pd.DataFrame, **labels: str):
    height = figures.height_of(plot, table)
    ax = Canvas(figsize=(4.2, height / 100), dpi=100).add_axes((0, 0, 1, 1))
    assert getattr(figures, plot)(table, ax, **labels) is ax
    return ax


def view(plot: str, table: pd.DataFrame, **fields) -> views.Figure:
    return views.Figure(**({"plot": plot, "table": table, "title": "t", "subtitle": "s", "alt": "a"} | fields))


def words(ax) -> list[str]:
    return [text.get_text() for text in ax.findobj(mpl.text.Text) if text.get_text()]


def marked(ax, name: str) -> list:
    """Artists of one kind: everything drawn carries the name of what it means."""
    return list(ax.findobj(lambda artist: artist.get_gid() == name))


def points_of(ax, kind: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for line in marked(ax, f"points-{kind}") for x, y in line.get_xydata()]


def tinted(ax) -> dict[str, list[tuple[int, int]]]:
    """Row and column of the cells of each tint of a heat map."""
    patches = [patch for patch in ax.patches if str(patch.get_gid()).startswith("tint-")]
    corners = {patch.get_gid().removeprefix("tint-"): patch.get_path().vertices[::5] for patch in patches}
    return {name: [(int(y), int(x)) for x, y in places] for name, places in corners.items()}


def panels_of(ax) -> list:
    """The Axes inside an Axes; one that nobody sees keeps a title above the words."""
    return [panel for panel in ax.child_axes if panel.get_visible()]


def ends_of(values) -> np.ndarray:
    """Ends of lines that one artist draws with gaps between them."""
    values = np.asarray(values)
    return values[np.isfinite(values)].reshape(-1, 2)


# ---- the room


def test_every_plot_is_public_has_a_height_and_a_table_here():
    defined = {
        node.name
        for path in Path(figures.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("plot_")
    }
    assert defined == set(PLOTS) == set(TABLES)


def test_figures_import_no_sibling_and_drawing_no_pyplot():
    room = Path(figures.__file__).parent
    for path in [*room.glob("*.py"), Path(drawing.__file__)]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [f"{'.' * node.level}{node.module or ''}"]
            else:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert "pyplot" not in name, path
                sibling = name.startswith(("caseload", "..")) and not name.startswith("caseload.writing")
                assert path.parent != room or not sibling, (path, name)


def test_no_colour_of_the_palette_serves_two_roles():
    assert len(set(figures.PALETTE.values())) == len(figures.PALETTE)


def test_drawing_changes_no_global_setting():
    before = dict(mpl.rcParams)
    drawing.draw(view("plot_plan", goals()))
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("plot", PLOTS)
def test_an_empty_table_is_refused_in_a_sentence(plot):
    with pytest.raises(ValueError, match=r"^There is nothing to draw: the table of .+ has no rows\.$"):
        drawing.draw(view(plot, TABLES[plot].iloc[:0], height=200))


# ---- marks and numbers


def test_effort_and_engagement_stand_at_their_values():
    table = dumbbells(12)
    ax = plotted("plot_effort_engagement", table)
    assert ax.get_xlim() == (-3, 3)
    assert [x for x, _ in points_of(ax, "effort")] == pytest.approx(table["effort"].tolist())
    assert [x for x, _ in points_of(ax, "engagement")] == pytest.approx(table["engagement"].tolist())
    assert [round(y) for _, y in points_of(ax, "effort")] == list(range(12))
    expected = np.vstack([table[[f"{name}_low", f"{name}_high"]] for name in ("engagement", "effort")])
    assert np.vstack([ends_of(line.get_xdata()) for line in marked(ax, "intervals")]) == pytest.approx(expected)
    assert len(marked(ax, "attention")) == 1
    assert {"C00", "2.1", "1.6 to 2.6", "−0.6 to 0.4"} <= set(words(ax))


def test_estimates_beyond_the_axis_stand_at_its_edge_with_their_number_and_a_chevron():
    table = dumbbells(2)
    table.loc[0, ["effort", "effort_low", "effort_high"]] = [3.4, 2.8, 4.0]
    ax = plotted("plot_effort_engagement", table)
    assert points_of(ax, "effort")[0][0] == 3
    assert "3.4" in words(ax)
    assert len(marked(ax, "beyond-right")) == 1
    assert not marked(ax, "beyond-left")


def test_what_is_exactly_at_the_edge_is_not_beyond_it():
    table = dumbbells(1).assign(effort=3.0, effort_low=2.5, effort_high=3.0)
    ax = plotted("plot_effort_engagement", table)
    assert not marked(ax, "beyond-right")
    assert "3.0" not in words(ax)


def test_a_missing_estimate_is_a_dashed_lane_and_not_a_zero():
    table = dumbbells(2)
    table.loc[1, ["effort", "effort_low", "effort_high", "gap", "gap_low", "gap_high"]] = NAN
    ax = plotted("plot_effort_engagement", table)
    assert len(points_of(ax, "effort")) == 1
    assert len(marked(ax, "missing")) == 1
    assert "not estimable" in words(ax)


def test_the_newest_month_carries_its_state_and_earlier_signals_are_light():
    table = series([0.1, 0.2, 0.0, 0.8, 0.9], state="raise", signals=3)
    ax = plotted("plot_xmr", table, limit="trial limit", annotation="Outside")
    assert points_of(ax, "raise") == [(4, 0.9)]
    assert points_of(ax, "signal") == [(2, 0.0), (3, 0.8)]
    assert points_of(ax, "data") == [(0, 0.1), (1, 0.2)]
    assert {"trial limit", "0.70", "mean 0.10", "−0.50", "Outside", "Jun", "Oct", "2025"} <= set(words(ax))
    assert points_of(plotted("plot_xmr", series([0.1, 0.6], state="watch")), "watch") == [(1, 0.6)]


def test_words_of_limits_that_are_close_stand_apart_and_near_their_lines():
    assert apart([10, 60, 90], [14, 14, 14], (0, 100)) == [10, 60, 90]  # nothing to do
    assert apart([50, 50, 50], [14, 28, 14], (0, 200)) == [29, 50, 71]  # around the middle of what they want
    assert apart([5, 6], [14, 14], (0, 100)) == [7, 21]  # not out at the top
    assert apart([95, 99], [14, 14], (0, 100)) == [79, 93]  # nor at the bottom
    assert apart([50], [14], (0, 100)) == [50]


@pytest.mark.parametrize("gap", [0.0, 0.01, 0.1])
def test_the_limits_words_never_overlap(gap):
    table = series([0.0, 4.0, 0.2]).assign(mean=0.2, upper=0.2 + gap, lower=0.2 - gap)
    ax = plotted("plot_xmr", table, centre="expected", limit="trial limit")
    places = {text.get_text(): text.get_transform().transform(text.get_position()) for text in ax.texts}
    downs = sorted(down for across, down in places.values() if across > ax.bbox.x1 + 10)
    assert len(downs) >= 3
    assert min(np.diff(downs)) >= 14 - 1e-6
    assert marked(ax, "leader")


def test_a_month_without_a_value_or_a_row_breaks_the_line():
    table = series([0.1, 0.2, NAN, 0.3, 0.4, 0.5, 0.6]).drop(index=[4])
    ax = plotted("plot_xmr", table)
    runs = [line.get_xdata().tolist() for line in ax.lines if line.get_gid() is None and line.get_linewidth() == 1.26]
    assert runs == [[0, 1], [3], [5, 6]]
    assert sorted(line.get_xdata()[0] for line in marked(ax, "missing")) == [2, 4]


def test_limits_of_a_series_are_drawn_where_the_table_has_them():
    table = series([0.1, 0.2, 0.3])
    ax = plotted("plot_xmr", table.assign(lower=[NAN, -0.4, -0.4]))
    (upper,), (lower,) = marked(ax, "upper"), marked(ax, "lower")
    assert set(upper.get_ydata()) == {0.7}
    assert np.isnan(lower.get_ydata()[0])
    assert "−0.40" in words(ax)


def test_the_axis_of_a_series_keeps_to_its_floor_and_ceiling():
    table = series([98, 99, 100]).assign(mean=99, lower=97, upper=100, lower_near=98, upper_near=100)
    assert plotted("plot_xmr", table, ceiling="100", unit="%").get_ylim()[1] == 100
    assert plotted("plot_xmr", table.assign(value=0, mean=0, lower=0), floor="0").get_ylim()[0] == 0


def test_compensation_shows_this_month_filled_and_the_fit_over_its_range():
    table = clouds(6)
    ax = plotted("plot_compensation", table, annotation="0.66")
    now = np.array(points_of(ax, "data"))
    assert now == pytest.approx(table.loc[table["age"] == 0, ["engagement", "effort"]].to_numpy())
    assert len(points_of(ax, "earlier")) == (table["age"] > 0).sum()
    (fit,) = marked(ax, "fit")
    assert fit.get_xydata() == pytest.approx(table[["engagement", "fit"]].to_numpy())
    assert to_hex(fit.get_color()) == figures.PALETTE["attn"]


def test_counts_of_stage_and_intervention_and_their_direction():
    ax = plotted("plot_stage_interventions", stages())
    assert {"3", "1 ▲", "2 ▼", "4", "?", "alliance"} <= set(words(ax))
    assert words(ax).count("·") == 3 * 5 - 3
    assert len(marked(ax, "missing")) == 3  # a column of its own
    assert tinted(ax) == {"fit": [(0, 0)], "ahead1": [(1, 1)], "behind2": [(2, 4)]}


def test_a_pair_of_stage_and_intervention_stands_once():
    with pytest.raises(ValueError, match="more than once"):
        plotted("plot_stage_interventions", pd.concat([stages(), stages()]))


def test_supports_hatch_what_was_cancelled_and_name_who_cancelled():
    ax = plotted("plot_supports", supports())
    bars = [(patch.get_gid(), patch.get_x(), patch.get_width()) for patch in ax.patches if patch.get_gid() != "key"]
    assert bars == [
        ("solid", 0, 2), ("hatched", 2, 2),
        ("solid", 0, 1.5), ("hatched", 1.5, 0.5), ("missing", 2, 1),
    ]  # fmt: skip
    assert all(patch.get_hatch() for patch in marked(ax, "hatched"))
    assert {"2 of 4 h", "1.5 of 3 h", "cancelled: service 2 h", "cancelled: supervisor 0.5 h"} <= set(words(ax))


def test_survey_scores_and_the_line_of_the_upper_quarter():
    ax = plotted("plot_surveys", surveys())
    panels = panels_of(ax)
    assert [[y for _, y in points_of(panel, "data")] for panel in panels] == [[52, 52], [61, 61]]
    assert all(line.get_ydata()[0] == 56.2 for panel in panels for line in marked(panel, "norm"))
    good = plotted("plot_surveys", surveys().assign(strain=lambda table: table["scale"] == "STS"))
    assert [len(marked(panel, "norm")) for panel in panels_of(good)] == [0, 1]  # higher is better: no line
    beyond = plotted("plot_surveys", surveys().assign(t=85.0))
    assert points_of(panels_of(beyond)[0], "data")[0][1] == 80
    assert "85  " not in words(beyond)
    assert "85" in words(beyond)


def test_the_calendar_tints_by_thirty_and_sixty_minutes():
    ax = plotted("plot_after_hours", days())
    # 4 May: 20 minutes; 6 and 21 May: 30 and 59; 12 May: 60
    assert tinted(ax) == {"seq1": [(1, 0)], "seq2": [(1, 2), (3, 3)], "seq3": [(2, 1)]}
    assert words(ax).count("off") == 2
    assert len(marked(ax, "none")) == 31 - 2 - 4
    unknown = plotted("plot_after_hours", days().assign(minutes=NAN))
    assert words(unknown).count("?") == 31 - 2


def test_goals_show_times_done_planned_and_the_barrier():
    ax = plotted("plot_plan", goals())
    bars = [patch.get_width() for patch in marked(ax, "solid")]
    ticks = [line.get_xdata()[0] for line in marked(ax, "planned")]
    assert bars == [5, 2]
    assert ticks == [12, 2]
    assert {"5 of 12 times", "2 of 2 times", "barrier: workload"} <= set(words(ax))
    assert not any("none" in text for text in words(ax))
    unrecorded = plotted("plot_plan", goals().assign(done=NAN))
    assert words(unrecorded).count("not recorded") == 2 + 1


def test_coverage_is_solid_where_recorded_and_dashed_where_not():
    ax = plotted("plot_coverage", shares())
    assert [patch.get_width() for patch in marked(ax, "solid")] == [1, 0.25]
    assert [(patch.get_x(), patch.get_width()) for patch in marked(ax, "missing")] == [(0.25, 0.75), (0, 1)]
    assert {"100%", "25%", "not recorded"} <= set(words(ax))
    assert {"under 1%", "over 99%"} <= set(words(plotted("plot_coverage", shares().assign(share=[0.001, 0.999, 0.5]))))


def test_what_was_recorded_is_a_number_in_a_tinted_cell_and_nothing_is_dashed():
    ax = plotted("plot_recording", recording())
    assert tinted(ax) == {"seq1": [(1, 1)], "seq2": [(0, 2)], "seq3": [(0, 0), (0, 1)]}
    assert [(patch.get_x() // 1, patch.get_y() // 1) for patch in marked(ax, "missing") if patch.get_x() > 0] == [
        (0, 1)
    ]
    said = words(ax)
    assert {"100", "67", "66", "33", "·", "D", "J", "F", "25", "26", "Notes", "SRS"} <= set(said)
    assert said.count("·") == 1
    faint = plotted("plot_recording", recording().assign(share=0.001))
    assert words(faint).count("<1") == 6


def test_of_what_was_recorded_the_last_twelve_months_are_drawn():
    ax = plotted("plot_recording", MANY["plot_recording"])
    assert ax.get_xlim() == (0, 12)
    assert len([word for word in words(ax) if word in set("JFMAMJJASOND")]) == 12


def test_scores_stand_at_their_values_each_contender_with_a_mark_of_its_own():
    ax = plotted("plot_scores", scores(), xlabel="AUROC")
    assert sorted(points_of(ax, "data")) == [(0.5, 1), (0.97, 0)]
    assert sorted(points_of(ax, "hollow")) == [(0, 1), (0.91, 0)]
    assert {"strong", "none of it", "ours", "mixed", "0.97", "0.50", "AUROC"} <= set(words(ax))
    assert not marked(ax, "missing")
    assert len(marked(plotted("plot_scores", scores().assign(value=[NAN, NAN, 1, 1])), "missing")) == 1


def test_rates_are_bars_beside_their_budget():
    ax = plotted("plot_rates", rates(), rate="raised")
    assert [patch.get_width() for patch in marked(ax, "solid")] == [0.4]
    assert [line.get_xdata()[0] for line in marked(ax, "budget")] == [1]
    assert {"0.40", "budget 1", "raised", "not known"} <= set(words(ax))
    assert len(marked(ax, "missing")) == 1
    assert not marked(plotted("plot_rates", rates().assign(budget=NAN)), "budget")


def test_estimates_stand_above_their_truth_and_the_marked_are_filled():
    table = recovered()
    ax = plotted("plot_recovery", table)
    assert points_of(ax, "data") == [tuple(row) for row in table.loc[table["marked"], ["truth", "value"]].to_numpy()]
    assert len(points_of(ax, "hollow")) == (~table["marked"]).sum()
    (lines,) = marked(ax, "intervals")
    assert ends_of(lines.get_ydata()) == pytest.approx(table[["low", "high"]].to_numpy())
    assert ax.get_xlim() == ax.get_ylim() == (-1, 2)
    assert "over-invested in truth" in words(ax)
    assert len(marked(plotted("plot_recovery", table.assign(value=NAN)), "missing")) == 6


def test_what_is_found_by_month_is_a_line_with_a_band_that_begins_at_nothing():
    table = detection()
    ax = plotted("plot_detection", table, goal="0.8", ylabel="shown")
    curves = marked(ax, "curve")
    assert [line.get_xdata().tolist() for line in curves] == [[0, 1, 2, 3]] * 2
    assert curves[1].get_ydata().tolist() == pytest.approx([0, 0.3, 0.6, 0.9])
    band = marked(ax, "band")[1].get_path().vertices
    assert {(1.0, 0.25), (1.0, 0.35), (0.0, 0.0)} <= {(x, round(y, 6)) for x, y in band}
    assert [line.get_ydata()[0] for line in marked(ax, "goal")] == [0.8]
    assert {"small", "large", "↑ shown", "80%"} <= set(words(ax))
    assert not marked(plotted("plot_detection", table), "goal")
    assert len({line.get_linestyle() for line in curves}) == 2


def test_the_figure_of_power_for_publication_has_its_curves_bands_and_legend():
    with figures.style():
        ax = figures.draw_power(detection(), Canvas().add_subplot(), goal=0.5)
    assert [line.get_label() for line in ax.lines[:2]] == ["small", "large"]
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert ax.lines[2].get_ydata()[0] == 0.5
    assert len(ax.collections) == 2
    assert len(figures.draw_power(detection(), Canvas().add_subplot(), goal=None).lines) == 2
    with pytest.raises(ValueError, match="months has no rows"):
        figures.draw_power(detection().head(0), Canvas().add_subplot())


# ---- words


@pytest.mark.parametrize(
    ("text", "short"),
    [("C07", "C07"), ("abcdefghij", "abcdefghij"), ("abcdefghijk", "abcde…hijk"), (None, ""), (pd.NA, ""), (NAN, "")],
)
def test_long_identifiers_keep_both_ends(text, short):
    assert lettering.shorten(text) == short


def test_wide_characters_count_twice():
    assert lettering.columns(lettering.shorten("漢字" * 10)) <= 10


def test_long_goals_take_two_lines_and_an_ellipsis():
    lines = lettering.wrap("leave the building " * 9, 36)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(len(line) <= 36 for line in lines)
    assert lettering.wrap("x" * 50, 36) == ["x" * 36, "x" * 14]


@pytest.mark.parametrize(
    ("value", "text"), [(-0.04, "0.0"), (-0.06, "−0.1"), (NAN, "–"), (None, "–"), (math.inf, "–"), (12, "12.0")]
)
def test_numbers_have_a_true_minus_and_no_minus_zero(value, text):
    assert lettering.number(value) == text


# ---- ugly tables, all the way to the page

TEXT_COLUMNS = {"label", "contender", "intervention", "kind", "scale", "goal", "barrier"}
MANY = {
    "plot_effort_engagement": dumbbells(40),
    "plot_xmr": series([*np.sin(range(60))], "2021-06", "watch", 9),
    "plot_compensation": clouds(200).assign(
        effort=lambda table: table["effort"] * 9, engagement=lambda table: -table["engagement"] * 5
    ),
    "plot_stage_interventions": pd.DataFrame(
        [(f"{name}{row}", stage, 99, stage - 3) for row, name in enumerate(UGLY * 6) for stage in range(1, 6)],
        columns=["intervention", "stage", "sessions", "offset"],
    ),
    "plot_supports": pd.concat([supports()] * 20),
    "plot_surveys": pd.concat([surveys().assign(scale=f"scale {place}") for place in range(6)]),
    "plot_after_hours": days().assign(minutes=1440, day_off=True),
    "plot_plan": pd.concat([goals()] * 20),
    "plot_rates": pd.concat([rates()] * 30).assign(value=40.0),
    "plot_recovery": pd.concat([recovered()] * 30).assign(value=np.linspace(-9, 9, 180), truth=np.linspace(9, -9, 180)),
    "plot_scores": pd.concat([scores().assign(label=f"world {place}") for place in range(40)]),
    "plot_coverage": pd.concat([shares()] * 14).assign(share=1.4),
    "plot_detection": detection(60).assign(label=lambda table: table["month"].mod(7).astype(str) + table["label"]),
    "plot_recording": pd.DataFrame(
        [
            (f"C{row:04d}", str(month), row / 29)
            for row in range(30)
            for month in pd.period_range("2024-01", periods=24, freq="M")
        ],
        columns=["label", "month", "share"],
    ),
    "plot_funnel": pd.concat([teams(*range(0, 100, 4))] * 5),
}


def nothing_known(table: pd.DataFrame) -> pd.DataFrame:
    kept = TEXT_COLUMNS | {
        "marked",
        "month",
        "date",
        "completed_on",
        "day_off",
        "side",
        "state",
        "signal",
        "attention",
        "age",
    }
    return table.assign(**{name: NAN for name in table.columns if name not in kept})


def all_equal(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: 1.0 for name in table.columns if pd.api.types.is_float_dtype(table[name])})


def strange_words(table: pd.DataFrame) -> pd.DataFrame:
    texts = (list(UGLY) * len(table))[: len(table)]
    return table.assign(**dict.fromkeys(TEXT_COLUMNS & set(table.columns), texts))


UGLINESS = {
    "one row": lambda plot: TABLES[plot].head(1),
    "many rows": MANY.__getitem__,
    "nothing known": lambda plot: nothing_known(TABLES[plot]).drop_duplicates(),
    "all equal": lambda plot: all_equal(TABLES[plot]),
    "all zero": lambda plot: all_equal(TABLES[plot]).replace(1.0, 0.0),
    "strange words": lambda plot: strange_words(TABLES[plot]),
}


@pytest.mark.parametrize("ugly", UGLINESS)
@pytest.mark.parametrize("plot", PLOTS)
def test_ugly_tables_survive_up_to_the_page(plot, ugly):
    svg = drawing.draw(view(plot, UGLINESS[ugly](plot), title=MARKUP, alt=UGLY[5]))
    Tags().feed(svg)
    assert "script" not in Tags.of(svg)
    assert "<script" not in svg
    assert "nan" not in re.sub(r"<(text|title|desc)[^>]*>[^<]*", "", svg).lower()


# ---- the markup


class Tags(HTMLParser):
    """Reads markup and fails where a tag is not closed."""

    def __init__(self):
        super().__init__()
        self.stack, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.stack.append(tag)
        self.seen.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    @classmethod
    def of(cls, svg):
        parser = cls()
        parser.feed(svg)
        parser.close()
        assert not parser.stack
        return parser.seen


@pytest.mark.parametrize("plot", PLOTS)
def test_the_svg_is_fit_for_a_page(plot):
    svg = drawing.draw(view(plot, TABLES[plot], title="A & B", alt='"quoted" <i>'))
    height = figures.height_of(plot, TABLES[plot])
    opening, title, description = re.match(
        r"(<svg[^>]*>)<title[^>]*>(.*?)</title><desc[^>]*>(.*?)</desc>", svg
    ).groups()
    assert f'class="fig" viewBox="0 0 420 {height}" role="img"' in opening
    assert 'focusable="false"' in opening
    assert (title, description) == ("A &amp; B", "&quot;quoted&quot; &lt;i&gt;")
    assert "http" not in svg
    assert not re.search(r"<\?xml|<!DOCTYPE|<metadata|<style|xlink|xmlns|font-family|<image| width=\"\d+pt", svg)
    assert Tags.of(svg).count("text") > 2


@pytest.mark.parametrize("plot", PLOTS)
def test_every_colour_is_a_property_of_the_stylesheet_with_itself_as_fallback(plot):
    svg = drawing.draw(view(plot, TABLES[plot]))
    used = set(re.findall(r"var\(--([\w-]+), (#[0-9a-f]{6})\)", svg))
    assert used <= set(figures.PALETTE.items())
    assert used
    left = re.sub(r"var\(--[\w-]+, #[0-9a-f]{6}\)", "", svg)
    assert not re.search(r"(?:fill|stroke|color)[:=]\s*\"?(?!none|\"?none|url|\s*;)#?\w*#[0-9a-f]{3,8}", left)
    assert not re.search(r": #[0-9a-f]{6}", left)


@pytest.mark.parametrize("plot", PLOTS)
def test_the_same_figure_gives_the_same_bytes_and_another_one_other_ids(plot):
    figure = view(plot, TABLES[plot])
    svg, other = drawing.draw(figure), drawing.draw(dataclasses.replace(figure, title="another finding"))
    assert drawing.draw(view(plot, TABLES[plot].copy())) == svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert not set(ids) & set(re.findall(r'\bid="([^"]+)"', other))
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)|aria-labelledby="([^"]+)"', svg)
    assert {name for found in references for name in " ".join(found).split()} == set(ids)


def test_every_process_writes_the_same_bytes():
    program = """
import test_figures as here
from caseload.pages import drawing
print("".join(drawing.draw(here.view(plot, table)) for plot, table in here.TABLES.items()))
"""
    here = Path(__file__).parent
    made = []
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(here), "PYTHONIOENCODING": "utf-8"}
        made.append(subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True))
    assert made[0].stdout == made[1].stdout
    assert made[0].stdout.decode().strip() == "".join(drawing.draw(view(plot, table)) for plot, table in TABLES.items())


@pytest.mark.parametrize("plot", PLOTS)
def test_neither_the_settings_of_a_user_nor_the_style_of_a_notebook_changes_a_figure(plot):
    def marks() -> str:
        return figures.markup(getattr(figures, plot), TABLES[plot], 300, {})

    ours = marks()
    with figures.style():
        assert marks() == ours
    with mpl.rc_context({"lines.linewidth": 9, "text.color": "red", "figure.dpi": 300, "patch.force_edgecolor": True}):
        assert marks() == ours


@pytest.fixture
def drawn(monkeypatch):
    """Names of the plots drawn, one after the other, with nothing remembered from before."""
    names: list[str] = []
    markup = figures.markup

    def counted(plot, *args):
        names.append(plot.__name__)
        return markup(plot, *args)

    monkeypatch.setattr(figures, "markup", counted)
    drawing.forget()
    yield names
    drawing.forget()


@pytest.mark.parametrize("plot", PLOTS)
def test_a_figure_is_drawn_once_and_a_second_one_like_it_has_words_and_ids_of_its_own(plot, drawn):
    figure = view(plot, TABLES[plot], title="your finding", alt="Yours.")
    other = dataclasses.replace(figure, table=TABLES[plot].copy(), title="their finding", alt="Theirs.", subtitle="z")
    first, second = drawing.draw(figure), drawing.draw(other)
    assert drawn == [plot]
    assert ">their finding</title>" in second
    assert ">Theirs.</desc>" in second
    drawing.forget()
    assert drawing.draw(other) == second
    assert not set(re.findall(r'\bid="([^"]+)"', first)) & set(re.findall(r'\bid="([^"]+)"', second))
    assert "\0" not in first


def test_whatever_a_drawing_shows_makes_it_another_one(drawn):
    figure = view("plot_plan", goals())
    changed = [goals().assign(done=[5.0, NAN]), goals().assign(goal=["a", "b"]), goals().iloc[::-1], goals().head(1)]
    others = [dataclasses.replace(figure, table=table) for table in changed]
    others += [dataclasses.replace(figure, height=333), dataclasses.replace(figure, labels={"times": "Mal"})]
    made = {drawing.draw(each) for each in (figure, *others)}
    assert len(drawn) == len(made) == 7


def test_a_table_changed_in_place_is_drawn_again(drawn):
    table = goals()
    before = drawing.draw(view("plot_plan", table))
    table.loc[0, "done"] = 11.0
    assert "11 of 12 times" in drawing.draw(view("plot_plan", table))
    assert "11 of 12 times" not in before


def test_no_figure_of_a_report_is_drawn_twice(sample_review, drawn):
    copies = [sample_review.supervisee("C07", copy) for copy in ("supervisor", "own")]
    shown = [
        [
            item.plot
            for section in copy.sections
            for item in (section.main, *section.supporting)
            if isinstance(item, views.Figure)
        ]
        for copy in copies
    ]
    pages = [render_page(SuperviseePage(copy)) for copy in copies]
    assert shown[0] == shown[1] == drawn
    for page in pages:
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids))


def test_text_that_no_browser_is_asked_to_place_is_refused():
    ax = plotted("plot_plan", goals())
    ax.set_axis_on()
    with pytest.raises(NotImplementedError, match=r"lettering\.write"):
        ax.figure.draw(SvgRenderer(300))


def test_lines_alike_are_one_path_and_each_marker_is_defined_once():
    svg = drawing.draw(view("plot_scores", scores()))
    grid = re.findall(r'<path d="([^"]+)" style="[^"]*--line, ', svg)
    assert [outline.count("M") for outline in grid] == [5]
    definitions = re.findall(r'<path id="[^"]+" (d="[^"]+" style="[^"]+")', svg)
    assert len(definitions) == len(set(definitions)) == 2
    assert svg.count("<use") == 4 + 2


def test_words_stay_words_and_their_markup_is_escaped():
    table = dumbbells(3).assign(label=["<b>$x_1$", "שלום", "a&b"])
    svg = drawing.draw(view("plot_effort_engagement", table))
    assert re.findall(r"<text[^>]*>(&lt;b&gt;\$x_1\$|שלום|a&amp;b)</text>", svg) == [
        "&lt;b&gt;$x_1$",
        "שלום",
        "a&amp;b",
    ]


def test_a_colour_in_somebodys_words_stays_theirs():
    table = goals().assign(goal=["style: #17222c;", "var"])
    assert ">style: #17222c;</text>" in drawing.draw(view("plot_plan", table))


def test_labels_reach_the_plot_and_a_chosen_height_is_kept():
    svg = drawing.draw(view("plot_plan", goals(), labels={"times": "Mal"}, height=333))
    assert "5 of 12 Mal" in svg
    assert 'viewBox="0 0 420 333"' in svg


def test_a_plot_leaves_the_other_axes_of_its_figure_alone():
    left, right = Canvas(figsize=(8.4, 3), dpi=100).subplots(1, 2)
    before = right.get_position().bounds
    box = left.get_position()
    figures.plot_plan(goals(), left)
    assert right.get_position().bounds == before
    inner = left.get_position()
    assert box.x0 <= inner.x0 < inner.x1 <= box.x1
    assert box.y0 <= inner.y0 < inner.y1 <= box.y1


# ---- sparklines


def spark(*values: float, **fields) -> str:
    return sparklines.sparkline(views.Spark(values=values, alt="Between <3> & 9.", **fields))


def test_a_sparkline_breaks_where_a_month_has_no_value():
    svg = spark(1, 2, NAN, 3, NAN, 4, 5)
    assert svg.count("<polyline") == 2
    assert svg.count("stroke-dasharray") == 2
    assert svg.count("<path") == 2 + 1 + 1  # two rings, one month alone, the newest


@pytest.mark.parametrize(
    ("state", "shape"), [("raise", "m0-6 6 6-6 6-6-6z"), ("watch", "m0-6.5 6 11h-12z"), ("steady", "a4.5 4.5")]
)
def test_a_sparkline_ends_in_its_state(state, shape):
    assert shape in spark(1, 2, 3, state=state)
    assert shape not in spark(1, 2, NAN, state=state)


def test_a_sparkline_without_enough_data_joins_nothing():
    svg = spark(NAN, NAN, 4, 5, state="not_enough_data")
    assert "<polyline" not in svg
    assert svg.count("<path") == 4


def test_a_sparkline_draws_usual_range_and_interval_inside_its_box():
    svg = spark(0.0, 1.0, low=-50, high=50, usual=(0.2, 0.6), state="raise")
    assert svg.count("<rect") == 1
    y1, y2 = map(float, re.search(r'y1="([\d.]+)" y2="([\d.]+)"', svg).groups())
    assert 8 <= y2 < y1 <= 56
    assert "<rect" not in spark(0.0, 1.0, usual=(NAN, NAN))


@pytest.mark.parametrize(
    "values", [(1.0,), (NAN,), (2.0, 2.0, 2.0), (NAN, NAN), (math.inf, 1.0), tuple(np.sin(range(60)))]
)
def test_sparklines_of_ugly_values_stay_in_their_box(values):
    svg = spark(*values, low=NAN, high=1.0)
    Tags.of(svg)
    assert "nan" not in svg
    assert "inf" not in svg
    for x, y in re.findall(r"([\d.-]+),([\d.-]+)", re.sub(r'style="[^"]*"', "", svg)):
        assert 8 <= float(x) <= 232
        assert 8 <= float(y) <= 56


def test_a_sparkline_is_named_described_and_the_same_every_time():
    assert spark(1, 2, 3) == spark(1, 2, 3) != spark(1, 2, 4)
    assert "Between &lt;3&gt; &amp; 9.</desc>" in spark(1, 2)
    assert ">Last 2 months</title>" in spark(1, 2)
    assert "http" not in spark(1, 2)
    with pytest.raises(ValueError, match="no months"):
        spark()


def test_the_funnel_marks_teams_outside_and_names_few_of_many():
    ax = plotted("plot_funnel", teams(82, 75, 60, outside="C"), across="hours promised")
    assert points_of(ax, "raise") == [(110, 60)]
    assert len(points_of(ax, "data")) == 2
    assert {"A", "B", "C", "hours promised"} <= set(words(ax))
    many = plotted("plot_funnel", teams(*[80.0] * 14, 60, outside="O"))
    assert {"A", "O"} <= set(words(many)) and "B" not in words(many)


def test_names_in_the_funnel_stand_apart():
    ax = plotted(
        "plot_funnel", teams(80, 80, 80, 80).assign(size=lambda table: table["size"].mask(table.index < 4, 60))
    )
    places = sorted(text.get_window_extent().y0 for text in ax.texts if text.get_text() in set("ABCD"))
    assert min(np.diff(places)) >= 10
