"""What a daemon has to do, one function a promise; each raises `Broken` when it does not."""
from __future__ import annotations

import hashlib
import os
import pathlib
import socket
import ssl
import struct
import time
import zlib
from typing import Any, Iterable, Optional

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import bundle
import enrolment
import log_format as log
import messages
import records
import sealing
import wire
from log_format import LIMITS, Block, FeedID, Head, Refused
from peer import ATTACHMENTS, RECORDS, ROSTER, URGENT, Site
from programs import Store, until
from session import Session
from transport import Broken, Closed, Connection, Listener, context, dial

Address = tuple[str, int]


def expect(condition: bool, sentence: str) -> None:
    if not condition:
        raise Broken(sentence)


def again(site: Site) -> Site:
    """The same site with nothing in its store."""
    twin = Site(site.alias, site.keys)
    twin.epoch, twin.dial_key = site.epoch, site.dial_key
    twin.belong(site.founding_entry)
    return twin


def session(site: Site, address: Address, **more: Any) -> Session:
    """Dials; the key of an address of the invitation is pinned, any other has to be in the roster when HELLO comes."""
    pinned = site.dial_key if "%s:%d" % address in site.addresses else None
    return Session(site, dial(address, site.keys.signing, pinned), **more)


def silent(connection: Connection, seconds: float) -> None:
    """Nothing comes for some time, and the connection stays."""
    found = connection.receive(seconds)
    expect(found is None, f"{wire.NAMES[found[0]] if found else ''} came where nothing should")


def settle(one: Session, seconds: float = 0.3) -> None:
    """Takes part until nothing came for some time, or for ten times that; or until BYE."""
    deadline = time.monotonic() + 10 * seconds
    while one.bye is None and time.monotonic() < deadline and (found := one.connection.receive(seconds)) is not None:
        one.take(*found)


