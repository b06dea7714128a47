"""One supervisee's page, question by question, as views."""

from caseload.reports.supervisee.page import supervisee_view

__all__ = ["supervisee_view"]
