// SPDX-License-Identifier: BSD-2-Clause
/* The command line. */
#include <config.h>

#include "effect.h"
#include "limit.h"

#include <argp.h>
#include <dlfcn.h>
#include <errno.h>
#include <pip/pip.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *argp_program_version =
	"pip-probe-effect (" PACKAGE_NAME ") " PACKAGE_VERSION;

enum { KEY_CSV = 256, KEY_JSON, KEY_HTML, KEY_NO_PLOT, KEY_LIST };

static const struct argp_option option_list[] = {
	{ "workload", 'W', "NAME[=OPTIONS]", 0,
	  "Run a built-in workload (--list)", 0 },
	{ "instrument", 'I', "NAME[=ARGUMENT]", 0,
	  "Compare with this instrumentation (--list); again for more; all "
	  "for all that are here (default: recorder)", 0 },
	{ "events", 'e', "N", 0, "How many events a run has", 0 },
	{ "probe", 'P', "FILE:[PROVIDER:]NAME", 0,
	  "The USDT probe, or the function, that is traced", 0 },
	{ "measure", 'm', "WHAT", 0,
	  "Measure wall (default), user, system or cpu time", 0 },
	{ "runs", 'n', "N", 0, "Runs of each, in turns (default: 10)", 0 },
	{ "limit", 'L', "SECONDS", 0,
	  "How long each step of a run may take (default: 300)", 0 },
	{ "keep-going", 'k', NULL, 0,
	  "Leave out an instrumentation that fails, and go on", 0 },
	{ "confidence", 'c', "LEVELS", 0,
	  "Confidence in per cent (default: 95); several: A,B,...", 0 },
	{ "width", 'w', "COLUMNS", 0, "Width of the plot (default: 76)", 0 },
	{ "separate", 's', NULL, 0, "Draw each bar on a line of its own", 0 },
	{ "no-plot", KEY_NO_PLOT, NULL, 0, "Draw no plot", 0 },
	{ "column", 'C', "N", 0, "Which column of a file (default: 1)", 0 },
	{ "delimiters", 'd', "CHARS", 0,
	  "What separates columns (default: blanks)", 0 },
	{ "quiet", 'q', NULL, 0, "Show no progress; files: only ministat's text",
	  0 },
	{ "csv", KEY_CSV, "FILE", 0, "Write every value to FILE", 0 },
	{ "json", KEY_JSON, "FILE", 0, "Write JSON to FILE, - is stdout", 0 },
	{ "html", KEY_HTML, "FILE", 0, "Write a page with plots to FILE", 0 },
	{ "list", KEY_LIST, NULL, 0,
	  "List workloads and instrumentations, and what is not here", 0 },
	{ 0 },
};

struct parsing {
	struct effect_config *config;
	bool runs_something, all;
	char **arguments;
	size_t narguments;
};

static uint64_t get_number(const char *text, uint64_t least, uint64_t most,
			   const char *option, struct argp_state *state)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' ||
	    value < least || value > most)
		argp_error(state, "%s: '%s' is no number from %llu to %llu",
			   option, text, (unsigned long long)least,
			   (unsigned long long)most);
	return value;
}

static void set_workload(struct effect_config *config, char *text,
			 struct argp_state *state)
{
	const struct effect_workload *workload = effect_workloads;
	char *options = strchr(text, '=');

	if (options != NULL)
		*options++ = '\0';
	while (workload->name != NULL && strcmp(workload->name, text) != 0)
		workload++;
	if (workload->name == NULL)
		argp_error(state, "-W: there is no workload '%s': --list", text);
	if (options != NULL && workload->play != NULL)
		argp_error(state, "-W: '%s' takes no options", text);
	config->workload = workload;
	config->options = options;
}

static void add_choice(struct effect_config *config,
		       const struct effect_instrument *instrument,
		       const char *argument, struct argp_state *state)
{
	struct effect_choice *choice;

	if (config->nchoices == EFFECT_INSTRUMENTS_MAX)
		argp_error(state, "-I: more than %d of them",
			   EFFECT_INSTRUMENTS_MAX - 1);
	choice = &config->choices[config->nchoices++];
	choice->instrument = instrument;
	choice->argument = argument;
	snprintf(choice->name, sizeof(choice->name), "%s%s%.40s",
		 instrument->name, argument != NULL ? "=" : "",
		 argument != NULL ? argument : "");
}

static void add_instrument(struct parsing *parsing, char *text,
			   struct argp_state *state)
{
	const struct effect_instrument *instrument = effect_instruments;
	char *argument = strchr(text, '=');

	if (strcmp(text, "all") == 0) {
		parsing->all = true;
		return;
	}
	if (argument != NULL)
		*argument++ = '\0';
	while (instrument->name != NULL && strcmp(instrument->name, text) != 0)
		instrument++;
	if (instrument->name == NULL)
		argp_error(state, "-I: there is no instrumentation '%s': --list",
			   text);
	if (argument != NULL && !instrument->takes_argument)
		argp_error(state, "-I: '%s' takes no argument", text);
	if (argument == NULL && strcmp(text, "command") == 0)
		argp_error(state, "-I: command=WHAT");
	if (instrument != effect_instruments) /* none is there anyway */
		add_choice(parsing->config, instrument, argument, state);
}

