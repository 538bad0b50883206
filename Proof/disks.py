"""Small file systems of their own for the proofs: image files under loop devices, in a mount name space of this process. No
disk of the machine is touched."""
import os
import shutil
import subprocess
import sys
import time


class Broken(Exception):
    """A promise is broken, or the proof could not be made."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Kind:
    """A kind of file system: how it is made, mended and mounted."""

    def __init__(self, name, megabytes, make, mend=(), options="noatime"):
        self.name, self.bytes, self.make, self.mend, self.options = name, megabytes << 20, make, mend, options

    def format(self, image):
        with open(image, "wb") as file:
            file.truncate(self.bytes)
        run(*self.make, image)
        # Zeros that were written take no room in the copies.
        run("cp", "--sparse=always", image, f"{image}.thin")
        os.replace(f"{image}.thin", image)

    def repair(self, image):
        """As the system does at its start."""
        if self.mend:
            done = subprocess.run([*self.mend, image], capture_output=True, text=True)
            if done.returncode > 2:
                raise Broken(f"{' '.join(self.mend)} {image}: status {done.returncode}: {done.stdout[-400:]}")

    def is_known(self, proof):
        """Whether the kernel has it; says so when it does not."""
        name = self.make[0].removeprefix("mkfs.")
        if shutil.which("modprobe"):
            subprocess.run(["modprobe", "-q", name], capture_output=True)
        with open("/proc/filesystems", encoding="ascii") as file:
            if name in file.read().split():
                return True
        print(f"{proof}: SKIPPED for {self.name}: this kernel does not have it.")
        return False


class Mounted:
    """A file system on a loop device, for the length of a `with`; the device goes with the mount."""

    def __init__(self, kind, image, folder):
        self.kind, self.image, self.folder = kind, image, folder

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        run("mount", "-o", f"loop,{self.kind.options}", self.image, self.folder)
        return self

    def __exit__(self, *_):
        unmount(self.folder)


class Memory:
    """A file system in memory, for the length of a `with`."""

    def __init__(self, folder, megabytes):
        self.folder, self.megabytes = folder, megabytes

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m,nr_inodes=4096", "tmpfs", self.folder)
        return self

    def __exit__(self, *_):
        unmount(self.folder)


def unmount(folder):
    for _ in range(50):
        if subprocess.run(["umount", folder], capture_output=True).returncode == 0:
            return
        time.sleep(0.05)
    run("umount", "-l", folder)


def hindrance(*devices):
    """Why nothing can be mounted here; None when it can."""
    if os.geteuid() != 0:
        return "it needs root, to mount file systems on loop devices"
    for path in ("/dev/loop-control", *devices):
        if not os.path.exists(path):
            return f"there is no {path} here"
    for program in ("mkfs.ext4", "mkfs.xfs", "e2fsck", "mount", "unshare"):
        if shutil.which(program) is None:
            return f"{program} is not installed (scripts/setup proof)"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        return "this container may not mount (no CAP_SYS_ADMIN)"
    return None


def enter_own_mounts():
    """Goes on in a mount name space of its own: whatever happens to this process, its mounts go with it, and the loop
    devices with them."""
    if "ABSCOPE_OWN_MOUNTS" not in os.environ:
        os.environ["ABSCOPE_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])


def flags(options):
    return [part for name, value in options.items() for part in (f"--{name}", str(value))]
