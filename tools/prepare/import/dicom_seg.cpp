#include "dicom_seg.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <locale>
#include <sstream>
#include <string>

#include <gdcmReader.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmTrace.h>

namespace
{

constexpr std::size_t items_max = 100000;

std::string text_of(const gdcm::DataSet &set, const gdcm::Tag &tag)
{
    if (!set.FindDataElement(tag)) {
        return "";
    }
    const gdcm::ByteValue *value = set.GetDataElement(tag).GetByteValue();
    if (value == nullptr) {
        return "";
    }
    std::string text(value->GetPointer(), value->GetLength());
    text = text.substr(0, text.find('\0'));
    while (!text.empty() && text.back() == ' ') {
        text.pop_back();
    }
    return text;
}

void take_text(const gdcm::DataSet &set, const gdcm::Tag &tag, char (&out)[DCM_TEXT_SIZE])
{
    (void)std::snprintf(out, sizeof(out), "%s", text_of(set, tag).c_str());
}

bool take_numbers(const gdcm::DataSet &set, const gdcm::Tag &tag, std::size_t count, double *out)
{
    std::istringstream text(text_of(set, tag));
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

bool take_shorts(const gdcm::DataSet &set, const gdcm::Tag &tag, std::size_t count,
                 std::uint16_t *out)
{
    if (!set.FindDataElement(tag)) {
        return false;
    }
    const gdcm::ByteValue *value = set.GetDataElement(tag).GetByteValue();
    if (value == nullptr || value->GetLength() < count * sizeof(*out)) {
        return false;
    }
    std::memcpy(out, value->GetPointer(), count * sizeof(*out));
    return true;
}

long short_of(const gdcm::DataSet &set, const gdcm::Tag &tag)
{
    std::uint16_t value = 0;
    return take_shorts(set, tag, 1, &value) ? value : 0;
}

using Sequence = gdcm::SmartPointer<gdcm::SequenceOfItems>;

/* Null where there is none. */
Sequence sequence_of(const gdcm::DataSet &set, const gdcm::Tag &tag)
{
    return set.FindDataElement(tag) ? set.GetDataElement(tag).GetValueAsSQ() : Sequence();
}

/* The first item of a sequence; null where there is none. The sequence must live on. */
const gdcm::DataSet *first_of(const Sequence &sequence)
{
    return sequence != nullptr && sequence->GetNumberOfItems() > 0
               ? &sequence->GetItem(1).GetNestedDataSet()
               : nullptr;
}

void take_segment(const gdcm::DataSet &set, dcm_segment &out)
{
    out.number = short_of(set, gdcm::Tag(0x0062, 0x0004));
    take_text(set, gdcm::Tag(0x0062, 0x0005), out.label);
    out.has_colour = take_shorts(set, gdcm::Tag(0x0062, 0x000d), 3, out.lab);
    const Sequence types = sequence_of(set, gdcm::Tag(0x0062, 0x000f));
    if (const gdcm::DataSet *type = first_of(types)) {
        take_text(*type, gdcm::Tag(0x0008, 0x0100), out.code);
        take_text(*type, gdcm::Tag(0x0008, 0x0102), out.scheme);
        take_text(*type, gdcm::Tag(0x0008, 0x0104), out.meaning);
    }
}

/* What one set of functional groups says; what it does not say stays. */
void take_groups(const gdcm::DataSet &set, dcm_frame &out)
{
    const Sequence positions = sequence_of(set, gdcm::Tag(0x0020, 0x9113));
    const Sequence orientations = sequence_of(set, gdcm::Tag(0x0020, 0x9116));
    const Sequence measures = sequence_of(set, gdcm::Tag(0x0028, 0x9110));
    const Sequence segments = sequence_of(set, gdcm::Tag(0x0062, 0x000a));
    if (const gdcm::DataSet *position = first_of(positions)) {
        out.has_position = take_numbers(*position, gdcm::Tag(0x0020, 0x0032), 3, out.position);
    }
    if (const gdcm::DataSet *orientation = first_of(orientations)) {
        out.has_orientation =
            take_numbers(*orientation, gdcm::Tag(0x0020, 0x0037), 6, out.orientation);
    }
    if (const gdcm::DataSet *measure = first_of(measures)) {
        out.has_spacing = take_numbers(*measure, gdcm::Tag(0x0028, 0x0030), 2, out.spacing);
        (void)take_numbers(*measure, gdcm::Tag(0x0018, 0x0088), 1, &out.between_mm);
        (void)take_numbers(*measure, gdcm::Tag(0x0018, 0x0050), 1, &out.thickness_mm);
    }
    if (const gdcm::DataSet *segment = first_of(segments)) {
        out.segment = short_of(*segment, gdcm::Tag(0x0062, 0x000b));
    }
}

template <typename Entry>
bool make_room(const Sequence &sequence, Entry *&out_entries, std::size_t &out_count)
{
    const std::size_t count = sequence != nullptr ? sequence->GetNumberOfItems() : 0;
    if (count > items_max) {
        return false;
    }
    out_entries = static_cast<Entry *>(std::calloc(count + 1, sizeof(Entry)));
    out_count = out_entries != nullptr ? count : 0;
    return out_entries != nullptr;
}

bool take_frames(const gdcm::DataSet &set, dcm_seg &seg)
{
    dcm_frame shared = {};
    const Sequence shared_groups = sequence_of(set, gdcm::Tag(0x5200, 0x9229));
    const Sequence frames = sequence_of(set, gdcm::Tag(0x5200, 0x9230));
    if (const gdcm::DataSet *groups = first_of(shared_groups)) {
        take_groups(*groups, shared);
    }
    if (!make_room(frames, seg.frames, seg.frame_count)) {
        return false;
    }
    for (std::size_t i = 0; i < seg.frame_count; ++i) {
        seg.frames[i] = shared;
        take_groups(frames->GetItem(i + 1).GetNestedDataSet(), seg.frames[i]);
    }
    return true;
}

bool take_pixels(const gdcm::DataSet &set, dcm_seg &seg)
{
    const gdcm::Tag tag(0x7fe0, 0x0010);
    const gdcm::ByteValue *value =
        set.FindDataElement(tag) ? set.GetDataElement(tag).GetByteValue() : nullptr;
    if (value == nullptr) {
        return true; /* none, or in fragments: told by the count of bytes */
    }
    seg.pixel_bytes = value->GetLength();
    seg.pixels = static_cast<std::uint8_t *>(std::malloc(seg.pixel_bytes + 1));
    if (seg.pixels == nullptr) {
        return false;
    }
    std::memcpy(seg.pixels, value->GetPointer(), seg.pixel_bytes);
    return true;
}

bool read_seg(const char *path, dcm_seg &seg)
{
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Reader reader;
    reader.SetFileName(path);
    if (!reader.Read()) {
        return false;
    }
    const gdcm::DataSet &set = reader.GetFile().GetDataSet();
    const gdcm::TransferSyntax &syntax = reader.GetFile().GetHeader().GetDataSetTransferSyntax();
    seg.encapsulated = syntax.IsEncapsulated() || syntax.GetSwapCode() == gdcm::SwapCode::BigEndian;
    take_text(set, gdcm::Tag(0x0062, 0x0001), seg.type);
    seg.rows = short_of(set, gdcm::Tag(0x0028, 0x0010));
    seg.columns = short_of(set, gdcm::Tag(0x0028, 0x0011));
    seg.samples = short_of(set, gdcm::Tag(0x0028, 0x0002));
    seg.bits_allocated = short_of(set, gdcm::Tag(0x0028, 0x0100));
    seg.bits_stored = short_of(set, gdcm::Tag(0x0028, 0x0101));
    (void)take_numbers(set, gdcm::Tag(0x0028, 0x0008), 1, &seg.frames_stated);
    const Sequence references = sequence_of(set, gdcm::Tag(0x0008, 0x1115));
    if (const gdcm::DataSet *reference = first_of(references)) {
        take_text(*reference, gdcm::Tag(0x0020, 0x000e), seg.referenced_series);
    }
    const Sequence segments = sequence_of(set, gdcm::Tag(0x0062, 0x0002));
    if (!make_room(segments, seg.segments, seg.segment_count)) {
        return false;
    }
    for (std::size_t i = 0; i < seg.segment_count; ++i) {
        take_segment(segments->GetItem(i + 1).GetNestedDataSet(), seg.segments[i]);
    }
    return take_frames(set, seg) && take_pixels(set, seg);
}

} // namespace

extern "C" bool dcm_seg_read(const char *path, dcm_seg *out_seg)
{
    dcm_seg seg = {};
    try {
        if (read_seg(path, seg)) {
            *out_seg = seg;
            return true;
        }
    } catch (const std::exception &) {
        /* as unreadable as a cut file */
    }
    dcm_seg_finish(&seg);
    return false;
}

extern "C" void dcm_seg_finish(dcm_seg *seg)
{
    std::free(seg->segments);
    std::free(seg->frames);
    std::free(seg->pixels);
    *seg = {};
}
