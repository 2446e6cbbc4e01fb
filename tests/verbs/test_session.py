#!/usr/bin/env python3
"""`osteonav session pauses`, and a registration from the pauses of a real recording."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from small_case import write_case

OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"
DATA = pathlib.Path(os.environ.get("OSTEONAV_DATA") or os.environ["OSTEONAV_DATA_DEFAULT"])
STYLUS = ["--tool", "Stylus", "--reference", "Reference", "--tip", "0.857485,0.25183,79.097"]


def data(name):
    path = DATA / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            raise AssertionError(f"missing data file {path} (set OSTEONAV_DATA)")
        raise unittest.SkipTest(f"missing data file {path} (set OSTEONAV_DATA)")
    return str(path)


def run(*arguments):
    return subprocess.run([OSTEONAV, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)


class Pauses(unittest.TestCase):
    def write_table(self, folder, points):
        """Rests of 1.5 s at 50 Hz on each point, with 0.3 s of travel between them."""
        path = os.path.join(folder, "poses.csv")
        time = 0.0
        with open(path, "w", encoding="utf-8") as file:
            for p in points:
                for i in range(75):
                    wobble = 0.2 if i % 2 else -0.2
                    file.write(f"{time},{p[0] + wobble},{p[1]},{p[2]},1,0,0,0\n")
                    time += 0.02
                for i in range(15):
                    file.write(f"{time},{p[0] + 5 * i + 5},{p[1]},{p[2]},1,0,0,0\n")
                    time += 0.02
        return path

    def test_each_rest_is_found_where_it_was(self):
        points = [(0, 0, 0), (50, 10, -20), (-30, 60, 5)]
        with tempfile.TemporaryDirectory() as folder:
            path = self.write_table(folder, points)
            answer = json.loads(run("session", "pauses", path, "--tip", "1,2,3",
                                    "--json").stdout)
            self.assertEqual(len(answer["pauses"]), 3)
            for pause, p in zip(answer["pauses"], points):
                for got, expected in zip(pause["mean_mm"], (p[0] + 1, p[1] + 2, p[2] + 3)):
                    self.assertAlmostEqual(got, expected, delta=0.05)
                self.assertAlmostEqual(pause["duration_s"], 1.5, delta=0.05)
                self.assertAlmostEqual(pause["spread_mm"], 0.2, delta=0.02)
            image = os.path.join(folder, "image.csv")
            with open(image, "w", encoding="utf-8") as file:
                for i, p in enumerate(points):
                    file.write(f"L{i},{p[0] + 101},{p[1] + 2},{p[2] + 3}\n")
            registered = json.loads(run("register", "--image", image, "--points-from", path,
                                        "--tip", "1,2,3", "--json").stdout)
            self.assertLess(registered["fre_mm"], 0.05)
            self.assertAlmostEqual(registered["T_image_reference"][3], 100.0, delta=0.1)
            picked = run("register", "--image", image, "--points-from", path, "--pick", "1,9")
            self.assertEqual(picked.returncode, 1)
            self.assertIn("--pick", picked.stderr)

    def test_the_limits_of_a_case_decide(self):
        with tempfile.TemporaryDirectory() as folder:
            path = self.write_table(folder, [(0, 0, 0), (50, 10, -20)])
            pauses = lambda *more: len(json.loads(run("session", "pauses", path, "--json",
                                                      *more).stdout)["pauses"])
            self.assertEqual(pauses(), 2)
            for limits in ({"landmark_hold_ms": 2000}, {"landmark_radius_mm": 0.1},
                           {"landmark_samples_min": 100}, {"landmark_gap_max_ms": 10}):
                self.assertEqual(pauses("--case", write_case(folder, limits)), 0, limits)
            longer = write_case(folder, {"landmark_hold_ms": 2000})
            self.assertEqual(pauses("--case", longer, "--hold", "1"), 2)  # what is typed goes first

    def test_a_tool_that_is_never_visible_rests_nowhere(self):
        answer = json.loads(run("session", "pauses",
                                data("sessions/plus/NwirePhantomFreehand.igs.mha"), "--tool",
                                "Stylus", "--json").stdout)
        self.assertEqual(answer["pauses"], [])
        self.assertEqual(answer["invalid"], answer["frames"])

    def test_a_phantom_touched_twice_registers_on_itself(self):
        """A real recording touches four corners of a block, each at least twice, for a fraction of
        a second: first visits are the image, second visits the patient. What remains is how well a
        hand finds a corner again."""
        session = data("sessions/plus/ReferenceToRASCalibration.igs.mha")
        brief = ["--hold", "0.13", "--samples", "3", "--radius", "1.5"]
        answer = json.loads(run("session", "pauses", session, *STYLUS, *brief, "--json").stdout)
        corners = []
        for number, pause in enumerate(answer["pauses"], 1):
            p = pause["mean_mm"]
            for corner in corners:
                if sum((a - b) ** 2 for a, b in zip(corner[0][1], p)) < 9.0:
                    corner.append((number, p))
                    break
            else:
                corners.append([(number, p)])
        self.assertEqual(len(corners), 4)
        self.assertTrue(all(len(visits) >= 2 for visits in corners))
        with tempfile.TemporaryDirectory() as folder:
            image = os.path.join(folder, "first.csv")
            with open(image, "w", encoding="utf-8") as file:
                for i, visits in enumerate(corners):
                    file.write(f"corner {i},{','.join(repr(v) for v in visits[0][1])}\n")
            second = ",".join(str(visits[1][0]) for visits in corners)
            registered = json.loads(run("register", "--image", image, "--points-from", session,
                                        *STYLUS, *brief, "--pick", second, "--json").stdout)
        print(f"FRE {registered['fre_mm']:.3f} mm over {len(corners)} corners")
        self.assertLess(registered["fre_mm"], 0.6)
        self.assertTrue(registered["accepted"], registered["refusals"])


if __name__ == "__main__":
    unittest.main()
