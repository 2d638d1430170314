# SPDX-License-Identifier: BSD-2-Clause
dist_man_MANS += \
	docs/man/pip-exec.1

EXTRA_DIST += \
	docs/GLOSSARY.md \
	docs/HOWTO_TEST.md

dist_man_MANS += \
	docs/man/libpip.7
