// Asks the kernel for what ids are made of, and says what it got.

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int came;

static void note(int number) {
  (void)number;
  came++;
}

static void say(const char *what, const unsigned char *bytes, int count) {
  printf("%s ", what);
  for (int n = 0; n < count; n++) printf("%02x", bytes[n]);
  printf("\n");
}

int main(void) {
  unsigned char bytes[8], more[8];
  if (getrandom(bytes, 8, 0) != 8) return 1;
  say("call", bytes, 8);
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (read(fd, bytes, 8) != 8) return 2;
  say("file", bytes, 8);
  struct iovec vector[2] = {{bytes, 0}, {more, 8}};
  if (readv(fd, vector, 2) != 8) return 3;
  say("vector", more, 8);
  struct timespec spec;
  clock_gettime(CLOCK_REALTIME, &spec);
  printf("time %ld.%09ld", (long)spec.tv_sec, spec.tv_nsec);
  struct timeval val;
  gettimeofday(&val, NULL);
  printf(" %ld.%06ld %ld\n", (long)val.tv_sec, (long)val.tv_usec, (long)time(NULL));
  clock_gettime(CLOCK_MONOTONIC, &spec);
  spec.tv_sec++;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &spec, NULL)) {}
  printf("waited up to %ld\n", (long)spec.tv_sec);
  printf("process %d %d\n", getpid(), gettid());
  signal(SIGUSR1, note);
  kill(getpid(), SIGUSR1);
  raise(SIGUSR1);
  printf("signals %d\n", came);
  fflush(stdout);
  if (fork() == 0) {
    printf("child %s of %d\n", getpid() > 3000000 ? "above" : "below", getppid());
    fflush(stdout);
    _exit(0);
  }
  int status;
  wait(&status);
  return status;
}
