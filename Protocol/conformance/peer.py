"""A site of its own: feeds in memory, keys, and what it knows of its registry."""
from __future__ import annotations

import hashlib
import os
from typing import Any, Optional

import enrolment
import log_format as log
import roster
import sealing
import wire
from enrolment import Keys
from log_format import LIMITS, Block, FeedID, Head
from records import key_name
from roster import Roster

ROSTER, URGENT, RECORDS, ATTACHMENTS = range(4)


class Feed:
    """Entries of one feed, each with the chain digest behind it, and its owner's words."""

    def __init__(self, name: FeedID, key: bytes):
        log.must(log.site_of(key) == name.site, "a feed of another site's key")
        self.name, self.key = name, key
        self.entries: list[bytes] = []
        self.digests = [log.feed_start(key, name.epoch, name.lane)]
        self.words: dict[int, bytes] = {}
        self.attested = Head(0, self.digests[0])

    @property
    def head(self) -> Head:
        return Head(len(self.entries), self.digests[-1])

    def at(self, position: int) -> Head:
        return Head(position, self.digests[position])

    def append(self, entries: list[bytes]) -> None:
        for entry in entries:
            self.entries.append(entry)
            self.digests.append(log.digest_after(self.digests[-1], entry))

    def hear(self, position: int, digest: bytes, signature: bytes, registry: bytes) -> None:
        """Takes a checkpoint of what is held."""
        log.must(log.holds(self.key, signature, log.checkpoint_text(registry, self.name, Head(position, digest))),
                 "the signature of a checkpoint")
        log.must(self.digests[position] == digest, "a checkpoint that contradicts the entries")
        self.words[position] = signature
        self.attested = max(self.attested, Head(position, digest))

    def blocks(self, after: int, until: int) -> list[Block]:
        """What follows a position, as blocks."""
        parts = log.cut(self.entries[after:until], after)
        return [Block.decode(Block.encode(first, part, self.digests[first - 1])) for first, part in parts]

    def row(self) -> wire.Row:
        position = self.attested.position
        return wire.Row(position, self.attested.digest[:16], sum(4 + len(entry) for entry in self.entries[:position]))


class Site:
    """Who this peer is, and all it holds."""

    def __init__(self, alias: str, keys: Optional[Keys] = None):
        self.alias, self.keys, self.epoch = alias, keys or Keys.generated(), os.urandom(8)
        self.registry, self.founding_entry, self.dial_key = b"", b"", b""
        self.founder = b""  # Its signing key.
        self.addresses: list[str] = []
        self.feeds: dict[FeedID, Feed] = {}
        self.person_keys: dict[bytes, bytes] = {}
        self.early_words: dict[FeedID, list[Any]] = {}
        self._roster: Optional[tuple[dict[bytes, Head], Roster]] = None

    # Who belongs to the registry

    def join(self, text: str) -> None:
        """Takes an invitation."""
        invitation = enrolment.read_invitation(text)
        log.must(invitation.admitted_site == self.keys.site, "an invitation for another site")
        self.belong(invitation.founding_entry)
        self.dial_key = invitation.dial_key
        self.addresses = list(invitation.addresses)

    def belong(self, founding_entry: bytes) -> None:
        """Takes part in the registry that begins with an entry."""
        self.founding_entry, self.registry = founding_entry, hashlib.sha256(founding_entry).digest()
        self.founder = enrolment.founding(founding_entry).administrator.signing_key

    def roster(self) -> Roster:
        feeds = {name: feed for name, feed in self.feeds.items() if name.lane == ROSTER}
        heads = {name: feed.attested for name, feed in feeds.items()}
        if self._roster is None or self._roster[0] != heads:
            places = [roster.Place(name, position, entry, feed.digests[position - 1], feed.digests[position])
                      for name, feed in feeds.items() for position, entry in enumerate(feed.entries[:feed.attested.position], 1)]
            self._roster = (heads, roster.roster(self.founding_entry, places))
        return self._roster[1]

    def key_of(self, site: bytes) -> Optional[bytes]:
        if site == self.keys.site:
            return self.keys.public
        if site == log.site_of(self.founder):
            return self.founder
        member = self.roster().members.get(site)
        return member.signing_key if member else None

    # What it holds

    def feed(self, name: FeedID) -> Optional[Feed]:
        """A feed, new where none is held; nothing when nobody knows its site."""
        if name not in self.feeds:
            key = self.key_of(name.site)
            if key is None:
                return None
            self.feeds[name] = Feed(name, key)
        return self.feeds[name]

    def own(self, lane: int) -> Feed:
        feed = self.feed(FeedID(self.keys.site, self.epoch, lane))
        assert feed is not None
        return feed

    def record(self, lane: int, *entries: bytes) -> Feed:
        """Appends to an own feed and signs where it stands."""
        feed = self.own(lane)
        feed.append(list(entries))
        signature = self.keys.signing.sign(log.checkpoint_text(self.registry, feed.name, feed.head))
        feed.hear(*feed.head, signature, self.registry)
        return feed

    def take_data(self, data: wire.Data) -> Optional[int]:
        """Proves blocks and appends what is new of them; gives its number, or nothing when they do not continue what is held."""
        feed, header = self.feed(wire.feed_of(data.header.feed)), data.header
        if feed is None or header.after > feed.head.position or feed.digests[header.after][:16] != header.digest:
            return None
        before = feed.head.position
        for block in data.blocks:
            entries = block.proven(feed.digests[block.first - 1])
            feed.append(entries[max(0, feed.head.position + 1 - block.first):])
        for word in self.early_words.pop(feed.name, []):
            self.take_word(word)
        return feed.head.position - before

    def take_word(self, word: Any) -> Optional[Feed]:
        """Takes a CHECKPOINT, or keeps it until the entries are here. Gives the feed when more of it may be shown."""
        feed = self.feed(wire.feed_of(word.feed))
        if feed is None:
            return None
        before = feed.attested
        if word.position > feed.head.position:
            self.early_words.setdefault(feed.name, []).append(word)
        else:
            feed.hear(word.position, word.digest, word.signature, self.registry)
        return feed if feed.attested != before else None

    def vector(self) -> wire.Vector:
        return {name: feed.row() for name, feed in self.feeds.items() if feed.attested.position}

    def frontier(self) -> bytes:
        return log.frontier({name: feed.head for name, feed in self.feeds.items()})

    # Person keys

    def sealed_keys(self, receiver: bytes) -> Any:
        """KEYS for a site of the roster."""
        info = b"abscope keys 1" + self.keys.site + receiver
        plain = b"".join(sorted(self.person_keys.values()))
        sent, sealed = sealing.seal(plain, self.roster().members[receiver].agreement_key, info)
        return wire.messages.wire.Keys(packets=[b"\0" + sent + sealed])

    def open_keys(self, packet: bytes, sender: bytes) -> None:
        log.must(packet[:1] == b"\0", "a packet of keys of another version")
        info = b"abscope keys 1" + sender + self.keys.site
        plain = sealing.unseal(packet[1:33], packet[33:], self.keys.agreement, info)
        log.must(0 < len(plain) <= LIMITS["keysPerPacket"] * 32 and len(plain) % 32 == 0, "a packet of keys of another length")
        self.person_keys |= {key_name(plain[at:at + 32]): plain[at:at + 32] for at in range(0, len(plain), 32)}
