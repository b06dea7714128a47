"""Figures as files: the size, the words and the bytes."""

from __future__ import annotations

import re
import stat
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import caseload
from caseload import figures


def figure() -> Figure:
    drawn = Figure(figsize=(4, 2))
    drawn.add_subplot(xlabel="engagement, SD").plot([0, 1], [1, 0], "o", clip_on=True)
    return drawn


@pytest.mark.parametrize("suffix", ["svg", "pdf", "SVG"])
def test_the_same_figure_is_the_same_bytes_without_date_or_maker(tmp_path, suffix):
    for name in ("one", "other"):
        caseload.save_figure(figure(), tmp_path / f"{name}.{suffix}")
    content = (tmp_path / f"one.{suffix}").read_bytes()
    assert content == (tmp_path / f"other.{suffix}").read_bytes()
    assert not re.search(rb"CreationDate|Creator|Producer|dc:|Matplotlib", content)
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / f"one.{suffix}").stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"one.{suffix}", f"other.{suffix}"]


def test_it_is_as_wide_as_the_column_and_keeps_its_own_size(tmp_path):
    drawn, before = figure(), dict(mpl.rcParams)
    caseload.save_figure(drawn.axes[0], tmp_path / "wide.svg", width_mm=174)
    width, height = map(
        float, re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', (tmp_path / "wide.svg").read_text()).groups()
    )
    assert width == pytest.approx(174 / 25.4 * 72, abs=0.01)
    assert height == pytest.approx(width / 2, abs=0.01)
    assert tuple(drawn.get_size_inches()) == (4, 2)
    assert dict(mpl.rcParams) == before
    caseload.save_figure(drawn, tmp_path / "wide.svg", width_mm=85, height_mm=85)
    width, height = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', (tmp_path / "wide.svg").read_text()).groups()
    assert width == height


def test_words_stay_words_and_fonts_are_embedded(tmp_path):
    for kind in ("svg", "pdf"):
        caseload.save_figure(figure(), tmp_path / f"figure.{kind}")
    assert "engagement, SD</text>" in (tmp_path / "figure.svg").read_text()
    content = (tmp_path / "figure.pdf").read_bytes()
    assert b"/FontFile2" in content and b"/Type3" not in content


@pytest.mark.parametrize(
    ("name", "sizes"), [("a.png", {}), ("a", {}), ("a.svg", {"width_mm": 0}), ("a.pdf", {"height_mm": -1})]
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path, name, sizes):
    with pytest.raises(ValueError, match=r"written as \.svg or \.pdf|must be above 0"):
        caseload.save_figure(figure(), tmp_path / name, **sizes)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_where_a_figure_fails(tmp_path):
    (tmp_path / "a.svg").write_text("before")
    with pytest.raises(ValueError, match="takes a matplotlib figure"):
        caseload.save_figure(None, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text() == "before"


def test_client_months_are_drawn_where_both_are_known():
    table = pd.DataFrame({"effort": [1.0, np.nan, -1.0], "engagement": [0.5, 1.0, 2.0]})
    ax = figures.draw_client_months(table, Figure().add_subplot())
    np.testing.assert_array_equal(ax.get_lines()[0].get_xydata(), [[0.5, 1.0], [2.0, -1.0]])
    assert ax.get_xlim() == ax.get_ylim() == (-1.25, 2.25)
    with pytest.raises(ValueError, match="no rows"):
        figures.draw_client_months(table[1:2], Figure().add_subplot())
