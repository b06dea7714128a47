"""REVIEW: all that is known of a practice at a month's end, and the slice of it that is one person's."""
