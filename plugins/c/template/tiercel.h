/* tiercel.h: everything a base learner in C needs. Include it in one file,
 * define TIERCEL_DESCRIPTION before, and write two functions:
 *
 *     int32_t configure(const uint8_t *text, uint32_t length);
 *     int32_t score(const tiercel_frame *f, float *scores);
 *
 * score writes one number a row, higher meaning more of a threat;
 * TIERCEL_ABSTAIN (NaN) abstains.
 * It must give the same scores for the same rows, however they are batched.
 * Both return TIERCEL_OK or another status. There is no libc: tiercel_alloc
 * gives memory that stays. The contract in words: plugins/abi/ABI.md. */
#ifndef TIERCEL_H
#define TIERCEL_H

#include <stdint.h>

#define TIERCEL_ABI 1

enum {
    TIERCEL_OK = 0,
    TIERCEL_BAD_FRAME = 1,
    TIERCEL_BAD_COLUMNS = 2,
    TIERCEL_NOT_CONFIGURED = 3,
    TIERCEL_BAD_CONFIG = 4,
    TIERCEL_INTERNAL = 5,
    TIERCEL_OWN = 16 /* your own codes start here */
};

#define TIERCEL_ABSTAIN __builtin_nanf("")
#define tiercel_finite(x) ((x) - (x) == 0)

/* One declared text column: row i has the values first[i] to first[i+1], value
 * k is bytes[offset[k]] to bytes[offset[k+1]], without a final zero. */
typedef struct {
    const uint32_t *first, *offset;
    const uint8_t *bytes;
    uint32_t values;
} tiercel_texts;

#define TIERCEL_MAX_TEXTS 16

/* A batch: rows x columns features, row-major, in the order of the description. */
typedef struct {
    uint32_t rows, columns, texts;
    const float *x;
    tiercel_texts text[TIERCEL_MAX_TEXTS];
} tiercel_frame;

/* Yours. */
int32_t configure(const uint8_t *text, uint32_t length);
int32_t score(const tiercel_frame *f, float *scores);

#ifdef __wasm__
#define TIERCEL_EXPORT(name) __attribute__((export_name(#name)))
#define TIERCEL_IMPORT(name) __attribute__((import_module("tiercel"), import_name(#name)))

/* out[i] = sum over j of x[i*columns+j] * w[j], leaving out x that are NaN,
 * computed by the engine: fast where a guest has no SIMD. See ABI.md for the
 * order of the sum. */
TIERCEL_IMPORT(matvec) void tiercel_matvec(float *out, const float *x, const float *w, uint32_t rows, uint32_t columns);
TIERCEL_IMPORT(log) void tiercel_log(uint32_t level, const char *text, uint32_t length);

extern uint8_t __heap_base;
static uintptr_t tiercel_top;

/* tiercel_alloc gives size bytes, aligned to 16, that stay; 0 when memory is out. */
static void *tiercel_alloc(uint32_t size) {
    if (!tiercel_top) tiercel_top = (uintptr_t)&__heap_base;
    uintptr_t at = (tiercel_top + 15) & ~(uintptr_t)15;
    if (at + size < at) return 0;
    uint32_t have = __builtin_wasm_memory_size(0), want = (uint32_t)((at + size + 65535) >> 16);
    if (want > have && __builtin_wasm_memory_grow(0, want - have) == (uintptr_t)-1) return 0;
    tiercel_top = at + size;
    return (void *)at;
}
#else /* a native build, for your tests */
#include <stdlib.h>
#define TIERCEL_EXPORT(name)
static void *tiercel_alloc(uint32_t size) { return malloc(size); }
#endif

static const char tiercel_description[] = TIERCEL_DESCRIPTION;

TIERCEL_EXPORT(tiercel_abi) int32_t tiercel_abi(void) { return TIERCEL_ABI; }

TIERCEL_EXPORT(tiercel_describe) int64_t tiercel_describe(void) {
    return (int64_t)((uint64_t)(uintptr_t)tiercel_description << 32 | (sizeof tiercel_description - 1));
}

/* The region that the engine writes frames to. A larger one leaves the smaller
 * behind; the engine doubles it, so that loses at most as much again. */
TIERCEL_EXPORT(tiercel_reserve) void *tiercel_reserve(uint32_t size) {
    static void *region;
    static uint32_t capacity;
    if (size > capacity) {
        void *p = tiercel_alloc(size);
        if (!p) return 0;
        region = p;
        capacity = size;
    }
    return region;
}

TIERCEL_EXPORT(tiercel_configure) int32_t tiercel_configure(const uint8_t *text, uint32_t length) {
    return configure(text, length);
}

/* How many features the description names; -1 for all, whose number varies. */
static int64_t tiercel_wanted(void) {
    static const char key[] = "feature ";
    int64_t n = 0;
    for (const char *line = tiercel_description; *line;) {
        uint32_t k = 0;
        while (key[k] && line[k] == key[k]) k++;
        if (!key[k]) {
            if (line[k] == '*' && line[k + 1] == '\n') return -1;
            n++;
        }
        while (*line && *line++ != '\n') {}
    }
    return n;
}

/* The engine writes well-formed frames; what is checked here keeps a mistake of
 * an author's own test from reading elsewhere. */
TIERCEL_EXPORT(tiercel_score) int32_t tiercel_score(const uint8_t *frame, uint32_t length, float *scores) {
    const uint32_t *h = (const uint32_t *)frame;
    if (length < 32 || h[0] != 0x31464354u || h[4] != length || h[3] > TIERCEL_MAX_TEXTS ||
        h[5] != 32 + 4 * (uint64_t)h[1] * h[2] || h[5] > length)
        return TIERCEL_BAD_FRAME;
    static int64_t wanted = -2;
    if (wanted == -2) wanted = tiercel_wanted();
    if (wanted >= 0 && h[2] != wanted) return TIERCEL_BAD_COLUMNS;
    tiercel_frame f;
    f.rows = h[1];
    f.columns = h[2];
    f.texts = h[3];
    f.x = (const float *)(frame + 32);
    const uint8_t *at = frame + h[5], *end = frame + length;
    for (uint32_t t = 0; t < f.texts; t++) {
        if (end - at < 8) return TIERCEL_BAD_FRAME;
        tiercel_texts *c = &f.text[t];
        const uint32_t *w = (const uint32_t *)at;
        c->values = w[0];
        c->first = w + 2;
        c->offset = c->first + f.rows + 1;
        c->bytes = (const uint8_t *)(c->offset + c->values + 1);
        at = c->bytes + ((w[1] + 3) & ~3u);
    }
    if (at != end) return TIERCEL_BAD_FRAME;
    return score(&f, scores);
}

#endif
