"""What can be wrong with a tenant before its code runs: each message is one sentence for its author."""


class LoadError(Exception):
    """The tenant cannot be loaded, and the message says why."""


class AppNotFound(LoadError):
    """No callable application under the given (or any guessed) name."""


class VenvError(LoadError):
    """The configured virtual environment cannot serve this interpreter."""


class NeedsProcess(BaseException):
    """The app does what cannot be done in a process that it shares, and is to be loaded in one of its own: the message says what it is.

    Not an Exception: an app that does without what it asked for would run otherwise here than anywhere else.
    """


class NeedsPrivate(BaseException):
    """A shared module asked for a package of which the tenant has its own copy.

    Not an Exception, so that `except ImportError` around an optional import does not swallow it.
    `names` grows with each top-level package it passes: all of them become private.
    """

    def __init__(self, generation, name):
        super().__init__(name)
        self.generation = generation
        self.names = {name}
