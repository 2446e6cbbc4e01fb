#!/usr/bin/env python3
"""The verbs of cameras from the command line to their files, on published pictures and on pictures
of a scene whose truth is known."""
import csv
import json
import math
import os
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ["OSTEONAV_BIN"])
PHOTOGRAPH = os.environ["CAMERA_PHOTOGRAPH"]
DATA = pathlib.Path(os.environ.get("OSTEONAV_DATA") or os.environ["OSTEONAV_DATA_DEFAULT"])
BOARD = "charuco:8x6:25:19:DICT_5X5_100"
DELAY_MS = 60  # of photograph.c
CAMERA_IN_MARKER_MM = (35, -12, 80)


def data(name):
    path = DATA / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            raise AssertionError(f"missing data file {path} (set OSTEONAV_DATA)")
        raise unittest.SkipTest(f"missing data file {path} (set OSTEONAV_DATA)")
    return str(path)


def osteonav(*arguments):
    return subprocess.run([BIN / "osteonav", *arguments], capture_output=True, text=True,
                          timeout=120, check=False)


def read_poses(path):
    """(position, quaternion w x y z) of each line."""
    with open(path, encoding="utf-8") as file:
        return [([float(row[k]) for k in "xyz"], [float(row["q" + k]) for k in "wxyz"])
                for row in csv.DictReader(file)]


def rotation(q):
    w, x, y, z = q
    return [[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]]


