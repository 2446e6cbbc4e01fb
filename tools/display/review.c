/* `osteonav-review CASE`: a case on paper and film, before the operation. No core, no tools.
 *
 * The contact sheet and the turntable show the display's own 3D view; the sheet of the plan adds a
 * section of the scan in the plane of each cut. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "case_screen.h"
#include "cut_facts.h"
#include "encoder.h"
#include "fusion.h"
#include "nav/time.h"
#include "offscreen.h"
#include "outline.h"
#include "screen.h"
#include "sheet.h"
#include "slice.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
enum { PICTURE_WIDTH = 1600, PICTURE_HEIGHT = 960, PAGE_WIDTH = 1754, PAGE_HEIGHT = 1240 };
enum { TURN_FRAMES = 240, TURN_FPS = 30, WORDS_SIZE = 512, FUSION_HEIGHT = 960 };

static const struct rnd_colour black = RND_RGB(0x101418);
static const struct rnd_colour quiet = RND_RGB(0x56626e);
static const struct rnd_colour cut_colour = RND_RGB(0x00a5c8);
static const struct rnd_colour alarm_colour = RND_RGB(0xb00020);

struct review {
    const struct cfg_case *loaded;
    struct rnd_screen *screen;
    uint8_t *rgb;  /* the whole picture */
    uint8_t *view; /* of it the 3D view */
    struct rnd_rect rect;
    int64_t now_ns;
};

/* --- the 3D view ----------------------------------------------------------------------------- */

/* A core that has seen nothing yet, and complains of nothing: the view without any tool. */
static void quiet_scene(const struct review *review, struct nav_scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene->version = NAV_SCENE_VERSION;
    scene->size = sizeof(*scene);
    scene->seq = 1;
    scene->time_ns = review->now_ns;
    scene->case_id = review->loaded->case_id;
    scene->trust = NAV_TRUST_OK;
    scene->caution_ns = scene->withhold_ns = NAV_NS_PER_S;
    scene->tool_count = (uint32_t)review->loaded->tool_count;
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        memcpy(scene->tools[i].name, review->loaded->tools[i].name, sizeof(scene->tools[i].name));
        scene->tools[i].age_ns = -1;
    }
}

/* Draws until the view is that of the camera, and cuts it out of the picture. */
static enum nav_status draw_view(struct review *review)
{
    static struct nav_scene scene;
    enum nav_status status = NAV_OK;
    quiet_scene(review, &scene);
    for (int i = 0; i < 1000 && status == NAV_OK; ++i) {
        const struct rnd_moment moment = {.now_ns = review->now_ns,
                                          .utc_ns = 0,
                                          .core_alive = true,
                                          .scene = &scene,
                                          .budget_ns = NAV_NS_PER_S};
        rnd_screen_invalidate(review->screen);
        status = rnd_screen_draw(review->screen, &moment);
        status = status == NAV_AGAIN ? NAV_OK : status;
        if (!rnd_screen_is_behind(review->screen)) {
            break;
        }
    }
    if (status != NAV_OK) {
        return status;
    }
    rnd_screen_read(review->screen, review->rgb);
    review->rect = rnd_rect_inset(rnd_screen_view_rect(review->screen), 2);
    review->rect.w -= review->rect.w % 2; /* a film has even sides */
    review->rect.h -= review->rect.h % 2;
    for (int y = 0; y < review->rect.h; ++y) {
        memcpy(review->view + 3 * (size_t)y * (size_t)review->rect.w,
               review->rgb +
                   3 * ((size_t)(review->rect.y + y) * PICTURE_WIDTH + (size_t)review->rect.x),
               3 * (size_t)review->rect.w);
    }
    return NAV_OK;
}

/* The view, as large as it fits into a rectangle of the sheet. */
static enum nav_status place_view(struct review *review, struct rnd_sheet *sheet,
                                  struct rnd_rect rect)
{
    const double scale = fmin((double)rect.w / review->rect.w, (double)rect.h / review->rect.h);
    const struct rnd_rect at = {rect.x, rect.y, (int)(scale * review->rect.w),
                                (int)(scale * review->rect.h)};
    return rnd_sheet_picture(sheet, at, review->view, review->rect.w, review->rect.h);
}

