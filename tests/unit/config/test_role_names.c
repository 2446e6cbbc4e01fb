/* What a structure's name suggests, in several naming schemes. */
#include "test_data.h"

#include "role_names.h"

static void roles_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum cfg_role role;
    } rows[] = {
        /* TotalSegmentator */
        {"sacrum", CFG_ROLE_BONE},
        {"hip_left", CFG_ROLE_BONE},
        {"vertebrae_L5", CFG_ROLE_BONE},
        {"iliac_vena_left", CFG_ROLE_VESSEL},
        {"portal_vein_and_splenic_vein", CFG_ROLE_VESSEL},
        {"spinal_cord", CFG_ROLE_DURA},
        {"urinary_bladder", CFG_ROLE_ORGAN},
        {"gluteus_maximus_left", CFG_ROLE_OTHER},
        {"Disc L5-S1", CFG_ROLE_OTHER},
        {"intervertebral_discs", CFG_ROLE_OTHER},
        /* plain, Latin, what programs make of file names */
        {"S1 nerve root left", CFG_ROLE_NERVE},
        {"Sacral nerve", CFG_ROLE_NERVE},
        {"Nervus ischiadicus", CFG_ROLE_NERVE},
        {"Dural sac", CFG_ROLE_DURA},
        {"Tumour of the sacrum", CFG_ROLE_TUMOUR},
        {"chordoma_2", CFG_ROLE_TUMOUR},
        {"Osteosarcoma", CFG_ROLE_TUMOUR},
        {"GTV1", CFG_ROLE_TUMOUR},
        {"Arteria iliaca", CFG_ROLE_VESSEL},
        {"Vena cava", CFG_ROLE_VESSEL},
        {"IVC", CFG_ROLE_VESSEL},
        {"Os sacrum", CFG_ROLE_BONE},
        {"LeftHip22_cpd", CFG_ROLE_BONE},
        {"Th12", CFG_ROLE_BONE},
        {"S3", CFG_ROLE_BONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        const struct cfg_role_guess guess = cfg_role_guess(rows[i].name, NULL);
        if (guess.role != rows[i].role || !guess.known) {
            fail_msg("%s: %s (%s)", rows[i].name, cfg_role_name(guess.role), guess.because);
        }
    }
}

static void what_is_not_known_is_not_guessed(void **state)
{
    (void)state;
    static const char *const names[] = {"",     "label_7", "Segment_1", "x",
                                        "Ship", "hippo",   "\xff\xfe",  "Maria"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        const struct cfg_role_guess guess = cfg_role_guess(names[i], NULL);
        assert_false(guess.known);
        assert_int_equal(guess.role, CFG_ROLE_OTHER);
    }
    char long_name[1000];
    memset(long_name, 'a', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    assert_false(cfg_role_guess(long_name, NULL).known);
}

static void a_code_counts_for_more_than_the_name(void **state)
{
    (void)state;
    assert_int_equal(cfg_role_guess("Segment_1", "54735007").role, CFG_ROLE_BONE);
    assert_int_equal(cfg_role_guess("sacrum", "86049000").role, CFG_ROLE_TUMOUR);
    assert_int_equal(cfg_role_guess("sacrum", "1").role, CFG_ROLE_BONE);
}

static void names_for_people(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"iliac_vena_left", "Left iliac vena"},
        {"Hip left", "Left hip"},
        {"Root L5 right", "Right root L5"},
        {"IVC right", "Right IVC"},
        {"L5 left", "Left L5"},
        {"vertebrae_L5", "L5"},
        {"sacrum", "Sacrum"},
        {"S2 cut", "S2 cut"},
        {"left", "Left"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        char name[NAV_NAME_SIZE];
        cfg_role_plain_name(rows[i][0], name);
        assert_string_equal(name, rows[i][1]);
    }
    char text[300];
    char name[NAV_NAME_SIZE];
    for (size_t i = 0; i + 2 < sizeof(text); i += 2) {
        memcpy(text + i, "\xc3\xa4", 2);
    }
    text[298] = '\0';
    cfg_role_plain_name(text, name);
    assert_true(strlen(name) < NAV_NAME_SIZE && strlen(name) % 2 == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_by_name),
        cmocka_unit_test(what_is_not_known_is_not_guessed),
        cmocka_unit_test(a_code_counts_for_more_than_the_name),
        cmocka_unit_test(names_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
