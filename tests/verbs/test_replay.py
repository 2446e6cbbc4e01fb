#!/usr/bin/env python3
"""`osteonav replay`: its timeline, on the command line and in the scene that displays show."""
import json
import os
import subprocess
import time
import unittest

import test_train

OSTEONAV = test_train.OSTEONAV


class Timeline(test_train.Attempt):
    def record(self):
        """A session of two cuts with a note in it."""
        session = self.path("kept.session")
        self.train("all-cuts", "--record", session, "--expert", "none")
        answer = self.run_verb("session", "annotate", session, "--at", "5", "Too steep here",
                               "--author", "Ada")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return session

    def command(self, instance, *words):
        answer = self.run_verb("command", "--instance", instance, "--json", *words)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)

    def test_what_happened_when_is_in_the_scene(self):
        session, instance = self.record(), f"replay-{os.getpid()}"
        answer = self.run_verb("replay", session, "--case", self.path("case.yaml"), "--events",
                               "--json", "--quiet")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        events = json.loads(answer.stdout)["events"]
        told = {"cut", "alarm", "annotation", "check", "registration"}
        wanted = [e for e in events if e["kind"] in told]
        self.assertGreater(sum(e["kind"] == "cut" for e in wanted), 3)
        for event in events:
            if event["kind"] == "alarm" and ": over" in event["text"]:
                self.assertRegex(event["text"], r": over: .+")
        with subprocess.Popen([OSTEONAV, "replay", session, "--case", self.path("case.yaml"),
                               "--instance", instance, "--paused", "--quiet"],
                              stdout=subprocess.DEVNULL) as replay:
            try:
                for _ in range(100):
                    if self.scene(instance):
                        break
                    time.sleep(0.05)
                shown = self.scene(instance)["replay"]
                marks = shown["marks"]
                self.assertEqual({m["kind"] for m in marks} - told, set())
                self.assertIn("cut", [m["kind"] for m in marks])
                self.assertTrue(any(m["kind"] == "annotation" and abs(m["at_s"] - 5) < 0.05
                                    for m in marks), marks)
                # Every mark is an event, in order, and no part of the film is left out.
                times = [m["at_s"] for m in marks]
                self.assertEqual(times, sorted(times))
                for mark in marks:
                    self.assertTrue(any(abs(mark["at_s"] - e["at_s"]) < 1e-6 for e in wanted))
                gap = shown["length_s"] / 60
                for event in wanted:
                    self.assertTrue(any(abs(event["at_s"] - at) <= gap for at in times), event)
                for at in (5.5, events[-1]["at_s"] + 0.1):
                    self.command(instance, "replay", "seek", f"to={at}")
                    now = self.scene(instance)["replay"]
                    last = [e for e in wanted if e["at_s"] <= now["at_s"]][-1]
                    self.assertEqual(now["event"]["text"], last["text"])
                    self.assertAlmostEqual(now["event"]["at_s"], last["at_s"], places=6)
                for words in (("seek", "to=0:06"), ("step", "by=-50"), ("step", "by=50")):
                    where = self.command(instance, "replay", *words)["text"]
                self.assertEqual(where, self.command(instance, "replay", "seek", "to=6")["text"])
                answer = self.run_verb("command", "--instance", instance, "replay", "seek", "to=1:75")
                self.assertIn("MIN:S", answer.stderr)
                self.command(instance, "replay", "seek", "to=5.05")
                self.assertEqual(self.scene(instance)["replay"]["event"],
                                 {"at_s": 5.0, "kind": "annotation", "text": "Ada: Too steep here"})
            finally:
                replay.terminate()
            self.assertEqual(replay.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
