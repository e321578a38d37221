"""Bytes to a tree. Limits are checked on PyYAML's events, before anything is built: the C loader crashes on deep nesting.

PyYAML stops at the first fault of syntax. Here the fault is told, mended in memory in place of the person, and the reading goes on, so
that one run shows them all.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from publisher.errors import why
from publisher.locale import _
from publisher.model import Problem
from publisher.yamlfile.mending import Fault, any_sign, begins_with_odd_space, diagnose, no_space_after_colon, odd_space
from publisher.yamlfile.nodes import Block, Document, Entry, Items, Node, Scalar, Span, hide_secrets

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufeff\uff00-\ufffd\U00010000-\U0010ffff]")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")
"""How files of Word begin, new and old, and those of PDF and RTF."""
_MOST_MENDINGS = 60
_MOST_CHARACTERS_MENDED = 3_000_000
"""The pure parser, which finds the words for a fault, reads half a million a second."""

# libyaml reads a file in a tenth of the time; columns are the same, emoji included.
_FAST: type[yaml.SafeLoader | yaml.CSafeLoader] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file may ask of us. `aliases` 0: `&`, `*` and `!` are refused, since staff mean them as words."""

    bytes: int = 256 * 1024
    depth: int = 20
    nodes: int = 5_000
    aliases: int = 0


class Unreadable(Exception):
    """A file that cannot be opened as one; `code` is a stable word, the message and the remedy are for people."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        self.code = code
        self.remedy = remedy
        super().__init__(message)


def read_bytes(path: Path, most: int) -> bytes:
    """Read a regular file of at most `most` bytes. A pipe or a device is refused without waiting for it. Raises Unreadable."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _closed(error) from error
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        message = _("this is a folder") if stat.S_ISDIR(facts.st_mode) else _("this is not a file")
        raise Unreadable("not_a_file", message, _("Name a file, not a folder or a device."))
    with os.fdopen(handle, "rb") as file:
        data = file.read(min(facts.st_size, most) + 1)
    if len(data) > most:
        message = _("the file is larger than %(size)s") % {"size": _size(most)}
        raise Unreadable("too_large", message, _is_it_this_file())
    return data


def _closed(error: OSError) -> Unreadable:
    if error.errno in {errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENAMETOOLONG}:
        return Unreadable("missing", _("there is no such file"), _("Look whether its name and folder are right."))
    if error.errno == errno.EACCES:
        message = _("the file may not be read by whoever runs this command")
        return Unreadable("unreadable", message, _("Ask whoever looks after the folder to let it be read."))
    message = _("the file cannot be opened: %(why)s") % {"why": why(error)}
    return Unreadable("unreadable", message, _("Ask whoever looks after the folder to let it be read."))


def _size(count: int) -> str:
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count // 1024} kB"


def read(
    path: Path, file: str, limits: Limits = Limits(), *, secretive: bool = False
) -> tuple[Document, list[Problem]]:
    """Read a file, `file` being its name for people. Faults of the file itself are problems like all others."""
    try:
        # A link is followed here: whoever names the path decides whether it may lead there.
        data = read_bytes(Path(os.path.realpath(path)) if path.is_symlink() else path, limits.bytes)
    except Unreadable as closed:
        document = Document(file=file, lines=(), root=None)
        fault = Fault(line=1, column=1, code=closed.code, message=str(closed), remedy=closed.remedy)
        return document, [_problem(document, fault)]
    return load(data, file, limits, secretive=secretive)


def load(
    source: bytes, file: str, limits: Limits = Limits(), *, secretive: bool = False
) -> tuple[Document, list[Problem]]:
    """Read a file's bytes. The tree is None where the file could not be understood at all; then there is a problem."""
    text, faults = decode(source)
    lines = _LINE_BREAK.split(text)
    refused = _refused(source, text, limits)
    if refused is not None:
        # What such a file holds would only fill the terminal.
        lines, faults = [], [refused]
        root, blanked = None, frozenset[int]()
    else:
        root, more, blanked = _understand(lines, limits, secretive=secretive)
        faults += more
    document = Document(file=file, lines=tuple(lines), root=root, secretive=secretive, blanked=blanked)
    return document, [_problem(document, fault) for fault in faults]


