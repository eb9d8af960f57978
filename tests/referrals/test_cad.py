"""Lines of invented dispatch systems: time, place and number are read, and nothing is made up."""

from datetime import datetime

import pytest

from referrals.cad import CadLine, read_cad

NOW = datetime(2026, 11, 21, 21, 50)  # noqa: DTZ001  the wall clock of the agency, as a dispatch system prints it


def at(hour: int, minute: int, day: int = 21) -> datetime:
    return NOW.replace(day=day, hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "INC# 26-0041877 | 11/21/2026 21:08:14 | 22 TANNERS ROW APT 4 | SUICIDAL SUBJECT | UNITS A12 A14",
            CadLine(at(21, 8), "22 TANNERS ROW APT 4", "26-0041877"),
        ),
        (
            "Call No: 2026-00123456  Time: 21:08  Location: 118 Orchard Avenue, Eastgrove  Nature: WELLNESS CHECK",
            CadLine(at(21, 8), "118 Orchard Avenue, Eastgrove", "2026-00123456"),
        ),
        (
            "Event ID: E262110045; Received: 2026-11-21T20:55:10; Loc: MILLRACE ST / QUARRY RD; Pri 2",
            CadLine(at(20, 55), "MILLRACE ST / QUARRY RD", "E262110045"),
        ),
        ("P262110093\t21:31\t40 QUARRY RD\tMENTAL HEALTH\tENRT", CadLine(at(21, 31), "40 QUARRY RD", "P262110093")),
        ("CFS 26-118820 9:05 PM 7 Ferry Lane #2 ASSIST CITIZEN", CadLine(at(21, 5), "7 Ferry Lane #2", "26-118820")),
        (
            "Date/Time: 11/20/26 23:40 Address: 3 Peat Road Incident: FH26-0099 Type: OVERDOSE",
            CadLine(at(23, 40, day=20), "3 Peat Road", "FH26-0099"),
        ),
        ("2350 hrs 5 Stonebridge Way 2600417733", CadLine(at(23, 50, day=20), "5 Stonebridge Way", "2600417733")),
        ("\ufeff  CASE: 26-77120\r\nADDR: 60 NORTHFIELD RD\r\n", CadLine(None, "60 NORTHFIELD RD", "26-77120")),
        ("welfare check, caller on line, no details", CadLine(None, "", "")),
        ("", CadLine(None, "", "")),
    ],
)
def test_a_line_says_time_place_and_number(line: str, found: CadLine) -> None:
    assert read_cad(line, now=NOW) == found


@pytest.mark.parametrize("line", ["13/45/2026 21:08", "11/22/2026 08:00", "25:99", "11/31/2026 10:00"])
def test_a_time_that_cannot_be_is_no_time(line: str) -> None:
    assert read_cad(line, now=NOW).occurred is None


def test_a_long_paste_is_read_in_no_time() -> None:
    assert read_cad("12 MAIN " * 20_000 + "a:" * 20_000, now=NOW).number == ""
