"""Where notebooks, sample practice and page template lie, in a checkout and in an installed package alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED_NOTEBOOKS = _PACKAGE / "notebooks"
_CHECKOUT_NOTEBOOKS = _PACKAGE.parents[1] / "notebooks"


def package_folder() -> Path:
    """Folder of the package's own code and templates."""
    return _PACKAGE


def notebooks_folder() -> Path:
    """Folder of the stripped notebooks: inside the package where it is installed, ``notebooks/`` in a checkout."""
    return _INSTALLED_NOTEBOOKS if _INSTALLED_NOTEBOOKS.is_dir() else _CHECKOUT_NOTEBOOKS


def sample_folder() -> Path:
    """Folder of the sample practice: inside the package where it is installed, ``data/sample`` in a checkout."""
    installed = _PACKAGE / "sample"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "data" / "sample"


def notebook_path(name: str) -> Path:
    """Path of one shipped notebook by its name without suffix, for example ``"supervisee_report"``.

    Raises ``FileNotFoundError``, which lists the notebooks that exist, where there is none of that name.
    """
    path = notebooks_folder() / f"{name}.ipynb"
    if not path.is_file():
        known = ", ".join(sorted(notebook.stem for notebook in notebooks_folder().glob("*.ipynb"))) or "none"
        raise FileNotFoundError(f"No notebook is called {name!r}; shipped notebooks: {known}.")
    return path


def template_folder() -> Path:
    """Folder that holds the nbconvert template ``caseload``, for ``HTMLExporter(extra_template_basedirs=[...])``."""
    return _PACKAGE / "pages" / "nbconvert"
