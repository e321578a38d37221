"""YAML as people write it: every value stays text with its place, and every fault is told with the line and a caret.

    load / read      bytes or a file → Document and the faults of its syntax (a broken file is read on as far as it goes)
    Section          one block while it is read: hands out typed values, notes faults, refuses keys that nobody asked for
    fixing.fix       a file's bytes, mended where that needs no person (imported where it is asked for)
    render           a fault for the terminal; `render_github` for an annotation

Nothing here knows what a file is about. No value is ever made a date, a number or a truth by YAML itself: `no`, `0777`, `12:30` and
`2026-12-01` arrive as they were written, and whoever asks for a number or a truth gets one.
"""

from publisher.yamlfile.loading import Limits, Unreadable, load, read, read_bytes
from publisher.yamlfile.nodes import Block, Document, Entry, Items, Node, Scalar, Span
from publisher.yamlfile.printing import brief, render, render_github
from publisher.yamlfile.reading import Faults, Section, closest

__all__ = [
    "Block",
    "Document",
    "Entry",
    "Faults",
    "Items",
    "Limits",
    "Node",
    "Scalar",
    "Section",
    "Span",
    "Unreadable",
    "brief",
    "closest",
    "load",
    "read",
    "read_bytes",
    "render",
    "render_github",
]
