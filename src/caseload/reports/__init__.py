"""REPORT: the month's review, the pages made of it, and how they are rendered, one notebook a report."""
