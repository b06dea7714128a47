"""MAKE: a month's folder of reports, one notebook a report, with its landing pages, manifest and prints."""
