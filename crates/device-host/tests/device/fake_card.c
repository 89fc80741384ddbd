/* An OpenCL driver with one device that can be listed and nothing else. Defined when compiled: TYPE,
   FLOATS, EXTENSION, and ANSWER, the cases of what it tells beyond the standard. */
#include <string.h>

#define CASE(query, type, ...)                                                                         \
    case query: {                                                                                      \
        static const type value[] = {__VA_ARGS__};                                                     \
        answer = value, length = sizeof value;                                                         \
        break;                                                                                         \
    }
#define TEXT(query, text)                                                                              \
    case query:                                                                                        \
        answer = text, length = sizeof text;                                                           \
        break;

typedef unsigned int word;
typedef unsigned long quad;
typedef unsigned char byte;

static int give(const void *answer, size_t length, size_t room, void *out, size_t *needed) {
    if (!answer) return -30; /* CL_INVALID_VALUE */
    if (needed) *needed = length;
    if (out && room < length) return -30;
    if (out) memcpy(out, answer, length);
    return 0;
}

static int platform_info(void *platform, word query, size_t room, void *out, size_t *needed) {
    const void *answer = 0;
    size_t length = 0;
    switch (query) {
        TEXT(0x900, "FULL_PROFILE")
        TEXT(0x901, "OpenCL 1.2 fake")
        TEXT(0x902, "Fake platform")
        TEXT(0x903, "Fake maker")
        TEXT(0x904, "cl_khr_icd")
        TEXT(0x920, "FAKE")
    }
    return give(answer, length, room, out, needed);
}

static int device_info(void *device, word query, size_t room, void *out, size_t *needed) {
    const void *answer = 0;
    size_t length = 0;
    switch (query) {
        CASE(0x1000, quad, TYPE)
        CASE(0x1002, word, 7)
        CASE(0x1010, quad, 1 << 20)
        CASE(0x101B, quad, FLOATS)
        CASE(0x101F, quad, 1 << 22)
        CASE(0x1026, word, 1)
        TEXT(0x102B, "Fake card")
        TEXT(0x102C, VENDOR)
        TEXT(0x102D, "0.1")
        TEXT(0x102F, "OpenCL 1.2 fake")
        TEXT(0x1030, "cl_khr_icd " EXTENSION)
        ANSWER
    }
    return give(answer, length, room, out, needed);
}

static int device_ids(void *, quad, word, void **, word *);

static void *calls[256] = {0, platform_info, device_ids, device_info};
static struct { void **calls; } platform = {calls}, device = {calls};

static int device_ids(void *of, quad type, word room, void **out, word *count) {
    if (count) *count = 1;
    if (out && room) *out = &device;
    return 0;
}

int clIcdGetPlatformIDsKHR(word room, void **out, word *count) {
    if (count) *count = 1;
    if (out && room) *out = &platform;
    return 0;
}

int clGetPlatformInfo(void *platform, word query, size_t room, void *out, size_t *needed) {
    return platform_info(platform, query, room, out, needed);
}

void *clGetExtensionFunctionAddress(const char *name) {
    if (!strcmp(name, "clIcdGetPlatformIDsKHR")) return clIcdGetPlatformIDsKHR;
    if (!strcmp(name, "clGetPlatformInfo")) return platform_info;
    return 0;
}
