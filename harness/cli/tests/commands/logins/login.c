/* A login command that keeps the token from its standard input, with the fault that its first argument names. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char token[4096];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void keep(const char *path, int flags, mode_t mode) {
  int fd = open(path, O_WRONLY | O_CREAT | flags, mode);
  if (fd < 0 || write(fd, token, strlen(token)) < 0 || fsync(fd) < 0 || close(fd) < 0) die(path);
}

static void put_in_place(const char *from) {
  if (rename(from, "token") < 0) die("rename");
  int fd = open(".", O_RDONLY | O_DIRECTORY);
  if (fd < 0 || fsync(fd) < 0) die("fsync");
  close(fd);
}

int main(int argc, char **argv) {
  const char *fault = argc > 1 ? argv[1] : "none";
  char temporary[64];
  if (!strcmp(fault, "argument")) snprintf(token, sizeof token, "%s", argv[2]);
  else if (fread(token, 1, sizeof token - 1, stdin) == 0) die("stdin");
  snprintf(temporary, sizeof temporary, "token.%d", (int)getpid());
  if (!strcmp(fault, "umask")) keep("token", O_TRUNC, 0666);
  else if (!strcmp(fault, "chmod-after")) {
    keep("token", O_TRUNC, 0666);
    if (chmod("token", 0600) < 0) die("chmod");
  } else if (!strcmp(fault, "widens")) {
    keep(temporary, O_EXCL, 0666);
    put_in_place(temporary);
  } else if (!strcmp(fault, "parent")) {
    mkdir(".tool", 0777);
    keep(".tool/token", O_TRUNC, 0600);
  } else {
    keep(temporary, O_EXCL, 0600);
    put_in_place(temporary);
    if (!strcmp(fault, "left-over")) keep(temporary, O_EXCL, 0600);
    if (!strcmp(fault, "prints")) printf("logged in with %s\n", token);
  }
  return 0;
}
