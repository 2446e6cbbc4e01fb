#!/usr/bin/env python3
"""The overlay on the picture of the whole program (camera, tracker, core, display): there while all
is well, and not a pixel of it when something is not, with the reason written.

The film is a synthetic operating field of a block of bone with a bright green structure on it;
nothing in the film is green. The camera hangs in a tracked marker and is checked by the printed
markers on the reference, unless a case says otherwise."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["OSTEONAV_BIN"])
DATA = pathlib.Path(os.environ.get("OSTEONAV_DATA") or os.environ["OSTEONAV_DATA_DEFAULT"])
WIDTH, HEIGHT, FPS = 960, 540, 30
LENS_PX = (640, 360)
ATTEMPTS = 4  # a busy machine may starve the camera, which then counts as lost
REFERENCE_MM = (-70, 52, 10)  # in the image, and in the tracker: both frames are the same
IDENTITY = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)


def box(path, low, high):
    corners = [[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)]
    faces = ((0, 2, 1), (1, 2, 3), (4, 5, 6), (5, 7, 6), (0, 1, 4), (1, 5, 4), (2, 6, 3),
             (3, 6, 7), (0, 4, 2), (2, 4, 6), (1, 3, 5), (3, 7, 5))
    with open(path, "w", encoding="ascii") as file:
        file.write("solid box\n")
        for face in faces:
            file.write("facet normal 0 0 0\nouter loop\n")
            file.writelines("vertex %g %g %g\n" % tuple(corners[i]) for i in face)
            file.write("endloop\nendfacet\n")
        file.write("endsolid box\n")


def case_text(camera, registered=True, limits=""):
    registration = f"""registration:
  source: test
  matrix: [1, 0, 0, {REFERENCE_MM[0]}, 0, 1, 0, {REFERENCE_MM[1]}, 0, 0, 1, {REFERENCE_MM[2]}, 0, 0, 0, 1]
  fre_mm: 0.5
"""
    return f"""version: 1
name: Overlay
patient: {{pseudonym: TEST-01}}
frames: {{image: LPS, unit: mm, reference: ReferenceToTracker}}
{registration if registered else ""}models:
  - {{file: bone.stl, name: Bone, role: bone}}
  - {{file: nerve.stl, name: Nerve, role: nerve, colour: '#00ff00'}}
cuts:
  - {{name: Transverse, point_mm: [0, 36, 8], normal: [0, 0, 1], u: [-1, 0, 0], size_mm: [240, 60],
     depth_mm: 40, margin_side: positive}}
tools:
  - {{name: Pointer, device: PointerToTracker, tip_mm: [0, 0, 0], axis: [0, 0, -1]}}
  - {{name: Head, device: CameraToTracker, tip_mm: [0, 0, 0], axis: [0, 0, -1]}}
{limits}cameras:
  - {{name: Field, {camera}}}
"""


TRACKED = ("source: film/field.avi, lens: lens.yml, markers: film/markers.yaml, tool: Head, "
           "handeye: handeye.yml, delay_ms: 0, delay_sd_ms: 1")
BY_MARKERS = "source: film/field.avi, lens: lens.yml, markers: film/markers.yaml"


def write_session(path, camera, lost_after_s=None):
    """T_tracker_camera by rows: the marker is where the camera is. 60 frames a second."""
    def rows(name, matrix, i, status="OK"):
        frame = f"Seq_Frame{i:04d}_{name}ToTrackerTransform"
        return f"{frame} = {' '.join(map(str, matrix))}\n{frame}Status = {status}\n"

    def shifted(place):
        return (1, 0, 0, place[0], 0, 1, 0, place[1], 0, 0, 1, place[2], 0, 0, 0, 1)

    count = 600
    with open(path, "w", encoding="ascii") as file:
        file.write(f"ObjectType = Image\nNDims = 3\nDimSize = 0 0 {count}\n")
        for i in range(count):
            grain = 0.001 * (i % 7)  # a tracker's poses are never the same twice
            moved = list(camera)
            moved[3] += grain
            lost = lost_after_s is not None and i > 60 * lost_after_s
            file.write(rows("Pointer", shifted((40 + grain, 60, 30)), i))
            file.write(rows("Reference", shifted((REFERENCE_MM[0] + grain, *REFERENCE_MM[1:])), i))
            file.write(rows("Camera", moved, i, "INVALID" if lost else "OK"))
            file.write(f"Seq_Frame{i:04d}_Timestamp = {i / 60}\n")
        file.write("ElementDataFile = LOCAL\n")


def write_handeye(path, moved_mm=0, held_out_px=0.4, held_out_mm=0.3,
                  lens_time="2026-01-01T00:00:00Z"):
    T = list(IDENTITY)
    T[3] = moved_mm
    path.write_text(f"""%YAML:1.0
