"""Response surfaces against statsmodels, against the published formulas, and against surfaces with a known truth."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from matplotlib.figure import Figure

import caseload
from caseload import ParameterError, figures
from caseload.estimates.surface import CONTRASTS, design, response_surface
from caseload.estimates.surface_axes import principal_axes
from caseload.estimates.surface_models import compare_models

TRUTH = np.array([1, -0.23, 0.77, -0.07, 0.27, -0.10])
SHAPE = np.array([0.54, 0.10, -1.00, -0.44, 0.03])  # a1 … a5 of TRUTH, by hand
RUNS, CLUSTERS, ROWS = 300, 25, 16


def world(seed: int, clusters: int = CLUSTERS, rows: int = ROWS, b: np.ndarray = TRUTH) -> pd.DataFrame:
    """Clinicians who differ in both predictors and in the outcome."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(clusters), rows)
    shared, own = rng.normal(size=(3, clusters))[:, who], rng.normal(size=(3, len(who)))
    x, y = (np.sqrt(0.3) * shared[:2] + np.sqrt(0.7) * own[:2]) * [[1.0], [0.9]]
    y = y + 0.3 * x
    return pd.DataFrame({"x": x, "y": y, "z": design(x, y) @ b + np.sqrt(0.3) * shared[2] + own[2], "who": who})


def test_without_clusters_everything_is_that_of_least_squares_in_statsmodels():
    frame = world(1)
    theirs = sm.OLS(frame["z"], design(frame["x"].to_numpy(), frame["y"].to_numpy())).fit()
    ours = response_surface(frame, "x", "y", "z")
    table = ours.parameters.iloc[:6]
    np.testing.assert_allclose(table["estimate"], theirs.params, atol=1e-8)
    np.testing.assert_allclose(table["se"], theirs.bse, atol=1e-8)
    np.testing.assert_allclose(table[["low", "high"]], theirs.conf_int(), atol=1e-8)
    np.testing.assert_allclose(ours.r2, theirs.rsquared, atol=1e-8)
    shape = theirs.t_test(CONTRASTS[6:])
    np.testing.assert_allclose(ours.parameters.iloc[6:]["se"], shape.sd, atol=1e-8)
    np.testing.assert_allclose(ours.parameters.iloc[6:]["estimate"], shape.effect, atol=1e-8)


def test_standard_errors_by_cluster_are_those_of_statsmodels():
    frame = world(2)
    model = sm.OLS(frame["z"], design(frame["x"].to_numpy(), frame["y"].to_numpy()))
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": frame["who"]})
    ours = response_surface(frame, "x", "y", "z", cluster="who")
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), atol=1e-8)
    np.testing.assert_allclose(ours.parameters.iloc[6:]["se"], theirs.t_test(CONTRASTS[6:]).sd, atol=1e-8)
    assert ours.clusters == CLUSTERS and ours.rows == CLUSTERS * ROWS and ours.dropped == 0


def test_intervals_by_cluster_are_those_of_the_matrices_written_out():
    """CR2 and Satterthwaite's degrees of freedom by Bell & McCaffrey (2002), with every n × n matrix."""
    frame = world(3, clusters=7, rows=9)
    x = design(frame["x"].to_numpy(), frame["y"].to_numpy())
    bread = np.linalg.inv(x.T @ x)
    residual = frame["z"].to_numpy() - x @ bread @ x.T @ frame["z"].to_numpy()
    annihilator = np.eye(len(x)) - x @ bread @ x.T
    variances, freedom = [], []
    for contrast in CONTRASTS:
        columns, total = [], 0.0
        for group in range(7):
            rows = np.flatnonzero(frame["who"] == group)
            values, vectors = np.linalg.eigh(annihilator[np.ix_(rows, rows)])
            adjusted = vectors @ np.diag(values**-0.5) @ vectors.T @ x[rows] @ bread @ contrast
            total += float(adjusted @ residual[rows]) ** 2
            columns.append(annihilator[:, rows] @ adjusted)
        inner = np.column_stack(columns).T @ np.column_stack(columns)
        variances.append(total)
        freedom.append(np.trace(inner) ** 2 / (inner**2).sum())
    table = response_surface(frame, "x", "y", "z", cluster="who").parameters
    np.testing.assert_allclose(table["se_interval"] ** 2, variances, rtol=1e-8)
    np.testing.assert_allclose(table["df"], freedom, rtol=1e-8)


