// OpenGL names with an owner. Made and destroyed with the context current.
#ifndef RND_GL_OBJECTS_HPP
#define RND_GL_OBJECTS_HPP

#include <utility>

#include <vtk_glew.h>

// One name; `Kind` says how such names are given back.
template <typename Kind> class GlName
{
  public:
    GlName() = default;
    explicit GlName(GLuint owned) : name(owned)
    {
    }
    GlName(GlName &&other) noexcept : name(std::exchange(other.name, 0))
    {
    }
    GlName &operator=(GlName &&other) noexcept
    {
        std::swap(this->name, other.name);
        return *this;
    }
    GlName(const GlName &) = delete;
    GlName &operator=(const GlName &) = delete;
    ~GlName()
    {
        if (this->name != 0) {
            Kind::release(this->name);
        }
    }
    operator GLuint() const
    {
        return this->name;
    }

  private:
    GLuint name = 0;
};

struct GlTextureKind {
    static void release(GLuint name)
    {
        glDeleteTextures(1, &name);
    }
};
struct GlFramebufferKind {
    static void release(GLuint name)
    {
        glDeleteFramebuffers(1, &name);
    }
};
struct GlBufferKind {
    static void release(GLuint name)
    {
        glDeleteBuffers(1, &name);
    }
};
struct GlProgramKind {
    static void release(GLuint name)
    {
        glDeleteProgram(name);
    }
};
struct GlVertexArrayKind {
    static void release(GLuint name)
    {
        glDeleteVertexArrays(1, &name);
    }
};
struct GlQueryKind {
    static void release(GLuint name)
    {
        glDeleteQueries(1, &name);
    }
};

using GlTexture = GlName<GlTextureKind>;
using GlFramebuffer = GlName<GlFramebufferKind>;
using GlBuffer = GlName<GlBufferKind>;
using GlProgram = GlName<GlProgramKind>;
using GlVertexArray = GlName<GlVertexArrayKind>;
using GlQuery = GlName<GlQueryKind>;

// A colour picture that is drawn into; the depth texture belongs to somebody else.
struct GlTarget {
    GlTexture colour;
    GlFramebuffer framebuffer;
};

// A program over the whole viewport, without vertex data: draw three vertices. Throws
// std::runtime_error with the compiler's words.
GlProgram make_viewport_program(const char *fragment_source);

// `depth` may be 0. An incomplete framebuffer throws std::bad_alloc.
GlTarget make_target(int width, int height, GLuint depth);

#endif
