// SPDX-License-Identifier: Apache-2.0
// A disk that loses power, and one that fails: LD_PRELOADed into the program under test by durability.test.mjs.
//
// Of each file directly in $POWERLOSS_DISK, $POWERLOSS_KEPT holds what a disk is bound to have kept: KEPT/N is the
// content as of its last fsync, and KEPT/names, written anew by each fsync of the folder, says which names lead to
// which N. What a failed fsync did not write is lost for good, as on Linux. $POWERLOSS_FAULT is a file of three
// 32-bit numbers that the test writes: after how many more writes, fsyncs, ftruncates and renames one fails, with what errno
// (9999: the program ends there), and how many did so far.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 4096, MOST_FDS = 4096, MOST_RANGES = 65536 };
struct range { off_t from, to; };
struct file { char name[NAME_MAX + 1]; struct range *dirty; int dirties; int cut; };  // name: "" once it has gone

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[MOST_FILES];
static int file_count;
static int of_fd[MOST_FDS];     // 1 + index of a file, 0: none
static char is_disk[MOST_FDS];  // the folder itself
static const char *disk, *kept;
static volatile uint32_t *fault;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static const char *base_of(const char *path) {  // null when it isn't directly in the disk
  size_t length = strlen(disk);
  if (strncmp(path, disk, length) != 0 || path[length] != '/') return NULL;
  const char *base = path + length + 1;
  return *base == '\0' || strchr(base, '/') != NULL ? NULL : base;
}
static void kept_path(char *into, int id) { snprintf(into, PATH_MAX, "%s/%d", kept, id); }
static int find(const char *base) {
  for (int i = 0; i < file_count; ++i)
    if (strcmp(files[i].name, base) == 0) return i;
  return -1;
}
static int add(const char *base) {
  if (file_count == MOST_FILES) abort();
  struct file *one = &files[file_count];
  snprintf(one->name, sizeof one->name, "%s", base);
  one->dirty = calloc(MOST_RANGES, sizeof *one->dirty);
  char path[PATH_MAX];
  kept_path(path, file_count);
  int fd = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  REAL(close)(fd);
  return file_count++;
}
static void copy_range(int from, int to, struct range r) {
  static char block[1 << 16];
  while (r.from < r.to) {
    size_t want = (size_t)(r.to - r.from) < sizeof block ? (size_t)(r.to - r.from) : sizeof block;
    ssize_t got = pread(from, block, want, r.from);
    if (got <= 0) return;
    if (REAL(pwrite)(to, block, (size_t)got, r.from) != got) abort();
    r.from += got;
  }
}
static void keep_content(int fd, struct file *one) {
  char path[PATH_MAX];
  kept_path(path, (int)(one - files));
  int to = REAL(open)(path, O_WRONLY);
  struct stat status;
  if (to < 0 || fstat(fd, &status) != 0) abort();
  if (one->cut && REAL(ftruncate)(to, status.st_size) != 0) abort();
  for (int i = 0; i < one->dirties; ++i) copy_range(fd, to, one->dirty[i]);
  one->dirties = one->cut = 0;
  REAL(close)(to);
}
static void keep_names(void) {
  char next[PATH_MAX], path[PATH_MAX];
  snprintf(next, sizeof next, "%s/names.new", kept);
  snprintf(path, sizeof path, "%s/names", kept);
  FILE *out = fopen(next, "w");
  if (out == NULL) abort();
  for (int i = 0; i < file_count; ++i)
    if (files[i].name[0] != '\0') fprintf(out, "%d %s\n", i, files[i].name);
  fclose(out);
  if (REAL(rename)(next, path) != 0) abort();
}

__attribute__((constructor)) static void start(void) {
  disk = getenv("POWERLOSS_DISK");
  kept = getenv("POWERLOSS_KEPT");
  const char *faults = getenv("POWERLOSS_FAULT");
  if (disk == NULL || kept == NULL || faults == NULL) { disk = "\x01"; return; }
  int fd = REAL(open)(faults, O_RDWR);
  if (fd < 0) abort();
  fault = mmap(NULL, 12, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REAL(close)(fd);
  // What is there now has been kept: the power came back.
  DIR *folder = opendir(disk);
  if (folder == NULL) abort();
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_type != DT_REG) continue;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", disk, entry->d_name);
    int id = add(entry->d_name);
    int from = REAL(open)(path, O_RDONLY);
    files[id].dirty[files[id].dirties++] = (struct range){0, LLONG_MAX / 2};
    keep_content(from, &files[id]);
    REAL(close)(from);
  }
  closedir(folder);
  keep_names();
}

static int opened(int fd, const char *path) {
  if (fd < 0 || fd >= MOST_FDS) return fd;
  char absolute[PATH_MAX];
  const char *base = NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, absolute, sizeof absolute - 1);
  (void)path;
  int saved = errno;
  pthread_mutex_lock(&lock);
  of_fd[fd] = is_disk[fd] = 0;
  if (length > 0) {
    absolute[length] = '\0';
    base = base_of(absolute);
    is_disk[fd] = strcmp(absolute, disk) == 0;
    if (base != NULL) {
      int id = find(base);
      of_fd[fd] = 1 + (id >= 0 ? id : add(base));
    }
  }
  pthread_mutex_unlock(&lock);
  errno = saved;
  return fd;
}
#define OPENS(name, ...)                                                                    \
  va_list rest; va_start(rest, flags);                                                      \
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;          \
  va_end(rest);                                                                             \
  return opened(REAL(name)(__VA_ARGS__), path)
