# Porthole. `make run` starts the first lesson, `make test` passes the tests; both install what they need.
# `make help` lists the rest; V=1 shows the compiler's command lines.
# Sources are found by wildcard: a new src/FOLDER/FILE.c needs no line here.

VERSION    := 0.1.0
CC         ?= cc
BUILD      ?= build
PROGRAM    ?= porthole
PREFIX     ?= /usr/local
JOBS       ?= $(shell nproc 2>/dev/null || echo 2)
PKGS       := ncursesw readline md4c libarchive libseccomp libcap mount vterm
TEST_PKGS  := cmocka
CFLAGS     ?= -O2 -g
WARN       := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
              -Wformat=2 -Wvla -Wundef -Wno-unused-parameter -Wno-missing-field-initializers
ifdef CI
WARN       += -Werror
endif
CPPFLAGS   += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DNCURSES_NOMACROS -DNCURSES_WIDECHAR=1 \
              -DPORTHOLE_VERSION='"$(VERSION)"' -Iinclude
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
ALL_CFLAGS  = -std=gnu11 $(WARN) -fno-common -fstack-protector-strong $(CFLAGS) $(PKG_CFLAGS)

SRCS       := $(wildcard src/*/*.c)
OBJS       := $(SRCS:src/%.c=$(BUILD)/%.o)
MAIN       := $(BUILD)/main.o
LIB        := $(BUILD)/libporthole.a
TESTS      := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
BENCHES    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench_*.c))
FUZZERS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz_*.c))
TEST_AUX   := $(patsubst tests/%.c,$(BUILD)/tests/%.o,\
              $(filter-out tests/test_%.c tests/bench_%.c tests/fuzz_%.c,$(wildcard tests/*.c)))
LESSONS    := $(wildcard lessons/*.md)
MANPAGES   := $(wildcard src/*.1 src/*.5)
Q          := $(if $(V),,@)
# A make of our own: what pkg-config says is read anew, after packages were installed.
SUBMAKE     = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

all:        ## build ./porthole (after asking whether all libraries are here)
	@$(MAKE) --no-print-directory -s check-deps WANT="$(PKGS)"
	@+$(SUBMAKE) $(PROGRAM)

$(PROGRAM): $(MAIN) $(LIB)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(MAIN) $(LIB) $(PKG_LIBS) -lutil

$(LIB): $(OBJS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(OBJS)

$(BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(TEST_AUX) $(LIB)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(TEST_AUX) $(LIB) $(PKG_LIBS) -lcmocka -lutil

tests: $(TESTS) $(PROGRAM)
benches: $(BENCHES) $(PROGRAM)
fuzzers: $(FUZZERS)

# ---- the two commands of the README ----

run:        ## install what is missing, build, start the course; ARGS="--plain 3" are porthole's
	@$(MAKE) --no-print-directory -s deps WANT="$(PKGS)"
	@+$(SUBMAKE) $(PROGRAM)
	@./porthole $(ARGS)

test:       ## install what is missing, build, pass all tests and all lessons on each stage that runs here
	@$(MAKE) --no-print-directory -s deps WANT="$(PKGS) $(TEST_PKGS)"
	@+$(SUBMAKE) tests
	@tests/run.sh $(BUILD) ./$(PROGRAM) $(ONLY)

# ---- for authors ----

debug:      ## build build-debug/porthole, for a debugger
	@+$(SUBMAKE) BUILD=build-debug PROGRAM=build-debug/porthole CFLAGS="-O0 -g3" build-debug/porthole

SANITIZE   := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
asan:       ## the same tests, built with AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory -s deps WANT="$(PKGS) $(TEST_PKGS)"
	@+$(SUBMAKE) BUILD=build-asan PROGRAM=build-asan/porthole CFLAGS="$(SANITIZE)" tests
	@SANITIZED=1 tests/run.sh build-asan ./build-asan/porthole $(ONLY)

# Those that fork no stage: under valgrind a process of its own namespaces would be valgrind's, too.
VALGRIND   := base text errnoname call_parse call_print call_table lesson_parse expect journal layout lint mountinfo prefs \
              progress task term
valgrind:   ## the parsers' tests under valgrind
	@+$(SUBMAKE) $(filter $(VALGRIND:%=$(BUILD)/tests/test_%),$(TESTS))
	@for t in $(filter $(VALGRIND:%=$(BUILD)/tests/test_%),$(TESTS)); do echo "$$t"; \
	    valgrind -q --child-silent-after-fork=yes --leak-check=full --error-exitcode=9 $$t || exit 1; done

# What cppcheck does not understand: steal_ptr(), recvmmsg() filling an array.
CPPCHECK_NOT := --suppress=missingIncludeSystem --suppress=internalAstError --suppress=uninitvar:src/proc/connector.c
lint:       ## layers, warnings of clang as errors, formatting, cppcheck, man pages, lessons; aarch64 where it can
	@echo layers; tests/layers.sh
	@+$(SUBMAKE) BUILD=build-clang PROGRAM=build-clang/porthole CC=clang CI=1 tests
	@echo clang-format; clang-format --dry-run -Werror $(SRCS) src/main.c $(wildcard include/*/*.h tests/*.[ch])
	@if command -v cppcheck >/dev/null; then echo cppcheck; cppcheck --quiet --error-exitcode=1 --inline-suppr \
	    --enable=warning,portability $(CPPCHECK_NOT) -j$(JOBS) -Iinclude -D_GNU_SOURCE src; fi
	@if command -v mandoc >/dev/null; then echo mandoc; mandoc -T lint -W warning $(MANPAGES); fi
	./build-clang/porthole lint $(LESSONS)
	@+if command -v $(AARCH64)gcc >/dev/null; then $(MAKE) --no-print-directory check-aarch64; fi

# What knows the machine, and needs no library of the other machine: only libseccomp's header, which is for all.
AARCH64    := aarch64-linux-gnu-
AARCH64_OBJS = $(patsubst src/%.c,build-aarch64/%.o,$(wildcard src/base/*.c src/call/*.c src/trace/*.c))
check-aarch64: ## compile the tracer and the table of calls for aarch64
	@echo aarch64; mkdir -p build-aarch64/include
	@cp $(shell pkg-config --variable=includedir libseccomp)/seccomp*.h build-aarch64/include
	@+$(SUBMAKE) BUILD=build-aarch64 CC=$(AARCH64)gcc PKG_CFLAGS=-Ibuild-aarch64/include CI=1 $(AARCH64_OBJS)

BENCH_ARGS ?=
bench:      ## measure: scan, follow, latency, start, reset, memory
	@$(MAKE) --no-print-directory -s deps WANT="$(PKGS) $(TEST_PKGS)"
	@+$(SUBMAKE) benches
	@for b in $(BENCHES); do PORTHOLE=./$(PROGRAM) $$b $(BENCH_ARGS) || exit 1; done

# clang's libFuzzer where there is one, else each fuzzer's own loop.
FUZZ_SECONDS ?= 20
FUZZ_RUNS    ?= 200000
fuzz:       ## throw random text at the parsers for FUZZ_SECONDS each
	@+if echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return 0; }' | \
	    clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null; then $(SUBMAKE) fuzz-clang; else $(SUBMAKE) fuzz-plain; fi

fuzz-clang:
	@+$(SUBMAKE) BUILD=build-fuzz CC=clang LDFLAGS="-fsanitize=fuzzer,address,undefined" \
	    CFLAGS="-O1 -g -DFUZZ -fsanitize=fuzzer-no-link,address,undefined" fuzzers
	@for f in $(FUZZERS:$(BUILD)/%=build-fuzz/%); do \
	    $$f -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=build-fuzz/ >$$f.log 2>&1 || \
	        { tail -n 60 $$f.log; exit 1; }; \
	    echo "$$f: $(FUZZ_SECONDS) s, `sed -n 's/^Done \([0-9]* runs\).*/\1/p' $$f.log`, nothing found"; done

fuzz-plain:
	@+$(SUBMAKE) BUILD=build-asan CFLAGS="$(SANITIZE)" fuzzers
	@for f in $(FUZZERS:$(BUILD)/%=build-asan/%); do FUZZ_RUNS=$(FUZZ_RUNS) $$f || exit 1; done

# ---- for packagers ----

BINDIR     := $(DESTDIR)$(PREFIX)/bin
SHAREDIR   := $(DESTDIR)$(PREFIX)/share
install: all ## to PREFIX (/usr/local): program, lessons, man pages, bash completion; honours DESTDIR
	install -d $(BINDIR) $(SHAREDIR)/porthole/lessons $(SHAREDIR)/man/man1 $(SHAREDIR)/man/man5 \
	    $(SHAREDIR)/bash-completion/completions
	install -m 755 $(PROGRAM) $(BINDIR)/porthole
	install -m 644 $(LESSONS) $(SHAREDIR)/porthole/lessons
	install -m 644 src/porthole.1 $(SHAREDIR)/man/man1
	install -m 644 src/porthole-lesson.5 $(SHAREDIR)/man/man5
	install -m 644 src/porthole.bash $(SHAREDIR)/bash-completion/completions/porthole

uninstall:  ## take away what install put there
	rm -f $(BINDIR)/porthole $(SHAREDIR)/man/man1/porthole.1 $(SHAREDIR)/man/man5/porthole-lesson.5 \
	    $(SHAREDIR)/bash-completion/completions/porthole
	rm -rf $(SHAREDIR)/porthole

# ---- packages ----

APT        := gcc libc6-dev make pkg-config libncurses-dev libreadline-dev libmd4c-dev libarchive-dev \
              libseccomp-dev libcap-dev libmount-dev libvterm-dev busybox-static procps
DNF        := gcc make pkgconf-pkg-config ncurses-devel readline-devel md4c-devel libarchive-devel libseccomp-devel \
              libcap-devel libmount-devel libvterm-devel busybox procps-ng
APK        := build-base linux-headers pkgconf ncurses-dev readline-dev md4c-dev libarchive-dev libseccomp-dev \
              libcap-dev util-linux-dev libvterm-dev busybox-static procps
PACMAN     := base-devel ncurses readline md4c libarchive libseccomp libcap util-linux-libs libvterm busybox procps-ng
APT_TEST   := libcmocka-dev
DNF_TEST   := libcmocka-devel
APK_TEST   := cmocka-dev
PACMAN_TEST := cmocka
# Programs that tests watch, and strace to compare with; of the same name everywhere. A test skips what is not here.
TOOLS      := strace bubblewrap runc crun

# Succeeds when a compiler, the C library, the libraries in WANT and a static busybox are here; else says what is not.
define CHECK_DEPS
missing=
echo '#include <stdio.h>' | $(CC) -E -o /dev/null -x c - 2>/dev/null || missing="$$missing a C compiler,"
command -v pkg-config >/dev/null || missing="$$missing pkg-config,"
for p in $(WANT); do pkg-config --exists $$p 2>/dev/null || missing="$$missing $$p,"; done
static=
for b in /bin/busybox /usr/bin/busybox /bin/busybox.static /sbin/busybox /usr/sbin/busybox $$(command -v busybox); do
  case $$(LC_ALL=C ldd $$b 2>&1) in *'not a dynamic'*|*statically*|*'Not a valid'*) static=yes;; esac
