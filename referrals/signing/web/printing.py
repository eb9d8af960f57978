"""A paper to print and sign by hand, as one page of HTML that needs no other file."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from referrals.signing import papers
from referrals.signing.papers import Line
from referrals.signing.sheets import Ready, in_words, ticked_here

LINE = "_" * 36


def printed(paper: Ready, *, back: tuple[str, str] | None = None) -> str:
    """The paper with its blanks filled, boxes and lines left empty, and the referral's number to file it by.

    With ``back``, the address of the page it was asked for on and the words of the way there, it is a page itself;
    without, it is one file that needs no other.
    """
    language = paper.form.language
    with translation.override(language):
        blanks = papers.standing_blanks(paper.sheet, until=in_words(paper.sheet.until, language))
        blanks |= {"recipients": ticked_here(paper.sheet), "signer": "", "signed": "", "witness": ""}
        return render_to_string(
            "signing/paper.html",
            {
                "lines": [_laid_out(line, blanks, paper) for line in papers.lines(paper.form)],
                "reference": paper.reference,
                "form": paper.form,
                "styles": "" if back else _styles(),
                "back": back,
            },
        )


def _laid_out(line: Line, blanks: dict[str, str], paper: Ready) -> dict[str, object]:
    names = papers.blanks_in(line.text)
    signers = len(paper.sheet.signers) if "signer" in names else 0
    written = "signed" in names or ("witness" in names and paper.pack.witness)
    return {
        "kind": line.kind.value,
        "text": papers.fill(line.text, blanks).strip(),
        "lines": [LINE] * (signers or int(written)),
        "places": list(paper.sheet.places.values()) if "recipients" in names else [],
    }


def _styles() -> str:
    """The look of every page, to stand in the file itself: a printed file has nowhere to fetch it from."""
    found = finders.find("bhu/page.css")
    return Path(found).read_text("utf-8") if isinstance(found, str) else ""
