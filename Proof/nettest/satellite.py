"""A clinic behind a satellite: 256 kbit/s, 600 ms there and back."""
import subprocess
import time

from figures import Figure
from network import Network
from oracle import judge
from sites import Broken, Registry

KILOBITS, ROUND_TRIP = 256, 0.6
COURSES, FRACTIONS = 10, 7
# A probe of TCP keep-alive and its answer, with IPv4 and timestamps.
PROBE_BYTES, DAY_SECONDS = 2 * 52, 86400


class Link:
    """A hub and a clinic, between which the satellite is switched on for what is measured."""

    def __init__(self, network, registry):
        self.network, self.hub, self.clinic = network, registry.hub, registry.clinics[0]
        self.figures, self.given = [], 0

    def far(self, limited=True):
        self.clinic.host.line.delay = ROUND_TRIP / 2
        for site in (self.hub, self.clinic):
            limiter = site.host.limit(KILOBITS if limited else None)
            if limited:
                self.limiter = limiter or "none"

    def near(self):
        self.clinic.host.line.delay = 0
        for site in (self.hub, self.clinic):
            site.host.limit(None)

    def in_sync(self, site, other):
        return lambda: site.word(other) == "in sync"

    def settle(self):
        """Waits until both say so and nothing is under way."""
        self.clinic.until("it is in sync", self.in_sync(self.clinic, self.hub), 60)
        self.hub.until("it is in sync", self.in_sync(self.hub, self.clinic), 60)
        self.quiet()

    def quiet(self):
        known, deadline = -1, time.monotonic() + 60
        while known != self.network.wire_bytes():
            known = self.network.wire_bytes()
            if time.monotonic() > deadline:
                raise Broken("the line is never quiet")
            time.sleep(2 * ROUND_TRIP + 0.3)

    def stored(self, site, origin, lane="records", seconds=60):
        """Waits until a site holds and shows what another one has recorded; gives the moment."""
        target = origin.reached(origin, lane)
        return site.until_stored(f"it shows {target} entries of {origin}", lambda: site.reached(origin, lane) >= target, seconds)

    def measure(self, *arguments):
        self.figures.append(Figure(*arguments))


def scenario(choice, folder, chance):
    with Network() as network, Registry(choice, network, folder, ["GY"]) as registry:
        link = Link(network, registry)
        hub, clinic = link.hub, link.clinic
        registry.start()
        cases = [clinic.add_case(f"Zhao {number}") for number in range(COURSES)]
        for case in cases:
            clinic.add_course(case)
        registry.settle(30)
        link.settle()
        for restarts in (False,) if choice.slice else (False, True):
            day(link, cases, restarts)
        one_record(link, cases)
        rounds(link, cases, (False,) if choice.slice else (False, True))
        idle(link)
        behind_a_window(link, cases)
        told = judge(registry.sites)
        registry.stop()
        return f"rates by {link.limiter}; {told} acknowledged entries found at both sites", link.figures


def record_day(clinic, cases, first):
    """200 records: fractions, adverse events, amended cases."""
    for case in cases:
        for at in range(first, first + FRACTIONS):
            clinic.give(case, f"2024-{1 + (at + 6) // 28:02}-{(at + 6) % 28 + 1:02}")
    for number in range(70):
        clinic.add_event(cases[number % len(cases)], term=("fatigue", "cough", "oesophagitis", "dermatitis")[number % 4],
                         grade=1 + number % 3)
    for number in range(60):
        clinic.run("case", "amend", cases[number % len(cases)], "--stage", ("IIA", "IIB", "IIIA", "IIIB")[number % 4], "--reason",
                   "CT of today")


def day(link, cases, restarts):
    """The line is off while the day is recorded; then it is switched on."""
    hub, clinic, network = link.hub, link.clinic, link.network
    how = "after a restart" if restarts else "the daemon was connected before"
    if restarts:
        clinic.stop()
    else:
        clinic.host.line.is_up = False
        network.cut_all()
    before = clinic.reached(clinic)
    record_day(clinic, cases, link.given)
    link.given += FRACTIONS
    records = clinic.reached(clinic) - before
    link.far()
    if restarts:
        clinic.start(wait=False)
    else:
        clinic.until("no connection is left", lambda: clinic.word(hub) not in ("in sync", "sending"), 90)
        clinic.host.line.is_up = True
        clinic.run("sync", "now")
    shown = link.stored(hub, clinic)
    flow = network.flows[-1]
    link.settle()
    link.measure("satellite", f"{records} records over {KILOBITS} kbit/s and {ROUND_TRIP * 1000:.0f} ms, {how}: from SYN to"
                 " shown at the hub", shown - flow.connecting, "s", 2.5, 2.0)
    wire = sum(part.wire_bytes for part in flow.parts.values())
    link.measure("wire.day", f"the same, {how}, both directions", wire, "B", 16384, 12288)
    describe(link, flow, how)
    link.near()


