"""SAY: what each page shows, as views without HTML, and the templates that turn a view into a page."""
