#include "frame_source.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <glob.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <sys/stat.h>

#include "guard.hpp"
#include "picture.hpp"

extern "C" {
#include "nav/time.h"
}

namespace
{

constexpr double FPS_DEFAULT = 30;
constexpr double FPS_MAX = 1000;
constexpr double FPS_BELIEVED = 240;       /* some files state their time base instead */
constexpr int64_t AGAIN_NS = NAV_NS_PER_S; /* between two tries to open what is awaited */

int64_t now_ns()
{
    const nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

bool begins(const std::string &text, const char *with)
{
    return text.rfind(with, 0) == 0;
}

bool is_pattern(const std::string &address)
{
    struct stat info = {};
    return address.find_first_of("*?[") != std::string::npos && stat(address.c_str(), &info) != 0;
}

/* What a pattern matches; nothing where its folder is not there. */
std::vector<std::string> matches_of(const std::string &pattern)
{
    std::vector<std::string> found;
    glob_t matches = {};
    if (glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
        found.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
    }
    globfree(&matches);
    return found;
}

/* The images of a folder, whatever characters its name has. */
std::vector<std::string> images_in(const std::string &folder)
{
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto &entry : std::filesystem::directory_iterator(folder, ignored)) {
        std::string kind = entry.path().extension().string();
        std::transform(kind.begin(), kind.end(), kind.begin(), ::tolower);
        for (const char *known : {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}) {
            if (kind == known) {
                found.push_back(entry.path().string());
            }
        }
    }
    return found;
}

std::vector<std::string> images_of(const std::string &address)
{
    struct stat info = {};
    std::vector<std::string> found;
    if (stat(address.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
        found = images_in(address);
    } else if (is_pattern(address)) {
        found = matches_of(address);
    } else if (cv::haveImageReader(address)) {
        found.push_back(address);
    }
    std::sort(found.begin(), found.end());
    return found;
}

cam_picture picture_of(const cv::Mat &mat)
{
    return {mat.cols, mat.rows, mat.channels(), mat.step, mat.data};
}

} // namespace

/* ---- reader --------------------------------------------------------------------------------- */

struct cam_reader {
    std::vector<std::string> images;
    cv::VideoCapture video;
    bool device = false;
    bool paced = false;
    bool loop = false;
    double fps = FPS_DEFAULT;
    size_t next_image = 0;
    uint64_t serial = 0;
    int64_t opened_ns = 0;
    cv::Mat picture;
};

namespace
{

nav_status open_device(const std::string &name, const cam_source_config &config, cam_reader &reader,
                       cam_error *error)
{
    const bool number = !name.empty() && std::all_of(name.begin(), name.end(), ::isdigit);
    const std::string path = number ? "/dev/video" + name : name;
    reader.device = true;
    if (!reader.video.open(path, cv::CAP_V4L2)) {
        return cam::fail(error, NAV_ERR_NOT_FOUND,
                         "%s: cannot be opened as a camera; `v4l2-ctl --list-devices` lists them, "
                         "and its group must be yours",
                         path.c_str());
    }
    if (config.width_px > 0 && config.height_px > 0) {
        reader.video.set(cv::CAP_PROP_FRAME_WIDTH, config.width_px);
        reader.video.set(cv::CAP_PROP_FRAME_HEIGHT, config.height_px);
    }
    reader.video.set(cv::CAP_PROP_BUFFERSIZE, 1);
    return NAV_OK;
}

nav_status open_files(const std::string &address, cam_reader &reader, cam_error *error)
{
    struct stat info = {};
    const bool pattern = is_pattern(address);
    if (!pattern && stat(address.c_str(), &info) != 0) {
        return cam::fail(error, NAV_ERR_NOT_FOUND, "%s: %s", address.c_str(), std::strerror(errno));
    }
    reader.images = images_of(address);
    if (!reader.images.empty()) {
        return NAV_OK;
    }
    if (pattern || S_ISDIR(info.st_mode)) {
        return cam::fail(error, NAV_ERR_NOT_FOUND,
                         "%s: no image there; .png .jpg .bmp and .tif are read", address.c_str());
    }
    if (!reader.video.open(address, cv::CAP_FFMPEG)) {
        return cam::fail(error, NAV_ERR_IO, "%s: neither an image nor a video that can be read",
                         address.c_str());
    }
    const double stated = reader.video.get(cv::CAP_PROP_FPS);
    if (!reader.paced && stated > 0 && stated <= FPS_BELIEVED) {
        reader.fps = stated;
    }
    return NAV_OK;
}

/* Begins files again. */
void rewind_reader(cam_reader &reader)
{
    reader.next_image = 0;
    if (reader.video.isOpened()) {
        reader.video.set(cv::CAP_PROP_POS_FRAMES, 0);
    }
}

nav_status read_one(cam_reader &reader, cam_frame &frame, cam_error *error)
{
    frame.name[0] = '\0';
    if (!reader.images.empty()) {
        if (reader.next_image >= reader.images.size()) {
            return NAV_END;
        }
        const std::string &path = reader.images[reader.next_image++];
        reader.picture = cv::imread(path, cv::IMREAD_COLOR);
        (void)std::snprintf(frame.name, sizeof(frame.name), "%s", path.c_str());
        return !reader.picture.empty()
                   ? NAV_OK
                   : cam::fail(error, NAV_ERR_IO, "%s: not a picture that can be read",
                               path.c_str());
    }
    if (!reader.video.read(reader.picture) || reader.picture.empty()) {
        return reader.device ? cam::fail(error, NAV_ERR_IO, "the camera gives no more pictures")
                             : NAV_END;
    }
    if (reader.picture.channels() != 3) {
        cv::cvtColor(reader.picture, reader.picture, cv::COLOR_GRAY2BGR);
    }
    return NAV_OK;
}

} // namespace

extern "C" nav_status cam_reader_open(const cam_source_config *config, cam_reader **out_reader,
                                      cam_error *out_error)
{
    return cam::guarded(config->address, out_error, [&]() -> nav_status {
        auto reader = std::make_unique<cam_reader>();
        const std::string address = config->address;
        reader->loop = config->loop;
        reader->paced = config->paced;
        reader->fps = config->fps > 0 ? std::min(config->fps, FPS_MAX) : FPS_DEFAULT;
        if (begins(address, "igtl:")) {
            return cam::fail(
                out_error, NAV_ERR_UNSUPPORTED,
                "%s: only a display takes OpenIGTLink's pictures in; make a film of "
                "them: osteonav-camera receive --from %s | osteonav-camera record --to "
                "FOLDER",
                address.c_str(), address.substr(5).c_str());
        }
        if (begins(address, "push:")) {
            return cam::fail(out_error, NAV_ERR_UNSUPPORTED, "%s: nothing to read from",
                             address.c_str());
        }
        const nav_status status = begins(address, "v4l2:")
                                      ? open_device(address.substr(5), *config, *reader, out_error)
                                      : open_files(address, *reader, out_error);
        if (status != NAV_OK) {
            return status;
        }
        reader->opened_ns = now_ns();
        *out_reader = reader.release();
        return NAV_OK;
    });
}

extern "C" void cam_reader_close(cam_reader *reader)
{
    delete reader;
}

extern "C" nav_status cam_reader_next(cam_reader *reader, cam_frame *out_frame,
                                      cam_error *out_error)
{
    return cam::guarded("camera", out_error, [&]() -> nav_status {
        nav_status status = read_one(*reader, *out_frame, out_error);
        if (status == NAV_END && reader->loop && reader->serial > 0) {
            rewind_reader(*reader);
            status = read_one(*reader, *out_frame, out_error);
        }
        if (status != NAV_OK) {
            return status;
        }
        const auto index = static_cast<double>(reader->serial);
        out_frame->time_ns = reader->device
                                 ? now_ns() - reader->opened_ns
                                 : static_cast<int64_t>(index / reader->fps * NAV_NS_PER_S);
        out_frame->serial = ++reader->serial;
        out_frame->picture = picture_of(reader->picture);
        return NAV_OK;
    });
}

/* ---- source --------------------------------------------------------------------------------- */

struct cam_source {
    std::unique_ptr<cam_reader, void (*)(cam_reader *)> reader{nullptr, cam_reader_close};
    int64_t silence_ns = 0;
    std::string address;
    cam_source_config config = {}; /* to open it again with */
    std::thread thread;
    std::mutex lock;
    std::condition_variable ended;
    std::condition_variable arrived;
    bool stop = false;

