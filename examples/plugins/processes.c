/* SPDX-License-Identifier: BSD-2-Clause */
/* For pids: a program that knows nothing of PiP, and a lot of process IDs. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int self = (int)getpid(), status;
	pid_t child, ended;

	for (int i = 0; i < 2; i++) {
		fflush(stdout);
		child = fork();
		if (child == 0) {
			while (i == 1) /* until its parent ends it */
				pause();
			printf("process %d: child of %d\n", (int)getpid(), self);
			fflush(stdout);
			_exit(5);
		}
		if (i == 1 && kill(child, SIGTERM) != 0)
			perror("kill");
		ended = waitpid(child, &status, 0);
		if (WIFSIGNALED(status))
			printf("process %d: %d was ended by SIG%s\n", self,
			       (int)ended, sigabbrev_np(WTERMSIG(status)));
		else
			printf("process %d: %d has exited with %d\n", self,
			       (int)ended, WEXITSTATUS(status));
	}
	printf("process %d: and itself %s\n", self,
	       kill(getpid(), 0) == 0 ? "exists" : "does not exist");
	return 0;
}
