#include "static_cache.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <string>

#include <vtkMath.h>
#include <vtkMatrix4x4.h>
#include <vtkOpenGLRenderWindow.h>
#include <vtkOpenGLShaderCache.h>
#include <vtkOpenGLState.h>

namespace
{

// Rows of the resolve and smooth passes that are done in one step.
constexpr int band_rows = 96;
// Nodes a pixel to begin with; the buffer grows when a view needs more.
constexpr uint64_t first_nodes_a_pixel = 2;

const char *const background_source =
    "#version 430\n"
    "uniform vec3 bottom;\n"
    "uniform vec3 top;\n"
    "uniform float rows;\n"
    "out vec4 colour;\n"
    "void main()\n"
    "{\n"
    "    colour = vec4(mix(bottom, top, gl_FragCoord.y / rows), 1.0);\n"
    "}\n";

// Sorts each pixel's list front to back by insertion, links it again in that order, and blends it
// over what is opaque.
const char *const resolve_source =
    "#version 430\n"
    "layout(binding = 3) uniform usampler2D headsIn;\n"
    "layout(binding = 6) uniform sampler2D opaque;\n"
    "layout(binding = 0, r32ui) uniform writeonly uimage2D headsOut;\n"
    "layout(binding = 0, offset = 4) uniform atomic_uint tooLong;\n"
    "layout(std430, binding = 4) buffer Nodes { uvec4 nodes[]; };\n"
    "out vec4 colour;\n"
    "const int most = 48;\n"
    "void main()\n"
    "{\n"
    "    ivec2 at = ivec2(gl_FragCoord.xy);\n"
    "    vec3 behind = texelFetch(opaque, at, 0).rgb;\n"
    "    uint node = texelFetch(headsIn, at, 0).r;\n"
    "    if (node == 0u) {\n"
    "        colour = vec4(behind, 1.0);\n"
    "        return;\n"
    "    }\n"
    "    uint index[most];\n"
    "    uint shade[most];\n"
    "    float depth[most];\n"
    "    int count = 0;\n"
    "    while (node != 0u && count < most) {\n"
    "        uvec4 item = nodes[node];\n"
    "        float z = uintBitsToFloat(item.z);\n"
    "        int slot = count++;\n"
    "        while (slot > 0 && depth[slot - 1] > z) {\n"
    "            depth[slot] = depth[slot - 1];\n"
    "            index[slot] = index[slot - 1];\n"
    "            shade[slot] = shade[slot - 1];\n"
    "            slot--;\n"
    "        }\n"
    "        depth[slot] = z;\n"
    "        index[slot] = node;\n"
    "        shade[slot] = item.y;\n"
    "        node = item.x;\n"
    "    }\n"
    "    if (node != 0u) atomicCounterIncrement(tooLong);\n"
    "    vec3 front = vec3(0.0);\n"
    "    float through = 1.0;\n"
    "    for (int i = 0; i < count; i++) {\n"
    "        vec4 layer = unpackUnorm4x8(shade[i]);\n"
    "        front += through * layer.rgb;\n"
    "        through *= 1.0 - layer.a;\n"
    "        nodes[index[i]].x = i + 1 < count ? index[i + 1] : 0u;\n"
    "    }\n"
    "    imageStore(headsOut, at, uvec4(index[0]));\n"
    "    colour = vec4(front + through * behind, 1.0);\n"
    "}\n";

// Edge smoothing after Lottes (fast approximate anti-aliasing): where brightness changes sharply,
// blend along the edge.
const char *const smooth_source =
    "#version 430\n"
    "layout(binding = 6) uniform sampler2D picture;\n"
    "out vec4 colour;\n"
    "const vec3 weight = vec3(0.299, 0.587, 0.114);\n"
    "vec3 at(vec2 place) { return textureLod(picture, place, 0.0).rgb; }\n"
    "void main()\n"
    "{\n"
    "    vec2 texel = 1.0 / vec2(textureSize(picture, 0));\n"
    "    vec2 place = gl_FragCoord.xy * texel;\n"
    "    vec3 middle = at(place);\n"
    "    float nw = dot(at(place + vec2(-1.0, 1.0) * texel), weight);\n"
    "    float ne = dot(at(place + vec2(1.0, 1.0) * texel), weight);\n"
    "    float sw = dot(at(place + vec2(-1.0, -1.0) * texel), weight);\n"
    "    float se = dot(at(place + vec2(1.0, -1.0) * texel), weight);\n"
    "    float own = dot(middle, weight);\n"
    "    float low = min(own, min(min(nw, ne), min(sw, se)));\n"
    "    float high = max(own, max(max(nw, ne), max(sw, se)));\n"
    "    if (high - low < max(0.03, 0.12 * high)) {\n"
    "        colour = vec4(middle, 1.0);\n"
    "        return;\n"
    "    }\n"
    "    vec2 along = vec2(sw + se - nw - ne, nw + sw - ne - se);\n"
    "    float floor_ = max((nw + ne + sw + se) / 32.0, 1.0 / 128.0);\n"
    "    float scale = 1.0 / (min(abs(along.x), abs(along.y)) + floor_);\n"
    "    along = clamp(along * scale, -8.0, 8.0) * texel;\n"
    "    vec3 two = 0.5 * (at(place - along / 6.0) + at(place + along / 6.0));\n"
    "    vec3 four = 0.5 * two + 0.25 * (at(place - along / 2.0) + at(place + along / 2.0));\n"
    "    float result = dot(four, weight);\n"
    "    colour = vec4(result < low || result > high ? two : four, 1.0);\n"
    "}\n";

// Blends a pixel's sorted list twice, as it is and as it fades, and adds the difference.
std::string keyhole_fragment()
{
    return std::string("#version 430\n"
                       "layout(binding = 3) uniform usampler2D heads;\n"
                       "layout(binding = 6) uniform sampler2D opaque;\n"
                       "layout(binding = 7) uniform sampler2D finished;\n"
                       "layout(std430, binding = 4) readonly buffer Nodes { uvec4 nodes[]; };\n"
                       "uniform vec4 hole;\n"
                       "out vec4 colour;\n") +
           keyhole_source +
           "void main()\n"
           "{\n"
           "    ivec2 at = ivec2(gl_FragCoord.xy);\n"
           "    vec3 behind = texelFetch(opaque, at, 0).rgb;\n"
           "    vec3 whole = vec3(0.0);\n"
           "    vec3 open = vec3(0.0);\n"
           "    float wholeThrough = 1.0;\n"
           "    float openThrough = 1.0;\n"
           "    uint node = texelFetch(heads, at, 0).r;\n"
           "    for (int i = 0; i < 48 && node != 0u; i++) {\n"
           "        uvec4 item = nodes[node];\n"
           "        vec4 layer = unpackUnorm4x8(item.y);\n"
           "        whole += wholeThrough * layer.rgb;\n"
           "        wholeThrough *= 1.0 - layer.a;\n"
           "        vec3 place = vec3(gl_FragCoord.xy, uintBitsToFloat(item.z));\n"
           "        if (item.w != 0u) layer *= navKept(hole, place);\n"
           "        open += openThrough * layer.rgb;\n"
           "        openThrough *= 1.0 - layer.a;\n"
           "        node = item.x;\n"
           "    }\n"
           "    vec3 change = open - whole + (openThrough - wholeThrough) * behind;\n"
           "    colour = vec4(texelFetch(finished, at, 0).rgb + change, 1.0);\n"
           "}\n";
}

void bind_texture(GLenum unit, GLuint texture)
{
    glActiveTexture(GL_TEXTURE0 + unit);
    glBindTexture(GL_TEXTURE_2D, texture);
    glActiveTexture(GL_TEXTURE0);
}

GlBuffer make_buffer(GLenum target, uint64_t bytes)
{
    GLuint name = 0;
    glGenBuffers(1, &name);
    GlBuffer buffer(name);
    while (glGetError() != GL_NO_ERROR) {
    }
    glBindBuffer(target, name);
    glBufferData(target, static_cast<GLsizeiptr>(bytes), nullptr, GL_DYNAMIC_COPY);
    if (glGetError() != GL_NO_ERROR) {
        throw std::bad_alloc();
    }
    return buffer;
}

GlTexture make_texture(GLenum format, int width, int height)
{
    GLuint name = 0;
    glGenTextures(1, &name);
    GlTexture texture(name);
    glBindTexture(GL_TEXTURE_2D, name);
    glTexStorage2D(GL_TEXTURE_2D, 1, format, width, height);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glBindTexture(GL_TEXTURE_2D, 0);
    return texture;
}

} // namespace

