"""What sentences of an error blame, and what they say would be right.

Sentences are data: a name in one counts only where the request has it, or where the sentence
says that it is missing. No instruction in one is followed; a suggestion is kept as a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame, Place
from battle_healer.diagnosis.places import stands_in
from battle_healer.pointers import ABSENT, join, walk

Says = Literal["unknown", "missing", "type", "enum", "format", "range", "rename", "invalid"]

_MOST_TEXT: Final = 2_000
_MOST_SENTENCES: Final = 20
_MOST_BLAMES: Final = 20
_NAME: Final = r"[\w$@~][\w$@~.\[\]/-]{0,79}"
_Q: Final = "[\"'`\u2018\u2019\u201c\u201d]"
_QUOTED: Final = rf"{_Q}(?P<name>{_NAME}){_Q}"
_PLAIN: Final = rf"{_Q}?(?P<name>{_NAME}?){_Q}?"


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to name a field. says: what the form itself tells of it, "" for the whole text."""

    pattern: re.Pattern[str]
    says: str = ""
    place: Place = "body"


def _form(pattern: str, says: str = "", place: Place = "body") -> _Form:
    return _Form(re.compile(pattern, re.IGNORECASE), says, place)


_FORMS: Final[tuple[_Form, ...]] = (
    _form(r"\[json-pointer:(?P<name>/[^\]\s]{0,200})\]"),
    _form(r"path: (?P<name>\$\.[^\s|]{1,200}) \|"),
    # "qty: must be an integer", "a: Extra inputs are not permitted, b: Extra inputs ..."
    _form(rf"(?:^|[;,]\s|\.\s){_Q}?(?P<name>{_NAME}){_Q}?:\s(?=(?:{_Q}[^\"']{{1,80}}{_Q}\s)?"
          r"(?:must|should|input|field required|extra|is\b|invalid|expected|cannot|not |unknown|"
          r"missing|required|value|has |allowed))"),
    _form(rf"{_QUOTED} (?:[\w-]+ ){{0,2}}is (?:a )?(?:required|missing)|"
          rf"{_Q}(?P<name2>{_NAME}){_Q} is not present", "missing"),
    _form(r"(?:missing|required)(?: the)?(?: required)? (?:param(?:eter)?s?|fields?|"
          rf"propert(?:y|ies)|arguments?|members?|keys?):? {_PLAIN}(?=[\s.,;:]|$)", "missing"),
    _form(rf"\bthe {_PLAIN} field is required", "missing"),
    _form(rf"param is missing or the value is empty or invalid: (?P<name>{_NAME})", "missing"),
    _form(r"(?:unknown|unrecognized|unexpected|unsupported|invalid|additional)"
          r" (?:field|propert(?:y|ies)|name|param(?:eter)?|argument|attribute|key|member)s?:? "
          rf"{_QUOTED}", "unknown"),
    _form(rf"{_QUOTED} (?:was|is) unexpected", "unknown"),
    _form(rf"could not find member {_QUOTED}", "unknown"),
    _form(rf"\bfield {_QUOTED} is not defined", "unknown"),
    _form(rf"{_QUOTED} is not (?:a|an? (?:known|valid)) (?:field|property|parameter)", "unknown"),
    _form(rf"invalid type for {_QUOTED}", "type"),
    _form(rf"\bat {_Q}\$?(?P<name>{_NAME}){_Q}"),
    _form(rf"\bfield \[(?P<name>{_NAME})\] of type"),
    _form(rf"\bfor {_Q}(?:properties/)?(?P<name>{_NAME}){_Q},"),
    _form(rf"into (?:go )?struct field \w+\.(?P<name>{_NAME}) of type", "type"),
    _form(rf"{_QUOTED} (?:must|should|cannot|has to)\b"),
    _form(rf"\b(?:invalid|incorrect|bad) (?:value for )?(?:the )?{_QUOTED}"),
    _form(rf"\b(?:invalid|incorrect) (?P<name>{_NAME}):"),
    _form(rf"\b(?:parameter|field|property|argument) {_QUOTED}"),
    _form(rf"{_Q}name\\?{_Q}:\s?\\?{_Q}(?P<name>{_NAME}?)\\?{_Q}"),
    _form(r"without the (?P<name>[\w-]{1,60}) parameter", place="query"),
    _form(r"\bheader (?P<name>[A-Za-z]+(?:-[A-Za-z]+)+)\b", place="header"),
    _form(r"(?P<name>\b[A-Za-z]+(?:-[A-Za-z]+)+)(?: request)? header\b", place="header"),
    _form(r"(?P<name>\bcontent-type) ['\"][\w/+.-]+['\"] is not supported", place="header"),
    _form(r"(?P<name>\bidempotency-key) is (?:missing|required)", "missing", "header"),
)  # fmt: skip


