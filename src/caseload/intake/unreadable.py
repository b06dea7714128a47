"""The one exception that readers raise for a file they cannot read; it becomes a problem and never leaves the room."""

from __future__ import annotations


class Unreadable(Exception):
    """A file cannot be read: what was expected, what was found, what to do. Holds nothing of the file's content."""

    def __init__(self, expected: str, found: str, action: str) -> None:
        super().__init__(expected, found, action)
        self.expected, self.found, self.action = expected, found, action