bool same_camera(vtkCamera *a, vtkCamera *b)
{
    return a != nullptr && std::equal(a->GetPosition(), a->GetPosition() + 3, b->GetPosition()) &&
           std::equal(a->GetFocalPoint(), a->GetFocalPoint() + 3, b->GetFocalPoint()) &&
           std::equal(a->GetViewUp(), a->GetViewUp() + 3, b->GetViewUp()) &&
           a->GetViewAngle() == b->GetViewAngle();
}

Keyhole project_keyhole(vtkCamera *camera, const double tip_mm[3], double radius_mm, int width,
                        int height)
{
    const double aspect = static_cast<double>(width) / height;
    const double image[4] = {tip_mm[0], tip_mm[1], tip_mm[2], 1.0};
    double clip[4];
    camera->GetCompositeProjectionTransformMatrix(aspect, -1.0, 1.0)->MultiplyPoint(image, clip);
    if (radius_mm <= 0.0 || clip[3] <= 1e-6) {
        return {};
    }
    // The picture's half height at the tip is what the angle spans at its depth, which is clip's w.
    const double half_mm =
        clip[3] * std::tan(vtkMath::RadiansFromDegrees(camera->GetViewAngle()) / 2.0);
    return {static_cast<float>((clip[0] / clip[3] * 0.5 + 0.5) * width),
            static_cast<float>((clip[1] / clip[3] * 0.5 + 0.5) * height),
            static_cast<float>(radius_mm / half_mm * 0.5 * height),
            static_cast<float>(clip[2] / clip[3] * 0.5 + 0.5)};
}

