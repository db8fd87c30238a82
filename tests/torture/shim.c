/* A disk that can be told to fail, for the files whose path begins with TORTURE_FILES, and a wall clock that can be set; loaded
 * by LD_PRELOAD.
 *
 * Every write, fsync, truncation, creation and removal of those files is written to the log TORTURE_LOG once it is done, so
 * that tests/torture/disk.py can tell which bytes a power cut would have left.  The page TORTURE_CONTROL, shared with the test,
 * says what fails and when; its layout is that of `struct control` here and of FIELDS there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, TRUNCATE = 3, CREATE = 4, UNLINK = 5 };
enum { MAIN = 1, WAL = 2, SHM = 3, FOLDER = 4 };

struct control {
  volatile uint32_t kinds;   /* which operations count: 1 writes and truncations, 2 fsyncs, 3 both */
  volatile uint32_t fail_in; /* the so-many-th counted operation from now fails; 0: none */
  volatile uint32_t fail_for; /* and so many after it */
  volatile uint32_t error;   /* with this errno */
  volatile uint32_t kill_in; /* SIGKILL instead of the so-many-th; 0: never */
  volatile uint32_t lie;     /* 1: an fsync says yes and does nothing */
  volatile uint32_t slow;    /* milliseconds that each fsync takes longer */
  volatile uint32_t done;    /* counted operations so far */
  volatile uint32_t failed;  /* those that failed by order */
  volatile int32_t wall;     /* seconds by which the wall clock is wrong */
};

static struct control none, *control = &none;
static const char *prefix = "", *folder = "";
static int log_fd = -1;
static unsigned char kind_of[4096];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void) {
  const char *files = getenv("TORTURE_FILES"), *at = getenv("TORTURE_CONTROL"), *log = getenv("TORTURE_LOG");
  if (!files || !at || !log) return;
  prefix = strdup(files);
  char *up = strdup(files);
  *strrchr(up, '/') = 0;
  folder = up;
  int fd = syscall(SYS_openat, AT_FDCWD, at, O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) control = page;
    syscall(SYS_close, fd);
  }
  log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CLOEXEC);
}

static int kind(const char *path) {
  pthread_once(&once, begin);
  if (!*prefix || !path) return 0;
  if (!strcmp(path, folder)) return FOLDER;
  size_t n = strlen(prefix);
  if (strncmp(path, prefix, n)) return 0;
  if (!path[n]) return MAIN;
  if (!strcmp(path + n, "-wal")) return WAL;
  if (!strcmp(path + n, "-shm")) return SHM;
  return 0;
}

static int of(int fd) { return fd >= 0 && fd < (int)sizeof kind_of ? kind_of[fd] : 0; }

static void put(const void *bytes, size_t n) {
  const char *at = bytes;
  while (n) {
    ssize_t went = syscall(SYS_write, log_fd, at, n);
    if (went <= 0) _exit(99);
    at += went;
    n -= went;
  }
}

static void record(uint32_t op, uint32_t file, uint64_t offset, const void *data, uint32_t length) {
  struct { uint32_t op, file; uint64_t offset; uint32_t length, pad; } head = {op, file, offset, length, 0};
  if (log_fd < 0 || file == SHM) return;
  int before = errno;
  pthread_mutex_lock(&turn);
  put(&head, sizeof head);
  if (length) put(data, length);
  pthread_mutex_unlock(&turn);
  errno = before;
}

/* What it was, and one less now; never below nothing.  The test may order something else at the same moment, and that holds. */
static uint32_t counted(volatile uint32_t *field) {
  uint32_t was = *field;
  while (was && !__atomic_compare_exchange_n(field, &was, was - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  return was;
}

/* 1 where this operation has to fail, errno set. */
static int refused(uint32_t what) {
  if (!(control->kinds & what)) return 0;
  __sync_fetch_and_add(&control->done, 1);
  if (counted(&control->kill_in) == 1) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  if (control->fail_in ? counted(&control->fail_in) != 1 : !counted(&control->fail_for)) return 0;
  __sync_fetch_and_add(&control->failed, 1);
  errno = control->error;
  return 1;
}

static int opened(int fd, int k, int was_there) {
  if (fd >= 0 && fd < (int)sizeof kind_of) kind_of[fd] = k;
  if (fd >= 0 && (k == MAIN || k == WAL) && !was_there) record(CREATE, k, 0, 0, 0);
  return fd;
}

static int open_at(int at, const char *path, int flags, mode_t mode) {
  int k = kind(path);
  int there = !k || !(flags & O_CREAT) || syscall(SYS_faccessat, at, path, F_OK) == 0;
  if (k && !there && refused(1)) return -1;
  return opened(syscall(SYS_openat, at, path, flags, mode), k, there);
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags | O_LARGEFILE, mode); }

int close(int fd) {
  if (of(fd)) kind_of[fd] = 0;
  return syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
  int k = of(fd);
  if (k && refused(1)) return -1;
  ssize_t went = syscall(SYS_pwrite64, fd, data, n, at);
  if (k && went > 0) record(WRITE, k, at, data, went);
  return went;
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) { return pwrite64(fd, data, n, at); }

ssize_t write(int fd, const void *data, size_t n) {
  int k = of(fd);
  if (k && refused(1)) return -1;
  off_t at = k ? syscall(SYS_lseek, fd, 0, SEEK_CUR) : 0;
  ssize_t went = syscall(SYS_write, fd, data, n);
  if (k && went > 0) record(WRITE, k, at, data, went);
  return went;
}

int ftruncate64(int fd, off64_t length) {
  int k = of(fd);
  if (k && refused(1)) return -1;
  int result = syscall(SYS_ftruncate, fd, length);
  if (k && !result) record(TRUNCATE, k, length, 0, 0);
  return result;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_of(int fd, long number) {
  int k = of(fd);
  if (!k) return syscall(number, fd);
  if (refused(2)) return -1;
  struct timespec rest = {control->slow / 1000, control->slow % 1000 * 1000000L};
  if (control->slow) nanosleep(&rest, 0);
  if (control->lie) return 0;
  int result = syscall(number, fd);
  if (!result) record(SYNC, k, 0, 0, 0);
  return result;
}
int fsync(int fd) { return sync_of(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_of(fd, SYS_fdatasync); }

int clock_gettime(clockid_t which, struct timespec *now) {
  pthread_once(&once, begin);
  int result = syscall(SYS_clock_gettime, which, now);
  if (!result && which == CLOCK_REALTIME) now->tv_sec += control->wall;
  return result;
}

int unlink(const char *path) {
  int k = kind(path);
  int result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (k && !result) record(UNLINK, k, 0, 0, 0);
  return result;
}
