# The one place for warnings and hardening. gcc 12 and clang 14 both know the first list.
set(PALISADE_WARN -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wwrite-strings
    -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Walloca -Wnull-dereference
    -Wimplicit-fallthrough -Wswitch-enum -Wpointer-arith -Wdouble-promotion -Wframe-larger-than=16384)
set(PALISADE_WARN_GCC -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wformat-signedness -Wtrampolines
    -Wcast-align=strict -Wbidi-chars=any)
set(PALISADE_HARD -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fno-strict-overflow
    -fno-delete-null-pointer-checks -fvisibility=hidden)
set(PALISADE_HARD_GCC -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr)
set(PALISADE_HARD_LINK LINKER:-z,relro,-z,now,-z,noexecstack,-z,separate-code LINKER:--as-needed)
add_compile_definitions(_GNU_SOURCE) # Linux: openat, getrandom, Landlock
add_compile_options(${PALISADE_WARN} -Werror)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(${PALISADE_WARN_GCC})
endif()
if(PALISADE_SANITIZE)
  add_compile_options(-fsanitize=${PALISADE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1)
  add_link_options(-fsanitize=${PALISADE_SANITIZE})
else()
  add_compile_options(${PALISADE_HARD} -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -g)
  add_link_options(${PALISADE_HARD_LINK})
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(${PALISADE_HARD_GCC})
  endif()
endif()
# The loops that every byte of a model goes through are worth vectors.
set_source_files_properties(src/stats/lanes.c src/stats/delta.c src/stats/spectrum.c PROPERTIES COMPILE_OPTIONS "-O3;-fno-trapping-math;-ffp-contract=off")