def _rows(*rows: tuple[Says, str]) -> tuple[tuple[Says, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in rows)


_SAYS: Final = _rows(
    ("unknown", r"extra_?forbidden|\bextra\b|unknown|unexpected|unrecogni[sz]ed|not permitted"
                r"|not defined by|unsupported param|additional propert|could not find member"
                r"|cannot find field|is not (?:a|an) (?:known )?(?:field|property)"
                r"|property .{0,80} not allowed"),
    ("missing", r"\bmissing|required\b|can't be blank|not present|may not be (?:null|blank)"
                r"|must be present|cannot be empty"),
    ("enum", r"\bone of\b|valid choice|allowed (?:values|options)|not one of|\benum\b"
             r"|inclusion|invalid_option"),
    ("range", r"greater|less than|at (?:most|least)|between|minimum|maximum|too (?:long|short|"
              r"large|small|big|high|low)|characters|positive|negative|out of range|_than"
              r"|\blength\b|\brange\b"),
    ("format", r"\bformat|\bdate|time ?zone|e-?mail|\bmatch|pattern|\burl\b|\buuid\b|iso 4217"),
    ("type", r"\btype\b|_type\b|_parsing|should be a|must be (?:an? |of )?(?:type )?"
             r"(?:int|num|str|bool|arr|list|obj|dec|float|either true)|expected an?\b"
             r"|could not be converted|cannot be converted|is not an? |unmarshal|represent"
             r"|type_?convert|coerc"),
)  # fmt: skip

_TYPES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("array", r"\b(?:list|array)\b"),
        ("boolean", r"\bbool(?:ean)?(?:_|\b)|true or false"),
        ("integer", r"\bint(?:eger|32|64|_\w+)?\b|\bSystem\.Int\d\d|\blong\b|_INT\d\d"),
        ("number", r"\b(?:number|decimal|double|float|float_\w+)\b|System\.(?:Decimal|Double)"),
        ("string", r"\b(?:string|str|text)\b|string_type"),
        ("object", r"\b(?:object|dict(?:ionary)?|map)\b"),
    )
)  # fmt: skip
# Where a sentence tells the wanted type and the given one, the wanted one stands here.
_WANTED: Final = re.compile(
    r"(?:expected|should be|must be(?: of type)?|of type|into|converted to|is not|as)"
    r"(?: an?| the)?(?: valid)? (\[?[\w.]+\]?(?: or [\w.]+)?)|^(\w+) cannot represent"
    r"|\((TYPE_\w+)\)"
    r"|; (\w+) cannot represent",
    re.IGNORECASE,
)
# Where one statement ends and the next begins.
_CUT: Final = re.compile(rf"[;,]\s(?={_Q}?{_NAME}{_Q}?:\s)|;\s(?!\w+ cannot represent)|\.\s(?!\d)")
_QUOTED_VALUE: Final = re.compile(r"[\"'`]([^\"'`\n]{2,200})[\"'`]")
_DID_YOU_MEAN: Final = re.compile(
    rf"did you mean {_Q}(?P<one>{_NAME}){_Q}(?P<more>\s*(?:,|or)\s*{_Q})?", re.IGNORECASE
)
_INSTEAD: Final = re.compile(
    rf"(?:use {_Q}(?P<name>{_NAME}){_Q}|renamed to {_Q}?(?P<name2>{_NAME}?){_Q}?(?=[\s.,;]|$)"
    rf"|its name is {_Q}(?P<name3>{_NAME}){_Q}|replaced by {_Q}(?P<name4>{_NAME}){_Q})",
    re.IGNORECASE,
)
_DEFAULT: Final = re.compile(r"\bdefaults?(?: value)?(?: is|:)?:? \\?\"([^\"\\]{1,80})\\?\"", re.I)
_LISTS: Final = re.compile(
    r"(?:one of|allowed (?:values|options)(?: are)?|should be|must be|enum class|choose from|"
    r"options are|accepted values)(?: (?:either )?(?:one|any) of(?: the)?)?"
    r":?\s*[\[(]?([^\])\n]{1,1000})",
    re.IGNORECASE,
)
_ITEM: Final = re.compile(
    r"[\"'`]([^\"'`]{1,80})[\"'`]|([\w][\w .-]{0,60}?)(?=\s*(?:,|\.?$|\bor\b|;))"
)


