"""A sheet as plain text, for somebody's own chart or report."""

from collections.abc import Iterator

from django.utils.translation import gettext

from .sheets import Line, Result, Sheet


def as_text(sheet: Sheet) -> str:
    """Title and lines; what is more than a line is set in."""
    return "\n".join([sheet.title, *_lines(sheet)])


def _lines(sheet: Sheet) -> Iterator[str]:
    for line in (*sheet.lines, *sheet.rest):
        yield _line(line)
    if sheet.result:
        yield from _result(sheet.result)


def _line(line: Line) -> str:
    space = "  " * (line.depth + 1)
    text = line.text.replace("\n", f"\n{space}  ")
    return f"{space}{line.label}: {text}" if text else f"{space}{line.label}"


def _result(result: Result) -> Iterator[str]:
    total = f" ({result.total})" if result.total else ""
    yield f"  {gettext('Result')}: {result.level}{total}"
    for words in (*result.findings, *result.advice):
        yield f"  {words}"
    for question in result.missing:
        yield f"  {gettext('No answer to')}: {question}"