def goodbye(connection: Connection, reason: int, seconds: float = 5) -> Any:
    """Reads until BYE, which has to give this reason; behind it the connection ends."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = connection.receive(max(0.0, deadline - time.monotonic()))
        except Closed as error:
            raise Broken(f"no BYE {reason}, the connection ended: {error}") from error
        expect(found is not None, f"no BYE {reason} in {seconds} s")
        assert found is not None
        if found[0] == wire.BYE:
            break
    expect(found[1].reason == reason, f"BYE {found[1].reason} ({found[1].detail}) instead of {reason}")
    ended(connection)
    return found[1]


def ended(connection: Connection, seconds: float = 5) -> None:
    """The connection ends, and nothing comes before."""
    try:
        found = connection.receive(seconds)
    except Closed:
        return
    finally:
        connection.close()
    expect(found is not None, "the connection stays open")
    raise Broken(f"{wire.NAMES[found[0]]} came where only an end should")


# Enrolment -----------------------------------------------------------------------------------------------------------


def words(keys: enrolment.Keys) -> str:
    numbers = enrolment.fingerprint(keys.public, sealing.public_half(keys.agreement))
    return " ".join(enrolment.WORDS[number] for number in numbers)


def admit(hub: Store, site: Site, *addresses: str) -> pathlib.Path:
    """Has a site admitted by a real store, and takes the invitation."""
    request, invitation = hub.place / f"{site.alias}.request", hub.place / f"{site.alias}.invitation"
    request.write_text(enrolment.request(site.keys, site.alias, "clinic", addresses))
    admitted = hub.run("site", "admit", str(request), "--address", "%s:%d" % hub.address, "--fingerprint", words(site.keys),
                       "--output", str(invitation))
    expect(admitted["fingerprint"] == words(site.keys), "the fingerprint has other words")
    expect(admitted["site"] == site.keys.site.hex(), "the site has another id")
    site.join(invitation.read_text())
    expect(site.registry.hex() == hub.run("site", "list")["registry"], "the registry has another id")
    return invitation


def enrolment_refuses_what_was_changed(hub: Store, clinic: Store, site: Site, invitation: pathlib.Path) -> None:
    keys, place = enrolment.Keys.generated(), hub.place / "changed"
    good = enrolment.request(keys, "QX")
    other = enrolment.read_request(good)
    other.agreement_key = sealing.public_half(enrolment.Keys.generated().agreement)
    forged = [good.replace("\n=", "\n=0", 1), enrolment.armoured("REQUEST", other.SerializeToString(deterministic=True)),
              enrolment.armoured("INVITATION", enrolment.unarmoured("REQUEST", good))]
    for text in forged:
        place.write_text(text)
        hub.run("site", "admit", str(place), "--fingerprint", words(keys), expect=(65, 77))
    place.write_text(good)
    hub.run("site", "admit", str(place), "--fingerprint", words(site.keys), expect=(65, 77))
    clinic.run("site", "join", str(invitation), expect=(65, 77))
    try:
        Site("QX").join(invitation.read_text())
    except Refused:
        return
    raise Broken("this peer took an invitation for another site")


# Pulling and pushing -------------------------------------------------------------------------------------------------


def pull(site: Site, address: Address, seconds: float = 20, **more: Any) -> Session:
    one = session(site, address, **more).start()
    return one.run(one.even, seconds, "everything offered is held")


def pulls_all(site: Site, hub: Store) -> None:
    """Everything, with its chain, digests, signatures and checkpoints; and the keys of persons."""
    one = pull(site, hub.address)
    expect(site.frontier() == hub.frontier(), "the frontiers differ")
    expect(one.heard[wire.WANT] == 0, "a WANT of what was not offered")
    names = {name for feed, held in site.feeds.items() if feed.lane == RECORDS
             for entry in held.entries for name in records.person_names(records.decoded_entry(entry), feed, site.person_keys)}
    expect("Zhao Min" in names, "the name of a person does not open")
    expect({feed.lane for feed in site.feeds} == {ROSTER, URGENT, RECORDS, ATTACHMENTS}, "a lane is missing")
    settle(one)
    before = one.connection.received_bytes
    silent(one.connection, 1)
    expect(one.connection.received_bytes == before, "an idle session sends something")
    one.finish()


def resumes_after_a_cut(site: Site, hub: Store) -> None:
    """Cut in the middle again and again, nothing that is held is sent again."""
    rounds, least = 0, 0
    while True:
        one = session(site, hub.address).start()
        try:
            one.run(lambda: one.pulled_entries > 0 and one.heard[wire.DATA] >= 3 or one.even(), 10, "a part has arrived")
        finally:
            one.connection.close()
        rounds += 1
        held = sum(feed.head.position for feed in site.feeds.values())
        expect(held > least or one.even(), "a session brought nothing")
        expect(one.repeated_entries == 0, f"{one.repeated_entries} entries came again")
        least = held
        if one.even():
            break
    expect(rounds >= 3, "there was nothing to cut")
    expect(site.frontier() == hub.frontier(), "the frontiers differ")


def pushes(site: Site, hub: Store) -> str:
    """An own feed with own checkpoints: stored, acknowledged, shown. Gives the number of the case."""
    one = pull(site, hub.address)
    feed = site.record(RECORDS, records.operator_entry("Ada Peer"))
    operator = records.reference_to(feed.name, 1, feed.digests[1])
    key = os.urandom(32)
    site.person_keys[records.key_name(key)] = key
    site.record(RECORDS, records.case_entry(feed.name, operator, "Meier Python", key))
    good = site.sealed_keys(log.site_of(one.connection.key)).packets
    one.send(wire.KEYS, messages.wire.Keys(packets=[b"", b"\0" * 80, b"\7" * 90, *good]))
    one.push(feed)
    one.run(lambda: wire.ACK in one.heard and one.told(feed), 10, "ACK of what was pushed")
    expect(wire.WANT not in one.heard, "a WANT of what was pushed to its end, with its checkpoint")
    one.finish()
    shown = {row["case"]: row.get("name") for row in hub.run("case", "list")["cases"]}
    number = records.case_number(site.alias, None, 2)
    expect(shown.get(number) == "Meier Python", f"{number} is not shown with its name")
    return number


def is_asked_for_what_it_says(site: Site, hub: Store) -> None:
    """A feed too long to push is asked for, within credits; a cut leaves the rest to the next session."""
    feed = site.own(ATTACHMENTS)
    for _ in range(30):
        site.record(ATTACHMENTS, *[os.urandom(8000) for _ in range(3)])
    one = session(site, hub.address)
    one.most_given = 100_000
    one.start().run(lambda: feed.name in one.acknowledged, 10, "ACK of a part")
    one.connection.close()
    stored = one.acknowledged[feed.name].position
    expect(stored < feed.head.position, "all of it went at once, whatever the credit")
    again = session(site, hub.address).start()
    again.run(lambda: again.told(feed) and again.heard[wire.ACK] > 0, 20, "ACK of all of it")
    begun = again.given[feed.name].first
    expect(begun > stored, f"{stored} entries were acknowledged, and after a cut the daemon asked for {begun}")
    again.finish()


def forwards(member: Site, clinic: Store, hub: Store, number: str) -> None:
    """A second daemon gets it from the first, shows it, and gives it away with the same proofs."""
    until("both stores hold the same", lambda: clinic.frontier() == hub.frontier(), 20)
    expect(number in clinic.cases(), "the second store does not show the case")
    reader = again(member)
    one = pull(reader, clinic.address)
    expect(log.site_of(one.connection.key) in reader.roster().members, "the second daemon's key is not in the roster")
    one.finish()
    expect(reader.frontier() == hub.frontier(), "the second daemon gives something else")


def carries(site: Site, clinic: Store, hub: Store) -> None:
    """This peer stands between two daemons that do not reach each other, and brings each the other's entries."""
    number = clinic.run("case", "add", "--stage", "IV", text="name: Sun Li\n")["case"]
    one = pull(site, clinic.address)
    one.finish()
    two = session(site, hub.address).start()
    two.run(lambda: two.even() and all(two.theirs.get(name) == feed.row() or two.theirs[name].position == feed.row().position
                                       for name, feed in site.feeds.items() if name in two.theirs)
            and set(site.feeds) <= set(two.theirs), 10, "the hub holds what the clinic recorded")
    two.finish()
    expect(number in hub.cases(), "the case that was carried is not shown")