int open(const char *path, int flags, ...) { OPENS(open, path, flags, mode); }
int open64(const char *path, int flags, ...) { OPENS(open64, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { OPENS(openat, at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { OPENS(openat64, at, path, flags, mode); }
int mkostemps(char *path, int end, int flags) { return opened(REAL(mkostemps)(path, end, flags), path); }
int mkostemps64(char *path, int end, int flags) { return opened(REAL(mkostemps)(path, end, flags), path); }
int close(int fd) {
  if (fd >= 0 && fd < MOST_FDS) of_fd[fd] = is_disk[fd] = 0;
  return REAL(close)(fd);
}

static struct file *tracked(int fd) { return fd >= 0 && fd < MOST_FDS && of_fd[fd] != 0 ? &files[of_fd[fd] - 1] : NULL; }
/// Whether this one is the one that fails.
static int fails(void) {
  ++fault[2];
  if (fault[0] == 0 || --fault[0] != 0) return 0;
  if (fault[1] == 9999) kill(getpid(), SIGKILL);
  errno = (int)fault[1];
  return 1;
}
static ssize_t wrote(int fd, off_t from, ssize_t count) {
  struct file *one = tracked(fd);
  if (one == NULL || count <= 0) return count;
  struct range *last = one->dirties == 0 ? NULL : &one->dirty[one->dirties - 1];
  if (last != NULL && last->to == from)
    last->to += count;
  else if (one->dirties == MOST_RANGES)
    abort();
  else
    one->dirty[one->dirties++] = (struct range){from, from + count};
  return count;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t from) {
  if (tracked(fd) == NULL) return REAL(pwrite)(fd, data, size, from);
  pthread_mutex_lock(&lock);
  ssize_t count = fails() ? -1 : wrote(fd, from, REAL(pwrite)(fd, data, size, from));
  pthread_mutex_unlock(&lock);
  return count;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t from) { return pwrite(fd, data, size, from); }
ssize_t write(int fd, const void *data, size_t size) {
  if (tracked(fd) == NULL) return REAL(write)(fd, data, size);
  pthread_mutex_lock(&lock);
  off_t from = lseek(fd, 0, SEEK_CUR);
  ssize_t count = fails() ? -1 : wrote(fd, from, REAL(write)(fd, data, size));
  pthread_mutex_unlock(&lock);
  return count;
}
int ftruncate(int fd, off_t size) {
  struct file *one = tracked(fd);
  if (one == NULL) return REAL(ftruncate)(fd, size);
  pthread_mutex_lock(&lock);
  int done = fails() ? -1 : REAL(ftruncate)(fd, size);
  if (done == 0) one->cut = 1;
  pthread_mutex_unlock(&lock);
  return done;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int sync_of(int fd) {
  struct file *one = tracked(fd);
  pthread_mutex_lock(&lock);
  int done = fails() ? -1 : 0;
  if (one != NULL && done == 0) keep_content(fd, one);
  if (one != NULL && done != 0) one->dirties = 0;  // the kernel calls those pages clean from now on
  if (one == NULL && done == 0) keep_names();
  pthread_mutex_unlock(&lock);
  return done;
}
int fsync(int fd) { return tracked(fd) != NULL || (fd >= 0 && fd < MOST_FDS && is_disk[fd]) ? sync_of(fd) : REAL(fsync)(fd); }
int fdatasync(int fd) { return tracked(fd) != NULL || (fd >= 0 && fd < MOST_FDS && is_disk[fd]) ? sync_of(fd) : REAL(fdatasync)(fd); }

int unlink(const char *path) {
  const char *base = base_of(path);
  int done = REAL(unlink)(path);
  if (done == 0 && base != NULL) {
    pthread_mutex_lock(&lock);
    int id = find(base);
    if (id >= 0) files[id].name[0] = '\0';
    pthread_mutex_unlock(&lock);
  }
  return done;
}
static int renames(const char *from, const char *to) { return base_of(from) != NULL && base_of(to) != NULL; }
static int may_rename(const char *from, const char *to) {
  if (!renames(from, to)) return 1;
  pthread_mutex_lock(&lock);
  int may = !fails();
  pthread_mutex_unlock(&lock);
  return may;
}
static int renamed(int done, const char *from, const char *to) {
  if (done == 0 && renames(from, to)) {
    pthread_mutex_lock(&lock);
    int old = find(base_of(to)), id = find(base_of(from));
    if (old >= 0) files[old].name[0] = '\0';
    if (id >= 0) snprintf(files[id].name, sizeof files[id].name, "%s", base_of(to));
    pthread_mutex_unlock(&lock);
  }
  return done;
}
int rename(const char *from, const char *to) {
  return may_rename(from, to) ? renamed(REAL(rename)(from, to), from, to) : -1;
}
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  return may_rename(from, to) ? renamed(REAL(renameat2)(from_at, from, to_at, to, flags), from, to) : -1;
}
