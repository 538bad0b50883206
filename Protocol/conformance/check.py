#!/usr/bin/python3
"""Holds real programs against Protocol/: the vectors, then sessions, enrolment and bundles with real daemons.

Written from Protocol/ alone, so that agreement means something. Status 0 when all of it holds; the last line counts.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable

import log_format
import misbehaviour
import scenarios
import vectors
import wire
from log_format import Refused
from peer import Site
from programs import Store, free_port
from transport import Broken, Closed, Listener

FAILURES = (Broken, Closed, Refused, vectors.Differs, wire.Violation, OSError)
COURSE = ("--name thorax --intent radical --site lung --laterality right --technique IMRT --modality photon --volume PTV"
          " --fractions 30 --first 2024-01-08 --dose-per-fraction").split() + ["2.00 Gy"]


class Report:
    """Says of each promise whether it held, and goes on."""

    def __init__(self) -> None:
        self.passed, self.failed = 0, 0

    def check(self, name: str, promise: Callable[..., Any], *arguments: Any) -> Any:
        began = time.monotonic()
        try:
            result = promise(*arguments)
        except FAILURES as error:
            self.failed += 1
            print(f"FAILED  {name}: {error}")
            traceback.print_exc(limit=-4)
            return None
        self.passed += 1
        count = f" ({result})" if isinstance(result, int) else ""
        print(f"ok      {name}{count}, {time.monotonic() - began:.1f} s", flush=True)
        return result


def furnished(hub: Store) -> None:
    """Entries in every lane, some of them in sealed segments."""
    hub.run("init", "--site", "HUB", "--found", "Conformance")
    hub.run("operator", "add", text="name: Chen Wei\n")
    case = hub.run("case", "add", "--stage", "IIIA", text="name: Zhao Min\n")["case"]
    hub.run("course", "add", case, *COURSE)
    scan = hub.place / "scan.pdf"
    scan.write_bytes(os.urandom(300_000))
    hub.run("attach", case, str(scan), "--title", "planning scan")
    hub.run("log", "seal", "--active")
    for day in range(8, 12):
        hub.run("fraction", "give", case, "--date", f"2024-01-{day:02}", "--number", str(day - 7), "--yes", expect=(0, 1))
    hub.run("ae", "add", case, "--term", "pneumonitis", "--grade", "3", "--start", "2024-01-12", "--serious", "yes",
            "--serious-reason", "hospital admission")


def with_daemons(report: Report, programs: pathlib.Path, place: pathlib.Path) -> None:
    hub, clinic, other = (Store(programs, place, alias) for alias in ("HUB", "CL", "RC"))
    stores = [hub, clinic, other]
    try:
        furnished(hub)
        clinic.run("init", "--site", "CL")
        clinic.run("operator", "add", text="name: Wang Li\n")
        other.run("init", "--site", "RC")
        other.run("operator", "add", text="name: Li Na\n")
        with ThreadPoolExecutor() as beside:
            joined(report, hub, clinic, beside)
            founded(report, other)
    finally:
        for store in stores:
            store.kill()
        if report.failed:
            for store in stores:
                print(f"-- what the daemon of {store.alias} said\n{store.said()}")


def joined(report: Report, hub: Store, clinic: Store, beside: ThreadPoolExecutor) -> None:
    """As a member of a registry that a real store founded."""
    check, address = report.check, hub.address
    site, cutter, renegade = Site("PY"), Site("PC"), Site("PR")
    invitation = check("a real store admits this peer", scenarios.admit, hub, site)
    check("changed requests and foreign invitations are refused", scenarios.enrolment_refuses_what_was_changed, hub, clinic,
          site, invitation)
    for one in (cutter, renegade):
        scenarios.admit(hub, one)
    request, text = hub.place / "CL.request", hub.place / "CL.invitation"
    clinic.run("site", "request", "--role", "clinic", "--output", str(request))
    hub.run("site", "admit", str(request), "--address", "%s:%d" % address, "--fingerprint",
            clinic.run("site", "request", "--role", "clinic")["fingerprint"], "--output", str(text))
    clinic.run("site", "join", str(text))
    hub.start()
    strangers: Future[Any] = beside.submit(scenarios.keeps_strangers_out, site, address)
    check("everything is pulled and proven", scenarios.pulls_all, site, hub)
    check("DATA keeps to its credit", scenarios.keeps_to_its_credit, scenarios.again(renegade), address)
    check("a pull goes on after cuts", scenarios.resumes_after_a_cut, cutter, hub)
    number = check("what is pushed is stored, shown and acknowledged", scenarios.pushes, site, hub)
    check("a long feed is asked for, also after a cut", scenarios.is_asked_for_what_it_says, site, hub)
    clinic.start()
    check("a second daemon has it from the first", scenarios.forwards, cutter, clinic, hub, number)
    clinic.stop()
    hub_site = log_format.site_of(site.dial_key)
    clinic.start("--peer", "127.0.0.1:9")
    check("this peer carries between two daemons", scenarios.carries, site, clinic, hub)
    check("HAVE changes what was said before", scenarios.changes_of_have, site, hub)
    check("WANT is answered", scenarios.answers_wants, site, hub)
    check("unknown ancillary frames are passed over", scenarios.passes_over_unknown_ancillary, site, address)
    check("broken rules end with their BYE", scenarios.refuses_broken_rules, renegade, address, hub_site)
    check("pushes have a limit", scenarios.limits_pushes, renegade, address)
    check("a gap in DATA asked for ends the session", scenarios.refuses_gaps, renegade, address)
    check("a fork is named and left alone", scenarios.names_forks, cutter, address)
    check("one connection a site", scenarios.keeps_one_connection, site, address)
    check("nothing is said in clear", scenarios.tells_nothing_in_clear, address)
    check("nothing is said without a certificate, TLS 1.3 and ALPN", scenarios.wants_a_certificate, address)
    check("strangers are sent nothing but BYE 4", strangers.result)
    check("strangers that err are closed without a word", scenarios.ends_strangers_that_err, site, address)
    check("a site that may have been set back goes on in another epoch", scenarios.opens_an_epoch, site, hub)
    check("a bundle of a real store is read", scenarios.reads_a_bundle, site, hub)
    check("a bundle of this peer is imported", scenarios.writes_a_bundle, site, hub)
    check("the daemon still serves and ends in order", lambda: (scenarios.pull(site, address).finish(), hub.stop()))
    clinic.stop()


def founded(report: Report, store: Store) -> None:
    """As the administrator of a registry that a real store joins."""
    administrator = scenarios.Administrator("AD")
    address = ("127.0.0.1", free_port("127.0.0.1"))
    report.check("a real store joins a registry of this peer", administrator.admit_store, store, "%s:%d" % address)
    report.check("a daemon that dials leaves an impostor", scenarios.leaves_impostors, store, address)
    listener = Listener(administrator.keys.signing, *address)
    report.check("a daemon dials this peer", scenarios.is_dialled, administrator, store, listener)
    listener.close()
    newcomer = report.check("a stranger shows its admission", scenarios.admits_with_the_admission_in_hand, administrator, store)
    if newcomer is not None:
        report.check("a revocation is obeyed", scenarios.obeys_a_revocation, administrator, newcomer, store)
    heir = report.check("a handover is followed", scenarios.follows_a_handover, administrator, store)
    if heir is not None:
        report.check("a recovery by the key on paper is followed", scenarios.follows_a_recovery, administrator, heir, store)
    report.check("the daemon of that store ends in order", store.stop)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, help="the folder of abscope and abscoped; without: vectors only")
    parser.add_argument("--keep", action="store_true", help="leave the stores")
    choice = parser.parse_args()
    report = Report()
    report.check("vectors", vectors.check)
    report.check("this peer finds what is wrong", misbehaviour.check)
    if choice.programs is not None:
        place = pathlib.Path(tempfile.mkdtemp(prefix="conformance-"))
        try:
            with_daemons(report, choice.programs.resolve(), place)
        finally:
            if choice.keep:
                print(f"kept: {place}")
            else:
                shutil.rmtree(place)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