GlTexture make_depth_texture(int width, int height)
{
    return make_texture(GL_DEPTH_COMPONENT32F, width, height);
}

bool StaticCache::Supported()
{
    if (!GLEW_VERSION_4_3) {
        return false;
    }
    GLint storage = 0;
    GLint counters = 0;
    GLint images = 0;
    glGetIntegerv(GL_MAX_FRAGMENT_SHADER_STORAGE_BLOCKS, &storage);
    glGetIntegerv(GL_MAX_FRAGMENT_ATOMIC_COUNTERS, &counters);
    glGetIntegerv(GL_MAX_FRAGMENT_IMAGE_UNIFORMS, &images);
    return storage >= 1 && counters >= 2 && images >= 1;
}

StaticCache::StaticCache(vtkOpenGLRenderer *shared_renderer)
    : renderer(shared_renderer), capture(vtkSmartPointer<CapturePass>::New()),
      background_program(make_viewport_program(background_source)),
      resolve_program(make_viewport_program(resolve_source)),
      smooth_program(make_viewport_program(smooth_source)),
      keyhole_program(make_viewport_program(keyhole_fragment().c_str()))
{
    GLuint name = 0;
    glGenVertexArrays(1, &name);
    this->no_vertices = GlVertexArray(name);
    this->counters = make_buffer(GL_ATOMIC_COUNTER_BUFFER, 2 * sizeof(GLuint));
}

vtkOpenGLState *StaticCache::State() const
{
    return static_cast<vtkOpenGLRenderWindow *>(this->renderer->GetRenderWindow())->GetState();
}

