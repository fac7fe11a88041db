/* Tests of learner.c in this process. */
#include "learner.c"

#include <stdio.h>
#include <string.h>

static int failures;

static void wants(const char *name, int made) {
    const float s = log_odds((const uint8_t *)name, (uint32_t)strlen(name));
    if (!tiercel_finite(s) || (s > 0) != made) failures++, fprintf(stderr, "%s: log-odds %g\n", name, s);
}

int main(void) {
    wants("www.summer-garden.com", 0);
    wants("mail.waterstation.org", 0);
    wants("api.paymentbroker.net", 0);
    wants("xq7zkvj2mwpt9rbxw4.com", 1);
    wants("3f9a0c7be21d48a65f0e9b7c.net", 1);
    wants("mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiytemzu.badwolf.biz", 1);
    uint8_t longest[5000];
    memset(longest, 'a', sizeof longest);
    if (log_odds(longest, sizeof longest) != log_odds(longest, LONGEST)) failures++, fputs("not cut\n", stderr);
    if (!failures) puts("ok");
    return failures != 0;
}
