#!/usr/bin/env python3
"""An MR beside a CT: given, estimated, refused; and what was drawn on it goes with it."""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

import import_files as make
from test_import import BIN, Case, data_folder

TOOLS = pathlib.Path(BIN).parent / "tests"
CT = data_folder() / "volumes/totalsegmentator_pelvis_ct/ct_3mm.nii.gz"


def tfm(matrix, scale=1.0):
    """ITK's text file of 16 numbers by rows: y = M x, LPS."""
    numbers = [matrix[4 * r + c] * scale for r in range(3) for c in range(3)] + [matrix[4 * r + 3] for r in range(3)]
    return ("#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: " +
            " ".join(map(repr, numbers)) + "\nFixedParameters: 0 0 0\n").encode()


def inverse(m):
    """Of a rigid one."""
    rotation = [[m[4 * c + r] for c in range(3)] for r in range(3)]
    shift = [-sum(rotation[r][k] * m[4 * k + 3] for k in range(3)) for r in range(3)]
    return [v for r in range(3) for v in (*rotation[r], shift[r])] + [0.0, 0.0, 0.0, 1.0]


def apply(m, p):
    return [sum(m[4 * r + k] * p[k] for k in range(3)) + m[4 * r + 3] for r in range(3)]


class Mr(Case):
    def good(self, *arguments):
        result = self.case(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def bad(self, *arguments):
        result = self.case(*arguments)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        return result.stderr

    def checked(self):
        return json.loads(self.good("check", self.at / "c", "--json"))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not CT.exists() and os.environ.get("CI") != "true":
            raise unittest.SkipTest(f"missing {CT}")
        cls.made = pathlib.Path(tempfile.mkdtemp())
        said = subprocess.run([TOOLS / "make_mr", CT, cls.made / "t2.nrrd"], check=True, capture_output=True, text=True)
        cls.T_mr_ct = list(map(float, said.stdout.split()))
        subprocess.run([TOOLS / "make_mr", CT, cls.made / "noise.nrrd", "noise"], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.made)

    def start(self):
        """A case with the CT and a block of bone in it."""
        block = self.write("sacrum.ply", make.ply(*make.box((-60, -200, 180), (60, -120, 260))))
        self.good("import", CT, block, "--case", self.at / "c", "--pseudonym", "MR-01")

    def add(self, *arguments, file="t2.nrrd"):
        self.good("add", self.made / file, "--case", self.at / "c", "--name", "T2", "--role", "mr", *arguments)

    def far(self, matrix):
        """The farthest that the corners of the pelvis land from where they are."""
        corners = [(x, y, z) for x in (-140, 140) for y in (-230, -70) for z in (130, 350)]
        return max(sum((a - b) ** 2 for a, b in zip(apply(matrix, apply(self.T_mr_ct, p)), p)) ** 0.5 for p in corners)

    def volume(self):
        return next(v for v in self.checked()["volumes"] if v["name"] == "T2")

    def test_estimated(self):
        self.start()
        self.add()
        text = (self.at / "c.sources.yaml").read_text()
        self.assertIn('to: "CT", transform: "estimate"', text)
        drawn = self.write("root.ply", make.ply(*make.box((-5, -165, 235), (5, -155, 245))))
        self.good("add", drawn, "--case", self.at / "c", "--name", "S1 root", "--role", "nerve", "--with", "T2")
        said = self.good("build", self.at / "c", "--by", "Engineer")
        self.assertIn("estimated by mutual information", said)
        self.assertIn("6 of 6 searches", said)
        volume = self.volume()
        alignment = volume["alignment"]
        self.assertLess(self.far(alignment["T_image_scan"]), 0.5)
        self.assertEqual((alignment["to"], alignment["origin"], alignment["by"]), ("CT", "estimated", "Engineer"))
        self.assertGreater(alignment["information"], 5 * alignment["information_start"])
        # The file itself lies in the CT's frame: its middle shows what was in the middle of the MR.
        place = [sum(volume["T_image_voxel"][4 * r + k] * v for k, v in enumerate((63.5, 59.5, 31.5))) +
                 volume["T_image_voxel"][4 * r + 3] for r in range(3)]
        for found, truth in zip(place, (-4.0, -150.0, 240.0)):
            self.assertAlmostEqual(found, truth, delta=0.5)
        # What was drawn on the MR went with it.
        vertices = (self.at / "c/models/s1_root.ply").read_bytes().split(b"end_header\n")[1]
        first = struct.unpack("<3f", vertices[:12])
        for found, truth in zip(first, apply(alignment["T_image_scan"], (-5, -165, 235))):
            self.assertAlmostEqual(found, truth, delta=1e-3)
        self.assertTrue(any("by eye" in w["text"] for w in self.checked()["warnings"]), self.checked()["warnings"])
        self.good("lock", self.at / "c")
        data = (self.at / "c/case.yaml").read_text()
        (self.at / "c/case.yaml").write_text(data.replace("origin: estimated", "origin: given"))
        self.assertIn("has changed", self.bad("check", self.at / "c"))

    def test_by_one_import(self):
        block = self.write("sacrum.ply", make.ply(*make.box((-60, -200, 180), (60, -120, 260))))
        given = self.write("ct_to_mr.tfm", tfm(self.T_mr_ct))
        arguments = ("import", CT, self.made / "t2.nrrd", block, "--case", self.at / "c", "--pseudonym", "MR-01",
                     "--transform", given, "--build", "--lock")
        self.assertIn("nothing in these files is called so", self.bad(*arguments, "--role", "t1=mr"))
        self.good(*arguments, "--role", "t2=mr")
        self.assertEqual([(v["name"], v["modality"]) for v in self.checked()["volumes"]], [("CT", "CT"), ("MR", "MR")])

    def test_nothing_to_see_is_refused(self):
        self.start()
        self.add(file="noise.nrrd")
        said = self.bad("build", self.at / "c")
        self.assertIn("tell nothing of each other", said)
        self.assertIn("--transform", said)

    def test_given_in_both_directions(self):
        ct_to_mr = self.write("ct_to_mr.tfm", tfm(self.T_mr_ct))
        mr_to_ct = self.write("mr_to_ct.tfm", tfm(inverse(self.T_mr_ct)))
        for path, arguments in ((ct_to_mr, ()), (mr_to_ct, ("--maps", "mr-to-ct"))):
            self.start()
            self.add("--transform", path, *arguments)
            self.assertIn("by the transform given", self.good("build", self.at / "c"))
            alignment = self.volume()["alignment"]
            self.assertEqual(alignment["origin"], "given")
            self.assertLess(self.far(alignment["T_image_scan"]), 1e-6)
            self.assertLess(alignment["refined_mm"], 1.0)
            shutil.rmtree(self.at / "c")
            (self.at / "c.sources.yaml").unlink()

    def test_given_wrongly_is_refused(self):
        flip = [-1, -1, 1, 1]
        ras = [v * flip[i // 4] * flip[i % 4] for i, v in enumerate(self.T_mr_ct)]
        rows = [("inverse", tfm(inverse(self.T_mr_ct)), "the other way round"), ("ras", tfm(ras), "RAS"),
                ("scaled", tfm(self.T_mr_ct, 1.1), "not rigid"), ("cut", tfm(self.T_mr_ct)[:150], "")]
        self.start()
        for name, content, words in rows:
            with self.subTest(name):
                self.add("--transform", self.write(name + ".tfm", content))
                self.assertIn(words, self.bad("build", self.at / "c"))
        self.add("--transform", "same-frame")
        self.assertIn("beside this transform", self.bad("build", self.at / "c"))
        self.add("--to", "PET")
        self.assertIn("'PET'", self.bad("build", self.at / "c"))


if __name__ == "__main__":
    unittest.main()