bool StaticCache::Resize(int new_width, int new_height)
{
    this->phase = Phase::empty;
    if (new_width == this->width && new_height == this->height) {
        return true;
    }
    this->width = 0;
    try {
        this->depth = make_depth_texture(new_width, new_height);
        this->heads = make_texture(GL_R32UI, new_width, new_height);
        this->opaque = make_target(new_width, new_height, this->depth);
        this->blended = make_target(new_width, new_height, 0);
        this->finished = make_target(new_width, new_height, this->depth);
    } catch (const std::bad_alloc &) {
        return false;
    }
    this->width = new_width;
    this->height = new_height;
    const uint64_t pixels = static_cast<uint64_t>(new_width) * static_cast<uint64_t>(new_height);
    this->ReserveNodes(first_nodes_a_pixel * pixels);
    return true;
}

void StaticCache::ReserveNodes(uint64_t count)
{
    GLint64 ceiling = 0;
    glGetInteger64v(GL_MAX_SHADER_STORAGE_BLOCK_SIZE, &ceiling);
    const uint64_t most = static_cast<uint64_t>(ceiling) / (4 * sizeof(GLuint));
    // One more: node 0 is never used.
    this->node_capacity = std::min(count, most - 1);
    this->nodes = GlBuffer();
    this->nodes =
        make_buffer(GL_SHADER_STORAGE_BUFFER, (this->node_capacity + 1) * 4 * sizeof(GLuint));
}

void StaticCache::Begin(const std::vector<StaticPart> *new_parts, Detail new_detail,
                        vtkCamera *new_camera, const Background &new_background, bool smooth)
{
    this->at_once = false;
    this->parts = new_parts;
    this->detail = new_detail;
    this->camera = new_camera;
    this->background = new_background;
    this->smoothing = smooth;
    this->incomplete = false;
    this->outdated = false;
    this->shown.clear();
    while (this->drawn.size() < new_parts->size()) {
        GLuint name = 0;
        glGenQueries(1, &name);
        this->drawn.emplace_back(name);
    }
    this->next_part = 0;
    this->phase = Phase::opaque;
}

bool StaticCache::IsCurrent(vtkCamera *seen_from) const
{
    return this->phase == Phase::ready && !this->outdated && same_camera(this->camera, seen_from);
}

void StaticCache::UseTarget(const GlTarget &target) const
{
    vtkOpenGLState *state = this->State();
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, target.framebuffer);
    state->vtkglViewport(0, 0, this->width, this->height);
    state->vtkglDisable(GL_SCISSOR_TEST);
    state->vtkglDisable(GL_BLEND);
    state->vtkglDisable(GL_CULL_FACE);
    state->vtkglColorMask(1, 1, 1, 1);
}

// Everything as before the first part: background, no depth, no lists.
void StaticCache::Clear()
{
    vtkOpenGLState *state = this->State();
    this->UseTarget(this->opaque);
    state->vtkglDepthMask(GL_TRUE);
    state->vtkglClearDepth(1.0);
    state->vtkglClear(GL_DEPTH_BUFFER_BIT);
    state->vtkglDisable(GL_DEPTH_TEST);
    glUseProgram(this->background_program);
    glUniform3fv(glGetUniformLocation(this->background_program, "bottom"), 1,
                 this->background.bottom);
    glUniform3fv(glGetUniformLocation(this->background_program, "top"), 1, this->background.top);
    glUniform1f(glGetUniformLocation(this->background_program, "rows"),
                static_cast<GLfloat>(this->height));
    glBindVertexArray(this->no_vertices);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glBindVertexArray(0);
    glUseProgram(0);
}

static uint64_t query_result(GLuint query)
{
    GLuint64 samples = 0;
    glGetQueryObjectui64v(query, GL_QUERY_RESULT, &samples);
    return samples;
}

