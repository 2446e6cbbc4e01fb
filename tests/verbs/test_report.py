#!/usr/bin/env python3
"""`osteonav report`: a cut through a block, recorded, and what the report says of it."""
import csv
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from small_case import CORNERS, TRIANGLES, write_case

OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"
OFFSET_MM = 1.0
HALF_KERF_MM = 0.75


def run(*arguments):
    return subprocess.run([OSTEONAV, *arguments], capture_output=True, text=True, timeout=120,
                          check=False)


def write_nerve(path):
    """A small box beside the cut, 12 mm off its plane."""
    with open(path, "w", encoding="ascii") as file:
        file.write("solid nerve\n")
        for triangle in TRIANGLES:
            file.write("facet normal 0 0 0\nouter loop\n")
            for corner in triangle:
                x, y, z = CORNERS[corner]
                file.write(f"vertex {0.1 * x} {15 + 0.1 * y} {40 + 0.1 * z}\n")
            file.write("endloop\nendfacet\n")
        file.write("endsolid nerve\n")


def write_operation(folder):
    """A block of bone with a blade, a cut down its middle and a script that cuts beside it."""
    path = write_case(folder, {})
    write_nerve(os.path.join(folder, "nerve.stl"))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text.replace("limits:\n", "").replace(
        "role: bone}\n", "role: bone}\n  - {file: nerve.stl, name: Nerve, role: nerve}\n")
    text += ("  - {name: Blade, device: BladeToTracker, tip_mm: [0, 0, -150], axis: [0, 0, -1], "
             "geometry: {shape: blade, length_mm: 120, width_mm: 20, thickness_mm: 1.5, "
             "up: [0, 1, 0]}}\n"
             "registration: {source: test, matrix: "
             "[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}\n"
             "cuts:\n  - {name: 'Cut <1> & \"last\"', point_mm: [0, 0, 50], normal: [0, 1, 0], "
             "u: [1, 0, 0], size_mm: [16, 24], depth_mm: 20}\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    script = os.path.join(folder, "script.yaml")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"version: 1\ncase: {path}\ntool: Blade\ncamera_moves: false\n"
                   "actions:\n  - {do: cut, cut: 'Cut <1> & \"last\"', feed_mm_s: 8, "
                   f"offset_mm: {OFFSET_MM}}}\n")
    return path, script


