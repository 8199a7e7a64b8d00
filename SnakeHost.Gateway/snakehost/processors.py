"""The gateway may keep a thread that answers requests on one processor for a while (`ProcessorAffinity`). A child process, a thread and a library's pool of threads inherit that, and
libraries count the processors that they see. So the thread is let go before it starts one (`processes`, `threads`), loads a library, or asks.
"""
import _imp
import functools
import os

_let_go = _give_up = None


def let_go():
    if _let_go is not None:
        _let_go()


def give_up():
    if _give_up is not None:
        _give_up()


def _forget():
    # In a forked child there is nobody to be told, and a thread that is new there must not get as far as .NET, which would not survive its coming.
    global _let_go, _give_up
    _let_go = _give_up = None


def _after(call, function):
    @functools.wraps(function)
    def called(*args, **options):
        call()
        return function(*args, **options)

    return called


def install(free, free_all):
    """
    free() has the calling thread run on all processors, free_all() all threads, for good. Once, before any app; where there is none, threads are never kept.
    """
    global _let_go, _give_up
    _let_go, _give_up = free, free_all
    os.register_at_fork(before=let_go, after_in_child=_forget)
    os.sched_getaffinity = _after(let_go, os.sched_getaffinity)
    os.sched_setaffinity = _after(give_up, os.sched_setaffinity)
    _imp.create_dynamic = _after(let_go, _imp.create_dynamic)
