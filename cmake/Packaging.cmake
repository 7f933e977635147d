# Debian packages by CPack, one for each component of the installation: `cpack` in the build tree, or scripts/package. Their maintainer scripts and texts are in packaging/.
# Debian's folders need the prefix /usr, as the presets have it; with another one there is nothing to package.
if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  return()
endif()
include(GNUInstallDirs)

set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME assay)
set(CPACK_PACKAGE_VENDOR "assay")
set(CPACK_PACKAGE_VERSION ${ASSAY_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL assayd assay-fetch assayctl ${libassay} libassay-dev)
add_custom_target(assay_packaged DEPENDS assayd assay-fetch assayctl assay_client assay_shared assay_man)
if(TARGET assay-bench)
  list(APPEND CPACK_COMPONENTS_ALL assay-bench)
  add_dependencies(assay_packaged assay-bench assay-bench-echo)
endif()

set(CPACK_DEBIAN_PACKAGE_SOURCE assay)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "assay maintainers <maintainers@assay.example>")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)

# assay_package(NAME SUMMARY text DESCRIPTION line ... [SECTION name] [DEPENDS list] [RECOMMENDS list] [SCRIPTS file ...]): what its control file says; "." parts paragraphs.
# Libraries that programs link are found by dpkg-shlibdeps.
function(assay_package name)
  cmake_parse_arguments(P "" "SUMMARY;SECTION" "DESCRIPTION;DEPENDS;RECOMMENDS;SCRIPTS" ${ARGN})
  string(TOUPPER ${name} upper)
  list(JOIN P_DESCRIPTION "\n" description)
  list(JOIN P_DEPENDS ", " depends)
  list(JOIN P_RECOMMENDS ", " recommends)
  list(TRANSFORM P_SCRIPTS PREPEND ${packaging}/${name}/)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${P_SUMMARY}\n${description}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${depends}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${P_SCRIPTS}" PARENT_SCOPE)
  if(P_SECTION)
    set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${P_SECTION} PARENT_SCOPE)
  endif()
  if(recommends)
    set(CPACK_DEBIAN_${upper}_PACKAGE_RECOMMENDS "${recommends}" PARENT_SCOPE)
  endif()

  install(FILES ${packaging}/copyright ${PROJECT_BINARY_DIR}/packaging/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${name})
  if(EXISTS ${packaging}/${name}/lintian-overrides)
    install(FILES ${packaging}/${name}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME ${name} COMPONENT ${name})
  endif()
endfunction()

# The packaging is part of this tree, so there is no revision of Debian's (a native package). The version in the changelog is that of the packages; -n leaves the time out,
# so that equal trees make equal packages.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${packaging}/changelog.in)
configure_file(${packaging}/changelog.in ${PROJECT_BINARY_DIR}/packaging/changelog @ONLY)
execute_process(COMMAND gzip -9nkf ${PROJECT_BINARY_DIR}/packaging/changelog COMMAND_ERROR_IS_FATAL ANY)

# The users and /run/assay are made by systemd-sysusers and systemd-tmpfiles, which a host without systemd has as packages of their own.
assay_package(assayd
  SUMMARY "daemon that validates OAuth 2.0 JWT access tokens for a host"
  DESCRIPTION
    "assayd answers every service of a host whether an access token is good: it is"
    "accepted, refused (and why) or cannot be judged right now. Services ask over a"
    "Unix socket and need to know nothing of JOSE, key sets and their rotation."
    "."
    "It is started by systemd when the first service asks, opens no network socket,"
    "takes its keys from the configuration or from assay-fetch, and changes its"
    "configuration without refusing a request."
  DEPENDS "assayctl (= ${ASSAY_VERSION})" "systemd | systemd-standalone-sysusers" "systemd | systemd-standalone-tmpfiles"
  RECOMMENDS "assay-fetch (= ${ASSAY_VERSION})"
  SCRIPTS conffiles postinst prerm postrm)

assay_package(assay-fetch
  SUMMARY "fetches the keys of token issuers for assayd"
  DESCRIPTION
    "assay-fetch is the part of assay that faces the network: it fetches JWK Sets"
    "and the metadata of OAuth servers over HTTPS when assayd says so, and hands"
    "over what it got. It runs under a user of its own and can change nothing else"
    "of assayd."
    "."
    "It is not needed where all keys stand in the configuration."
  DEPENDS "assayd (= ${ASSAY_VERSION})" "ca-certificates"
  SCRIPTS postinst prerm postrm)

assay_package(assayctl
  SUMMARY "command line for assayd, which validates access tokens"
  DESCRIPTION
    "assayctl asks assayd about tokens, deploys configurations and takes them back,"
    "shows whether all is well, which keys are used and how their sources stand,"
    "and has keys fetched or replaced in an emergency.")

assay_package(${libassay}
  SECTION libs
  SUMMARY "client library of assayd, which validates access tokens"
  DESCRIPTION
    "libassay is how a service asks assayd about access tokens: blocking, with"
    "futures and callbacks, or from an event loop of the service's own."
    "."
    "This package has the shared library."
  SCRIPTS triggers)

assay_package(libassay-dev
  SECTION libdevel
  SUMMARY "client library of assayd, which validates access tokens (development files)"
  DESCRIPTION
    "libassay is how a service asks assayd about access tokens: blocking, with"
    "futures and callbacks, or from an event loop of the service's own."
    "."
    "This package has the headers for C and C++, the static library, files for"
    "CMake and pkg-config, and examples."
  DEPENDS "${libassay} (= ${ASSAY_VERSION})")

if(TARGET assay-bench)
  assay_package(assay-bench
    SUMMARY "puts load on assayd and measures how it answers"
    DESCRIPTION
      "assay-bench makes keys and tokens, starts an assayd of its own or asks the one"
      "of the host, and reports throughput and latency as text, JSON or a page with"
      "curves, checking every verdict."
    RECOMMENDS "assayd")
endif()

# Texts that stand beside the programs in Debian's place for them.
foreach(page CONFIGURATION OPERATING PROTOCOL SECURITY STATE)
  install(FILES ${PROJECT_SOURCE_DIR}/docs/${page}.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/assayd COMPONENT assayd)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/schema/config.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/assay COMPONENT assayd)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libassay-dev COMPONENT libassay-dev)

include(CPack)
