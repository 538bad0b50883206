"""../roster.md: who belongs to a registry and who administers it, read from a set of entries of lane 0."""
from __future__ import annotations

import hashlib
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, NamedTuple, Optional

import messages
from enrolment import check_keys, founding, message_of
from log_format import LIMITS, FeedID, Head, Refused, holds, signed_text, site_of

ROSTER_KIND, CREATE = 32, 1
CutOffs = dict[tuple[bytes, int], Head]
Heads = dict[FeedID, set[Head]]


class Place(NamedTuple):
    """An attested entry of lane 0, held or carried, and the chain digests before and after it; none: of the one history there is."""

    feed: FeedID
    position: int
    encoded: bytes
    before: bytes = b""
    after: bytes = b""


@dataclass(frozen=True)
class Entry:
    """What a place says of the roster."""

    place: Place
    moment: int
    bodies: tuple[Any, ...]

    @property
    def feed(self) -> FeedID:
        return self.place.feed


class Histories:
    """What is held of the histories of each feed."""

    def __init__(self, places: Iterable[Place]):
        self.by_end = {(one.feed, one.position, one.after): one for one in places if one.after}

    def line(self, feed: FeedID, head: Head) -> Optional[list[Place]]:
        """The entries up to a head, the last first, as far back as they are held; nothing where that one is not."""
        found, place = [], self.by_end.get((feed, head.position, head.digest))
        while place is not None:
            found.append(place)
            place = self.by_end.get((feed, place.position - 1, place.before))
        return found or None


class Reach:
    """How far something reaches: in each feed to the heads it names, and in others nowhere."""

    def __init__(self, named: Heads, histories: Histories):
        self.parts = {feed: [(head, histories.line(feed, head)) for head in heads] for feed, heads in named.items()}

    def covers(self, place: Place) -> bool:
        return any(place.position <= head.position and _lies(place, line) for head, line in self.parts.get(place.feed, []))


def _lies(place: Place, line: Optional[list[Place]]) -> bool:
    if line is None or not place.after:
        return True
    first = line[-1]
    if place.position < first.position:
        return place.position < first.position - 1
    return line[line[0].position - place.position] == place


@dataclass
class Term:
    """A term of office; without limits it reaches to the end of every feed of lane 0 of its site."""

    keys: Any
    name: bytes = b""
    limits: list[Reach] = field(default_factory=list)

    @property
    def site(self) -> bytes:
        return site_of(self.keys.signing_key)

    def reaches(self, entry: Entry) -> bool:
        return entry.feed.site == self.site and all(limit.covers(entry.place) for limit in self.limits)

    def said(self, entries: list[Entry]) -> Iterator[tuple[Entry, Any]]:
        """The bodies that were written in it."""
        for entry in entries:
            if self.reaches(entry):
                yield from ((entry, body) for body in entry.bodies
                            if body.term.began == self.name and body.HasField("term") == bool(self.name))


@dataclass
class Member:
    """What the roster says of a site; cut-offs by epoch and lane when it was revoked."""

    signing_key: bytes
    agreement_key: bytes
    alias: str
    role: str
    addresses: list[str]
    reads: list[bytes]
    cut_offs: Optional[CutOffs] = None

    @property
    def revoked(self) -> bool:
        return self.cut_offs is not None


@dataclass
class Roster:
    administrator: bytes
    members: dict[bytes, Member]

    def is_given(self, reader: bytes, feed: FeedID) -> bool:
        """Whether a site is given a feed, and asks for it."""
        if feed.site == reader or feed.lane == 0 and feed.site in self.members:
            return True
        member = self.members.get(reader)
        if member is None or member.revoked:
            return False
        return member.role == "hub" or not member.reads or feed.site in member.reads


def roster(founding_entry: bytes, places: Iterable[Place]) -> Roster:
    """Folds the attested entries of the lane 0 of any sites, those of carried histories among them."""
    different = set(places)
    histories = Histories(different)
    entries = sorted(_entries(different), key=lambda one: one.place)
    terms = _terms(founding(founding_entry), hashlib.sha256(founding_entry).digest(), entries, histories)
    administrator = terms[-1].site
    admitted: dict[bytes, tuple[tuple[int, int, FeedID], Any]] = {}
    revoked: dict[bytes, CutOffs] = {}
    ended: dict[bytes, Heads] = {}
    for order, term in reversed(list(enumerate(terms))):
        if term.site in revoked:
            term.limits.append(Reach(ended[term.site], histories))
        said: dict[bytes, CutOffs] = {}
        last: dict[tuple[bytes, FeedID], tuple[tuple[int, int, FeedID], Any]] = {}
        for entry, body in term.said(entries):
            if body.HasField("admission") and _are_in_order(body.admission.keys):
                site = site_of(body.admission.keys.signing_key)
                last[site, entry.feed] = ((order, entry.moment, entry.feed), body.admission)
            if body.HasField("revocation") and body.revocation.site != administrator:
                site = body.revocation.site
                _join(said.setdefault(site, {}), body.revocation.cut_offs)
                _name_all(ended.setdefault(site, {}), ((site, end) for end in body.revocation.cut_offs))
        for (site, _), statement in last.items():
            admitted[site] = max(admitted.get(site, statement), statement, key=lambda one: one[0])
        for site, ends in said.items():
            known = revoked.setdefault(site, {})
            for place, head in ends.items():
                known[place] = max(known.get(place, head), head)
    listed = {term.site: messages.record.Admission(keys=term.keys, alias=term.site[:4].hex(), role="hub") for term in terms}
    listed |= {site: admission for site, (_, admission) in admitted.items()}
    return Roster(administrator, {site: Member(
        one.keys.signing_key, one.keys.agreement_key, one.alias, one.role, list(one.addresses), sorted(one.reads),
        revoked.get(site)) for site, one in listed.items()})


