"""The smallest case that loads: a block of bone, a tool and the limits under test."""
import os

CORNERS = [(x, y, z) for x in (-40, 40) for y in (-30, 30) for z in (-50, 50)]
TRIANGLES = [(0, 1, 2), (1, 3, 2), (4, 6, 5), (5, 6, 7), (0, 4, 1), (1, 4, 5),
             (2, 3, 6), (3, 7, 6), (0, 2, 4), (2, 6, 4), (1, 5, 3), (3, 5, 7)]


def write_case(folder, limits):
    """Writes it into `folder` with these rows of limits, and gives its path."""
    with open(os.path.join(folder, "bone.stl"), "w", encoding="ascii") as file:
        file.write("solid bone\n")
        for triangle in TRIANGLES:
            file.write("facet normal 0 0 0\nouter loop\n")
            for corner in triangle:
                file.write("vertex %g %g %g\n" % CORNERS[corner])
            file.write("endloop\nendfacet\n")
        file.write("endsolid bone\n")
    path = os.path.join(folder, "small.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("version: 1\nname: Small\npatient: {pseudonym: SMALL-01}\n"
                   "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
                   "models:\n  - {file: bone.stl, name: Bone, role: bone}\n"
                   "tools:\n  - {name: Stylus, device: StylusToTracker, tip_mm: [0, 0, -100], "
                   "axis: [0, 0, -1]}\nlimits:\n")
        for row, value in limits.items():
            file.write(f"  {row}: {value}\n")
    return path
