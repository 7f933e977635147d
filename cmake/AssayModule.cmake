# assay_module(NAME SOURCES ... HEADERS ... [DEPENDS module ...] [PRIVATE library ...] [PUBLIC library ...])
#
# A module is one folder, one namespace, one static library `assay_NAME`. DEPENDS names the modules whose headers it may include:
# tests/includes compares the real #include lines with these edges. Third-party libraries are PRIVATE: their headers stay out of ours.
# Every public header also compiles alone (target all_verify_interface_header_sets).

set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)

# A member that an initializer leaves out keeps its default, which is unset: that is meant, hence -Wno-missing-field-initializers.
add_library(assay_options INTERFACE)
target_compile_options(assay_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers -Wnull-dereference -Wimplicit-fallthrough -Werror=switch-enum -Werror=return-type -fno-strict-overflow -fstack-protector-strong
  -D_GLIBCXX_ASSERTIONS
  $<$<BOOL:${ASSAY_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wdangling -Wthread-safety>
  # g++ 12 reports null dereferences and overreads inside its own <expected> and <string> when optimising.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-null-dereference -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-restrict -Wno-maybe-uninitialized>)
target_compile_definitions(assay_options INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
if(ASSAY_SANITIZE)
  target_compile_options(assay_options INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  target_link_options(assay_options INTERFACE -fsanitize=${ASSAY_SANITIZE})
endif()
target_link_options(assay_options INTERFACE -Wl,-z,relro,-z,now)

set_property(GLOBAL PROPERTY assay_edges "")

function(assay_module name)
  cmake_parse_arguments(M "EXCEPTIONS" "BASE_DIR" "SOURCES;HEADERS;DEPENDS;PRIVATE;PUBLIC" ${ARGN})
  if(NOT M_BASE_DIR)
    set(M_BASE_DIR ${PROJECT_SOURCE_DIR}/daemon)
  endif()
  set(target assay_${name})
  if(M_SOURCES)
    add_library(${target} STATIC ${M_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE assay_options ${M_PRIVATE})
    if(NOT M_EXCEPTIONS)
      target_compile_options(${target} PRIVATE -fno-exceptions)
    endif()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_compile_features(${target} ${scope} cxx_std_23)
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${M_BASE_DIR} FILES ${M_HEADERS})
  list(TRANSFORM M_DEPENDS PREPEND assay_ OUTPUT_VARIABLE libraries)
  target_link_libraries(${target} ${scope} ${libraries} ${M_PUBLIC})
  string(JOIN " " edges ${M_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY assay_edges "${name}: ${edges}")
endfunction()

# Writes the declared edges, one "module: module ..." a line, for the test that compares them with the #include lines.
function(assay_finish_modules)
  get_property(edges GLOBAL PROPERTY assay_edges)
  string(JOIN "\n" text ${edges})
  file(WRITE ${PROJECT_BINARY_DIR}/module-edges.txt "${text}\n")
endfunction()
