"""A server to be measured: started on a free port and in a folder of its own, asked, killed, started again."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LMD_TEST_BINARY", ROOT / "target" / "release" / "lmd"))


class Server:
    """`lmd serve`, until `stop` or `kill`."""

    def __init__(self, data=None, *flags):
        self.data = data or tempfile.mkdtemp(prefix="lmd-serve-")
        self.flags = flags
        self.process = None
        self.url = None

    def start(self):
        command = [BINARY, "serve", "--port", "0", "--data-dir", self.data, "--planner", "offline", *self.flags]
        # The log goes to a file: a pipe that nobody reads would stop the server.
        log = open(pathlib.Path(self.data) / "log.txt", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.url = self.process.stdout.readline().strip().rstrip("/")
        if not self.url:
            raise SystemExit(f"the server did not start: {open(log.name).read()[-2000:]}")
        for _ in range(600):
            try:
                if self.get("/ready")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.01)
        raise SystemExit("the server is not ready after six seconds")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body):
        return self.request("POST", path, body)

    def json(self, path):
        return json.loads(self.get(path)[1])

    def rss(self):
        """Resident memory in MB."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


def smallest(seed=1, **more):
    """The smallest picture there is."""
    layout = {"objects": [{"caption": "a red ball", "box": [0.1, 0.2, 0.4, 0.4]}], "background": "a beach"}
    request = {"prompt": "a red ball", "layout": layout, "preset": "fast", "method": "plain", "steps": 1}
    return request | {"width": 64, "height": 64, "seed": str(seed), "preview": False} | more
