// Programs whose calls are known, by name. Each call below a home directory stands in the table of conformance.rs.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 20
#define FEW 3

extern char **environ;
static const char *home, *self, *dir;

static void must(int ok, const char *what) {
  if (!ok) {
    printf("%s: %s\n", what, strerror(errno));
    fflush(stdout);
    _exit(1);
  }
}

static char *at(const char *name) {
  static __thread char path[4096];
  snprintf(path, sizeof path, "%s/%s", home, name);
  return path;
}

static void make_files(int who) {
  for (int n = 0; n < MANY; n++) {
    char name[64];
    snprintf(name, sizeof name, "%s/%d-%d", dir, who, n);
    int fd = open(at(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(fd >= 0, "open");
    must(write(fd, "abc", 3) == 3, "write");
    must(close(fd) == 0, "close");
  }
}

static void plain(void) {
  umask(027);
  must(mkdir(at("d"), 0750) == 0, "mkdir");
  must(chdir(at("d")) == 0, "chdir");
  int fd = open("a", O_WRONLY | O_CREAT | O_EXCL, 0640);
  must(fd >= 0, "open");
  must(write(fd, "hello", 5) == 5, "write");
  must(fsync(fd) == 0, "fsync");
  must(close(fd) == 0, "close");
  must(rename("a", "b") == 0, "rename");
  must(chmod("b", 0600) == 0, "chmod");
  must(symlink("b", "s") == 0, "symlink");
  fd = open("b", O_RDONLY);
  must(fd >= 0, "open");
  char buffer[16];
  must(read(fd, buffer, 16) == 5, "read");
  must(close(fd) == 0, "close");
  must(unlink("b") == 0, "unlink");
}

static void *thread(void *who) {
  make_files((int)(long)who);
  return NULL;
}

static void threads(void) {
  pthread_t ids[FEW];
  must(mkdir(at(dir = "t"), 0700) == 0, "mkdir");
  for (long n = 0; n < FEW; n++) must(pthread_create(&ids[n], NULL, thread, (void *)n) == 0, "thread");
  for (int n = 0; n < FEW; n++) must(pthread_join(ids[n], NULL) == 0, "join");
}

static void wait_for(int count) {
  for (int n = 0; n < count; n++) {
    int status;
    must(wait(&status) > 0 && status == 0, "wait");
  }
}

static void children(void) {
  must(mkdir(at(dir = "c"), 0700) == 0, "mkdir");
  for (int n = 0; n < FEW; n++) {
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
      make_files(n);
      _exit(0);
    }
  }
  wait_for(FEW);
}

static void spawned(void) {
  must(mkdir(at("p"), 0700) == 0, "mkdir");
  for (int n = 0; n < FEW; n++) {
    char who[8];
    snprintf(who, sizeof who, "%d", n);
    char *const arguments[] = {(char *)self, "leaf", who, NULL};
    pid_t child;
    if (n == 0) {
      child = vfork();
      if (child == 0) {
        execve(self, arguments, environ);
        _exit(127);
      }
      must(child > 0, "vfork");
    } else {
      must(posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0, "posix_spawn");
    }
  }
  wait_for(FEW);
}

static void fails(void) {
  int fd = open(at("e"), O_WRONLY | O_CREAT, 0600);
  printf("%d\n", fd < 0 ? errno : 0);
}

// The ways to name a file, and what must not be held.
static void forms(void) {
  umask(077);
  must(mkdir(at("f"), 0755) == 0, "mkdir");
  int d = open(at("f"), O_DIRECTORY | O_RDONLY);
  must(d >= 0, "open");
  int fd = syscall(SYS_openat, d, "x", O_RDWR | O_CREAT | O_EXCL, 0666);
  must(fd >= 0, "openat");
  must(ftruncate(fd, 4096) == 0, "ftruncate");
  struct open_how how = {.flags = O_RDONLY | O_NOFOLLOW, .resolve = RESOLVE_BENEATH};
  int other = syscall(SYS_openat2, d, "x", &how, sizeof how);
  must(other >= 0, "openat2");
  must(close(other) == 0, "close");
  // fchmodat2, by its number: not every C library has it. Linux 6.6.
  if (syscall(452, d, "x", 0640, AT_SYMLINK_NOFOLLOW) != 0) must(errno == ENOSYS, "fchmodat2");
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  other = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY, 0);
  must(other >= 0, "openat");
  must(close(other) == 0, "close");
  snprintf(link, sizeof link, "/proc/self/fd/%d/y", d);
  must(syscall(SYS_mkdirat, AT_FDCWD, link, 0711) == 0, "mkdirat");
  must(fchdir(d) == 0, "fchdir");
  must(syscall(SYS_unlinkat, AT_FDCWD, "../f/./y", AT_REMOVEDIR) == 0, "unlinkat");
  char *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  must(map != MAP_FAILED, "mmap");
  map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  must(map != MAP_FAILED, "mmap");
  map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  must(map != MAP_FAILED, "mmap");
  must(munmap(map, 4096) == 0, "munmap");
  must(close(fd) == 0, "close");
#ifdef __x86_64__
  // mkdir of i386, whose number is another call's here; its arguments are 32 bits wide.
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  must(low != MAP_FAILED, "mmap");
  strcpy(low, at("f/32"));
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(39L), "b"(low), "c"(0700L) : "memory", "r8", "r9", "r10", "r11");
  must(result == -ENOSYS, "int 0x80 was answered otherwise");
#endif
  must(syscall(425, 4, NULL) == -1 && errno == ENOSYS, "io_uring_setup was answered otherwise");
  must(close(d) == 0, "close");
}

