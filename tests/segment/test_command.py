#!/usr/bin/env python3
"""`osteonav-prepare surfaces` from the command line to its files: names, report, refusals."""
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import time
import unittest

PREPARE = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav-prepare"
DATA = pathlib.Path(os.environ.get("OSTEONAV_DATA") or os.environ["OSTEONAV_DATA_DEFAULT"])
REAL = DATA / "volumes" / "totalsegmentator_pelvis_ct"


def real(name):
    path = REAL / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            raise AssertionError(f"missing data file {path} (set OSTEONAV_DATA)")
        raise unittest.SkipTest(f"missing data file {path} (set OSTEONAV_DATA)")
    return path


def seg_nrrd(path, notes, voxels, sizes=(4, 4, 4), layers=1, extra=b""):
    many = layers > 1
    head = b"NRRD0004\ntype: uchar\ndimension: %d\nspace: left-posterior-superior\n" % (4 if many else 3)
    head += b"sizes: " + (b"%d " % layers if many else b"") + b" ".join(b"%d" % s for s in sizes) + b"\n"
    head += b"space directions: " + (b"none " if many else b"") + b"(2,0,0) (0,2,0) (0,0,2)\n"
    head += b"kinds: " + (b"list " if many else b"") + b"domain domain domain\n"
    head += b"encoding: raw\nspace origin: (10,20,30)\n" + notes + b"\n"
    path.write_bytes(head + bytes(voxels) + extra)


def read_ply(path):
    content = path.read_bytes()
    head, body = content.split(b"end_header\n", 1)
    counts = {line.split()[1]: int(line.split()[2])
              for line in head.decode().splitlines() if line.startswith("element")}
    points = struct.unpack_from(f"<{3 * counts['vertex']}f", body)
    return head.decode(), counts, [points[i::3] for i in range(3)]


