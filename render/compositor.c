#include "compositor.h"

#include <epoxy/gl.h>
#include <stdlib.h>
#include <string.h>

/* Rectangles of one frame; with more, the whole picture counts as one. */
enum { DAMAGE_MAX = 64 };

struct rnd_compositor {
    int width_px, height_px;
    GLuint picture, picture_texture;
    GLuint panel_texture, panel_framebuffer;
    GLuint program, vertices;
    size_t damage_count;
    struct rnd_rect damage[DAMAGE_MAX];
    uint8_t *rows; /* one dirty rectangle with its rows in OpenGL's order */
    size_t rows_size;
};

static const char vertex_source[] =
    "#version 150\n"
    "void main()\n"
    "{\n"
    "    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);\n"
    "    gl_Position = vec4(2.0 * corner - 1.0, 0.0, 1.0);\n"
    "}\n";

static const char fragment_source[] = "#version 150\n"
                                      "uniform sampler2D panel;\n"
                                      "out vec4 colour;\n"
                                      "void main()\n"
                                      "{\n"
                                      "    colour = texelFetch(panel, ivec2(gl_FragCoord.xy), 0);\n"
                                      "}\n";

static GLuint compile(GLenum stage, const char *source)
{
    const GLuint shader = glCreateShader(stage);
    glShaderSource(shader, 1, &source, NULL);
    glCompileShader(shader);
    GLint good = GL_FALSE;
    glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
    if (!good) {
        glDeleteShader(shader);
        return 0;
    }
    return shader;
}

static GLuint link_program(void)
{
    const GLuint vertex = compile(GL_VERTEX_SHADER, vertex_source);
    const GLuint fragment = compile(GL_FRAGMENT_SHADER, fragment_source);
    GLuint program = 0;
    if (vertex != 0 && fragment != 0) {
        program = glCreateProgram();
        glAttachShader(program, vertex);
        glAttachShader(program, fragment);
        glLinkProgram(program);
        GLint good = GL_FALSE;
        glGetProgramiv(program, GL_LINK_STATUS, &good);
        if (!good) {
            glDeleteProgram(program);
            program = 0;
        }
    }
    glDeleteShader(vertex);
    glDeleteShader(fragment);
    return program;
}

enum nav_status rnd_compositor_create(struct rnd_compositor **out_compositor)
{
    struct rnd_compositor *compositor = calloc(1, sizeof(*compositor));
    if (compositor == NULL) {
        return NAV_ERR_MEMORY;
    }
    compositor->program = link_program();
    if (compositor->program == 0) {
        free(compositor);
        return NAV_ERR_UNSUPPORTED;
    }
    glUseProgram(compositor->program);
    glUniform1i(glGetUniformLocation(compositor->program, "panel"), 0);
    glUseProgram(0);
    glGenVertexArrays(1, &compositor->vertices);
    *out_compositor = compositor;
    return NAV_OK;
}

static void release_pictures(struct rnd_compositor *compositor)
{
    glDeleteFramebuffers(1, &compositor->picture);
    glDeleteFramebuffers(1, &compositor->panel_framebuffer);
    glDeleteTextures(1, &compositor->picture_texture);
    glDeleteTextures(1, &compositor->panel_texture);
    compositor->picture = compositor->panel_framebuffer = 0;
    compositor->picture_texture = compositor->panel_texture = 0;
    compositor->width_px = compositor->height_px = 0;
}

void rnd_compositor_destroy(struct rnd_compositor *compositor)
{
    if (compositor == NULL) {
        return;
    }
    release_pictures(compositor);
    glDeleteVertexArrays(1, &compositor->vertices);
    glDeleteProgram(compositor->program);
    free(compositor->rows);
    free(compositor);
}

static bool make_target(int width_px, int height_px, GLuint *out_texture, GLuint *out_framebuffer)
{
    glGenTextures(1, out_texture);
    glBindTexture(GL_TEXTURE_2D, *out_texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width_px, height_px, 0, GL_BGRA,
                 GL_UNSIGNED_INT_8_8_8_8_REV, NULL);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glGenFramebuffers(1, out_framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, *out_framebuffer);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, *out_texture, 0);
    const bool complete = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    glBindTexture(GL_TEXTURE_2D, 0);
    return complete;
}