def _refused(source: bytes, text: str, limits: Limits) -> Fault | None:
    """Say why a file is not looked into at all."""
    if len(source) > limits.bytes:
        message = _("the file is larger than %(size)s") % {"size": _size(limits.bytes)}
        return Fault(line=1, column=1, code="too_large", message=message, remedy=_is_it_this_file())
    if "\0" in text or source.startswith(_NOT_TEXT):
        message = _("this is not a text file")
        remedy = _("Write it in a plain text editor, not in Word, and copy the words into it.")
        return Fault(line=1, column=1, code="not_text_file", message=message, remedy=remedy)
    return None


def _problem(document: Document, fault: Fault) -> Problem:
    span = Span(fault.line, fault.column, fault.line, fault.column + fault.length)
    return Problem(
        position=document.position(span),
        code=fault.code,
        message=fault.message,
        remedy=fault.remedy,
        excerpt=document.excerpt(fault.line),
        instead=fault.instead,
        first=None if fault.first is None else (fault.first, document.excerpt(fault.first)),
    )


def decode(source: bytes) -> tuple[str, list[Fault]]:
    """Give a file's text; a fault if it is none of Unicode's encodings, and then what an old Windows program would read."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if source.startswith(mark):
            return _decode_as(source, encoding)
    for encoding in _without_mark(source):
        with suppress(UnicodeDecodeError):
            text = source.decode(encoding)
            if not _UNPRINTABLE.search(text):
                return text, [_not_utf8(1, 1)]
    return _decode_as(source, "utf-8")


def _without_mark(source: bytes) -> Iterator[str]:
    """Tell of which UTF-16 a file without its mark may be: of our letters, each has a zero for its second byte, or its first."""
    share = len(source) // 3
    if source[1::2].count(0) > share and not source[::2].count(0):
        yield "utf-16-le"
    elif source[::2].count(0) > share and not source[1::2].count(0):
        yield "utf-16-be"


def _not_utf8(line: int, column: int) -> Fault:
    return Fault(
        line=line,
        column=column,
        code="encoding",
        message=_("the file is not saved as UTF-8"),
        remedy=_("In the editor, choose Save As and the encoding UTF-8."),
    )


def _decode_as(source: bytes, encoding: str) -> tuple[str, list[Fault]]:
    try:
        return source.decode(encoding), []
    except UnicodeDecodeError as error:
        # Windows programs save "ANSI"; shown so, the line is readable, and the rest of the file is checked too.
        text = source.decode("cp1252", errors="replace")
        before = _LINE_BREAK.split(source[: error.start].decode("cp1252", errors="replace"))
        return text, [_not_utf8(len(before), len(before[-1]) + 1)]


def _understand(
    lines: list[str], limits: Limits, *, secretive: bool
) -> tuple[Block | None, list[Fault], frozenset[int]]:
    """Build the tree, mending one fault after another; also gives the lines that had to be left out."""
    blanked: set[int] = set()
    work, faults = _without_control_characters(lines)
    for _turn in range(min(_MOST_MENDINGS, 1 + _MOST_CHARACTERS_MENDED // max(1, sum(map(len, lines))))):
        try:
            builder = _Builder(limits, hide_secrets if secretive else str)
            root = builder.build(_events("\n".join(work)))
        except _Stop as stop:
            return None, [*faults, stop.fault], frozenset(blanked)
        except yaml.MarkedYAMLError as error:
            mending = diagnose(error, work)
            if not _same_cause(mending.fault, faults):
                faults.append(mending.fault)
            if mending.lines == work:
                return None, faults, frozenset(blanked)
            work = mending.lines
            blanked |= mending.blanked
            continue
        mended = odd_space(work, builder.odd_row) if builder.odd_row is not None else None
        if mended is None:
            return root, [*faults, *builder.faults], frozenset(blanked)
        faults.append(mended.fault)
        work = mended.lines
    return None, faults, frozenset(blanked)


def _same_cause(fault: Fault, faults: list[Fault]) -> bool:
    """A wrong indentation makes every line after it wrong too, and a field's own colon the second one; that is one fault."""
    near = (known for known in faults if known.code == fault.code and fault.code in {"indentation", "tab"})
    if any(0 <= fault.line - known.line <= 3 for known in near):
        return True
    if fault.code != "second_colon":
        return False
    return any(
        (known.code in {"tab", "odd_space"} and known.line == fault.line)
        or (known.code == "indentation" and 0 < fault.line - known.line <= 3)
        for known in faults
    )