static void write_heading(const struct review *review, struct rnd_sheet *sheet, const char *what)
{
    char words[WORDS_SIZE];
    (void)rnd_sheet_words(sheet, review->loaded->name, 40, 24, 1100, 34, true, false, black);
    (void)snprintf(words, sizeof(words), "%s     case %016llx     %s", review->loaded->pseudonym,
                   (unsigned long long)review->loaded->case_id,
                   review->loaded->locked ? "locked, unchanged" : "NOT LOCKED");
    (void)rnd_sheet_words(sheet, words, 40, 70, 1100, 20, false, false,
                          review->loaded->locked ? quiet : alarm_colour);
    (void)rnd_sheet_words(sheet, what, 1160, 30, 560, 22, true, false, quiet);
    (void)rnd_sheet_words(sheet, "Not for navigation", 1160, 66, 560, 20, false, false,
                          alarm_colour);
}

/* What each colour is; what finds no room is counted. */
static void write_legend(const struct review *review, struct rnd_sheet *sheet, int top)
{
    enum { COLUMNS = 6, ROWS = 5, COLUMN_WIDTH = 282, ROW_HEIGHT = 22, SWATCH = 14 };
    const struct cfg_case *loaded = review->loaded;
    const bool all = loaded->model_count <= COLUMNS * ROWS;
    const size_t shown = all ? loaded->model_count : COLUMNS * ROWS - 1;
    for (size_t i = 0; i < shown + !all; ++i) {
        const int x = 40 + (int)(i / ROWS) * COLUMN_WIDTH;
        const int y = top + (int)(i % ROWS) * ROW_HEIGHT;
        char words[WORDS_SIZE];
        if (i == shown) {
            (void)snprintf(words, sizeof(words), "and %zu more", loaded->model_count - shown);
        } else {
            const struct cfg_model *model = &loaded->models[i];
            const struct rnd_colour colour = {(double)model->colour[0], (double)model->colour[1],
                                              (double)model->colour[2]};
            const struct rnd_rect around = {x - 1, y + 1, SWATCH + 2, SWATCH + 2};
            rnd_sheet_fill(sheet, around, quiet); /* ivory on white paper has no edge */
            rnd_sheet_fill(sheet, rnd_rect_inset(around, 1), colour);
            (void)snprintf(words, sizeof(words), "%s", model->name);
        }
        (void)rnd_sheet_words(sheet, words, x + SWATCH + 8, y, COLUMN_WIDTH - SWATCH - 16, 16,
                              false, false, black);
    }
}

static enum nav_status contact_sheet(struct review *review, const char *path)
{
    struct rnd_sheet *sheet = NULL;
    enum nav_status status = rnd_sheet_create(PAGE_WIDTH, PAGE_HEIGHT, &sheet);
    if (status != NAV_OK) {
        return status;
    }
    write_heading(review, sheet, "Contact sheet: six views");
    for (int i = 0; i < (int)RND_PRESET_COUNT && status == NAV_OK; ++i) {
        const struct rnd_rect rect = {40 + i % 3 * 564, 108 + i / 3 * 505, 544, 490};
        rnd_screen_set_view(review->screen, (enum rnd_preset)i);
        status = draw_view(review);
        if (status == NAV_OK) {
            status = place_view(review, sheet, rect);
        }
    }
    write_legend(review, sheet, 1120);
    if (status == NAV_OK) {
        status = rnd_sheet_write(sheet, path);
    }
    rnd_sheet_destroy(sheet);
    return status;
}

