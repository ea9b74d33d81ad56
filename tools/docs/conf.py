# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings. Nothing is fetched, neither while building nor by the pages."""

project = "registrar.consul"
author = "The registrar.consul authors"
project_copyright = "2026, The registrar.consul authors"

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
# The inventory is written by build.py, with the few labels that generated pages refer to.
intersphinx_mapping = {"ansible_devel": ("https://docs.ansible.com/projects/ansible/devel/", ("ansible_devel.inv",))}
default_role = "any"
nitpicky = True
myst_heading_anchors = 4

html_theme = "furo"
html_title = "registrar.consul"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "yaml+jinja"
# Straight quotes: what is in the text can be pasted.
smartquotes = False


def setup(app: object) -> None:
    """Let pages have Mermaid, which Git hosts draw, as plain text here: drawing it would take a script from elsewhere."""
    from pygments.lexers.special import TextLexer

    app.add_lexer("mermaid", TextLexer)  # type: ignore[attr-defined]
