// Render passes that change what VTK's own fragment shaders do with their result.
//
// Translucent fragments are kept in one list a pixel: `heads` holds the index of a pixel's first
// node, 0 for none; a node is {next, colour, depth, 0} with premultiplied RGBA8 colour and the
// window depth's bits. Indices count from 1 and 0 ends a list: where a software rasteriser runs
// masked lanes, their loads give 0, and a list must end there, too. Each actor belongs to one pass
// for good, so that its shader is built once.
#ifndef RND_LAYER_PASS_HPP
#define RND_LAYER_PASS_HPP

#include <string>
#include <vector>

#include <vtkActor.h>
#include <vtkOpenGLRenderPass.h>
#include <vtkRenderer.h>

// Where the passes expect their buffers.
enum LayerBinding {
    LAYER_HEADS_IMAGE = 0,     // image unit of `heads` while fragments are captured
    LAYER_COUNT_BUFFER = 0,    // atomic counter: nodes asked for
    LAYER_NODES_BUFFER = 4,    // shader storage
    LAYER_HEADS_TEXTURE = 3,   // texture unit of `heads` while lists are read
    LAYER_BASE_TEXTURE = 6,    // texture unit of the picture that is read
    LAYER_FINISHED_TEXTURE = 7 // texture unit of the finished picture
};

// Longest list that is sorted and walked; longer ones are counted and reported.
constexpr int layer_depth_max = 48;

// Where translucent parts that may fade do so, so that what lies behind shows: around a place of
// the picture and in front of its depth.
struct Keyhole {
    float x = 0.0F, y = 0.0F; // pixels from the bottom left
    float radius = 0.0F;      // pixels; 0: nothing fades
    float depth = 0.0F;       // of the depth buffer, 0 to 1
};

// GLSL: `float navKept(vec4 hole, vec3 at)`, what stays of the opacity of a fragment that may fade.
extern const char *const keyhole_source;

// Draws actors into the bound framebuffer with what derived classes put into their shaders.
class LayerPass : public vtkOpenGLRenderPass
{
  public:
    vtkTypeMacro(LayerPass, vtkOpenGLRenderPass);

    void Render(const vtkRenderState *) override
    {
    }

    // Lights as they are now; before the first Draw of a frame.
    void TakeLights(vtkRenderer *renderer);
    void Draw(vtkRenderer *renderer, vtkActor *actor, bool translucent);

    bool PostReplaceShaderValues(std::string &vertex, std::string &geometry, std::string &fragment,
                                 vtkAbstractMapper *mapper, vtkProp *prop) override;

    LayerPass(const LayerPass &) = delete;
    LayerPass &operator=(const LayerPass &) = delete;

  protected:
    LayerPass() = default;
    ~LayerPass() override = default;

    virtual const char *Declarations() const = 0;
    virtual const char *Implementation() const = 0;
};

// Puts fragments that pass the depth test into the lists instead of the picture.
class CapturePass : public LayerPass
{
  public:
    static CapturePass *New();
    vtkTypeMacro(CapturePass, LayerPass);

    bool SetShaderParameters(vtkShaderProgram *program, vtkAbstractMapper *mapper, vtkProp *prop,
                             vtkOpenGLVertexArrayObject *VAO) override;

    bool fades = false; // of the next Draw: may fade in a keyhole

  protected:
    const char *Declarations() const override;
    const char *Implementation() const override;
};

// Draws an opaque actor behind the listed fragments that lie in front of it.
class BehindPass : public LayerPass
{
  public:
    static BehindPass *New();
    vtkTypeMacro(BehindPass, LayerPass);

    bool SetShaderParameters(vtkShaderProgram *program, vtkAbstractMapper *mapper, vtkProp *prop,
                             vtkOpenGLVertexArrayObject *VAO) override;

    Keyhole keyhole;

  protected:
    const char *Declarations() const override;
    const char *Implementation() const override;
};

#endif
