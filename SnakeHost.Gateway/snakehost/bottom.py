"""The lowest frames of the gateway's threads. A thread without any, as one is that waits in .NET, keeps profilers from reading all the others."""
import sys

# From Python 3.14 on a debugger that attaches (`python3 -m pdb -p`, `sys.remote_exec`) leaves its script to the main thread, which runs it as soon as it
# executes Python code again. So it does now and then. A signal that would wake it earlier is .NET's. In milliseconds; -1: for ever.
_PAUSE = 500 if hasattr(sys, "remote_exec") else -1


def serve(work):
    """A thread's life. `work()` gives up the GIL."""
    work()


def rest(wait):
    """That of the main thread, which has nothing to do, until the gateway ends: `wait(milliseconds)`, without the GIL, says so."""
    while True:
        try:
            while not wait(_PAUSE):
                pass
            return
        except BaseException:
            pass  # a debugger's way to leave what it has stopped: this function
