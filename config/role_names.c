#include "role_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 16 };

struct word_role {
    const char *word; /* a final '*': any word that begins so */
    enum cfg_role role;
};

/* What is earlier wins: a "sacral nerve root" is a nerve, a "tumour of the sacrum" a tumour. */
static const struct word_role words[] = {
    {"tumor*", CFG_ROLE_TUMOUR},
    {"tumour*", CFG_ROLE_TUMOUR},
    {"neoplas*", CFG_ROLE_TUMOUR},
    {"chordoma*", CFG_ROLE_TUMOUR},
    {"*sarcoma*", CFG_ROLE_TUMOUR},
    {"metasta*", CFG_ROLE_TUMOUR},
    {"lesion*", CFG_ROLE_TUMOUR},
    {"mass", CFG_ROLE_TUMOUR},
    {"gtv*", CFG_ROLE_TUMOUR},
    {"carcinoma*", CFG_ROLE_TUMOUR},
    {"dura*", CFG_ROLE_DURA},
    {"thecal", CFG_ROLE_DURA},
    {"cord", CFG_ROLE_DURA},
    {"cauda", CFG_ROLE_DURA},
    {"myelon", CFG_ROLE_DURA},
    {"canal", CFG_ROLE_DURA},
    {"nerve*", CFG_ROLE_NERVE},
    {"nervus", CFG_ROLE_NERVE},
    {"root*", CFG_ROLE_NERVE},
    {"plexus", CFG_ROLE_NERVE},
    {"sciatic*", CFG_ROLE_NERVE},
    {"ischiadic*", CFG_ROLE_NERVE},
    {"ganglion", CFG_ROLE_NERVE},
    {"arter*", CFG_ROLE_VESSEL},
    {"aort*", CFG_ROLE_VESSEL},
    {"vein*", CFG_ROLE_VESSEL},
    {"vena*", CFG_ROLE_VESSEL},
    {"venous", CFG_ROLE_VESSEL},
    {"cava", CFG_ROLE_VESSEL},
    {"ivc", CFG_ROLE_VESSEL},
    {"svc", CFG_ROLE_VESSEL},
    {"vessel*", CFG_ROLE_VESSEL},
    {"muscle*", CFG_ROLE_OTHER},
    {"disc", CFG_ROLE_OTHER},
    {"discs", CFG_ROLE_OTHER},
    {"disk*", CFG_ROLE_OTHER},
    {"intervertebral", CFG_ROLE_OTHER},
    {"gluteus", CFG_ROLE_OTHER},
    {"iliopsoas", CFG_ROLE_OTHER},
    {"psoas", CFG_ROLE_OTHER},
    {"autochthon*", CFG_ROLE_OTHER},
    {"skin", CFG_ROLE_OTHER},
    {"fat", CFG_ROLE_OTHER},
    {"body", CFG_ROLE_OTHER},
    {"implant*", CFG_ROLE_OTHER},
    {"screw*", CFG_ROLE_OTHER},
    {"sacrum*", CFG_ROLE_BONE},
    {"sacral", CFG_ROLE_BONE},
    {"hip", CFG_ROLE_BONE},
    {"hips", CFG_ROLE_BONE},
    {"pelvi*", CFG_ROLE_BONE},
    {"ilium", CFG_ROLE_BONE},
    {"coccyx", CFG_ROLE_BONE},
    {"innominate", CFG_ROLE_BONE},
    {"vertebra*", CFG_ROLE_BONE},
    {"lumbar*", CFG_ROLE_BONE},
    {"femur*", CFG_ROLE_BONE},
    {"bone*", CFG_ROLE_BONE},
    {"os", CFG_ROLE_BONE},
    {"rib", CFG_ROLE_BONE},
    {"ribs", CFG_ROLE_BONE},
    {"sternum", CFG_ROLE_BONE},
    {"scapula*", CFG_ROLE_BONE},
    {"clavicul*", CFG_ROLE_BONE},
    {"humerus", CFG_ROLE_BONE},
    {"skull", CFG_ROLE_BONE},
    {"bladder", CFG_ROLE_ORGAN},
    {"colon", CFG_ROLE_ORGAN},
    {"rectum", CFG_ROLE_ORGAN},
    {"bowel", CFG_ROLE_ORGAN},
    {"intestin*", CFG_ROLE_ORGAN},
    {"prostate", CFG_ROLE_ORGAN},
    {"uterus", CFG_ROLE_ORGAN},
    {"vagina", CFG_ROLE_ORGAN},
    {"ovar*", CFG_ROLE_ORGAN},
    {"kidney*", CFG_ROLE_ORGAN},
    {"ureter*", CFG_ROLE_ORGAN},
    {"liver", CFG_ROLE_ORGAN},
    {"spleen", CFG_ROLE_ORGAN},
    {"stomach", CFG_ROLE_ORGAN},
    {"duodenum", CFG_ROLE_ORGAN},
    {"pancreas", CFG_ROLE_ORGAN},
    {"gallbladder", CFG_ROLE_ORGAN},
    {"lung*", CFG_ROLE_ORGAN},
    {"heart", CFG_ROLE_ORGAN},
    {"sigmoid", CFG_ROLE_ORGAN},
    {"organ", CFG_ROLE_ORGAN},
};

