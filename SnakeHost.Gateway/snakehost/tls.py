"""`ssl._create_default_https_context` per generation: the usual way to turn the check of certificates off, for `urllib` and `http.client`."""
from . import importing, own


def install():
    importing.when_loaded("ssl", lambda module: own.names(module, "_create_default_https_context"))
