#!/usr/bin/env bash
# Debian 12's python3.11 (3.11.2-6+deb12u9): sitecustomize.py in a virtual environment's site-packages is never run, though the documentation of `site` has it there. Debian puts one of its own
# beside the standard library, which comes first in sys.path, in every virtual environment too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q python3.11-minimal=3.11.2-6+deb12u9 libpython3.11-minimal=3.11.2-6+deb12u9 libpython3.11-stdlib=3.11.2-6+deb12u9 > /dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
# The package has it as a link to /etc: to that of this root, not to the machine's.
ln -sfn "$folder/root/etc/python3.11/sitecustomize.py" root/usr/lib/python3.11/sitecustomize.py
root/usr/bin/python3.11 -m venv --without-pip env
packages=env/lib/python3.11/site-packages
echo 'print("sitecustomize of the environment")' > $packages/sitecustomize.py
seen=$(env/bin/python -c 'import sys, sitecustomize; print(sitecustomize.__file__.removeprefix(sys.base_prefix))')
env/bin/python --version
printf '%s\n' "$seen"
[[ $seen == /lib/python3.11/sitecustomize.py ]]
