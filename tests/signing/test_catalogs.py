"""What clients read is all there in Spanish, and as it was written: catalogs held to templates, code and each other."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("signing", "receipts")
ENTRY = re.compile(r'^msgid "(.*)"\n(?:msgid_plural "(.*)"\n)?((?:msgstr(?:\[\d\])? ".*"\n?)+)', re.MULTILINE)
BLOCK = re.compile(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", re.DOTALL)
EVERY = pytest.mark.parametrize("app", APPS)


def unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\n", "\n")


def catalog(app: str, language: str) -> dict[str, tuple[str, ...]]:
    """What the .po says: each text and what it is in that language, by reading of our own."""
    path = ROOT / "referrals" / app / "locale" / language / "LC_MESSAGES" / "django.po"
    found = {}
    for text, _plural, forms in ENTRY.findall(path.read_text("utf-8")):
        found[unescaped(text)] = tuple(unescaped(each) for each in re.findall(r'msgstr(?:\[\d\])? "(.*)"', forms))
    del found[""]
    return found


def in_templates(app: str) -> Iterator[str]:
    """Every text marked in a template, with blanks as gettext has them."""
    for path in sorted((ROOT / "referrals" / app / "templates").rglob("*.html")):
        source = path.read_text("utf-8")
        yield from re.findall(r"""{% translate ['"](.*?)['"] %}""", source)
        for block in BLOCK.findall(source):
            text = " ".join(block.partition("{% plural %}")[0].split())
            yield re.sub(r"{{ (\w+) }}", r"%(\1)s", text)


def in_code(app: str) -> Iterator[str]:
    """Every text marked in a module: the argument of ``gettext`` or ``_``."""
    for path in sorted((ROOT / "referrals" / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "gettext"):
                yield from (each.value for each in node.args[:1] if isinstance(each, ast.Constant))


@EVERY
def test_every_text_a_client_reads_is_in_the_catalogs(app: str) -> None:
    marked = {*in_templates(app), *in_code(app)}
    assert len(marked) > 30
    for language in ("es", "pt", "km"):
        assert set(catalog(app, language)) == marked


@EVERY
def test_everything_is_there_in_spanish_with_the_same_blanks_and_links(app: str) -> None:
    for text, forms in catalog(app, "es").items():
        for form in forms:
            assert form.strip(), text
            for part in (r"%\(\w+\)s", r'href="[^"]*"', r"\n"):
                assert sorted(re.findall(part, form)) == sorted(re.findall(part, text)), text


@EVERY
def test_what_is_compiled_is_what_is_written(app: str) -> None:
    path = ROOT / "referrals" / app / "locale" / "es" / "LC_MESSAGES" / "django.mo"
    with path.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for text, forms in catalog(app, "es").items():
        said = (compiled.gettext(text),) if len(forms) == 1 else tuple(compiled.ngettext(text, text, n) for n in (1, 2))
        assert said == forms


def test_the_languages_that_wait_for_a_reader_say_nothing_yet() -> None:
    for app in APPS:
        for language in ("pt", "km"):
            assert {form for forms in catalog(app, language).values() for form in forms} == {""}
