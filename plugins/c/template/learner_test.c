/* Tests of learner.c in this process: frames as the engine writes them. */
#include "learner.c"

#include <stdio.h>
#include <string.h>

static int failures;

#define CHECK(condition) \
    do { \
        if (!(condition)) failures++, fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    } while (0)

/* run scores rows x columns numbers and returns the status. */
static int32_t run(const float *x, uint32_t rows, uint32_t columns, float *scores) {
    static uint32_t frame[1024];
    const uint32_t size = 32 + 4 * rows * columns;
    const uint32_t head[8] = {0x31464354u, rows, columns, 0, size, size, 0, 0};
    memcpy(frame, head, sizeof head);
    memcpy(frame + 8, x, size - sizeof head);
    return tiercel_score((const uint8_t *)frame, size, scores);
}

int main(void) {
    const float x[] = {1, 2, 3, 4, TIERCEL_ABSTAIN, 6};
    float scores[2];

    CHECK(run(x, 2, 3, scores) == TIERCEL_OK); /* before a configuration each weight is 1 */
    CHECK(scores[0] == 6 && scores[1] == 10);

    const char *weights = "0.5 -1\n2";
    CHECK(configure((const uint8_t *)weights, (uint32_t)strlen(weights)) == TIERCEL_OK);
    CHECK(run(x, 2, 3, scores) == TIERCEL_OK);
    CHECK(scores[0] == 4.5f && scores[1] == 14);

    CHECK(run(x, 3, 2, scores) == TIERCEL_BAD_COLUMNS);
    CHECK(configure((const uint8_t *)"0.5 x", 5) == TIERCEL_BAD_CONFIG);
    if (!failures) puts("ok");
    return failures != 0;
}