/* SNOMED CT concept identifiers. */
static const struct word_role codes[] = {
    {"108369006", CFG_ROLE_TUMOUR}, /* neoplasm */
    {"86049000", CFG_ROLE_TUMOUR},  /* neoplasm, primary */
    {"4147007", CFG_ROLE_TUMOUR},   /* mass */
    {"2748008", CFG_ROLE_DURA},     /* spinal cord */
    {"3057000", CFG_ROLE_NERVE},    /* nerve */
    {"51114001", CFG_ROLE_VESSEL},  /* artery */
    {"29092000", CFG_ROLE_VESSEL},  /* vein */
    {"15825003", CFG_ROLE_VESSEL},  /* aorta */
    {"64131007", CFG_ROLE_VESSEL},  /* inferior vena cava */
    {"272673000", CFG_ROLE_BONE},   /* bone */
    {"54735007", CFG_ROLE_BONE},    /* sacrum */
    {"89837001", CFG_ROLE_ORGAN},   /* urinary bladder */
    {"71854001", CFG_ROLE_ORGAN},   /* colon */
};

struct word {
    char text[NAV_NAME_SIZE];
};

/* Words in lower case; every character that is no letter, digit or beyond ASCII parts them, and so
 * does a capital behind a small letter: "LeftHip". */
static size_t split(const char *name, struct word out_words[WORDS_MAX])
{
    size_t count = 0;
    size_t length = 0;
    for (const char *c = name; count < WORDS_MAX; ++c) {
        const unsigned char byte = (unsigned char)*c;
        if (length > 0 && isupper(byte) && islower((unsigned char)c[-1])) {
            out_words[count++].text[length] = '\0';
            length = 0;
            if (count == WORDS_MAX) {
                break;
            }
        }
        if (isalnum(byte) || byte >= 0x80) {
            if (length + 1 < NAV_NAME_SIZE) {
                out_words[count].text[length++] = (char)tolower(byte);
            }
            continue;
        }
        if (length > 0) {
            out_words[count++].text[length] = '\0';
            length = 0;
        }
        if (byte == '\0') {
            break;
        }
    }
    return count;
}

/* Numbers behind a word do not matter: "hip22". */
static bool is_numbered(const char *word, const char *plain)
{
    const size_t length = strlen(plain);
    return length > 2 && strncmp(word, plain, length) == 0 &&
           strspn(word + length, "0123456789") == strlen(word + length);
}

