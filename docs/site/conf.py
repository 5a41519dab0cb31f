"""How `make site` builds the documentation's site (https://www.sphinx-doc.org/en/master/usage/configuration.html).

The pages are those of the repository, where they stand: every link between them, and every link to a file of
the source, is followed as it is written, and one that leads nowhere fails the build.
"""

from __future__ import annotations

from importlib.metadata import version as installed

project = "Rapida"
copyright = "The Rapida authors"  # noqa: A001 - Sphinx's own name for it
release = version = installed("rapida")

extensions = ["myst_parser"]
root_doc = "docs/site/index"
include_patterns = [
    *("docs/site/index.md", "docs/*.md", "docs/reference/*.md"),
    *("README.md", "CHANGELOG.md", "bench/README.md", "tests/README.md", "docker/README.md"),
]
exclude_patterns = [".venv", ".tools", "dashboard/node_modules", "site"]

myst_heading_anchors = 4
# `{{name}}` and `{name}` are Rapida's own words, and a table's figures are no fractions.
myst_enable_extensions: list[str] = []
# GitHub draws the state machines from this language; the site shows them as their text.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = f"Rapida {release}"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
