/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of the report, where libdw is missing. */
#include "config.h"

#include "backtrace_report.h"

int report_write(const struct report_options *options)
{
	(void)options;
	report_fail("built without libdw, which finds stacks: install "
		    "libdw-dev (elfutils) and build it again");
}
