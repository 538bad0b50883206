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
import struct

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


def entry(moment, *bodies, kind=32, action=1):
    changes = b"".join(data(6, number(1, kind) + number(5, action) + data(6, body)) for body in bodies)
    zigzag = moment << 1 if moment >= 0 else (-moment << 1) - 1
    return number(1, 0) + data(2, number(1, zigzag) + number(2, 0)) + data(4, b"vectors 0") + changes


def admission(site, alias=None, role="clinic", addresses=(), reads=(), keys=None):
    body = data(1, keys or site.keys) + data(2, (alias or site.alias).encode()) + data(3, role.encode())
    body += b"".join(data(4, one.encode()) for one in addresses) + b"".join(data(5, one.id) for one in reads)
    return data(2, body)


def end(epoch, lane, position, digest=bytes(32)):
    return data(1, epoch) + number(2, lane) + number(3, position) + data(4, digest)


def cut_off(*of):
    return data(2, end(*of))


def revocation(site, *cut_offs):
    return data(3, data(1, site.id) + b"".join(cut_offs) + data(3, b"a drill"))


def in_term(term, body):
    return body + data(6, data(1, term))


def handover(site, *cut_offs):
    return data(4, data(1, site.keys) + b"".join(cut_offs))


def begun_by(site, epoch, position, value):
    """The id of the term that a handover begins."""
    place = site.id + epoch + b"\0" + struct.pack("<Q", position)
    return hashlib.sha256(b"abscope term 1" + place + value).digest()[:16]


def recovery(count, site, *cut_offs, key=None, more=b""):
    """A recovery as a body, and the id of its term. `cut_offs`: (site, cut-off); `more` is not signed."""
    message = data(1, site.keys) + number(2, count)
    message += b"".join(data(3, data(1, owner.id) + data(2, end)) for owner, end in cut_offs)
    signed = b"abscope recovery 1\0" + REGISTRY + message
    return data(5, message + data(4, (key or PAPER).sign(signed)) + more), hashlib.sha256(b"abscope term 1" + signed).digest()[:16]


PAPER = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"paper").digest())
PAPER_KEY = PAPER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
FOUNDING = entry(1, data(1, data(1, b"Vectors") + data(2, HUB.keys) + data(3, PAPER_KEY) + data(4, bytes(16))))
REGISTRY = hashlib.sha256(FOUNDING).digest()


def member(site, alias=None, role="clinic", addresses=(), reads=(), cut_offs=None):
    return {"site": site.id.hex(), "alias": alias or site.alias, "role": role, "addresses": list(addresses),
            "reads": [one.id.hex() for one in reads],
            "cutOffs": None if cut_offs is None else [
                {"epoch": epoch.hex(), "lane": lane, "position": position, "digest": digest.hex()}
                for epoch, lane, position, digest in cut_offs]}


def bare(site):
    """Listed for a term of office, and not admitted."""
    return member(site, site.id[:4].hex(), "hub")


BARE = bare(HUB)


def roster(name, entries, members, given=(), administrator=HUB):
    """`entries`: (site, epoch, position, bytes), and where histories are told apart the digests before and after. `given`: (reader, feed's site, lane, whether the reader is given it)."""
    random.Random(name).shuffle(entries)
    return {"name": name, "founding": FOUNDING.hex(), "administrator": administrator.id.hex(),
            "entries": [{"site": site.id.hex(), "epoch": epoch.hex(), "position": position, "entry": value.hex()}
                        | dict(zip(("before", "after"), (digest.hex() for digest in digests)))
                        for site, epoch, position, value, *digests in entries],
            "members": sorted(members, key=lambda one: one["site"]),
            "given": [{"reader": reader.id.hex(), "site": site.id.hex(), "lane": lane, "isGiven": is_given}
                      for reader, site, lane, is_given in given]}


def written(*rows, epoch=FIRST):
    """Entries of the founder's lane 0, behind the founding one."""
    return by(HUB, FOUNDING, *rows, epoch=epoch)