def test_the_shape_follows_from_the_coefficients_by_the_published_formulas():
    frame = world(4)
    frame["z"] = design(frame["x"].to_numpy(), frame["y"].to_numpy()) @ TRUTH + 1e-9 * frame["z"]
    table = response_surface(frame, "x", "y", "z").parameters
    np.testing.assert_allclose(table["estimate"].iloc[6:], SHAPE, atol=1e-6)
    full = response_surface(world(4), "x", "y", "z", "who")
    v = full.covariance.to_numpy()
    by_hand = v[3, 3] + v[4, 4] + v[5, 5] - 2 * v[3, 4] - 2 * v[4, 5] + 2 * v[3, 5]
    assert full.parameters.loc["a4", "se"] ** 2 == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("clusters", [10, CLUSTERS])
def test_intervals_of_the_shape_hold_as_often_as_they_say(clusters):
    held = []
    for seed in range(RUNS):
        table = response_surface(world(1000 + seed, clusters), "x", "y", "z", "who").parameters.iloc[6:]
        held.append((table["low"] <= SHAPE) & (table["high"] >= SHAPE))
    share = np.mean(held, axis=0)
    assert ((share >= 0.92) & (share <= 0.98)).all(), share  # 95 % ± 2.5 standard errors of 300 runs
    assert 0.93 <= share.mean() <= 0.97, share


def test_rows_that_lack_something_are_left_out_and_counted():
    frame = world(5)
    gaps = frame.copy()
    gaps.loc[[0, 7], "x"], gaps.loc[8, "z"] = np.nan, np.inf
    ours = response_surface(gaps, "x", "y", "z", "who")
    whole = response_surface(frame.drop([0, 7, 8]), "x", "y", "z", "who")
    pd.testing.assert_frame_equal(ours.parameters, whole.parameters)
    assert ours.dropped == 3


def test_the_bootstrap_is_the_same_for_the_same_seed_and_near_the_intervals():
    first, again, other = (response_surface(world(6), "x", "y", "z", "who", bootstrap=400, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first.parameters, again.parameters)
    assert not first.parameters["boot_low"].equals(other.parameters["boot_low"])
    width = first.parameters["high"] - first.parameters["low"]
    np.testing.assert_allclose(first.parameters["boot_high"] - first.parameters["boot_low"], width, rtol=0.6)


def test_models_against_least_squares_under_their_constraints():
    """Log-likelihood of the linear ones by statsmodels on the constrained design; AICc by its formula."""
    frame = world(7)
    x, y, z = (frame[name].to_numpy() for name in "xyz")
    designs = {
        "null": [], "difference": [x - y], "additive": [x, y], "squared_difference": [(x - y) ** 2],
        "shifted_ridge": [x - y, (x - y) ** 2], "full": [x, y, x * x, x * y, y * y],
    }  # fmt: skip
    table = response_surface(frame, "x", "y", "z").models
    n = len(z)
    for name, columns in designs.items():
        fitted = sm.OLS(z, np.column_stack([np.ones(n), *columns])).fit()
        k = len(columns) + 2
        assert table.loc[name, "log_likelihood"] == pytest.approx(fitted.llf, abs=1e-8)
        assert table.loc[name, "aicc"] == pytest.approx(
            -2 * fitted.llf + 2 * k + 2 * k * (k + 1) / (n - k - 1), abs=1e-8
        )
    additive = sm.OLS(z, np.column_stack([np.ones(n), x, y])).fit()
    full = sm.OLS(z, design(x, y)).fit()
    assert table.loc["additive", "lr_p"] == pytest.approx(full.compare_lr_test(additive)[1], abs=1e-8)
    assert table.loc["additive", "wald_p"] == pytest.approx(full.compare_f_test(additive)[1], abs=1e-8)
    assert table["weight"].sum() == pytest.approx(1) and table["delta"].iloc[0] == 0


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("null", lambda x, y: 0 * x),
        ("difference", lambda x, y: x - y),
        ("additive", lambda x, y: x + 0.2 * y),
        ("squared_difference", lambda x, y: -((x - y) ** 2)),
        ("shifted_ridge", lambda x, y: -((x - y - 0.7) ** 2)),
        ("rising_ridge", lambda x, y: x + y - (x - y) ** 2),
        ("rotated_ridge", lambda x, y: -((x - 0.4 * y - 0.3) ** 2)),
        ("full", lambda x, y: x * y + 0.3 * x * x + 0.4 * y * y + x - 0.5 * y),
    ],
)
def test_the_model_that_made_the_outcome_is_among_the_best(name, shape):
    frame = world(8)
    noise = np.random.default_rng(8).normal(size=len(frame)) * 0.5
    frame["z"] = shape(frame["x"], frame["y"]) + noise
    models = response_surface(frame, "x", "y", "z").models
    assert models.loc[name, "delta"] < 4
    assert models.loc[name, "lr_p"] > 0.01 or name == "full"


