#include "pick_pass.hpp"

#include <vtkInformation.h>
#include <vtkOpenGLActor.h>
#include <vtkOpenGLRenderWindow.h>
#include <vtkOpenGLShaderCache.h>
#include <vtkOpenGLState.h>

#include "gl_objects.hpp"

namespace
{

// Draws a part's triangles with their depth, translucent or not.
void draw_solid(vtkOpenGLRenderer *renderer, const StaticPart &part)
{
    if (!part.translucent) {
        part.actor->RenderOpaqueGeometry(renderer);
        return;
    }
    vtkInformation *keys = part.actor->GetPropertyKeys();
    const bool own = keys == nullptr;
    vtkSmartPointer<vtkInformation> made;
    if (own) {
        made = vtkSmartPointer<vtkInformation>::New();
        part.actor->SetPropertyKeys(made);
        keys = made;
    }
    keys->Set(vtkOpenGLActor::GLDepthMaskOverride(), 1);
    part.actor->RenderTranslucentPolygonalGeometry(renderer);
    keys->Remove(vtkOpenGLActor::GLDepthMaskOverride());
    if (own) {
        part.actor->SetPropertyKeys(nullptr);
    }
}

} // namespace

Picked pick_pixel(vtkOpenGLRenderer *renderer, const std::vector<const StaticPart *> &parts,
                  int width, int height, int x, int y)
{
    auto *window = static_cast<vtkOpenGLRenderWindow *>(renderer->GetRenderWindow());
    vtkOpenGLState *state = window->GetState();
    state->Reset(); // others have used the context since
    window->GetShaderCache()->ReleaseCurrentShader();
    const GlTexture depth = make_depth_texture(1, 1);
    const GlTarget target = make_target(1, 1, depth);
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, target.framebuffer);
    state->vtkglViewport(-x, -y, width, height); // the one pixel is that one
    state->vtkglDisable(GL_SCISSOR_TEST);
    state->vtkglColorMask(1, 1, 1, 1);
    state->vtkglEnable(GL_DEPTH_TEST);
    state->vtkglDepthFunc(GL_LESS);
    state->vtkglDepthMask(GL_TRUE);
    state->vtkglClearDepth(1.0);
    state->vtkglClear(GL_DEPTH_BUFFER_BIT);
    Picked picked = {false, 0, 1.0F};
    GLuint name = 0;
    glGenQueries(1, &name);
    const GlQuery query(name);
    // Parts of one structure lie together: what passes last is what lies in front.
    for (size_t first = 0; first < parts.size();) {
        const size_t structure = parts[first]->structure;
        glBeginQuery(GL_ANY_SAMPLES_PASSED, query);
        for (; first < parts.size() && parts[first]->structure == structure; ++first) {
            draw_solid(renderer, *parts[first]);
        }
        glEndQuery(GL_ANY_SAMPLES_PASSED);
        GLuint passed = 0;
        glGetQueryObjectuiv(query, GL_QUERY_RESULT, &passed);
        if (passed != 0) {
            picked = {true, structure, 1.0F};
        }
    }
    if (picked.hit) {
        state->vtkglBindFramebuffer(GL_READ_FRAMEBUFFER, target.framebuffer);
        glReadPixels(0, 0, 1, 1, GL_DEPTH_COMPONENT, GL_FLOAT, &picked.depth);
    }
    state->vtkglDepthFunc(GL_LEQUAL);
    state->vtkglBindFramebuffer(GL_FRAMEBUFFER, 0);
    return picked;
}