def changes_of_have(site: Site, hub: Store) -> None:
    """HAVE as a change of what was said before; a base nobody knows is answered with `resend`, and `resend` in full."""
    one = pull(site, hub.address)
    one.send(wire.HAVE, messages.wire.Have(resend=True))
    one.heard.clear()
    one.their_have = False
    one.run(lambda: one.heard[wire.HAVE] == 1 and one.their_have, 5, "a full HAVE")
    feed = site.record(URGENT, os.urandom(40))
    one.say_changes()
    one.run(lambda: one.told(feed), 5, "ACK of a feed said by a change")
    one.heard.clear()
    one.say_have(base=bytes(16))
    while one.heard[wire.HAVE] == 0:
        found = one.connection.receive(5)
        expect(found is not None, "a base that nobody knows was taken")
        assert found is not None
        if found[0] == wire.HAVE:
            expect(found[1].resend and not found[1].full, "another HAVE than `resend`")
        one.take(*found)
    feed = site.record(URGENT, os.urandom(40))
    one.say_changes()
    one.run(lambda: one.told(feed), 5, "ACK after `resend` was answered")
    one.finish()
    # A session may begin with what changed since an earlier one; who no longer knows that asks for all of it.
    feed, two = site.record(URGENT, os.urandom(40)), session(site, hub.address)
    two.remember(one)
    two.send(wire.HELLO, two.hello_message())
    two.say_changes()
    two.run(lambda: two.told(feed) and two.even(), 5, "ACK of a feed said by a change of an earlier vector")
    expect(two.full_haves == 0, "a full HAVE where an earlier one can be changed")
    two.finish()
    # Who forgot what it heard asks, and hears all of it.
    three = session(site, hub.address)
    three.mine = dict(two.mine)
    three.send(wire.HELLO, three.hello_message())
    three.say_changes()
    three.run(lambda: three.full_haves == 1 and three.even(), 5, "a full HAVE for who forgot")
    three.finish()


def keeps_to_its_credit(site: Site, address: Address) -> None:
    """A long feed stops when the credit of a WANT is spent, and goes on when it is renewed."""
    one = session(site, address)
    one.renews = False
    one.start().run(lambda: any(asked.received >= asked.credit for asked in one.asked.values()), 10, "a credit is spent")
    settle(one, 0.5)
    spent = [site.feeds[name] for name, asked in one.asked.items() if asked.received >= asked.credit]
    one.renews = True
    for feed in spent:
        one.want(feed)
    one.run(one.even, 10, "everything offered is held")
    one.finish()


def answers_wants(site: Site, hub: Store) -> None:
    """At its own head: the checkpoint. At an earlier one with `restart`: DATA again. At one it does not know: INCIDENT."""
    one = pull(site, hub.address)
    settle(one)
    name = next(name for name in sorted(site.feeds) if name.lane == RECORDS and name.site == log.site_of(site.founder))
    feed = site.feeds[name]
    heard: list[tuple[int, Any]] = []

    def ask(position: int, digest: bytes, restart: bool, until_heard: int, name: FeedID = name) -> list[tuple[int, Any]]:
        heard.clear()
        one.send(wire.WANT, messages.wire.Want(feed=wire.feed_message(name), position=position, digest=digest,
                                               bytes=LIMITS["wantBytesMinimum"], restart=restart or None))
        deadline = time.monotonic() + 5
        while not any(kind == until_heard for kind, _ in heard):
            found = one.connection.receive(max(0.0, deadline - time.monotonic()))
            expect(found is not None, f"no {wire.NAMES[until_heard]} for a WANT at {position}")
            assert found is not None
            heard.append(found)
        return heard

    kinds = [kind for kind, _ in ask(*feed.head, False, wire.CHECKPOINT)]
    expect(kinds == [wire.CHECKPOINT], f"{kinds} for a WANT at the end")
    expect(heard[0][1].position == feed.head.position, "the checkpoint of another position")
    found = ask(*feed.at(2), True, wire.CHECKPOINT)
    data = [message for kind, message in found if kind == wire.DATA]
    expect(bool(data) and data[0].header.after == 2 and not data[0].header.pushed, "no DATA behind an earlier head")
    sent = sum(len(block.encoded) for message in data for block in message.blocks)
    expect(sent < LIMITS["wantBytesMinimum"] + wire.DATA_FRAME_BYTES, "more than the credit")
    one.finish()
    one = pull(site, hub.address)
    settle(one)
    mine = site.own(RECORDS)
    expect(mine.head[0] > 1, "this peer recorded too little to ask in the middle of it")
    incident = ask(1, bytes(32), False, wire.INCIDENT, mine.name)[-1][1]
    expect((incident.kind, wire.feed_of(incident.feed)) == (1, mine.name), "another incident than a fork")
    one.finish()


def opens_an_epoch(site: Site, hub: Store) -> None:
    """Told of another past of what it is writing, a site says so, ends the session and goes on in another epoch."""
    one = pull(site, hub.address)
    settle(one)
    hello = one.hello
    feed = next(feed for name, feed in sorted(site.feeds.items())
                if name.lane == RECORDS and name.site == hello.site and name.epoch == hello.epoch)
    one.send(wire.WANT, messages.wire.Want(feed=wire.feed_message(feed.name), position=1, digest=bytes(32),
                                           bytes=LIMITS["wantBytesMinimum"]))
    one.run(lambda: bool(one.incidents), 5, "INCIDENT")
    found = [(incident.kind, wire.feed_of(incident.feed)) for incident in one.incidents]
    expect(found == [(2, feed.name)], f"{found} for another past of an epoch the site is writing")
    one.run(lambda: one.bye is not None, 5, "BYE")
    expect(one.bye.reason == wire.FINISHED, f"BYE {one.bye.reason}")
    two = pull(site, hub.address)
    expect(two.hello.epoch != hello.epoch, "the site goes on in the epoch that is in doubt")
    expect(feed.name in two.theirs, "what was written before is gone")
    two.finish()


