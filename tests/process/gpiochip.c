/* A gpiochip for LD_PRELOAD: unmodified lgpio drives pins that exist only in a folder.
 *
 * The folder is $STERNWAY_PINS:
 *   levels     one byte a line, shared with whoever looks or presses
 *   edges      one text line an edge: monotonic nanoseconds, line number, level
 *   line-N     a socket while line N is watched; a struct gpio_v2_line_event sent there is an edge
 *   busy-N     exists where line N is held by somebody else
 *   denied     exists where the chip may not be opened
 *   i2c-denied exists where /dev/i2c-1 may not be opened
 *   revision   what the board's device tree says of its revision
 *
 * A line that a dying process held keeps its level, as on Raspberry Pi's kernel.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINES 54
#define MOST_FILES 1024

enum kind { NOT_OURS, CHIP, REQUEST };

static enum kind kinds[MOST_FILES];
static struct gpio_v2_line_request requests[MOST_FILES];
static int holders[LINES];
static __u64 flags[LINES];
static char consumers[LINES][GPIO_MAX_NAME_SIZE];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_ioctl)(int, unsigned long, ...);

__attribute__((constructor)) static void find_real(void)
{
	real_open = dlsym(RTLD_NEXT, "open");
	real_openat = dlsym(RTLD_NEXT, "openat");
	real_close = dlsym(RTLD_NEXT, "close");
	real_ioctl = dlsym(RTLD_NEXT, "ioctl");
}

static const char *in_folder(char *path, const char *name)
{
	snprintf(path, 256, "%s/%s", getenv("STERNWAY_PINS"), name);
	return path;
}

static int exists(const char *name)
{
	char path[256];
	return access(in_folder(path, name), F_OK) == 0;
}

static volatile unsigned char *levels(void)
{
	static volatile unsigned char *shared;
	if (!shared) {
		char path[256];
		int file = real_open(in_folder(path, "levels"), O_RDWR | O_CLOEXEC);
		shared = mmap(NULL, LINES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
		real_close(file);
	}
	return shared;
}

static void set_level(int line, int level)
{
	static int file = -1;
	char text[64];
	struct timespec now;
	if (levels()[line] == level)
		return;
	levels()[line] = level;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (file < 0) {
		char path[256];
		file = real_open(in_folder(path, "edges"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	}
	int length = snprintf(text, sizeof text, "%lld %d %d\n", now.tv_sec * 1000000000LL + now.tv_nsec, line, level);
	if (write(file, text, length) != length)
		abort();
}

static int open_chip(void)
{
	if (exists("denied")) {
		errno = EACCES;
		return -1;
	}
	int file = memfd_create("gpiochip", MFD_CLOEXEC);
	kinds[file] = CHIP;
	return file;
}

static int redirected(const char *path, int *file)
{
	char real[256];
	if (!path || !getenv("STERNWAY_PINS"))
		return 0;
	if (!strcmp(path, "/dev/gpiochip0"))
		*file = open_chip();
	else if (!strcmp(path, "/proc/device-tree/system/linux,revision"))
		*file = real_open(in_folder(real, "revision"), O_RDONLY | O_CLOEXEC);
	else if (!strcmp(path, "/dev/i2c-1") && exists("i2c-denied")) {
		errno = EACCES;
		*file = -1;
	} else
		return 0;
	return 1;
}

#define OPEN(name)                                              \
	int name(const char *path, int how, ...)                \
	{                                                       \
		int file;                                       \
		va_list rest;                                   \
		va_start(rest, how);                            \
		mode_t mode = va_arg(rest, mode_t);             \
		va_end(rest);                                   \
		return redirected(path, &file) ? file : real_open(path, how, mode); \
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                            \
	int name(int folder, const char *path, int how, ...)    \
	{                                                       \
		int file;                                       \
		va_list rest;                                   \
		va_start(rest, how);                            \
		mode_t mode = va_arg(rest, mode_t);             \
		va_end(rest);                                   \
		return redirected(path, &file) ? file : real_openat(folder, path, how, mode); \
	}
OPENAT(openat)
OPENAT(openat64)

int close(int file)
{
	if (file >= 0 && file < MOST_FILES && kinds[file] != NOT_OURS) {
		pthread_mutex_lock(&lock);
		for (unsigned i = 0; kinds[file] == REQUEST && i < requests[file].num_lines; i++) {
			char name[32], path[256];
			holders[requests[file].offsets[i]] = 0;
			snprintf(name, sizeof name, "line-%u", requests[file].offsets[i]);
			unlink(in_folder(path, name));
		}
		kinds[file] = NOT_OURS;
		pthread_mutex_unlock(&lock);
	}
	return real_close(file);
}

/* The file of a request: a socket, so that edges can be sent to whoever watches the line. */
static int open_line(unsigned line)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[32], path[256];
	snprintf(name, sizeof name, "line-%u", line);
	unlink(in_folder(path, name));
	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(file, (struct sockaddr *)&address, sizeof address))
		abort();
	return file;
}

