"""A page made from appointments alone: what they say, what they cannot say, and what would."""

from caseload.pages.supervisee.diary.page import appointments_page
from caseload.pages.supervisee.diary.reading import appointments_alone, attendance_is_told

__all__ = ["appointments_alone", "appointments_page", "attendance_is_told"]