/* Once around the patient's long axis, seen from all sides. */
static enum nav_status turntable(struct review *review, const char *path)
{
    struct rnd_encoder encoder;
    rnd_screen_set_view(review->screen, RND_PRESET_POSTERIOR);
    rnd_screen_zoom(review->screen, -2.0); /* a pelvis is longer than it is wide */
    enum nav_status status = draw_view(review);
    /* The hand turns half around over the height of the view. */
    const double step_px = 2.0 * rnd_screen_view_rect(review->screen).h / TURN_FRAMES;
    if (status == NAV_OK) {
        status = rnd_encoder_start(path, review->rect.w, review->rect.h, TURN_FPS, &encoder);
    }
    if (status != NAV_OK) {
        return status;
    }
    for (int i = 0; i < TURN_FRAMES && status == NAV_OK; ++i) {
        status = rnd_encoder_write(&encoder, review->view,
                                   3 * (size_t)review->rect.w * (size_t)review->rect.h);
        rnd_screen_orbit(review->screen, step_px, 0.0);
        review->now_ns += NAV_NS_PER_S / TURN_FPS;
        if (status == NAV_OK) {
            status = draw_view(review);
        }
    }
    const enum nav_status finished = rnd_encoder_finish(&encoder);
    return status == NAV_OK ? finished : status;
}

/* --- sections in the planes of the cuts ------------------------------------------------------ */

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* A section's place on the page: the plane's u to the right, v down. */
struct section {
    struct rnd_sheet *sheet;
    const struct cfg_cut *cut;
    double v[3];
    enum rnd_fusion fusion; /* which scans */
    double left_mm, top_mm; /* of the rectangle, along u and v */
    double px_per_mm;
    struct rnd_rect rect;
    struct rnd_colour colour;
};

static void to_page(const struct section *section, const double p[3], double out[2])
{
    double off[3];
    for (int i = 0; i < 3; ++i) {
        off[i] = p[i] - section->cut->point_mm[i];
    }
    out[0] = section->rect.x + (dot(off, section->cut->u) - section->left_mm) * section->px_per_mm;
    out[1] = section->rect.y + (dot(off, section->v) - section->top_mm) * section->px_per_mm;
}

static void draw_outline(void *context, const float a_mm[3], const float b_mm[3])
{
    const struct section *section = context;
    const double a[3] = {(double)a_mm[0], (double)a_mm[1], (double)a_mm[2]};
    const double b[3] = {(double)b_mm[0], (double)b_mm[1], (double)b_mm[2]};
    double p[2], q[2];
    to_page(section, a, p);
    to_page(section, b, q);
    rnd_sheet_line(section->sheet, p[0], p[1], q[0], q[1], 2.0, section->colour);
}

/* One scan in the plane. */
static enum nav_status cut_scan(const struct section *section, const struct cfg_case_volume *scan,
                                uint8_t *out_grey)
{
    struct rnd_volume volume;
    struct rnd_window_level window;
    struct rnd_plane plane;
    case_screen_volume(scan, &volume, &window);
    for (int i = 0; i < 3; ++i) {
        plane.right_mm[i] = section->cut->u[i] / section->px_per_mm;
        plane.down_mm[i] = section->v[i] / section->px_per_mm;
        plane.origin_mm[i] = section->cut->point_mm[i] + section->left_mm * section->cut->u[i] +
                             section->top_mm * section->v[i];
    }
    return rnd_slice(&volume, &plane, &window, section->rect.w, section->rect.h, section->rect.w,
                     out_grey);
}

/* The scan in the plane, or two of them; black where there is none. */
static enum nav_status draw_scan(const struct review *review, const struct section *section)
{
    const struct cfg_case_volume *first = case_screen_first(review->loaded);
    const struct cfg_case_volume *second = case_screen_second(review->loaded);
    const size_t count = (size_t)section->rect.w * (size_t)section->rect.h;
    const int square_px = section->rect.h / 6 > 0 ? section->rect.h / 6 : 1;
    uint8_t *grey = calloc(count, 2);
    uint8_t *rgb = malloc(3 * count);
    enum nav_status status = grey != NULL && rgb != NULL ? NAV_OK : NAV_ERR_MEMORY;
    if (status == NAV_OK && first != NULL) {
        status = cut_scan(section, first, grey);
    }
    if (status == NAV_OK && second != NULL && section->fusion != RND_FUSION_FIRST) {
        status = cut_scan(section, second, grey + count);
    }
    for (size_t i = 0; status == NAV_OK && i < count; ++i) {
        const uint32_t word =
            rnd_fuse(section->fusion, grey[i], grey[count + i], (int)(i % (size_t)section->rect.w),
                     (int)(i / (size_t)section->rect.w), square_px);
        rgb[3 * i] = (uint8_t)(word >> 16);
        rgb[3 * i + 1] = (uint8_t)(word >> 8);
        rgb[3 * i + 2] = (uint8_t)word;
    }
    if (status == NAV_OK) {
        status =
            rnd_sheet_picture(section->sheet, section->rect, rgb, section->rect.w, section->rect.h);
    }
    free(grey);
    free(rgb);
    return status;
}

