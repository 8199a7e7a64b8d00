"""The kinds of edits. Each is told which app, a source of random numbers, and `pause`, which lets requests in between its steps.

What a step writes is there at once for whoever asks, since nothing else runs here meanwhile. Only a request that is under way can see half of it.
"""
import os
import shutil

from app import BROKEN, GONE

BYSTANDERS = ("notes.txt", "data.csv", "old.pyc")


def replace(path, text):
    """As most editors do: written aside, then renamed."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text)
    os.replace(aside, path)


async def plain_save(app, random, pause):
    """The file is emptied and written in place, in two pieces."""
    text = app.next()
    app.tear(helper=text)
    with open(app.helper, "w") as file:
        file.write(app.version(text)[:4])
        file.flush()
        await pause()
        with app.step(helper=text):
            file.write(app.version(text)[4:])
            file.close()


async def renamed_save(app, random, pause):
    text = app.next()
    with app.step(main=text):
        replace(app.folder / "main.py", app.main(text, app.parts))


async def touch(app, random, pause):
    """Nothing changes but times; and files change that no app uses."""
    with app.step():
        os.utime(app.folder / "main.py")
        (app.folder / random.choice(BYSTANDERS)).write_text(app.next())


async def syntax_error(app, random, pause):
    with app.step(BROKEN):
        replace(app.helper, "TEXT = (\n")
    await pause()
    text = app.next()
    with app.step(helper=text):
        replace(app.helper, app.version(text))


async def new_module(app, random, pause):
    if app.extra is not None:
        return await deleted_module(app, random, pause)
    app.extra = "extra" + app.next()
    main, extra = app.next(), app.next()
    with app.step():
        (app.folder / f"{app.extra}.py").write_text(app.version(extra))
    await pause()
    with app.step(main=main, extra=extra):
        replace(app.folder / "main.py", app.main(main, app.parts))


async def deleted_module(app, random, pause):
    """It goes before who imports it does: that is an error in between."""
    if app.extra is None:
        return await new_module(app, random, pause)
    with app.step(BROKEN):
        os.unlink(app.folder / f"{app.extra}.py")
    await pause()
    app.extra = None
    main = app.next()
    with app.step(main=main, extra=None):
        replace(app.folder / "main.py", app.main(main, app.parts))


async def renamed_folder(app, random, pause):
    """And back, with another text in it."""
    with app.step(BROKEN):
        os.rename(app.folder / "lib", app.folder / "library")
    await pause()
    text = app.next()
    (app.folder / "library" / "part.py").write_text(app.version(text))
    with app.step(lib=text):
        os.rename(app.folder / "library", app.folder / "lib")


async def split_package(app, random, pause):
    """A module becomes a package of the same name, and the next time a module again."""
    module, package, text = app.folder / "helper.py", app.folder / "helper", app.next()
    if package.exists():
        app.tear(helper=text)
        module.write_text(app.version(text))
        await pause()
        with app.step(helper=text):
            shutil.rmtree(package)
        return
    app.tear(helper=text)
    package.mkdir()
    (package / "inner.py").write_text(app.version(text))
    await pause()
    (package / "__init__.py").write_text("from .inner import TEXT\n")
    await pause()
    with app.step(helper=text):
        module.unlink()


async def environment(app, random, pause):
    text = app.next()
    with app.step(env=text):
        replace(app.folder / ".env", app.environment(text))


async def linked_file(app, random, pause):
    text = app.next()
    target, aside = app.target(text), app.folder / ".link.new"
    aside.symlink_to(target)
    old = (app.folder / "link.py").readlink()
    with app.step(link=text):
        os.replace(aside, app.folder / "link.py")
    await pause()
    old.unlink()


async def linked_folder(app, random, pause):
    """A release beside the former one, and the link to the folder re-pointed."""
    former = app.release
    app.extra = None
    parts = {name: app.next() for name in app.parts if name != "extra"}
    app.make_release(parts)
    with app.step(**parts, extra=None):
        os.replace(app.store / "current", app.folder)
    await pause()
    shutil.rmtree(former)


async def many_files(app, random, pause):
    """All modules of a package, as a branch switch does."""
    text = app.next()
    app.tear(bulk=text)
    with app.step(bulk=text):
        app.write_bulk(app.folder, text)


async def installed_package(app, random, pause):
    text = app.next()
    app.tear(venv=text)
    with app.step(venv=text):
        app.install(app.folder / ".venv", text)


async def deleted_folder(app, random, pause):
    """And created again, at once or file by file."""
    app.tear()
    with app.step(GONE):
        shutil.rmtree(app.release)
    await pause()
    app.extra = None
    app.tear()
    app.make()


async def template(app, random, pause):
    text = app.next()
    with app.step(page=text):
        replace(app.folder / "page.html", text)


async def huge_file(app, random, pause):
    """A file of a megabyte, written by pieces."""
    text = app.next()
    app.tear(huge=text)
    content = app.huge(text)
    with open(app.folder / "huge.py", "w") as file:
        for start in range(0, len(content), len(content) // 3):
            file.write(content[start:start + len(content) // 3])
            file.flush()
            await pause()
        with app.step(huge=text):
            file.close()


async def two_saves(app, random, pause):
    """Within the time in which edits are taken for one."""
    await renamed_save(app, random, pause)
    await pause()
    await renamed_save(app, random, pause)


async def older_text(app, random, pause):
    """What was there before comes back, of the same size and with the time it had."""
    path, before = app.folder / "lib" / "part.py", app.parts["lib"]
    times = path.stat()
    await pause()
    text = app.next()
    app.tear(lib=text)
    with app.step(lib=text):
        path.write_text(app.version(text))
    await pause()
    aside = path.with_name(".part.py.new")
    aside.write_text(app.version(before))
    os.utime(aside, ns=(times.st_atime_ns, times.st_mtime_ns - random.choice((0, 10**9, 3600 * 10**9))))
    with app.step(lib=before):
        os.replace(aside, path)


KINDS = (
    plain_save, renamed_save, touch, syntax_error, new_module, deleted_module, renamed_folder, split_package, environment, linked_folder,
    many_files, deleted_folder, template, huge_file, two_saves, older_text, linked_file, installed_package)


def fitting(app):
    """Those that this app has the files for."""
    needed = {environment: "env", linked_folder: "linked", many_files: "bulk", huge_file: "huge", installed_package: "venv"}
    return [kind for kind in KINDS if kind not in needed or needed[kind] in app.traits]
