#include "lamps.hpp"

#include <cmath>
#include <iomanip>
#include <locale>
#include <sstream>

#include <vtkLight.h>
#include <vtkNew.h>

namespace
{

// Camera space: x right, y up, z towards the eye.
struct Lamp {
    double from[3];
    double intensity;
    double colour[3];
};
constexpr Lamp lamps[] = {
    {{-0.55, 0.75, 1.0}, 0.88, {1.0, 1.0, 1.0}},  // key: above left, as a theatre lamp
    {{0.0, 0.0, 1.0}, 0.30, {1.0, 1.0, 1.0}},     // from the eye: no black side
    {{0.9, -0.3, 0.2}, 0.38, {0.80, 0.88, 1.0}}}; // fill: edges stand out

std::string vector_of(double x, double y, double z)
{
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::fixed << std::setprecision(9) << "vec3(" << x << ", " << y << ", " << z << ")";
    return text.str();
}

// Lines that raise `navShine` to a power: squares, and those of them that the exponent is made of.
std::string raise(unsigned power)
{
    std::string code;
    std::string product;
    std::string square = "navShine";
    for (unsigned bit = 1; bit <= power; bit *= 2) {
        if (bit > 1) {
            const std::string next = "navShine" + std::to_string(bit);
            code.append("    float ").append(next).append(" = ");
            code.append(square).append(" * ").append(square).append(";\n");
            square = next;
        }
        if ((power & bit) != 0) {
            product.append(product.empty() ? "" : " * ").append(square);
        }
    }
    return code + "    navShine = " + product + ";\n";
}

} // namespace

void light_scene(vtkRenderer *renderer)
{
    renderer->AutomaticLightCreationOff();
    renderer->RemoveAllLights();
    for (const Lamp &lamp : lamps) {
        vtkNew<vtkLight> light;
        light->SetLightTypeToCameraLight();
        light->SetPosition(lamp.from[0], lamp.from[1], lamp.from[2]);
        light->SetFocalPoint(0.0, 0.0, 0.0);
        light->SetIntensity(lamp.intensity);
        light->SetColor(lamp.colour[0], lamp.colour[1], lamp.colour[2]);
        renderer->AddLight(light);
    }
}

std::array<struct rnd_soft_lamp, RND_SOFT_LAMPS> lamp_list()
{
    static_assert(sizeof(lamps) / sizeof(lamps[0]) == RND_SOFT_LAMPS, "all of them");
    std::array<struct rnd_soft_lamp, RND_SOFT_LAMPS> list = {};
    for (size_t i = 0; i < list.size(); ++i) {
        const Lamp &lamp = lamps[i];
        const double length = std::hypot(lamp.from[0], lamp.from[1], lamp.from[2]);
        for (int k = 0; k < 3; ++k) {
            list[i].towards[k] = static_cast<float>(lamp.from[k] / length);
            list[i].colour[k] = static_cast<float>(lamp.intensity * lamp.colour[k]);
        }
    }
    return list;
}

std::string lamp_shader(unsigned specular_power)
{
    const bool shiny = specular_power > 0;
    std::string code = "  vec3 diffuse = vec3(0.0);\n"
                       "  vec3 specular = vec3(0.0);\n";
    if (shiny) {
        code += "  vec3 navEye = -normalize(vertexVC.xyz);\n"
                "  float navFacing = dot(normalVCVSOutput, navEye);\n";
    }
    for (const Lamp &lamp : lamps) {
        const double length = std::hypot(lamp.from[0], lamp.from[1], lamp.from[2]);
        const std::string towards =
            vector_of(lamp.from[0] / length, lamp.from[1] / length, lamp.from[2] / length);
        const std::string colour =
            vector_of(lamp.intensity * lamp.colour[0], lamp.intensity * lamp.colour[1],
                      lamp.intensity * lamp.colour[2]);
        code.append("  {\n    float navLit = dot(normalVCVSOutput, ")
            .append(towards)
            .append(");\n");
        code.append("    diffuse += max(0.0, navLit) * ").append(colour).append(";\n");
        if (shiny) {
            // dot(reflect(-l, n), e) = 2 (n l)(n e) - l e
            code.append("    float navShine = max(0.0, 2.0 * navLit * navFacing - dot(");
            code.append(towards).append(", navEye));\n");
            code.append("    navShine = navLit > 0.0 ? navShine : 0.0;\n");
            code.append(raise(specular_power));
            code.append("    specular += navShine * ").append(colour).append(";\n");
        }
        code += "  }\n";
    }
    return code + "  gl_FragData[0] = vec4(ambientColor + diffuse * diffuseColor" +
           (shiny ? " + specular * specularColor" : "") + ", opacity);\n";
}