static enum nav_status draw_models(const struct review *review, struct section *section)
{
    enum nav_status status = NAV_OK;
    for (size_t i = 0; i < review->loaded->model_count && status == NAV_OK; ++i) {
        const struct cfg_model *model = &review->loaded->models[i];
        const struct rnd_mesh mesh = {.vertex_count = model->mesh->vertex_count,
                                      .triangle_count = model->mesh->triangle_count,
                                      .positions = model->mesh->vertices_mm,
                                      .triangles = model->mesh->triangles};
        struct rnd_outline *outline = NULL;
        section->colour = (struct rnd_colour){(double)model->colour[0], (double)model->colour[1],
                                              (double)model->colour[2]};
        status = rnd_outline_create(&mesh, &outline);
        if (status == NAV_OK) {
            rnd_outline_cut(outline, section->cut->normal,
                            dot(section->cut->normal, section->cut->point_mm), draw_outline,
                            section);
        }
        rnd_outline_destroy(outline);
    }
    return status;
}

/* The planned face: its rim, and the depth that is planned as a thick line. */
static void draw_face(const struct section *section)
{
    const struct cfg_cut *cut = section->cut;
    const double half = 0.5 * cut->size_mm[0];
    const double corners[4][2] = {
        {-half, 0.0}, {half, 0.0}, {half, cut->depth_mm}, {-half, cut->depth_mm}};
    for (int i = 0; i < 4; ++i) {
        const double *a = corners[i];
        const double *b = corners[(i + 1) % 4];
        rnd_sheet_line(section->sheet,
                       section->rect.x + (a[0] - section->left_mm) * section->px_per_mm,
                       section->rect.y + (a[1] - section->top_mm) * section->px_per_mm,
                       section->rect.x + (b[0] - section->left_mm) * section->px_per_mm,
                       section->rect.y + (b[1] - section->top_mm) * section->px_per_mm,
                       i == 0 ? 5.0 : 2.5, cut_colour);
    }
}

/* The way down the page: normal x u. */
static void take_down(struct section *section)
{
    const struct cfg_cut *cut = section->cut;
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3;
        const int k = (i + 2) % 3;
        section->v[i] = cut->normal[j] * cut->u[k] - cut->normal[k] * cut->u[j];
    }
}

/* A letter is as white as bone: it stands on a ground of its own. */
static void write_letter(const struct section *section, const char *letter, int x, int y)
{
    const struct rnd_colour white = {1.0, 1.0, 1.0};
    const struct rnd_rect ground = {x - 6, y - 2, 12 + 15 * (int)strlen(letter), 28};
    rnd_sheet_fill(section->sheet, ground, black);
    (void)rnd_sheet_words(section->sheet, letter, x, y, 60, 22, true, false, white);
}

/* Where right and down lead. */
static void write_letters(const struct section *section)
{
    const struct rnd_rect rect = section->rect;
    char letters[2][4];
    rnd_direction_letters(section->cut->u, letters[0]);
    rnd_direction_letters(section->v, letters[1]);
    write_letter(section, letters[0], rect.x + rect.w - 8 - 15 * (int)strlen(letters[0]),
                 rect.y + rect.h / 2 - 12);
    write_letter(section, letters[1], rect.x + rect.w / 2 - 8, rect.y + rect.h - 30);
}

