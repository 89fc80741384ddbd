/* Tries what no driver needs, and tells a bit for each success. As a program it does so on its own, as a
   driver when it is asked for its platforms. Defined when compiled: PORT, FOLDER with a file `key`. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int connects(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd >= 0 && connect(fd, (void *)&to, sizeof to) == 0;
}

static int opens(const char *path, int flags) { return open(path, flags, 0600) >= 0; }

static void attempt(void) {
    const char *private = getenv("TMPDIR");
    char own[4096], parent[64];
    int done = connects();
    done |= (socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || socket(AF_PACKET, SOCK_RAW, 0) >= 0) << 1;
    done |= opens(FOLDER "/key", O_RDONLY) << 2;
    done |= opens(FOLDER "/key", O_WRONLY) << 3;
    done |= opens(FOLDER "/new", O_WRONLY | O_CREAT) << 4;
    done |= (syscall(SYS_keyctl, 0, -3, 1) >= 0) << 5;
    snprintf(parent, sizeof parent, "/proc/%d/environ", getppid());
    done |= (opens(parent, O_RDONLY) || ptrace(PTRACE_TRACEME, 0, 0, 0) == 0) << 6;
    done |= (opens("/etc/shadow", O_RDONLY) || opens("/run", O_RDONLY)) << 7;
    snprintf(own, sizeof own, "%s/own", private);
    done |= opens(own, O_RDWR | O_CREAT) << 8;
    done |= (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) << 9;
    dprintf(2, "told %d %s\n", done, private);
    _exit(3);
}

int main(void) { attempt(); }

int clIcdGetPlatformIDsKHR(unsigned room, void **out, unsigned *count) { attempt(); }
int clGetPlatformInfo(void) { return -30; }
void *clGetExtensionFunctionAddress(const char *name) {
    return strcmp(name, "clIcdGetPlatformIDsKHR") ? 0 : (void *)clIcdGetPlatformIDsKHR;
}
