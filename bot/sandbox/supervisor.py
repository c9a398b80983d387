"""Started by the process sandbox in front of a command; stands alone, so that it starts in milliseconds.

It sets the limits, runs the command, and kills everything the command started: when the command ends,
when it is told to (SIGTERM), and when its own parent dies. As the subreaper it inherits daemons that
left the process group, so they are found too. Arguments: parent's pid, limits as JSON, the command.
"""

import ctypes
import json
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)
PR_SET_CHILD_SUBREAPER = 36


def prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def apply(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def start(command: list[str], limits: dict[str, int]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        apply(limits)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def descendants() -> list[int]:
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def kill_all(child: int) -> None:
    """Kills generation after generation: what a killed process leaves behind becomes our child."""
    while True:
        for send, pid in [(os.killpg, child), *((os.kill, pid) for pid in descendants())]:
            try:
                send(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def main() -> None:
    parent, limits, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    child = start(command, limits)
    exit_code = None
    while exit_code is None:
        if signal.sigwait([signal.SIGTERM, signal.SIGCHLD]) == signal.SIGTERM:
            exit_code = 128 + signal.SIGTERM
        while exit_code is None:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                exit_code = code if code >= 0 else 128 - code
    kill_all(child)
    os._exit(exit_code)


main()
