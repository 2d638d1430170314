// SPDX-License-Identifier: BSD-2-Clause
/* The table of channels, and those through a descriptor. */
#include "ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where all is done by one kernel thread, nobody may block in the kernel. */
static int unblock(const struct ipc_run *run)
{
	if (run->config.mode->one_kernel_thread &&
	    (fcntl(run->read_fd, F_SETFL, O_NONBLOCK) < 0 ||
	     fcntl(run->write_fd, F_SETFL, O_NONBLOCK) < 0))
		return errno;
	return 0;
}

static int open_pipe(struct ipc_run *run)
{
	int fds[2];

	if (pipe(fds) < 0)
		return errno;
	run->read_fd = fds[0];
	run->write_fd = fds[1];
	if (run->config.socket_buffers &&
	    fcntl(fds[1], F_SETPIPE_SZ, (int)run->config.buffer_size) < 0)
		return errno;
	run->kernel_send = run->kernel_receive = fcntl(fds[1], F_GETPIPE_SZ);
	return unblock(run);
}

static long read_size(int fd, int option)
{
	int size = 0;
	socklen_t length = sizeof(size);

	return getsockopt(fd, SOL_SOCKET, option, &size, &length) < 0 ? -1 :
									size;
}

static int open_local(struct ipc_run *run)
{
	int fds[2], size = (int)run->config.buffer_size;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return errno;
	run->read_fd = fds[0];
	run->write_fd = fds[1];
	if (run->config.socket_buffers &&
	    (setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0 ||
	     setsockopt(fds[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0))
		return errno;
	run->kernel_send = read_size(fds[1], SO_SNDBUF);
	run->kernel_receive = read_size(fds[0], SO_RCVBUF);
	return unblock(run);
}

static ssize_t send_fd(struct ipc_run *run, const char *from, size_t size)
{
	ssize_t n;

	do {
		n = write(run->write_fd, from, size);
		run->sender.calls++;
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		run->sender.retries++;
		return 0;
	}
	return n;
}

static ssize_t receive_fd(struct ipc_run *run, char *to, size_t size,
			  const char **data)
{
	ssize_t n;

	do {
		n = read(run->read_fd, to, size);
		run->receiver.calls++;
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		run->receiver.retries++;
		return 0;
	}
	if (n == 0) { /* the sender is gone before all was sent */
		errno = EPIPE;
		return -1;
	}
	*data = to;
	return n;
}

static int open_nothing(struct ipc_run *run)
{
	(void)run;
	return 0;
}

const struct ipc_channel ipc_channels[] = {
	{ .name = "pipe", .sizes = true, .open = open_pipe, .send = send_fd,
	  .receive = receive_fd },
	{ .name = "local", .sizes = true, .open = open_local, .send = send_fd,
	  .receive = receive_fd },
	{ .name = "shm", .memory = true, .open = ipc_shm_open,
	  .send = ipc_memory_send, .receive = ipc_shm_receive },
	{ .name = "ptr", .memory = true, .one_space = true, .pooled = true,
	  .open = open_nothing, .send = ipc_memory_send,
	  .receive = ipc_ptr_receive },
	{ .name = "vmread", .memory = true, .pooled = true,
	  .open = open_nothing, .send = ipc_memory_send,
	  .receive = ipc_vmread_receive },
	{ .name = NULL },
};