def _without_control_characters(lines: list[str]) -> tuple[list[str], list[Fault]]:
    faults = [
        _control_character(found[0], number, found.start() + 1)
        for number, line in enumerate(lines, 1)
        if (found := _UNPRINTABLE.search(line))
    ][:_MOST_MENDINGS]
    return [_UNPRINTABLE.sub(" ", line) for line in lines], faults


def _control_character(char: str, line: int, column: int) -> Fault:
    return Fault(
        line=line,
        column=column,
        code="control_character",
        message=_("an invisible control character (%(code)s) stands here") % {"code": f"U+{ord(char):04X}"},
        remedy=_("Delete it; write the words again rather than copying them."),
    )


def _events(text: str) -> Iterator[yaml.Event]:
    """Give the events of a text. At a fault, the pure parser tells it again: its words and marks are the ones `diagnose` knows."""
    try:
        yield from yaml.parse(text, Loader=_FAST)
    except yaml.MarkedYAMLError:
        with suppress(ValueError):  # of "\\U00110000", which is no character: the pure parser trips over it
            for _event in yaml.parse(text, Loader=yaml.SafeLoader):
                pass
        raise


class _Stop(Exception):
    """The file is refused as a whole."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.code)


@dataclass(slots=True)
class _Open:
    """A list or block whose end has not come yet. A block's children are key, value, key, value."""

    start: Span
    block: bool
    flow: bool
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    size: int = 1


