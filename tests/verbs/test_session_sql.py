#!/usr/bin/env python3
"""`osteonav session sql`, `check` and `repair` on a session that was imported."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"
ROWS = 3000


def run(*arguments):
    return subprocess.run([OSTEONAV, "session", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False)


class Sql(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        table = pathlib.Path(self.folder.name) / "stylus.csv"
        table.write_text("t,x,y,z,qx,qy,qz,qw\n" + "".join(
            f"{i * 0.01:.2f},{i % 7},2,{i},0,0,0,1\n" for i in range(ROWS)))
        self.session = pathlib.Path(self.folder.name) / "a.session"
        answer = run("import", table, self.session, "--device", "StylusToTracker", "--quiet")
        self.assertEqual(answer.returncode, 0, answer.stderr)

    def tearDown(self):
        self.folder.cleanup()

    def ask(self, question):
        answer = run("sql", self.session, question, "--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)["rows"]

    def test_poses_are_a_plain_table(self):
        self.assertEqual(self.ask("SELECT count(*), min(z), max(z) FROM poses"), [[ROWS, 0.0, ROWS - 1.0]])
        self.assertEqual(self.ask("SELECT device, x, y, valid FROM poses WHERE z = 5"),
                         [["StylusToTracker", 5.0, 2.0, 1]])
        gaps = self.ask("SELECT max(gap) FROM (SELECT at_s - lag(at_s) OVER (ORDER BY at_ns) AS gap FROM poses)")
        self.assertAlmostEqual(gaps[0][0], 0.01, places=6)

    def test_messages_and_the_files_own_tables(self):
        self.assertEqual(self.ask("SELECT type, count(*) FROM messages GROUP BY 1"), [["TRANSFORM", ROWS]])
        self.assertEqual(self.ask("SELECT messages FROM devices"), [[ROWS]])

    def test_forms_of_an_answer(self):
        answer = run("sql", self.session, "SELECT 1 AS a, 'x,\"y' AS b", "--csv")
        self.assertEqual(answer.stdout, 'a,b\n1,"x,""y"\n')
        answer = run("sql", self.session, "SELECT 12 AS number, 'word' AS text")
        self.assertEqual(answer.stdout.split(), ["number", "text", "12", "word"])

    def test_nothing_is_changed_and_errors_are_said(self):
        before = self.session.read_bytes()
        for question, word in (("DELETE FROM peers", "nothing that changes"), ("SELECT * FROM nosuch", "nosuch"),
                               ("SELEC", "syntax"), ("SELECT 1; SELECT 2", "one question"),
                               ("SELECT * FROM tips", "--case"),
                               (f"ATTACH '{self.folder.name}/other.db' AS other", "nothing that changes"),
                               ("PRAGMA journal_mode=DELETE", "nothing that changes"),
                               (f"VACUUM INTO '{self.folder.name}/other.db'", "nothing that changes")):
            answer = run("sql", self.session, question)
            self.assertEqual(answer.returncode, 1, question)
            self.assertIn(word, answer.stderr)
            self.assertEqual(answer.stdout, "")
        self.assertEqual(self.session.read_bytes(), before)

    def test_check_finds_and_repair_mends(self):
        self.assertEqual(run("check", self.session).returncode, 0)
        data = bytearray(self.session.read_bytes())
        at = data.rfind(b"ONB1") + 200
        data[at] ^= 1
        self.session.write_bytes(data)
        answer = run("check", self.session, "--json")
        self.assertEqual(answer.returncode, 1)
        report = json.loads(answer.stdout)
        self.assertFalse(report["clean"])
        self.assertGreater(report["damaged"], 0)
        answer = run("repair", self.session, "--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        report = json.loads(answer.stdout)
        self.assertTrue(report["changed"])
        self.assertTrue(pathlib.Path(report["kept"]).exists())
        self.assertEqual(run("check", self.session).returncode, 0)
        saved = self.ask("SELECT count(*) FROM poses")[0][0]
        self.assertEqual(saved, report["messages"])
        self.assertLess(saved, ROWS)
        self.assertEqual(self.ask("SELECT count(*) FROM gaps"), [[1]])


unittest.main()
