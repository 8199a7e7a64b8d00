"""Schedulers of APScheduler that have a thread: a daemon, which ends with the process, and so with the generation that has started it. Else each save would
leave one more that runs the jobs of the code before it."""
import functools
import weakref

from . import context


def _patch(module):
    start = module.BaseScheduler.start

    @functools.wraps(start)
    def start_in_generation(self, *args, **named):
        start(self, *args, **named)
        generation = context.current()
        if generation is not None and isinstance(self, module.BlockingScheduler):
            # Called as the last: callbacks of the app's own may shut it down themselves, and do not expect that it has been.
            generation.exits.insert(0, (_stop, (weakref.ref(self),), {}))

    module.BaseScheduler.start = start_in_generation


def _stop(reference):
    scheduler = reference()
    if scheduler is not None and scheduler.running:
        scheduler.shutdown(wait=False)


PATCHES = (("apscheduler.schedulers.blocking", _patch),)
