#!/usr/bin/env python3
"""Real daemons in network name spaces of their own, with rates (`tc tbf`), delay, lost and half-open connections, cuts in the
middle of a segment, turned bits, and SIGKILL. Every scenario ends with an oracle: all sites hold the same, and nothing that
any command acknowledged is missing. Figures that miss what they must reach are shown, and are no failure.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
import bootstrap  # noqa: E402
import flapping  # noqa: E402
import mesh  # noqa: E402
import satellite  # noqa: E402
import urgent  # noqa: E402
import vanished  # noqa: E402
from figures import table  # noqa: E402
from network import Hindrance, hindrance  # noqa: E402
from sites import Broken  # noqa: E402

# `vanished` mostly waits, so it runs beside the others.
SCENARIOS = {module.__name__: module.scenario for module in (vanished, satellite, urgent, flapping, bootstrap, mesh)}


class Outcome:
    def __init__(self, name):
        self.name, self.failure, self.text, self.figures, self.seconds = name, None, "", [], 0.0

    def run(self, choice, folder):
        began = time.monotonic()
        place = f"{folder}/{self.name}"
        os.makedirs(place)
        try:
            self.text, self.figures = SCENARIOS[self.name](choice, place, random.Random(f"{choice.seed} {self.name}"))
        except (Broken, Hindrance, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as failure:
            self.failure = f"{type(failure).__name__}: {failure}"
            if choice.verbose:
                traceback.print_exc()
        self.seconds = time.monotonic() - began
        print(f"nettest: {self.name}: {'ok' if self.failure is None else 'FAILED'} in {self.seconds:.0f} s: "
              f"{self.failure or self.text}", flush=True)
        return self


def main():
    parser = argparse.ArgumentParser(prog="nettest", description=__doc__)
    parser.add_argument("--programs", default=".build/release")
    parser.add_argument("--slice", action="store_true", help="a smaller one of each, three minutes together")
    parser.add_argument("--only", choices=sorted(SCENARIOS), action="append", help="these scenarios")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--verbose", action="store_true", help="every packet of what is measured")
    choice = parser.parse_args()
    choice.programs = os.path.abspath(choice.programs)
    reason = hindrance()
    if reason is not None:
        print(f"nettest: SKIPPED: {reason}")
        return 0
    folder = tempfile.mkdtemp(prefix="abscope-nettest-")
    names = choice.only or list(SCENARIOS)
    print(f"nettest: seed {choice.seed}, in {folder}", flush=True)
    outcomes = [Outcome(name) for name in names]
    beside = [threading.Thread(target=one.run, args=(choice, folder)) for one in outcomes if one.name == vanished.__name__]
    for thread in beside:
        thread.start()
    for one in outcomes:
        if one.name != vanished.__name__:
            one.run(choice, folder)
    for thread in beside:
        thread.join()
    figures = [figure for one in outcomes for figure in one.figures]
    if figures:
        print(table(figures))
    failed = [one.name for one in outcomes if one.failure is not None]
    if failed:
        again = " ".join(f"--only {name}" for name in failed)
        print(f"nettest: FAILED: {', '.join(failed)}; again with --seed {choice.seed} {again}; files are in {folder}",
              file=sys.stderr)
        return 1
    missed = sum(figure.reached == "**no**" for figure in figures)
    print(f"nettest: {len(outcomes)} scenarios ok, {len(figures)} figures, {missed} of them missed")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