def blames(x: Exchange, sentences: Iterable[str]) -> tuple[Blame, ...]:
    """The fields that sentences blame, each once, at most 20."""
    found: dict[str, Blame] = {}
    for text in list(sentences)[:_MOST_SENTENCES]:
        for blame in _in_text(x, text[:_MOST_TEXT]):
            found.setdefault(f"{blame.place}:{blame.name}", blame)
        if len(found) >= _MOST_BLAMES:
            break
    return tuple(found.values())[:_MOST_BLAMES]


def by_value(x: Exchange, sentences: Iterable[str]) -> tuple[Blame, ...]:
    """Where the one value that a sentence quotes stands in the request, if it stands only once.

    For errors that name no field: `cannot read "in progress": not one of [NEW, IN_PROGRESS]`.
    """
    if x.sent is ABSENT:
        return ()
    texts = [(at, value) for at, value in walk(x.sent) if isinstance(value, str)]
    for text in sentences:
        quoted = set(_QUOTED_VALUE.findall(text[:_MOST_TEXT]))
        found = [at for at, value in texts if value in quoted]
        if len(found) == 1 and says("", text) in ("enum", "type", "format"):
            return (Blame(join(found[0]), text=text[:_MOST_TEXT]),)
    return ()


def _in_text(x: Exchange, text: str) -> Iterator[Blame]:
    for form in _FORMS:
        for match in islice(form.pattern.finditer(text), _MOST_BLAMES):
            name = next(v for key, v in match.groupdict().items() if v and key.startswith("name"))
            name = name.rstrip(".,")
            clause = _clause(text, match)
            missing = says(form.says, clause) == "missing"
            if form.place != "body" or missing or stands_in(x, name):
                yield Blame(name, form.place, text=clause, code=form.says)


def _clause(text: str, match: re.Match[str]) -> str:
    """The part of a text that is about the name: up to where the next name or sentence begins."""
    end = match.end()
    begin = max((cut.end() for cut in _CUT.finditer(text, 0, match.start())), default=0)
    stop = _CUT.search(text, end)
    follows = text[stop.start() : stop.start() + 200] if stop else ""
    clause = text[begin : stop.start() if stop else len(text)].lstrip(";,. ")
    # What is suggested often stands in the sentence after the one that blames.
    if _DID_YOU_MEAN.search(follows) or _INSTEAD.search(follows) or _DEFAULT.search(follows):
        clause += follows
    return clause


def says(code: str, text: str) -> Says:
    """What is wrong with a field: by the error's code, else by its sentence, else `invalid`."""
    for said in (code.replace("-", "_").lower(), text):
        for name, pattern in _SAYS:
            if name == said or pattern.search(said):
                return name
    return "invalid"


def wanted_type(code: str, text: str) -> str | None:
    """The JSON type that a sentence asks for, None where it names none."""
    for match in _WANTED.finditer(text):
        wanted = next((group for group in match.groups() if group), "")
        name = _type_named(wanted)
        if name:
            return name
    return _type_named(code) or _type_named(text)


def suggested_name(text: str) -> str | None:
    """The one name that a sentence suggests instead; None where none, or more than one."""
    meant = _DID_YOU_MEAN.search(text)
    if meant:
        return None if meant["more"] else meant["one"]
    instead = _INSTEAD.search(text)
    return next((v for v in instead.groupdict().values() if v), None) if instead else None


def is_ambiguous(text: str) -> bool:
    """Whether a sentence suggests more than one name."""
    meant = _DID_YOU_MEAN.search(text)
    return bool(meant and meant["more"])


def stated_default(text: str) -> str | None:
    """The default that a sentence states for a missing field, None where it states none."""
    found = _DEFAULT.search(text)
    return found[1] if found else None


def listed_values(text: str) -> tuple[str, ...]:
    """The values that a sentence lists as allowed, as written."""
    found = _LISTS.search(text[:_MOST_TEXT])
    if found is None:
        return ()
    items = (quoted or bare for quoted, bare in _ITEM.findall(found[1]))
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip()))[:50]


def _type_named(text: str) -> str | None:
    return next((name for name, pattern in _TYPES if pattern.search(text)), None)