def describe(link, flow, what):
    """With --verbose: every packet of a connection, with the moment it left."""
    if not link.clinic.choice.verbose:
        return
    print(f"-- {what}")
    events = sorted((event for part in flow.parts.values() for event in part.events), key=lambda event: event.left)
    for event in events:
        way = "->" if event.source == flow.source else "<-"
        print(f"   {event.left - flow.connecting:7.3f} {way} {event.wire_bytes:5} bytes, {event.payload:5} payload, flags {event.flags:#x}")


def one_record(link, cases):
    hub, clinic, network = link.hub, link.clinic, link.network
    link.far()
    # TCP would go on believing in the round trip of the near line, and send again what is only late.
    network.cut_all()
    clinic.run("sync", "now")
    link.settle()
    before, began = network.wire_bytes(), time.monotonic()
    clinic.add_event(cases[0])
    recorded = time.monotonic()
    shown = link.stored(hub, clinic)
    link.settle()
    link.measure("wire.one", "1 record on a live connection, both directions", network.wire_bytes() - before, "B", 420, 380)
    link.measure("live", "from the end of the command to shown at the hub", shown - recorded, "s")
    if clinic.choice.verbose:
        for flow in network.flows[-1:]:
            for source, part in flow.parts.items():
                for event in part.events:
                    if event.left >= began:
                        print(f"   live {event.left - began:7.3f} {source} {event.wire_bytes} {event.payload} {event.flags:#x}")
    clinic.stop()
    link.quiet()
    clinic.add_event(cases[0])
    made = len(network.flows)
    clinic.start()
    link.stored(hub, clinic)
    link.settle()
    link.measure("wire.one", "1 record on a fresh connection, both directions", network.wire_bytes(made), "B", 4096, 3072)
    describe(link, network.flows[-1], "one record, fresh")
    link.near()


def rounds(link, cases, ways):
    """Round trips, on a line without a limit, so that nothing but the distance counts."""
    hub, clinic, network = link.hub, link.clinic, link.network
    for restarts in ways:
        how = "after a restart" if restarts else "the daemon was connected before"
        for puller, what, must in ((clinic, "first pulled entry stored", 3), (hub, "pushed entry durable at the peer", 2.5)):
            origin = hub if puller is clinic else clinic
            link.far(limited=False)
            link.settle()
            if restarts:
                clinic.stop()
            else:
                clinic.host.line.is_up = False
                network.cut_all()
            origin.add_event(cases[1])
            if restarts:
                clinic.start(wait=False)
            else:
                clinic.until("no connection is left", lambda: clinic.word(hub) not in ("in sync", "sending"), 90)
                clinic.host.line.is_up = True
                clinic.run("sync", "now")
            shown = link.stored(puller, origin)
            flow = network.flows[-1]
            link.measure("rounds", f"{what} and shown, {how}", (shown - flow.connecting) / ROUND_TRIP, "round trips", must + 0.25)
            describe(link, flow, f"{what}, {how}")
            link.settle()
    link.near()


def idle(link):
    """An idle connection is TCP keep-alive and nothing else."""
    hub, clinic, network = link.hub, link.clinic, link.network
    link.settle()
    before = network.wire_bytes()
    time.sleep(5)
    spoken = network.wire_bytes() - before
    if spoken:
        raise Broken(f"an idle connection spoke: {spoken} bytes in 5 s")
    day_bytes = 0
    for site in (hub, clinic):
        shown = subprocess.run(site.host.inside("ss", "-tnoH", "state", "established"), capture_output=True, text=True).stdout
        timers = [line.split("timer:(keepalive,")[1].split(",")[0] for line in shown.splitlines() if "keepalive" in line]
        if not timers:
            raise Broken(f"{site}: no keep-alive on the connection: {shown}")
        day_bytes += DAY_SECONDS / seconds_of(timers[0]) * PROBE_BYTES
    link.measure("wire.idle", "a day of keep-alive of both ends, from the timers of the kernel", day_bytes, "B", 12288)


def behind_a_window(link, cases):
    """While no window is open nothing is sent, also when there is something to send."""
    clinic, network = link.clinic, link.network
    link.settle()
    clinic.stop()
    link.quiet()
    before, hour = network.wire_bytes(), time.localtime().tm_hour
    clinic.environment["ABSCOPED_WINDOWS"] = f"daily {(hour + 10) % 24:02}:00-{(hour + 12) % 24:02}:00"
    clinic.start()
    clinic.add_event(cases[0])
    time.sleep(5)
    link.measure("wire.idle", "while no window is open, with a record to send, in 5 s", network.wire_bytes() - before, "B", 0)
    if clinic.word(link.hub) != "waiting for window":
        raise Broken(f"{clinic}: behind a closed window it says: {clinic.word(link.hub)}")
    clinic.stop()
    del clinic.environment["ABSCOPED_WINDOWS"]
    clinic.start()
    link.settle()


def seconds_of(text):
    """As ss writes a time: 29min, 59.5sec, 119min."""
    if text.endswith("min"):
        return (float(text[:-3]) + 1) * 60
    return float(text.removesuffix("sec").removesuffix("ms"))