class _Builder:
    """Makes the tree of one document out of events, and counts what it costs."""

    def __init__(self, limits: Limits, shown: Callable[[str], str]) -> None:
        self.faults: list[Fault] = []
        self.odd_row: int | None = None
        """A line whose field's name begins with a no-break space: YAML takes the space for a letter."""
        self._limits = limits
        self._shown = shown
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._aliases = 0
        self._nodes = 0
        self._root: Node | None = None

    def build(self, events: Iterator[yaml.Event]) -> Block:
        """Read the events to their end. Raises _Stop, yaml.MarkedYAMLError."""
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message, remedy = _("a second document begins here"), _("Put it into a file of its own.")
                    raise _Stop(_fault(_span(event), "two_documents", message, remedy))
            else:
                self._take(event, _span(event))
        return self._checked_root()

    def _checked_root(self) -> Block:
        if isinstance(self._root, Block):
            return self._root
        if self._root is None or (isinstance(self._root, Scalar) and self._root.value is None):
            message, remedy = _("the file says nothing"), _("Write at least: text: and the words.")
            raise _Stop(Fault(line=1, column=1, code="empty", message=message, remedy=remedy))
        if isinstance(self._root, Scalar) and (glued := no_space_after_colon(self._root)):
            raise _Stop(glued)
        remedy = _("Each line begins with a field's name and a colon, for example: text: and the words.")
        raise _Stop(_fault(self._root.at, "not_fields", _("the file has no fields"), remedy))

    def _take(self, event: yaml.Event, at: Span) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._no_signs(event, at)
            self._count(1, at)
            if hidden := _UNPRINTABLE.search(event.value):  # by an escape, such as "\0"
                self.faults.append(_control_character(hidden[0], at.line, at.column))
            self._add(self._scalar(event, at), 1, event.anchor)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._no_signs(event, at)
            self._begin(event, at)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end(at)
        elif isinstance(event, yaml.AliasEvent):
            self._repeat(event.anchor or "", at)

    def _no_signs(self, event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent, at: Span) -> None:
        """Refuse `!tag`, and where staff write, `&anchor`: both would swallow a word without a sound."""
        if event.tag:
            self._sign("!", at)
        elif event.anchor and not self._limits.aliases:
            self._sign("&", at)

    def _sign(self, sign: str, at: Span) -> None:
        message = _("a value cannot begin with %(sign)s") % {"sign": sign}
        self.faults.append(Fault(line=at.line, column=at.column, code="sign", message=message, remedy=any_sign()))

    def _scalar(self, event: yaml.ScalarEvent, at: Span) -> Scalar:
        style = event.style or ""
        value = None if not style and event.value in _NOTHING else event.value
        return Scalar(at=at, value=value, written=self._shown(event.value), style=style)

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, at: Span) -> None:
        if len(self._open) >= self._limits.depth:
            message = _("too many things stand inside one another here")
            raise _Stop(_fault(at, "too_deep", message, _is_it_this_file()))
        block = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(start=at, block=block, flow=bool(event.flow_style), anchor=event.anchor))

    def _end(self, at: Span) -> None:
        done = self._open.pop()
        whole = Span(done.start.line, done.start.column, at.end_line, at.end_column)
        self._count(1, whole)
        node = self._block(done, whole) if done.block else Items(at=whole, items=tuple(done.children))
        self._add(node, done.size, done.anchor)

    def _block(self, done: _Open, at: Span) -> Block:
        entries: dict[str, Entry] = {}
        for key, value in zip(done.children[::2], done.children[1::2], strict=True):
            if not isinstance(key, Scalar) or key.value is None:
                self.faults.append(_fault(key.at, "key", _("a field's name must be a word"), any_sign()))
            elif (first := entries.get(key.value)) is not None:
                self.faults.append(_twice(key, first))
            else:
                entries[key.value] = Entry(key=key, value=value)
                if self.odd_row is None and begins_with_odd_space(key.value):
                    self.odd_row = key.at.line - 1
        return Block(at=at, entries=tuple(entries.values()), flow=done.flow)

    def _repeat(self, name: str, at: Span) -> None:
        self._aliases += 1
        if not self._limits.aliases:
            self._sign("*", at)
            self._add(Scalar(at=at, value=f"*{name}", written=f"*{name}"), 1, None)
        elif self._aliases > self._limits.aliases:
            raise _Stop(_fault(at, "too_many_aliases", _("there are too many references with *"), _written_out()))
        elif name not in self._anchors:
            message = _("there is no &%(name)s before this") % {"name": name}
            raise _Stop(_fault(at, "alias", message, _written_out()))
        else:
            node, size = self._anchors[name]
            self._count(size, at)
            self._add(node, size, None)

    def _count(self, size: int, at: Span) -> None:
        """Count what the file would hold if every repeated part were written out."""
        self._nodes += size
        if self._nodes > self._limits.nodes:
            raise _Stop(_fault(at, "too_many", _("the file holds too much"), _is_it_this_file()))

    def _add(self, node: Node, size: int, anchor: str | None) -> None:
        """Put a finished node where it belongs."""
        if anchor:
            self._anchors[anchor] = (node, size)
        if self._open:
            self._open[-1].children.append(node)
            self._open[-1].size += size
        else:
            self._root = node


def _written_out() -> str:
    return _("Write here what is meant, in full, instead of * and a name.")


def _is_it_this_file() -> str:
    return _("An announcement has some dozens of lines; look whether this is the right file.")


def _twice(key: Scalar, first: Entry) -> Fault:
    known = {"field": first.name, "first": first.key.at.line, "second": key.at.line}
    message = _("'%(field)s' is given twice, on lines %(first)d and %(second)d") % known
    return replace(_fault(key.at, "duplicate", message, _("Remove one of the two.")), first=first.key.at.line)


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:  # the parsers always set them; the types do not say so
        return Span(1, 1, 1, 1)
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _fault(at: Span, code: str, message: str, remedy: str = "") -> Fault:
    length = at.end_column - at.column if at.end_line == at.line else 1
    return Fault(line=at.line, column=at.column, length=max(1, length), code=code, message=message, remedy=remedy)