static volatile sig_atomic_t ticks;
static void tick(int signal) { ticks += signal == SIGALRM; }

// A timer that goes off in the middle of calls, again and again.
static void signals(void) {
  struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, NULL);
  int fd = open(at("g"), O_WRONLY | O_CREAT | O_EXCL, 0600);
  must(fd >= 0, "open");
  for (int n = 0; n < MANY; n++) {
    must(write(fd, "abc", 3) == 3, "write");
    int before = ticks;
    while (ticks == before) pause();
  }
  setitimer(ITIMER_REAL, &never, NULL);
  must(close(fd) == 0, "close");
}

// A read that waits until a signal's handler has run, and goes on then. The pipe has a name, so that it is the sandbox's.
static void *feed(void *fifo) {
  usleep(60000);
  int fd = open(fifo, O_WRONLY);
  usleep(60000);
  must(write(fd, "abc", 3) == 3, "write");
  must(close(fd) == 0, "close");
  return NULL;
}

static void interrupted(void) {
  struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  static char fifo[4096];
  strcpy(fifo, at("q"));
  must(mkfifo(fifo, 0600) == 0, "mkfifo");
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_t feeder;
  pthread_sigmask(SIG_BLOCK, &alarm, NULL);
  must(pthread_create(&feeder, NULL, feed, fifo) == 0, "thread");
  pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
  struct itimerval often = {{0, 7000}, {0, 7000}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, NULL);
  int fd = open(fifo, O_RDONLY);
  must(fd >= 0, "open");
  char buffer[16];
  must(read(fd, buffer, 16) == 3, "read");
  setitimer(ITIMER_REAL, &never, NULL);
  must(close(fd) == 0, "close");
  must(pthread_join(feeder, NULL) == 0, "join");
}

static void *execute(void *unused) {
  char *const arguments[] = {(char *)self, "leaf", "0", NULL};
  execve(self, arguments, environ);
  must(0, "execve");
  return unused;
}

// A thread that is not the first executes a program: it gets the first one's number then.
static void exec_in_thread(void) {
  must(mkdir(at("p"), 0700) == 0, "mkdir");
  pthread_t id;
  must(pthread_create(&id, NULL, execute, NULL) == 0, "thread");
  for (;;) pause();
}

static void stopped(void) {
  must(mkdir(at(dir = "c"), 0700) == 0, "mkdir");
  pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    make_files(0);
    _exit(0);
  }
  int status;
  must(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status), "wait for a stop");
  usleep(20000);
  must(kill(child, SIGCONT) == 0, "continue");
  wait_for(1);
}

// One waits in a held call for the other.
static void locks(void) {
  for (int n = 0; n < 2; n++) {
    if (fork() != 0) continue;
    int fd = open(at("l"), O_RDWR | O_CREAT, 0600);
    must(fd >= 0, "open");
    must(flock(fd, LOCK_EX) == 0, "flock");
    must(write(fd, "abc", 3) == 3, "write");
    usleep(20000);
    must(flock(fd, LOCK_UN) == 0, "flock");
    must(close(fd) == 0, "close");
    _exit(0);
  }
  wait_for(2);
}

// A close that fails closes all the same: the lock of the file is free, and nothing can be written.
static void closes(void) {
  int fd = open(at("c"), O_RDWR | O_CREAT, 0600);
  must(fd >= 0, "open");
  must(flock(fd, LOCK_EX) == 0, "flock");
  int failed = close(fd) != 0 ? errno : 0;
  char byte = 'a';
  int closed = write(fd, &byte, 1) != 1 && errno == EBADF;
  int again = open(at("c"), O_RDWR);
  int is_free = flock(again, LOCK_EX | LOCK_NB) == 0;
  printf("%d %d %d\n", failed, closed, is_free);
}

// For being killed: threads and children that never end by themselves.
static void *endless(void *who) {
  char name[64];
  for (long n = 0;; n++) {
    snprintf(name, sizeof name, "%ld-%ld", (long)who, n);
    int fd = open(at(name), O_WRONLY | O_CREAT, 0600);
    if (fd >= 0) close(fd);
    pthread_t id;
    if (n % 8 == 0 && pthread_create(&id, NULL, (void *(*)(void *))getpid, NULL) == 0) pthread_detach(id);
  }
  return NULL;
}

static void forever(void) {
  static char below[4096];
  strcpy(below, at("k"));
  must(mkdir(below, 0700) == 0, "mkdir");
  if (fork() == 0) home = below;
  pthread_t id;
  for (long n = 0; n < FEW; n++) must(pthread_create(&id, NULL, endless, (void *)n) == 0, "thread");
  for (;;) pause();
}

int main(int argc, char **argv) {
  home = getenv("HOME");
  self = argv[0];
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "plain")) plain();
  else if (!strcmp(what, "threads")) threads();
  else if (!strcmp(what, "children")) children();
  else if (!strcmp(what, "spawned")) spawned();
  else if (!strcmp(what, "leaf")) { dir = "p"; make_files(atoi(argv[2])); }
  else if (!strcmp(what, "fails")) fails();
  else if (!strcmp(what, "forms")) forms();
  else if (!strcmp(what, "signals")) signals();
  else if (!strcmp(what, "interrupted")) interrupted();
  else if (!strcmp(what, "exec_in_thread")) exec_in_thread();
  else if (!strcmp(what, "stopped")) stopped();
  else if (!strcmp(what, "locks")) locks();
  else if (!strcmp(what, "closes")) closes();
  else if (!strcmp(what, "forever")) forever();
  else return 2;
  fflush(stdout);
  return 0;
}
