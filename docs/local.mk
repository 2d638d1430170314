# SPDX-License-Identifier: BSD-2-Clause
dist_man_MANS += \
	docs/man/pip-exec.1

EXTRA_DIST += \
	docs/GLOSSARY.md \
	docs/HOWTO_TEST.md

dist_man_MANS += \
	docs/man/libpip.7 \
	docs/man/pip_init.3 \
	docs/man/pip_fin.3 \
	docs/man/pip_is_initialized.3 \
	docs/man/pip_get_mode.3 \
	docs/man/pip_get_mode_str.3
