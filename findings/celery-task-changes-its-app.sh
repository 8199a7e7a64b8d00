#!/usr/bin/env bash
# Celery 5.2.6 (Debian 12's python3-celery 5.2.6-5): the same @shared_task belongs to the project's app in the thread that has made the app, and to an app "default" without a broker in every other one,
# such as a web server's. Its documentation of Django says that importing the app makes sure "that shared_task will use this app". The last app made is current for its own thread only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q python3-celery=5.2.6-5 python3-kombu=5.2.4-1 python3-vine=5.0.0+dfsg-3 python3-billiard=4.1.0-1 python3-amqp=5.1.1-1 python3-click=8.1.3-2 python3-click-didyoumean=0.3.0-2 \
    python3-click-plugins=1.1.1-4 python3-click-repl=0.2.0-3 python3-prompt-toolkit=3.0.36-2 python3-tz=2022.7.1-4 python3-wcwidth python3-six=1.16.0-4 > /dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
cat > tasks.py << 'PYTHON'
import threading
from celery import Celery, __version__, shared_task

app = Celery("shop", broker="memory://")

@shared_task
def add(a, b):
    return a + b

def show():
    print(threading.current_thread().name, add.app.main, add.app.conf.broker_url)

print(__version__)
show()
thread = threading.Thread(target=show, name="another")
thread.start()
thread.join()
PYTHON
seen=$(PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3.11 tasks.py)
printf '%s\n' "$seen"
[[ $seen == $'5.2.6\nMainThread shop memory://\nanother default None' ]]
