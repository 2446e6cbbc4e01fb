#!/usr/bin/env python3
"""`osteonav train`: a simulated case recorded, played again, judged, kept and reported."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"

BONE = [((0, 0, 0), (0, 100, 0), (100, 0, 0)), ((0, 0, 0), (100, 0, 0), (0, 0, 100)),
        ((0, 0, 0), (0, 0, 100), (0, 100, 0)), ((100, 0, 0), (0, 100, 0), (0, 0, 100))]
# A root 12 mm in front of the second cut's end.
ROOT = [tuple((x + 40, y / 20 + 62, z / 20 + 4) for x, y, z in face) for face in BONE]

CASE = """version: 1
name: Training block
patient: {pseudonym: TEST-02}
frames: {image: LPS, unit: mm, reference: ReferenceToTracker}
registration:
  source: made for the test
  matrix: [0.866025403784, -0.469846310393, 0.171010071663, 12.5,
           0.5, 0.813797681349, -0.296198132726, -140.25,
           0, 0.342020143326, 0.939692620786, 33.75, 0, 0, 0, 1]
models:
  - {file: bone.stl, name: Bone, role: bone}
tools:
  - {name: Stylus, device: StylusToTracker, tip_mm: [0, 0, -150], axis: [0, 0, -1]}
  - name: Osteotome
    device: OsteotomeToTracker
    tip_mm: [3, -210, 8]
    axis: [0, -1, 0]
    geometry: {shape: blade, length_mm: 200, width_mm: 20, thickness_mm: 2, up: [0, 0, 1]}
cuts:
  - {name: First, point_mm: [10, 20, 30], normal: [0, 0, 1], u: [1, 0, 0],
     size_mm: [60, 40], depth_mm: 16}
  - {name: Second, point_mm: [-5, 44, 12], normal: [0.6, 0, 0.8], u: [0.8, 0, -0.6],
     size_mm: [40, 30], depth_mm: 12}
landmarks:
  - {name: Apex, position_mm: [1, 2, 3]}
  - {name: Notch, position_mm: [-30, 15, 60]}
"""


def write_stl(path, name, faces):
    with open(path, "w", encoding="ascii") as file:
        file.write(f"solid {name}\n")
        for face in faces:
            file.write("facet normal 0 0 0\nouter loop\n")
            for vertex in face:
                file.write("vertex %g %g %g\n" % vertex)
            file.write("endloop\nendfacet\n")
        file.write(f"endsolid {name}\n")


class Attempt(unittest.TestCase):
    """A case on which attempts are made."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        write_stl(self.path("bone.stl"), "bone", BONE)
        self.write("case.yaml", CASE)
        self.library = self.path("library.sqlite")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run_verb(self, *arguments):
        return subprocess.run([OSTEONAV, *map(str, arguments)], capture_output=True, text=True,
                              timeout=100, check=False)

    def train(self, exercise, *arguments):
        answer = self.run_verb("train", self.path("case.yaml"), "--exercise", exercise, "--json",
                               "--library", self.library, "--trainee", "Ada", *arguments)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)

    def refused(self, code, words, *arguments):
        answer = self.run_verb("train", *arguments)
        self.assertEqual(answer.returncode, code, answer.stdout + answer.stderr)
        self.assertIn(words, answer.stderr)
        self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)

    @staticmethod
    def value(result, what):
        return next(c["value"] for c in result["criteria"] if c["what"] == what)

    def exercise(self, name, script, extra=""):
        self.write(f"exercises/{name}.script.yaml", "version: 1\n" + script)
        self.write(f"exercises/{name}.yaml",
                   f"version: 1\ntitle: {name}\nscript: {name}.script.yaml\n{extra}")

    def scene(self, instance):
        """The scene now, or None while nobody shows one."""
        answer = self.run_verb("scene", "--instance", instance, "--json")
        return json.loads(answer.stdout.splitlines()[0]) if answer.returncode == 0 else None


