/* Inside of the screen: what its files share. Nothing else includes it. Thread: main. */
#ifndef RND_SCREEN_PARTS_H
#define RND_SCREEN_PARTS_H

#include "compositor.h"
#include "frame_ages.h"
#include "screen.h"
#include "view_state.h"

enum { FRAME_TIMES = 128, NAMES_MAX = RND_PANEL_STRUCTURES_MAX + RND_PANEL_CUTS_MAX };

struct rnd_screen {
    struct rnd_screen_options options;
    struct rnd_case facts;
    struct rnd_view3d *view;
    struct rnd_panel *panel;
    struct rnd_sections *sections;
    struct rnd_compositor *compositor;

    int width_px, height_px;
    struct rnd_rect whole;
    struct rnd_view_state state;
    struct rnd_view_history history;
    bool camera_fitted;
    bool help;
    bool moves; /* a drag does, instead of turning */
    bool selecting;
    size_t selected;               /* the structure that keys fade */
    int eye_tool;                  /* the view is from its tip; -1: it is not */
    bool orders_known;             /* those given before this display came are not its own */
    uint64_t orders_done;          /* serial of the last one acted on */
    uint32_t fitted_active;        /* the active cut that the layout `cut` looks at, from 1 */
    char view_name[NAV_NAME_SIZE]; /* of the view that is shown */

    size_t cut_count;
    struct rnd_cut_shape cuts[RND_PANEL_CUTS_MAX];
    struct rnd_panel_cut cut_labels[RND_PANEL_CUTS_MAX];
    size_t structure_count;
    struct rnd_panel_structure structures[RND_PANEL_STRUCTURES_MAX];
    size_t model_count;
    uint32_t model_places[RND_PANEL_STRUCTURES_MAX]; /* as the view counts structures */
    struct rnd_panel_structure models[RND_PANEL_STRUCTURES_MAX];

    size_t name_count; /* of models and cuts, as the view counts them */
    char names[NAMES_MAX][NAV_NAME_SIZE];
    char missing_monitor[NAV_NAME_SIZE]; /* empty: none is */
    char not_shown[RND_WORDS_SIZE];      /* names of those missing in the picture; empty: none */

    struct rnd_live_picture live; /* draw NULL: there is none */
    bool live_shown;              /* in the frame drawn last */

    struct rnd_screen_tap tap; /* room NULL: there is none */
    int64_t tapped_ns;

    struct rnd_overlay overlay;
    /* What the 3D picture shows, to draw it again only when that changes. */
    bool view_drawn;
    bool composed;
    bool whole_damage; /* flat: all of the picture is new */
    struct rnd_camera drawn_camera;
    struct {
        enum rnd_look look;
        struct nav_pose pose;
    } drawn_tools[NAV_TOOLS_MAX];

    int64_t shown_arrival_ns; /* newest pose in the frame drawn last */
    struct rnd_frame_ages ages;
    struct rnd_frame_age_summary age_summary; /* of the last minute, once a second */
    int64_t summed_up_ns, logged_ns;
    uint64_t frames;
    int64_t frame_ns[FRAME_TIMES];
};

/* Gives every section the size of its place. NAV_ERR_MEMORY. */
enum nav_status screen_place_sections(struct rnd_screen *screen);

double screen_view_aspect(const struct rnd_screen *screen);

/* Before each frame: orders of the scene, a camera that goes with the tool or the active cut, and
 * the preset's camera where it is not known yet. */
void screen_follow(struct rnd_screen *screen, const struct rnd_moment *moment);

/* Measurements as the panel shows them; `camera` of the view, NULL: there is none. */
size_t screen_place_measures(const struct rnd_screen *screen, const struct rnd_camera *camera,
                             struct rnd_panel_measure out_measures[RND_MEASURES_MAX]);

/* The name of the view that is shown, and of what is hidden. */
void screen_name_view(const struct rnd_screen *screen, char out[NAV_NAME_SIZE]);
void screen_name_hidden(const struct rnd_screen *screen, char out[RND_WORDS_SIZE]);

#endif
