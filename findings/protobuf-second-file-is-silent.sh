#!/usr/bin/env bash
# protobuf 4.21.12 for Python (Debian 12's python3-protobuf 3.21.12-3+deb12u1): a second file of the same name with other contents.
# The C++ implementation of the descriptor pool raises TypeError. The pure-Python one returns without a word and keeps the first file, so that the second
# program's message has the first one's fields. Which of the two is used is decided by an environment variable or by what the wheel brought.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q python3-protobuf=3.21.12-3+deb12u1 > /dev/null 2>&1
apt-get download -q libprotobuf32=3.21.12-3+deb12u1 > /dev/null 2>&1 || apt-get download -q libprotobuf32 > /dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
cat > second.py << 'PYTHON'
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.internal import api_implementation

def file(field):
    proto = descriptor_pb2.FileDescriptorProto(name="item.proto", package="shop", syntax="proto3")
    proto.message_type.add(name="Item").field.add(name=field, number=1, type=9, label=1)
    return proto.SerializeToString()

pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(file("first"))
try:
    pool.AddSerializedFile(file("second"))
    print(api_implementation.Type(), [field.name for field in pool.FindMessageTypeByName("shop.Item").fields])
except TypeError:
    print(api_implementation.Type(), "TypeError")
PYTHON
seen=
for implementation in cpp python; do
    seen+=$(PYTHONPATH=root/usr/lib/python3/dist-packages LD_LIBRARY_PATH=$(dirname root/usr/lib/*/libprotobuf.so.32) \
        PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$implementation /usr/bin/python3.11 second.py)$'\n'
done
printf '%s' "$seen"
[[ $seen == $'cpp TypeError\npython [\'first\']\n' ]]
