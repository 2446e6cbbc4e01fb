#include "storage.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <unistd.h>

namespace
{

constexpr std::streamoff FILE_BYTES_MAX = 4 << 20;

// The file's bytes, as a whole: what is parsed is what was read.
nav_status read_bytes(const char *path, const char *what, std::string &out, cam_error *error)
{
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        const nav_status status = errno == ENOENT ? NAV_ERR_NOT_FOUND : NAV_ERR_IO;
        return cam::fail(error, status, "%s: %s", path, std::strerror(errno));
    }
    const std::streamoff size = file.tellg();
    if (size <= 0 || size > FILE_BYTES_MAX) {
        return cam::fail(error, NAV_ERR_RANGE,
                         "%s: not a %s file: it is empty, no file, or larger than 4 MB", path,
                         what);
    }
    out.resize(static_cast<size_t>(size));
    file.seekg(0);
    if (!file.read(out.data(), size)) {
        return cam::fail(error, NAV_ERR_IO, "%s: cannot be read", path);
    }
    return NAV_OK;
}

bool parsed(const std::string &bytes, cv::FileStorage &out)
{
    try {
        return out.open(bytes, cv::FileStorage::READ | cv::FileStorage::MEMORY);
    } catch (const cv::Exception &) {
        return false;
    }
}

} // namespace

namespace cam
{

nav_status read_storage(const char *path, const char *what, cv::FileStorage &out, cam_error *error)
{
    std::string bytes;
    const nav_status status = read_bytes(path, what, bytes, error);
    if (status != NAV_OK) {
        return status;
    }
    if (!parsed(bytes, out)) {
        return fail(error, NAV_ERR_SYNTAX,
                    "%s: no file of OpenCV's; give the YAML, XML or JSON file that its "
                    "calibration or `osteonav calibrate` wrote",
                    path);
    }
    return NAV_OK;
}

nav_status write_storage(const char *path, cv::FileStorage &storage, cam_error *error)
{
    const std::string bytes = storage.releaseAndGetString();
    const std::string draft = std::string(path) + ".new";
    std::ofstream file(draft, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file || std::rename(draft.c_str(), path) != 0) {
        const int why = errno;
        (void)unlink(draft.c_str());
        return fail(error, NAV_ERR_IO, "%s: cannot be written: %s", path, std::strerror(why));
    }
    return NAV_OK;
}

cv::Mat matrix_at(const cv::FileNode &node)
{
    cv::Mat matrix;
    try {
        node >> matrix;
    } catch (const cv::Exception &) {
        return {};
    }
    return matrix;
}

double number_at(const cv::FileNode &node, double otherwise)
{
    return node.isReal() || node.isInt() ? static_cast<double>(node) : otherwise;
}

void text_at(const cv::FileNode &node, char (&out)[NAV_NAME_SIZE])
{
    const std::string value = node.isString() ? static_cast<std::string>(node) : std::string();
    (void)std::snprintf(out, sizeof(out), "%s", value.c_str());
}

} // namespace cam