bool StaticCache::DrawNextPart(bool translucent)
{
    while (this->next_part < this->parts->size() &&
           ((*this->parts)[this->next_part].translucent != translucent ||
            !(*this->parts)[this->next_part].BelongsTo(this->detail))) {
        ++this->next_part;
    }
    if (this->next_part == this->parts->size()) {
        return false;
    }
    const GLuint query = this->drawn[this->next_part];
    const bool fades = (*this->parts)[this->next_part].fades;
    vtkActor *actor = (*this->parts)[this->next_part++].actor;
    vtkOpenGLState *state = this->State();
    state->vtkglEnable(GL_DEPTH_TEST);
    state->vtkglDepthFunc(GL_LEQUAL);
    if (!translucent) {
        state->vtkglDepthMask(GL_TRUE);
        glBeginQuery(GL_SAMPLES_PASSED, query);
        actor->RenderOpaqueGeometry(this->renderer);
        glEndQuery(GL_SAMPLES_PASSED);
        return true;
    }
    state->vtkglDepthMask(GL_FALSE);
    state->vtkglColorMask(0, 0, 0, 0);
    glBindBufferBase(GL_ATOMIC_COUNTER_BUFFER, LAYER_COUNT_BUFFER, this->counters);
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, LAYER_NODES_BUFFER, this->nodes);
    glBindImageTexture(LAYER_HEADS_IMAGE, this->heads, 0, GL_FALSE, 0, GL_READ_WRITE, GL_R32UI);
    glBeginQuery(GL_SAMPLES_PASSED, query);
    this->capture->fades = fades;
    this->capture->Draw(this->renderer, actor, true);
    glEndQuery(GL_SAMPLES_PASSED);
    state->vtkglColorMask(1, 1, 1, 1);
    return true;
}

// Asked once all parts are drawn: to ask after each would make software OpenGL finish it first.
void StaticCache::CountFragments()
{
    this->passed = 0;
    this->shown.clear();
    for (size_t i = 0; i < this->parts->size(); ++i) {
        const StaticPart &part = (*this->parts)[i];
        if (!part.BelongsTo(this->detail)) {
            continue;
        }
        const uint64_t samples = query_result(this->drawn[i]);
        if (part.structure >= this->shown.size()) {
            this->shown.resize(part.structure + 1, 0);
        }
        this->shown[part.structure] += samples;
        this->passed += part.translucent ? samples : 0;
    }
}

// Begins the lists anew.
static void clear_lists(GLuint heads, GLuint counters)
{
    const GLuint zero[2] = {0, 0};
    glClearTexImage(heads, 0, GL_RED_INTEGER, GL_UNSIGNED_INT, zero);
    glBindBuffer(GL_ATOMIC_COUNTER_BUFFER, counters);
    glBufferSubData(GL_ATOMIC_COUNTER_BUFFER, 0, sizeof(zero), zero);
}

// After the capture: did every fragment find its place? If not, once more with room for all.
void StaticCache::Check()
{
    this->CountFragments();
    glMemoryBarrier(GL_ALL_BARRIER_BITS);
    GLuint asked[2] = {0, 0};
    glBindBuffer(GL_ATOMIC_COUNTER_BUFFER, this->counters);
    glGetBufferSubData(GL_ATOMIC_COUNTER_BUFFER, 0, sizeof(asked), asked);
    this->fragment_count = asked[0];
    if (asked[0] > this->node_capacity) {
        const uint64_t before = this->node_capacity;
        this->ReserveNodes(asked[0] + static_cast<uint64_t>(asked[0]) / 4);
        if (this->node_capacity > before && this->node_capacity >= asked[0]) {
            this->next_part = 0;
            this->phase = Phase::capture;
            return;
        }
        this->incomplete = true;
    }
    // As many as the depth test let through, or something has been dropped on the way.
    this->incomplete = this->incomplete || asked[0] != this->passed;
    this->next_band = 0;
    this->phase = Phase::resolve;
}

// Sets the scissor to the next band; false after the last.
bool StaticCache::NextBand()
{
    const int rows = this->at_once ? this->height : band_rows;
    const int from = this->next_band * rows;
    if (from >= this->height) {
        return false;
    }
    ++this->next_band;
    vtkOpenGLState *state = this->State();
    state->vtkglEnable(GL_SCISSOR_TEST);
    state->vtkglScissor(0, from, this->width, std::min(rows, this->height - from));
    return true;
}

