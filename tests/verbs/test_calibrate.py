#!/usr/bin/env python3
"""`osteonav calibrate` on a published recording and on motions that must not be believed."""
import json
import math
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

from small_case import write_case

OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"
DATA = pathlib.Path(os.environ.get("OSTEONAV_DATA") or os.environ["OSTEONAV_DATA_DEFAULT"])


def data(name):
    path = DATA / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            raise AssertionError(f"missing data file {path} (set OSTEONAV_DATA)")
        raise unittest.SkipTest(f"missing data file {path} (set OSTEONAV_DATA)")
    return str(path)


def multiply(a, b):
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (aw * bw - ax * bx - ay * by - az * bz, aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx, aw * bz + ax * by - ay * bx + az * bw)


def turn(axis, angle):
    s = math.sin(angle / 2)
    return (math.cos(angle / 2), axis[0] * s, axis[1] * s, axis[2] * s)


def rotate(q, p):
    conjugate = (q[0], -q[1], -q[2], -q[3])
    return multiply(multiply(q, (0.0, *p)), conjugate)[1:]


class Calibrate(unittest.TestCase):
    TIP = (0.0, 12.0, -160.0)
    PIVOT = (100.0, 50.0, -1500.0)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_verb(self, *arguments):
        return subprocess.run([OSTEONAV, "calibrate", *arguments], capture_output=True, text=True,
                              timeout=60, check=False)

    def answer(self, *arguments):
        result = self.run_verb(*arguments, "--json")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        answer = json.loads(result.stdout)
        self.assertEqual(answer["accepted"], result.returncode == 0)
        return answer

    def write_poses(self, orientations, slips=()):
        source = random.Random(8)
        path = self.path("poses.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("t,x,y,z,qw,qx,qy,qz\n")
            for i, q in enumerate(orientations):
                tip = rotate(q, self.TIP)
                slip = 8.0 if i in slips else 0.0
                t = [self.PIVOT[k] - tip[k] + source.gauss(0, 0.1) + slip for k in range(3)]
                file.write(",".join(repr(v) for v in (i / 60, *t, *q)) + "\n")
        return path

    def cone(self, half_angle_deg, count):
        source = random.Random(5)
        for _ in range(count):
            a = source.uniform(0, 2 * math.pi)
            tilt = math.radians(half_angle_deg) * math.sqrt(source.random())
            yield multiply(turn((math.cos(a), math.sin(a), 0), tilt),
                           turn((0, 0, 1), source.uniform(-1, 1)))

    def test_the_published_recording_gives_the_published_tip(self):
        answer = self.answer("pivot", "--session",
                             data("registration/igstk_pivot/PivotCalibration.txt"))
        for got, expected in zip(answer["tip_mm"], (-0.07, 1.47, -9.09)):
            self.assertAlmostEqual(got, expected, delta=0.005)
        for got, expected in zip(answer["pivot_mm"], (9.48, -128.70, -165.25)):
            self.assertAlmostEqual(got, expected, delta=0.005)
        self.assertAlmostEqual(answer["rms_mm"], 0.503, delta=0.0005)
        self.assertAlmostEqual(answer["max_mm"], 1.352, delta=0.0005)

    def test_a_good_motion_is_accepted_and_drawn(self):
        plot = self.path("pivot.svg")
        geometry = self.path("tool.rom")
        pathlib.Path(geometry).write_bytes(b"marker")
        answer = self.answer("pivot", "--session", self.write_poses(self.cone(35, 400)),
                             "--plot", plot, "--geometry", geometry)
        self.assertTrue(answer["accepted"])
        for got, expected in zip(answer["tip_mm"], self.TIP):
            self.assertAlmostEqual(got, expected, delta=0.1)
        self.assertLess(answer["condition"], 12)
        self.assertEqual(len(answer["geometry_sha256"]), 64)
        self.assertIn("<svg", pathlib.Path(plot).read_text(encoding="utf-8"))

    def test_what_is_kept_is_only_good_for_its_tool(self):
        geometry = self.path("tool.rom")
        pathlib.Path(geometry).write_bytes(b"marker")
        kept = self.path("pivot.json")
        pivot = ("pivot", "--session", self.write_poses(self.cone(35, 400)), "--geometry", geometry,
                 "--tool", "Stylus", "--out", kept)
        tip = self.answer(*pivot)["tip_mm"]
        case = write_case(self.folder.name, {})
        plain = pathlib.Path(case).read_text(encoding="utf-8").replace("limits:\n", "")
        bound = plain.replace("tip_mm: [0, 0, -100]", f"tip_mm: {tip}").replace(
            "axis:", "marker: tool.rom, calibration: [pivot.json], axis:")

        def check(text):
            pathlib.Path(case).write_text(text, encoding="utf-8")
            return subprocess.run([OSTEONAV, "case", "check", case], capture_output=True, text=True,
                                  timeout=60, check=False)

        self.assertEqual(check(bound).returncode, 0, check(bound).stderr)
        self.assertRegex(check(bound).stdout, r"StylusToTracker .* 20\d\d-\d\d-\d\d\n")
        self.assertIn("no file", check(plain).stdout)
        saw = check(bound.replace("device: Stylus", "device: Saw"))
        self.assertEqual(saw.returncode, 1)
        self.assertIn("is the calibration of 'Stylus', not of 'SawToTracker'", saw.stderr)
        result = self.run_verb(*pivot)  # what is there is never overwritten
        self.assertEqual(result.returncode, 1)
        self.assertIn("pivot.json: File exists", result.stderr)
        old = json.loads(pathlib.Path(kept).read_text(encoding="utf-8"))
        old["date_utc"] = "2020-01-01T00:00:00Z"
        pathlib.Path(kept).write_text(json.dumps(old), encoding="utf-8")
        self.assertIn("Stylus was calibrated", check(bound).stderr)
        for verb in (("run", case), ("case", "lock", case)):
            result = subprocess.run([OSTEONAV, *verb], capture_output=True, text=True, timeout=60,
                                    check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn("days ago, at most 180 are accepted", result.stderr)
        self.assertEqual(self.run_verb("divot", "--session", kept, "--tip", "0,0,1", "--out",
                                       self.path("x.json")).returncode, 2)
        refused = self.run_verb("pivot", "--session", self.write_poses(self.cone(4, 400)), "--tool",
                                "Stylus", "--out", self.path("narrow.json"))
        self.assertEqual(refused.returncode, 1)
        self.assertFalse(os.path.exists(self.path("narrow.json")))

    def test_motions_that_do_not_determine_the_tip_are_refused(self):
        hinge = [turn((1, 0, 0), 0.01 * i - 2) for i in range(400)]
        for name, poses, slips in (("hinge", hinge, ()), ("narrow", self.cone(4, 400), ()),
                                   ("too few", self.cone(35, 50), ()),
                                   ("slipped", self.cone(35, 400), range(0, 400, 3))):
            answer = self.answer("pivot", "--session", self.write_poses(poses, set(slips)))
            self.assertFalse(answer["accepted"], name)
            self.assertTrue(all(r["text"] and r["suggestion"] for r in answer["refusals"]), name)

    def test_spin_and_divot(self):
        axis = (0.6, 0.0, -0.8)
        poses = [turn(axis, 0.02 * i) for i in range(300)]
        spin = self.answer("spin", "--session", self.write_poses(poses), "--tip", "6,0,-80")
        self.assertTrue(spin["accepted"])
        for got, expected in zip(spin["axis"], axis):
            self.assertAlmostEqual(got, expected, places=3)
        poses = self.write_poses(self.cone(35, 100))
        good = self.answer("divot", "--session", poses, "--tip", "0,12,-160",
                           "--divot", "100,50,-1500")
        self.assertEqual(good["verdict"], "good")
        bent = self.answer("divot", "--session", poses, "--tip", "2,12,-160",
                           "--divot", "100,50,-1500")
        self.assertFalse(bent["accepted"])

    def test_the_limits_of_a_case_decide(self):
        poses = self.write_poses(self.cone(35, 100))
        refused = self.answer("pivot", "--session", poses)
        self.assertEqual([r["code"] for r in refused["refusals"]], ["too-few"])
        fewer = write_case(self.folder.name, {"pivot_poses_min": 50})
        self.assertTrue(self.answer("pivot", "--session", poses, "--case", fewer)["accepted"])
        strict = write_case(self.folder.name, {"pivot_poses_min": 50, "pivot_residual_max_mm": 0.1})
        self.assertEqual([r["code"] for r in self.answer(
            "pivot", "--session", poses, "--case", strict)["refusals"]], ["residual"])
        divot = ("divot", "--session", poses, "--tip", "0.4,12,-160", "--divot", "100,50,-1500")
        self.assertEqual(self.answer(*divot)["verdict"], "good")
        narrow = write_case(self.folder.name, {"divot_caution_mm": 0.1, "divot_refuse_mm": 0.2})
        self.assertEqual(self.answer(*divot, "--case", narrow)["verdict"], "refused")
        wrong = write_case(self.folder.name, {"divot_caution_mm": 1, "divot_refuse_mm": 0.5})
        self.assertIn("divot_refuse_mm", self.run_verb(*divot, "--case", wrong).stderr)

    def test_blade_from_touches(self):
        path = self.path("touches.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("edge left,-10,0,-100\nedge right,10,0,-100\n")
            for i, (x, z) in enumerate(((-9, -95), (9, -95), (-9, -60), (9, -60), (0, -80),
                                        (4, -70), (-5, -88))):
                file.write(f"face {i},{x},1,{z}\nback {i},{x},-1,{z}\n")
        blade = self.answer("blade", "--touches", path)
        self.assertTrue(blade["accepted"], blade["refusals"])
        for got, expected in zip(blade["tip_mm"] + blade["axis"] + blade["up"],
                                 (0, 0, -100, 0, 0, -1, 0, 1, 0)):
            self.assertAlmostEqual(got, expected, places=9)
        self.assertAlmostEqual(blade["width_mm"], 20.0, places=9)
        self.assertAlmostEqual(blade["thickness_mm"], 2.0, places=9)

    def write_camera_motion(self, axes):
        """A marker that carries a camera; poses of both as tables; returns the paths."""
        source = random.Random(2)
        hand_eye = (turn((0, 0.6, 0.8), 0.4), (30.0, -20.0, 55.0))
        target = (turn((1, 0, 0), 0.3), (10.0, 400.0, -80.0))

        def compose(a, b):
            return multiply(a[0], b[0]), tuple(v + w for v, w in zip(rotate(a[0], b[1]), a[1]))

        def inverse(a):
            q = (a[0][0], -a[0][1], -a[0][2], -a[0][3])
            return q, tuple(-v for v in rotate(q, a[1]))

        paths = self.path("marker.csv"), self.path("target.csv")
        with open(paths[0], "w", encoding="utf-8") as markers, \
                open(paths[1], "w", encoding="utf-8") as targets:
            for i in range(60):
                axis = axes[i % len(axes)]
                marker = (turn(axis, source.uniform(-1, 1)),
                          tuple(source.uniform(-150, 150) for _ in range(3)))
                seen = compose(inverse(compose(marker, hand_eye)), target)
                for file, pose, shift in ((markers, marker, 0.0), (targets, seen, 0.004)):
                    file.write(" ".join(repr(v) for v in (i / 10 + shift, *pose[1], *pose[0])))
                    file.write("\n")
        return hand_eye, paths

    def test_handeye(self):
        axes = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0.8, 0)]
        truth, (marker, target) = self.write_camera_motion(axes)
        answer = self.answer("handeye", "--session", marker, "--camera", target)
        self.assertTrue(answer["accepted"], answer["refusals"])
        for row in range(3):
            self.assertAlmostEqual(answer["T_marker_camera"][4 * row + 3], truth[1][row], places=6)
        _, (marker, target) = self.write_camera_motion([(0, 0, 1)])
        result = self.run_verb("handeye", "--session", marker, "--camera", target)
        self.assertEqual(result.returncode, 1)

    def test_usage_and_bad_files(self):
        self.assertEqual(self.run_verb("--help").returncode, 0)
        self.assertEqual(self.run_verb().returncode, 2)
        self.assertEqual(self.run_verb("pivot").returncode, 2)
        self.assertEqual(self.run_verb("spin", "--session", "x.csv", "--tip", "1,2").returncode, 2)
        sequence = data("sessions/plus/NwirePhantomFreehand.igs.nrrd")
        unknown = self.run_verb("pivot", "--session", sequence, "--tool", "Nowhere")
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("StylusToTracker", unknown.stderr)
        never_seen = self.run_verb("pivot", "--session", sequence, "--tool", "Stylus")
        self.assertEqual(never_seen.returncode, 1)


if __name__ == "__main__":
    unittest.main()
