"""What the cryptography of one send costs by itself: the floor under every send and open. Context, no budget."""

from collections.abc import Callable, Iterator
from statistics import median
from uuid import UUID, uuid4

from agencies.vault import bundles, contexts, p256, seal, signatures, suites
from agencies.vault.bundles import DataKey
from agencies.vault.purposes import OPENED_BY
from fhir.content.compartments import Compartment
from tests.bench import clocks
from tests.bench.backends import Backends
from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.bench.traffic import COMPARTMENTS

AGENCIES = 4  # the sender and three recipients
SECTIONS = (600, 2000, 3000, 2000, 1000, 500, 500, 500, 500, 500)  # bytes of each section of one send
FOLDER = UUID(int=7 << 76 | 2 << 62)
INFO = contexts.bundle(folder_id=FOLDER)


def measure(run: Run) -> Iterator[Figure]:
    """Time the parts a send is made of, and what an opening undoes per key purpose."""
    for name, part in _parts().items():
        rounds = clocks.timed(part, n=run.times(1000), warm=20, backends=Backends(run.pair))
        seconds = median(second for each in rounds for second in each.cpu)
        yield Figure(name=f"sealing: {name}", value=seconds * 1e6, unit="µs CPU", n=run.times(1000))
    yield from clocks.busy("sealing", rounds)
    wraps = AGENCIES * len({OPENED_BY[compartment] for compartment in COMPARTMENTS})
    yield Figure(name="sealing: (wraps in one send)", value=wraps, unit="", n=1)


def _parts() -> dict[str, Callable[[], object]]:
    key = bundles.encode([_data_key(Compartment.REQUEST), _data_key(Compartment.CONTACT)])
    signing = p256.load_private(p256.generate())
    wraps = {number: _wrapping(number, key) for number in suites.SUITES}
    return {
        f"seal {len(SECTIONS)} sections": _seal_all,
        "sign a manifest": lambda: signatures.sign(signing, contexts.manifest(bytes(2000))),
        "wrap a bundle, P-256": wraps[1][0],
        "unwrap a bundle, P-256": wraps[1][1],
        "wrap a bundle, ML-KEM + X25519": wraps[3][0],
        "unwrap a bundle, ML-KEM + X25519": wraps[3][1],
    }


def _data_key(compartment: Compartment) -> DataKey:
    return DataKey(compartment=compartment, audience=None, epoch=1, dek=seal.new_key())


def _seal_all() -> None:
    dek, shred_secret = seal.new_key(), seal.new_key()
    for size in SECTIONS:
        context = contexts.section(
            folder_id=FOLDER, section_id=uuid4(), compartment=Compartment.CLINICAL, audience=None, version=1, epoch=1
        )
        seal.seal(dek=dek, shred_secret=shred_secret, plaintext=bytes(size), context=context)


def _wrapping(number: int, key: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    """Wrapping with one suite, and unwrapping it again."""
    suite = suites.SUITES[number]
    raw = suite.generate()
    public, private = suite.public_bytes(raw), suite.load_private(raw)
    wrapped = suites.wrap(suite=number, public=public, plaintext=key, info=INFO)
    return (
        lambda: suites.wrap(suite=number, public=public, plaintext=key, info=INFO),
        lambda: suites.unwrap(suite=number, private=private, wrapped=wrapped, info=INFO),
    )
