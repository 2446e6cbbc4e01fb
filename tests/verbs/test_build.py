#!/usr/bin/env python3
"""From foreign files to a locked case folder: built, checked, without the patient's name."""
import json
import os
import pathlib
import resource
import shutil
import stat
import struct
import unittest

import import_files as make
from test_import import BIN, Case, data_folder

NAMES = (b"ZYXWV", b"TESTPERSON", b"PID77665", b"zyxwv", b"testperson")


class Build(Case):
    def good(self, *arguments):
        result = self.case(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def bad(self, *arguments):
        result = self.case(*arguments)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        return result.stderr

    def model(self, name="sacrum.ply", low=(-50, -30, -20), high=(50, 30, 20)):
        return self.write(name, make.ply(*make.box(low, high)))

    def checked(self):
        return json.loads(self.good("check", self.at / "c", "--json"))

    def test_new_import_build_lock(self):
        self.good("new", self.at / "c", "--pseudonym", "CASE-01", "--name", 'A "first" case', "--reference",
                  "RefToTracker", "--tool", "Pointer=StylusToTracker")
        self.assertIn("models", self.bad("check", self.at / "c"))
        self.good("import", self.model(), "--case", self.at / "c")
        self.good("add", self.model("x.ply", (-5, -5, -5), (5, 5, 5)), "--case", self.at / "c", "--name", "Left S1 root",
                  "--role", "nerve", "--caution", "4", "--stop", "1.5")
        self.good("build", self.at / "c")
        case = self.checked()
        self.assertEqual(case["name"], 'A "first" case')
        self.assertEqual([(m["name"], m["role"]) for m in case["models"]], [("Sacrum", "bone"), ("Left S1 root", "nerve")])
        self.assertEqual(case["models"][1]["colour"], "#9a4ec9")
        self.assertIn("caution_mm: 4, stop_mm: 1.5", (self.at / "c/case.yaml").read_text())
        self.assertEqual(case["reference"], "RefToTracker")
        self.good("lock", self.at / "c", "--by", "Tester")
        self.assertTrue(json.loads(self.good("info", self.at / "c", "--json"))["locked"])
        self.assertIn("is locked", self.bad("build", self.at / "c"))
        with open(self.at / "c/models/sacrum.ply", "ab") as file:
            file.write(b"x")
        self.bad("check", self.at / "c")
        self.good("build", self.at / "c", "--replace")
        self.assertFalse((self.at / "c/case.lock").exists())

    def test_a_frame_that_is_assumed_cannot_be_locked(self):
        path = self.write("sacrum.obj", make.obj(*make.box((-0.05, -0.03, -0.02), (0.05, 0.03, 0.02))))
        self.good("new", self.at / "c", "--pseudonym", "CASE-01")
        self.bad("import", path, "--case", self.at / "c")
        said = self.good("import", path, "--case", self.at / "c", "--unit", "m", "--build")
        self.assertIn("assumed", said)
        self.assertTrue(any("LPS is assumed" in w["text"] for w in self.checked()["warnings"]))
        self.assertIn("--space LPS or --space RAS", self.bad("lock", self.at / "c"))
        self.assertFalse((self.at / "c/case.lock").exists())
        self.good("import", path, "--case", self.at / "c", "--unit", "m", "--space", "RAS", "--build", "--lock")
        self.assertFalse(any("assumed" in w["text"] for w in self.checked()["warnings"]))

    def test_one_command_from_real_files_to_a_locked_case(self):
        folder = data_folder() / "volumes/totalsegmentator_pelvis_ct"
        if not folder.exists() and os.environ.get("CI") != "true":
            self.skipTest(f"missing {folder}")
        self.good("import", folder / "ct_3mm.nii.gz", folder / "seg_total_117labels.nii.gz", "--names",
                  folder / "labels_total.csv", "--case", self.at / "c", "--pseudonym", "PELVIS-01", "--only",
                  "sacrum,hip*,iliac*,aorta,inferior*,spinal_cord,CT", "--build", "--lock")
        # Of all children: the readers too.
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, 2 << 20)
        case = self.checked()
        self.assertTrue(case["locked"])
        models = {m["name"]: m for m in case["models"]}
        self.assertEqual({n: m["role"] for n, m in models.items()},
                         {"Sacrum": "bone", "Left hip": "bone", "Right hip": "bone", "Aorta": "vessel",
                          "Inferior vena cava": "vessel", "Left iliac artery": "vessel", "Right iliac artery": "vessel",
                          "Left iliac vena": "vessel", "Right iliac vena": "vessel", "Spinal cord": "dura"})
        for name, voxels in (("Sacrum", 5884), ("Left hip", 13166), ("Spinal cord", 41.9 / 0.027)):
            surface = models[name]["surface"]
            self.assertTrue(surface["closed"] and not surface["inward"])
            self.assertLess(abs(surface["volume_mm3"] / (27.0 * voxels) - 1.0), 0.03)
        self.assertEqual(models["Left iliac vena"]["colour"], "#5878a0")
        self.assertGreater(models["Left hip"]["surface"]["min_mm"][0], models["Right hip"]["surface"]["min_mm"][0])
        self.assertEqual(case["volumes"][0]["modality"], "CT")

    def test_the_patients_name_is_nowhere_in_the_folder(self):
        make.series(self.at / "ZYXWV_TESTPERSON")
        self.write("ZYXWV_TESTPERSON/sacrum.ply", make.ply(*make.box((-30, -14, -8), (28, 12, 4))))
        self.good("import", self.at / "ZYXWV_TESTPERSON", "--case", self.at / "c", "--pseudonym", "CASE-02", "--build", "--lock")
        files = [p for p in (self.at / "c").rglob("*") if p.is_file()]
        self.assertGreaterEqual(len(files), 4)
        for path in files:
            content = path.read_bytes() + str(path.relative_to(self.at)).encode()
            for name in NAMES:
                self.assertNotIn(name, content, path)

    def test_a_name_that_names_the_patient_is_refused(self):
        make.series(self.at / "s")
        self.write("s/zyxwv_sacrum.ply", make.ply(*make.box()))
        self.assertIn("patient's name", self.bad("import", self.at / "s", "--case", self.at / "c", "--pseudonym", "CASE-03"))
        self.assertFalse((self.at / "c").exists())
        (self.at / "s/zyxwv_sacrum.ply").unlink()
        self.assertIn("pseudonym", self.bad("import", self.at / "s", "--case", self.at / "c", "--pseudonym", "PID77665"))

    def test_a_pseudonym_is_a_code(self):
        for word in ("Smith", "J. Smith 1", "", "A/1"):
            self.assertIn("code", self.bad("new", self.at / "c", "--pseudonym", word))
        self.assertFalse((self.at / "c").exists())

    def test_one_bad_file_and_nothing_is_entered(self):
        self.good("new", self.at / "c", "--pseudonym", "CASE-04")
        bad = self.write("bad.stl", b"solid x")
        self.assertIn("nothing was entered", self.bad("import", self.model(), bad, "--case", self.at / "c"))
        self.assertIn("sources: []", (self.at / "c.sources.yaml").read_text())

    def test_what_is_corrected_in_the_list_is_built(self):
        self.good("import", self.model("thing.ply"), "--case", self.at / "c", "--pseudonym", "CASE-05")
        path = self.at / "c.sources.yaml"
        text = path.read_text()
        self.assertIn('role: "other"', text)
        path.write_text(text.replace('name: "Thing"', 'name: "Sacrum"').replace('role: "other"', 'role: "bone"'))
        self.good("build", self.at / "c")
        self.assertEqual([(m["name"], m["role"]) for m in self.checked()["models"]], [("Sacrum", "bone")])
        self.assertEqual([p.name for p in (self.at / "c/models").iterdir()], ["sacrum.ply"])
        path.write_text(text.replace('name: "Thing"', 'nmae: "Thing"'))
        self.assertIn("nmae", self.bad("build", self.at / "c"))
        path.write_text(text.replace('becomes: "model"', 'becomes: "cut"'))
        self.bad("build", self.at / "c")

    def test_a_scene_becomes_a_case_with_a_placed_cut(self):
        """A plane drawn larger than the bone: its edge comes to the bone, its depth to the far cortex."""
        size = (100.0, 60.0, 40.0)
        scene = {"Data/a.ply": make.ply(*make.box()),
                 "Data/p.mrk.json": make.markups("Plane", "RAS", (), ((0, 0, 0), (0, 0, 1), (1, 0, 0), (80, 120)))}
        mrml = ('<MRML><Model id="M" name="Sacrum" references="storage:S"/><ModelStorage id="S" fileName="Data/a.ply"/>'
                '<MarkupsPlane id="P" name="S2" references="storage:Q"/><MarkupsPlaneStorage id="Q" '
                'fileName="Data/p.mrk.json"/></MRML>')
        for name, data in dict(scene, **{"s.mrml": mrml.encode()}).items():
            self.write(name, data)
        self.good("import", self.at / "s.mrml", "--case", self.at / "c", "--pseudonym", "CASE-06", "--build")
        cut = self.checked()["cuts"][0]
        self.near(cut["point_mm"], [0, 30, 0], 1e-3)  # posterior surface of the box
        self.near(cut["size_mm"], [80, 90], 1e-3)
        self.assertAlmostEqual(cut["depth_mm"], size[1], places=3)
        n, u = cut["normal"], cut["u"]
        v = [n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2], n[0] * u[1] - n[1] * u[0]]
        self.near(v, [0, -1, 0], 1e-6)
        self.good("import", self.at / "s.mrml", "--case", self.at / "c", "--entry", "left", "--build")
        cut = self.checked()["cuts"][0]
        self.near(cut["point_mm"], [40, 0, 0], 1e-3)  # the plane ends inside of the bone
        self.assertAlmostEqual(cut["depth_mm"], 80.0, places=3)

    def test_tools_and_landmarks_of_other_programs(self):
        xml = b"""<PlusConfiguration><DataCollection><Device Id="T" ToolReferenceFrame="Tracker"><DataSources>
<DataSource Type="Tool" Id="Reference"/><DataSource Type="Tool" Id="Stylus"/></DataSources></Device></DataCollection>
<CoordinateDefinitions><Transform From="StylusTip" To="Stylus" Matrix="1 0 0 0 0 1 0 0 0 0 1 -150 0 0 0 1"/>
</CoordinateDefinitions></PlusConfiguration>"""
        self.good("import", self.model(), self.write("plus.xml", xml),
                  self.write("p.fcsv", b"# CoordinateSystem = RAS\n# columns = label,x,y,z\nS1,-1,-2,3\n"),
                  "--case", self.at / "c", "--pseudonym", "CASE-07", "--build")
        case = self.checked()
        self.assertEqual(case["reference"], "ReferenceToTracker")
        self.assertEqual([(t["name"], t["device"], t["tip_mm"]) for t in case["tools"]], [("Stylus", "StylusToTracker", [0, 0, -150])])
        self.assertIn('name: "S1", position_mm: [1, 2, 3]', (self.at / "c/case.yaml").read_text())

    def test_sections_of_ones_own_stay(self):
        self.good("import", self.model(), "--case", self.at / "c", "--pseudonym", "CASE-08", "--build")
        path = self.at / "c/case.yaml"
        path.write_text(path.read_text() + "\n# my own\nlimits:\n  tick_ms: 10\n")
        before = path.read_text()
        self.good("build", self.at / "c")
        self.assertEqual(path.read_text(), before)
        self.assertEqual(self.checked()["limits"]["tick_ms"], 10)

    def test_a_line_becomes_a_path_when_told(self):
        ends = (("a", (10, 30, 5)), ("b", (-10, -10, 5)))
        for space in ("LPS", "RAS"):
            self.good("import", self.model(), self.write("Drill.mrk.json", make.markups("Line", space, ends)), "--case",
                      self.at / "c", "--pseudonym", "CASE-12", "--build")
            self.assertNotIn("cuts:", (self.at / "c/case.yaml").read_text().split("\ntools:")[0])
            sources = self.at / "c.sources.yaml"
            text = sources.read_text()
            before, line = text.rsplit('becomes: "nothing"', 1)
            sources.write_text(before + 'becomes: "cut"' + line)
            self.assertIn("a path of 44.7 mm", self.good("build", self.at / "c"))
            cut = self.checked()["cuts"][0]
            self.near(cut["point_mm"], [10, 30, 5], 1e-6)
            self.assertAlmostEqual(cut["depth_mm"], 2000 ** 0.5, places=6)
            n, u = cut["normal"], cut["u"]
            v = [n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2], n[0] * u[1] - n[1] * u[0]]
            self.near(v, [-20 / 2000 ** 0.5, -40 / 2000 ** 0.5, 0], 1e-6)
            for path in (*(self.at / "c").rglob("*"), sources):
                if path.is_file():
                    path.unlink()
        self.good("import", self.model(), self.write("Curve.mrk.json", make.markups("Curve", "LPS", (*ends, ends[0]))),
                  "--case", self.at / "d", "--pseudonym", "CASE-13")
        sources = self.at / "d.sources.yaml"
        sources.write_text(sources.read_text().replace('becomes: "nothing"', 'becomes: "cut"'))
        self.assertIn("neither a plane nor a line", self.bad("build", self.at / "d"))

    def test_a_build_that_is_refused_loses_nothing(self):
        self.write("Data/a.ply", make.ply(*make.box()))
        plane = make.markups("Plane", "LPS", (), ((0, 0, 0), (0, 0, 1), (1, 0, 0), (80, 120)))
        self.good("import", self.at / "Data/a.ply", self.write("S2.mrk.json", plane), "--case", self.at / "c",
                  "--pseudonym", "CASE-11", "--build")
        self.good("lock", self.at / "c")
        before = {path.name: path.read_bytes() for path in (self.at / "c").rglob("*") if path.is_file()}
        self.good("import", self.at / "S2.mrk.json", "--case", self.at / "c", "--kerf", "20")
        self.assertIn("case.built.yaml:", self.bad("build", self.at / "c", "--replace"))
        after = {path.name: path.read_bytes() for path in (self.at / "c").rglob("*") if path.is_file()}
        self.assertEqual(set(after) - set(before), {"case.built.yaml"})  # to be looked at
        after.pop("case.built.yaml")
        self.assertEqual(after, before)
        self.good("check", self.at / "c")
        self.good("import", self.at / "S2.mrk.json", "--case", self.at / "c", "--kerf", "2")
        self.good("build", self.at / "c", "--replace")
        self.assertFalse((self.at / "c/case.built.yaml").exists())
        self.assertFalse((self.at / "c/case.lock").exists())

    def test_a_case_on_paper_and_film(self):
        if not (BIN / "osteonav-review").exists():
            self.skipTest("built without graphics")
        self.write("Data/a.ply", make.ply(*make.box()))
        plane = make.markups("Plane", "LPS", (), ((0, 0, 0), (0, 0, 1), (1, 0, 0), (80, 120)))
        self.good("import", self.at / "Data/a.ply", self.write("S2.mrk.json", plane), "--case", self.at / "c",
                  "--pseudonym", "CASE-10", "--build")
        out = self.good("check", self.at / "c", "--sheet", self.at / "sheet.png")
        self.assertIn("far cortex", out)
        self.assertEqual(struct.unpack(">II", (self.at / "sheet.png").read_bytes()[16:24]), (1754, 1240))
        self.good("check", self.at / "c", "--json", "--sheet", self.at / "sheet.pdf")
        self.assertEqual((self.at / "sheet.pdf").read_bytes()[:5], b"%PDF-")
        self.good("show", self.at / "c", "--contact-sheet", self.at / "views.png")
        self.assertEqual((self.at / "views.png").read_bytes()[:4], b"\x89PNG")
        self.good("show", self.at / "c", "--turntable", self.at / "turn.mp4")
        self.assertEqual((self.at / "turn.mp4").read_bytes()[4:8], b"ftyp")
        self.bad("show", self.at / "c", "--contact-sheet", self.at / "none/views.png")
        self.bad("check", self.at / "c", "--sheet", self.at / "sheet.gif")

    def fake_reader(self, script):
        """A copy of osteonav whose osteonav-prepare is a script."""
        folder = self.at / "bin"
        folder.mkdir(exist_ok=True)
        shutil.copy(BIN / "osteonav", folder / "osteonav")
        fake = folder / "osteonav-prepare"
        fake.write_text("#!/bin/sh\nread request\n" + script)
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        return folder / "osteonav"

    def test_a_crash_of_the_reader_is_survived_and_the_file_named(self):
        reading = """echo '{"event": "reading", "file": "/x/hostile.dcm"}'\n"""
        source = """echo '{"event": "source", "file": "a", "kind": "mesh", "items": []}'\n"""
        rows = [("kill -SEGV $$", "crash"), ("kill -XCPU $$", "too long"), ("exit 3", "code 3"), ("echo '{\"event\": '", ""),
                ("echo '{\"event\": \"made\", \"bytes\": 1000}'; printf abc", "")]
        for script, words in rows:
            for before in (reading, reading + source):
                with self.subTest(script=script):
                    program = self.fake_reader(before + script + "\n")
                    result = self.case("import", self.model(), "--case", self.at / "c", "--pseudonym", "CASE-09", program=program)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn("/x/hostile.dcm", result.stderr)
                    self.assertIn(words, result.stderr)
                    self.assertFalse((self.at / "c").exists())

    def test_memory_is_bounded(self):
        """A header that promises much takes no memory for it."""
        path = self.write("a.nrrd", make.nrrd(b"", (1300, 1300, 140)))
        self.assertIn("short", self.refused(path))


if __name__ == "__main__":
    unittest.main()
