"""The sample practice's month, reviewed once for all tests that read it."""

from __future__ import annotations

import pytest
import review_fixtures as fixtures

from caseload.intake import read_practice
from caseload.reports.review import Review, review_month


@pytest.fixture(scope="session")
def sample_review() -> Review:
    """May 2026 of `data/sample`; not to be changed in place."""
    return review_month(read_practice(fixtures.SAMPLE), fixtures.MONTH)