static void set_probe(struct effect_config *config, char *text,
		      struct argp_state *state)
{
	struct effect_probe *probe = &config->probe;
	char *first = strchr(text, ':'), *second;

	if (first == NULL || first == text || first[1] == '\0')
		argp_error(state, "-P: '%s' is not FILE:FUNCTION or "
			   "FILE:PROVIDER:NAME", text);
	*first++ = '\0';
	second = strchr(first, ':');
	probe->file = realpath(text, NULL);
	if (probe->file == NULL)
		argp_error(state, "-P: %s: %s", text, strerror(errno));
	probe->name = second != NULL ? second + 1 : first;
	probe->provider = NULL;
	if (second != NULL) {
		*second = '\0';
		probe->provider = first;
	}
}

static void set_measure(struct effect_config *config, const char *text,
			struct argp_state *state)
{
	static const char *const names[] = { "wall", "user", "system", "cpu" };

	for (int i = 0; i < 4; i++)
		if (strcmp(names[i], text) == 0) {
			config->measure = (enum effect_measure)i;
			return;
		}
	argp_error(state, "-m: '%s' is not wall, user, system or cpu", text);
}

static void set_confidences(struct effect_config *config, char *text,
			    struct argp_state *state)
{
	struct style *style = &config->style;

	style->nconfidences = 0;
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		char *end;
		double value = strtod(word, &end);

		if (end == word || *end != '\0' || !(value >= 1) ||
		    !(value <= 99.99))
			argp_error(state, "-c: '%s' is no confidence from 1 to "
				   "99.99 %%", word);
		if (style->nconfidences == CONFIDENCES_MAX)
			argp_error(state, "-c: more than %d levels",
				   CONFIDENCES_MAX);
		style->confidences[style->nconfidences++] = value / 100;
	}
	if (style->nconfidences == 0)
		argp_error(state, "-c: no level");
}

/* In the build tree it is beside this program. */
static void find_lttng(struct effect_config *config)
{
	static const char name[] = "pip-effect-lttng.so";
	const char *end = strrchr(config->self, '/');

	if (end != NULL)
		snprintf(config->lttng, sizeof(config->lttng), "%.*s/%s",
			 (int)(end - config->self), config->self, name);
	if (access(config->lttng, R_OK) == 0)
		return;
	snprintf(config->lttng, sizeof(config->lttng), "%s/%s", PKGLIBDIR,
		 name);
	if (access(config->lttng, R_OK) != 0)
		config->lttng[0] = '\0';
}

static void find_files(struct effect_config *config)
{
	Dl_info info;

	if (readlink("/proc/self/exe", config->self,
		     sizeof(config->self) - 1) < 0)
		config->self[0] = '\0';
	if (dladdr((void *)pip_init, &info) == 0 || info.dli_fname == NULL ||
	    realpath(info.dli_fname, config->libpip) == NULL)
		config->libpip[0] = '\0';
	find_lttng(config);
}

static void choose_probe(struct effect_config *config)
{
	if (config->probe.file != NULL || config->workload == NULL)
		return;
	config->probe = config->workload->probe;
	if (config->probe.name != NULL)
		config->probe.file = strcmp(config->probe.provider, "pip") == 0 ?
					     config->libpip :
					     config->self;
}

/* NULL: the two go together. */
static const char *match(const struct effect_instrument *instrument,
			 const struct effect_config *config)
{
	const struct effect_workload *workload = config->workload;

	if (instrument->marks && (workload == NULL || workload->play == NULL))
		return "only with a built-in workload whose loop has an event "
		       "of LTTng-UST";
	if (instrument->wants_start &&
	    (workload == NULL || (workload->play == NULL && !workload->waits)))
		return "only with a built-in workload, which waits for it";
	if (instrument->wants_tasks && workload != NULL && !workload->tasks)
		return "the workload has no PiP tasks";
	if (instrument->wants_tasks && workload != NULL && workload->waits &&
	    !workload_has_tasks(config->options))
		return "only modes 2pip and 2ulp have PiP tasks";
	return NULL;
}

/* Leave out what is not here, with a line that says why. */
static void check_choices(struct effect_config *config)
{
	size_t n = 0;

	for (size_t i = 0; i < config->nchoices; i++) {
		const struct effect_choice *choice = &config->choices[i];
		const char *reason = match(choice->instrument, config);

		if (reason == NULL)
			reason = choice->instrument->check(config,
							   choice->argument);
		if (reason == NULL)
			config->choices[n++] = *choice;
		else
			fprintf(stderr, "pip-probe-effect: %s is left out: %s\n",
				choice->name, reason);
	}
	config->nchoices = n;
}

