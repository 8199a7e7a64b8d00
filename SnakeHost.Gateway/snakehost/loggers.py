"""Loggers of a class that a tenant has set (`logging.setLoggerClass`).

A logger is one object for all who use its name. One of a tenant's own class cannot be: it would run that tenant's code for all others, and for the
tenant's next generation. So the tenant gets a logger of its own for the name, which stands for the shared one: level, handlers and so on are the same
for both within the tenant, and what is logged below it in the tree finds them there.
"""
import logging
import weakref

from . import context, own, weak

STANDS_FOR = "_snakehost_stands_for"  # its attribute, in which the shared logger is

_get_logger = logging.Manager.getLogger
_standing = weakref.WeakSet()


def get_logger(manager, name):
    """`Manager.getLogger`. The class that is set counts when a tenant first asks for the name."""
    generation = context.current()
    if generation is None or manager is not logging.Logger.manager or not isinstance(name, str):
        return _made(manager, name)
    known = generation.logs.get(get_logger)
    if known is None:
        known = generation.logs.setdefault(get_logger, {})
    logger = known.get(name)
    if logger is None or name not in manager.loggerDict:
        logger = known[name] = _first(manager, name)
    return logger


def _first(manager, name):
    kind = _kind(manager)
    logger = context.outside(_made, manager, name)  # the shared logger is born as nobody's
    return logger if kind is context.outside(_kind, manager) else _stand_in(kind, logger)


def _kind(manager):
    return manager.loggerClass or logging.getLoggerClass()


def _made(manager, name):
    logger = _get_logger(manager, name)
    for standing in weak.members(_standing):
        standing.parent = vars(standing)[STANDS_FOR].parent  # a new one may have come between
    return logger


def _stand_in(kind, logger):
    standing = kind.__new__(kind, logger.name)
    vars(standing)[STANDS_FOR] = logger
    standing.__init__(logger.name)
    standing.manager = logger.manager
    standing.parent = logger.parent
    _standing.add(standing)
    return standing


def install():
    own.called(logging, "_loggerClass", "getLoggerClass", "setLoggerClass")
    vars(logging)["_loggerClass"] = lambda name: own.of_process(logging, "_loggerClass")(name)
    logging.Manager.getLogger = get_logger
