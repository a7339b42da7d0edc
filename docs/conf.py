"""How the site is built: Sphinx, Markdown by MyST, and pages that are written from the code (see _extensions)."""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from sternway import __version__

logging.getLogger("alembic").setLevel(logging.WARNING)  # its greetings would look like warnings of the build

project = "Sternway"
version = release = __version__
project_copyright = "the Sternway contributors, MIT licence"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sternway_pages"]
exclude_patterns = ["_build", "examples"]

html_theme = "furo"
html_title = "Sternway"
html_static_path = ["_static"]
html_css_files = ["sternway.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6e6e", "color-brand-content": "#0b6e6e"},
    "dark_css_variables": {"color-brand-primary": "#6fd3d0", "color-brand-content": "#6fd3d0"},
}
html_show_sourcelink = False
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!sternway).*"),  # the standard library's and others' names
    ("py:.*", r"sternway(\.[a-z_]+)*\.[A-Z]\w*"),  # aliases and type variables, which autodoc does not list
]
