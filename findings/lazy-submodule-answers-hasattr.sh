#!/usr/bin/env bash
# CPython 3.15.0rc1 (Pyodide 315.0.0-alpha.2), PEP 810: `lazy import pkg.sub` in one module changes what hasattr(pkg, "sub") does in all others, which import only `pkg`. It runs the submodule and
# gives True; when the submodule raises, hasattr raises that, not False, each time. Neither dir(pkg), vars(pkg) nor sys.modules shows anything before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund pyodide@315.0.0-alpha.2 > /dev/null
cat > run.mjs << 'JAVASCRIPT'
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

(await loadPyodide()).runPython(readFileSync("program.py", "utf8"));
JAVASCRIPT
cat > program.py << 'PYTHON'
import pathlib, sys

files = {
    "pkg/__init__.py": "",
    "pkg/plugin.py": "print('pkg.plugin runs')",
    "pkg/broken.py": "raise RuntimeError('broken')",
    "asks.py": "import pkg\ndef ask(name):\n    try:\n        return hasattr(pkg, name)\n    except RuntimeError as error:\n        return f'RuntimeError: {error}'",
    "other.py": "lazy import pkg.plugin\nlazy import pkg.broken",
}
for name, text in files.items():
    path = pathlib.Path("/tmp/program", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")
sys.path.insert(0, "/tmp/program")

import asks
print(sys.version.split()[0], asks.ask("plugin"), asks.ask("broken"))
import other
print("plugin" in dir(asks.pkg), "plugin" in vars(asks.pkg), "pkg.plugin" in sys.modules)
print(asks.ask("plugin"))
print(asks.ask("broken"))
print(asks.ask("broken"))
PYTHON
seen=$(node run.mjs)
printf '%s\n' "$seen"
[[ $seen == $'3.15.0rc1 False False\nFalse False False\npkg.plugin runs\nTrue\nRuntimeError: broken\nRuntimeError: broken' ]]
