"""How large a workbook may become when it is opened, and what is said of one that may not be opened."""

from __future__ import annotations

LARGEST_UNPACKED = 2 << 30  # bytes of all parts of a workbook; a million rows of twenty columns take about 1 GB
MOST_CELLS = 60_000_000  # of one sheet, between its first and its last cell
MOST_ROWS, MOST_COLUMNS = 1 << 20, 1 << 14  # of a sheet in Excel
LONGEST_TEXTS = 512 << 20  # bytes of the texts that cells share
DAMAGED = ("a workbook that can be read", "a damaged, encrypted or cut-off file", "Save or export it again as .xlsx.")
TOO_LARGE = ("a workbook of a practice's size", "one that unpacks to far more", "Export fewer months, or as CSV.")
BINARY = ("a workbook .xlsx, .xls or .ods", "a binary one (.xlsb)", "Save it as .xlsx.")
