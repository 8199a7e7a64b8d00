#!/usr/bin/env bash
# CPython 3.11.2 (Debian 12's python3.11, 3.11.2-6+deb12u9; 3.11.7, 3.13.0 and 3.14.10 alike, 3.15.2 once): in a virtual environment the `import` lines of .pth files are executed twice at each start.
# `site` adds the environment's site-packages when it finds pyvenv.cfg, and again with those of all prefixes; paths are then known, but lines of code run anew. Outside of one they run once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q python3.11-minimal=3.11.2-6+deb12u9 libpython3.11-minimal=3.11.2-6+deb12u9 libpython3.11-stdlib=3.11.2-6+deb12u9 > /dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
root/usr/bin/python3.11 -m venv --without-pip env
line='import sys; print("run in", "a virtual environment" if sys.prefix != sys.base_prefix else "the installation")'
mkdir -p root/usr/lib/python3/dist-packages
echo "$line" > root/usr/lib/python3/dist-packages/own.pth
echo "$line" > env/lib/python3.11/site-packages/own.pth
env/bin/python --version
seen=$(root/usr/bin/python3.11 -c pass; env/bin/python -c pass)
printf '%s\n' "$seen"
[[ $seen == $'run in the installation\nrun in a virtual environment\nrun in a virtual environment' ]]