static enum nav_status draw_section(const struct review *review, struct rnd_sheet *sheet,
                                    size_t index, struct rnd_rect tile)
{
    const double around_mm = 22.0;
    const struct cfg_cut *cut = &review->loaded->cuts[index];
    struct section section = {.sheet = sheet, .cut = cut};
    char words[WORDS_SIZE];
    take_down(&section);
    (void)snprintf(words, sizeof(words), "%zu  %s", index + 1, cut->name);
    (void)rnd_sheet_words(sheet, words, tile.x, tile.y, tile.w, 19, true, false, black);
    section.rect = (struct rnd_rect){tile.x, tile.y + 28, tile.w, tile.h - 28};
    const double width = cut->size_mm[0] + 2.0 * around_mm;
    const double height = cut->size_mm[1] + 2.0 * around_mm;
    section.px_per_mm = fmin(section.rect.w / width, section.rect.h / height);
    section.left_mm = -0.5 * section.rect.w / section.px_per_mm;
    section.top_mm = 0.5 * cut->size_mm[1] - 0.5 * section.rect.h / section.px_per_mm;
    enum nav_status status = draw_scan(review, &section);
    rnd_sheet_clip(sheet, section.rect);
    if (status == NAV_OK) {
        status = draw_models(review, &section);
    }
    draw_face(&section);
    rnd_sheet_clip(sheet, (struct rnd_rect){0, 0, 0, 0});
    write_letters(&section);
    return status;
}

/* --- an MR over its CT ----------------------------------------------------------------------- */

/* The middle of the tumours, else of the bones, else of all. */
static void middle_of_interest(const struct cfg_case *loaded, double out_mm[3])
{
    static const enum cfg_role roles[] = {CFG_ROLE_TUMOUR, CFG_ROLE_BONE};
    double box[2][3] = {{INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}};
    for (size_t pass = 0; pass < 3 && box[0][0] > box[1][0]; ++pass) {
        for (size_t i = 0; i < loaded->model_count; ++i) {
            const struct cfg_model *model = &loaded->models[i];
            for (int k = 0; k < 3 && (pass == 2 || model->role == roles[pass]); ++k) {
                box[0][k] = fmin(box[0][k], model->report.min_mm[k]);
                box[1][k] = fmax(box[1][k], model->report.max_mm[k]);
            }
        }
    }
    for (int k = 0; k < 3; ++k) {
        out_mm[k] = 0.5 * (box[0][k] + box[1][k]);
    }
}

/* Axial, sagittal and coronal, as radiologists look. */
static enum nav_status draw_fused(const struct review *review, struct rnd_sheet *sheet, int way,
                                  enum rnd_fusion fusion, struct rnd_rect rect)
{
    static const double height_mm = 210.0;
    static const struct cfg_cut ways[3] = {
        {.normal = {0, 0, 1}, .u = {1, 0, 0}},
        {.normal = {-1, 0, 0}, .u = {0, 1, 0}},
        {.normal = {0, 1, 0}, .u = {1, 0, 0}},
    };
    struct cfg_cut plane = ways[way];
    struct section section = {.sheet = sheet, .cut = &plane, .fusion = fusion, .rect = rect};
    middle_of_interest(review->loaded, plane.point_mm);
    take_down(&section);
    section.px_per_mm = rect.h / height_mm;
    section.left_mm = -0.5 * rect.w / section.px_per_mm;
    section.top_mm = -0.5 * height_mm;
    enum nav_status status = draw_scan(review, &section);
    rnd_sheet_clip(sheet, rect);
    if (status == NAV_OK) {
        status = draw_models(review, &section);
    }
    rnd_sheet_clip(sheet, (struct rnd_rect){0, 0, 0, 0});
    write_letters(&section);
    return status;
}

/* Both scans through one point, one through the other and by squares, and what is known of how the
 * second came there. */