done
[ $$static ] || missing="$$missing a static busybox,"
command -v ps >/dev/null && command -v top >/dev/null || missing="$$missing ps and top,"
[ -z "$$missing" ] || { echo "missing:$${missing%,}"; exit 1; }
endef

define CHECK_TOOLS
case '$(WANT)' in *cmocka*) ;; *) exit 0;; esac
for t in $(TOOLS:bubblewrap=bwrap); do command -v $$t >/dev/null || { echo "missing: $$t, for some tests"; exit 1; }; done
endef

define INSTALL_DEPS
packages='$(APT)'
case '$(WANT)' in *cmocka*) packages="$$packages $(APT_TEST)";; esac
as_root=
[ $$(id -u) = 0 ] || as_root=sudo
if command -v apt-get >/dev/null && { [ -z "$$as_root" ] || command -v sudo >/dev/null; }; then
  echo "installing: $$packages"
  try() { $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$packages; }
  try >/dev/null 2>&1 || { $$as_root apt-get update -q && try; }
else
  echo 'Please install these packages as root, then call make again:'
  echo '  Debian, Ubuntu  apt install $(APT) $(APT_TEST) $(TOOLS)'
  echo '  Fedora          dnf install $(DNF) $(DNF_TEST) $(TOOLS)'
  echo '  Alpine          apk add $(APK) $(APK_TEST) $(TOOLS)'
  echo '  Arch            pacman -S $(PACMAN) $(PACMAN_TEST) $(TOOLS)'
  exit 1
