#include "sequence_write.h"

#include <locale.h>
#include <stdlib.h>

#include "decimal.h"
#include "number_print.h"

struct writer {
    FILE *file;
    const struct srv_sequence *sequence;
    enum srv_sequence_dialect dialect;
    const char *sign; /* between a frame field and its value */
};

static void write_meta_image_head(const struct writer *writer)
{
    const bool slicer = writer->dialect == SRV_SEQUENCE_SLICER;
    fprintf(writer->file,
            "ObjectType = Image\n"
            "NDims = 3\n"
            "AnatomicalOrientation = RAI\n"
            "BinaryData = True\n"
            "BinaryDataByteOrderMSB = False\n"
            "CenterOfRotation = 0 0 0\n"
            "CompressedData = False\n"
            "DimSize = 0 0 %zu\n"
            "Kinds = domain domain list\n"
            "ElementNumberOfChannels = 1\n"
            "ElementSpacing = 1 1 1\n"
            "ElementType = %s\n"
            "Offset = 0 0 0\n"
            "TransformMatrix = 1 0 0 0 1 0 0 0 1\n"
            "UltrasoundImageOrientation = XX\n"
            "UltrasoundImageType = XX\n",
            writer->sequence->frame_count, slicer ? "MET_UCHAR" : "MET_OTHER");
}

static void write_nrrd_head(const struct writer *writer)
{
    fprintf(writer->file,
            "NRRD0004\n"
            "# Complete NRRD file format specification at:\n"
            "# http://teem.sourceforge.net/nrrd/format.html\n"
            "type: uint8\n"
            "dimension: 3\n"
            "sizes: 1 1 %zu\n"
            "kinds: domain domain list\n"
            "encoding: raw\n"
            "ultrasound image orientation:=XX\n"
            "ultrasound image type:=XX\n",
            writer->sequence->frame_count);
}

static void write_key(const struct writer *writer, size_t frame, const char *name,
                      const char *suffix)
{
    fprintf(writer->file, "Seq_Frame%04zu_%s%s%s", frame, name, suffix, writer->sign);
}

static void write_pose(const struct writer *writer, size_t frame, size_t transform)
{
    const struct srv_sequence_pose *pose = srv_sequence_at(writer->sequence, frame, transform);
    const char *const name = writer->sequence->names[transform];
    if (pose->present) {
        write_key(writer, frame, name, "Transform");
        for (int i = 0; i < 16; ++i) {
            char text[SRV_NUMBER_SIZE];
            srv_number_print(pose->matrix[i], text);
            fprintf(writer->file, "%s%s", text, i < 15 ? " " : "\n");
        }
    }
    if (pose->word != SRV_SEQUENCE_NO_WORD) {
        write_key(writer, frame, name, "TransformStatus");
        fprintf(writer->file, "%s\n", writer->sequence->words[pose->word]);
    }
}

static void write_time(const struct writer *writer, size_t frame, const char *name, int64_t time_ns)
{
    char text[SRV_DECIMAL_SIZE];
    srv_decimal_print(time_ns, SRV_DECIMAL_PLACES_MAX, text);
    write_key(writer, frame, name, "");
    fprintf(writer->file, "%s\n", text);
}

static void write_frame(const struct writer *writer, size_t frame)
{
    const struct srv_sequence *sequence = writer->sequence;
    for (size_t transform = 0; transform < sequence->transform_count; ++transform) {
        write_pose(writer, frame, transform);
    }
    write_time(writer, frame, "Timestamp", sequence->time_ns[frame]);
    if (sequence->unfiltered_ns != NULL) {
        write_time(writer, frame, "UnfilteredTimestamp", sequence->unfiltered_ns[frame]);
    }
    write_key(writer, frame, writer->dialect == SRV_SEQUENCE_NRRD ? "Status" : "ImageStatus", "");
    fputs("INVALID\n", writer->file);
}

static void write_all(const struct writer *writer, void (*on_frame)(void *context, size_t done),
                      void *context)
{
    const bool nrrd = writer->dialect == SRV_SEQUENCE_NRRD;
    if (nrrd) {
        write_nrrd_head(writer);
    } else {
        write_meta_image_head(writer);
    }
    const size_t frames = writer->sequence->frame_count;
    for (size_t frame = 0; frame < frames; ++frame) {
        write_frame(writer, frame);
        if (on_frame != NULL) {
            on_frame(context, frame + 1);
        }
    }
    if (!nrrd) {
        fputs("ElementDataFile = LOCAL\n", writer->file);
        return;
    }
    fputc('\n', writer->file);
    for (size_t frame = 0; frame < frames; ++frame) {
        fputc('\0', writer->file);
    }
}

enum nav_status srv_sequence_write(FILE *file, const struct srv_sequence *sequence,
                                   enum srv_sequence_dialect dialect,
                                   void (*on_frame)(void *context, size_t done), void *context)
{
    static const char *const signs[] = {
        [SRV_SEQUENCE_META_IMAGE] = " = ",
        [SRV_SEQUENCE_NRRD] = ":=",
        [SRV_SEQUENCE_SLICER] = " =",
    };
    const locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) {
        return NAV_ERR_MEMORY;
    }
    const locale_t before = uselocale(c_locale);
    const struct writer writer = {
        .file = file, .sequence = sequence, .dialect = dialect, .sign = signs[dialect]};
    write_all(&writer, on_frame, context);
    (void)uselocale(before);
    freelocale(c_locale);
    return fflush(file) == 0 && ferror(file) == 0 ? NAV_OK : NAV_ERR_IO;
}
