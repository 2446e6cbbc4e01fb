#!/usr/bin/env python3
"""`osteonav register` from files to verdict: good sets accepted, each known mistake refused."""
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

FIDUCIALS = {
    "S1 spine": (0, 0, 0), "PSIS L": (42, -18, -6), "PSIS R": (-40, -20, -5),
    "foramen L": (18, -35, 9), "foramen R": (-19, -34, 8), "cornu": (3, -88, -22),
}
TARGETS = {"S1": (0, -5, -20), "S3": (15, -55, -10), "S4": (-8, -75, -35), "nerve": (22, -10, -45)}
TRE = {"S1": 0.543649, "S3": 0.496320, "S4": 0.696420, "nerve": 0.730615}


def to_reference(p):
    c, s = math.cos(0.5), math.sin(0.5)
    x, y, z = p
    return (c * x + s * y + 100.0, -s * x + c * y - 40.0, z + 12.0)


class Register(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("image.csv", FIDUCIALS)
        self.write("targets.csv", TARGETS)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, points):
        with open(self.path(name), "w", encoding="utf-8") as file:
            for label, p in points.items():
                file.write(f"{label},{p[0]!r},{p[1]!r},{p[2]!r}\n")

    def run_verb(self, *arguments):
        return subprocess.run([OSTEONAV, "register", *arguments], capture_output=True, text=True,
                              timeout=60, check=False)

    def register(self, touched, *more):
        self.write("touched.csv", touched)
        result = self.run_verb("--image", self.path("image.csv"), "--tracker",
                               self.path("touched.csv"), "--targets", self.path("targets.csv"),
                               "--json", *more)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        answer = json.loads(result.stdout)
        self.assertEqual(answer["accepted"], result.returncode == 0)
        self.assertEqual(answer["accepted"], not answer["refusals"])
        return answer

    def codes(self, answer):
        return [refusal["code"] for refusal in answer["refusals"]]

    def good(self, noise=0.0):
        source = random.Random(4)
        return {label: tuple(v + source.gauss(0, noise) for v in to_reference(p))
                for label, p in FIDUCIALS.items()}

    def test_exact_landmarks_give_the_exact_transform_and_the_published_tre(self):
        answer = self.register(self.good())
        self.assertTrue(answer["accepted"])
        self.assertLess(answer["fre_mm"], 1e-9)
        matrix = answer["T_image_reference"]
        for p in FIDUCIALS.values():
            q = to_reference(p)
            for row in range(3):
                value = sum(matrix[4 * row + k] * q[k] for k in range(3)) + matrix[4 * row + 3]
                self.assertAlmostEqual(value, p[row], places=9)
        for target, expected in TRE.items():
            self.assertAlmostEqual(answer["tre_mm"][target], expected, delta=6e-7)
        self.assertEqual(len(answer["residuals_mm"]), len(FIDUCIALS))

    def test_each_known_mistake_is_refused_by_its_name(self):
        good = self.good(0.2)
        swapped = {**good, "PSIS L": good["PSIS R"], "PSIS R": good["PSIS L"]}
        moved = {**good, "cornu": tuple(v + d for v, d in zip(good["cornu"], (0, 7, 7)))}
        for points, code in (
                (swapped, "swapped-labels"),
                ({k: (-x, y, z) for k, (x, y, z) in good.items()}, "mirrored"),
                ({k: (x / 1e3, y / 1e3, z / 1e3) for k, (x, y, z) in good.items()}, "units"),
                (moved, "bad-landmark"),
                (dict(list(good.items())[:3]), "too-few")):
            answer = self.register(points)
            self.assertIn(code, self.codes(answer))
            self.assertTrue(all(r["text"] and r["suggestion"] for r in answer["refusals"]))
        self.assertEqual(self.register(swapped)["suggested_pairing"]["PSIS L"], "PSIS R")

    def test_the_limits_of_a_case_decide(self):
        good = self.good(0.2)
        self.assertTrue(self.register(good)["accepted"])
        for limits, code in (({"fle_mm": 0.1}, "fre"), ({"tre95_max_mm": 0.5}, "tre"),
                             ({"landmarks_min": 7}, "too-few"),
                             ({"scale_tolerance": 0.001}, None)):
            case = write_case(self.folder.name, limits)
            answer = self.register(good, "--case", case)
            self.assertEqual(self.codes(answer)[:1], [code] if code else [], limits)
        strict = write_case(self.folder.name, {"tre95_max_mm": 0.5})
        self.assertTrue(self.register(good, "--case", strict, "--max-tre95", "2")["accepted"])
        missing = self.run_verb("--image", self.path("image.csv"), "--tracker",
                                self.path("image.csv"), "--case", self.path("none.yaml"))
        self.assertEqual(missing.returncode, 1)
        self.assertIn("none.yaml", missing.stderr)

    def test_section_and_plots_are_written(self):
        section, plot = self.path("section.yaml"), self.path("plot.svg")
        self.register(self.good(0.2), "--section", section, "--plot", plot)
        text = pathlib.Path(section).read_text(encoding="utf-8")
        self.assertIn("registration:", text)
        self.assertNotIn("NOT ACCEPTED", text)
        drawing = pathlib.Path(plot).read_text(encoding="utf-8")
        for label in FIDUCIALS:
            self.assertIn(label, drawing)

    def test_usage_and_bad_files(self):
        self.assertEqual(self.run_verb("--help").returncode, 0)
        self.assertEqual(self.run_verb().returncode, 2)
        self.assertEqual(self.run_verb("--image", "a", "--tracker", "b", "--fle", "-1").returncode, 2)
        missing = self.run_verb("--image", self.path("none.csv"), "--tracker", "x.csv")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("none.csv", missing.stderr)
        self.write("other.csv", {"nowhere": (1, 2, 3)})
        unpaired = self.run_verb("--image", self.path("image.csv"), "--tracker",
                                 self.path("other.csv"))
        self.assertEqual(unpaired.returncode, 1)
        self.assertIn("nowhere", unpaired.stderr)


if __name__ == "__main__":
    unittest.main()