def by(site, *rows, epoch=FIRST):
    return [(site, epoch, position, value) for position, value in enumerate(rows, 1)]


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
                                                      cut_off(FIRST, 2, 7, bytes(31)), cut_off(FIRST, 3, 2**53), ends[1]))),
        [BARE, member(ONE, cut_offs=[(FIRST, 1, 3, bytes(32))])]),
    roster("a revocation of the administrator", written(entry(2, revocation(HUB))), [BARE]),
    roster("a revocation of nobody", written(entry(2, revocation(THREE))), [BARE]),
    roster("an amendment", written(entry(2, admission(ONE), action=2)), [BARE]),
    roster("a body that can not be decoded beside one that can", written(entry(2, admission(ONE), b"\x0a\xff")), [BARE]),
    roster("a term of no bytes, and one of too few", written(
        entry(2, in_term(b"", admission(ONE))), entry(3, in_term(bytes(15), admission(TWO)))), [BARE]),
    roster("who reads what", written(
        entry(2, admission(ONE, reads=[TWO])), entry(3, admission(TWO)), entry(4, admission(THREE, role="hub", reads=[TWO]))),
        [BARE, member(ONE, reads=[TWO]), member(TWO), member(THREE, role="hub", reads=[TWO])],
        [(ONE, ONE, 2, True), (ONE, TWO, 2, True), (ONE, THREE, 2, False), (ONE, HUB, 2, False), (ONE, HUB, 0, True),
         (TWO, ONE, 1, True), (TWO, HUB, 3, True), (THREE, ONE, 2, True), (HUB, ONE, 2, True), (ONE, THREE, 0, True)]),
]

# Handovers and recoveries -------------------------------------------------------------------------------------------

to_one = entry(5, handover(ONE))
one_begins = begun_by(HUB, FIRST, 2, to_one)
after_two = entry(5, handover(ONE, data(2, end(SECOND, 0, 1))))
first_recovery, first_term = recovery(1, THREE, (HUB, end(FIRST, 0, 2)))
second_recovery, second_term = recovery(2, TWO, (HUB, end(FIRST, 0, 3)), (THREE, end(FIRST, 0, 1)))
unsigned, unsigned_term = recovery(1, THREE, key=Ed25519PrivateKey.from_private_bytes(bytes(32)))
numberless, _ = recovery(0, THREE)
longer, _ = recovery(1, THREE, more=number(15, 1))
to_two = entry(6, in_term(one_begins, handover(TWO)))
rosters += [
    roster("a handover", written(to_one, entry(6, admission(THREE))) + by(ONE, entry(7, in_term(one_begins, admission(TWO)))),
           [BARE, bare(ONE), member(TWO)], administrator=ONE),
    roster("of a successor only what names its term", written(to_one) + by(ONE, entry(7, admission(TWO)),
                                                                          entry(8, in_term(bytes(16), admission(THREE)))),
           [BARE, bare(ONE)], administrator=ONE),
    roster("what a successor wrote before its term", written(to_one) + by(
        ONE, entry(2, in_term(one_begins, admission(TWO)))), [BARE, bare(ONE), member(TWO)], administrator=ONE),
    roster("of two handovers the one recorded earlier", written(entry(5, handover(ONE)), entry(4, handover(TWO))),
           [BARE, bare(TWO)], administrator=TWO),
    roster("a handover to itself", written(entry(5, handover(HUB)), entry(6, admission(TWO))), [BARE, member(TWO)]),
    roster("a handover from hand to hand", written(to_one) + by(ONE, to_two) + by(
        TWO, entry(7, in_term(begun_by(ONE, FIRST, 1, to_two), admission(THREE)))),
        [BARE, bare(ONE), bare(TWO), member(THREE)], administrator=TWO),
    roster("a handover, and other epochs of who hands over", written(after_two) + by(
        HUB, entry(2, admission(TWO)), entry(3, admission(THREE)), epoch=SECOND) + by(
        HUB, entry(2, admission(THREE)), epoch=STRANGE), [BARE, bare(ONE), member(TWO)], administrator=ONE),
    roster("a recovery in anybody's lane 0", written(entry(2, admission(ONE)), entry(3, admission(TWO))) + by(
        ONE, entry(9, first_recovery)) + by(THREE, entry(10, in_term(first_term, admission(TWO, "BACK")))),
        [BARE, member(ONE), member(TWO, "BACK"), bare(THREE)], administrator=THREE),
    roster("a recovery names where the term before ended", written(
        entry(2, admission(ONE)), entry(3, admission(TWO)), entry(4, handover(TWO))) + by(ONE, entry(9, first_recovery)),
        [BARE, member(ONE), bare(THREE)], administrator=THREE),
    roster("a recovery ends what a handover names in advance", written(after_two) + by(
        HUB, entry(2, admission(TWO)), epoch=SECOND) + by(ONE, entry(9, first_recovery)),
        [BARE, bare(ONE), bare(THREE)], administrator=THREE),
    roster("of two recoveries the larger number", written(entry(2, admission(ONE)), entry(3, admission(ONE, "AGAIN"))) + by(
        ONE, entry(9, second_recovery), entry(10, first_recovery)) + by(
        THREE, entry(11, in_term(first_term, admission(HUB, role="hub"))), entry(12, in_term(first_term, admission(HUB, "NEW", "hub")))),
        [member(HUB, role="hub"), member(ONE, "AGAIN"), bare(TWO), bare(THREE)], administrator=TWO),
    roster("a recovery that the key on paper did not sign", written(entry(2, admission(ONE))) + by(
        ONE, entry(9, unsigned), entry(10, numberless), entry(11, longer)) + by(THREE, entry(11, in_term(unsigned_term, admission(TWO)))),
        [BARE, member(ONE)]),
    roster("a later term revokes who was administrator", written(
        entry(2, admission(TWO)), entry(3, admission(THREE)), entry(4, handover(ONE))) + by(ONE, entry(
            9, in_term(begun_by(HUB, FIRST, 4, entry(4, handover(ONE))), revocation(HUB, cut_off(FIRST, 0, 2))))),
        [member(HUB, HUB.id[:4].hex(), "hub", cut_offs=[(FIRST, 0, 2, bytes(32))]), bare(ONE), member(TWO)], administrator=ONE),
    roster("a revocation of the administrator counts when its term is over", written(
        entry(2, revocation(HUB, cut_off(FIRST, 0, 9))), entry(3, handover(ONE))),
        [member(HUB, HUB.id[:4].hex(), "hub", cut_offs=[(FIRST, 0, 9, bytes(32))]), bare(ONE)], administrator=ONE),
]

