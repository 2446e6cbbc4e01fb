#include "hand_case.h"

#include "test_data.h"

#include <dirent.h>

static const char bone_stl[] = "solid bone\n"
                               "facet normal 0 0 -1\nouter loop\n"
                               "vertex 0 0 0\nvertex 0 100 0\nvertex 100 0 0\nendloop\nendfacet\n"
                               "facet normal 0 -1 0\nouter loop\n"
                               "vertex 0 0 0\nvertex 100 0 0\nvertex 0 0 100\nendloop\nendfacet\n"
                               "facet normal -1 0 0\nouter loop\n"
                               "vertex 0 0 0\nvertex 0 0 100\nvertex 0 100 0\nendloop\nendfacet\n"
                               "facet normal 0.57735 0.57735 0.57735\nouter loop\n"
                               "vertex 100 0 0\nvertex 0 100 0\nvertex 0 0 100\nendloop\nendfacet\n"
                               "endsolid bone\n";

/* The registration: 30 degrees about z after 20 about x, to 12 digits. */
static const char case_yaml[] =
    "version: 1\n"
    "name: Simulated hand\n"
    "patient: {pseudonym: TEST-02}\n"
    "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
    "registration:\n"
    "  source: made for the test\n"
    "  matrix: [0.866025403784, -0.469846310393, 0.171010071663, 12.5,\n"
    "           0.5, 0.813797681349, -0.296198132726, -140.25,\n"
    "           0, 0.342020143326, 0.939692620786, 33.75, 0, 0, 0, 1]\n"
    "models:\n"
    "  - {file: bone.stl, name: Bone, role: bone}\n"
    "tools:\n"
    "  - {name: Stylus, device: StylusToTracker, tip_mm: [0, 0, -150], axis: [0, 0, -1]}\n"
    "  - name: Osteotome\n"
    "    device: OsteotomeToTracker\n"
    "    tip_mm: [3, -210, 8]\n"
    "    axis: [0, -1, 0]\n"
    "    geometry: {shape: blade, length_mm: 200, width_mm: 20, thickness_mm: 2, up: [0, 0, 1]}\n";

static const char cuts_yaml[] =
    "cuts:\n"
    "  - {name: First, point_mm: [10, 20, 30], normal: [0, 0, 1], u: [1, 0, 0],\n"
    "     size_mm: [60, 40], depth_mm: 16}\n"
    "  - {name: Second, point_mm: [-5, 44, 12], normal: [0.6, 0, 0.8], u: [0.8, 0, -0.6],\n"
    "     size_mm: [40, 30], depth_mm: 12}\n"
    "landmarks:\n"
    "  - {name: Apex, position_mm: [1, 2, 3]}\n"
    "  - {name: Notch, position_mm: [-30, 15, 60]}\n";

void hand_folder_write(const struct hand_folder *folder, const char *name, const char *text,
                       char out_path[HAND_PATH_SIZE])
{
    (void)snprintf(out_path, HAND_PATH_SIZE, "%s/%s", folder->path, name);
    FILE *file = fopen(out_path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void hand_folder_init(struct hand_folder *folder, const char *extra, const char *tool_extra)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder->path, sizeof(folder->path), "%s/osteonav-hand-XXXXXX",
                   base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(folder->path));
    char path[HAND_PATH_SIZE];
    char text[8192];
    hand_folder_write(folder, "bone.stl", bone_stl, path);
    (void)snprintf(text, sizeof(text), "%s%s%s%s", case_yaml, tool_extra != NULL ? tool_extra : "",
                   cuts_yaml, extra != NULL ? extra : "");
    hand_folder_write(folder, "case.yaml", text, folder->case_path);
}

void hand_folder_finish(struct hand_folder *folder)
{
    DIR *directory = opendir(folder->path);
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[HAND_PATH_SIZE];
        (void)snprintf(path, sizeof(path), "%s/%.200s", folder->path, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(directory);
    assert_int_equal(rmdir(folder->path), 0);
}

struct cfg_case *hand_case_load(const struct hand_folder *folder)
{
    struct cfg_error error = {{0}};
    struct cfg_case *loaded = NULL;
    if (cfg_case_load(folder->case_path, &loaded, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return loaded;
}
