/*
 * Maps a program's memory all at once, and tells it the time: preloaded into Python in a guest of User Mode Linux (uml.py).
 *
 * There each page that is touched for the first time costs about 0.1 ms: the guest's process stops, its kernel is woken,
 * finds the page and has the host map it. A start of Python touches a thousand pages, one of the console ten thousand.
 * MADV_POPULATE has the guest's kernel find many pages without a stop; that the protection changes and changes back makes
 * it tell the host of them, all in one go.
 *
 * Each system call there costs about 15 us, also the one for the time, which Python makes for each lock: a third of all of its
 * calls. Between two of them, for half a millisecond at most, the processor's own counter says how much time has passed.
 *
 * Nothing else changes for the program, which does not find us in its environment.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { POPULATE_READ = 22, POPULATE_WRITE = 23, PAGE = 4096, SMALLEST = 1 << 16, LARGEST = 1 << 24, ARENA = 1 << 20 };

static char *heap; /* what is below is mapped; NULL where it is no Python */

/* glibc's own word: false from the start of the first thread. It has no address in a C library that does not say. */
extern char __libc_single_threaded __attribute__((weak));

static void map(char *from, char *to, int protection)
{
    int kept = errno;
    from -= (unsigned long)from % PAGE;
    to += -(unsigned long)to % PAGE;
    if (from < to && !syscall(SYS_madvise, from, to - from, protection & PROT_WRITE ? POPULATE_WRITE : POPULATE_READ)) {
        syscall(SYS_mprotect, from, to - from, protection == PROT_READ ? PROT_NONE : PROT_READ);
        syscall(SYS_mprotect, from, to - from, protection);
    }
    errno = kept;
}

/* The heap is everybody's: a thread that writes to it while its protection changes would be killed. */
static void map_heap(void)
{
    char *top = sbrk(0);
    if (!&__libc_single_threaded || !__libc_single_threaded)
        return;
    if (heap && top > heap)
        map(heap, top, PROT_READ | PROT_WRITE);
    heap = heap ? top : NULL;
}

/* Python's own arenas, of 1 MB. */
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *made = (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
    if (made != MAP_FAILED && flags == (MAP_PRIVATE | MAP_ANONYMOUS) && protection == (PROT_READ | PROT_WRITE) &&
        size >= SMALLEST && size <= ARENA) {
        map(made, (char *)made + size, protection);
        map_heap();
    }
    return made;
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return mmap(at, size, protection, flags, fd, offset);
}

/* What was loaded from one file, but for what the loader has made read-only meanwhile. */
static int map_file(struct dl_phdr_info *file, size_t size, void *nothing)
{
    char *read_only = NULL;
    (void)size, (void)nothing;
    for (int number = 0; number < file->dlpi_phnum; number++)
        if (file->dlpi_phdr[number].p_type == PT_GNU_RELRO)
            read_only = (char *)file->dlpi_addr + file->dlpi_phdr[number].p_vaddr + file->dlpi_phdr[number].p_memsz;
    for (int number = 0; number < file->dlpi_phnum; number++) {
        const ElfW(Phdr) *part = &file->dlpi_phdr[number];
        char *from = (char *)file->dlpi_addr + part->p_vaddr, *to = from + part->p_memsz;
        if (part->p_type != PT_LOAD || part->p_memsz < SMALLEST || part->p_memsz > LARGEST)
            continue;
        if (part->p_flags & PF_W)
            map(read_only > from ? read_only : from, to, PROT_READ | PROT_WRITE);
        else
            map(from, to, PROT_READ | (part->p_flags & PF_X ? PROT_EXEC : 0));
    }
    return 0;
}

#ifdef STEADY /* the counter runs evenly, and is the same on every processor */
#include <x86intrin.h>

enum { SECOND = 1000000000, LONGEST = 500000, ENOUGH = 2000000, UNDISTURBED = 200000, SHIFT = 20 };

static unsigned long factor; /* nanoseconds that a tick of the counter lasts, shifted; 0 until they were measured */

/* The time was `now` at `ticks`; where the counter is measured from; what was told last. */
static __thread struct {
    unsigned long ticks, now, first_ticks, first, said;
} known;

static unsigned long ask(struct timespec *found)
{
    unsigned long before = __rdtsc(), after;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, found);
    after = __rdtsc();
    known.now = 0;
    if (after - before > UNDISTURBED)
        return found->tv_sec * SECOND + found->tv_nsec; /* it is not known at which tick it was so */
    known.ticks = after;
    known.now = found->tv_sec * SECOND + found->tv_nsec;
    if (!known.first) {
        known.first = known.now;
        known.first_ticks = after;
    } else if (!factor && known.now - known.first > ENOUGH)
        factor = ((known.now - known.first) << SHIFT) / (after - known.first_ticks);
    return known.now;
}

int clock_gettime(clockid_t which, struct timespec *found)
{
    unsigned long ticks = __rdtsc() - known.ticks, now;
    if (which != CLOCK_MONOTONIC)
        return syscall(SYS_clock_gettime, which, found);
    if (known.now && factor && ticks < 1ul << 30 && ticks * factor >> SHIFT < LONGEST)
        now = known.now + (ticks * factor >> SHIFT);
    else
        now = ask(found);
    if (now > known.said)
        known.said = now;
    found->tv_sec = known.said / SECOND;
    found->tv_nsec = known.said % SECOND;
    return 0;
}
#endif

__attribute__((constructor)) static void begin(void)
{
    if (strncmp(program_invocation_short_name, "python", 6))
        return; /* what starts Python, and hands us on */
    unsetenv("LD_PRELOAD");
    dl_iterate_phdr(map_file, NULL);
    heap = sbrk(0);
    mallopt(M_TOP_PAD, ARENA);
    free(malloc(ARENA / 16));
    map_heap();
}
