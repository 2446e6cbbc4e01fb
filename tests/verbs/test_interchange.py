#!/usr/bin/env python3
"""`osteonav session`: in and out of other programs' formats, cut, merged, annotated, listed."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"
DATA = pathlib.Path(os.environ.get("OSTEONAV_DATA") or os.environ["OSTEONAV_DATA_DEFAULT"])
PLUS = DATA / "sessions" / "plus"
STYLUS = ["--tool", "Stylus", "--reference", "Reference", "--tip", "0.857485,0.25183,79.097"]


def recording(name):
    path = PLUS / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            raise AssertionError(f"missing data file {path} (set OSTEONAV_DATA)")
        raise unittest.SkipTest(f"missing data file {path} (set OSTEONAV_DATA)")
    return str(path)


def run(*arguments, **more):
    return subprocess.run([OSTEONAV, "session", *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, check=False, **more)


def fields(path):
    """Every pose field of a sequence file, numbers as numbers."""
    found = {}
    head = pathlib.Path(path).read_bytes().split(b"ElementDataFile")[0].decode("latin1")
    for key, value in re.findall(r"^(Seq_Frame\d+_\S*(?:Transform|TransformStatus|imestamp))"
                                 r"\s*:?=\s*(.*?)\s*$", head, re.M):
        words = value.split()
        found[key] = [float(w) for w in words] if not key.endswith("Status") else words
    return found


class Interchange(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def good(self, *arguments):
        answer = run(*arguments, "--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual(answer.stderr, "")
        return json.loads(answer.stdout)

    def refused(self, code, words, *arguments):
        answer = run(*arguments)
        self.assertEqual(answer.returncode, code, answer.stderr)
        self.assertIn(words, answer.stderr)
        return answer

    def test_out_again_is_what_came_in(self):
        for name in sorted(os.listdir(PLUS)) if PLUS.exists() else []:
            if ".igs.mha" not in name:
                continue
            with self.subTest(name=name):
                session, out = self.path(name + ".session"), self.path(name)
                self.good("import", recording(name), session)
                self.good("export", session, out)
                before, after = fields(recording(name)), fields(out)
                self.assertEqual(before.keys(), after.keys())
                for key, value in before.items():
                    if key.endswith("imestamp"):
                        self.assertAlmostEqual(value[0], after[key][0], delta=1e-9)
                    elif key.endswith("Status"):
                        self.assertEqual(value, after[key])
                    else:
                        self.assertEqual(value[:12], after[key][:12])

    def test_a_tool_that_is_never_visible(self):
        session = self.path("n.session")
        imported = self.good("import", recording("NwirePhantomFreehand.igs.nrrd"), session)
        self.assertEqual((imported["rows"], imported["invalid"]), (291, 97))
        info = self.good("info", session)
        invalid = {d["device"]: d["invalid"] for d in info["devices"]}
        self.assertEqual(invalid, {"ProbeToTracker": 0, "ReferenceToTracker": 0,
                                   "StylusToTracker": 97})
        out = self.good("export", session, self.path("n.seq.mha"))
        self.assertEqual((out["format"], out["invalid"]), ("slicer-mha", 97))
        plain = run("export", session, self.path("n.seq.mha"))
        self.assertIn("3D Slicer will show them", plain.stdout)
        kept = self.good("export", session, self.path("v.csv"), "--valid-only")
        self.assertEqual(kept["rows"], 194)
        one = self.good("export", session, self.path("s.csv"), "--devices", "StylusToTracker")
        self.assertEqual((one["rows"], one["devices"]), (97, ["StylusToTracker"]))
        self.refused(1, "no device 'Stylus'", "export", session, self.path("x.csv"), "--devices",
                     "Stylus")

    def test_every_format_of_one_session(self):
        session = self.path("r.session")
        self.good("import", recording("ReferenceToRASCalibration.igs.mha"), session)
        for name in ("a.igs.mha", "a.igs.nrrd", "a.seq.mha", "a.csv", "a.ndi.csv", "a.mitk.csv"):
            with self.subTest(name=name):
                out = self.good("export", session, self.path(name))
                self.assertEqual(out["rows"], 186)
                back = self.good("import", self.path(name), self.path(name + ".session"))
                self.assertEqual(back["rows"], 186)
                info = self.good("info", self.path(name + ".session"))
                self.assertEqual(len(info["devices"]), 2)
                self.assertAlmostEqual(info["seconds"], 6.146, delta=0.001)
        renamed = self.good("import", self.path("a.mitk.csv"), self.path("named.session"),
                            "--rename", "Tool0=ReferenceToTracker", "--rename",
                            "Tool1=StylusToTracker")
        self.assertEqual(renamed["devices"], ["ReferenceToTracker", "StylusToTracker"])
        self.refused(1, "OLD=NEW", "import", self.path("a.mitk.csv"), self.path("z.session"),
                     "--rename", "Tool7=X")

    def test_cut_and_merge(self):
        long, part, other = self.path("w.session"), self.path("p.session"), self.path("o.session")
        self.good("import", recording("WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha"),
                  long)
        self.good("annotate", long, "--at", "6", "inside", "--author", "somebody")
        self.good("annotate", long, "--at", "1", "before")
        cut = self.good("cut", long, part, "--from", "5", "--to", "10")
        self.assertEqual(cut["annotations"], 1)
        info = self.good("info", part)
        self.assertAlmostEqual(info["seconds"], 5.0, delta=0.1)
        self.assertEqual(info["messages"], cut["messages"])
        self.assertIn("cut from session", info["origin"])
        notes = self.good("annotate", part)["annotations"]
        self.assertEqual([(n["text"], n["author"]) for n in notes], [("inside", "somebody")])
        self.assertAlmostEqual(notes[0]["at_s"], 1.0, delta=0.1)
        # The two halves of a session are the session.
        self.good("cut", long, self.path("h1.session"), "--to", "5")
        self.good("cut", long, self.path("h2.session"), "--from", "5")
        whole = self.good("merge", self.path("h1.session"), self.path("h2.session"), "--out",
                          self.path("both.session"), "--align", "clock")
        self.assertEqual(whole["messages"], self.good("info", long)["messages"])
        for name, session in (("a.csv", long), ("b.csv", self.path("both.session"))):
            self.good("export", session, self.path(name))
        self.assertEqual(pathlib.Path(self.path("a.csv")).read_bytes(),
                         pathlib.Path(self.path("b.csv")).read_bytes())
        self.good("import", recording("ReferenceToRASCalibration.igs.mha"), other)
        merged = self.good("merge", part, other, "--out", self.path("m.session"), "--align",
                           "start")
        self.assertEqual(merged["messages"], cut["messages"] + 186)
        self.assertAlmostEqual(self.good("info", self.path("m.session"))["seconds"], 6.146,
                               delta=0.1)
        self.refused(1, "is there already", "cut", long, part, "--from", "1")
        self.refused(1, "nothing was recorded", "cut", long, self.path("e.session"), "--from",
                     "100")
        self.refused(2, "--from must be before", "cut", long, self.path("e.session"), "--from", "2",
                     "--to", "1")
        self.refused(1, "wall clock", "merge", part, other, "--out", self.path("e.session"),
                     "--align", "utc")
        self.assertFalse(os.path.exists(self.path("e.session")))
        self.assertFalse(any(n.endswith(".part") for n in os.listdir(self.folder.name)))

    def test_list_and_notes(self):
        self.assertEqual(self.good("list", self.folder.name)["sessions"], [])
        self.good("import", recording("ReferenceToRASCalibration.igs.mha"), self.path("a.session"))
        listed = self.good("list", self.folder.name)["sessions"]
        self.assertEqual([s["file"] for s in listed], ["a.session"])
        self.assertTrue(listed[0]["ended"])
        self.refused(1, "ends after", "annotate", self.path("a.session"), "--at", "1:00", "late")
        pathlib.Path(self.path("b.session")).write_text("nothing", encoding="utf-8")
        self.assertEqual(run("list", self.folder.name).returncode, 1)
        self.refused(1, "", "list", self.path("none"))

    def test_pauses_and_registrations_take_sessions(self):
        source = recording("ReferenceToRASCalibration.igs.mha")
        session = self.path("r.session")
        self.good("import", source, session)
        brief = ["--hold", "0.5", "--radius", "1.5", "--samples", "5"]
        from_file = self.good("pauses", source, *STYLUS, *brief)
        from_session = self.good("pauses", session, *STYLUS, *brief)
        self.assertGreater(len(from_file["pauses"]), 0)
        self.assertEqual(from_file["pauses"], from_session["pauses"])
        self.refused(1, "no transform 'Pen'", "pauses", session, "--tool", "Pen")

    def test_default_names_and_refusals(self):
        source = recording("Prostate10_tracker.igs.mha")
        answer = run("import", source, cwd=self.folder.name)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertTrue(os.path.exists(self.path("Prostate10_tracker.session")))
        self.refused(1, "is there already", "import", source,
                     self.path("Prostate10_tracker.session"))
        self.refused(1, "is a session already", "import", self.path("Prostate10_tracker.session"))
        self.refused(1, "none.mha", "import", self.path("none.mha"))
        for arguments in (["import"], ["export", "a"], ["info"], ["list", "a", "b"], ["cut", "a", "b"],
                          ["merge", "a"], ["annotate"]):
            wrong = self.refused(2, "; see --help", *arguments)
            self.assertEqual(len(wrong.stderr.splitlines()), 1, wrong.stderr)
        self.refused(2, "no format", "export", source, self.path("x.doc"))
        self.refused(2, "what this option takes", "export", source, self.path("x.csv"), "--format",
                     "doc")
        damaged = self.path("half.mha")
        with open(source, "rb") as whole, open(damaged, "wb") as half:
            half.write(whole.read()[:1500])
        self.refused(1, "half.mha", "import", damaged, self.path("half.session"))
        self.assertFalse(os.path.exists(self.path("half.session")))
        self.refused(1, "not a session", "cut", source, self.path("x.session"), "--from", "1")


if __name__ == "__main__":
    unittest.main()