def _entries(places: Iterable[Place]) -> Iterator[Entry]:
    for place in places:
        try:
            decoded = message_of(messages.record.Entry, place.encoded)
            bodies = tuple(message_of(messages.record.RosterBody, change.body) for change in decoded.changes
                           if (change.kind, change.action) == (ROSTER_KIND, CREATE))
        except Refused:
            continue
        if bodies:
            yield Entry(place, decoded.recorded.milliseconds_since_epoch, bodies)


def _terms(founder: Any, registry: bytes, entries: list[Entry], histories: Histories) -> list[Term]:
    recoveries = _recoveries(founder.recovery_key, registry, entries)
    terms: list[Term] = []
    for index, (name, keys) in enumerate([(b"", founder.administrator)] + [(name, one.administrator)
                                                                           for (_, name), one in recoveries]):
        bound: list[Reach] = []
        if index < len(recoveries):
            bound.append(Reach(_name_all({}, ((row.site, row.cut_off) for _, one in recoveries[index:] for row in one.cut_offs)),
                               histories))
        term: Optional[Term] = Term(keys, name, list(bound))
        while term is not None:
            terms.append(term)
            term = _handed_on(term, entries, bound, histories)
    return terms


def _handed_on(term: Term, entries: list[Entry], bound: list[Reach], histories: Histories) -> Optional[Term]:
    """Ends a term at its handover, and gives the one that begins there."""
    found = [(entry, body.handover) for entry, body in term.said(entries) if body.HasField("handover")
             and _are_in_order(body.handover.successor) and site_of(body.handover.successor.signing_key) != term.site]
    if not found:
        return None
    entry, handover = min(found, key=lambda one: (one[0].moment, one[0].place[:3]))
    feed, position, encoded = entry.place[:3]
    ends = _name_all({}, ((term.site, end) for end in handover.cut_offs))
    # The same bytes there in several histories: one handover that stands in each.
    ends[feed] = {Head(position, one.place.after) for one, _ in found if one.place[:3] == entry.place[:3]}
    term.limits.append(Reach(ends, histories))
    place = feed.encoded() + struct.pack("<Q", position)
    return Term(handover.successor, _name(place + encoded), list(bound))


def _recoveries(key: bytes, registry: bytes, entries: list[Entry]) -> list[tuple[tuple[int, bytes], Any]]:
    """Those the key on paper signed, in their order."""
    found: dict[tuple[int, bytes], Any] = {}
    looked: Counter[bytes] = Counter()
    for entry, body in ((entry, body) for entry in entries for body in entry.bodies if body.HasField("recovery")):
        looked[entry.feed.site] += 1
        if looked[entry.feed.site] > LIMITS["recoveriesPerSite"]:
            continue
        said = messages.record.Recovery()
        said.CopyFrom(body.recovery)
        said.ClearField("signature")
        text = signed_text("abscope recovery 1", registry, said.SerializeToString(deterministic=True))
        if said.number and _are_in_order(said.administrator) and holds(key, body.recovery.signature, text):
            found[said.number, _name(text)] = said
    return sorted(found.items(), key=lambda one: one[0])


def _name(content: bytes) -> bytes:
    return hashlib.sha256(b"abscope term 1" + content).digest()[:16]


def _name_all(heads: Heads, rows: Iterable[tuple[bytes, Any]]) -> Heads:
    for site, end in rows:
        if len(site) == 16 and _is_formed(end):
            heads.setdefault(FeedID(site, end.epoch, end.lane), set()).add(Head(end.position, end.digest))
    return heads


def _is_formed(end: Any) -> bool:
    return (len(end.epoch), len(end.digest)) == (8, 32) and end.lane <= 3 and end.position <= LIMITS["position"]


def _are_in_order(keys: Any) -> bool:
    try:
        check_keys(keys)
    except Refused:
        return False
    return True


def _join(known: CutOffs, more: Any) -> None:
    for one in more:
        if _is_formed(one):
            place = (one.epoch, one.lane)
            known[place] = max(known.get(place, Head(0, b"")), Head(one.position, one.digest))
