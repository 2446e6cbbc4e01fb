#include "layer_pass.hpp"

#include <vtkInformation.h>
#include <vtkObjectFactory.h>
#include <vtkOpenGLActor.h>
#include <vtkRenderState.h>
#include <vtkShaderProgram.h>

vtkStandardNewMacro(CapturePass);
vtkStandardNewMacro(BehindPass);

namespace
{

// VTK's shaders are #version 150; what is newer comes as extensions of OpenGL 4.3.
const char *const extensions = "//VTK::System::Dec\n"
                               "#extension GL_ARB_shader_image_load_store : enable\n"
                               "#extension GL_ARB_shader_storage_buffer_object : enable\n"
                               "#extension GL_ARB_shader_atomic_counters : enable\n"
                               "#extension GL_ARB_shading_language_420pack : enable\n"
                               "#extension GL_ARB_shading_language_packing : enable\n"
                               "#extension GL_ARB_shader_bit_encoding : enable\n";

void substitute(std::string &code, const char *tag, const std::string &text)
{
    (void)vtkShaderProgram::Substitute(code, tag, text, false);
}

} // namespace

void LayerPass::TakeLights(vtkRenderer *renderer)
{
    this->UpdateLightGeometry(renderer);
    this->UpdateLights(renderer);
}

void LayerPass::Draw(vtkRenderer *renderer, vtkActor *actor, bool translucent)
{
    vtkProp *props[] = {actor};
    vtkRenderState state(renderer);
    state.SetPropArrayAndCount(props, 1);
    this->PreRender(&state);
    vtkInformation *keys = actor->GetPropertyKeys();
    if (translucent) {
        // Keep the depth mask as it is set: a translucent fragment must not hide another.
        keys->Set(vtkOpenGLActor::GLDepthMaskOverride(), -1);
        actor->RenderTranslucentPolygonalGeometry(renderer);
        keys->Remove(vtkOpenGLActor::GLDepthMaskOverride());
    } else {
        actor->RenderOpaqueGeometry(renderer);
    }
    this->PostRender(&state);
}

bool LayerPass::PostReplaceShaderValues(std::string &, std::string &, std::string &fragment,
                                        vtkAbstractMapper *, vtkProp *)
{
    substitute(fragment, "//VTK::System::Dec", extensions);
    substitute(fragment, "//VTK::DepthPeeling::Dec", this->Declarations());
    substitute(fragment, "//VTK::DepthPeeling::Impl", this->Implementation());
    return true;
}

// Eight tenths of the radius wide open, then softly closed. A little stays: bone is not forgotten.
const char *const keyhole_source =
    "float navKept(vec4 hole, vec3 at)\n"
    "{\n"
    "  if (hole.z <= 0.0 || at.z >= hole.w) return 1.0;\n"
    "  return 1.0 - 0.9 * (1.0 - smoothstep(0.8 * hole.z, hole.z, distance(at.xy, hole.xy)));\n"
    "}\n";

bool CapturePass::SetShaderParameters(vtkShaderProgram *program, vtkAbstractMapper *, vtkProp *,
                                      vtkOpenGLVertexArrayObject *)
{
    program->SetUniformi("navFades", this->fades ? 1 : 0);
    return true;
}

bool BehindPass::SetShaderParameters(vtkShaderProgram *program, vtkAbstractMapper *, vtkProp *,
                                     vtkOpenGLVertexArrayObject *)
{
    const float hole[4] = {this->keyhole.x, this->keyhole.y, this->keyhole.radius,
                           this->keyhole.depth};
    program->SetUniform4f("navHole", hole);
    return true;
}

const char *CapturePass::Declarations() const
{
    return "uniform int navFades;\n"
           "layout(early_fragment_tests) in;\n"
           "layout(binding = 0, r32ui) uniform coherent uimage2D navHeads;\n"
           "layout(binding = 0, offset = 0) uniform atomic_uint navCount;\n"
           "layout(std430, binding = 4) buffer NavNodes { uvec4 navNodes[]; };\n";
}

const char *CapturePass::Implementation() const
{
    return "  vec4 navColour = vec4(gl_FragData[0].rgb * gl_FragData[0].a, gl_FragData[0].a);\n"
           "  uint navNode = atomicCounterIncrement(navCount) + 1u;\n"
           "  if (navNode < uint(navNodes.length())) {\n"
           "    uint navNext = imageAtomicExchange(navHeads, ivec2(gl_FragCoord.xy), navNode);\n"
           "    navNodes[navNode] = uvec4(navNext, packUnorm4x8(clamp(navColour, 0.0, 1.0)),\n"
           "                              floatBitsToUint(gl_FragCoord.z), uint(navFades));\n"
           "  }\n";
}

const char *BehindPass::Declarations() const
{
    static const std::string declarations =
        std::string("layout(binding = 3) uniform usampler2D navHeads;\n"
                    "layout(std430, binding = 4) readonly buffer NavNodes { uvec4 navNodes[]; };\n"
                    "uniform vec4 navHole;\n") +
        keyhole_source;
    return declarations.c_str();
}

const char *BehindPass::Implementation() const
{
    return "  vec3 navFront = vec3(0.0);\n"
           "  float navThrough = 1.0;\n"
           "  uint navNode = texelFetch(navHeads, ivec2(gl_FragCoord.xy), 0).r;\n"
           "  for (int navStep = 0; navStep < 48 && navNode != 0u; navStep++) {\n"
           "    uvec4 navItem = navNodes[navNode];\n"
           "    if (uintBitsToFloat(navItem.z) >= gl_FragCoord.z) break;\n"
           "    vec4 navColour = unpackUnorm4x8(navItem.y);\n"
           "    if (navItem.w != 0u)\n"
           "      navColour *= navKept(navHole, vec3(gl_FragCoord.xy, "
           "uintBitsToFloat(navItem.z)));\n"
           "    navFront += navThrough * navColour.rgb;\n"
           "    navThrough *= 1.0 - navColour.a;\n"
           "    navNode = navItem.x;\n"
           "  }\n"
           "  gl_FragData[0].rgb =\n"
           "      navFront + navThrough * clamp(gl_FragData[0].rgb, 0.0, 1.0);\n";
}
