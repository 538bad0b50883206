"""Sites of one registry: their stores, their daemons in name spaces of their own, and what their commands acknowledged."""
import json
import os
import signal
import subprocess
import threading
import time

PORT = 7117
LANES = {"roster": 0, "urgent": 1, "records": 2, "attachments": 3}


class Broken(Exception):
    """A promise is broken."""


class Site:
    def __init__(self, choice, folder, alias, host):
        self.choice, self.alias, self.host = choice, alias, host
        self.folder, self.store = f"{folder}/{alias}", f"{folder}/{alias}/store"
        os.makedirs(self.folder)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "TMPDIR": self.folder,
                            "XDG_STATE_HOME": f"{self.folder}/state", "ABSCOPE_STORE": self.store}
        self.daemon, self.acknowledged, self._lock = None, [], threading.Lock()

    def __str__(self):
        return self.alias

    # Commands.

    def run(self, *arguments, text="", allowed=(0,)):
        """Runs `abscope` and gives its document; what it recorded goes into the transcript."""
        done = subprocess.run([f"{self.choice.programs}/abscope", *arguments, "--json"], input=text, text=True,
                              env=self.environment, capture_output=True, timeout=300)
        if done.returncode not in allowed:
            raise Broken(f"{self}: abscope {' '.join(arguments)}: status {done.returncode}: "
                         f"{(done.stderr or done.stdout).strip()[-600:]}")
        document = json.loads(done.stdout) if done.stdout.strip() else {}
        if "reference" in document:
            with self._lock:
                self.acknowledged.append(document["reference"])
        return document

    def stats(self):
        return self.run("log", "stats")

    def frontier(self):
        return self.stats()["frontier"]

    def reached(self, other, lane="records", attested=True):
        """Where another site's feed stands here."""
        return max((feed["attested" if attested else "position"] for feed in self.stats()["feeds"]
                    if feed["site"] == other.alias and feed["lane"] == lane), default=0)

    def status(self):
        return self.run("sync", "status", allowed=(0, 1, 69))

    def word(self, other):
        """What `sync status` says of another site."""
        return next((one["status"] for one in self.status()["sites"] if one["alias"] == other.alias), None)

    def add_case(self, name="Zhao Min", stage="IIIA"):
        return self.run("case", "add", "--stage", stage, text=f"name: {name}\n")["case"]

    def add_course(self, case, name="thorax", first="2024-01-08"):
        return self.run(*("course add CASE --name NAME --intent radical --site lung --laterality right --technique IMRT"
                          " --modality photon --volume PTV --fractions 30 --first FIRST --dose-per-fraction").replace(
                              "CASE", case).replace("NAME", name).replace("FIRST", first).split(), "2.00 Gy")

    def give(self, case, day):
        return self.run("fraction", "give", case, "--date", day, "--yes")

    def add_event(self, case, serious=False, term="pneumonitis", grade=2):
        urgent = ["--serious", "yes", "--serious-reason", "hospital admission"] if serious else ["--serious", "no"]
        return self.run("ae", "add", case, "--term", term, "--grade", str(grade), "--start", "2024-02-01", *urgent)

    def attach(self, case, megabytes, chance):
        path = f"{self.folder}/attached"
        with open(path, "wb") as file:
            file.write(chance.randbytes(int(megabytes * 1e6)))
        return self.run("attach", case, path, "--title", "planning")

    # The daemon.

    def start(self, *options, wait=True):
        """Starts the daemon in the site's name space; with `wait`, until its sockets are open."""
        self.log = f"{self.folder}/daemon.log"
        with open(self.log, "ab") as log:
            begin = log.tell()
            self.daemon = subprocess.Popen(
                self.host.inside(f"{self.choice.programs}/abscoped", "--listen", f"{self.host.address}:{PORT}",
                                 "--log-level", "info", *options),
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.until("its daemon has started", lambda: b"started" in self._said(begin), 30)

    def _said(self, begin=0):
        if self.daemon.poll() is not None:
            raise Broken(f"{self}: the daemon ended with {self.daemon.returncode}: {self.last_words()}")
        with open(self.log, "rb") as log:
            log.seek(begin)
            return log.read()

    def last_words(self):
        with open(self.log, "rb") as log:
            return log.read()[-800:].decode(errors="replace").strip()

    def kill(self):
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self):
        """In order."""
        status = self._end(signal.SIGTERM)
        if status != 0:
            raise Broken(f"{self}: the daemon ended with {status}: {self.last_words()}")

    def _end(self, number):
        daemon, self.daemon = self.daemon, None
        if daemon is None:
            return 0
        daemon.send_signal(number)
        return daemon.wait(30)

    def peak_megabytes(self):
        with open(f"/proc/{self.daemon.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) * 1024 / 1e6

    # Waiting.

    def until(self, what, condition, seconds):
        """Waits for something, and gives the moment at which it was seen."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Broken(f"{self}: waited {seconds} s in vain until {what}")
            time.sleep(0.05)
        return time.monotonic()

    def until_stored(self, what, condition, seconds):
        """As `until`, for a condition of the log, which is asked only when the log was changed."""
        deadline, heads, known = time.monotonic() + seconds, f"{self.store}/HEADS", None
        while True:
            seen = time.monotonic()
            changed = os.stat(heads).st_mtime_ns
            if changed != known:
                known = changed
                if condition():
                    return seen
            if seen > deadline:
                raise Broken(f"{self}: waited {seconds} s in vain until {what}")
            time.sleep(0.003)


class Registry:
    """One hub, and sites that joined it."""

    def __init__(self, choice, network, folder, clinics, listening=()):
        """`listening`: the clinics that can be dialled, too."""
        self.network, self.choice = network, choice
        self.hub = Site(choice, folder, "HUB", network.host("HUB"))
        self.hub.run("init", "--site", "HUB", "--found", "Lung registry")
        self.hub.run("operator", "add", text="name: Chen Wei\n")
        self.clinics = [self._joined(folder, alias, alias in listening) for alias in clinics]
        self.sites = [self.hub, *self.clinics]

    def _joined(self, folder, alias, listens):
        site = Site(self.choice, folder, alias, self.network.host(alias))
        site.run("init", "--site", alias)
        site.run("operator", "add", text="name: Wang Li\n")
        asked = f"{site.folder}/request"
        where = ["--address", f"{site.host.address}:{PORT}"] if listens else []
        site.run("site", "request", "--role", "clinic", *where, "--output", asked)
        words = site.run("site", "request", "--role", "clinic", *where)["fingerprint"]
        self.hub.run("site", "admit", asked, "--address", f"{self.hub.host.address}:{PORT}", "--fingerprint", words,
                     "--output", f"{site.folder}/invitation")
        site.run("site", "join", f"{site.folder}/invitation")
        return site

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for site in self.sites:
            site.kill()

    def start(self):
        for site in self.sites:
            site.start()

    def settle(self, seconds, sites=None):
        """Waits until sites hold the same."""
        sites = sites or self.sites
        return sites[0].until(f"{', '.join(map(str, sites))} hold the same",
                              lambda: len({site.frontier() for site in sites}) == 1, seconds)

    def stop(self):
        for site in self.sites:
            site.stop()
