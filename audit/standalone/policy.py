"""Whose signatures count: C2SP tlog-policy. One file serves the hub that asks its witnesses and whoever verifies."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from audit.standalone.faults import Unusable
from audit.standalone.notes import COSIGNS, SIGNS, Key, key


class Witness(NamedTuple):
    """A witness of a policy, and the address at which it is asked, if the policy says."""

    key: Key
    url: str


@dataclass
class Policy:
    """Whose tree heads count, and who must have cosigned one: ``quorum`` names a witness, a group or ``none``."""

    logs: dict[str, Key] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = ""

    def met(self, by: Collection[str], name: str | None = None) -> bool:
        """Say whether cosignatures of these witnesses are enough."""
        name = self.quorum if name is None else name
        if name in self.groups:
            needed, members = self.groups[name]
            return sum(self.met(by, member) for member in members) >= needed
        return name == "none" or name in by


def policy(text: str) -> Policy:
    """Read a tlog-policy file. Raises Unusable, with the line that is not understood."""
    made = Policy()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            try:
                _STATEMENTS[words[0]](made, *words[1:])
            except (KeyError, TypeError, ValueError, Unusable) as problem:
                why = problem if isinstance(problem, Unusable) else "It is not understood."
                raise Unusable(f"Line {number} of the policy: {why}") from None
    if not made.quorum:
        raise Unusable("The policy has no line that begins with quorum.")
    return made


def _log(made: Policy, text: str, _url: str = "") -> None:
    found = key(text, SIGNS)
    if any(found.public == each.public for each in made.logs.values()) or found.name in made.logs:
        raise Unusable("This log is there twice.")
    made.logs[found.name] = found


def _witness(made: Policy, name: str, text: str, url: str = "") -> None:
    found = key(text, COSIGNS)
    if any(found.public == each.key.public for each in made.witnesses.values()):
        raise Unusable("This witness is there twice.")
    made.witnesses[_new(made, name)] = Witness(found, url)


def _group(made: Policy, name: str, threshold: str, *members: str) -> None:
    needed = {"any": 1, "all": len(members)}.get(threshold) or int(threshold)
    taken = {member for _, others in made.groups.values() for member in others}
    known = {*made.witnesses, *made.groups} - taken
    if not 1 <= needed <= len(members) or len({*members}) < len(members) or not {*members} <= known:
        raise Unusable("A group names witnesses and groups of lines before it, each once, and how many it needs.")
    made.groups[_new(made, name)] = (needed, members)


def _quorum(made: Policy, name: str) -> None:
    if made.quorum or (name != "none" and name not in made.witnesses and name not in made.groups):
        raise Unusable("quorum stands once and names a witness or group of a line before it, or none.")
    made.quorum = name


def _new(made: Policy, name: str) -> str:
    if name == "none" or name in made.witnesses or name in made.groups:
        raise Unusable(f"The name {name!r} is taken.")
    return name


_STATEMENTS: Mapping[str, Callable[..., None]] = {"log": _log, "witness": _witness, "group": _group, "quorum": _quorum}