enum nav_status rnd_compositor_resize(struct rnd_compositor *compositor, int width_px,
                                      int height_px)
{
    if (width_px < 1 || height_px < 1) {
        return NAV_ERR_ARGUMENT;
    }
    if (width_px == compositor->width_px && height_px == compositor->height_px) {
        return NAV_OK;
    }
    release_pictures(compositor);
    glActiveTexture(GL_TEXTURE0);
    if (!make_target(width_px, height_px, &compositor->picture_texture, &compositor->picture) ||
        !make_target(width_px, height_px, &compositor->panel_texture,
                     &compositor->panel_framebuffer)) {
        release_pictures(compositor);
        return NAV_ERR_UNSUPPORTED;
    }
    compositor->width_px = width_px;
    compositor->height_px = height_px;
    return NAV_OK;
}

void rnd_compositor_put(struct rnd_compositor *compositor, const uint8_t *pixels, int stride,
                        struct rnd_rect rect)
{
    const size_t row_bytes = (size_t)rect.w * 4;
    const size_t size = row_bytes * (size_t)rect.h;
    if (size > compositor->rows_size) {
        uint8_t *grown = realloc(compositor->rows, size);
        if (grown == NULL) {
            return;
        }
        compositor->rows = grown;
        compositor->rows_size = size;
    }
    for (int row = 0; row < rect.h; ++row) {
        const size_t from = (size_t)(rect.h - 1 - row);
        memcpy(compositor->rows + (size_t)row * row_bytes, pixels + from * (size_t)stride,
               row_bytes);
    }
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(GL_TEXTURE_2D, compositor->panel_texture);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
    glTexSubImage2D(GL_TEXTURE_2D, 0, rect.x, compositor->height_px - rect.y - rect.h, rect.w,
                    rect.h, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV, compositor->rows);
    glBindTexture(GL_TEXTURE_2D, 0);
}

void rnd_compositor_upload(struct rnd_compositor *compositor, const struct rnd_panel *panel)
{
    size_t count = 0;
    const struct rnd_rect *rects = rnd_panel_dirty(panel, &count);
    int stride = 0;
    const uint8_t *pixels = count > 0 ? rnd_panel_pixels(panel, &stride) : NULL;
    for (size_t i = 0; i < count; ++i) {
        const size_t from = (size_t)rects[i].y * (size_t)stride + (size_t)rects[i].x * 4;
        rnd_compositor_put(compositor, pixels + from, stride, rects[i]);
    }
}

void rnd_compositor_wait(const struct rnd_compositor *compositor)
{
    (void)compositor;
    glFinish();
}

static void copy_rect(GLuint from, GLuint to, const struct rnd_rect *source,
                      const struct rnd_rect *target)
{
    glBindFramebuffer(GL_READ_FRAMEBUFFER, from);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, to);
    glBlitFramebuffer(source->x, source->y, source->x + source->w, source->y + source->h, target->x,
                      target->y, target->x + target->w, target->y + target->h, GL_COLOR_BUFFER_BIT,
                      GL_NEAREST);
}

/* The same rectangle counted from the bottom. */
static struct rnd_rect from_bottom(const struct rnd_compositor *compositor, struct rnd_rect rect)
{
    rect.y = compositor->height_px - rect.y - rect.h;
    return rect;
}

/* Lays the panel's parts over one rectangle of the view. Each piece is restored from the view
 * before it is blended, so that pieces may overlap without being blended twice. */
static void blend_panel(const struct rnd_compositor *compositor, uint32_t view_framebuffer,
                        const struct rnd_panel *panel, struct rnd_rect within)
{
    const struct rnd_rect view = from_bottom(compositor, rnd_panel_view_rect(panel));
    size_t count = 0;
    const struct rnd_rect *rects = rnd_panel_over_view(panel, &count);
    for (size_t i = 0; i < count; ++i) {
        const struct rnd_rect over = rnd_rect_both(rects[i], within);
        if (rnd_rect_is_empty(over)) {
            continue;
        }
        const struct rnd_rect rect = from_bottom(compositor, over);
        const struct rnd_rect in_view = {rect.x - view.x, rect.y - view.y, rect.w, rect.h};
        copy_rect(view_framebuffer, compositor->picture, &in_view, &rect);
        glBindFramebuffer(GL_FRAMEBUFFER, compositor->picture);
        glEnable(GL_SCISSOR_TEST);
        glScissor(rect.x, rect.y, rect.w, rect.h);
        glEnable(GL_BLEND);
        glDrawArrays(GL_TRIANGLES, 0, 3);
        glDisable(GL_BLEND);
        glDisable(GL_SCISSOR_TEST);
    }
}

static void add_damage(struct rnd_compositor *compositor, struct rnd_rect rect)
{
    const struct rnd_rect all = {0, 0, compositor->width_px, compositor->height_px};
    rect = rnd_rect_both(rect, all);
    if (rnd_rect_is_empty(rect)) {
        return;
    }
    if (compositor->damage_count == DAMAGE_MAX) {
        compositor->damage[0] = all;
        compositor->damage_count = 1;
        return;
    }
    compositor->damage[compositor->damage_count++] = rect;
}

