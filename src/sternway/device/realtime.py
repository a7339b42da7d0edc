"""What the loop asks of the kernel, and of Python, to be on time."""

import ctypes
import gc
import os
import sys

# Below the kernel's own threaded interrupt handlers, which run at 50.
_PRIORITY = 40
# What is in memory stays there. Without ON_FAULT the kernel fills every reserved page: 220 MB instead of 60.
_MCL_CURRENT, _MCL_FUTURE, _MCL_ON_FAULT = 1, 2, 4
# A waiting thread asks for the interpreter after this long, not after 5 ms: the loop waits no longer for the others,
# and they seldom cut a turn of the loop in two.
_SWITCH_S = 0.002


def request_realtime() -> list[str]:
    """Take what is allowed and return, in words, what was not; call once in the loop's thread, when all is built.

    The loop gets real-time priority, the process's memory stays in RAM, the garbage collector waits until it is
    called, and threads hand over quickly.
    """
    sys.setswitchinterval(_SWITCH_S)
    disable_automatic_gc()
    refused = set_realtime_priority()
    if ctypes.CDLL(None, use_errno=True).mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ON_FAULT):
        reason = os.strerror(ctypes.get_errno())
        refused.append(f"memory may be swapped out ({reason}); allow locking with LimitMEMLOCK=infinity")
    return refused


def disable_automatic_gc() -> None:
    """Let the garbage collector work only when ``gc.collect`` is called, and then not on what was made so far.

    Left alone it works in the midst of whatever makes the next object: up to 3.6 ms in a turn of the loop, and more
    often when messages wait for a broker that does not answer.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


def set_realtime_priority() -> list[str]:
    """Give the calling thread real-time priority (SCHED_FIFO), if allowed; return, in words, if not.

    Threads and processes that it starts do not inherit it.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(_PRIORITY))
    except OSError as error:
        return [f"no real-time priority ({error.strerror}); allow it with LimitRTPRIO={_PRIORITY}"]
    return []