class Scenes(unittest.TestCase):
    """Each kind of pictures is taken once."""
    folder = None
    taken = {}

    @classmethod
    def setUpClass(cls):
        if Scenes.folder is None:
            Scenes.folder = tempfile.TemporaryDirectory()
            unittest.addModuleCleanup(Scenes.folder.cleanup)

    def path(self, name):
        return os.path.join(Scenes.folder.name, name)

    def scene(self, kind):
        if kind not in Scenes.taken:
            folder = self.path(kind)
            os.mkdir(folder)
            subprocess.run([PHOTOGRAPH, kind, folder], check=True, timeout=120)
            Scenes.taken[kind] = folder
        return Scenes.taken[kind]

    def against_tracker(self, verb, kind, *more):
        folder = self.scene(kind)
        return osteonav("calibrate", verb, "--images", folder, "--times", f"{folder}/times.csv",
                        "--lens", f"{folder}/lens.yml", "--board", BOARD, "--session",
                        f"{folder}/poses.csv", "--tool", "CameraToTracker", *more)

    def answer(self, result):
        self.assertIn(result.returncode, (0, 1), result.stderr)
        answer = json.loads(result.stdout)
        self.assertEqual(answer["accepted"], result.returncode == 0)
        self.assertEqual(answer["accepted"], not answer["refusals"])
        for refusal in answer["refusals"]:
            self.assertEqual(sorted(refusal), ["code", "suggestion", "text"])
        return answer

    def fails(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertEqual(result.stdout, "")
        lines = result.stderr.splitlines()
        explained = ["--help" in line for line in lines]
        self.assertEqual(len(lines) - sum(explained), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)


class Lens(Scenes):
    def calibrate(self, side, *more):
        images = data("camera/opencv_chessboard_stereo") + f"/{side}*.jpg"
        return osteonav("calibrate", "camera", "--board", "chess:9x6:25", "--images", images, *more)

    def test_the_published_boards_give_the_published_error(self):
        for side, published in (("left", 0.408), ("right", 0.458)):
            answer = self.answer(self.calibrate(side, "--json"))
            self.assertTrue(answer["accepted"])
            self.assertAlmostEqual(answer["all_views_rms_px"], published, delta=0.002)
            self.assertLess(answer["held_out_px"], 0.5)
            self.assertEqual(answer["image_size"], [640, 480])
            self.assertAlmostEqual(answer["camera_matrix"][0], 536, delta=8)
            self.assertEqual(sorted(answer), sorted((
                "accepted", "all_views_rms_px", "camera_matrix", "coverage", "distortion",
                "focal_sd_px", "held_out_px", "image_size", "looked_at", "refusals", "rms_px",
                "tilt_deg", "used", "views")))
            left_out = [view["name"] for view in answer["views"] if not view["used"]]
            self.assertEqual(left_out, [f"{side}02.jpg"])

    def test_the_file_says_what_it_is_for_and_is_read_again(self):
        lens, plot = self.path("left.yml"), self.path("left.svg")
        result = self.calibrate("left", "--out", lens, "--plot", plot, "--camera", "bench camera")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("left out: left02.jpg", result.stdout)
        text = pathlib.Path(lens).read_text(encoding="utf-8")
        self.assertTrue(text.startswith("%YAML:1.0"))
        for line in ("image_width: 640", "image_height: 480", "camera: bench camera"):
            self.assertIn(line, text)
        self.assertRegex(text, r'calibration_time: "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"')
        drawn = pathlib.Path(plot).read_text(encoding="utf-8")
        for words in ("Points seen in each part", "Error of each picture", "left02.jpg"):
            self.assertIn(words, drawn)
        # Read again where it matters: by the next verb, on pictures of its resolution.
        folder = self.scene("handeye")
        result = osteonav("calibrate", "handeye", "--images", folder, "--times",
                          f"{folder}/times.csv", "--lens", lens, "--board", BOARD, "--session",
                          f"{folder}/poses.csv", "--tool", "CameraToTracker", "--json")
        self.assertFalse(self.answer(result)["accepted"])  # another camera's lens

    def test_a_refused_lens_is_not_written(self):
        lens = self.path("refused.yml")
        images = data("camera/opencv_chessboard_stereo") + "/left0[1-4].jpg"
        result = osteonav("calibrate", "camera", "--board", "chess:9x6:25", "--images",
                          images.replace("[1-4]", "*"), "--count", "4", "--out", lens, "--json")
        answer = self.answer(result)
        self.assertIn("too-few", [refusal["code"] for refusal in answer["refusals"]])
        self.assertFalse(os.path.exists(lens))

    def test_another_resolution_is_noticed(self):
        lens = data("camera/igstk_aruco_video/ArucoCalibrationFile.yml")
        video = data("camera/igstk_aruco_video/ArucoSimulationVideo.avi")
        markers = self.path("one.yaml")
        pathlib.Path(markers).write_text(
            "version: 1\ndictionary: DICT_5X5_100\nbodies:\n"
            "  - {name: Stylus, markers: [{id: 1, side_mm: 20}]}\n", encoding="utf-8")
        run = ("track-aruco", "--camera", video, "--lens", lens, "--markers", markers, "--print")
        self.fails(osteonav(*run), 1, "640 x 480, not 1600 x 1200", "--rescale")
        self.assertEqual(osteonav(*run, "--rescale").returncode, 0)

    def test_failures_are_told_in_one_line(self):
        left = data("camera/opencv_chessboard_stereo") + "/left*.jpg"
        usage = (("--images", left), ("--board", "chess:9x6:25"),
                 ("--board", "chess:9x6", "--images", left),
                 ("--board", "wavy:9x6:25", "--images", left),
                 ("--board", "chess:9x6:25", "--images", left, "--count", "many"),
                 ("--board", "chess:9x6:25", "--images", left, "--colour"),
                 ("--board", "chess:9x6:25", "--images", left, "surplus"))
        for arguments in usage:
            self.fails(osteonav("calibrate", "camera", *arguments), 2)
        nowhere = ("calibrate", "camera", "--board", "chess:9x6:25", "--images", "/none/at/*.png")
        self.fails(osteonav(*nowhere), 1, "/none/at")
        wrong = osteonav("calibrate", "camera", "--board", BOARD, "--images", left)
        self.fails(wrong, 1, "no board in any of 13 pictures")
        unwritable = self.calibrate("left", "--out", "/none/lens.yml")
        self.assertEqual(unwritable.returncode, 1)
        self.assertIn("/none/lens.yml", unwritable.stderr)
        plotted = self.calibrate("left", "--plot", "/none/lens.png")
        self.assertEqual(plotted.returncode, 1)
        self.assertEqual(len(plotted.stderr.splitlines()), 1, plotted.stderr)
        self.assertNotIn("PNG", plotted.stdout)  # gnuplot's, which would go to the terminal
        taken_apart = osteonav("calibrate", "camera", "--board", "chess:9x6:25", "--images",
                               left.replace("*", "01"), left.replace("*", "02"))
        self.fails(taken_apart, 2, "left02.jpg", "in quotes")
        over_network = osteonav("calibrate", "camera", "--board", "chess:9x6:25", "--images",
                                "igtl:127.0.0.1:18944")
        self.fails(over_network, 1, "osteonav-camera receive --from 127.0.0.1:18944")

    def test_what_cannot_be_known_or_left_out_is_not_said(self):
        few = self.calibrate("left", "--count", "3")
        self.assertEqual(few.returncode, 1)
        self.assertIn("held out not known", few.stdout)
        self.assertNotIn("left out", few.stdout)
        self.assertIn("REFUSED: too few pictures", few.stdout)


class HandEye(Scenes):
    def test_two_methods_agree_and_the_truth_is_found(self):
        mount = self.path("mount.yml")
        answer = self.answer(self.against_tracker("handeye", "handeye", "--json", "--out", mount))
        self.assertTrue(answer["accepted"], answer["refusals"])
        found = answer["T_marker_camera"]
        for row, true_mm in enumerate(CAMERA_IN_MARKER_MM):
            self.assertAlmostEqual(found[4 * row + 3], true_mm, delta=0.1)
        self.assertLess(answer["agree_deg"], 0.5)
        self.assertLess(answer["agree_mm"], 2)
        self.assertLessEqual(answer["held_out_mean_px"], 2)
        self.assertLessEqual(answer["held_out_mm"], 1.5)
        self.assertEqual((answer["used"], answer["held_out"]), (18, 6))
        self.assertEqual(sorted(answer), sorted((
            "T_marker_camera", "T_tracker_board", "accepted", "agree_deg", "agree_mm", "held_out",
            "held_out_mean_px", "held_out_mm", "held_out_px", "refusals", "rms_px", "used",
            )))
        text = pathlib.Path(mount).read_text(encoding="utf-8")
        for line in ("image_width: 640", "camera: synthetic", "T_marker_camera: !!opencv-matrix",
                     "held_out_px: ", 'lens_time: "2026-01-01T00:00:00Z"'):
            self.assertIn(line, text)

    def refused(self, kind, *codes):
        mount = self.path(f"{kind}.yml")
        answer = self.answer(self.against_tracker("handeye", kind, "--json", "--out", mount))
        self.assertFalse(answer["accepted"])
        given = [refusal["code"] for refusal in answer["refusals"]]
        self.assertTrue(set(codes) <= set(given), given)
        self.assertFalse(os.path.exists(mount))
        return answer

    def test_a_motion_about_one_axis_is_refused(self):
        self.assertIsNone(self.refused("one-axis", "one-axis")["T_marker_camera"])
        result = self.against_tracker("handeye", "one-axis")
        self.assertEqual(result.returncode, 1)
        self.assertIn("not determined by this motion", result.stdout)
        self.assertIn("turn the camera about other axes", result.stdout)

    def test_poses_that_do_not_fit_the_pictures_are_refused(self):
        self.refused("shaken")

    def test_the_limits_of_the_case_decide(self):
        strict = self.path("strict")
        os.mkdir(strict)
        case = small_case(strict, "limits: {handeye_held_out_max_px: 0.2}\n")
        noisy = self.against_tracker("handeye", "handeye", "--json", "--case", case)
        self.assertTrue(self.answer(noisy)["accepted"])
        wrong = small_case(strict, "limits: {handeye_held_out_max_px: 200}\n")
        self.fails(self.against_tracker("handeye", "handeye", "--case", wrong), 1,
                   "handeye_held_out_max_px")

    def test_failures_are_told_in_one_line(self):
        folder = self.scene("handeye")
        whole = {"--images": folder, "--times": f"{folder}/times.csv", "--board": BOARD, "--lens":
                 f"{folder}/lens.yml", "--session": f"{folder}/poses.csv", "--tool": "T"}

        def run(without=None, **changed):
            options = {**whole, **{"--" + key: value for key, value in changed.items()}}
            options.pop(without, None)
            return osteonav("calibrate", "handeye",
                            *(word for pair in options.items() for word in pair))

        for option in ("--lens", "--board", "--session", "--tool"):
            self.fails(run(without=option), 2, "are needed")
        self.fails(run(without="--images"), 2, "--images")
        explained = osteonav("calibrate", "handeye", "--help")
        self.assertEqual(explained.returncode, 0)
        for words in ("--images SOURCE", "--board SPEC", "osteonav calibrate --help"):
            self.assertIn(words, explained.stdout)
        self.fails(run(board="charuco:8x6"), 2, "charuco:8x6")
        self.fails(run(lens="/none.yml"), 1, "/none.yml")
        self.fails(run(lens=f"{folder}/times.csv"), 1, "times.csv")
        self.fails(run(session="/none.csv"), 1, "/none.csv")
        late = self.path("late.csv")
        pathlib.Path(late).write_text("000.png,1000\n001.png,soon\n", encoding="utf-8")
        self.fails(run(times=late), 1, "late.csv:2")
        elsewhere = self.path("elsewhere.csv")
        with open(elsewhere, "w", encoding="utf-8") as file:
            file.writelines(f"{i:03}.png,{1000 + i}\n" for i in range(24))
        self.fails(run(times=elsewhere), 1, "0 pictures with a board and a pose at their time")


class Delay(Scenes):
    def test_the_delay_is_found(self):
        answer = self.answer(self.against_tracker("delay", "delay", "--json"))
        self.assertTrue(answer["accepted"], answer["refusals"])
        self.assertAlmostEqual(answer["delay_ms"], DELAY_MS, delta=5)
        self.assertLess(answer["sd_ms"], 5)
        self.assertEqual(sorted(answer), sorted((
            "accepted", "delay_ms", "intervals", "pictures", "refusals", "residual_deg", "sd_ms",
            "turn_deg")))

    def test_what_stands_still_gives_no_delay(self):
        result = self.against_tracker("delay", "handeye")  # two pictures a second
        self.assertEqual(result.returncode, 1)
        self.fails(osteonav("calibrate", "delay", "--images", self.scene("handeye")), 2,
                   "are needed")


class TrackAruco(Scenes):
    BODY = "BoardToTracker"

    def markers(self):
        """The board's markers as a body, in the board's frame."""
        path = self.path("board.yaml")
        squares = [(row, column) for row in range(6) for column in range(8)
                   if (row + column) % 2 == 1]
        lines = [f"      - {{id: {i}, side_mm: 19, middle_mm: [{25 * column + 12.5}, "
                 f"{25 * row + 12.5}, 0]}}\n" for i, (row, column) in enumerate(squares)]
        pathlib.Path(path).write_text(
            f"version: 1\ndictionary: DICT_5X5_100\nbodies:\n  - name: {self.BODY}\n"
            "    markers:\n" + "".join(lines) +
            "  - {name: HiddenToTracker, markers: [{id: 77, side_mm: 30}]}\n", encoding="utf-8")
        return path

    def arguments(self):
        folder = self.scene("handeye")
        return ("--camera", folder, "--lens", f"{folder}/lens.yml", "--markers", self.markers())

    def assert_pose(self, truth, matrix):
        """matrix: 12 numbers by rows."""
        at_mm, q = truth
        R = rotation(q)
        for row in range(3):
            self.assertAlmostEqual(matrix[4 * row + 3], at_mm[row], delta=1.5)
            for column in range(3):
                self.assertAlmostEqual(matrix[4 * row + column], R[row][column], delta=0.01)

    def test_printed_as_json(self):
        result = osteonav("track-aruco", *self.arguments(), "--print", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        decoder, text, pictures = json.JSONDecoder(), result.stdout.strip(), []
        while text:
            picture, end = decoder.raw_decode(text)
            pictures.append(picture)
            text = text[end:].lstrip()
        truth = read_poses(self.scene("handeye") + "/truth.csv")
        self.assertEqual(len(pictures), len(truth))
        for picture, true_pose in zip(pictures, truth):
            self.assertEqual(sorted(picture), sorted(("bodies", "picture", "time_s")))
            board, hidden = picture["bodies"]
            self.assertEqual(sorted(board), ["T_camera_body", "error_mm", "error_px", "markers",
                                             "name", "state"])
            self.assertEqual(board["state"], "valid")
            self.assertGreaterEqual(board["markers"], 22)
            self.assert_pose(true_pose, board["T_camera_body"])
            self.assertLess(board["error_px"], 0.8)
            self.assertEqual((hidden["state"], hidden["T_camera_body"]), ("hidden", None))

    def receive(self):
        """What an ordinary receiver gets on its socket: (device, status, error, matrix)."""
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        peer = subprocess.Popen([BIN / "osteonav", "track-aruco", *self.arguments(), "--fps", "100",
                                 "--to", f"127.0.0.1:{port}"], stderr=subprocess.PIPE, text=True)
        listener.settimeout(30)
        connection, _ = listener.accept()
        stream = connection.makefile("rb")
        messages = []
        while header := stream.read(58):
            version, kind, device, _, size, _ = struct.unpack(">H12s20sQQQ", header)
            body = stream.read(size)
            self.assertEqual((version, kind.rstrip(b"\0")), (2, b"TRANSFORM"))
            self.assertEqual(len(body), size)
            messages.append((device.rstrip(b"\0").decode(), *self.decode(body)))
        connection.close()
        listener.close()
        _, errors = peer.communicate(timeout=30)
        self.assertEqual(peer.returncode, 0, errors)
        return messages

    def decode(self, body):
        extended, meta_head, meta_size, _ = struct.unpack(">HHII", body[:12])
        content = body[extended:len(body) - meta_head - meta_size]
        columns = struct.unpack(">12f", content)
        matrix = [columns[3 * column + row] for row in range(3) for column in range(4)]
        meta = body[len(body) - meta_head - meta_size:]
        (count,) = struct.unpack(">H", meta[:2])
        at, entries = meta_head, {}
        for i in range(count):
            key_size, _, value_size = struct.unpack(">HHI", meta[2 + 8 * i:10 + 8 * i])
            key = meta[at:at + key_size].decode()
            entries[key] = meta[at + key_size:at + key_size + value_size].decode()
            at += key_size + value_size
        status = next(value for key, value in entries.items() if key.endswith("Status"))
        return status, entries.get("TransformError"), matrix

    def test_an_ordinary_peer_on_the_wire(self):
        messages = self.receive()
        truth = read_poses(self.scene("handeye") + "/truth.csv")
        board = [message for message in messages if message[0] == self.BODY]
        hidden = [message for message in messages if message[0] == "HiddenToTracker"]
        self.assertEqual((len(board), len(hidden)), (len(truth), len(truth)))
        for (_, status, error_mm, matrix), true_pose in zip(board, truth):
            self.assertEqual(status, "OK")
            self.assertTrue(0 < float(error_mm) < 0.8, error_mm)
            self.assert_pose(true_pose, matrix)
        for _, status, error_mm, _ in hidden:
            self.assertEqual((status, error_mm), ("OUT_OF_VIEW", None))

    def test_failures_are_told_in_one_line(self):
        whole = self.arguments()
        for missing in range(0, 6, 2):
            self.fails(osteonav("track-aruco", *whole[:missing], *whole[missing + 2:]), 2,
                       "are needed")
        self.fails(osteonav("track-aruco", *whole, "--fps", "fast"), 2, "--fps")
        self.fails(osteonav("track-aruco", *whole, "--to", "nowhere"), 2, "HOST:PORT")
        self.fails(osteonav("track-aruco", *whole[:5], "/none.yaml"), 1, "/none.yaml")
        self.fails(osteonav("track-aruco", "--camera", "/none.avi", *whole[2:]), 1, "/none.avi")


class Case(Scenes):
    """Where a camera sits in its marker is known in one way, not in two or none."""
    HEAD = "cameras:\n  - {name: Head, source: 'push:', lens: lens.yml, markers: board.yaml"
    MOUNT = ", mount: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]"

    def check(self, camera):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("lens.yml", "board.yaml", "mount.yml"):
                pathlib.Path(folder, name).write_text("read by who shows it\n", encoding="utf-8")
            return osteonav("case", "check", small_case(folder, self.HEAD + camera + "}\n"))

    def test_one_way(self):
        for camera in ("", ", tool: Stylus, handeye: mount.yml", ", tool: Stylus" + self.MOUNT):
            result = self.check(camera)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_two_ways_or_none(self):
        both = ", tool: Stylus, handeye: mount.yml" + self.MOUNT
        for camera, says in ((", tool: Stylus", "one of handeye and mount"),
                             (both, "one of handeye and mount"),
                             (", handeye: mount.yml", "name it with tool"),
                             (self.MOUNT, "name it with tool"),
                             (", tool: Saw, handeye: mount.yml", "no tool is named 'Saw'"),
                             (", tool: Stylus, handeye: none.yml", "none.yml")):
            result = self.check(camera)
            self.assertEqual(result.returncode, 1, camera)
            self.assertIn(says, result.stderr)


def small_case(folder, limits):
    tetrahedron = [(0, 0, 0), (90, 0, 0), (0, 90, 0), (0, 0, 90)]
    with open(os.path.join(folder, "bone.stl"), "w", encoding="ascii") as file:
        file.write("solid t\n")
        for face in ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)):
            file.write("facet normal 0 0 0\nouter loop\n")
            file.writelines("vertex %d %d %d\n" % tetrahedron[corner] for corner in face)
            file.write("endloop\nendfacet\n")
        file.write("endsolid t\n")
    path = os.path.join(folder, "case.yaml")
    pathlib.Path(path).write_text(
        "version: 1\nname: Small\npatient: {pseudonym: SMALL-01}\n"
        "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
        "models:\n  - {file: bone.stl, name: Bone, role: bone}\n"
        "tools:\n  - {name: Stylus, device: StylusToTracker, tip_mm: [0, 0, -100], "
        "axis: [0, 0, -1]}\n" + limits, encoding="utf-8")
    return path


if __name__ == "__main__":
    unittest.main()