---
camera: synthetic
calibration_time: "2026-01-02T00:00:00Z"
lens_time: "{lens_time}"
image_width: {LENS_PX[0]}
image_height: {LENS_PX[1]}
T_marker_camera: !!opencv-matrix
   rows: 4
   cols: 4
   dt: d
   data: [ {", ".join(f"{float(value)}" for value in T)} ]
held_out_px: {held_out_px}
held_out_mm: {held_out_mm}
agree_deg: 0.1
agree_mm: 0.2
""", encoding="ascii")


class Picture:
    """RGB, of one frame."""
    # What lies between these columns and rows is the live picture in every layout tried here.
    LEFT, RIGHT, TOP, BOTTOM = 15, 420, 98, 450

    def __init__(self, rgb):
        self.rgb = rgb

    def count(self, is_it):
        found = 0
        for y in range(self.TOP, self.BOTTOM, 2):
            row = self.rgb[3 * (WIDTH * y + self.LEFT):3 * (WIDTH * y + self.RIGHT)]
            found += sum(map(is_it, row[0::3], row[1::3], row[2::3]))
        return found

    def model(self):
        return self.count(lambda r, g, b: g > 120 and r < 0.6 * g and b < 0.6 * g)

    def letters(self):
        """Bright pixels where the upper edge's letter stands, on black."""
        found = 0
        for y in range(100, 133):
            row = self.rgb[3 * (WIDTH * y + 240):3 * (WIDTH * y + 280)]
            found += sum(value > 200 for value in row[1::3])
        return found

    def live(self):
        """Whether the film's drapes are in the picture."""
        return self.count(lambda r, g, b: r < 50 and 60 < g < 140 and 65 < b < 150
                          and -4 < b - g < 30) > 2500


def frames_of(path):
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt",
                          "rgb24", "-"], capture_output=True, check=True).stdout
    size = 3 * WIDTH * HEIGHT
    return [Picture(raw[i:i + size]) for i in range(0, len(raw), size)]


