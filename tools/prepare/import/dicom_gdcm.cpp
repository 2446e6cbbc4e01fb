#include "dicom_gdcm.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gdcmAttribute.h>
#include <gdcmImage.h>
#include <gdcmImageReader.h>
#include <gdcmReader.h>
#include <gdcmStringFilter.h>
#include <gdcmTrace.h>

namespace
{

void take_text(const gdcm::DataSet &set, const gdcm::Tag &tag, char (&out)[DCM_TEXT_SIZE])
{
    out[0] = '\0';
    if (!set.FindDataElement(tag)) {
        return;
    }
    const gdcm::ByteValue *value = set.GetDataElement(tag).GetByteValue();
    if (value == nullptr) {
        return;
    }
    std::string text(value->GetPointer(), value->GetLength());
    const std::size_t nul = text.find('\0');
    text = text.substr(0, nul);
    while (!text.empty() && text.back() == ' ') {
        text.pop_back();
    }
    (void)std::snprintf(out, sizeof(out), "%s", text.c_str());
}

/* Decimal strings "a\b\c"; false unless exactly `count`. */
bool take_numbers(const gdcm::DataSet &set, const gdcm::Tag &tag, std::size_t count, double *out)
{
    if (!set.FindDataElement(tag)) {
        return false;
    }
    const gdcm::ByteValue *value = set.GetDataElement(tag).GetByteValue();
    if (value == nullptr) {
        return false;
    }
    std::istringstream text(std::string(value->GetPointer(), value->GetLength()));
    text.imbue(std::locale::classic());
    std::string part;
    std::size_t found = 0;
    while (std::getline(text, part, '\\')) {
        std::istringstream number(part);
        number.imbue(std::locale::classic());
        if (found == count || !(number >> out[found])) {
            return false;
        }
        ++found;
    }
    return found == count;
}

long take_short(const gdcm::DataSet &set, const gdcm::Tag &tag)
{
    if (!set.FindDataElement(tag)) {
        return 0;
    }
    const gdcm::ByteValue *value = set.GetDataElement(tag).GetByteValue();
    std::uint16_t number = 0;
    if (value == nullptr || value->GetLength() < sizeof(number)) {
        return 0;
    }
    std::memcpy(&number, value->GetPointer(), sizeof(number));
    return number;
}

template <typename Stored>
void widen(const std::vector<char> &buffer, std::size_t count, std::int32_t *out)
{
    for (std::size_t i = 0; i < count; ++i) {
        Stored value;
        std::memcpy(&value, buffer.data() + i * sizeof(Stored), sizeof(value));
        out[i] = value;
    }
}

bool read_header(const char *path, dcm_header &header)
{
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Reader reader;
    reader.SetFileName(path);
    if (!reader.ReadUpToTag(gdcm::Tag(0x7fe0, 0x0010))) {
        return false;
    }
    const gdcm::DataSet &set = reader.GetFile().GetDataSet();
    take_text(set, gdcm::Tag(0x0020, 0x000e), header.series);
    take_text(set, gdcm::Tag(0x0008, 0x0060), header.modality);
    take_text(set, gdcm::Tag(0x0008, 0x103e), header.description);
    take_text(set, gdcm::Tag(0x0010, 0x0010), header.patient_name);
    take_text(set, gdcm::Tag(0x0010, 0x0020), header.patient_id);
    header.has_geometry = take_numbers(set, gdcm::Tag(0x0020, 0x0032), 3, header.position) &&
                          take_numbers(set, gdcm::Tag(0x0020, 0x0037), 6, header.orientation) &&
                          take_numbers(set, gdcm::Tag(0x0028, 0x0030), 2, header.spacing);
    header.rows = take_short(set, gdcm::Tag(0x0028, 0x0010));
    header.columns = take_short(set, gdcm::Tag(0x0028, 0x0011));
    double frames = 1.0;
    header.frames =
        take_numbers(set, gdcm::Tag(0x0028, 0x0008), 1, &frames) && frames > 1.0 ? 2 : 1;
    header.has_rescale = take_numbers(set, gdcm::Tag(0x0028, 0x1053), 1, &header.slope) &&
                         take_numbers(set, gdcm::Tag(0x0028, 0x1052), 1, &header.intercept);
    return true;
}

/* Whether a pixel data element of at least `bytes` begins at `at` and ends within the file. */
bool holds_pixels(const std::string &file, std::size_t at, std::size_t bytes)
{
    const bool explicit_vr =
        file.compare(at + 4, 2, "OW") == 0 || file.compare(at + 4, 2, "OB") == 0;
    const std::size_t length_at = at + (explicit_vr ? 8 : 4);
    if (length_at + 4 > file.size()) {
        return false;
    }
    std::size_t length = 0;
    for (std::size_t i = 4; i-- > 0;) {
        length = length << 8 | static_cast<unsigned char>(file[length_at + i]);
    }
    return length >= bytes && length <= file.size() - length_at - 4;
}

std::string bytes_of(const char *path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/* Pixels as they are: all of them. */
bool holds_all(const std::string &file, std::size_t bytes)
{
    static const char pixel_data[] = {'\xe0', '\x7f', '\x10', '\0'};
    const std::string tag(pixel_data, sizeof(pixel_data));
    for (std::size_t at = file.find(tag); at != std::string::npos; at = file.find(tag, at + 1)) {
        if (holds_pixels(file, at, bytes)) {
            return true;
        }
    }
    return false;
}

/* The library fills up what a cut file lacks. So: pixels as they are must all be there; packed ones
 * end in a delimiter (PS3.5 A.4). */
bool is_whole(const char *path, const gdcm::TransferSyntax &syntax, std::size_t bytes)
{
    static const char delimiter[] = {'\xfe', '\xff', '\xdd', '\xe0', 0, 0, 0, 0};
    const std::string file = bytes_of(path);
    return syntax.IsEncapsulated()
               ? file.rfind(std::string(delimiter, sizeof(delimiter))) != std::string::npos
               : holds_all(file, bytes);
}

bool read_pixels(const char *path, std::size_t count, std::int32_t *out)
{
    gdcm::ImageReader reader;
    reader.SetFileName(path);
    if (!reader.Read()) {
        return false;
    }
    const gdcm::Image &image = reader.GetImage();
    const gdcm::PixelFormat &format = image.GetPixelFormat();
    if (format.GetSamplesPerPixel() != 1 ||
        !is_whole(path, reader.GetFile().GetHeader().GetDataSetTransferSyntax(),
                  count * format.GetPixelSize())) {
        return false;
    }
    std::vector<char> buffer(image.GetBufferLength());
    if (buffer.size() != count * format.GetPixelSize() || !image.GetBuffer(buffer.data())) {
        return false;
    }
    switch (format.GetScalarType()) {
    case gdcm::PixelFormat::UINT8:
        widen<std::uint8_t>(buffer, count, out);
        return true;
    case gdcm::PixelFormat::INT8:
        widen<std::int8_t>(buffer, count, out);
        return true;
    case gdcm::PixelFormat::UINT12:
    case gdcm::PixelFormat::UINT16:
        widen<std::uint16_t>(buffer, count, out);
        return true;
    case gdcm::PixelFormat::INT12:
    case gdcm::PixelFormat::INT16:
        widen<std::int16_t>(buffer, count, out);
        return true;
    default:
        return false;
    }
}

} // namespace

extern "C" bool dcm_read_header(const char *path, dcm_header *out_header)
{
    try {
        dcm_header header = {};
        if (!read_header(path, header)) {
            return false;
        }
        *out_header = header;
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

extern "C" bool dcm_read_pixels(const char *path, size_t count, int32_t *out_values)
{
    try {
        return read_pixels(path, count, out_values);
    } catch (const std::exception &) {
        return false;
    }
}

extern "C" bool dcm_holds_pixels(const char *path, size_t bytes)
{
    try {
        return holds_all(bytes_of(path), bytes);
    } catch (const std::exception &) {
        return false;
    }
}
