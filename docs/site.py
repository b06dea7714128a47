"""What the documentation site takes from elsewhere in the repository; MkDocs calls these two functions.

The reference of figures shows what each of them draws.

Links are written as they work in the repository. Here they are turned to the page of the site; one that leads to a
file that is no page, such as a source, stays as words.
"""

from __future__ import annotations

import os.path
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.append(str(Path(__file__).parent))

from pictures import alternative, pictures

ROOT = Path(__file__).parents[1]
FROM_ELSEWHERE = {
    "GLOSSARY.md": "glossary.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "reports/sample/C07-own.html": "sample-report.html",
}
FIGURES = PurePosixPath("reference/figures.md")
_FIGURE = re.compile(r"^::: caseload\.figures\.((?:plot|draw|small)_\w+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[([^][]*)\]\((?![a-z]+:)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that live outside `docs`."""
    for source, name in FROM_ELSEWHERE.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    for name, content in pictures().items():
        files.append(File.generated(config, f"{FIGURES.parent}/{name}.png", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn links of the repository to pages of the site."""
    name = page.file.src_uri
    sources = {page: source for source, page in FROM_ELSEWHERE.items()}
    folder = PurePosixPath(sources.get(name, f"docs/{name}")).parent

    def turned(link: re.Match[str]) -> str:
        words, target, part = link.group(1), link.group(2), link.group(3) or ""
        path = os.path.normpath(folder / target).replace(os.sep, "/")
        there = FROM_ELSEWHERE.get(path, path.removeprefix("docs/"))
        if files.get_file_from_path(there) is None:
            return words
        return f"[{words}]({os.path.relpath(there, PurePosixPath(name).parent).replace(os.sep, '/')}{part})"

    if name == str(FIGURES):
        markdown = _FIGURE.sub(lambda entry: f"{entry[0]}\n\n![{alternative(entry[1])}]({entry[1]}.png)", markdown)
    return _LINK.sub(turned, markdown)