class Surfaces(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "models"

    def run_command(self, *arguments):
        return subprocess.run([PREPARE, "surfaces", *map(str, arguments)], capture_output=True,
                              text=True, timeout=100, check=False)

    def good(self, *arguments):
        answer = self.run_command(*arguments, "--out", self.out, "--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual(answer.stderr, "")
        return json.loads(answer.stdout)

    def refused(self, code, words, *arguments):
        answer = self.run_command(*arguments)
        self.assertEqual(answer.returncode, code, answer.stderr)
        self.assertIn(words, answer.stderr)
        self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)
        self.assertTrue(answer.stderr.startswith("osteonav-prepare surfaces: "), answer.stderr)
        self.assertEqual(answer.stdout, "")

    def small(self):
        """Two layers that overlap, in two names that would make one file."""
        path = self.folder / "s.seg.nrrd"
        notes = (b"Segment0_ID:=a\nSegment0_Name:=left/hip\nSegment0_LabelValue:=1\nSegment0_Layer:=0\n"
                 b"Segment0_Color:=1 0.5 0\nSegment0_Tags:=t:v|\n"
                 b"Segment1_ID:=b\nSegment1_Name:=left hip\nSegment1_LabelValue:=1\nSegment1_Layer:=1\n"
                 b"Segment2_ID:=c\nSegment2_Name:=nothing\nSegment2_LabelValue:=5\nSegment2_Layer:=1\n")
        inside = [(x < 3, x > 0) for _ in range(16) for x in range(4)]
        seg_nrrd(path, notes, [int(v) for pair in inside for v in pair], layers=2)
        return path

    def test_layers_names_and_report(self):
        report = self.good(self.small())
        self.assertEqual(report["layers"], 2)
        self.assertEqual(report["size"], [4, 4, 4])
        self.assertEqual(report["empty"], ["nothing"])
        first, second = report["structures"]
        self.assertEqual((first["name"], first["file"], first["colour"]),
                         ("left/hip", "left_hip.ply", "#ff8000"))
        self.assertEqual((second["name"], second["file"]), ("left hip", "left_hip_2.ply"))
        self.assertEqual((first["id"], first["tags"]), ("a", "t:v|"))
        for structure in (first, second):
            self.assertEqual(structure["voxels"], 48)
            self.assertAlmostEqual(structure["voxel_ml"], 0.384, 9)
            self.assertLess(abs(structure["difference_percent"]), 0.1)
            self.assertTrue(structure["closed"])
            self.assertEqual(structure["components"], 1)
            self.assertLess(0.0, structure["error_mean_mm"])
            self.assertLessEqual(structure["error_mean_mm"], structure["error_p95_mm"])
            self.assertLessEqual(structure["error_p95_mm"], structure["error_max_mm"])
            self.assertLessEqual(structure["triangles"], structure["triangles_before"])
        head, counts, (x, y, z) = read_ply(self.out / "left_hip.ply")
        self.assertIn("comment SPACE=LPS\n", head)
        self.assertIn("comment UNIT=mm\n", head)
        self.assertIn("comment NAME=left/hip\n", head)
        self.assertEqual((counts["face"], counts["vertex"]), (first["triangles"], first["points"]))
        self.assertAlmostEqual(min(x), 9, delta=1.0)
        self.assertAlmostEqual(max(x), 15, delta=1.0)
        self.assertAlmostEqual(min(y), 19, delta=1.0)
        self.assertAlmostEqual(max(z), 37, delta=1.0)

    def test_only_and_table(self):
        report = self.good(self.small(), "--only", "LEFT HIP,b")
        self.assertEqual([s["name"] for s in report["structures"]], ["left hip"])
        answer = self.run_command(self.small(), "--out", self.out)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("2 closed surfaces", answer.stdout)
        self.assertIn("1 names have no voxels", answer.stdout)

    def test_same_bytes_on_any_threads(self):
        path = self.small()
        one = self.good(path, "--threads", 1)
        first = {p.name: p.read_bytes() for p in self.out.iterdir()}
        three = self.good(path, "--threads", 3)
        self.assertEqual(one["structures"], three["structures"])
        self.assertEqual(first, {p.name: p.read_bytes() for p in self.out.iterdir()})

    def test_refusals(self):
        path = self.small()
        self.refused(2, "--out DIR is missing", path)
        self.refused(2, "which segmentation", "--out", self.out)
        self.refused(2, "unexpected argument 'more'", path, "more", "--out", self.out)
        self.refused(2, "--error 'x'", path, "--out", self.out, "--error", "x")
        self.refused(2, "--smoothing '1.5'", path, "--out", self.out, "--smoothing", "1.5")
        self.refused(2, "--threads '0'", path, "--out", self.out, "--threads", "0")
        self.refused(2, "no such option --colour", path, "--out", self.out, "--colour")
        self.refused(2, "a value must follow --names", path, "--out", self.out, "--names")
        self.refused(2, "leave --names away", path, "--out", self.out, "--threshold", "200",
                     "--names", "t.csv")
        self.refused(1, "'liver': there is no such structure", path, "--out", self.out, "--only", "liver")
        self.refused(1, "'nothing': it has no voxels", path, "--out", self.out, "--only", "nothing")
        self.refused(1, "no.nrrd", self.folder / "no.nrrd", "--out", self.out)
        table = self.folder / "t.csv"
        table.write_text("1,hip\n")
        self.refused(1, "names its segments itself", path, "--out", self.out, "--names", table)
        self.refused(1, "is no folder", path, "--out", table)
        seg_nrrd(path, b"Segment0_ID:=a\n", [1] * 64, extra=b"!")
        self.refused(1, "follow the last voxel", path, "--out", self.out)
        seg_nrrd(path, b"Segment0_ID:=a\n", [1] * 63)
        self.refused(1, "too short", path, "--out", self.out)
        self.assertFalse(self.out.exists())

    def test_real_label_map(self):
        labels, names = real("seg_total_117labels.nii.gz"), real("labels_total.csv")
        chosen = ("sacrum,hip_left,hip_right,iliac_artery_left,iliac_artery_right,iliac_vena_left,"
                  "iliac_vena_right,spinal_cord")
        start = time.monotonic()
        report = self.good(labels, "--names", names, "--only", chosen)
        seconds = time.monotonic() - start
        self.assertLess(seconds, 60)  # alone it takes a second
        self.assertLess(report["peak_mb"], 2048)
        self.assertEqual(len(report["structures"]), 8)
        self.assertEqual(report["mirrored"], False)
        for structure in report["structures"]:
            self.assertLess(abs(structure["difference_percent"]), 3.0)
            self.assertTrue((self.out / structure["file"]).exists())

    def test_mirrored_label_map(self):
        """The x axis of this file runs the other way: its structures lie where the file says."""
        report = self.good(real("dicom_J2K_seg.nii.gz"))
        self.assertEqual(report["mirrored"], True)
        self.assertTrue(all(s["closed"] for s in report["structures"]))

    def test_threshold(self):
        report = self.good(real("ct_3mm.nii.gz"), "--threshold", 200)
        self.assertEqual([s["name"] for s in report["structures"]], ["bone"])
        self.refused(1, "denser than 32000", real("ct_3mm.nii.gz"), "--threshold", 32000, "--out", self.out)


unittest.main()
