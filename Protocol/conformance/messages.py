"""The messages of ../wire.proto and ../record.proto, made by `protoc` each time, so that they cannot be old."""
import importlib
import pathlib
import subprocess
import sys
import tempfile

PROTOCOL = pathlib.Path(__file__).resolve().parent.parent


def _generated() -> list:
    with tempfile.TemporaryDirectory() as folder:
        files = [str(PROTOCOL / name) for name in ("wire.proto", "record.proto")]
        subprocess.run(["protoc", f"-I{PROTOCOL}", f"--python_out={folder}", *files], check=True)
        sys.path.insert(0, folder)
        try:
            return [importlib.import_module(name) for name in ("wire_pb2", "record_pb2")]
        finally:
            sys.path.remove(folder)


wire, record = _generated()
