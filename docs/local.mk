# SPDX-License-Identifier: BSD-2-Clause
dist_man_MANS += \
	docs/man/pip-exec.1 \
	docs/man/pips.1
	docs/man/pip-gdb.1

EXTRA_DIST += \
	docs/GLOSSARY.md \
	docs/HOWTO_TEST.md

dist_man_MANS += \
	docs/man/libpip.7 \
	docs/man/pip_init.3 \
	docs/man/pip_fin.3 \
	docs/man/pip_is_initialized.3 \
	docs/man/pip_get_mode.3 \
	docs/man/pip_get_mode_str.3 \
	docs/man/pip_spawn.3 \
	docs/man/pip_task_spawn.3 \
	docs/man/pip_spawn_from_main.3 \
	docs/man/pip_spawn_from_func.3 \
	docs/man/pip_spawn_hook.3 \
	docs/man/pip_wait.3 \
	docs/man/pip_trywait.3 \
	docs/man/pip_wait_any.3 \
	docs/man/pip_trywait_any.3 \
	docs/man/pip_exit.3 \
	docs/man/pip_export.3 \
	docs/man/pip_import.3 \
	docs/man/pip_set_aux.3 \
	docs/man/pip_get_aux.3 \
	docs/man/pip_get_pipid.3 \
	docs/man/pip_get_ntasks.3 \
	docs/man/pip_isa_root.3 \
	docs/man/pip_isa_task.3 \
	docs/man/pip_table.5

EXTRA_DIST += \
	docs/COMPATIBILITY.md \
	docs/INTERNALS.md
	docs/HOWTO_TEST.md \
	docs/pips-json.md