# The rules of frames and order ---------------------------------------------------------------------------------------


def refuses(site: Site, address: Address, reason: int, *frames: bytes, hello: bool = True) -> None:
    """These frames, behind HELLO, end the session with this reason."""
    one = session(site, address)
    try:
        if hello:
            one.send(wire.HELLO, one.hello_message())
        for frame in frames:
            one.connection.send(frame)
    except Closed:
        pass  # What it said is still to be read.
    goodbye(one.connection, reason)


def hello_frame(speaker: Site, **changes: Any) -> bytes:
    message = messages.wire.Hello(version_minimum=wire.VERSION, version_maximum=wire.VERSION, features=0, registry=speaker.registry,
                                  site=speaker.keys.site, epoch=speaker.epoch,
                                  milliseconds_since_epoch=int(time.time() * 1000))
    for name, value in changes.items():
        setattr(message, name, value)
    return wire.encoded(wire.HELLO, message)


def breaks_of_rules(site: Site, strange: bytes) -> Iterable[tuple[str, int, list[bytes], bool]]:
    """Name, reason, frames, whether HELLO goes first. `strange` is a feed's site that the roster lists."""
    empty = wire.encoded(wire.HAVE, wire.have({}, {}))
    own, far = FeedID(site.keys.site, site.epoch, RECORDS), FeedID(strange, bytes(8), RECORDS)
    start = Head(0, log.feed_start(site.keys.public, site.epoch, RECORDS))
    block = Block.encode(1, [b"an entry"], start.digest)
    rows = {FeedID(site.keys.site, struct.pack(">Q", n), RECORDS): wire.Row(1, bytes(16), 1) for n in range(1025)}
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packed.compress(bytes(16_000_000)) + packed.flush()
    header = log.BLOCK_HEADER.pack(1, 1, 32768, len(bomb), 1, 0, 0, zlib.crc32(bomb), start.digest, 0)[:60]
    bomb = header + struct.pack("<I", zlib.crc32(header)) + bomb
    want = messages.wire.Want(feed=wire.feed_message(own), position=0, digest=start.digest, bytes=65535)
    false = bytearray(block)
    false[28:60] = bytes(32)
    false[60:64] = struct.pack("<I", zlib.crc32(bytes(false[:60])))
    yield "no version in common", wire.OTHER_VERSION, [hello_frame(site, version_minimum=7, version_maximum=9)], False
    yield "versions the wrong way round", wire.INVALID, [hello_frame(site, version_minimum=2)], False
    yield "another registry", wire.OTHER_REGISTRY, [hello_frame(site, registry=bytes(32))], False
    yield "a site id that is not the key's", wire.PROTOCOL, [hello_frame(site, site=bytes(16))], False
    yield "a short site id", wire.INVALID, [hello_frame(site, site=bytes(15))], False
    yield "HAVE before HELLO", wire.PROTOCOL, [empty], False
    yield "a second HELLO", wire.PROTOCOL, [hello_frame(site)], True
    yield "a frame too large", wire.TOO_LARGE, [struct.pack("<IB", 65537, wire.HAVE)], True
    yield "DATA too large", wire.TOO_LARGE, [struct.pack("<IB", wire.DATA_FRAME_BYTES + 1, wire.DATA)], True
    yield "the largest length there is", wire.TOO_LARGE, [b"\xff\xff\xff\xff\x89"], True
    yield "an ancillary frame too large", wire.TOO_LARGE, [struct.pack("<IB", 65537, 0x0A)], True
    yield "an unknown critical frame", wire.UNKNOWN_FRAME, [wire.frame(0x8A, b"later")], True
    yield "INCIDENT with the critical bit", wire.UNKNOWN_FRAME, [wire.frame(0x88, b"")], True
    yield "no protocol buffer", wire.INVALID, [wire.frame(wire.WANT, b"\x08\xff")], True
    yield "WANT of too little", wire.INVALID, [empty, wire.encoded(wire.WANT, want)], True
    yield "HAVE without a digest", wire.INVALID, [wire.encoded(wire.HAVE, messages.wire.Have(full=True))], True
    yield "DATA without a block", wire.INVALID, [empty, wire.encoded_data(own, start, b"", True)], True
    yield "DATA that nobody asked for", wire.PROTOCOL, [empty, wire.encoded_data(own, start, block)], True
    yield "a deflate bomb", wire.INVALID, [empty, wire.encoded_data(own, start, bomb, True)], True
    yield "DATA beside its chain", wire.INVALID, [empty, wire.encoded_data(own, start, bytes(false), True)], True
    yield "a damaged block", wire.INVALID, [empty, wire.encoded_data(own, start, block[:-1] + b"?", True)], True
    yield "too many feeds of one site", wire.TOO_LARGE, [wire.encoded(wire.HAVE, part) for part in split_have(rows)], True
    made_up = FeedID(site.keys.site, os.urandom(8), RECORDS)
    first = Head(0, log.feed_start(site.keys.public, made_up.epoch, RECORDS))
    after = log.digest_after(first.digest, b"an entry")
    forged = messages.wire.CheckpointMessage(feed=wire.feed_message(made_up), position=1, digest=after, signature=bytes(64))
    yield "a checkpoint nobody signed", wire.INVALID, [
        empty, wire.encoded_data(made_up, first, Block.encode(1, [b"an entry"], first.digest), True),
        wire.encoded(wire.CHECKPOINT, forged)], True
    yield "rows out of order", wire.INVALID, [wire.encoded(wire.HAVE, disordered(own, far))], True