void StaticCache::ResolveBand()
{
    this->UseTarget(this->blended);
    if (!this->NextBand()) {
        GLuint counts[2] = {0, 0};
        glMemoryBarrier(GL_ALL_BARRIER_BITS);
        glBindBuffer(GL_ATOMIC_COUNTER_BUFFER, this->counters);
        glGetBufferSubData(GL_ATOMIC_COUNTER_BUFFER, 0, sizeof(counts), counts);
        this->incomplete = this->incomplete || counts[1] > 0;
        this->next_band = 0;
        this->phase = Phase::smooth;
        return;
    }
    vtkOpenGLState *state = this->State();
    state->vtkglDisable(GL_DEPTH_TEST);
    state->vtkglDepthMask(GL_FALSE);
    glBindBufferBase(GL_ATOMIC_COUNTER_BUFFER, LAYER_COUNT_BUFFER, this->counters);
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, LAYER_NODES_BUFFER, this->nodes);
    glBindImageTexture(LAYER_HEADS_IMAGE, this->heads, 0, GL_FALSE, 0, GL_READ_WRITE, GL_R32UI);
    bind_texture(LAYER_HEADS_TEXTURE, this->heads);
    bind_texture(LAYER_BASE_TEXTURE, this->opaque.colour);
    glUseProgram(this->resolve_program);
    glBindVertexArray(this->no_vertices);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glBindVertexArray(0);
    glUseProgram(0);
    state->vtkglDisable(GL_SCISSOR_TEST);
}

void StaticCache::SmoothBand()
{
    this->UseTarget(this->finished);
    if (!this->NextBand()) {
        static uint64_t pictures = 0;
        this->number = ++pictures;
        this->phase = Phase::ready;
        return;
    }
    vtkOpenGLState *state = this->State();
    if (this->smoothing) {
        state->vtkglDisable(GL_DEPTH_TEST);
        state->vtkglDepthMask(GL_FALSE);
        bind_texture(LAYER_BASE_TEXTURE, this->blended.colour);
        glUseProgram(this->smooth_program);
        glBindVertexArray(this->no_vertices);
        glDrawArrays(GL_TRIANGLES, 0, 3);
        glBindVertexArray(0);
        glUseProgram(0);
    } else {
        state->vtkglBindFramebuffer(GL_READ_FRAMEBUFFER, this->blended.framebuffer);
        state->vtkglBindFramebuffer(GL_DRAW_FRAMEBUFFER, this->finished.framebuffer);
        glBlitFramebuffer(0, 0, this->width, this->height, 0, 0, this->width, this->height,
                          GL_COLOR_BUFFER_BIT, GL_NEAREST);
    }
    state->vtkglDisable(GL_SCISSOR_TEST);
}

void StaticCache::Finish()
{
    this->at_once = true;
    while (!this->Step()) {
    }
}

bool StaticCache::Step()
{
    // Raw OpenGL has been used since: VTK must not believe that its program is still bound.
    static_cast<vtkOpenGLRenderWindow *>(this->renderer->GetRenderWindow())
        ->GetShaderCache()
        ->ReleaseCurrentShader();
    switch (this->phase) {
    case Phase::empty:
    case Phase::ready:
        return this->phase == Phase::ready;
    case Phase::opaque:
        this->renderer->SetActiveCamera(this->camera);
        this->capture->TakeLights(this->renderer);
        if (this->next_part == 0) {
            this->Clear();
        }
        this->UseTarget(this->opaque);
        if (!this->DrawNextPart(false)) {
            this->next_part = 0;
            this->phase = Phase::capture;
        }
        break;
    case Phase::capture:
        this->renderer->SetActiveCamera(this->camera);
        this->capture->TakeLights(this->renderer);
        if (this->next_part == 0) {
            clear_lists(this->heads, this->counters);
        }
        this->UseTarget(this->opaque);
        if (!this->DrawNextPart(true)) {
            this->phase = Phase::check;
        }
        break;
    case Phase::check:
        this->Check();
        break;
    case Phase::resolve:
        this->ResolveBand();
        break;
    case Phase::smooth:
        this->SmoothBand();
        break;
    }
    return this->phase == Phase::ready;
}

