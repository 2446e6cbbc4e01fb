#!/usr/bin/env python3
"""A sender falls silent: the picture of the whole program (tracker, core, display) says so in time.

Judged by the colour of the verdict's bar in a film of the display. The film keeps the wall's time,
so that the time between two colours is the one that a person would have seen: from amber (the pose
is older than 100 ms) to red (older than 250 ms) there are 150 ms, and at most a tick of the core
(20 ms) and a frame of the film more."""
import math
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["OSTEONAV_BIN"])
WIDTH, HEIGHT, FPS = 320, 180, 30
ATTEMPTS = 4  # a busy machine may hold the display up; it cannot make it quicker

CASE = """version: 1
name: Silence
patient: {pseudonym: TEST-01}
frames: {image: LPS, unit: mm, reference: ReferenceToTracker}
registration:
  source: test
  matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  fre_mm: 0.5
models:
  - {file: bone.stl, name: Bone, role: bone}
tools:
  - {name: Pointer, device: PointerToTracker, tip_mm: [0, 0, 0], axis: [0, 0, -1]}
"""


def write_bone(path):
    corners = [(0, 0, 0), (100, 0, 0), (0, 100, 0), (0, 0, 100)]
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    with open(path, "wb") as file:
        file.write(bytes(80) + struct.pack("<I", len(faces)))
        for face in faces:
            file.write(bytes(12))
            for corner in face:
                file.write(struct.pack("<3f", *corners[corner]))
            file.write(bytes(2))


def write_session(path):
    """40 frames a second of a pointer that circles."""
    with open(path, "w", encoding="ascii") as file:
        file.write("ObjectType = Image\nNDims = 3\nDimSize = 0 0 400\n")
        for i in range(400):
            angle = 2 * math.pi * i / 80
            x, y = 50 + 40 * math.cos(angle), 50 + 40 * math.sin(angle)
            frame = f"Seq_Frame{i:04d}_"
            for name, place in (("Pointer", (x, y, 20)), ("Reference", (0.001 * i, 0, 0))):
                rows = [f"{int(k == 0)} {int(k == 1)} {int(k == 2)} {place[k]}" for k in range(3)]
                file.write(f"{frame}{name}ToTrackerTransform = {' '.join(rows)} 0 0 0 1\n"
                           f"{frame}{name}ToTrackerTransformStatus = OK\n")
            file.write(f"{frame}Timestamp = {i / 40}\n")
        file.write("ElementDataFile = LOCAL\n")


def colour_of(pixel):
    red, green, blue = pixel
    if red > 200 and green > 120:
        return "amber"
    if red > 100 and green < 60:
        return "red"
    if green > 50 and red < 60 and blue < 100:
        return "green"
    return f"{pixel}"


def colours_of(film):
    """Of the bar, left of its middle where no words are, frame by frame."""
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", film, "-f", "rawvideo", "-pix_fmt",
                          "rgb24", "-"], capture_output=True, check=True).stdout
    at = 3 * (2 * WIDTH + WIDTH // 2)
    size = 3 * WIDTH * HEIGHT
    return [colour_of(tuple(raw[i + at:i + at + 3])) for i in range(0, len(raw), size)]


class Stop(unittest.TestCase):
    def start(self, *arguments, **options):
        process = subprocess.Popen([BIN / "osteonav", *map(str, arguments)],
                                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def film_of_a_silence(self, folder, number):
        instance = f"stop-{os.getpid()}-{number}"
        ready = folder / f"ready{number}"
        core = self.start("run", folder / "case.yaml", "--instance", instance, "--listen",
                          "127.0.0.1:0", "--ready-file", ready, "--no-display")
        for _ in range(200):
            if ready.exists():
                break
            time.sleep(0.05)
        sender = self.start("simulate", "--sequence", folder / "session.igs.mha", "--to",
                            ready.read_text().split()[0], "--loop", "--quiet")
        # The film begins before its file appears, by seconds where ffmpeg is read from disk first.
        film = folder / f"film{number}.mp4"
        display = self.start("display", folder / "case.yaml", "--instance", instance,
                             "--offscreen", f"{WIDTH}x{HEIGHT}", "--video", film, "--duration", 10,
                             "--fps", FPS)
        for _ in range(200):
            if film.exists():
                break
            time.sleep(0.05)
        time.sleep(1.0)
        # Stopped, not killed: the link stays up, and only the clock can tell.
        sender.send_signal(signal.SIGSTOP)
        self.assertEqual(display.wait(60), 0)
        for process in (sender, core):
            process.kill()
            process.wait()
        return colours_of(film)

    def test_the_picture_withholds_in_time(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "case.yaml").write_text(CASE, encoding="ascii")
            write_bone(folder / "bone.stl")
            write_session(folder / "session.igs.mha")
            allowed = math.ceil((0.150 + 0.020) * FPS) + 1
            seen = []
            for number in range(ATTEMPTS):
                colours = self.film_of_a_silence(folder, number)
                self.assertIn("green", colours)
                last = len(colours) - 1 - colours[::-1].index("green")
                rest = colours[last + 1:]
                # Never late for good, never live again, and red to the end.
                self.assertEqual(rest, ["amber"] * rest.count("amber") + ["red"] * rest.count("red"))
                self.assertGreaterEqual(rest.count("red"), 5)
                seen.append(rest.count("amber"))
                if 1 <= seen[-1] <= allowed:
                    print(f"amber for {seen} frames of {FPS} a second before red")
                    return
            self.fail(f"amber for {seen} frames before red; {allowed} are allowed")


if __name__ == "__main__":
    unittest.main()
