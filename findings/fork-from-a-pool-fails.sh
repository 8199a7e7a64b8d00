#!/usr/bin/env bash
# CPython 3.11.2 (Debian 12's python3.11; 3.10.13, 3.12.1 and 3.13.0 alike): a multiprocessing.Process of the start method "fork" that does nothing ends with exit code 0
# when a plain thread starts it, and with 1 when a worker of a ThreadPoolExecutor does. The function has run and nothing is printed: at its end the child waits for the
# workers of the pool that it has inherited, one of which is itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q python3.11-minimal libpython3.11-minimal libpython3.11-stdlib > /dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
cat > start.py << 'PYTHON'
import multiprocessing, sys, threading
from concurrent.futures import ThreadPoolExecutor

def nothing():
    print("has run", flush=True)

def code():
    process = multiprocessing.get_context("fork").Process(target=nothing)
    process.start()
    process.join()
    return process.exitcode

codes = []
thread = threading.Thread(target=lambda: codes.append(code()))
thread.start()
thread.join()
with ThreadPoolExecutor(1) as pool:
    codes.append(pool.submit(code).result())
print(*codes)
PYTHON
seen=$(PYTHONHOME=$PWD/root/usr root/usr/bin/python3.11 start.py)
root/usr/bin/python3.11 --version
printf '%s\n' "$seen"
[[ $seen == $'has run\nhas run\n0 1' ]]
