#!/usr/bin/env bash
# CPython 3.11.2 (Debian 12's python3.11; 3.10.13, 3.12.1 and 3.13.0 alike, 3.14.10 and 3.15.2 not): whoever holds what gc.get_objects() has given while somebody else makes a tuple of an
# iterator has that fail with a SystemError, since the unfinished tuple is among the objects and is no longer its maker's alone. A list of the same iterator is made as ever.
# So a look for leaks in one thread breaks innocent code in another.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q python3.11-minimal libpython3.11-minimal libpython3.11-stdlib > /dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
cat > look.py << 'PYTHON'
import gc

def numbers():
    for number in range(20):
        if number == 5:
            look = gc.get_objects()  # as another thread may do just now
        yield number

print(len(list(numbers())))
try:
    print(len(tuple(numbers())))
except SystemError as error:
    print(type(error).__name__, str(error).partition(": ")[2])
PYTHON
seen=$(PYTHONHOME=$PWD/root/usr root/usr/bin/python3.11 look.py)
root/usr/bin/python3.11 --version
printf '%s\n' "$seen"
[[ $seen == $'20\nSystemError bad argument to internal function' ]]