def split_have(rows: wire.Vector, size: int = 500) -> list[Any]:
    out, after, base = [], {}, None
    listed = sorted(rows.items())
    for at in range(0, len(listed), size):
        part = dict(listed[at:at + size])
        after = after | part
        out.append(wire.have(part, after, base, at + size < len(listed)))
        base = wire.vector_digest(after)
    return out


def disordered(one: FeedID, two: FeedID) -> Any:
    message = messages.wire.Have(full=True, frontier=bytes(16))
    for feed in sorted((one, two), reverse=True):
        message.rows.add(site=feed.site, epoch=feed.epoch).lanes.add(lane=feed.lane, position=1, digest=bytes(16), bytes=1)
    return message


def refuses_broken_rules(site: Site, address: Address, strange: bytes) -> int:
    """Every break of a rule is answered with its reason. Gives how many there are."""
    count = 0
    for name, reason, frames, hello in breaks_of_rules(site, strange):
        try:
            refuses(site, address, reason, *frames, hello=hello)
        except Broken as error:
            raise Broken(f"{name}: {error}") from error
        count += 1
    return count


def passes_over_unknown_ancillary(site: Site, address: Address) -> None:
    """Later versions, unknown features, ancillary frames and fields, and packets of KEYS that do not open change nothing."""
    one = session(site, address)
    one.connection.send(wire.frame(0x0A, b"later") + wire.frame(0x7F, b""))
    one.connection.send(wire.frame(wire.HELLO, hello_frame(site, version_maximum=7, features=1 << 63 | 5)[5:] + b"\xf8\x07\x01"))
    one.connection.send(wire.frame(0x0C, os.urandom(60000)))
    one.send(wire.KEYS, messages.wire.Keys(packets=[b"", b"\0" * 80, os.urandom(90)]))
    one.say_have()
    one.run(one.even, 5, "everything offered is held")
    one.finish()


def limits_pushes(site: Site, address: Address) -> None:
    """Who pushes on and on, and does not wait for what is taken, hears BYE 6."""
    one = session(site, address).start()
    settle(one)
    name, after = FeedID(site.keys.site, os.urandom(8), ATTACHMENTS), 0
    digest = log.feed_start(site.keys.public, name.epoch, name.lane)
    frames = b""
    while len(frames) < 4_000_000:
        entries, before = [os.urandom(16000) for _ in range(2)], Head(after, digest)
        frames += wire.encoded_data(name, before, Block.encode(after + 1, entries, digest, False), True)
        for entry in entries:
            digest = log.digest_after(digest, entry)
        after += 2
    try:
        one.connection.send(frames)
    except Closed:
        pass  # What it said is still to be read, where the reset left it.
    try:
        goodbye(one.connection, wire.PROTOCOL)
    except Broken as error:
        expect("ended" in str(error), str(error))


def refuses_gaps(site: Site, address: Address) -> None:
    """DATA that was asked for and leaves a gap: BYE 6."""
    feed = site.record(ATTACHMENTS, *[os.urandom(100) for _ in range(6)])
    one = session(site, address)
    one.send(wire.HELLO, one.hello_message())
    one.say_have()
    while True:
        found = one.connection.receive(5)
        expect(found is not None, "no WANT")
        assert found is not None
        if found[0] == wire.WANT and wire.feed_of(found[1].feed) == feed.name:
            break
    after = found[1].position + 2
    block = feed.blocks(after, feed.head.position)[0]
    one.connection.send(wire.encoded_data(feed.name, feed.at(after), block.encoded))
    goodbye(one.connection, wire.PROTOCOL)


def names_forks(site: Site, address: Address) -> None:
    """Another digest at a position the daemon holds: INCIDENT 1 for that feed, and nothing else of it."""
    one = pull(site, address)
    feed = site.record(URGENT, os.urandom(50))
    one.say_changes()
    one.run(lambda: one.told(feed), 5, "ACK")
    one.finish()
    twin = again(site)
    for entry in feed.entries:
        twin.record(URGENT, os.urandom(len(entry)))
    two = session(twin, address)
    two.send(wire.HELLO, two.hello_message())
    two.say_have()
    two.run(lambda: bool(two.incidents), 5, "INCIDENT")
    expect((two.incidents[0].kind, wire.feed_of(two.incidents[0].feed)) == (1, feed.name), "another incident")
    expect(two.bye is None, "a fork ended the session")
    two.finish()


def keeps_one_connection(site: Site, address: Address) -> None:
    """Of two connections dialled by the same site the later one stays; the other ends with BYE 12."""
    first = pull(site, address)
    settle(first)
    second = session(site, address).start()
    second.run(second.even, 5, "the later connection works")
    goodbye(first.connection, wire.DUPLICATE)
    settle(second)
    second.finish()


# TLS and who may speak -----------------------------------------------------------------------------------------------


def plain(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=15)


