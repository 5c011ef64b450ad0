"""How Sphinx builds the site: `make -C docs`, with the extra `docs`. No page asks another host for anything."""

import hashlib
import re
import sys
from importlib.metadata import distribution
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import chapters  # noqa: E402 - found beside this file

project, author, html_title = "minigan", "The minigan developers", "minigan"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "chapters", "docstrings"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["amsmath", "attrs_block", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order, autodoc_typehints, autodoc_preserve_defaults = "bysource", "signature", True
autodoc_type_aliases = {name: name for name in ("Array", "Data", "Function", "Law")}
add_module_names, python_maximum_signature_line_length = False, 90

html_theme, html_static_path, html_css_files = "furo", ["_static"], ["minigan.css"]
default_role = "py:obj"  # `kl` in a docstring leads there, and `theta` is set as code
pygments_dark_style = "github-dark"
html_show_sphinx = html_show_copyright = html_copy_source = smartquotes = False

# MathJax is one file, of a package that carries it; its sum is that of the file in npm's mathjax 3.2.2.
MATHJAX = "d4295dc33744836935c1399feece5159577b34c5c8ffb9f1c6324cd82e03a882"
mathjax_path = "tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}}  # which would fetch parts of it from elsewhere
carried = distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax/tex-svg.js")
script = Path(str(carried)).read_bytes()
if hashlib.sha256(script).hexdigest() != MATHJAX:
    raise ValueError(f"{carried} is not MathJax 3.2.2's tex-svg.js")
chapters.write(HERE / "_static" / mathjax_path, script)


def setup(app):
    """A link to a file of the repository, which is no page, leaves its name."""
    link = re.compile(r"(?<!!)\[([^\]]+)\]\(\.\./[^)]+\)")

    def told(app, page, source):
        source[0] = source[0] if "/" in page else link.sub(r"\1", source[0])

    def carry(app, error):
        if error is None and app.builder.format == "html":
            from minigan.live import bundle

            bundle.write(Path(app.outdir) / "live")  # the page itself, beside what is said of it

    app.connect("source-read", told)
    app.connect("build-finished", carry)
