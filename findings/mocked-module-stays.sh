#!/usr/bin/env bash
# CPython 3.14.2 (Pyodide 314.0.7; 3.15.0rc1 alike): mock.patch.dict(sys.modules, {"heapq": …}) outlives its `with` block. If Counter.most_common(n) is called within it for the first time,
# collections keeps the stand-in for good: since 3.14 it imports heapq at that call and binds it as a global of its own. Up to 3.13 it imported it anew in each call.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund pyodide@314.0.7 > /dev/null
cat > run.mjs << 'JAVASCRIPT'
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

(await loadPyodide()).runPython(readFileSync("program.py", "utf8"));
JAVASCRIPT
cat > program.py << 'PYTHON'
import sys, types
from collections import Counter
from unittest import mock

stand_in = types.ModuleType("heapq")
stand_in.nlargest = lambda *arguments, **options: "the stand-in's"
print(sys.version.split()[0])
with mock.patch.dict(sys.modules, {"heapq": stand_in}):
    print("within:", Counter("aab").most_common(1))
print("afterwards:", Counter("aab").most_common(1), sys.modules["heapq"] is stand_in if "heapq" in sys.modules else False)
PYTHON
seen=$(node run.mjs)
printf '%s\n' "$seen"
[[ $seen == $'3.14.2\nwithin: the stand-in\'s\nafterwards: the stand-in\'s False' ]]
