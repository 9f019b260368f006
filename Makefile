# Porthole. `make run` starts the first lesson, `make test` passes the tests; both install what they need.
# `make help` lists the rest. Sources are found by wildcard: a new src/FOLDER/FILE.c needs no line here.

VERSION   := 0.1.0
CC        ?= cc
BUILD     ?= build
PREFIX    ?= /usr/local
PKGS      := ncursesw readline md4c libarchive libseccomp libcap mount
CFLAGS    ?= -O2 -g
WARN      := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
             -Wformat=2 -Wvla -Wundef -Wno-unused-parameter
ifdef CI
WARN      += -Werror
endif
CPPFLAGS  += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DNCURSES_NOMACROS -DNCURSES_WIDECHAR=1 -DPORTHOLE_VERSION='"$(VERSION)"' -Iinclude
ALL_CFLAGS = -std=gnu11 $(WARN) -fno-common -fstack-protector-strong $(CFLAGS) $(PKG_CFLAGS)
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   = $(shell pkg-config --libs $(PKGS) 2>/dev/null)

SRCS      := $(wildcard src/*/*.c)
OBJS      := $(SRCS:src/%.c=$(BUILD)/%.o)
MAIN      := $(BUILD)/main.o
LIB       := $(BUILD)/libporthole.a
TESTS     := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
TEST_AUX  := $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(filter-out tests/test_%.c tests/bench%.c tests/fuzz_%.c,$(wildcard tests/*.c)))

all: porthole

porthole: $(MAIN) $(LIB)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(MAIN) $(LIB) $(PKG_LIBS) -lutil

$(LIB): $(OBJS)
	@rm -f $@
	$(AR) rcs $@ $(OBJS)

$(BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(TEST_AUX) $(LIB)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(TEST_AUX) $(LIB) $(PKG_LIBS) -lcmocka -lvterm -lutil

clean:
	rm -rf $(BUILD) porthole

.PHONY: all clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