static int chip_info(struct gpiochip_info *info)
{
	memset(info, 0, sizeof *info);
	strcpy(info->name, "gpiochip0");
	strcpy(info->label, "pinctrl-bcm2835");
	info->lines = LINES;
	return 0;
}

static int line_info(struct gpio_v2_line_info *info)
{
	unsigned line = info->offset;
	if (line >= LINES)
		return EINVAL;
	memset(info, 0, sizeof *info);
	info->offset = line;
	snprintf(info->name, sizeof info->name, "GPIO%u", line);
	memcpy(info->consumer, consumers[line], sizeof info->consumer);
	info->flags = flags[line] ? flags[line] : GPIO_V2_LINE_FLAG_INPUT;
	if (holders[line])
		info->flags |= GPIO_V2_LINE_FLAG_USED;
	return 0;
}

/* An output takes its level; an input goes where its pull has it: up if asked for, else down by the gate's resistor. */
static void configure(unsigned line, __u64 wanted, const struct gpio_v2_line_config *config, unsigned index)
{
	flags[line] = wanted;
	if (wanted & GPIO_V2_LINE_FLAG_INPUT)
		set_level(line, !!(wanted & GPIO_V2_LINE_FLAG_BIAS_PULL_UP));
	for (unsigned i = 0; i < config->num_attrs; i++)
		if (config->attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES && config->attrs[i].mask >> index & 1)
			set_level(line, config->attrs[i].attr.values >> index & 1);
}

static int request_lines(struct gpio_v2_line_request *request)
{
	for (unsigned i = 0; i < request->num_lines; i++) {
		char name[32];
		unsigned line = request->offsets[i];
		if (line >= LINES)
			return EINVAL;
		snprintf(name, sizeof name, "busy-%u", line);
		if (holders[line] || exists(name))
			return EBUSY;
	}
	request->fd = open_line(request->offsets[0]);
	kinds[request->fd] = REQUEST;
	requests[request->fd] = *request;
	for (unsigned i = 0; i < request->num_lines; i++) {
		unsigned line = request->offsets[i];
		holders[line] = 1;
		snprintf(consumers[line], sizeof consumers[line], "%.31s", request->consumer);
		configure(line, request->config.flags, &request->config, i);
	}
	return 0;
}

static int set_values(const struct gpio_v2_line_request *request, const struct gpio_v2_line_values *values)
{
	for (unsigned i = 0; i < request->num_lines; i++)
		if (values->mask >> i & 1)
			set_level(request->offsets[i], values->bits >> i & 1);
	return 0;
}

static int get_values(const struct gpio_v2_line_request *request, struct gpio_v2_line_values *values)
{
	values->bits = 0;
	for (unsigned i = 0; i < request->num_lines; i++)
		values->bits |= (__u64)(levels()[request->offsets[i]] != 0) << i;
	return 0;
}

static int set_config(const struct gpio_v2_line_request *request, const struct gpio_v2_line_config *config)
{
	for (unsigned i = 0; i < request->num_lines; i++)
		configure(request->offsets[i], config->flags, config, i);
	return 0;
}

static int answer(int file, unsigned long what, void *argument)
{
	switch (what) {
	case GPIO_GET_CHIPINFO_IOCTL:
		return chip_info(argument);
	case GPIO_V2_GET_LINEINFO_IOCTL:
		return line_info(argument);
	case GPIO_V2_GET_LINE_IOCTL:
		return request_lines(argument);
	case GPIO_V2_LINE_SET_VALUES_IOCTL:
		return set_values(&requests[file], argument);
	case GPIO_V2_LINE_GET_VALUES_IOCTL:
		return get_values(&requests[file], argument);
	case GPIO_V2_LINE_SET_CONFIG_IOCTL:
		return set_config(&requests[file], argument);
	default:
		return ENOTTY;
	}
}

int ioctl(int file, unsigned long what, ...)
{
	va_list rest;
	va_start(rest, what);
	void *argument = va_arg(rest, void *);
	va_end(rest);
	if (file < 0 || file >= MOST_FILES || kinds[file] == NOT_OURS)
		return real_ioctl(file, what, argument);
	pthread_mutex_lock(&lock);
	int trouble = answer(file, what, argument);
	pthread_mutex_unlock(&lock);
	errno = trouble;
	return trouble ? -1 : 0;
}
