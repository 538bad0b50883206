"""../roster.md: who belongs to a registry and who administers it, read from a set of entries of lane 0."""
from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Any, Iterator, Optional

import messages
from enrolment import check_keys, founding, message_of
from log_format import LIMITS, FeedID, Head, Refused, holds, signed_text, site_of

ROSTER_KIND, CREATE = 32, 1
CutOffs = dict[tuple[bytes, int], Head]
Limits = dict[FeedID, int]


@dataclass(frozen=True)
class Entry:
    """An attested entry of lane 0 that says something of the roster."""

    feed: FeedID
    position: int
    encoded: bytes
    moment: int
    bodies: tuple[Any, ...]


@dataclass
class Term:
    """A term of office; a feed of lane 0 of its site that is in none of its limits is reached to its end."""

    keys: Any
    name: bytes = b""
    limits: list[Limits] = field(default_factory=list)

    @property
    def site(self) -> bytes:
        return site_of(self.keys.signing_key)

    def reaches(self, entry: Entry) -> bool:
        return entry.feed.site == self.site and all(entry.position <= limit.get(entry.feed, 0) for limit in self.limits)

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


def roster(founding_entry: bytes, feeds: dict[FeedID, list[bytes]]) -> Roster:
    """Folds the attested entries of the lane 0 of any sites."""
    entries = sorted(_entries(feeds), key=lambda one: (one.feed, one.position, one.encoded))
    terms = _terms(founding(founding_entry), hashlib.sha256(founding_entry).digest(), entries)
    administrator = terms[-1].site
    admitted: dict[bytes, tuple[tuple[int, int, FeedID], Any]] = {}
    revoked: dict[bytes, CutOffs] = {}
    for order, term in reversed(list(enumerate(terms))):
        if term.site in revoked:
            term.limits.append({FeedID(term.site, epoch, lane): head.position
                                for (epoch, lane), head in revoked[term.site].items()})
        said: dict[bytes, CutOffs] = {}
        last: dict[tuple[bytes, FeedID], tuple[tuple[int, int, FeedID], Any]] = {}
        for entry, body in term.said(entries):
            if body.HasField("admission") and _are_in_order(body.admission.keys):
                site = site_of(body.admission.keys.signing_key)
                last[site, entry.feed] = ((order, entry.moment, entry.feed), body.admission)
            if body.HasField("revocation") and body.revocation.site != administrator:
                _join(said.setdefault(body.revocation.site, {}), body.revocation.cut_offs)
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


def _entries(feeds: dict[FeedID, list[bytes]]) -> Iterator[Entry]:
    for feed, encoded in feeds.items():
        for position, one in enumerate(encoded, 1):
            try:
                decoded = message_of(messages.record.Entry, one)
                bodies = tuple(message_of(messages.record.RosterBody, change.body) for change in decoded.changes
                               if (change.kind, change.action) == (ROSTER_KIND, CREATE))
            except Refused:
                continue
            if bodies:
                yield Entry(feed, position, one, decoded.recorded.milliseconds_since_epoch, bodies)


def _terms(founder: Any, registry: bytes, entries: list[Entry]) -> list[Term]:
    recoveries = _recoveries(founder.recovery_key, registry, entries)
    terms: list[Term] = []
    for index, (name, keys) in enumerate([(b"", founder.administrator)] + [(name, one.administrator)
                                                                           for (_, name), one in recoveries]):
        bound: list[Limits] = []
        if index < len(recoveries):
            # What later recoveries name, each feed up to the largest position.
            bound.append(_largest((row.site, row.cut_off) for _, one in recoveries[index:] for row in one.cut_offs))
        term: Optional[Term] = Term(keys, name, list(bound))
        while term is not None:
            terms.append(term)
            term = _handed_on(term, entries, bound)
    return terms


def _handed_on(term: Term, entries: list[Entry], bound: list[Limits]) -> Optional[Term]:
    """Ends a term at its handover, and gives the one that begins there."""
    found = [(entry, body.handover) for entry, body in term.said(entries) if body.HasField("handover")
             and _are_in_order(body.handover.successor) and site_of(body.handover.successor.signing_key) != term.site]
    if not found:
        return None
    entry, handover = min(found, key=lambda one: (one[0].moment, one[0].feed, one[0].position, one[0].encoded))
    ends = _largest((term.site, end) for end in handover.cut_offs)
    term.limits.append(ends | {entry.feed: entry.position})
    place = entry.feed.encoded() + struct.pack("<Q", entry.position)
    return Term(handover.successor, _name(place + entry.encoded), list(bound))


def _recoveries(key: bytes, registry: bytes, entries: list[Entry]) -> list[tuple[tuple[int, bytes], Any]]:
    """Those the key on paper signed, in their order."""
    found: dict[tuple[int, bytes], Any] = {}
    for body in (body for entry in entries for body in entry.bodies if body.HasField("recovery")):
        said = messages.record.Recovery()
        said.CopyFrom(body.recovery)
        said.ClearField("signature")
        text = signed_text("abscope recovery 1", registry, said.SerializeToString(deterministic=True))
        if said.number and _are_in_order(said.administrator) and holds(key, body.recovery.signature, text):
            found[said.number, _name(text)] = said
    return sorted(found.items(), key=lambda one: one[0])


def _name(content: bytes) -> bytes:
    return hashlib.sha256(b"abscope term 1" + content).digest()[:16]


def _largest(rows: Iterator[tuple[bytes, Any]]) -> Limits:
    limits: Limits = {}
    for site, end in rows:
        if len(site) == 16 and _is_formed(end):
            feed = FeedID(site, end.epoch, end.lane)
            limits[feed] = max(limits.get(feed, 0), end.position)
    return limits


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
