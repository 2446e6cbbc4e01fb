#include "gl_objects.hpp"

#include <new>
#include <stdexcept>
#include <string>

namespace
{

const char *const viewport_vertices =
    "#version 430\n"
    "void main()\n"
    "{\n"
    "    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);\n"
    "    gl_Position = vec4(2.0 * corner - 1.0, 0.0, 1.0);\n"
    "}\n";

GLuint compile(GLenum stage, const char *source)
{
    const GLuint shader = glCreateShader(stage);
    glShaderSource(shader, 1, &source, nullptr);
    glCompileShader(shader);
    GLint good = GL_FALSE;
    glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
    if (good == GL_FALSE) {
        char words[1024] = "";
        glGetShaderInfoLog(shader, sizeof(words), nullptr, words);
        glDeleteShader(shader);
        throw std::runtime_error(words);
    }
    return shader;
}

} // namespace

GlProgram make_viewport_program(const char *fragment_source)
{
    GlProgram program(glCreateProgram());
    const GLuint vertex = compile(GL_VERTEX_SHADER, viewport_vertices);
    glAttachShader(program, vertex);
    glDeleteShader(vertex);
    const GLuint fragment = compile(GL_FRAGMENT_SHADER, fragment_source);
    glAttachShader(program, fragment);
    glDeleteShader(fragment);
    glLinkProgram(program);
    GLint good = GL_FALSE;
    glGetProgramiv(program, GL_LINK_STATUS, &good);
    if (good == GL_FALSE) {
        char words[1024] = "";
        glGetProgramInfoLog(program, sizeof(words), nullptr, words);
        throw std::runtime_error(words);
    }
    return program;
}

GlTarget make_target(int width, int height, GLuint depth)
{
    GLuint name = 0;
    GlTarget target;
    glGenTextures(1, &name);
    target.colour = GlTexture(name);
    glBindTexture(GL_TEXTURE_2D, name);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, width, height);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glBindTexture(GL_TEXTURE_2D, 0);

    glGenFramebuffers(1, &name);
    target.framebuffer = GlFramebuffer(name);
    glBindFramebuffer(GL_FRAMEBUFFER, name);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target.colour, 0);
    if (depth != 0) {
        glFramebufferTexture2D(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D, depth, 0);
    }
    const bool complete = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    if (!complete) {
        throw std::bad_alloc();
    }
    return target;
}
