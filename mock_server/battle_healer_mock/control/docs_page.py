"""The page `/docs`: the OpenAPI document and the fault table, readable without any network."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from battle_healer_mock.faults.table import FAULTS

Json = dict[str, Any]

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font: 0.9em ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.4rem 0.6rem; }
tr + tr { border-top: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 6px; }
details { margin: 0.4rem 0; padding: 0.4rem 0.8rem; }
summary { cursor: pointer; } summary b { display: inline-block; min-width: 4.5rem; }
pre { background: var(--soft); padding: 0.6rem; overflow-x: auto; white-space: pre-wrap; }
"""


def page(document: Json) -> str:
    """The document as HTML, with its style inside."""
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["other"])[0]
            groups.setdefault(tag, []).append(_operation(path, method, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in groups.items())
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1><p>Every path is also served under "
        f"<code>/regions/{{region}}</code>. The same as data: "
        f'<a href="openapi.json">openapi.json</a>.</p>{sections}{_faults()}</body></html>'
    )


def _operation(path: str, method: str, operation: Json) -> str:
    rows = "".join(_parameter(part) for part in operation.get("parameters", []))
    table = f"<table>{rows}</table>" if rows else ""
    example = _example(operation)
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code> "
        f"{escape(operation.get('summary', ''))}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>{table}{example}</details>"
    )


def _parameter(part: Json) -> str:
    return (
        f"<tr><td><code>{escape(part['name'])}</code></td><td>{escape(part['in'])}</td>"
        f"<td>{escape(part.get('description', ''))}</td></tr>"
    )


def _example(operation: Json) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "")
    if "example" in content:
        return f"<pre>{escape(str(content['example']))}</pre>"
    name = escape(reference.rsplit("/", 1)[-1])
    return f"<p>Body: <code>{name}</code></p>" if name else ""


def _faults() -> str:
    rows = "".join(
        f'<tr id="{escape(fault.name)}"><td><code>{escape(fault.name)}</code></td>'
        f"<td>{escape(fault.symptom)}</td><td>{escape(fault.cure)}</td>"
        f"<td>{escape(', '.join(fault.argument.forms) if fault.argument else '')}</td></tr>"
        for fault in FAULTS
    )
    head = "<tr><th>fault</th><th>symptom</th><th>cure</th><th>values</th></tr>"
    return f"<h2>faults</h2><table>{head}{rows}</table>"
