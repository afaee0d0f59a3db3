"""How every page is made: one way to load templates, values escaped, and one printed style."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

STYLE = "page.css"


def templates_of(package: str) -> Environment:
    """The ``templates`` folder of a package: HTML escaped, an unknown name an error.

    A template is HTML when its name ends in ``.html`` or ``.html.j2``; Markdown is not escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=lambda name: bool(name and name.endswith((".html", ".html.j2"))),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style() -> Markup:
    """The style sheet of the pages that are read, signed and printed, safe inside ``<style>``."""
    from markupsafe import Markup

    return Markup(files("hemoscribe").joinpath(STYLE).read_text(encoding="utf-8"))
