"""The directory for temporary files, per generation: `tempfile` asks the environment once, and the environment is a tenant's own."""
from . import context, importing, own


def _separate(module):
    own.names(module, "tempdir", "template", fresh=lambda process: {"tempdir": None})  # not yet asked for


def _separate_multiprocessing(module):
    get_of_process = module.get_temp_dir

    def get_temp_dir():
        generation = context.current()
        if generation is None:
            return get_of_process()
        return own.state(generation, get_of_process, lambda: _make(module, generation))

    module.get_temp_dir = get_temp_dir


def _make(module, generation):
    import shutil
    import tempfile

    base = getattr(module, "_get_base_temp_dir", None)  # since 3.14: not one that is too long for a socket's name
    directory = tempfile.mkdtemp(prefix="pymp-", dir=base and base(tempfile))
    # As multiprocessing's own: when the processes that use it have ended.
    module.Finalize(generation, shutil.rmtree, (directory,), {"ignore_errors": True}, exitpriority=-100)
    return directory


def install():
    importing.when_loaded("tempfile", _separate)
    importing.when_loaded("multiprocessing.util", _separate_multiprocessing)