def tells_nothing_in_clear(address: Address) -> None:
    """Who connects gets no byte; who speaks anything but TLS gets at most an alert."""
    for said in (b"", b"GET / HTTP/1.1\r\n\r\n", os.urandom(200), wire.frame(wire.BYE, b"")):
        with plain(address) as one:
            one.settimeout(1 if not said else 10)
            if said:
                one.sendall(said)
            try:
                answer = one.recv(4096)
            except TimeoutError:
                expect(not said, "a connection that speaks no TLS stays open")
                continue
            except ConnectionResetError:
                continue
            expect(bool(said), "the daemon hung up before it was spoken to")
            expect(not answer or (answer[:1] == b"\x15" and len(answer) == 7), f"the daemon says {answer[:20].hex()}")


def wants_a_certificate(address: Address) -> None:
    """Without a certificate, with an older TLS, or with no or another protocol by ALPN, nothing is said."""
    strange = enrolment.Keys.generated().signing
    for key, alpn, version in ((None, "abscope", ssl.TLSVersion.TLSv1_3), (strange, "abscope", ssl.TLSVersion.TLSv1_2),
                               (strange, "h2", ssl.TLSVersion.TLSv1_3), (strange, None, ssl.TLSVersion.TLSv1_3)):
        one = plain(address)
        try:
            tls = context(False, key, alpn, version).wrap_socket(one)
            tls.settimeout(15)
            got = tls.recv(4096)
            expect(not got, f"the daemon said {got[:20].hex()} to alpn={alpn}, certificate={key is not None}")
        except (ssl.SSLError, ConnectionError):
            pass
        finally:
            one.close()


def keeps_strangers_out(registry: Site, address: Address) -> None:
    """A key the roster does not list is sent nothing; after 64 KiB, or 10 s, BYE 4."""
    stranger, other = Site("ZZ"), Site("ZY")
    for one in (stranger, other):
        one.belong(registry.founding_entry)
    loud, quiet = (dial(address, one.keys.signing) for one in (stranger, other))
    began = time.monotonic()
    quiet.send(hello_frame(other))
    silent(loud, 0.5)
    loud.send(hello_frame(stranger))
    loud.send(wire.frame(0x0A, os.urandom(65_400 - len(hello_frame(stranger)))))
    silent(loud, 0.5)
    loud.send(wire.frame(0x0A, bytes(300)))
    goodbye(loud, wire.NOT_ADMITTED)
    goodbye(quiet, wire.NOT_ADMITTED, 15)
    expect(8 < time.monotonic() - began < 14, "a stranger stays for another time than 10 s")


def ends_strangers_that_err(registry: Site, address: Address) -> None:
    """A mistake of a stranger closes the connection without a word."""
    stranger = Site("ZZ")
    one = dial(address, stranger.keys.signing)
    one.send(wire.frame(0x8A, b""))
    ended(one)
    one = dial(address, stranger.keys.signing)
    one.send(struct.pack("<IB", 1 << 31, wire.HAVE))
    ended(one)


# A registry of this peer ---------------------------------------------------------------------------------------------


class Administrator(Site):
    """Founds a registry, and admits real stores to it."""

    def __init__(self, alias: str):
        super().__init__(alias)
        self.paper = Ed25519PrivateKey.generate()
        self.belong(roster_entry(founding=messages.record.Founding(
            name="Conformance", administrator=keys_of(self), recovery_key=log.public_bytes(self.paper), nonce=os.urandom(16))))
        self.record(ROSTER, self.founding_entry)
        self.admit(keys_of(self), alias, "hub")

    def admit(self, keys: Any, alias: str, role: str = "clinic", addresses: Iterable[str] = ()) -> None:
        self.record(ROSTER, roster_entry(admission=messages.record.Admission(
            keys=keys, alias=alias, role=role, addresses=addresses)))

    def admit_store(self, store: Store, address: str) -> None:
        """Takes the request of a real store, and has it take the invitation."""
        request, invitation = store.place / "store.request", store.place / "store.invitation"
        store.run("site", "request", "--role", "clinic", "--output", str(request))
        asked = enrolment.read_request(request.read_text())
        self.admit(site_keys(asked), asked.alias)
        invitation.write_text(enrolment.armoured("INVITATION", messages.wire.SiteInvitation(
            registry=self.registry, admitted_site=log.site_of(asked.signing_key), dial_key=self.keys.public,
            addresses=[address], founding_entry=self.founding_entry).SerializeToString(deterministic=True)))
        store.run("site", "join", str(invitation))

    def admit_peer(self, site: Site) -> None:
        site.belong(self.founding_entry)
        self.admit(keys_of(site), site.alias)

    def revoke(self, site: Site, *cut_offs: tuple[FeedID, Head]) -> None:
        self.record(ROSTER, roster_entry(revocation=messages.record.Revocation(
            site=site.keys.site, reason="a drill", cut_offs=[messages.record.CutOff(
                epoch=name.epoch, lane=name.lane, position=head.position, digest=head.digest) for name, head in cut_offs])))


def keys_of(site: Site) -> Any:
    return site_keys(enrolment.read_request(enrolment.request(site.keys, site.alias)))


def site_keys(request: Any) -> Any:
    return messages.record.SiteKeys(signing_key=request.signing_key, agreement_key=request.agreement_key,
                                    agreement_signature=request.agreement_signature)


def roster_entry(**body: Any) -> bytes:
    change = messages.record.Change(kind=32, action=records.CREATE,
                                    body=messages.record.RosterBody(**body).SerializeToString(deterministic=True))
    return records.entry([change])


