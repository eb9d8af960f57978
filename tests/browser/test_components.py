"""What the tests of pages are made of is itself sharp: it sees the faults it is there to see."""

import json
import subprocess
import sys
import time

import pytest

from referrals.models import Referral
from tests.browser import chromium
from tests.browser.conftest import PageFor
from tests.browser.hands import Hands
from tests.browser.looks import axe, enlarge, sticking_out
from tests.browser.screens import DESKTOP, LAPTOP, PHONE, Screen, shown_on, turned
from tests.browser.site import Site
from tests.browser.stores import kept_of, stores
from tests.browser.watch import Watch

BAD = """
<meta name="viewport" content="width=device-width">
<style>a { font-size: 8px; color: #bbb; background: #fff }</style>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
<a href="/1">one</a><a href="/2">two</a><div style="width: 900px">wide</div>
"""
FILL = """
async () => {
  const word = "Zwillinger";
  localStorage.setItem("a", word + 1);
  sessionStorage.setItem("b", word + 2);
  history.replaceState({ c: word + 3 }, "");
  document.cookie = `d=${word}4`;
  const opening = indexedDB.open("notes", 1);
  await new Promise((yes) => {
    opening.onupgradeneeded = () => opening.result.createObjectStore("drafts").put(word + 5, "e");
    opening.onsuccess = yes;
  });
  const cache = await caches.open("pages");
  await cache.put("/f", new Response(word + 6));
  const file = await (await navigator.storage.getDirectory()).getFileHandle("g", { create: true });
  const writer = await file.createWritable();
  await writer.write(word + 7);
  await writer.close();
}
"""


def test_a_page_comes_from_the_web_process(page_for: PageFor) -> None:
    page = page_for()
    page.goto("/")
    assert page.get_by_role("link", name="988").is_visible()


def test_axe_sees_what_is_built_badly(page_for: PageFor) -> None:
    page = page_for()
    page.set_content(BAD)
    rules = {line.partition(":")[0] for line in axe(page)}
    assert {"image-alt", "color-contrast", "target-size", "html-has-lang", "landmark-one-main"} <= rules


def test_what_is_too_wide_is_named(page_for: PageFor) -> None:
    page = page_for()
    page.set_content(BAD)
    wide = sticking_out(page)
    assert wide[0].endswith("px wide on 360 px")
    assert "div" in wide[1:]


def test_letters_can_be_made_larger(page_for: PageFor) -> None:
    page = page_for()
    page.goto("/")
    size = "parseFloat(getComputedStyle(document.querySelector('h2')).fontSize)"
    before = page.evaluate(size)
    enlarge(page)
    assert page.evaluate(size) == 2 * before


def test_an_open_page_can_be_shown_on_another_screen(page_for: PageFor) -> None:
    page = page_for(screen=PHONE)
    page.goto("/")
    assert shown_on(page) == PHONE
    with turned(page, DESKTOP.zoomed(2)):
        assert shown_on(page) == Screen(640, 400, touch=False, dense=2)
        with turned(page, LAPTOP):
            assert shown_on(page) == LAPTOP
        assert shown_on(page) == Screen(640, 400, touch=False, dense=2)
    assert shown_on(page) == PHONE


def test_a_bar_that_stays_in_sight_makes_nothing_small(page_for: PageFor) -> None:
    page = page_for(screen=PHONE)
    bar = "<p style='position: sticky; bottom: 0; height: 4rem; margin: 0; background: #fff'>Bar</p>"
    page.set_content(
        f"<!DOCTYPE html><meta name=viewport content='width=device-width'>{'<p><a href=x>A link</a></p>' * 40}{bar}"
    )
    assert [line for line in axe(page) if line.startswith("target-size")] == []
    assert shown_on(page) == PHONE


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("console.error('it broke')", "console: it broke"),
        ("setTimeout(() => { throw new Error('late') })", "script: late"),
        ("document.body.setAttribute('style', 'color: red')", "breach of the policy: style-src"),
        ("fetch('https://elsewhere.example.org/')", "breach of the policy: connect-src https://elsewhere.example.org/"),
        ("location.href = 'http://127.0.0.1:9/elsewhere'", "foreign request: http://127.0.0.1:9/elsewhere"),
        ("document.body.append(Object.assign(new Image(), { src: '/static/none.png' }))", "answer 404"),
    ],
)
def test_what_goes_wrong_on_a_page_is_seen(page_for: PageFor, watch: Watch, fault: str, said: str) -> None:
    page = page_for()
    page.goto("/")
    page.evaluate(f"() => {{ {fault} }}")
    page.wait_for_timeout(300)
    assert any(said in each for each in watch.unexpected())
    watch.expect("")


def test_a_form_that_was_refused_is_no_fault(page_for: PageFor, watch: Watch) -> None:
    answer = page_for().goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    assert watch.faults == []


def test_a_lost_network_is_seen_unless_the_test_says_so(page_for: PageFor, watch: Watch) -> None:
    page = page_for()
    page.goto("/", wait_until="networkidle")
    page.context.set_offline(True)
    page.evaluate("fetch('/healthz').catch(() => 0)")
    assert any("/healthz" in line for line in watch.unexpected())
    watch.expect("ERR_INTERNET_DISCONNECTED")
    assert watch.unexpected() == []


def test_nothing_a_browser_keeps_is_overlooked(page_for: PageFor) -> None:
    page = page_for()
    page.goto("/")
    assert kept_of(page, {"Zwillinger"}) == set()
    page.evaluate(FILL)
    said = json.dumps(stores(page))
    assert [place for place in range(1, 8) if f"Zwillinger{place}" not in said] == []
    assert kept_of(page, {"zwillinger", "Ottilie"}) == {"zwillinger"}


def test_who_is_signed_in_is_known_to_the_pages(page_for: PageFor) -> None:
    page = page_for("officer1.brindle", DESKTOP)
    page.goto("/list/")
    assert page.get_by_role("heading", level=1).is_visible()
    assert "/account/login/" not in page.url


def test_each_test_finds_the_county_as_it_was_loaded(site: Site, page_for: PageFor) -> None:
    for _ in range(2):
        stage = site.played("accept")
        assert Referral.objects.filter(pk=stage.referral_id).exists()
        page_for("clinician1.bhu").goto("/list/")
        site.restore()
        assert not Referral.objects.exists()


def test_the_worker_does_at_once_what_it_is_rung_for(working: Site) -> None:
    working.ring("referrals.tasks.sweep")
    for _ in range(600):
        if any(b"referrals.tasks.sweep" in line and b"succeeded" in line for line in working.lines):
            return
        time.sleep(0.1)
    pytest.fail(b"".join(working.lines).decode())


def test_hands_count_what_they_do(page_for: PageFor) -> None:
    page = page_for(screen=PHONE)
    page.set_content("<label>Town <input></label> <select><option>a<option>b</select> <button>Send</button>")
    hands = Hands(page)
    hands.fill(page.get_by_label("Town"), "Alder Falls")
    hands.choose(page.locator("select"), "b")
    hands.press("Tab")
    hands.tap(page.get_by_role("button"))
    assert page.get_by_label("Town").input_value() == "Alder Falls"
    assert (hands.taps, hands.keys, hands.fields, hands.count) == (1, 1, 2, 4)
    assert 9 < hands.seconds < 30  # six looks and eleven letters are 9.7 s; the rest is the machine's


def test_without_chromium_and_the_means_to_install_it_one_is_told_what_to_do() -> None:
    done = subprocess.run(
        [sys.executable, chromium.__file__], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "apt-get install chromium" in done.stderr