def start_core(case, instance, sessions):
    """A core that records; the process and its address."""
    ready = os.path.join(sessions, "ready")
    core = subprocess.Popen(
        [OSTEONAV, "run", case, "--instance", instance, "--mode", "simulation", "--record",
         sessions, "--no-display", "--listen", "127.0.0.1:0", "--ready-file", ready],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while not (os.path.exists(ready) and os.path.getsize(ready)):
        assert time.monotonic() < end and core.poll() is None, "the core did not start"
        time.sleep(0.05)
    with open(ready, encoding="ascii") as file:
        return core, file.read().strip()


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.case, cls.script = write_operation(cls.folder)
        cls.instance = f"report-test-{os.getpid()}"
        cls.sessions = os.path.join(cls.folder, "sessions")
        os.mkdir(cls.sessions)
        core, address = start_core(cls.case, cls.instance, cls.sessions)
        try:
            command = run("command", "--instance", cls.instance, "cut", "activate",
                          'Cut <1> & "last"')
            assert command.returncode == 0, command.stdout + command.stderr
            simulated = run("simulate", "--script", cls.script, "--to", address, "--quiet")
            assert simulated.returncode == 0, simulated.stderr
            time.sleep(0.3)
            cls.live = run("report", "--live", "--instance", cls.instance, "--out",
                           os.path.join(cls.folder, "live"), "--sessions", cls.sessions,
                           "--no-pictures", "--no-pdf", "--quiet")
            # as of a core that does not record: its session is not where it is looked for
            cls.moment = run("report", "--live", "--instance", cls.instance, "--out",
                             os.path.join(cls.folder, "moment"), "--sessions", cls.folder,
                             "--case", cls.case, "--no-pictures", "--no-pdf", "--quiet")
            other = os.path.join(cls.folder, "other")
            os.mkdir(other)
            cls.other_case, _ = write_operation(other)
            with open(cls.other_case, "a", encoding="utf-8") as file:
                file.write("# changed\n")
            cls.live_other = run("report", "--live", "--instance", cls.instance, "--out",
                                 os.path.join(cls.folder, "no"), "--case", cls.other_case,
                                 "--no-pictures", "--no-pdf", "--quiet")
        finally:
            core.send_signal(signal.SIGTERM)
            core.wait(30)
        cls.session = str(next(pathlib.Path(cls.sessions).glob("*.session")))
        cls.out = os.path.join(cls.folder, "out")
        cls.answer = run("report", cls.session, "--out", cls.out, "--no-pictures", "--no-pdf",
                         "--json", "--quiet")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def expect_the_cut(self, cut):
        self.assertEqual(cut["name"], 'Cut <1> & "last"')
        self.assertGreater(cut["coverage"], 0.8)
        # the margin-side face is not stated: the blade's middle plane counts, or one of its faces
        self.assertLess(abs(cut["mean_deviation_mm"] - OFFSET_MM), HALF_KERF_MM + 0.3)
        self.assertLess(cut["angle_deg"], 1.5)
        self.assertGreaterEqual(cut["location_mm"], abs(cut["mean_deviation_mm"]))

    def test_the_session_s_report_tells_the_cut(self):
        self.assertEqual(self.answer.returncode, 0, self.answer.stderr)
        numbers = json.loads(self.answer.stdout)
        with open(os.path.join(self.out, "report.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), numbers)
        self.assertEqual(numbers["mode"], "simulation")
        self.assertTrue(numbers["verified"])
        self.assertEqual(len(numbers["cuts"]), 1)
        self.expect_the_cut(numbers["cuts"][0])
        cells = numbers["cuts"][0]["map"]["cells"]
        cut = [c for c in cells if c > numbers["cuts"][0]["map"]["uncut"]]
        self.assertLess(abs(sum(cut) / len(cut) * 0.01
                            - numbers["cuts"][0]["mean_deviation_mm"]), 0.05)
        self.assertGreater(numbers["latency"]["measured"], 50)
        self.assertEqual(numbers["structures"][0]["name"], "Bone")
        self.assertLess(numbers["structures"][0]["least_mm"], -5)
        self.assertTrue(any(v["trust"] != "withheld" for v in numbers["verdicts"]))

    def test_the_page_stands_alone_and_nothing_in_it_is_markup(self):
        with open(os.path.join(self.out, "report.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertIn("Cut &lt;1&gt; &amp; &quot;last&quot;", page)
        self.assertNotIn("<1>", page)
        for reference in ("src='http", "href=", "url(", "<script", "@import"):
            self.assertNotIn(reference, page)
        self.assertIn("<svg", page)

    def test_tables_are_as_the_json(self):
        cut = json.loads(self.answer.stdout)["cuts"][0]
        with open(os.path.join(self.out, "cuts.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(rows[0]["cut"], cut["name"])
        self.assertAlmostEqual(float(rows[0]["location_mm"]), cut["location_mm"], places=3)
        for key in ("mean_deviation_sd_mm", "angle_sd_deg"):
            self.assertAlmostEqual(float(rows[0][key]), cut[key], places=3)
        self.assertEqual((rows[0]["margin_sd_mm"], rows[0]["withheld"]), ("", ""))  # no tumour
        with open(os.path.join(self.out, "margins.csv"), encoding="utf-8", newline="") as file:
            margin = next(csv.DictReader(file))
        self.assertAlmostEqual(float(margin["sd_mm"]), cut["margins"][0]["sd_mm"], places=3)
        with open(os.path.join(self.out, "series.csv"), encoding="utf-8", newline="") as file:
            self.assertGreater(len(list(csv.DictReader(file))), 10)

    def test_numbers_are_told_with_their_doubt(self):
        cut = json.loads(self.answer.stdout)["cuts"][0]
        self.assertTrue(0 < cut["mean_deviation_sd_mm"] <= 0.15)
        self.assertTrue(0 < cut["angle_sd_deg"] <= 0.3)
        self.assertTrue(0 < cut["margins"][0]["sd_mm"] <= 0.25)
        self.assertIsNone(cut["margin_sd_mm"])
        self.assertIsNone(cut["withheld"])
        self.assertIn(f"{cut['angle_deg']:.2f} \u00b1 {cut['angle_sd_deg']:.2f}<",
                      self.read("out", "report.html"))
        moment = self.read("moment", "report.json")["cuts"][0]
        self.assertIsNone(moment["angle_sd_deg"])
        self.assertIsNone(moment["margins"][0]["sd_mm"])
        self.assertIsNone(moment["withheld"])

    def read(self, folder, name):
        with open(os.path.join(self.folder, folder, name), encoding="utf-8") as file:
            return json.load(file) if name.endswith(".json") else file.read()

    def test_a_running_core_tells_the_same(self):
        self.assertEqual(self.live.returncode, 0, self.live.stderr)
        numbers = self.read("live", "report.json")
        self.assertTrue(numbers["live"] and numbers["recorded"] and numbers["verified"])
        self.expect_the_cut(numbers["cuts"][0])
        self.assertEqual([m["structure"] for m in numbers["cuts"][0]["margins"]],
                         [m["structure"] for m in
                          json.loads(self.answer.stdout)["cuts"][0]["margins"]])
        self.assertGreater(self.read("live", "series.csv").count("\n"), 10)
        page = self.read("live", "report.html")
        self.assertIn("Not over.", page)
        self.assertIn("<b>Simulation.</b>", page)
        self.assertNotIn("Not verified.", page)

    def test_a_core_that_does_not_record_tells_this_moment(self):
        self.assertEqual(self.moment.returncode, 0, self.moment.stderr)
        numbers = self.read("moment", "report.json")
        self.assertTrue(numbers["live"])
        self.assertFalse(numbers["recorded"])
        self.expect_the_cut(numbers["cuts"][0])
        self.assertIsNotNone(numbers["cuts"][0]["map"])
        whole = json.loads(self.answer.stdout)["cuts"][0]["margins"]
        margins = numbers["cuts"][0]["margins"]
        self.assertEqual([m["structure"] for m in margins], ["Nerve"])
        self.assertEqual(len(whole), 1)
        for ours, theirs in zip(margins, whole):
            self.assertAlmostEqual(ours["planned_mm"], theirs["planned_mm"], places=6)
            self.assertAlmostEqual(ours["achieved_mm"], theirs["achieved_mm"], delta=0.05)
        self.assertIn("One moment.", self.read("moment", "report.html"))

    def test_what_is_not_registered_is_not_counted(self):
        """The same hand in the same bone, and nobody has said where the patient is."""
        folder = os.path.join(self.folder, "unregistered")
        os.mkdir(folder)
        case, script = write_operation(folder)
        blind = os.path.join(folder, "blind.yaml")
        with open(case, encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("registration:")]
        with open(blind, "w", encoding="utf-8") as file:
            file.writelines(lines)
        instance = self.instance + "-blind"
        core, address = start_core(blind, instance, folder)
        try:
            command = run("command", "--instance", instance, "cut", "activate",
                          'Cut <1> & "last"')
            self.assertEqual(command.returncode, 0, command.stdout)
            simulated = run("simulate", "--script", script, "--to", address, "--quiet")
            self.assertEqual(simulated.returncode, 0, simulated.stderr)
        finally:
            core.send_signal(signal.SIGTERM)
            core.wait(30)
        session = str(next(pathlib.Path(folder).glob("*.session")))
        answer = run("report", session, "--out", os.path.join(folder, "out"), "--no-pictures",
                     "--no-pdf", "--json", "--quiet")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        numbers = json.loads(answer.stdout)
        self.assertEqual(numbers["cuts"][0]["state"], "active")
        self.assertEqual(numbers["cuts"][0]["coverage"], 0)
        self.assertEqual(numbers["cuts"][0]["cutting_s"], 0)
        self.assertIsNone(numbers["structures"][1]["least_mm"])
        self.assertEqual(numbers["latency"]["measured"], 0)
        self.assertEqual({v["trust"] for v in numbers["verdicts"]}, {"withheld"})

    def expect_refused(self, answer, folder):
        self.assertEqual(answer.returncode, 1)
        self.assertIn("not the case that was operated on", answer.stderr)
        self.assertFalse(os.path.exists(os.path.join(folder, "report.json")))

    def test_another_case_is_refused(self):
        out = os.path.join(self.folder, "no")
        self.expect_refused(self.live_other, out)
        self.expect_refused(run("report", self.session, "--case", self.other_case, "--out", out,
                                "--no-pictures", "--no-pdf", "--quiet"), out)

    def test_what_cannot_be_reproduced_is_not_verified(self):
        damaged = os.path.join(self.folder, "damaged.session")
        shutil.copy(self.session, damaged)
        with sqlite3.connect(damaged) as database:
            number, data = database.execute(
                "SELECT rowid, data FROM blocks ORDER BY rowid DESC LIMIT 1").fetchone()
            data = bytearray(data)
            data[len(data) // 2] ^= 1
            database.execute("UPDATE blocks SET data = ? WHERE rowid = ?", (bytes(data), number))
        database.close()
        out = os.path.join(self.folder, "damaged")
        answer = run("report", damaged, "--out", out, "--no-pictures", "--no-pdf", "--quiet")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertFalse(self.read("damaged", "report.json")["verified"])
        self.assertIn("<b>Not verified.</b>", self.read("damaged", "report.html"))
        self.assertNotIn("Not verified.", self.read("out", "report.html"))

    def cells_cut(self, instance):
        answer = run("report", "--live", "--instance", instance, "--out",
                     os.path.join(self.folder, "cells"), "--no-pictures", "--no-pdf", "--json",
                     "--quiet")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        found = json.loads(answer.stdout)["cuts"][0]["map"]
        return 0 if found is None else sum(cell > found["uncut"] for cell in found["cells"])

    def test_a_replay_is_marked(self):
        instance = f"report-replay-{os.getpid()}"
        replay = subprocess.Popen(
            [OSTEONAV, "replay", self.session, "--instance", instance, "--paused", "--from",
             "7"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        out = os.path.join(self.folder, "replayed")
        try:
            end = time.monotonic() + 60
            answer = None
            while answer is None or (answer.returncode != 0 and time.monotonic() < end):
                self.assertIsNone(replay.poll())
                time.sleep(0.2)
                answer = run("report", "--live", "--instance", instance, "--out", out,
                             "--no-pictures", "--no-pdf", "--quiet")
            time.sleep(0.5)
            shown = self.cells_cut(instance)
            seek = run("command", "--instance", instance, "replay", "seek", "to=0.5")
            self.assertEqual(seek.returncode, 0, seek.stderr)
            time.sleep(0.5)
            before = self.cells_cut(instance)
        finally:
            replay.send_signal(signal.SIGTERM)
            replay.wait(30)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual(self.read("replayed", "report.json")["mode"], "replay")
        # what was cut is seen in a replay as well, and not before it was
        self.assertGreater(shown, 200)
        self.assertEqual(before, 0)
        self.assertIn("<b>Replay.</b>", self.read("replayed", "report.html"))

    def test_the_pdf_is_one(self):
        if shutil.which("weasyprint") is None:
            self.skipTest("weasyprint is not installed")
        out = os.path.join(self.folder, "paper")
        answer = run("report", self.session, "--out", out, "--no-pictures", "--quiet")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        with open(os.path.join(out, "report.pdf"), "rb") as file:
            self.assertEqual(file.read(5), b"%PDF-")

    def test_what_cannot_be_is_told_in_one_line(self):
        for arguments, code, words in (
                (["--out", "x"], 2, "one SESSION"),
                ([self.session], 2, "--out DIR"),
                (["--live", self.session, "--out", "x"], 2, "one SESSION"),
                (["/nowhere.session", "--out", self.folder], 1, "/nowhere.session"),
                (["--live", "--instance", "nobody-is", "--out", self.folder], 1, "nobody-is"),
                ([self.session, "--out", "/proc/nowhere", "--no-pictures", "--no-pdf", "--quiet"],
                 1, "/proc/nowhere")):
            answer = run("report", *arguments)
            self.assertEqual(answer.returncode, code, arguments)
            self.assertIn(words, answer.stderr)
            self.assertEqual(answer.stderr.count("\n"), 1, answer.stderr)
        self.assertIn("--live", run("report", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
