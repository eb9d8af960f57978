"""Pages speak the words of their readers: none of the words that only the code has (docs/words.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import ROOT

INTERNAL = re.compile(
    r"\b(compartments?|participations?|basis|wraps?|wrapped|shred\w*|checkpoints?|business ?status|break[- ]?glass|"
    r"epochs?|actors?|manifests?|sections?|tasks?|audiences?|tenants?|payloads?|resources?|null|none type)\b",
    re.IGNORECASE,
)
TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|<[^>]*>", re.DOTALL)
SPOKEN = re.compile(r"""(?:translate|_)\s*\(?\s*(?:"([^"]+)"|'([^']+)')""")
BLOCKS = re.compile(r"{% blocktranslate.*?%}(.*?){% endblocktranslate %}", re.DOTALL)
MARKS = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"})

TEMPLATES = sorted(
    path
    for app in ("bhu", "agencies", "referrals")
    for path in (ROOT / app).rglob("templates/**/*.html")
    if ".venv" not in path.parts
)
MODULES = sorted(
    path
    for folder in (
        "bhu/web",
        "bhu/signin",
        "agencies/web",
        "referrals/web",
        "referrals/signing/web",
        "referrals/receipts",
    )
    for path in (ROOT / folder).rglob("*.py")
)


def words_of_template(text: str) -> str:
    """Everything of a template that a person reads."""
    spoken = [first or second for first, second in SPOKEN.findall(text)]
    return " ".join([TAGS.sub(" ", text), *spoken, *(TAGS.sub(" ", block) for block in BLOCKS.findall(text))])


def words_of_module(text: str) -> Iterator[str]:
    """Every string of a module that is marked for translation."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield from (
                each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_a_word_of_the_code(path: Path) -> None:
    assert INTERNAL.findall(words_of_template(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_view_says_a_word_of_the_code(path: Path) -> None:
    said = " ".join(words_of_module(path.read_text("utf-8")))
    assert INTERNAL.findall(re.sub(r"%\(\w+\)\w", " ", said)) == []


def test_it_finds_a_word_of_the_code_where_one_stands() -> None:
    assert INTERNAL.findall(words_of_template("<p>{% translate 'This compartment' %}</p>")) == ["compartment"]
    assert INTERNAL.findall(words_of_template("{% blocktranslate trimmed %}A basis{% endblocktranslate %}")) != []
    assert INTERNAL.findall(" ".join(words_of_module('_("Shredded")'))) == ["Shredded"]
