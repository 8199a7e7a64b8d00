"""What the notebook looks like."""

import base64
import hashlib
from html import escape

STYLE = """
:root { color-scheme: light dark; --paper: #fbf8ef; --card: #fff; --ink: #2b2a26; --soft: #7b7669; --line: #e6e0cf; --accent: #b4690e; }
@media (prefers-color-scheme: dark) { :root { --paper: #191815; --card: #23211d; --ink: #ece8dd; --soft: #a09a8a; --line: #3a372f; --accent: #f0a94b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 44rem; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink); font: 17px/1.6 Georgia, "DejaVu Serif", serif; }
h1 { margin: 0 0 1.2rem; font-size: 2rem; font-weight: 500; }
form { display: flex; gap: .6rem; margin: 0; }
.new { margin-bottom: 1.6rem; align-items: flex-end; }
textarea, input[type=search] { flex: 1; min-width: 0; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); color: inherit; font: inherit; }
textarea { min-height: 4.6rem; resize: vertical; }
button { padding: .55rem 1rem; border: 0; border-radius: .5rem; background: var(--accent); color: var(--paper); font: 600 .9rem system-ui, sans-serif; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.count { margin: 1rem 0 .6rem; color: var(--soft); font: .85rem system-ui, sans-serif; }
ul { margin: 0; padding: 0; list-style: none; }
li { display: flex; gap: 1rem; align-items: flex-start; margin-bottom: .7rem; padding: .9rem 1.1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); }
li p { flex: 1; min-width: 0; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
li time { display: block; margin-top: .3rem; color: var(--soft); font: .8rem system-ui, sans-serif; }
li button { padding: .1rem .5rem; background: none; color: var(--soft); font-size: 1.1rem; }
li button:hover { color: var(--accent); }
"""

_hash = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
SECURITY = [
    ("Content-Security-Policy", f"default-src 'none'; style-src 'sha256-{_hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
]


def index(base, notes, query):
    count = f"{len(notes)} note{'' if len(notes) == 1 else 's'}" + (f" with “{escape(query)}”" if query else "")
    items = "".join(_item(base, note) for note in notes)
    return _page("Notes", f"""
<h1>Notes</h1>
<form class="new" method="post" action="{escape(base)}/add"><textarea name="text" placeholder="Write something down…" aria-label="New note" required></textarea><button>Keep</button></form>
<form action="{escape(base)}/"><input type="search" name="q" value="{escape(query)}" placeholder="Search" aria-label="Search"></form>
<p class="count">{count}</p>
<ul>{items}</ul>""")


def refusal(status):
    return _page(status.phrase, f"<h1>{status.value} {escape(status.phrase)}</h1>")


def _item(base, note):
    return (f'<li><p>{escape(note.text)}<time>{escape(note.created)} UTC</time></p>'
            f'<form method="post" action="{escape(base)}/delete"><input type="hidden" name="id" value="{note.id}">'
            f'<button aria-label="Delete this note">×</button></form></li>\n')


def _page(title, body):
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{STYLE}</style></head>
<body>{body}
</body></html>
"""
