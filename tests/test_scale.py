"""Beyond one machine: the same signals and pages from a cluster of processes, also when one of them is killed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fake_review import FakeReview
from pandas.testing import assert_frame_equal

from caseload.errors import ParameterError
from caseload.intake import Practice, read_practice
from caseload.month.manifest import versions
from caseload.month.rendering.forked import Forked
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import Report, job_of, planned
from caseload.pages.review import Review
from caseload.scale import Cluster, _require_same, _signals_of, part
from caseload.signals import monthly_signals
from caseload.simulate import Settings, simulate

distributed = pytest.importorskip("distributed", reason="dask is not installed (caseload-balance[scale])")

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
SOME = ("C01", "C03", "C06", "C07", "C11")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with two worker processes."""
    place = tmp_path_factory.mktemp("dask")
    with (
        pytest.MonkeyPatch.context() as patch,
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", local_directory=str(place)
        ) as cluster,
    ):
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where the workers' children find FakeReview
        yield cluster.scheduler_address


def reports_of(review: Review | FakeReview, whom: tuple[str, ...]) -> list[Report]:
    common = {"data": SAMPLE, "month": str(review.month), "exclude_invalid": False}
    return planned(review, whom, common, practice=True)


def made(workers: Cluster | Forked, review: Review, reports: list[Report], folder: Path) -> dict[str, str]:
    """Every result, by id, of making these reports."""
    with workers as ready:
        results = ready.rendered(reports, lambda report: job_of(review, report), folder, Limits())
        return {result.id: result.error or result.status for result in results}


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_pages_of_a_cluster_are_those_made_here(address: str, sample_review: Review, tmp_path: Path) -> None:
    reports = reports_of(sample_review, SOME)
    here, there = tmp_path / "here", tmp_path / "there"
    for workers, folder in ((Forked(2), here), (Cluster(address), there)):
        folder.mkdir()
        states = made(workers, sample_review, reports, folder)
        assert states == dict.fromkeys((*SOME, "North", "South", "data_quality"), "done")
    assert files_in(here) == files_in(there)
    assert len(files_in(here)) == 3 * len(SOME) + 6


@pytest.mark.slow
def test_reports_of_a_worker_that_is_killed_are_made_by_another(
    address: str, sample_review: Review, tmp_path: Path
) -> None:
    reports = reports_of(sample_review, sample_review.clinician_ids)
    with Cluster(address) as cluster:
        results = cluster.rendered(reports, lambda report: job_of(sample_review, report), tmp_path, Limits())
        states = {(first := next(results)).id: first.status}
        os.kill(min(cluster._client.run(os.getpid).values()), signal.SIGKILL)
        states |= {result.id: result.error or result.status for result in results}
    assert states == dict.fromkeys((report.id for report in reports), "done")
    assert all((tmp_path / name).is_file() for report in reports for name in report.files)


def test_nobody_at_the_address_is_said_at_once() -> None:
    with (
        pytest.raises(ParameterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        Cluster("tcp://127.0.0.1:9") as cluster,
    ):
        cluster.monthly_signals(read_practice(SAMPLE))


@pytest.mark.parametrize(
    ("workers", "message"),
    [
        ({}, "the Dask scheduler at tcp://there:1 has no workers"),
        ({"a": {}}, "the workers at tcp://there:1 have other versions installed: caseload None there"),
        ({"a": versions(), "b": versions() | {"pandas": "1.0"}}, f"pandas 1.0 there, {pd.__version__} here"),
    ],
)
def test_workers_that_would_make_other_pages_are_refused(workers: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        _require_same(workers, "tcp://there:1")


def test_workers_with_the_same_versions_are_taken() -> None:
    _require_same({"a": versions(), "b": versions()}, "tcp://there:1")


def of_parts(practice: Practice, size: int) -> pd.DataFrame:
    """The signals of all clinicians, some at a time, without a cluster."""
    ids = list(practice.supervisees["clinician_id"])
    shares = [set(ids[start : start + size]) for start in range(0, len(ids), size)]
    return pd.concat([_signals_of(part(practice, share), share) for share in shares], ignore_index=True)


@pytest.mark.parametrize("size", [1, 5])
def test_signals_of_parts_are_those_of_the_whole(size: int) -> None:
    practice = read_practice(SAMPLE)
    assert_frame_equal(of_parts(practice, size), monthly_signals(practice), check_exact=True)


def test_signals_of_parts_where_colleagues_share_clients() -> None:
    practice = simulate(Settings(clinicians=6, months=5, seed=77)).practice()
    people = practice.supervisees["clinician_id"]
    colleague = dict(zip(people, [*people[1:], people[0]], strict=True))
    tables = {name: _every_seventh_by(colleague, getattr(practice, name)) for name in ("sessions", "contacts")}
    shared = replace(practice, **tables)
    whole = monthly_signals(shared)
    pairs = whole[["clinician_id", "client_id"]].drop_duplicates()
    assert pairs["client_id"].duplicated().mean() > 0.4
    assert_frame_equal(of_parts(shared, 2), whole, check_exact=True)
    without = replace(shared, contacts=shared.contacts.iloc[:0])
    assert_frame_equal(of_parts(without, 2), monthly_signals(without), check_exact=True)


def _every_seventh_by(colleague: dict[str, str], table: pd.DataFrame) -> pd.DataFrame:
    theirs = table["clinician_id"].where(table.index % 7 != 0, table["clinician_id"].map(colleague))
    return table.assign(clinician_id=theirs.astype(table["clinician_id"].dtype))


@pytest.mark.slow
def test_signals_of_a_cluster_are_those_made_here(address: str) -> None:
    practice = read_practice(SAMPLE)
    with Cluster(address) as cluster:
        assert_frame_equal(cluster.monthly_signals(practice), monthly_signals(practice), check_exact=True)