static enum nav_status draw_both(const struct review *review, struct rnd_sheet *sheet,
                                 struct rnd_rect rect)
{
    static const enum rnd_fusion rows[] = {RND_FUSION_BLEND, RND_FUSION_SQUARES};
    enum { HEAD = 74, GAP = 16, ROWS = sizeof(rows) / sizeof(rows[0]), COLUMNS = 3 };
    const struct cfg_case_volume *second = case_screen_second(review->loaded);
    const struct cfg_alignment *alignment = &second->alignment;
    const bool unjudged = case_screen_is_unjudged(second);
    char words[WORDS_SIZE];
    (void)snprintf(words, sizeof(words), "%s (orange) over %s (grey)", second->name,
                   case_screen_first(review->loaded)->name);
    (void)rnd_sheet_words(sheet, words, rect.x, rect.y, rect.w / 2.0, 24, true, false, black);
    if (alignment->stated) {
        (void)snprintf(words, sizeof(words), "%s, by %s.  %s",
                       cfg_alignment_name(alignment->origin), alignment->by,
                       unjudged ? "JUDGE THE FIT BY EYE" : "");
    } else {
        (void)snprintf(words, sizeof(words),
                       "Nothing tells how it came here. JUDGE THE FIT BY EYE");
    }
    (void)rnd_sheet_words(sheet, words, rect.x + rect.w / 2.0, rect.y + 2, rect.w / 2.0, 20, true,
                          false, unjudged ? alarm_colour : quiet);
    (void)rnd_sheet_words(sheet,
                          "Contours that both scans show must go on across the squares: skin, "
                          "cortex of sacrum and iliac wings, spinal canal. Lines: the models.",
                          rect.x, rect.y + 36, rect.w, 18, false, false, quiet);
    const int w = (rect.w - (COLUMNS - 1) * GAP) / COLUMNS;
    const int h = (rect.h - HEAD - (ROWS - 1) * GAP) / ROWS;
    enum nav_status status = NAV_OK;
    for (int i = 0; i < ROWS * COLUMNS && status == NAV_OK; ++i) {
        const struct rnd_rect tile = {rect.x + i % COLUMNS * (w + GAP),
                                      rect.y + HEAD + i / COLUMNS * (h + GAP), w, h};
        status = draw_fused(review, sheet, i % COLUMNS, rows[i / COLUMNS], tile);
    }
    return status;
}

/* --- the sheet of the plan ------------------------------------------------------------------- */

/* "S1 root 1.0 mm (stop), ..." */
static void passing_words(const struct cfg_case *loaded, const struct cfg_cut_facts *facts,
                          char out[WORDS_SIZE])
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < facts->passing_count && length + 1 < WORDS_SIZE; ++i) {
        const struct cfg_model *model = &loaded->models[facts->passing[i].model];
        const char *before = i > 0 ? ", " : "";
        const int size =
            facts->passing[i].crossed
                ? snprintf(out + length, WORDS_SIZE - length, "%s%s CUT", before, model->name)
                : snprintf(out + length, WORDS_SIZE - length, "%s%s %.1f mm", before, model->name,
                           facts->passing[i].distance_mm);
        length += size > 0 ? (size_t)size : 0;
    }
    if (facts->passing_count == 0) {
        (void)snprintf(out, WORDS_SIZE, "nothing within its alarm distance");
    }
}

