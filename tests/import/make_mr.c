/* make_mr CT OUT.nrrd [noise]: writes a synthetic MR of a CT, moved by 15 degrees and 30 mm, and
 * prints T_mr_ct as 16 numbers by rows: for the tests of the verbs. */
#include "synthetic_mr.h"

int main(int argc, char **argv)
{
    struct cfg_volume *ct = NULL;
    struct cfg_error error = {.text = ""};
    if (argc < 3 || cfg_volume_load(argv[1], NULL, &ct, &error) != NAV_OK) {
        fprintf(stderr, "make_mr: %s\n", argc < 3 ? "CT and OUT are needed" : error.text);
        return 1;
    }
    const double shift[3] = {18.0, -14.0, 20.0};
    struct synthetic_mr mr = {.size = {128, 120, 64},
                              .spacing_mm = {2.2, 2.2, 4.0},
                              .tilt_deg = 9.0,
                              .middle_mm = {-4.0, -150.0, 240.0},
                              .noise = 40.0,
                              .nothing = argc > 3};
    mr.T_mr_ct = pose_about(9.0, -8.0, 9.0, mr.middle_mm, shift);
    struct cfg_volume *made = synthetic_mr_make(ct, &mr);
    FILE *file = fopen(argv[2], "wb");
    if (file == NULL) {
        return 1;
    }
    cfg_volume_write_nrrd(made, file);
    double R[9];
    nav_pose_rotation(&mr.T_mr_ct, R);
    for (int row = 0; row < 3; ++row) {
        printf("%.17g %.17g %.17g %.17g ", R[3 * row], R[3 * row + 1], R[3 * row + 2],
               mr.T_mr_ct.t_mm[row]);
    }
    printf("0 0 0 1\n");
    cfg_volume_destroy(made);
    cfg_volume_destroy(ct);
    return fclose(file) == 0 ? 0 : 1;
}