static void take_arguments(struct parsing *parsing, struct argp_state *state)
{
	struct effect_config *config = parsing->config;

	if (config->list)
		return;
	if (!parsing->runs_something) {
		if (parsing->narguments == 0)
			argp_error(state, "what is to be run? -W WORKLOAD, -I "
				   "INSTRUMENT COMMAND, or files of numbers");
		if (parsing->narguments > 7)
			argp_error(state, "more than 7 files");
		config->files = parsing->arguments;
		config->nfiles = parsing->narguments;
		return;
	}
	if (config->workload != NULL && parsing->narguments > 0)
		argp_error(state, "either a workload or a command, not both: "
			   "'%s'", parsing->arguments[0]);
	if (config->workload == NULL && parsing->narguments == 0)
		argp_error(state, "no workload (-W) and no command");
	if (config->workload == NULL)
		config->command = parsing->arguments;
	else if (config->events == 0)
		config->events = config->workload->events;
	if ((config->measure == MEASURE_USER ||
	     config->measure == MEASURE_SYSTEM) &&
	    config->workload != NULL && config->workload->play != NULL)
		argp_error(state, "-m: '%s' can only tell wall and cpu time",
			   config->workload->name);
	if (config->workload != NULL && config->events % 2 != 0 &&
	    strcmp(config->workload->name, "switch") == 0)
		argp_error(state, "-e: there and back: the switches of 'switch' "
			   "are an even number");
}

/* Two documents one after the other are none. */
static void check_reports(const struct effect_config *config,
			  struct argp_state *state)
{
	const char *const names[] = { config->csv, config->json, config->html };
	int standard = 0;

	for (int i = 0; i < 3; i++)
		standard += names[i] != NULL && strcmp(names[i], "-") == 0;
	if (standard > 1)
		argp_error(state, "only one of --csv, --json and --html can be "
			   "written to standard output");
}

static void finish(struct parsing *parsing, struct argp_state *state)
{
	struct effect_config *config = parsing->config;

	check_reports(config, state);
	take_arguments(parsing, state);
	find_files(config);
	choose_probe(config);
	if (config->list || config->nfiles > 0)
		return;
	if (parsing->all)
		for (const struct effect_instrument *i = effect_instruments + 1;
		     i->name != NULL && strcmp(i->name, "command") != 0; i++)
			add_choice(config, i, NULL, state);
	if (config->nchoices == 1)
		add_choice(config, effect_instruments + 1, NULL, state);
	check_choices(config);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parsing *parsing = state->input;
	struct effect_config *config = parsing->config;

	parsing->runs_something |= key == 'W' || key == 'I' || key == 'e' ||
				   key == 'P' || key == 'm' || key == 'n';
	switch (key) {
	case 'W': set_workload(config, arg, state); return 0;
	case 'I': add_instrument(parsing, arg, state); return 0;
	case 'e':
		config->events = get_number(arg, 1, 1u << 30, "-e", state);
		return 0;
	case 'P': set_probe(config, arg, state); return 0;
	case 'm': set_measure(config, arg, state); return 0;
	case 'n':
		config->runs =
			(unsigned)get_number(arg, 1, 100000, "-n", state);
		return 0;
	case 'L':
		config->limit = (unsigned)get_number(arg, 1, 86400, "-L", state);
		return 0;
	case 'k': config->keeps_going = true; return 0;
	case 'c': set_confidences(config, arg, state); return 0;
	case 'w':
		config->style.width =
			(int)get_number(arg, 12, 1000, "-w", state);
		return 0;
	case 's': config->style.separate_bars = true; return 0;
	case KEY_NO_PLOT: config->style.plot = false; return 0;
	case 'C':
		config->column = (int)get_number(arg, 1, 10000, "-C", state);
		return 0;
	case 'd': config->delimiters = arg; return 0;
	case 'q': config->quiet = true; return 0;
	case KEY_CSV: config->csv = arg; return 0;
	case KEY_JSON:
		if (!JSON_IS_BUILT_IN)
			argp_failure(state, 2, 0, JSON_IS_MISSING);
		config->json = arg;
		return 0;
	case KEY_HTML: config->html = arg; return 0;
	case KEY_LIST: config->list = true; return 0;
	case ARGP_KEY_ARGS:
		parsing->arguments = state->argv + state->next;
		parsing->narguments = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_SUCCESS: finish(parsing, state); return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

void effect_parse(int argc, char **argv, struct effect_config *config)
{
	static const struct argp argp = {
		option_list, parse_option, "[COMMAND...|FILE...]",
		"Say what observing costs: run a workload or a command with and "
		"without instrumentation, in turns, and compare.\v"
		"Without -W, -I, -P, -e, -m and -n, the arguments are files of "
		"numbers, which are compared as ministat(1) does.\n\n"
		"Exit status: 0 compared, 1 something failed or was not what it "
		"had to be, 2 usage.",
		NULL, NULL, NULL,
	};
	struct parsing parsing = { .config = config };

	memset(config, 0, sizeof(*config));
	config->runs = 10;
	config->limit = LIMIT_SECONDS;
	config->column = 1;
	config->delimiters = " \t";
	config->style = (struct style){ 76, true, false, true, { 0.95 }, 1 };
	config->choices[config->nchoices++] =
		(struct effect_choice){ effect_instruments, NULL, "none" };
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &parsing);
}