    /* Under the lock. */
    cv::Mat newest;
    int64_t newest_ns = 0;
    int64_t changed_ns = 0;
    uint64_t serial = 0;
    uint64_t taken = 0;
    bool over = false;

    /* Of the one that gives pictures. */
    cv::Mat before;

    /* Of the owner. */
    cv::Mat shown;
};

namespace
{

/* Takes a picture over. `picture` may be swapped out. */
void put(cam_source &source, cv::Mat &picture, int64_t time_ns)
{
    const bool same =
        picture.size() == source.before.size() && picture.type() == source.before.type() &&
        std::memcmp(picture.data, source.before.data, picture.total() * picture.elemSize()) == 0;
    if (!same) {
        picture.copyTo(source.before);
    }
    {
        const std::lock_guard<std::mutex> held(source.lock);
        cv::swap(picture, source.newest);
        source.newest_ns = time_ns;
        source.changed_ns = same ? source.changed_ns : time_ns;
        ++source.serial;
    }
    source.arrived.notify_one();
}

/* Waits until a moment or the end. False: the end. */
bool wait_until(cam_source &source, int64_t moment_ns)
{
    std::unique_lock<std::mutex> held(source.lock);
    const int64_t left_ns = moment_ns - now_ns();
    return !source.ended.wait_for(held, std::chrono::nanoseconds(std::max<int64_t>(left_ns, 0)),
                                  [&source] { return source.stop; });
}

/* False: the source is to end. */
bool play(cam_source &source)
{
    const int64_t start_ns = now_ns();
    cam_frame frame;
    cam_error error;
    while (source.reader != nullptr &&
           cam_reader_next(source.reader.get(), &frame, &error) == NAV_OK) {
        const bool device = source.reader->device;
        if (!wait_until(source, device ? 0 : start_ns + frame.time_ns)) {
            return false;
        }
        put(source, source.reader->picture, now_ns());
    }
    return true;
}

nav_status open_again(cam_source &source, cam_error *error)
{
    cam_reader *reader = nullptr;
    source.reader.reset(); // a device is opened once at a time
    const nav_status status = cam_reader_open(&source.config, &reader, error);
    source.reader.reset(reader);
    return status;
}

void run(cam_source &source)
{
    bool going_on = play(source);
    while (going_on && source.config.awaited) {
        cam_error error;
        going_on = wait_until(source, now_ns() + AGAIN_NS);
        if (going_on && open_again(source, &error) == NAV_OK) {
            going_on = play(source);
        }
    }
    const std::lock_guard<std::mutex> held(source.lock);
    source.over = true;
}

} // namespace

extern "C" nav_status cam_source_open(const cam_source_config *config, cam_source **out_source,
                                      cam_error *out_error)
{
    return cam::guarded(config->address, out_error, [&]() -> nav_status {
        auto source = std::make_unique<cam_source>();
        source->silence_ns = config->silence_ns;
        source->address = config->address;
        source->config = *config;
        source->config.address = source->address.c_str();
        if (!begins(config->address, "push:")) {
            if (out_error != nullptr) {
                out_error->text[0] = '\0';
            }
            const nav_status status = open_again(*source, out_error);
            if (status != NAV_OK && !config->awaited) {
                return status;
            }
            source->thread = std::thread(run, std::ref(*source));
        }
        *out_source = source.release();
        return NAV_OK;
    });
}

extern "C" void cam_source_close(cam_source *source)
{
    if (source == nullptr) {
        return;
    }
    {
        const std::lock_guard<std::mutex> held(source->lock);
        source->stop = true;
    }
    source->ended.notify_all();
    if (source->thread.joinable()) {
        source->thread.join();
    }
    delete source;
}

extern "C" nav_status cam_source_take(cam_source *source, cam_frame *out_frame)
{
    const std::lock_guard<std::mutex> held(source->lock);
    if (source->serial == source->taken) {
        return NAV_AGAIN;
    }
    source->taken = source->serial;
    cv::swap(source->shown, source->newest);
    *out_frame = {picture_of(source->shown), source->newest_ns, source->serial, ""};
    return NAV_OK;
}

extern "C" bool cam_source_wait(cam_source *source, int64_t wait_ns)
{
    std::unique_lock<std::mutex> held(source->lock);
    return source->arrived.wait_for(held, std::chrono::nanoseconds(wait_ns),
                                    [source] { return source->serial != source->taken; });
}

extern "C" cam_health cam_source_health(cam_source *source, int64_t now_ns)
{
    const std::lock_guard<std::mutex> held(source->lock);
    if (source->serial == 0) {
        return source->over ? CAM_HEALTH_LOST : CAM_HEALTH_WAITING;
    }
    if (now_ns - source->newest_ns > source->silence_ns) {
        return CAM_HEALTH_LOST;
    }
    return now_ns - source->changed_ns > source->silence_ns ? CAM_HEALTH_FROZEN : CAM_HEALTH_GOOD;
}

extern "C" nav_status cam_source_push(cam_source *source, const cam_picture *picture,
                                      int64_t time_ns)
{
    return cam::guarded("camera", nullptr, [&]() -> nav_status {
        if (source->thread.joinable() || picture->width_px <= 0 || picture->bytes == nullptr) {
            return NAV_ERR_ARGUMENT;
        }
        cv::Mat copy;
        if (picture->channels == 3) {
            cam::view(*picture).copyTo(copy);
        } else {
            cv::cvtColor(cam::view(*picture), copy, cv::COLOR_GRAY2BGR);
        }
        put(*source, copy, time_ns);
        return NAV_OK;
    });
}
