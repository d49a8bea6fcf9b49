"""The page: one HTML file that contains its pictures and loads nothing."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass

STYLE = """
body { margin: 0 auto; max-width: 43.2rem; padding: 1.5rem 1rem 4rem; background: #fff; color: #222831;
       font: 1rem/1.55 "DejaVu Sans", Verdana, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.8rem 0 .4rem; }
p { margin: .4rem 0 .9rem; }
p, td, th { hyphens: auto; }
code { font-family: "DejaVu Sans Mono", monospace; font-size: .9em; overflow-wrap: anywhere; }
figure { margin: 0; overflow-x: auto; }
img { display: block; max-width: none; height: auto; }
img { width: 100%; min-width: min(var(--natural), 30rem); max-width: var(--natural); }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .25rem 1.2rem .25rem 0; border-bottom: 1px solid #e5e7eb; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem 2.4rem; margin: 1.2rem 0; padding: 0; list-style: none; }
.facts b { display: block; font-size: 1.5rem; line-height: 1.2; }
.facts span, footer { color: #6b7280; font-size: .85rem; }
footer { margin-top: 3rem; }
"""


@dataclass(frozen=True)
class Section:
    """A heading, some text (`code` between backquotes), and a picture or a table or neither.

    picture  the name of a PNG without its ending
    png      its bytes
    width    its natural width on the screen in pixels
    table    rows of cells, the first row the headings; whole numbers are aligned right
    """

    title: str
    text: str
    picture: str = ""
    png: bytes = b""
    width: int = 0
    table: Sequence[Sequence[str | int]] = ()


def page(title: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section], footer: str) -> str:
    """The whole HTML; `facts` are pairs for the top of the page, such as ("32", "read wrong")."""
    head = "".join(f"<li><b>{html.escape(value)}</b><span>{html.escape(what)}</span></li>" for value, what in facts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{html.escape(title)}</h1>
<ul class="facts">{head}</ul>
{"".join(map(_section, sections))}
<footer>{_words(footer)}</footer>
</body>
</html>
"""


def _section(section: Section) -> str:
    body = _table(section.table) if section.table else ""
    if section.png:
        source = f"data:image/png;base64,{base64.b64encode(section.png).decode()}"
        alt = html.escape(section.title, quote=True)
        body = f'<figure><img alt="{alt}" style="--natural: {section.width}px" src="{source}"></figure>'
    return f"<section>\n<h2>{html.escape(section.title)}</h2>\n<p>{_words(section.text)}</p>\n{body}\n</section>\n"


def _words(text: str) -> str:
    """Escaped text, with `code` marked up as code."""
    pieces = html.escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))


def _table(rows: Sequence[Sequence[str | int]]) -> str:
    head = "".join(f"<th>{html.escape(str(cell))}</th>" for cell in rows[0])
    lines = ["".join(map(_cell, row)) for row in rows[1:]]
    return f"<figure><table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table></figure>"


def _cell(value: str | int) -> str:
    return f'<td class="number">{value:,}</td>' if isinstance(value, int) else f"<td>{html.escape(value)}</td>"