class Training(Attempt):
    def test_a_recorded_attempt_is_the_attempt(self):
        session = self.path("a.session")
        done = self.train("all-cuts", "--record", session)
        self.assertTrue(done["passed"])
        self.assertGreater(done["points"], 90)
        self.assertEqual([c["made"] for c in done["cuts"]], [True, True])
        for cut in done["cuts"]:
            self.assertLess(cut["offset_rms_mm"], 0.8)
            self.assertLess(cut["angle_rms_deg"], 0.3)
            self.assertAlmostEqual(cut["depth_max_mm"], cut["planned_depth_mm"], delta=1.5)
        verified = self.run_verb("replay", session, "--case", self.path("case.yaml"), "--verify",
                                 "--quiet")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        self.assertIn("all equal", verified.stdout)
        again = self.train("all-cuts", "--session", session)
        for key in ("points", "seconds", "path_mm", "cuts", "criteria", "drop_outs", "expert"):
            self.assertEqual(done[key], again[key], key)
        self.assertEqual([a["points"] for a in again["attempts"]], [done["points"]] * 2)

    def test_errors_that_were_made_are_found(self):
        self.exercise("beside", "noise_mm: 0\nnoise_deg: 0\ntremor_mm: 0\nactions:\n"
                      "  - {do: cut, cut: First, offset_mm: 1.7, depth_mm: 18.5}\n"
                      "  - {do: cut, cut: Second, pitch_deg: 4}\n")
        result = self.train("beside")
        first, second = result["cuts"]
        self.assertAlmostEqual(first["offset_rms_mm"], 1.7, delta=0.05)
        self.assertAlmostEqual(first["over_depth_mm"], 2.5, delta=0.1)
        self.assertAlmostEqual(second["angle_rms_deg"], 4.0, delta=0.1)
        self.assertAlmostEqual(second["over_depth_mm"], 0.0, delta=0.1)
        self.assertAlmostEqual(self.value(result, "over-depth"), 2.5, delta=0.1)
        self.assertAlmostEqual(self.value(result, "angle"), 4.0, delta=0.1)
        # The expert does it as it is planned.
        self.assertGreater(result["expert"]["points"], 99)
        self.assertLess(result["points"], 75)
        self.assertGreater(result["expert"]["mean_distance_mm"], 0.5)

    def test_a_slot_lies_beside_what_stays_with_the_tumour(self):
        for side in ("positive", "negative"):
            with self.subTest(side=side):
                self.write("case.yaml", CASE.replace("depth_mm: 16", "depth_mm: 16, kerf_mm: 3, "
                                                     f"margin_side: {side}"))
                self.exercise("exact", "noise_mm: 0\nnoise_deg: 0\ntremor_mm: 0\nactions:\n"
                              "  - {do: cut, cut: First}\n", "cuts: [First]\n")
                result = self.train("exact", "--expert", "none")
                self.assertLess(result["cuts"][0]["offset_max_mm"], 0.02)

    def test_a_cut_that_is_missing_fails(self):
        self.exercise("half", "actions:\n  - {do: cut, cut: First}\n", "expert: none.yaml\n")
        answer = self.run_verb("train", self.path("case.yaml"), "--exercise", "half")
        self.assertIn("none.yaml", answer.stderr)
        self.exercise("half", "actions:\n  - {do: cut, cut: First}\n")
        result = self.train("half", "--expert", "none")
        self.assertEqual(self.value(result, "missing-cuts"), 1)
        self.assertFalse(result["passed"])
        self.assertIsNone(result["expert"])
        only = self.train("all-cuts")
        self.exercise("first", "actions:\n  - {do: cut, cut: First}\n", "cuts: [First]\n")
        self.assertTrue(self.train("first")["passed"])
        self.assertEqual(self.value(only, "missing-cuts"), 0)

    def faults(self, name, fault, extra=""):
        self.exercise(name, "actions:\n  - {do: cut, cut: First}\n"
                      f"faults:\n  - {{{fault}, from_s: 5.0, to_s: 7.0}}\n",
                      "cuts: [First]\n" + extra)
        return self.train(name)

    def test_faults_are_recognised_or_missed(self):
        for name, fault, reason in (
                ("occlusion", "what: hide, on: tool", "tool-invalid"),
                ("reference-hidden", "what: hide, on: reference", "reference-invalid"),
                ("wrong-tool", "what: wrong-tool, on: tool", "tool-lost")):
            with self.subTest(name=name):
                missed = self.faults(name, fault)
                self.assertEqual(len(missed["drop_outs"]), 1, missed["drop_outs"])
                drop = missed["drop_outs"][0]
                self.assertEqual(drop["reason"], reason)
                self.assertAlmostEqual(drop["at_s"], 5.0, delta=0.4)
                self.assertIsNone(drop["reaction_s"])
                self.assertGreater(drop["deeper_mm"], 3)
                self.assertTrue(drop["missed"])
                seen = self.faults(name, fault, "reaction_s: 0.7\n")
                drop = seen["drop_outs"][0]
                self.assertAlmostEqual(drop["reaction_s"], 0.7, delta=0.05)
                self.assertFalse(drop["missed"])
                self.assertEqual(self.value(seen, "drop-outs-missed"), 0)
                self.assertGreater(seen["points"], missed["points"])

    def test_a_moved_reference_is_recognised_or_not(self):
        # It is seen to have moved while a tool rests; it stays so until somebody checks.
        for reaction, expected in (("", None), ("reaction_s: 0.7\n", 0.7)):
            self.exercise("moved", "noise_mm: 0.05\nnoise_deg: 0.02\ntremor_mm: 0.05\n"
                          "camera_moves: false\nactions:\n  - {do: rest, seconds: 4}\n"
                          "  - {do: cut, cut: First}\nfaults:\n  - {what: jump, on: reference, "
                          "amount: 9, from_s: 2, to_s: 1000}\n", "cuts: [First]\n" + reaction)
            drop = self.train("moved")["drop_outs"][0]
            self.assertEqual(drop["reason"], "reference-moved")
            self.assertAlmostEqual(drop["at_s"], 2.2, delta=0.3)
            if expected is None:
                self.assertIsNone(drop["reaction_s"])
            else:
                self.assertAlmostEqual(drop["reaction_s"], expected, delta=0.05)

    def test_the_examples_do_what_they_say(self):
        example = SOURCE / "config" / "examples" / "example.yaml"
        for name, reason in (("occlusion", "tool-invalid"), ("moved-reference", "reference-moved"),
                             ("wrong-tool", "tool-lost")):
            with self.subTest(name=name):
                answer = self.run_verb("train", example, "--exercise", name, "--no-library",
                                       "--json", "--expert", "none")
                self.assertEqual(answer.returncode, 0, answer.stderr)
                drop = json.loads(answer.stdout)["drop_outs"][0]
                self.assertEqual(drop["reason"], reason)
                self.assertIsNotNone(drop["reaction_s"])

    def test_checks_that_are_asked_for(self):
        actions = ("actions:\n  - {do: touch, landmark: Apex, seconds: 3}\n"
                   "  - {do: cut, cut: First}\n")
        self.exercise("checked", "tool: Stylus\n" + actions, "cuts: [First]\nchecks: 1\n")
        self.exercise("unchecked", "actions:\n  - {do: cut, cut: First}\n",
                      "cuts: [First]\nchecks: 1\n")
        self.assertEqual(self.value(self.train("unchecked"), "missing-checks"), 1)
        self.assertEqual(self.train("unchecked")["checks"], 0)

    def test_progress_is_kept_for_each_trainee(self):
        for seed in (1, 2, 3):
            self.train("drop-outs", "--seed", seed)
        listed = json.loads(self.run_verb("train", "--list", "--library", self.library,
                                          "--json").stdout)["attempts"]
        self.assertEqual([a["source"] for a in listed],
                         [f"simulated, seed {n}" for n in (1, 2, 3)])
        self.assertEqual(os.stat(self.library).st_mode & 0o777, 0o600)
        other = json.loads(self.run_verb("train", "--list", "--library", self.library, "--trainee",
                                         "Bob", "--json").stdout)["attempts"]
        self.assertEqual(other, [])

    def test_the_report_holds_everything(self):
        report = self.path("r.html")
        result = self.train("drop-outs", "--report", report, "--trainee", "<Ada & co>")
        text = pathlib.Path(report).read_text(encoding="utf-8")
        self.assertEqual(os.stat(report).st_mode & 0o777, 0o600)
        self.assertIn("&lt;Ada &amp; co&gt;", text)
        self.assertNotIn("<Ada", text)
        self.assertEqual(text.count("<img "), text.count("data:image/svg+xml;base64,"))
        self.assertGreaterEqual(text.count("<img "), 3)
        self.assertFalse(re.search(r'(src|href)="?(http|/|\.)', text))
        self.assertIn(f"<b class={'good' if result['passed'] else 'bad'}>"
                      f"{result['points']:.0f}</b>", text)
        for cut in result["cuts"]:
            self.assertIn(cut["name"], text)
        self.assertIn("cut on blindly", text)
        left = [n for n in os.listdir(self.folder) if ".part" in n]
        self.assertEqual(left, [])

    def test_an_imported_session_is_judged_too(self):
        session, table = self.path("a.session"), self.path("a.csv")
        done = self.train("all-cuts", "--record", session)
        for arguments in (("export", session, table),
                          ("import", table, self.path("b.session"))):
            self.assertEqual(self.run_verb("session", *arguments).returncode, 0)
        again = self.train("all-cuts", "--session", self.path("b.session"))
        # Nobody said which cut is meant: the guide's suggestions were taken up.
        self.assertEqual([c["made"] for c in again["cuts"]], [True, True])
        for before, after in zip(done["cuts"], again["cuts"]):
            self.assertGreater(after["depth_max_mm"], before["planned_depth_mm"] - 1)

    def test_the_expert_is_shown_as_a_ghost_and_beside(self):
        ours, theirs = f"train-{os.getpid()}", f"expert-{os.getpid()}"
        with subprocess.Popen([OSTEONAV, "train", self.path("case.yaml"), "--exercise", "all-cuts",
                               "--no-library", "--quiet", "--show", ours, "--show-expert", theirs,
                               "--speed", "2"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as showing:
            seen = 0
            for _ in range(400):
                if showing.poll() is not None:
                    break
                mine, expert = self.scene(ours), self.scene(theirs)
                if mine is None or expert is None:
                    continue
                ghosts = [t for t in mine["tools"] if t["ghost"]]
                own = [t for t in mine["tools"] if not t["ghost"] and t["name"] == "Osteotome"][0]
                self.assertFalse(any(t["ghost"] for t in expert["tools"]))
                self.assertEqual(mine["mode"], "replay")
                self.assertEqual(expert["mode"], "replay")
                if ghosts and own["tip_image_mm"]:
                    # In the place of a tool that is not in use: displays have no further body.
                    self.assertEqual([g["name"] for g in ghosts], ["Stylus"])
                    self.assertEqual(len(mine["tools"]), 2)
                    apart = sum((a - b) ** 2 for a, b in zip(own["tip_image_mm"],
                                                             ghosts[0]["tip_image_mm"])) ** 0.5
                    self.assertLess(apart, 5.0)  # both do the same, one of them trembles
                    self.assertGreater(apart, 0.0)
                    seen += 1
                if seen == 5:
                    showing.terminate()
                    break
            self.assertEqual(seen, 5, showing.stderr.read() if showing.poll() else "")
            self.assertEqual(showing.wait(20), 0)
        self.assertIsNone(self.scene(ours))
        self.refused(2, "goes with --show", self.path("case.yaml"), "--exercise", "all-cuts",
                     "--show-expert", "x")

    def test_a_ghost_never_covers_a_live_tool(self):
        # All the time the blade comes under the pointer's name, where the ghost would be.
        self.exercise("wrong", "actions:\n  - {do: cut, cut: First}\nfaults:\n"
                      "  - {what: wrong-tool, on: tool, from_s: 0.5, to_s: 1000}\n",
                      "cuts: [First]\n")
        instance = f"covered-{os.getpid()}"
        with subprocess.Popen([OSTEONAV, "train", self.path("case.yaml"), "--exercise", "wrong",
                               "--no-library", "--quiet", "--show", instance, "--speed", "2"],
                              stdout=subprocess.DEVNULL) as showing:
            seen = 0
            while seen < 5 and showing.poll() is None:
                scene = self.scene(instance)
                pointer = scene["tools"][0] if scene else None
                if pointer and pointer["tip_image_mm"] and not scene["tools"][1]["tip_image_mm"]:
                    self.assertEqual(pointer["name"], "Stylus")
                    self.assertFalse(pointer["ghost"])
                    seen += 1
            showing.terminate()
            self.assertEqual(seen, 5)

    def running_core(self, instance, mode="simulation"):
        """A core on a free port; its address."""
        ready = self.path("ready")
        core = subprocess.Popen([OSTEONAV, "run", self.path("case.yaml"), "--instance", instance,
                                 "--mode", mode, "--listen", "127.0.0.1:0", "--no-display",
                                 "--no-record", "--ready-file", ready], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(core.wait, 20)
        self.addCleanup(core.terminate)
        for _ in range(200):
            if os.path.exists(ready):
                break
            time.sleep(0.05)
        return pathlib.Path(ready).read_text(encoding="utf-8").split()[0]

    def hand(self, address, *arguments):
        hand = subprocess.Popen([OSTEONAV, "simulate", "--case", self.path("case.yaml"), "--to",
                                 address, "--quiet", *arguments])
        self.addCleanup(hand.wait, 10)
        self.addCleanup(hand.terminate)

    def test_a_running_core_is_watched(self):
        instance, shown = f"watch-{os.getpid()}", f"shown-{os.getpid()}"
        self.hand(self.running_core(instance, "live"))
        self.assertEqual(self.run_verb("command", "--instance", instance, "cut", "activate",
                                       "name=First").returncode, 0)
        with subprocess.Popen([OSTEONAV, "train", self.path("case.yaml"), "--exercise", "all-cuts",
                               "--json", "--no-library", f"--live={instance}", "--seconds", "7",
                               "--show", shown], stdout=subprocess.PIPE, text=True) as training:
            both = 0
            while training.poll() is None:
                scene = self.scene(shown)
                if scene is None:
                    continue
                # The expert beside the live blade: nobody takes that for navigation.
                self.assertEqual(scene["mode"], "simulation")
                ghosts = [t for t in scene["tools"] if t["ghost"]]
                live = [t for t in scene["tools"] if t["name"] == "Osteotome" and
                        t["tip_image_mm"]]
                both += bool(ghosts and live)
            result = json.loads(training.stdout.read())
        self.assertGreater(both, 5)
        self.assertEqual(result["source"], f"live, instance {instance}")
        self.assertGreater(result["seconds"], 3.0)
        self.assertGreater(result["path_mm"], 50.0)
        self.assertGreater(result["cuts"][0]["samples"], 20)
        self.assertEqual(self.value(result, "missing-cuts"), 2 - result["cuts"][0]["made"])

    def test_faults_happen_to_a_trainees_own_tracker(self):
        instance = f"between-{os.getpid()}"
        core = self.running_core(instance)
        self.exercise("hidden", "actions:\n  - {do: rest}\nfaults:\n"
                      "  - {what: hide, on: tool, from_s: 2, to_s: 3.5}\n")
        with subprocess.Popen([OSTEONAV, "train", self.path("case.yaml"), "--exercise", "hidden",
                               "--json", "--no-library", "--expert", "none", f"--live={instance}",
                               "--seconds", "6", "--relay", "listen:127.0.0.1:0", "--to", core],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as training:
            line = training.stderr.readline()
            self.assertIn("waiting for the tracker at", line)
            # An ordinary tracker, which knows of no fault.
            self.hand(line.split()[-1], "--no-occlusions")
            out, told = training.communicate(timeout=60)
        result = json.loads(out)
        self.assertEqual(len(result["drop_outs"]), 1, result["drop_outs"])
        self.assertAlmostEqual(result["drop_outs"][0]["seconds"], 1.5, delta=0.5)
        self.assertIn("hide on the tool begins", told)
        self.assertIn("hide on the tool is over", told)

    def test_a_relay_ends_and_says_why(self):
        case = self.path("case.yaml")
        answer = self.run_verb("simulate", "--relay", "127.0.0.1:1", "--case", case)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("127.0.0.1:1", answer.stderr)
        answer = self.run_verb("simulate", "--relay", "127.0.0.1:1")
        self.assertEqual(answer.returncode, 2)
        self.refused(2, "--relay goes with --live", case, "--exercise", "x", "--relay", "h:1")

    def test_what_is_refused(self):
        case = self.path("case.yaml")
        self.refused(2, "which exercise", case)
        self.refused(2, "which case", "--exercise", "all-cuts")
        self.refused(2, "either", case, "--exercise", "all-cuts", "--simulate", "--live")
        self.refused(2, "what this option takes", case, "--exercise", "x", "--seed", "-1")
        self.refused(1, "no exercise 'x'", case, "--exercise", "x", "--no-library")
        self.refused(1, "no core runs", case, "--exercise", "all-cuts", "--live=none-there",
                     "--no-library", "--expert", "none")
        kept = self.path("kept.session")
        self.train("all-cuts", "--record", kept)
        self.refused(1, "is there already", case, "--exercise", "all-cuts", "--record", kept,
                     "--no-library", "--expert", "none")
        self.write("case.yaml", CASE.replace("depth_mm: 16", "depth_mm: 17"))
        self.refused(1, "another case", case, "--exercise", "all-cuts", "--session", kept,
                     "--no-library", "--expert", "none")


if __name__ == "__main__":
    unittest.main()
