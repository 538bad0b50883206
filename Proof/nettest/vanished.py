"""Peers that vanish without a word are noticed in time, and when they come again they are served at once."""
import time

from figures import Figure
from network import Network
from oracle import judge
from sites import Registry

# docs/daemon.md, "A peer that vanishes".
UNACKNOWLEDGED, OWED, MARGIN = 60, 90, 15


def scenario(choice, folder, chance):
    with Network() as network, Registry(choice, network, folder, ["GY"]) as registry:
        hub, clinic = registry.hub, registry.clinics[0]
        line = clinic.host.line
        line.delay = 0.05
        registry.start()
        case = clinic.add_case()
        registry.settle(30)
        figures = []

        # The clinic's machine is switched off; the hub knows nothing of it. It comes again under the same address.
        line.is_up = False
        clinic.kill()
        time.sleep(1)
        line.is_up = True
        came = time.monotonic()
        clinic.start()
        clinic.add_event(case, serious=True)
        registry.settle(15)
        clinic.until("it is in sync", lambda: clinic.word(hub) == "in sync", 5)
        figures.append(Figure("return", "a site that vanished is back in sync, from its start", time.monotonic() - came, "s", 3))
        if hub.word(clinic) != "in sync":
            hub.until("the clinic is in sync", lambda: hub.word(clinic) == "in sync", 5)

        # The line is dead, and the clinic has something to say.
        line.is_up = False
        dark = time.monotonic()
        clinic.add_event(case)
        noticed = clinic.until("it knows that it is cut off", lambda: clinic.word(hub) != "sending"
                               and clinic.word(hub) != "in sync", UNACKNOWLEDGED + MARGIN) - dark
        figures.append(Figure("vanished", "noticed by who has sent something", noticed, "s", UNACKNOWLEDGED + MARGIN))
        line.is_up = True
        clinic.run("sync", "now")
        healed = time.monotonic()
        registry.settle(30)
        figures.append(Figure("return", "the same after the line is back and `sync now`", time.monotonic() - healed, "s", 15))

        # The hub goes silent in the middle of what it was asked for.
        if not choice.slice:
            hub.host.limit(256)
            hub.attach(hub.add_case("Chen"), 0.4, chance)
            clinic.until("something arrives", lambda: clinic.reached(hub, "attachments", False) > 1, 30)
            line.is_up = False
            dark = time.monotonic()
            noticed = clinic.until("it knows that it is cut off", lambda: clinic.word(hub) == "cut off",
                                   OWED + MARGIN) - dark
            figures.append(Figure("vanished", "noticed by who waits for something", noticed, "s", OWED + MARGIN))
            line.is_up = True
            clinic.run("sync", "now")
            registry.settle(60)
        told = judge(registry.sites)
        registry.stop()
        return f"{told} acknowledged entries found at both sites", figures
