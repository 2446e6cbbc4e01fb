#!/usr/bin/env python3
"""Hands on the window of the whole program: a pedal's key and a button acknowledge an alarm, a key
saves the picture; and on a monitor of twice the usual density the window is twice as large.

Keys and clicks are X events sent to the window, on a server without a screen."""
import ctypes
import ctypes.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "verbs"))
from small_case import write_case  # noqa: E402

BIN = pathlib.Path(os.environ["OSTEONAV_BIN"])
PATIENCE_S = 60
WIDTH, HEIGHT, SCALE = 640, 480, 2
XFT_DPI = 96 * SCALE
KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE, MOTION = 2, 3, 4, 5, 6
F9, P = 0xFFC6, 0x0070


class Event(ctypes.Structure):
    """XKeyEvent, XButtonEvent and XMotionEvent have the same fields."""
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("root", ctypes.c_ulong),
                ("subwindow", ctypes.c_ulong), ("time", ctypes.c_ulong), ("x", ctypes.c_int),
                ("y", ctypes.c_int), ("x_root", ctypes.c_int), ("y_root", ctypes.c_int),
                ("state", ctypes.c_uint), ("detail", ctypes.c_uint), ("same", ctypes.c_int),
                ("rest", ctypes.c_long * 12)]


class Server:
    """An X server in memory, and what a hand does on it."""

    def __init__(self, test):
        read, write = os.pipe()
        process = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0",
                                    "1600x1200x24"], pass_fds=[write], stderr=subprocess.DEVNULL)
        test.addCleanup(process.wait)
        test.addCleanup(process.kill)
        os.close(write)
        with os.fdopen(read) as file:
            self.name = ":" + file.readline().strip()
        self.x = ctypes.CDLL(ctypes.util.find_library("X11"))
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(self.name.encode()))
        self.x.XDefaultRootWindow.restype = ctypes.c_ulong
        self.root = ctypes.c_ulong(self.x.XDefaultRootWindow(self.display))

    def set_density(self, dpi):
        words = f"Xft.dpi:\t{dpi}\n".encode()
        resources, string = ctypes.c_ulong(23), ctypes.c_ulong(31)  # XA_RESOURCE_MANAGER, XA_STRING
        self.x.XChangeProperty(self.display, self.root, resources, string, 8, 0, words, len(words))
        self.x.XSync(self.display, 0)

    def find(self, width, height):
        """The window of that size; None while there is none."""
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        children = ctypes.POINTER(ctypes.c_ulong)()
        self.x.XQueryTree(self.display, self.root, ctypes.byref(root), ctypes.byref(parent),
                          ctypes.byref(children), ctypes.byref(count))
        for i in range(count.value):
            numbers = [ctypes.c_uint() for _ in range(4)]
            x, y = ctypes.c_int(), ctypes.c_int()
            self.x.XGetGeometry(self.display, ctypes.c_ulong(children[i]), ctypes.byref(root),
                                ctypes.byref(x), ctypes.byref(y), *map(ctypes.byref, numbers))
            if (numbers[0].value, numbers[1].value) == (width, height):
                return children[i]
        return None

    def send(self, window, kind, detail=0, x=0, y=0, state=0):
        event = Event(type=kind, window=window, root=self.root.value, x=x, y=y, detail=detail,
                      state=state, same=1)
        self.x.XSendEvent(self.display, ctypes.c_ulong(window), 1, ctypes.c_long(0),
                          ctypes.byref(event))
        self.x.XSync(self.display, 0)

    def press(self, window, symbol):
        code = self.x.XKeysymToKeycode(self.display, ctypes.c_ulong(symbol)) & 0xFF
        self.send(window, KEY_PRESS, code)
        self.send(window, KEY_RELEASE, code)

    def click(self, window, x, y):
        self.send(window, MOTION, 0, x, y)
        self.send(window, BUTTON_PRESS, 1, x, y)
        self.send(window, BUTTON_RELEASE, 1, x, y, 0x100)


class Hands(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osteonav-hands-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.instance = f"test-hands-{os.getpid()}"

    def start(self, *arguments, **options):
        process = subprocess.Popen([BIN / "osteonav", *map(str, arguments)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def until(self, what, words):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.1)
        self.fail(f"not within {PATIENCE_S} s: {words}")

    def command(self, *words):
        return subprocess.run([BIN / "osteonav", "command", "--instance", self.instance, *words],
                              capture_output=True, check=False).returncode == 0

    def alarms(self):
        scene = subprocess.run([BIN / "osteonav", "scene", "--instance", self.instance, "--json"],
                               capture_output=True, check=False).stdout
        return json.loads(scene)["alarms"] if scene else []

    def is_acknowledged(self):
        alarms = self.alarms()
        return len(alarms) > 0 and all(alarm["acknowledged"] for alarm in alarms)

    def test_pedal_button_and_screenshot(self):
        case = write_case(self.folder, {"alarm_sound": 0})
        with open(case, "a", encoding="utf-8") as file:
            file.write(f"displays:\n  - {{name: bedside, size: [{WIDTH}, {HEIGHT}], touch: true, "
                       "keys: {acknowledge: [f9]}}\n"
                       "listeners:\n  - {address: 127.0.0.1, port: 0}\n"
                       "recording: {enabled: false}\n")
        server = Server(self)
        server.set_density(XFT_DPI)
        environment = {**os.environ, "DISPLAY": server.name}
        self.start("run", case, "--instance", self.instance, "--no-display")
        self.until(lambda: self.command("display", "gone", "bedside"), "a core")
        self.assertFalse(self.is_acknowledged())
        self.start("display", case, "--instance", self.instance, env=environment, cwd=self.folder)
        width, height = WIDTH * SCALE, HEIGHT * SCALE
        window = self.until(lambda: server.find(width, height), "a window of twice the size")

        def pressed():
            server.press(window, F9)
            return self.is_acknowledged()
        self.until(pressed, "acknowledged by the pedal's key")
        self.command("display", "back", "bedside")
        self.until(lambda: not self.alarms(), "the end of the alarm")
        self.until(lambda: self.command("display", "gone", "bedside"), "the alarm once more")
        self.until(lambda: not self.is_acknowledged(), "an alarm that nobody has seen")
        # The last button, above the strip of states: 96 and 84 units of 1/1920 of the width.
        unit = min(width / 1920, height / 1080)
        at = (width - int(60 * unit), height - int((96 + 42) * unit))

        def clicked():
            server.click(window, *at)
            return self.is_acknowledged()
        self.until(clicked, "acknowledged by the button")
        server.press(window, P)
        names = self.until(lambda: [p.name for p in self.folder.glob("osteonav-*.png")], "a picture")
        self.assertTrue(re.fullmatch(r"osteonav-\d{8}T\d{6}Z-1\.png", names[0]))
        size = (self.folder / names[0]).read_bytes()[16:24]
        self.assertEqual(size, width.to_bytes(4, "big") + height.to_bytes(4, "big"))


if __name__ == "__main__":
    unittest.main()
