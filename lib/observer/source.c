// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where the bytes of a task table come from, best first:
 *
 * 1. /proc/PID/fd/N, the memfd that the root keeps open.  Needs the right to
 *    read the process, which Yama's scope 1 leaves to its owner.
 * 2. /proc/PID/map_files/LOW-HIGH: the very mapping, also of a task or of a
 *    root that closed the descriptor; needs CAP_CHECKPOINT_RESTORE.
 * 3. process_vm_readv(2), a copy; Yama may forbid it.
 *
 * A file that is sealed against shrinking is mapped: reads cost nothing then.
 * One that is not could be truncated under us and SIGBUS would follow, so it
 * is read with pread(2).
 */
#include <config.h>

#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char table_link[] = OBSERVER_TABLE_PATH;

/*
 * Turn an O_PATH descriptor into one that can be read, if it is the file of
 * the mapping.  Nothing is opened, nor asked of a file system, before it is
 * sure that the file is on the mount of memfds: it may be a device whose open
 * has effects, or a file whose server hangs.
 */
static int source_check_file(struct observer *observer, int path_fd,
			     const struct observer_mapping *mapping)
{
	char name[64], text[512], *line;
	struct stat status;
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "fdinfo/%d", path_fd);
	n = observer_read_file(observer, getpid(), name, text, sizeof(text));
	if (n <= 0 || !(line = strstr(text, "mnt_id:")) ||
	    observer->memfd_mount < 0 ||
	    (int)strtol(line + 7, NULL, 10) != observer->memfd_mount)
		return -ENOENT;
	if (fstat(path_fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    (uint64_t)status.st_ino != mapping->inode)
		return -ENOENT;
	snprintf(name, sizeof(name), "fd/%d", path_fd);
	fd = observer_open_file(observer, getpid(), name, O_RDONLY);
	return fd;
}

static int source_open_link(struct observer *observer, pid_t pid,
			    const char *name,
			    const struct observer_mapping *mapping)
{
	int path_fd = observer_open_file(observer, pid, name, O_PATH);
	int fd;

	if (path_fd < 0)
		return path_fd;
	fd = source_check_file(observer, path_fd, mapping);
	close(path_fd);
	return fd;
}

/* Find the memfd among the descriptors of a process; fd or -errno. */
static int source_search_fds(struct observer *observer, pid_t pid,
			     const struct observer_mapping *mapping)
{
	int directory_fd = observer_open_file(observer, pid, "fd",
					      O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	int found = -ENOENT;
	DIR *directory;

	if (directory_fd < 0)
		return directory_fd;
	directory = fdopendir(directory_fd);
	if (!directory) {
		close(directory_fd);
		return -ENOMEM;
	}
	while (found < 0 && (entry = readdir(directory))) {
		char link[sizeof(table_link) + 1], name[64];
		ssize_t n = readlinkat(directory_fd, entry->d_name, link,
				       sizeof(link));

		if (n != sizeof(table_link) - 1 ||
		    memcmp(link, table_link, sizeof(table_link) - 1) != 0)
			continue;
		snprintf(name, sizeof(name), "fd/%.16s", entry->d_name);
		found = source_open_link(observer, pid, name, mapping);
	}
	closedir(directory);
	return found;
}

int source_open(struct observer *observer, pid_t pid,
		const struct observer_mapping *mapping,
		struct observer_source **sourcep)
{
	struct observer_source *source = calloc(1, sizeof(*source));
	struct stat status;
	char name[64];

	if (!source)
		return ENOMEM;
	source->pid = pid;
	source->address = mapping->low;
	source->size = mapping->high - mapping->low;
	source->fd = source_search_fds(observer, pid, mapping);
	if (source->fd < 0) {
		snprintf(name, sizeof(name),
			 "map_files/%" PRIx64 "-%" PRIx64, mapping->low,
			 mapping->high);
		source->fd = source_open_link(observer, pid, name, mapping);
	}
	if (source->fd >= 0) {
		if (fstat(source->fd, &status) == 0) {
			source->size = (uint64_t)status.st_size;
		} else {
			close(source->fd);
			source->fd = -1;
		}
	}
	*sourcep = source;
	return 0;
}

/* Map the first size bytes if that is safe; if not, reads stay copies. */
int source_map(struct observer_source *source, uint64_t size)
{
	int seals;
	void *map;

	if (source->fd < 0 || source->map)
		return 0;
	seals = fcntl(source->fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || size > source->size)
		return 0;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, source->fd, 0);
	if (map == MAP_FAILED)
		return errno;
	source->map = map;
	source->size = size;
	return 0;
}

int source_read(const struct observer_source *source, uint64_t offset,
		void *buffer, size_t size)
{
	char *to = buffer;

	if (offset > source->size || size > source->size - offset)
		return EBADMSG;
	if (source->map) {
		memcpy(buffer, source->map + offset, size);
		return 0;
	}
	if (source->fd < 0)
		return remote_read(source->pid, source->address + offset,
				   buffer, size);
	while (size) {
		ssize_t n = pread(source->fd, to, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) /* truncated since we looked */
			return n < 0 ? errno : EBADMSG;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

void source_close(struct observer_source *source)
{
	if (!source)
		return;
	if (source->map)
		munmap((void *)(uintptr_t)source->map, source->size);
	if (source->fd >= 0)
		close(source->fd);
	free(source);
}