fi
endef

define INSTALL_TOOLS
as_root=
[ $$(id -u) = 0 ] || as_root=sudo
if command -v apt-get >/dev/null && { [ -z "$$as_root" ] || command -v sudo >/dev/null; }; then
  for t in $(TOOLS); do
    echo "installing: $$t"
    $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$t >/dev/null 2>&1 ||
      echo "cannot install $$t: the tests that use it are skipped"
  done
fi
exit 0
endef
export CHECK_DEPS CHECK_TOOLS INSTALL_DEPS INSTALL_TOOLS

WANT ?= $(PKGS) $(TEST_PKGS)
check-deps:
	@sh -c "$$CHECK_DEPS" || { echo "\`make deps\` installs it (apt), or says how."; exit 1; }

deps:       ## install what is needed to build and test, when something is missing (apt; else says what)
	@sh -c "$$CHECK_DEPS" || { sh -c "$$INSTALL_DEPS" && sh -c "$$CHECK_DEPS"; }
	@sh -c "$$CHECK_TOOLS" || sh -c "$$INSTALL_TOOLS"

clean:      ## remove all that was built
	rm -rf build build-aarch64 build-asan build-clang build-debug build-fuzz $(BUILD) porthole

help:       ## this list
	@sed -n 's/^\([a-z0-9-]*\): *[a-z]* *## */  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: all tests benches fuzzers run test debug asan valgrind lint check-aarch64 bench fuzz fuzz-clang fuzz-plain install \
        uninstall check-deps deps clean help
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