# Histories of a lane 0 that forked ----------------------------------------------------------------------------------


def chained(site, *rows, epoch=FIRST):
    """Entries of one history, each with the digests before and after it."""
    found, before = [], hashlib.sha256(b"abscope feed 1" + site.signing + epoch + b"\0").digest()
    for position, value in enumerate(rows, 1):
        after = hashlib.sha256(before + struct.pack("<I", len(value)) + value).digest()
        found.append((site, epoch, position, value, before, after))
        before = after
    return found


def joined(*parts):
    """Each entry once."""
    return list(dict.fromkeys(one for part in parts for one in part))


def head(history, position=None):
    """The end of a cut-off at an entry of a history, the last one where none is named."""
    row = history[(position or len(history)) - 1]
    return end(row[1], 0, row[2], row[5])


shared = [FOUNDING, entry(2, admission(ONE))]
left = chained(HUB, *shared, entry(3, revocation(ONE)))
right = chained(HUB, *shared, entry(3, admission(TWO)))
meant = chained(HUB, *shared, entry(3, admission(TWO)), entry(4, admission(TWO)))
forged = chained(HUB, FOUNDING, *(entry(5, admission(THREE)),) * 4)
named, named_term = recovery(1, ONE, (HUB, head(meant)))
both, both_term = recovery(2, TWO, (HUB, head(forged, 2)))
named_second = entry(6, handover(THREE, data(2, head(left)), data(2, head(right))))
named_left = entry(6, handover(THREE, data(2, head(left))))
same = entry(9, handover(ONE))
former, other = chained(HUB, *shared, entry(3, admission(TWO)), same), chained(HUB, *shared, entry(3, admission(THREE)), same)
cut = in_term(begun_by(HUB, FIRST, 4, same), revocation(HUB, data(2, head(former))))
rosters += [
    roster("both histories of a clone", joined(left, right), [BARE, member(ONE, cut_offs=[]), member(TWO)]),
    roster("a carried history without what it has in common", joined(left, right[2:]),
           [BARE, member(ONE, cut_offs=[]), member(TWO)]),
    roster("a recovery names a history", joined(meant, forged, chained(ONE, entry(9, named))),
           [BARE, member(ONE), member(TWO)], administrator=ONE),
    roster("a recovery names a history of which the rest is held", joined(meant[2:], forged, chained(ONE, entry(9, named))),
           [BARE, bare(ONE), member(TWO)], administrator=ONE),
    roster("a recovery names a history that begins behind another one", joined(meant[3:], forged, chained(ONE, entry(9, named))),
           [BARE, bare(ONE), member(TWO), member(THREE)], administrator=ONE),
    roster("a recovery names a history that is not held", joined(meant[:3], forged, chained(ONE, entry(9, named))),
           [BARE, member(ONE), member(TWO), member(THREE)], administrator=ONE),
    roster("of two recoveries the histories both name", joined(left, meant, forged, chained(ONE, entry(9, named)), chained(
        TWO, entry(10, both))), [BARE, member(ONE), member(TWO), member(THREE)], administrator=TWO),
    roster("a handover names one history of an epoch", joined(left, right, chained(HUB, named_left, epoch=SECOND)),
           [BARE, member(ONE, cut_offs=[]), bare(THREE)], administrator=THREE),
    roster("a handover names two histories of an epoch", joined(left, right, chained(HUB, named_second, epoch=SECOND)),
           [BARE, member(ONE, cut_offs=[]), member(TWO), bare(THREE)], administrator=THREE),
    roster("a handover in one history, and what another says there", joined(former, chained(
        HUB, *shared, entry(3, admission(THREE)), entry(4, admission(THREE)))), [BARE, member(ONE), member(TWO)], administrator=ONE),
    roster("a handover with the same bytes in two histories", joined(former, other),
           [BARE, member(ONE), member(TWO), member(THREE)], administrator=ONE),
    roster("a revocation of a former administrator names a history", joined(former, other, chained(ONE, entry(10, cut))),
           [member(HUB, HUB.id[:4].hex(), "hub", cut_offs=[(FIRST, 0, 4, former[3][5])]), member(ONE), member(TWO)],
           administrator=ONE),
]

