"""Runs inside a sandbox and tries what it must not be able to do; prints what it got, as JSON."""

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator

asked = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)


def works(act: Callable[[], object]) -> bool:
    try:
        act()
    except OSError:
        return False
    return True


def reached() -> Iterator[str]:
    abstract = socket.socket(socket.AF_UNIX)
    if works(lambda: abstract.connect(f"\0{asked['abstract']}")):
        yield "a socket of the host without a file"
    for host in [*asked["hosts"], "169.254.169.254", "8.8.8.8"]:
        for port in (asked["port"], 80, 6379, 5432, 2375):
            if works(lambda host=host, port=port: socket.create_connection((host, port), 0.2)):
                yield f"tcp {host}:{port}"
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if host != "127.0.0.1" and works(lambda udp=udp, host=host: udp.sendto(b"x", (host, 53))):
            yield f"udp {host}"
    if works(lambda: socket.getaddrinfo("example.org", 80)):
        yield "dns"


def written() -> Iterator[str]:
    for path in ("/x", "/etc/passwd", "/usr/local/bin/x", "/proc/sys/kernel/core_pattern", "/sys/x", "/dev/x",
                 "/sys/fs/cgroup/x", "/proc/1/mem", "/.dockerenv", "/var/x"):  # fmt: skip
        if works(lambda path=path: open(path, "a").write("x")):
            yield path


def places() -> Iterator[str]:
    """Folders, wherever they are, in which a file can be made."""
    for folder, folders, _ in os.walk("/"):
        folders[:] = [name for name in folders if f"{folder}{name}" not in ("/proc", "/askfirst", "/tmp")]
        if os.access(folder, os.W_OK):
            yield folder


def calls() -> Iterator[str]:
    """System calls that need rights."""
    for name, arguments in {
        "setuid": (0,), "setgid": (0,), "chroot": (b"/tmp",), "unshare": (0x10000000,),
        "mount": (b"none", b"/tmp", b"tmpfs", 0, None), "sethostname": (b"x", 1), "umount2": (b"/proc", 2),
        "ptrace": (16, 1, 0, 0),
    }.items():  # fmt: skip
        if getattr(libc, name)(*arguments) == 0:
            yield name


status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
print(
    json.dumps(
        {
            "reached": list(reached()),
            "written": list(written()),
            "places": sorted(places()),
            "sockets": [
                path for path in ("/var/run/docker.sock", "/run/docker.sock") if os.path.exists(path)
            ],
            "gained": list(calls()),
            "capabilities": [status[f"Cap{which}"] for which in ("Inh", "Prm", "Eff", "Bnd")],
            "no new privileges": status["NoNewPrivs"],
            "user": [os.getuid(), os.getgid()],
            "environment": sorted(os.environ),
        }
    )
)
