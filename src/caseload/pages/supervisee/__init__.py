"""One supervisee's page, question by question, as views."""

from caseload.pages.supervisee.page import supervisee_view

__all__ = ["supervisee_view"]