void StaticCache::Restore(GLuint framebuffer, int x, int y, int w, int h) const
{
    vtkOpenGLState *state = this->State();
    state->vtkglDisable(GL_SCISSOR_TEST);
    state->vtkglColorMask(1, 1, 1, 1);
    state->vtkglDepthMask(GL_TRUE);
    state->vtkglBindFramebuffer(GL_READ_FRAMEBUFFER, this->finished.framebuffer);
    state->vtkglBindFramebuffer(GL_DRAW_FRAMEBUFFER, framebuffer);
    glBlitFramebuffer(x, y, x + w, y + h, x, y, x + w, y + h,
                      GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT, GL_NEAREST);
}

void StaticCache::Open(GLuint framebuffer, const Keyhole &keyhole, int x, int y, int w, int h) const
{
    vtkOpenGLState *state = this->State();
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    state->vtkglViewport(0, 0, this->width, this->height);
    state->vtkglEnable(GL_SCISSOR_TEST);
    state->vtkglScissor(x, y, w, h);
    state->vtkglDisable(GL_BLEND);
    state->vtkglDisable(GL_CULL_FACE);
    state->vtkglDisable(GL_DEPTH_TEST);
    state->vtkglDepthMask(GL_FALSE);
    state->vtkglColorMask(1, 1, 1, 1);
    this->BindLists();
    bind_texture(LAYER_BASE_TEXTURE, this->opaque.colour);
    bind_texture(LAYER_FINISHED_TEXTURE, this->finished.colour);
    glUseProgram(this->keyhole_program);
    glUniform4f(glGetUniformLocation(this->keyhole_program, "hole"), keyhole.x, keyhole.y,
                keyhole.radius, keyhole.depth);
    glBindVertexArray(this->no_vertices);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glBindVertexArray(0);
    glUseProgram(0);
    state->vtkglDisable(GL_SCISSOR_TEST);
}

void StaticCache::Read(StillPicture &out) const
{
    const size_t pixels = static_cast<size_t>(this->width) * static_cast<size_t>(this->height);
    out.width = this->width;
    out.height = this->height;
    out.colour.resize(pixels);
    out.heads.resize(pixels);
    out.depth.resize(pixels);
    this->State()->vtkglBindFramebuffer(GL_READ_FRAMEBUFFER, this->finished.framebuffer);
    glPixelStorei(GL_PACK_ALIGNMENT, 4);
    glReadPixels(0, 0, this->width, this->height, GL_RGBA, GL_UNSIGNED_BYTE, out.colour.data());
    glReadPixels(0, 0, this->width, this->height, GL_DEPTH_COMPONENT, GL_FLOAT, out.depth.data());
    glBindTexture(GL_TEXTURE_2D, this->heads);
    glGetTexImage(GL_TEXTURE_2D, 0, GL_RED_INTEGER, GL_UNSIGNED_INT, out.heads.data());
    glBindTexture(GL_TEXTURE_2D, 0);
}

const uint32_t *StaticCache::MapNodes(size_t *out_count) const
{
    *out_count = static_cast<size_t>(std::min(this->fragment_count, this->node_capacity)) + 1;
    glBindBuffer(GL_SHADER_STORAGE_BUFFER, this->nodes);
    return static_cast<const uint32_t *>(glMapBufferRange(
        GL_SHADER_STORAGE_BUFFER, 0, static_cast<GLsizeiptr>(*out_count * 4 * sizeof(GLuint)),
        GL_MAP_READ_BIT));
}

void StaticCache::UnmapNodes() const
{
    glBindBuffer(GL_SHADER_STORAGE_BUFFER, this->nodes);
    (void)glUnmapBuffer(GL_SHADER_STORAGE_BUFFER);
}

void StaticCache::BindLists() const
{
    bind_texture(LAYER_HEADS_TEXTURE, this->heads);
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, LAYER_NODES_BUFFER, this->nodes);
}