static bool matches(const char *word, const char *pattern)
{
    const size_t length = strlen(pattern);
    if (pattern[0] == '*') {
        char middle[NAV_NAME_SIZE];
        (void)snprintf(middle, sizeof(middle), "%.*s", (int)length - 2, pattern + 1);
        return strstr(word, middle) != NULL;
    }
    return pattern[length - 1] == '*' ? strncmp(word, pattern, length - 1) == 0
                                      : strcmp(word, pattern) == 0 || is_numbered(word, pattern);
}

/* L5, Th12, C1, S3. */
static bool is_level(const char *word)
{
    const char *digits = word + (strncmp(word, "th", 2) == 0 ? 2 : 1);
    return strchr("ctls", word[0]) != NULL && isdigit((unsigned char)digits[0]) &&
           (digits[1] == '\0' || (isdigit((unsigned char)digits[1]) && digits[2] == '\0'));
}

struct cfg_role_guess cfg_role_guess(const char *name, const char *code)
{
    for (size_t i = 0; code != NULL && i < sizeof(codes) / sizeof(codes[0]); ++i) {
        if (strcmp(code, codes[i].word) == 0) {
            return (struct cfg_role_guess){codes[i].role, true, codes[i].word};
        }
    }
    struct word parts[WORDS_MAX];
    const size_t count = split(name, parts);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        for (size_t k = 0; k < count; ++k) {
            if (matches(parts[k].text, words[i].word)) {
                return (struct cfg_role_guess){words[i].role, true, words[i].word};
            }
        }
    }
    for (size_t k = 0; k < count; ++k) {
        if (is_level(parts[k].text)) {
            return (struct cfg_role_guess){CFG_ROLE_BONE, true, "a vertebra"};
        }
    }
    return (struct cfg_role_guess){CFG_ROLE_OTHER, false, ""};
}

static void append(char out_name[NAV_NAME_SIZE], const char *word)
{
    const size_t length = strlen(out_name);
    size_t room = NAV_NAME_SIZE - 1 - length;
    if (length > 0 && room > 0) {
        out_name[length] = ' ';
        out_name[length + 1] = '\0';
        --room;
    }
    size_t size = strlen(word);
    if (size > room) {
        size = room;
        while (size > 0 && ((unsigned char)word[size] & 0xc0) == 0x80) {
            --size;
        }
    }
    const size_t at = strlen(out_name);
    memcpy(out_name + at, word, size);
    out_name[at + size] = '\0';
}

/* "Hip", not "L5" and not "IVC". */
static bool is_capitalised(const char *word)
{
    for (const char *c = word + 1; *c != '\0'; ++c) {
        if (!islower((unsigned char)*c)) {
            return false;
        }
    }
    return isupper((unsigned char)word[0]) && word[1] != '\0';
}

void cfg_role_plain_name(const char *name, char out_name[NAV_NAME_SIZE])
{
    char text[4 * NAV_NAME_SIZE];
    char *parts[WORDS_MAX];
    size_t count = 0;
    (void)snprintf(text, sizeof(text), "%s", name);
    char *rest = NULL;
    for (char *part = strtok_r(text, " _\t", &rest); part != NULL && count < WORDS_MAX;
         part = strtok_r(NULL, " _\t", &rest)) {
        parts[count++] = part;
    }
    const bool side = count > 1 && (strcasecmp(parts[count - 1], "left") == 0 ||
                                    strcasecmp(parts[count - 1], "right") == 0);
    const bool vertebra = count == 2 && strcasecmp(parts[0], "vertebrae") == 0;
    out_name[0] = '\0';
    if (side) {
        append(out_name, parts[count - 1]);
    }
    if (side && is_capitalised(parts[0])) {
        parts[0][0] =
            (char)tolower((unsigned char)parts[0][0]); /* no longer the first: "Left hip" */
    }
    for (size_t i = vertebra ? 1 : 0; i + (side ? 1 : 0) < count; ++i) {
        append(out_name, parts[i]);
    }
    out_name[0] = (char)toupper((unsigned char)out_name[0]);
}
