#!/usr/bin/env python3
"""Makes the test vectors of Protocol/roster.md, version 0.

Written from that document, wire.md, records.md and record.proto alone, in another language than the program, so that
agreement means something. Needs Python 3.9 and the package `cryptography`. Prints nothing; writes roster/rosters.json
beside itself.
"""
import hashlib
import json
import pathlib
import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from make_wire_vectors import data, number

FIRST, SECOND, STRANGE = bytes(range(8)), bytes(range(8, 16)), bytes(range(16, 24))


class Site:
    """Keys that are the same every time."""

    def __init__(self, name):
        private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.signing = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.agreement = hashlib.sha256(b"agreement " + name.encode()).digest()
        self.id, self.alias = hashlib.sha256(self.signing).digest()[:16], name
        endorsed = private.sign(b"abscope agreement key 1\0" + bytes(32) + self.agreement)
        self.keys = data(1, self.signing) + data(2, self.agreement) + data(3, endorsed)


HUB, ONE, TWO, THREE = (Site(name) for name in ("HUB", "ONE", "TWO", "THREE"))


def entry(moment, *bodies, kind=32):
    changes = b"".join(data(6, number(1, kind) + number(5, 1) + data(6, body)) for body in bodies)
    zigzag = moment << 1 if moment >= 0 else (-moment << 1) - 1
    return number(1, 0) + data(2, number(1, zigzag) + number(2, 0)) + data(4, b"vectors 0") + changes


def admission(site, alias=None, role="clinic", addresses=(), reads=(), keys=None):
    body = data(1, keys or site.keys) + data(2, (alias or site.alias).encode()) + data(3, role.encode())
    body += b"".join(data(4, one.encode()) for one in addresses) + b"".join(data(5, one.id) for one in reads)
    return data(2, body)


def cut_off(epoch, lane, position, digest=bytes(32)):
    return data(2, data(1, epoch) + number(2, lane) + number(3, position) + data(4, digest))


def revocation(site, *cut_offs):
    return data(3, data(1, site.id) + b"".join(cut_offs) + data(3, b"a drill"))


FOUNDING = entry(1, data(1, data(1, b"Vectors") + data(2, HUB.keys) + data(3, bytes(range(32))) + data(4, bytes(16))))


def member(site, alias=None, role="clinic", addresses=(), reads=(), cut_offs=None):
    return {"site": site.id.hex(), "alias": alias or site.alias, "role": role, "addresses": list(addresses),
            "reads": [one.id.hex() for one in reads],
            "cutOffs": None if cut_offs is None else [
                {"epoch": epoch.hex(), "lane": lane, "position": position, "digest": digest.hex()}
                for epoch, lane, position, digest in cut_offs]}


BARE = member(HUB, HUB.id[:4].hex(), "hub")


def roster(name, entries, members, given=()):
    """`entries`: (site, epoch, position, bytes). `given`: (reader, feed's site, lane, whether the reader is given it)."""
    random.Random(name).shuffle(entries)
    return {"name": name, "founding": FOUNDING.hex(),
            "entries": [{"site": site.id.hex(), "epoch": epoch.hex(), "position": position, "entry": value.hex()}
                        for site, epoch, position, value in entries],
            "members": sorted(members, key=lambda one: one["site"]),
            "given": [{"reader": reader.id.hex(), "site": site.id.hex(), "lane": lane, "isGiven": is_given}
                      for reader, site, lane, is_given in given]}


def written(*rows, epoch=FIRST):
    """Entries of the administrator's lane 0, behind the founding one."""
    return [(HUB, epoch, position, value) for position, value in enumerate((FOUNDING, *rows), 1)]