def leaves_impostors(store: Store, address: Address) -> None:
    """A daemon that dials, and meets another key than its invitation names, says nothing."""
    with socket.create_server(address) as server:
        server.settimeout(20)
        store.start()
        one, _ = server.accept()
        one.settimeout(10)
        try:
            got = context(True, enrolment.Keys.generated().signing).wrap_socket(one, server_side=True).recv(4096)
            expect(not got, f"an impostor is told {got[:20].hex()}")
        except (ssl.SSLError, ConnectionError):
            pass
        finally:
            one.close()


def is_dialled(administrator: Administrator, store: Store, listener: Listener) -> None:
    """The daemon of a store that this peer admitted dials it, and learns the roster by a push."""
    # Its certificate is not known before it was dialled once: this end can not ask for one it does not know.
    known = dial(store.address, administrator.keys.signing)
    listener.trust(known.certificate)
    known.close()
    one = Session(administrator, listener.accept(20)).start()
    one.run(lambda: one.hello is not None, 5, "HELLO of the dialling end")
    one.run(lambda: one.their_have and one.told(administrator.own(ROSTER)), 10, "ACK of the roster")
    one.run(one.even, 10, "everything offered is held")
    expect(len(store.run("site", "list")["sites"]) == 2, "the roster is not shown")
    one.finish()


def admits_with_the_admission_in_hand(administrator: Administrator, store: Store) -> Site:
    """A stranger brings the administrator's lane 0 that lists it, and the session goes on."""
    newcomer = Site("NW")
    administrator.admit_peer(newcomer)
    newcomer.feeds[administrator.own(ROSTER).name] = administrator.own(ROSTER)
    one = Session(newcomer, dial(store.address, newcomer.keys.signing))
    one.start()
    silent(one.connection, 0.3)
    roster = newcomer.feeds[administrator.own(ROSTER).name]
    one.give_word(roster, roster.head.position)
    one.push(roster)
    one.run(lambda: one.hello is not None, 5, "HELLO after the admission was shown")
    feed = newcomer.record(RECORDS, records.operator_entry("New Comer"))
    one.say_changes()
    one.run(lambda: one.told(feed), 10, "ACK of what a newcomer recorded")
    one.finish()
    return newcomer


def obeys_a_revocation(administrator: Administrator, newcomer: Site, store: Store) -> None:
    """A revoked key is closed, with BYE 5 where a session is open, without a word where it dials; cut-offs hold."""
    open_one = pull(newcomer, store.address)
    feed = newcomer.own(RECORDS)
    kept = feed.attested
    administrator.revoke(newcomer, (feed.name, kept))
    one = Session(administrator, dial(store.address, administrator.keys.signing)).start()
    one.run(lambda: one.told(administrator.own(ROSTER)), 10, "ACK of the revocation")
    goodbye(open_one.connection, wire.REVOKED)
    again = dial(store.address, newcomer.keys.signing)
    ended(again)
    expect(again.received_bytes == 0, "a revoked key was told something")
    newcomer.record(RECORDS, records.operator_entry("Too Late"))
    administrator.feeds[feed.name] = feed
    one.say_changes()
    one.run(lambda: one.heard[wire.ACK] > 0, 5, "an answer")
    settle(one)
    held = one.theirs.get(feed.name)
    expect(held is not None and held.position == kept.position, "an entry beyond the cut-off was taken")
    one.finish()


def follows_a_handover(administrator: Administrator, store: Store) -> Site:
    """The administrator hands over; what the successor writes in its term counts, and what it wrote before does not."""
    successor, other = Site("SU"), Site("XX")
    administrator.admit_peer(successor)
    successor.record(ROSTER, roster_entry(admission=messages.record.Admission(keys=keys_of(Site("NO")), alias="NO", role="hub")))
    feed = administrator.record(ROSTER, roster_entry(handover=messages.record.Handover(successor=keys_of(successor))))
    place = feed.name.encoded() + struct.pack("<Q", feed.head.position)
    began = messages.record.Term(began=hashlib.sha256(b"abscope term 1" + place + feed.entries[-1]).digest()[:16])
    other.belong(administrator.founding_entry)
    successor.record(ROSTER, roster_entry(term=began, admission=messages.record.Admission(
        keys=keys_of(other), alias="XX", role="clinic")))
    give_rosters(store, administrator, successor)
    listed = {row["alias"]: row for row in store.run("site", "list")["sites"]}
    expect(listed.get("SU", {}).get("administrator") is True, "the successor is not the administrator")
    expect("XX" in listed, "what the successor admitted is not listed")
    expect("NO" not in listed, "what the successor wrote outside of its term counts")
    expect(successor.roster().administrator == successor.keys.site, "this peer sees another administrator")
    return other


