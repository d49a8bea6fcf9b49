"""A headless Chromium, driven through its DevTools protocol over a pipe: no driver, no port, no
other package.
"""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Windows passes no descriptors on.
PROGRAM = None if sys.platform == "win32" else next(filter(None, map(shutil.which, NAMES)), None)
SECONDS = 120
BUTTONS = {"left": 1, "right": 2}


class Chromium:
    """One browser with one page."""

    def __init__(self, folder):
        import fcntl

        (read, write), (answers, answer) = os.pipe(), os.pipe()
        # The browser reads commands from descriptor 3 and answers on 4; neither end may be in the
        # other's way there.
        far = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read, answer)]

        def connect():
            os.dup2(far[0], 3)
            os.dup2(far[1], 4)

        words = [PROGRAM, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        with open(os.devnull, "wb") as null:
            self._process = subprocess.Popen(words, preexec_fn=connect, pass_fds=(3, 4), stdout=null, stderr=null)
        for end in far:
            os.close(end)
        os.close(read)
        os.close(answer)
        self._commands, self._answers, self._received = write, answers, b""
        self._ids = itertools.count(1)
        self.events = []
        self._session = None
        target = next(each for each in self.send("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self._session = self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def close(self):
        """End the browser."""
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._commands)
        os.close(self._answers)

    def send(self, method, **parameters):
        """One command; returns its result. What else arrives meanwhile is kept in `events`."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def _receive(self):
        while b"\0" not in self._received:
            if not select.select([self._answers], [], [], SECONDS)[0]:
                raise TimeoutError(f"the browser has not answered for {SECONDS} seconds")
            piece = os.read(self._answers, 1 << 20)
            if not piece:
                raise ConnectionError("the browser has ended")
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def evaluate(self, expression):
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def until(self, expression, seconds=30):
        """Wait until an expression is true; returns its value."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.02)
        raise TimeoutError(f"not true after {seconds} s: {expression}")

    def open(self, path, width=1088, height=704, mobile=False, scale=1):
        """Load a file with the network switched off."""
        self.send("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        self.send("Emulation.setTouchEmulationEnabled", enabled=mobile)
        self.events.clear()
        self.go(path.absolute().as_uri())
        self.until("typeof readDigits === 'function'")

    def go(self, url):
        """Leave the page, which may be there for a moment yet, for another, and wait until that is complete."""
        self.evaluate("globalThis.isLeft = true")
        self.send("Page.navigate", url=url)
        self.until("!globalThis.isLeft && document.readyState === 'complete'")

    def complaints(self):
        """What the console has said since the page was opened, and what it tried to fetch."""
        self.evaluate("0")
        said = []
        for event in self.events:
            parameters = event.get("params", {})
            match event.get("method"):
                case "Runtime.exceptionThrown":
                    said.append(parameters["exceptionDetails"])
                case "Runtime.consoleAPICalled" | "Log.entryAdded":
                    said.append(parameters)
                case "Network.requestWillBeSent" if not parameters["request"]["url"].startswith(("file:", "data:", "blob:")):
                    said.append(parameters["request"]["url"])
        return said

    def screenshot(self, path):
        """What is in the window now, as a PNG file."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def mouse(self, kind, x, y, button="left"):
        """One event of the mouse: mousePressed, mouseMoved or mouseReleased."""
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=BUTTONS[button], clickCount=1)

    def touch(self, kind, *points):
        """One event of the fingers: touchStart, touchMove or touchEnd."""
        self.send("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y} for x, y in points])

    def key(self, key, modifiers=0):
        """Press and release a key, as it is called in JavaScript (`ArrowLeft`, `c`)."""
        text = {"text": key} if len(key) == 1 and not modifiers else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, modifiers=modifiers, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, modifiers=modifiers)

    def place(self, selector):
        """Where an element is: x, y, width, height."""
        box = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        return self.evaluate(f"(({{x, y, width, height}}) => [x, y, width, height])({box})")
