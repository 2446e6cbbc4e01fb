#!/usr/bin/env python3
"""A disk that is really full: a small file system of the test's own, in a mount namespace."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import small_case

OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"
INSIDE = "OSTEONAV_TEST_NAMESPACE"
DISK_KB = 1024


def enter_namespace():
    """Starts this script again where it may mount; returns when that is so, or cannot be."""
    if INSIDE in os.environ or shutil.which("unshare") is None:
        return
    may = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"],
                         capture_output=True, check=False)
    if may.returncode == 0:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--mount", sys.executable,
                              *sys.argv])


@unittest.skipUnless(INSIDE in os.environ, "this machine lets nobody mount a file system")
class FullDisk(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.disk = os.path.join(folder.name, "disk")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k", "tmpfs", self.disk],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False)
        self.case = small_case.write_case(folder.name, {"train_step_mm": 1.0})
        self.ready = os.path.join(folder.name, "ready")
        self.instance = f"full-{os.getpid()}"

    def start(self, *arguments):
        process = subprocess.Popen([OSTEONAV, *map(str, arguments)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        return process

    def run_verb(self, *arguments):
        return subprocess.run([OSTEONAV, *map(str, arguments)], capture_output=True, text=True,
                              timeout=100, check=False)

    def scene(self):
        answer = self.run_verb("scene", "--instance", self.instance, "--json")
        return json.loads(answer.stdout.splitlines()[0]) if answer.returncode == 0 else None

    def wait_for(self, what, seconds=30):
        """The first scene in which `what` holds."""
        end = time.monotonic() + seconds
        scene = None
        while time.monotonic() < end:
            scene = self.scene()
            if scene is not None and what(scene):
                return scene
            time.sleep(0.05)
        self.fail(json.dumps(scene and scene["recording"]))

    def test_a_disk_that_is_full_is_said_and_disturbs_nobody(self):
        core = self.start("run", self.case, "--instance", self.instance, "--listen", "127.0.0.1:0",
                          "--no-display", "--record", self.disk, "--ready-file", self.ready)
        for _ in range(200):
            if os.path.exists(self.ready):
                break
            time.sleep(0.05)
        address = pathlib.Path(self.ready).read_text(encoding="utf-8").split()[0]
        self.start("simulate", "--sequence", self.sequence(),
                   "--to", address, "--loop", "--retry", "--quiet")
        before = self.wait_for(lambda s: s["recording"]["state"] == "recording" and
                               s["recording"]["messages"] > 10)
        ballast = os.path.join(self.disk, "ballast")
        self.fill(ballast)
        full = self.wait_for(lambda s: s["recording"]["state"] == "failed")
        self.assertIn("NOT_RECORDING", [a["code"].upper().replace("-", "_")
                                        for a in full["alarms"]])
        self.assertGreater(len(full["recording"]["reason"]), 10)
        told = self.run_verb("scene", "--instance", self.instance).stdout
        self.assertIn("NOT RECORDING: " + full["recording"]["reason"], told)
        self.assertRegex(told, r"alarm +NOT RECORDING \(medium\)")
        # Navigation goes on meanwhile: scenes are new, and the tool is in them.
        later = self.wait_for(lambda s: s["seq"] > full["seq"] + 20)
        self.assertEqual(later["tools"][0]["state"], "tracked")
        os.unlink(ballast)
        again = self.wait_for(lambda s: s["recording"]["state"] == "recording")
        self.assertGreater(again["seq"], before["seq"])
        time.sleep(1)
        core.terminate()
        self.assertEqual(core.wait(20), 0)
        # What was recorded before and after is readable, and the hole is told.
        sessions = list(pathlib.Path(self.disk).glob("*.session"))
        self.assertTrue(sessions)
        total = 0
        for session in sessions:
            answer = self.run_verb("session", "check", session)
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
            info = json.loads(self.run_verb("session", "info", session, "--json").stdout)
            total += info["messages"]
        self.assertGreaterEqual(total, before["recording"]["messages"])

    @staticmethod
    def fill(path):
        """Takes what is left of the disk, to the last block."""
        with open(path, "wb", buffering=0) as file:
            size = 65536
            while size > 0:
                try:
                    if file.write(b"\0" * size) < size:
                        size //= 2
                except OSError:
                    size //= 2

    def sequence(self):
        """A stylus that is held still, for ever."""
        path = os.path.join(os.path.dirname(self.case), "still.igs.mha")
        frames = 60
        lines = ["ObjectType = Image", "NDims = 3", "AnatomicalOrientation = RAI",
                 "BinaryData = True", "CompressedData = False", f"DimSize = 1 1 {frames}",
                 "ElementSpacing = 1 1 1", "Offset = 0 0 0", "TransformMatrix = 1 0 0 0 1 0 0 0 1",
                 "ElementType = MET_UCHAR"]
        for i in range(frames):
            for name in ("StylusToTracker", "ReferenceToTracker"):
                lines += [f"Seq_Frame{i:04}_{name}Transform = 1 0 0 {i % 7} 0 1 0 2 0 0 1 3 0 0 0 1",
                          f"Seq_Frame{i:04}_{name}TransformStatus = OK"]
            lines += [f"Seq_Frame{i:04}_Timestamp = {i / 60:.4f}",
                      f"Seq_Frame{i:04}_ImageStatus = OK"]
        with open(path, "wb") as file:
            file.write(("\n".join(lines) + "\nElementDataFile = LOCAL\n").encode())
            file.write(bytes(frames))
        return path


if __name__ == "__main__":
    enter_namespace()
    unittest.main()
