"""What may stand in a narrative, and what acts on its reader."""

import pytest

from fhir.content.narrative import is_safe
from tests.fhir.samples import DIV

SAFE = [
    "words",
    "",
    "<p>a</p><table><tr><td>b</td></tr></table>",
    '<a href="https://example.org/z?a:b">l</a>',
    '<a href="Patient/1">l</a>',
    '<a href="#x">l</a>',
    '<a href="mailto:a@example.org">l</a>',
    '<a name="x">y</a>',
    '<img src="chart.png" alt="x"/>',
    '<img src="data:image/png;base64,AAAA"/>',
    '<p style="color: red" class="c" id="i" lang="en" xml:lang="en" title="a&gt;b">x</p>',
    "&lt;script&gt; &#233; &amp;",
]
UNSAFE = [
    "<script>x</script>",
    '<p onclick="x">y</p>',
    '<p ONCLICK="x">y</p>',
    '<a href="javascript:alert(1)">y</a>',
    '<a href="JaVaScRiPt:alert(1)">y</a>',
    '<a href=" java&#9;script:alert(1)">y</a>',
    '<a href="&#1;javascript:alert(1)">y</a>',
    '<a href="vbscript:x">y</a>',
    '<a href="data:text/html,x">y</a>',
    '<a href="\\\\evil\\x">y</a>',
    '<img src="data:image/svg+xml;base64,AAAA"/>',
    '<img src="x" onerror="y"/>',
    '<p style="background:url(https://example.org)">x</p>',
    '<p style="width: expression(alert(1))">x</p>',
    '<p style="behavior: x">x</p>',
    "<style>p {}</style>",
    "<iframe/>",
    "<form>x</form>",
    "<input/>",
    "<object/>",
    "<base/>",
    "<link/>",
    "<meta/>",
    '<svg xmlns="http://www.w3.org/2000/svg">x</svg>',
    '<p xmlns="">x</p>',
    '<h:script xmlns:h="http://www.w3.org/1999/xhtml">x</h:script>',
    '<a xlink:href="x" xmlns:xlink="http://www.w3.org/1999/xlink">y</a>',
    "<!-- x -->",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[><script>alert(1)</script>]]>",
    "<?xml-stylesheet href='x'?>",
    "&nbsp;",
    "<p>x",
    '</div><div xmlns="http://www.w3.org/1999/xhtml">',
]


@pytest.mark.parametrize("inner", SAFE)
def test_formatting_is_taken(inner: str) -> None:
    assert is_safe(DIV.format(inner))


@pytest.mark.parametrize("inner", UNSAFE)
def test_what_acts_is_refused(inner: str) -> None:
    assert not is_safe(DIV.format(inner))


@pytest.mark.parametrize(
    "whole",
    [
        "<div>no namespace</div>",
        '<p xmlns="http://www.w3.org/1999/xhtml">no div</p>',
        '<?xml version="1.0"?>' + DIV.format("x"),
        '<!DOCTYPE div [<!ENTITY x "y">]>' + DIV.format("&x;"),
        "words",
        "",
        "<div \ud800/>",
        None,
        True,
    ],
)
def test_what_is_no_div_is_refused(whole: str | bool | None) -> None:
    assert not is_safe(whole)