# Recoveries that many say, and many recoveries of one ---------------------------------------------------------------

again, _ = recovery(1, TWO, (HUB, end(FIRST, 0, 4)))
unsigned, _ = recovery(1, TWO, (HUB, end(FIRST, 0, 4)), key=Ed25519PrivateKey.from_private_bytes(bytes(32)))
looked_at = [entry(20, *[data(5, b"")] * 512), entry(20, *[data(5, b"")] * 511)]
three = written(entry(2, admission(ONE)), entry(3, admission(TWO)), entry(4, admission(THREE)))
all_three = [BARE, member(ONE), member(TWO), member(THREE)]
rosters += [
    roster("a recovery said by three sites is one", three + by(TWO, entry(9, again)) + by(ONE, entry(9, unsigned), entry(10, again))
           + by(THREE, entry(11, again)), all_three, administrator=TWO),
    roster("the last recovery of a site that is looked at", three + by(ONE, *looked_at, entry(21, again)), all_three,
           administrator=TWO),
    roster("a recovery behind as many as are looked at", three + by(ONE, *looked_at, entry(21, data(5, b"")), entry(22, again)),
           all_three),
    roster("a recovery behind as many as are looked at, said by another site",
           three + by(ONE, *looked_at, entry(21, data(5, b"")), entry(22, again)) + by(TWO, entry(23, again)), all_three,
           administrator=TWO),
]

folder = pathlib.Path(__file__).parent / "roster"
folder.mkdir(exist_ok=True)
(folder / "rosters.json").write_text(json.dumps(rosters, indent=1) + "\n")