/* What is said of each cut, one below the other. */
static void write_cuts(const struct review *review, struct rnd_sheet *sheet, struct rnd_rect rect)
{
    const struct cfg_case *loaded = review->loaded;
    const double size = loaded->cut_count > 8 ? 13.0 : 17.0;
    int y = rect.y;
    if (loaded->cut_count == 0) {
        (void)rnd_sheet_words(sheet, "No cut is planned.", rect.x, y, rect.w, 20, true, false,
                              alarm_colour);
    }
    for (size_t i = 0; i < loaded->cut_count && y < rect.y + rect.h; ++i) {
        const struct cfg_cut *cut = &loaded->cuts[i];
        struct cfg_cut_facts facts;
        char words[WORDS_SIZE];
        char bone[64] = "no bone";
        char margin[NAV_NAME_SIZE + 96] = "no tumour";
        if (cfg_cut_facts(loaded, i, &facts) != NAV_OK) {
            continue;
        }
        (void)snprintf(words, sizeof(words), "%zu  %s", i + 1, cut->name);
        y += rnd_sheet_words(sheet, words, rect.x, y, rect.w, size + 2, true, false, black);
        if (facts.has_bone) {
            (void)snprintf(bone, sizeof(bone), "far cortex %s%.1f mm",
                           facts.far_beyond ? "beyond " : "",
                           facts.far_beyond ? cut->size_mm[1] : facts.far_cortex_mm);
        }
        if (facts.has_tumour) {
            (void)snprintf(margin, sizeof(margin), "margin to %s %.1f mm%s",
                           loaded->models[facts.tumour].name, facts.margin_mm,
                           facts.plane_cuts ? " (its plane cuts it further on)" : "");
        }
        char kerf[24] = "unknown";
        if (facts.kerf_known) {
            (void)snprintf(kerf, sizeof(kerf), "%.2f mm", facts.kerf_mm);
        }
        (void)snprintf(words, sizeof(words), "depth %.1f mm,  %s,  %s,  kerf %s", cut->depth_mm,
                       bone, margin, kerf);
        y += rnd_sheet_words(sheet, words, rect.x + 22, y, rect.w - 22, size, false, true,
                             facts.tumour_cut || facts.plane_cuts ? alarm_colour : black);
        passing_words(loaded, &facts, words);
        y += rnd_sheet_words(sheet, words, rect.x + 22, y, rect.w - 22, size, false, true, quiet) +
             8;
    }
}

static enum nav_status plan_sheet(struct review *review, const char *path)
{
    const int count = (int)review->loaded->cut_count;
    const int columns = count <= 4 ? 4 : count <= 8 ? 4 : 6;
    const int rows = count <= 4 ? 1 : count <= 8 ? 2 : 3;
    const int gap = 18;
    const struct rnd_rect below = {40, 620, PAGE_WIDTH - 80, PAGE_HEIGHT - 660};
    const bool both = case_screen_second(review->loaded) != NULL;
    const int first_y = count > 0 ? PAGE_HEIGHT : below.y + 20;
    const int height = both ? first_y + FUSION_HEIGHT : PAGE_HEIGHT;
    struct rnd_sheet *sheet = NULL;
    enum nav_status status = rnd_sheet_create(PAGE_WIDTH, height, &sheet);
    if (status != NAV_OK) {
        return status;
    }
    write_heading(review, sheet, "Planned cuts");
    rnd_screen_set_view(review->screen, RND_PRESET_POSTERIOR);
    status = draw_view(review);
    if (status == NAV_OK) {
        status = place_view(review, sheet, (struct rnd_rect){40, 116, 620, 484});
    }
    write_cuts(review, sheet, (struct rnd_rect){690, 116, PAGE_WIDTH - 730, 484});
    for (int i = 0; i < count && status == NAV_OK; ++i) {
        const struct rnd_rect tile = {below.x + i % columns * (below.w + gap) / columns,
                                      below.y + i / columns * (below.h + gap) / rows,
                                      (below.w + gap) / columns - gap,
                                      (below.h + gap) / rows - gap};
        status = draw_section(review, sheet, (size_t)i, tile);
    }
    if (status == NAV_OK && both) {
        const struct rnd_rect rect = {40, first_y, PAGE_WIDTH - 80, FUSION_HEIGHT - 40};
        status = draw_both(review, sheet, rect);
    }
    if (status == NAV_OK) {
        status = rnd_sheet_write(sheet, path);
    }
    rnd_sheet_destroy(sheet);
    return status;
}

/* --- the program ----------------------------------------------------------------------------- */

struct options {
    const char *case_path, *contact_sheet, *turntable, *sheet;
};

