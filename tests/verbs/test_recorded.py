#!/usr/bin/env python3
"""What a session holds beside poses, and what a replay tells its subscribers."""
import json
import os
import pathlib
import struct
import subprocess
import time
import unittest

import test_train

OSTEONAV = test_train.OSTEONAV
# A picture of 4 by 2 grey pixels.
PIXELS = struct.pack(">H4B3H12f6H", 1, 1, 3, 1, 2, 4, 2, 1, *(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0),
                     0, 0, 0, 4, 2, 1) + bytes(range(8))
IMAGE = {"type": "IMAGE", "device": "Camera", "version": 1, "content_hex": PIXELS.hex()}


class Recorded(test_train.Attempt):
    def core(self, instance, *arguments):
        ready = self.path(f"{instance}.ready")
        pathlib.Path(ready).unlink(missing_ok=True)
        core = subprocess.Popen([OSTEONAV, "run", self.path("case.yaml"), "--instance", instance,
                                 "--listen", "127.0.0.1:0", "--no-display", "--ready-file", ready,
                                 *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(core.wait, 20)
        self.addCleanup(core.terminate)
        for _ in range(200):
            if os.path.exists(ready):
                break
            time.sleep(0.05)
        return core, pathlib.Path(ready).read_text(encoding="utf-8").split()[0]

    def recorded_types(self, extra):
        """Types of message in the session of a core that was sent a pose and a picture."""
        self.write("case.yaml", test_train.CASE + extra)
        instance = f"images-{os.getpid()}"
        folder = self.path("sessions")
        core, address = self.core(instance, "--record", folder)
        pose = {"type": "TRANSFORM", "device": "StylusToTracker", "version": 2,
                "content": {"matrix": [1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1]}}
        sending = subprocess.run([OSTEONAV, "igtl", "send", "--to", address], check=False,
                                 input=json.dumps([pose, IMAGE, pose]), text=True,
                                 capture_output=True, timeout=60)
        self.assertEqual(sending.returncode, 0, sending.stderr)
        core.terminate()
        core.wait(20)
        session = next(pathlib.Path(folder).glob("*.session"))
        answer = self.run_verb("session", "sql", session, "SELECT DISTINCT type FROM messages",
                               "--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        for path in pathlib.Path(folder).iterdir():
            path.unlink()
        return {row[0] for row in json.loads(answer.stdout)["rows"]} - {"STATUS"}

    def test_pictures_are_recorded_only_when_the_case_says_so(self):
        self.assertEqual(self.recorded_types(""), {"TRANSFORM"})
        self.assertEqual(self.recorded_types("recording: {images: true}\n"),
                         {"TRANSFORM", "IMAGE"})

    def test_every_pose_of_a_replay_says_so(self):
        session, instance = self.path("kept.session"), f"heard-{os.getpid()}"
        self.train("all-cuts", "--record", session, "--expert", "none")
        with subprocess.Popen([OSTEONAV, "replay", session, "--case", self.path("case.yaml"),
                               "--instance", instance, "--publish", "0", "--loop"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True) as replay:
            try:
                address = None
                while address is None:
                    line = replay.stdout.readline()
                    self.assertNotEqual(line, "", "the replay ended")
                    if "publishing on" in line:
                        address = line.split()[-1]
                heard = self.run_verb("igtl", "listen", "--from", address, "--json", "--count",
                                      "20", "--seconds", "10")
                messages = [json.loads(line) for line in heard.stdout.splitlines()]
                poses = [m for m in messages if m["type"] in ("TRANSFORM", "TDATA")]
                self.assertGreater(len(poses), 10)
                for pose in poses:
                    self.assertEqual(pose.get("metadata", {}).get("Mode"), "replay", pose)
                told = self.run_verb("igtl", "probe", address, "--seconds", "1", "--json")
                self.assertIn("says that it is a replay", told.stdout)
                # Whoever does not speak version 2 could not be told: nothing that could be taken for live.
                heard = self.run_verb("igtl", "listen", "--from", address, "--json", "--no-hello",
                                      "--seconds", "2")
                self.assertNotIn("TRANSFORM", heard.stdout)
            finally:
                replay.terminate()
            self.assertEqual(replay.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