class Overlay(unittest.TestCase):
    runs = 0

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        box(cls.folder / "bone.stl", (-40, -24, -50), (40, 36, 50))
        box(cls.folder / "nerve.stl", (-30, 37, -32), (30, 40, -20))
        for name in ("lens.yml", "handeye.yml"):
            (cls.folder / name).write_text("not yet\n", encoding="ascii")
        (cls.folder / "plain.yaml").write_text(case_text(BY_MARKERS).split("cameras:")[0],
                                               encoding="ascii")
        cls.film("film", "--seconds", "0.8")
        lens = (cls.folder / "film/lens.yml").read_text(encoding="ascii")
        (cls.folder / "lens.yml").write_text(lens, encoding="ascii")
        truth = json.loads((cls.folder / "film/truth.json").read_text(encoding="ascii"))
        cls.T_image_camera = truth["T_image_camera"][0]
        write_session(cls.folder / "session.igs.mha", cls.T_image_camera)
        write_handeye(cls.folder / "handeye.yml")

    @classmethod
    def film(cls, name, *options):
        result = subprocess.run([BIN / "osteonav-camera", "field", "--case",
                                 cls.folder / "plain.yaml", "--out", cls.folder / name, "--size",
                                 f"{LENS_PX[0]}x{LENS_PX[1]}", "--still", "0.25", *options],
                                capture_output=True, text=True, timeout=120, check=False)
        if result.returncode != 0:
            raise AssertionError(result.stderr)

    def start(self, *arguments):
        process = subprocess.Popen([BIN / "osteonav", *map(str, arguments)],
                                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def run_all(self, case, session="session.igs.mha", tracker=True):
        """The core and the tracker; gives the options to follow them with."""
        Overlay.runs += 1
        name = f"overlay-{os.getpid()}-{Overlay.runs}"
        path = self.folder / f"{name}.yaml"
        path.write_text(case, encoding="ascii")
        ready = self.folder / f"{name}.ready"
        self.start("run", path, "--instance", name, "--listen", "127.0.0.1:0", "--ready-file",
                   ready, "--no-display")
        for _ in range(200):
            if ready.exists():
                break
            time.sleep(0.05)
        if tracker:
            self.sender = self.start("simulate", "--sequence", self.folder / session, "--to",
                                     ready.read_text(encoding="ascii").split()[0], "--loop",
                                     "--quiet", "--send-invalid")
        time.sleep(0.5)
        return path, name

    def show(self, case, live=True, **more):
        """The picture after a few seconds, a live one where it is to be one, and the log."""
        for _ in range(ATTEMPTS):
            picture, log = self.show_once(case, **more)
            if picture.live() if live else "Camera lost" not in log:
                break
        return picture, log

    def show_once(self, case, *options, expected=0, **more):
        path, name = self.run_all(case, **more)
        shot = self.folder / f"{name}.png"
        result = subprocess.run([BIN / "osteonav", "display", path, "--instance", name, "--camera",
                                 "Field", "--offscreen", f"{WIDTH}x{HEIGHT}", "--screenshot", shot,
                                 "--after", "3", *options], capture_output=True, text=True,
                                timeout=90, check=False)
        self.assertEqual(result.returncode, expected, result.stderr)
        if expected != 0:
            return None, result.stderr
        keep = os.environ.get("OVERLAY_PICTURES")
        if keep:
            pathlib.Path(keep, f"{self.id().rsplit('.', 1)[1]}-{name.rsplit('-', 1)[1]}.png").write_bytes(shot.read_bytes())
        return frames_of(shot)[0], result.stderr

    def assert_withheld(self, shown, *words, live=True):
        picture, log = shown
        self.assertEqual(picture.live(), live, log)
        if live:
            self.assertEqual(picture.model(), 0, log)
            self.assertEqual(picture.letters(), 0)  # nobody knows which way the camera looks
        for word in words:
            self.assertIn(word, log)
        self.assertNotIn("nan", log)

    def assert_shown(self, shown):
        picture, log = shown
        self.assertTrue(picture.live(), log)
        self.assertGreater(picture.model(), 200, log)
        self.assertGreater(picture.letters(), 40)
        self.assertRegex(log, r"camera Field: overlay shown")

    # ---- all is well ---------------------------------------------------------------------------

    def test_the_overlay_is_there(self):
        self.assert_shown(self.show(case_text(TRACKED)))

    def test_the_overlay_is_there_by_the_markers(self):
        self.assert_shown(self.show(case_text(BY_MARKERS)))

    # ---- what is calibrated is not so ----------------------------------------------------------

    def test_a_camera_moved_on_its_marker(self):
        write_handeye(self.folder / "moved.yml", moved_mm=5)
        case = case_text(TRACKED.replace("handeye.yml", "moved.yml"))
        self.assert_withheld(self.show(case), "withheld: Overlay does not fit the picture")

    def test_another_focal_length(self):
        """2 %: within the limits at the markers, beyond them at the ends of the long cut."""
        lens = (self.folder / "lens.yml").read_text(encoding="ascii")
        numbers = re.search(r"data: \[ ([^,]*), 0., ([^,]*), 0.,\s*([^,]*),", lens)
        for i in (1, 3):
            longer = repr(1.02 * float(numbers.group(i)))
            lens = lens.replace(numbers.group(i), longer)
        (self.folder / "longer.yml").write_text(lens, encoding="ascii")
        case = case_text(TRACKED.replace("lens.yml", "longer.yml"))
        self.assert_withheld(self.show(case), "withheld: Overlay does not fit the picture")

    def test_markers_that_sit_elsewhere(self):
        markers = (self.folder / "film/markers.yaml").read_text(encoding="ascii")
        moved = re.sub(r"middle_mm: \[([^,]*),",
                       lambda found: f"middle_mm: [{float(found.group(1)) + 2.5},", markers)
        (self.folder / "elsewhere.yaml").write_text(moved, encoding="ascii")
        case = case_text(TRACKED.replace("film/markers", "elsewhere"))
        self.assert_withheld(self.show(case), "withheld: Overlay does not fit the picture")

    def test_markers_that_are_not_there(self):
        markers = (self.folder / "film/markers.yaml").read_text(encoding="ascii")
        others = re.sub(r"id: (\d+)", lambda found: f"id: {int(found.group(1)) + 40}", markers)
        (self.folder / "others.yaml").write_text(others, encoding="ascii")
        case = case_text(TRACKED.replace("film/markers", "others"))
        self.assert_withheld(self.show(case), "withheld: Reference markers not in the picture")

    def test_a_hand_eye_with_a_large_error(self):
        for name, error in (("poor-px", {"held_out_px": 9.0}), ("poor-mm", {"held_out_mm": 4.0}),
                            ("older", {"lens_time": "2025-01-01T00:00:00Z"})):
            with self.subTest(name):
                write_handeye(self.folder / f"{name}.yml", **error)
                case = case_text(TRACKED.replace("handeye.yml", f"{name}.yml"))
                self.assert_withheld(self.show(case), f"{name}.yml: the hand-eye ",
                                     "withheld: Camera not calibrated to its marker")

    def test_a_hand_eye_without_its_error(self):
        whole = (self.folder / "handeye.yml").read_text(encoding="ascii")
        (self.folder / "bare.yml").write_text(
            "".join(line for line in whole.splitlines(True) if "held_out_px" not in line),
            encoding="ascii")
        case = case_text(TRACKED.replace("handeye.yml", "bare.yml"))
        _, log = self.show_once(case, expected=1)
        self.assertIn("bare.yml: held_out_px", log)

    def test_no_delay(self):
        for name, delay in (("unknown", ""), ("known badly", ", delay_ms: 0, delay_sd_ms: 21")):
            with self.subTest(name):
                case = case_text(TRACKED.replace(", delay_ms: 0, delay_sd_ms: 1", delay))
                self.assert_withheld(self.show(case), "withheld: Delay of the camera not calib")

    def test_another_resolution(self):
        folder = DATA / "camera/igstk_aruco_video"
        if not folder.exists():
            self.skipTest(f"missing data folder {folder} (set OSTEONAV_DATA)")
        case = case_text(BY_MARKERS.replace("film/field.avi", f"{folder}/ArucoSimulationVideo.avi")
                         .replace("lens.yml", f"{folder}/ArucoCalibrationFile.yml"))
        self.assert_withheld(self.show(case, live=False), "withheld: Lens calibrated for another resolution",
                             live=False)

    # ---- the camera ----------------------------------------------------------------------------

    def test_a_frozen_picture(self):
        (self.folder / "frozen").mkdir()
        for name in ("1.png", "2.png"):  # a film's pictures are decoded a little otherwise each
            subprocess.run(["ffmpeg", "-v", "error", "-i", self.folder / "film/field.avi",
                            "-frames:v", "1", self.folder / "frozen" / name], check=True)
        case = case_text(TRACKED.replace("film/field.avi", "frozen"))
        self.assert_withheld(self.show(case, live=False), "withheld: Camera picture is frozen", live=False)

    def test_a_camera_that_is_lost(self):
        """A picture every two seconds: each is shown for at most 250 ms."""
        self.film("slow", "--seconds", "4", "--fps", "1")
        case = case_text(TRACKED.replace("film/field", "slow/field"))
        path, name = self.run_all(case)
        film = self.folder / "lost.mp4"
        result = subprocess.run([BIN / "osteonav", "display", path, "--instance", name, "--camera",
                                 "Field", "--offscreen", f"{WIDTH}x{HEIGHT}", "--video", film,
                                 "--duration", "5", "--fps", str(FPS)], capture_output=True,
                                text=True, timeout=90, check=True)
        self.assertIn("withheld: Camera lost", result.stderr)
        live = [frame.live() for frame in frames_of(film)]
        runs = [len(run) for run in "".join("01"[one] for one in live).split("0") if run]
        self.assertTrue(runs)
        self.assertLessEqual(max(runs), FPS // 4 + 2)

    def test_a_camera_that_is_not_plugged_in(self):
        """It must not take the monitor with it."""
        case = case_text(TRACKED.replace("film/field.avi", "v4l2:/dev/osteonav-none"))
        self.assert_withheld(self.show(case, live=False),
                             "/dev/osteonav-none: cannot be opened as a camera",
                             "tried again every second", live=False)

    # ---- poses and the core --------------------------------------------------------------------

    def test_a_camera_that_the_tracker_loses(self):
        write_session(self.folder / "lost.igs.mha", self.T_image_camera, lost_after_s=0)
        self.assert_withheld(self.show(case_text(TRACKED), session="lost.igs.mha"),
                             "withheld: Camera not tracked at the picture's time")

    def test_no_tracker(self):
        self.assert_withheld(self.show(case_text(TRACKED), tracker=False),
                             "withheld: Navigation withheld")

    def test_no_registration(self):
        self.assert_withheld(self.show(case_text(TRACKED, registered=False)),
                             "withheld: Navigation withheld")

    def test_no_core(self):
        path = self.folder / "alone.yaml"
        path.write_text(case_text(BY_MARKERS), encoding="ascii")
        shot = self.folder / "alone.png"
        for _ in range(ATTEMPTS):
            result = subprocess.run([BIN / "osteonav", "display", path, "--instance",
                                     f"nobody-{os.getpid()}", "--camera", "Field", "--offscreen",
                                     f"{WIDTH}x{HEIGHT}", "--screenshot", shot, "--after", "2"],
                                    capture_output=True, text=True, timeout=90, check=True)
            picture = frames_of(shot)[0]
            if picture.live():
                break
        self.assert_withheld((picture, result.stderr), "withheld: Navigation withheld")

    def test_a_tracker_that_falls_silent(self):
        path, name = self.run_all(case_text(TRACKED))
        film = self.folder / "silent.mp4"
        display = self.start("display", path, "--instance", name, "--camera", "Field",
                             "--offscreen", f"{WIDTH}x{HEIGHT}", "--video", film, "--duration", "8",
                             "--fps", FPS)
        for _ in range(200):
            if film.exists():
                break
            time.sleep(0.05)
        time.sleep(3)
        self.sender.kill()
        self.assertEqual(display.wait(60), 0)
        there = [frame.live() and frame.model() > 200 for frame in frames_of(film)]
        self.assertIn(True, there)
        last = len(there) - 1 - there[::-1].index(True)
        self.assertGreater(len(there) - last, FPS)  # gone for good


if __name__ == "__main__":
    unittest.main()