static enum nav_status open_review(struct review *review)
{
    const struct rnd_screen_options options = {
        .layout = RND_LAYOUT_REVIEW, .view = RND_PRESET_POSTERIOR, .side = RND_SIDE_FOOT};
    struct rnd_case facts;
    const char *what = "";
    case_screen_facts(review->loaded, &facts);
    enum nav_status status = rnd_screen_create(&options, &facts, &review->screen);
    if (status == NAV_OK) {
        status = case_screen_fill(review->loaded, review->screen, &what);
    }
    if (status == NAV_OK) {
        status = rnd_screen_resize(review->screen, PICTURE_WIDTH, PICTURE_HEIGHT);
    }
    review->rgb = malloc((size_t)3 * PICTURE_WIDTH * PICTURE_HEIGHT);
    review->view = malloc((size_t)3 * PICTURE_WIDTH * PICTURE_HEIGHT);
    review->now_ns = NAV_NS_PER_S;
    return status == NAV_OK && (review->rgb == NULL || review->view == NULL) ? NAV_ERR_MEMORY
                                                                             : status;
}

static int make_all(const struct options *options, struct review *review)
{
    const struct {
        const char *path;
        enum nav_status (*make)(struct review *review, const char *path);
        const char *remedy;
    } wanted[] = {
        {options->contact_sheet, contact_sheet, "check that the folder exists; .png or .pdf"},
        {options->sheet, plan_sheet, "check that the folder exists; .png or .pdf"},
        {options->turntable, turntable, "check that the folder exists and ffmpeg is installed"},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); ++i) {
        const enum nav_status status =
            wanted[i].path != NULL ? wanted[i].make(review, wanted[i].path) : NAV_OK;
        if (status != NAV_OK) {
            fprintf(stderr, "osteonav-review: %s: %s; %s\n", wanted[i].path,
                    nav_status_text(status), wanted[i].remedy);
            return EXIT_FAILED;
        }
    }
    return EXIT_GOOD;
}

/* Returns -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"help", no_argument, NULL, 'h'},
                                          {"contact-sheet", required_argument, NULL, 'c'},
                                          {"turntable", required_argument, NULL, 't'},
                                          {"sheet", required_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    opterr = 0;
    for (int option = 0; (option = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (option) {
        case 'h':
            fputs("usage: osteonav-review CASE.yaml [--contact-sheet FILE.png|pdf]\n"
                  "                       [--sheet FILE.png|pdf] [--turntable FILE.mp4]\n\n"
                  "Puts a case on paper and film; run by `osteonav case show` and `case check "
                  "--sheet`.\n",
                  stdout);
            return EXIT_GOOD;
        case 'c':
            options->contact_sheet = optarg;
            break;
        case 't':
            options->turntable = optarg;
            break;
        case 's':
            options->sheet = optarg;
            break;
        default:
            fputs("osteonav-review: unknown or incomplete option; --help lists them\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs("osteonav-review: name one case file\n", stderr);
        return EXIT_USAGE;
    }
    options->case_path = argv[optind];
    return -1;
}

int main(int argc, char **argv)
{
    struct options options = {.case_path = NULL};
    const int code = parse_options(argc, argv, &options);
    if (code >= 0) {
        return code;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    struct cfg_case *loaded = NULL;
    struct cfg_error error;
    if (cfg_case_load_meshes(options.case_path, &loaded, &error) != NAV_OK) {
        fprintf(stderr, "osteonav-review: %s\n", error.text);
        return EXIT_FAILED;
    }
    struct rnd_offscreen *offscreen = NULL;
    struct review review = {.loaded = loaded};
    enum nav_status status = rnd_offscreen_create(&offscreen);
    if (status == NAV_OK) {
        status = open_review(&review);
    }
    int result = EXIT_FAILED;
    if (status == NAV_OK) {
        result = make_all(&options, &review);
    } else {
        fprintf(stderr, "osteonav-review: %s; is there a usable OpenGL (Mesa)?\n",
                nav_status_text(status));
    }
    rnd_screen_destroy(review.screen);
    rnd_offscreen_destroy(offscreen);
    free(review.rgb);
    free(review.view);
    cfg_case_destroy(loaded);
    return result;
}