def follows_a_recovery(administrator: Administrator, heir: Site, store: Store) -> None:
    """Whoever holds the key on paper appoints an administrator, from anybody's lane 0."""
    ends = [messages.record.SiteCutOff(site=name.site, cut_off=messages.record.CutOff(
        epoch=name.epoch, lane=name.lane, position=feed.head.position, digest=feed.head.digest))
        for name, feed in sorted(administrator.feeds.items()) if name.lane == ROSTER]
    recovery = messages.record.Recovery(administrator=keys_of(heir), number=1, cut_offs=ends)
    for signer in (enrolment.Keys.generated().signing, administrator.paper):
        text = log.signed_text("abscope recovery 1", heir.registry, messages.record.Recovery(
            administrator=recovery.administrator, number=1, cut_offs=ends).SerializeToString(deterministic=True))
        recovery.signature = signer.sign(text)
        heir.record(ROSTER, roster_entry(recovery=recovery))
        give_rosters(store, administrator, heir)
        found = [row["alias"] for row in store.run("site", "list")["sites"] if row["administrator"]]
        expect(found == (["XX"] if signer is administrator.paper else ["SU"]), f"administrators: {found}")
    expect(heir.roster().administrator == heir.keys.site, "this peer sees another administrator")


def give_rosters(store: Store, *sites: Site) -> None:
    """Each site brings its lane 0, one after the other, and all of them hold it."""
    for site in sites:
        for other in sites:
            site.feeds |= {name: feed for name, feed in other.feeds.items() if name.lane == ROSTER}
        one = Session(site, dial(store.address, site.keys.signing)).start()
        one.run(lambda: all(one.told(feed) for feed in site.feeds.values() if feed.name.lane == ROSTER), 10, "ACK of lane 0")
        one.finish()


# Bundles -------------------------------------------------------------------------------------------------------------


def reads_a_bundle(site: Site, hub: Store) -> None:
    """What `abscope bundle export --for` writes holds everything, proven like a session."""
    path = hub.place / "from-hub.bundle"
    hub.run("bundle", "export", "--for", site.alias, "--everything", str(path))
    data = path.read_bytes()
    reader = again(site)
    envelope = bundle.Envelope.decode(data)
    log.must(envelope.registry == site.registry, "a bundle of another registry")
    envelope.check_signature(site.roster().members[envelope.sender].signing_key)
    secret = envelope.secret(site.keys.site, site.keys.agreement)
    contents = bundle.opened(data, envelope, secret)
    expect(contents.problem is None, f"the bundle: {contents.problem}")
    lanes = []
    for kind, message, _ in contents.frames:
        if kind == wire.DATA:
            taken = reader.take_data(message)
            expect(taken is not None, "DATA of a bundle that continues nothing")
            lanes.append(message.header.feed.lane)
        elif kind == wire.CHECKPOINT:
            reader.take_word(message)
        else:
            for packet in message.packets:
                reader.open_keys(packet, envelope.sender)
    own = {name for name in contents.held if name.site == site.keys.site}
    for name, row in contents.held.items():
        if name not in own:
            expect(reader.feeds[name].row()[:2] == row[:2], "the bundle does not hold what its sender says it holds")
    expect(all(contents.held[name].position == site.feeds[name].attested.position for name in own if name in site.feeds),
           "the receipt of this site's own feeds is another")
    expect(lanes == sorted(lanes), f"lanes out of order: {lanes}")
    expect(bool(reader.person_keys), "no keys of persons")
    short = bundle.opened(data[:len(data) - 100], envelope, secret)
    expect(short.problem is not None and len(short.frames) < len(contents.frames), "a cut bundle is whole")


def writes_a_bundle(site: Site, hub: Store) -> None:
    """`abscope bundle import` takes one of this peer, once; of a cut one what is whole; of a forged one nothing."""
    hub_site = log.site_of(site.dial_key)
    member = site.roster().members[hub_site]
    own = site.own(RECORDS)
    key = os.urandom(32)
    site.person_keys[records.key_name(key)] = key
    before = own.head
    feed = site.record(RECORDS, records.case_entry(own.name, records.reference_to(own.name, 1, own.digests[1]),
                                                   "Carried By Hand", key))
    number = records.case_number(site.alias, None, feed.head.position)
    one = Session(site, None)  # For the form of HELLO only; nothing is sent.
    statement = [wire.encoded(wire.HELLO, one.hello_message()), wire.encoded(wire.HAVE, wire.have(site.vector(), site.vector()))]
    frames = [wire.encoded(wire.KEYS, site.sealed_keys(hub_site))]
    frames += [wire.encoded_data(feed.name, feed.at(block.first - 1), block.encoded) for block in feed.blocks(
        before.position, feed.head.position)]
    frames.append(wire.encoded(wire.CHECKPOINT, messages.wire.CheckpointMessage(
        feed=wire.feed_message(feed.name), position=feed.head.position, digest=feed.head.digest,
        signature=feed.words[feed.head.position])))

    def bundled(number: int, signing: Optional[Any] = None, code: bool = True) -> bytes:
        return bundle.written(signing or site.keys.signing, site.registry, number, {hub_site: member.agreement_key}, statement,
                              frames, lambda index: index in (1, 3))

    path = hub.place / "for-hub.bundle"
    whole = bundled(1)
    path.write_bytes(bundled(1, enrolment.Keys.generated().signing))
    hub.run("bundle", "import", str(path), expect=(77,))
    flipped = bytearray(whole)
    flipped[-20] ^= 1
    path.write_bytes(bytes(flipped))
    hub.run("bundle", "import", str(path), expect=(1,))
    expect(number not in hub.cases(), "an entry without a checkpoint is shown")
    path.write_bytes(whole)
    for _ in range(2):
        hub.run("bundle", "import", str(path))
        row = [row for row in hub.run("case", "list")["cases"] if row["case"] == number]
        expect(len(row) == 1 and row[0].get("name") == "Carried By Hand", "what the bundle brought is not shown")