broken = data(1, ONE.signing) + data(2, ONE.agreement) + data(3, bytes(64))
ends = [cut_off(FIRST, 2, 7, bytes(range(32))), cut_off(FIRST, 1, 3), cut_off(SECOND, 2, 9)]
rosters = [
    roster("the founding entry alone", written(), [BARE]),
    roster("no entry yet", [], [BARE]),
    roster("an administrator that admits itself", written(entry(2, admission(HUB, role="hub", addresses=["hub.example:1"]))),
           [member(HUB, role="hub", addresses=["hub.example:1"])]),
    roster("of two admissions in one feed the later position",
           written(entry(9, admission(ONE, addresses=["old:1"])), entry(3, admission(ONE, "NEW", addresses=["new:1", "two:2"]))),
           [BARE, member(ONE, "NEW", addresses=["new:1", "two:2"])]),
    roster("of two feeds the one recorded later",
           written(entry(9, admission(ONE, "LATE"))) + [(HUB, SECOND, 1, entry(8, admission(ONE, "EARLY")))],
           [BARE, member(ONE, "LATE")]),
    roster("of two feeds recorded at one moment the larger",
           written(entry(9, admission(ONE, "LESS"))) + [(HUB, SECOND, 1, entry(9, admission(ONE, "MORE")))],
           [BARE, member(ONE, "MORE")]),
    roster("two changes in one entry", written(entry(2, admission(ONE), admission(TWO))), [BARE, member(ONE), member(TWO)]),
    roster("an admission whose second key nobody signed", written(entry(2, admission(ONE, keys=broken)), entry(3, admission(TWO))),
           [BARE, member(TWO)]),
    roster("entries of another site", written() + [(TWO, FIRST, 1, entry(2, admission(ONE)))], [BARE]),
    roster("changes of another kind, and no entry at all", written(entry(2, admission(ONE), kind=33), b"\x0a\xff"), [BARE]),
    roster("a second founding", written(entry(2, data(1, data(1, b"Other") + data(2, ONE.keys)))), [BARE]),
    roster("a revocation before the admission", written(entry(2, revocation(ONE)), entry(3, admission(ONE))),
           [BARE, member(ONE, cut_offs=[])]),
    roster("a revocation in another epoch", written(entry(9, admission(ONE))) + [(HUB, SECOND, 1, entry(2, revocation(ONE)))],
           [BARE, member(ONE, cut_offs=[])]),
    roster("cut-offs of two revocations", written(
        entry(2, admission(ONE)), entry(3, revocation(ONE, ends[0], ends[1])),
        entry(4, revocation(ONE, cut_off(FIRST, 2, 6), ends[2]))),
        [BARE, member(ONE, cut_offs=[(FIRST, 1, 3, bytes(32)), (FIRST, 2, 7, bytes(range(32))), (SECOND, 2, 9, bytes(32))])]),
    roster("cut-offs of a wrong form", written(
        entry(2, admission(ONE)), entry(3, revocation(ONE, cut_off(FIRST[:7], 2, 7), cut_off(FIRST, 4, 7),
                                                      cut_off(FIRST, 2, 7, bytes(31)), ends[1]))),
        [BARE, member(ONE, cut_offs=[(FIRST, 1, 3, bytes(32))])]),
    roster("a revocation of the administrator", written(entry(2, revocation(HUB))), [BARE]),
    roster("a revocation of nobody", written(entry(2, revocation(THREE))), [BARE]),
    roster("who reads what", written(
        entry(2, admission(ONE, reads=[TWO])), entry(3, admission(TWO)), entry(4, admission(THREE, role="hub", reads=[TWO]))),
        [BARE, member(ONE, reads=[TWO]), member(TWO), member(THREE, role="hub", reads=[TWO])],
        [(ONE, ONE, 2, True), (ONE, TWO, 2, True), (ONE, THREE, 2, False), (ONE, HUB, 2, False), (ONE, HUB, 0, True),
         (TWO, ONE, 1, True), (TWO, HUB, 3, True), (THREE, ONE, 2, True), (HUB, ONE, 2, True)]),
]

folder = pathlib.Path(__file__).parent / "roster"
folder.mkdir(exist_ok=True)
(folder / "rosters.json").write_text(json.dumps(rosters, indent=1) + "\n")
