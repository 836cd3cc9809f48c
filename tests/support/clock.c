// Loaded into a process with LD_PRELOAD, this shifts its clock by the seconds in the
// file $CLOCK_SHIFT. The monotonic clock, timers and waits stay as they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    if (real(clock, now))
        return -1;
    if (clock == CLOCK_REALTIME) {
        char seconds[20] = "";
        int file = open(getenv("CLOCK_SHIFT"), O_RDONLY);
        if (file < 0 || read(file, seconds, sizeof seconds - 1) < 0)
            abort();
        close(file);
        now->tv_sec += atol(seconds);
    }
    return 0;
}