/* Makes one rectangle of the picture new: the view's part, what lies over it, what lies around. */
static void compose_rect(const struct rnd_compositor *compositor, uint32_t view_framebuffer,
                         const struct rnd_panel *panel, struct rnd_rect rect)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    const struct rnd_rect seen = rnd_rect_both(rect, view);
    if (!rnd_rect_is_empty(seen)) {
        const struct rnd_rect target = from_bottom(compositor, seen);
        const struct rnd_rect corner = from_bottom(compositor, view);
        const struct rnd_rect source = {target.x - corner.x, target.y - corner.y, target.w,
                                        target.h};
        copy_rect(view_framebuffer, compositor->picture, &source, &target);
        blend_panel(compositor, view_framebuffer, panel, seen);
    }
    const int right = view.x + view.w;
    const int bottom = view.y + view.h;
    const struct rnd_rect around[4] = {
        {0, 0, compositor->width_px, view.y},
        {0, bottom, compositor->width_px, compositor->height_px - bottom},
        {0, view.y, view.x, view.h},
        {right, view.y, compositor->width_px - right, view.h},
    };
    for (size_t i = 0; i < 4; ++i) {
        const struct rnd_rect flat = rnd_rect_both(around[i], rect);
        if (!rnd_rect_is_empty(flat)) {
            const struct rnd_rect target = from_bottom(compositor, flat);
            copy_rect(compositor->panel_framebuffer, compositor->picture, &target, &target);
        }
    }
}

void rnd_compositor_compose(struct rnd_compositor *compositor, uint32_t view_framebuffer,
                            const struct rnd_rect *view_dirty, size_t view_dirty_count,
                            const struct rnd_panel *panel, bool whole)
{
    const struct rnd_rect view = rnd_panel_view_rect(panel);
    compositor->damage_count = 0;
    if (whole) {
        add_damage(compositor,
                   (struct rnd_rect){0, 0, compositor->width_px, compositor->height_px});
    } else {
        for (size_t i = 0; i < view_dirty_count; ++i) {
            const struct rnd_rect dirty = view_dirty[i];
            add_damage(compositor,
                       (struct rnd_rect){dirty.x + view.x, dirty.y + view.y, dirty.w, dirty.h});
        }
        size_t count = 0;
        const struct rnd_rect *dirty = rnd_panel_dirty(panel, &count);
        for (size_t i = 0; i < count; ++i) {
            add_damage(compositor, dirty[i]);
        }
    }
    glDisable(GL_SCISSOR_TEST);
    glDisable(GL_DEPTH_TEST);
    glDisable(GL_CULL_FACE);
    glDisable(GL_BLEND);
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    glViewport(0, 0, compositor->width_px, compositor->height_px);
    glBlendEquation(GL_FUNC_ADD);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(GL_TEXTURE_2D, compositor->panel_texture);
    glUseProgram(compositor->program);
    glBindVertexArray(compositor->vertices);
    for (size_t i = 0; i < compositor->damage_count; ++i) {
        compose_rect(compositor, view_framebuffer, panel, compositor->damage[i]);
    }
    glBindVertexArray(0);
    glUseProgram(0);
    glBindTexture(GL_TEXTURE_2D, 0);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

const struct rnd_rect *rnd_compositor_damage(const struct rnd_compositor *compositor,
                                             size_t *out_count)
{
    *out_count = compositor->damage_count;
    return compositor->damage;
}

void rnd_compositor_present(const struct rnd_compositor *compositor, uint32_t framebuffer,
                            const struct rnd_rect *rects, size_t count)
{
    glDisable(GL_SCISSOR_TEST);
    for (size_t i = 0; i < count; ++i) {
        const struct rnd_rect rect = from_bottom(compositor, rects[i]);
        copy_rect(compositor->picture, framebuffer, &rect, &rect);
    }
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

void rnd_compositor_read(const struct rnd_compositor *compositor, uint8_t *out_rgb)
{
    const size_t row_bytes = (size_t)compositor->width_px * 3;
    glBindFramebuffer(GL_READ_FRAMEBUFFER, compositor->picture);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glPixelStorei(GL_PACK_ROW_LENGTH, 0);
    for (int row = 0; row < compositor->height_px; ++row) {
        glReadPixels(0, compositor->height_px - 1 - row, compositor->width_px, 1, GL_RGB,
                     GL_UNSIGNED_BYTE, out_rgb + (size_t)row * row_bytes);
    }
    glPixelStorei(GL_PACK_ALIGNMENT, 4);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
}