def test_a_rotated_ridge_is_found_whatever_its_angle():
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(2, 400))
    for angle in np.linspace(0.05, np.pi, 9):
        z = -((np.cos(angle) * x - np.sin(angle) * y - 0.2) ** 2) + 0.01 * rng.normal(size=400)
        assert compare_models(np.column_stack([x, y, z])).loc["rotated_ridge", "r2"] > 0.999


def test_axes_are_those_of_the_quadratic_form():
    axes = principal_axes(TRUTH, np.zeros((6, 6)), 0.95)["estimate"]
    curvature = np.array([[2 * TRUTH[3], TRUTH[4]], [TRUTH[4], 2 * TRUTH[5]]])
    np.testing.assert_allclose(curvature @ axes[["x0", "y0"]], -TRUTH[1:3], atol=1e-9)  # the slope there is nought
    _, vectors = np.linalg.eigh(curvature)
    first = vectors[:, 1]  # of the larger eigenvalue: where the surface curves upwards most
    assert axes["p11"] == pytest.approx(first[1] / first[0])
    assert axes["p11"] * axes["p21"] == pytest.approx(-1)
    assert principal_axes(np.array([1, 1, 1, 0, 0, 0.0]), np.eye(6), 0.95)["estimate"].isna().all()


def test_verdicts_of_equivalence_on_both_sides_of_the_bound():
    ours = response_surface(world(10, clusters=40), "x", "y", "z", "who")
    table = ours.equivalence(0.3)
    reach = max(abs(table.loc["a5", "low"]), abs(table.loc["a5", "high"]))
    assert ours.equivalence(reach + 1e-9).loc["a5", "verdict"] == "negligible"
    assert ours.equivalence(reach - 1e-9).loc["a5", "verdict"] == "undecided"
    edge = -table.loc["a3", "high"]
    assert ours.equivalence(edge - 1e-9).loc["a3", "verdict"] == "relevant"
    assert ours.equivalence(edge + 1e-9).loc["a3", "verdict"] == "undecided"
    with pytest.raises(ParameterError, match="above 0"):
        ours.equivalence(0)


def test_predictions_and_the_grid_are_the_surface():
    ours = response_surface(world(11), "x", "y", "z", "who")
    b = ours.parameters["estimate"].to_numpy()[:6]
    np.testing.assert_allclose(
        ours.predict([[0.5], [1.0]], [-1.0, 2.0])[1, 0], design(np.array([1.0]), np.array([-1.0])) @ b
    )
    grid = ours.grid(21)
    assert len(grid) == 441 and grid["inside"].any() and not grid["inside"].all()
    np.testing.assert_allclose(grid["z"], ours.predict(grid["x"], grid["y"]))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda frame: frame.drop(columns="y"), "no such column: y"),
        (lambda frame: frame.assign(z="text"), "not a column of numbers: z"),
        (lambda frame: frame.head(11), "at least|needs 12 complete rows, there are 11"),
        (lambda frame: frame[frame["who"] < 5], "at least 6 clusters are needed, there are 5"),
        (lambda frame: frame.assign(y=frame["x"]), "too few different values"),
        (lambda frame: frame.assign(z=1.0), "nothing to explain"),
    ],
)
def test_what_cannot_be_told_is_said(change, match):
    with pytest.raises(ParameterError, match=match):
        caseload.response_surface(change(world(12)), "x", "y", "z", "who")


def test_confidence_outside_nought_and_one_is_refused():
    for confidence in (0, 1, 95):
        with pytest.raises(ParameterError, match="between 0 and 1"):
            response_surface(world(13), "x", "y", "z", confidence=confidence)


def test_figures_draw_the_grid_they_are_given():
    ours = response_surface(world(14), "x", "y", "z", "who")
    ax = Figure().add_subplot()
    axis = tuple(ours.axes.loc[["p10", "p11"], "estimate"])
    figures.draw_contours(ours.grid(), ax, observed=ours.points, axis=axis)
    lines = {line.get_label(): line for line in ax.get_lines()}
    along = lines["first principal axis"].get_xydata()
    np.testing.assert_allclose(along[:, 1], axis[0] + axis[1] * along[:, 0])
    assert any(isinstance(artist, mpl.contour.ContourSet) for artist in ax.get_children())
    relief = figures.draw_relief(ours.grid(11), Figure().add_subplot(projection="3d"))
    assert relief.get_zlabel() == "z"
    with pytest.raises(ValueError, match="no rows"):
        figures.draw_contours(ours.grid().head(0), Figure().add_subplot())
