#!/usr/bin/env python3
"""What people type wrong: one line on stderr that names it, exit code 2, nothing on stdout."""
import os
import pathlib
import subprocess
import tempfile
import unittest

OSTEONAV = pathlib.Path(os.environ["OSTEONAV_BIN"]) / "osteonav"
VERBS = ["case", "run", "replay", "scene", "display", "simulate", "phantom", "bench", "register", "igtl",
         "calibrate", "session", "train"]
SESSION_WORDS = ["annotate", "cut", "export", "import", "info", "list", "merge", "pauses"]
# The verbs whose programs need graphics are not built under the sanitizers.
PROGRAMS = {"display": "osteonav-display", "phantom": "osteonav-prepare",
            "bench": "osteonav-bench"}


def is_built(verb):
    return verb not in PROGRAMS or (OSTEONAV.parent / PROGRAMS[verb]).exists()


def run(*arguments):
    return subprocess.run([OSTEONAV, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)


class Usage(unittest.TestCase):
    def assert_wrong(self, arguments, *words):
        if not is_built(arguments[0]):
            return
        with self.subTest(arguments=arguments):
            answer = run(*arguments)
            self.assertEqual(answer.returncode, 2, answer.stderr)
            self.assertEqual(answer.stdout, "")
            self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)
            self.assertTrue(answer.stderr.startswith("osteonav"), answer.stderr)
            for word in words:
                self.assertIn(word, answer.stderr)

    def test_every_verb_explains_itself(self):
        overview = run("--help").stdout
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.assertIn(f"\n  {verb} ", overview)
                if not is_built(verb):
                    continue
                answer = run(verb, "--help")
                self.assertEqual(answer.returncode, 0)
                self.assertEqual(answer.stderr, "")
                self.assertTrue(answer.stdout.startswith(f"usage: osteonav {verb} "))
                self.assertEqual(run("help", verb).stdout, answer.stdout)
                for line in answer.stdout.splitlines():
                    self.assertLessEqual(len(line), 100, line)
                if verb != "igtl":
                    self.assertIn("--help", answer.stdout)
                    self.assertIn("xit codes: 0 ", answer.stdout)

    def test_help_by_other_names(self):
        for arguments in (["-h"], ["help"]):
            answer = run(*arguments)
            self.assertEqual((answer.returncode, answer.stdout), (0, run("--help").stdout))
        self.assert_wrong(["help", "nosuch"], "nosuch")
        self.assert_wrong(["rnu"], "rnu")

    def test_an_unknown_option_is_named(self):
        for arguments in (["run", "case.yaml"], ["scene"], ["display", "case.yaml"],
                          ["simulate", "surplus"], ["phantom"], ["bench", "latency"],
                          ["igtl", "dump", "file"], ["igtl", "probe", "host"],
                          ["igtl", "send", "host"], ["igtl", "listen"], ["case", "info"],
                          ["command", "status"], ["register"], ["calibrate", "pivot"],
                          *(["session", word] for word in SESSION_WORDS)):
            self.assert_wrong(arguments + ["--bogus"], "--bogus")
            self.assert_wrong(arguments + ["--bogus=1"], "--bogus")
        for arguments, option in ((["run", "case.yaml"], "--listen"), (["scene"], "--count"),
                                  (["display", "case.yaml"], "--view"),
                                  (["simulate"], "--rate"), (["phantom"], "--out"),
                                  (["bench", "latency"], "--runs"), (["case", "lock"], "--by"),
                                  (["command"], "--wait"), (["register"], "--image"),
                                  (["calibrate", "pivot"], "--tool"),
                                  (["session", "cut"], "--from"), (["session", "info"], "--rate")):
            self.assert_wrong(arguments + [option], option)
        for arguments in (["register"], ["calibrate"], ["case"], ["command"],
                          *(["session", word] for word in SESSION_WORDS)):
            self.assert_wrong(arguments + ["--json", "-xy"], "-x")
            self.assert_wrong(arguments + ["--json=3"], "--json=3")

    def test_an_option_without_effect_is_refused(self):
        self.assert_wrong(["scene", "--count", "3"], "--count", "--follow")

    def test_a_core_must_be_nameable(self):
        for name in ("", "a b", "../x", "n" * 33):
            self.assert_wrong(["run", "case.yaml", "--instance", name], "--instance")
            self.assert_wrong(["display", "case.yaml", "--instance", name], "--instance")

    def test_sizes_that_no_display_takes(self):
        for size in ("12", "0x0", "15x480", "7681x480", "640x4321", "640x480x2", "-1x5", "axb"):
            self.assert_wrong(["run", "case.yaml", "--offscreen", size], size)
            self.assert_wrong(["display", "case.yaml", "--offscreen", size], size)

    def test_which_case(self):
        self.assert_wrong(["run"], "CASE.yaml")
        self.assert_wrong(["display"], "CASE.yaml")
        self.assert_wrong(["run", "a.yaml", "b.yaml"], "b.yaml")
        self.assert_wrong(["display", "a.yaml", "b.yaml"], "b.yaml")
        self.assert_wrong(["bench"], "bench")
        self.assert_wrong(["phantom"], "--out")

    def test_nobody_listens(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "one.igs.mha")
            with open(path, "w", encoding="ascii") as file:
                file.write("ObjectType = Image\nNDims = 3\nDimSize = 0 0 1\n"
                           "Seq_Frame0000_ToolToTrackerTransform = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
                           "\nSeq_Frame0000_ToolToTrackerTransformStatus = OK\n"
                           "Seq_Frame0000_Timestamp = 1\nElementDataFile = LOCAL\n")
            answer = run("simulate", "--sequence", path, "--to", "127.0.0.1:1")
            self.assertEqual(answer.returncode, 1, answer.stderr)
            self.assertIn("start the receiver", answer.stderr)


if __name__ == "__main__":
    unittest.main()
