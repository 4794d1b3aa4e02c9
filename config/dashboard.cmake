# For dashboard scripts (ctest -S) that run as a stage of stagelock. In the script, before ctest_start():
#
#   if(DEFINED ENV{STAGELOCK_CTEST})
#     include("$ENV{STAGELOCK_CTEST}")
#   endif()
#
# The source has been updated then and must not be moved under other builds, the locks of the run are in the build directory, and
# Testing/TAG and Update.xml are there. So:
#
# - ctest_start() goes on with that TAG, under the model of the run, and names the script's site, build and group in Update.xml, by
#   which a dashboard knows whose update it is;
# - ctest_update() leaves the source alone, and ctest_submit() submits what stagelock has recorded;
# - ctest_empty_binary_directory() leaves Testing/, which has the locks and the journal of updates.
#
# Another source or build directory than that of the run is treated as without this file.

macro(ctest_start)
  stagelock_start_arguments(_stagelock_start ${ARGV})
  _ctest_start(${_stagelock_start})
  stagelock_name_report("${CTEST_SITE}" "${CTEST_BUILD_NAME}" "${_stagelock_start_group}")
endmacro()

# The arguments of a ctest_start() with the model of the run, and APPEND; and its group.
function(stagelock_start_arguments result)
  cmake_parse_arguments(arg "APPEND;QUIET" "TRACK;GROUP" "" ${ARGN})
  list(LENGTH arg_UNPARSED_ARGUMENTS count)
  if(count GREATER 0)
    list(REMOVE_AT arg_UNPARSED_ARGUMENTS 0) # the model
  endif()
  set(words $ENV{STAGELOCK_MODEL} ${arg_UNPARSED_ARGUMENTS} APPEND)
  set(group $ENV{STAGELOCK_MODEL})
  foreach(given "${arg_GROUP}" "${arg_TRACK}")
    if(given)
      set(group "${given}")
    endif()
  endforeach()
  if(NOT group STREQUAL "$ENV{STAGELOCK_MODEL}")
    list(APPEND words TRACK "${group}") # GROUP is younger
  endif()
  if(arg_QUIET)
    list(APPEND words QUIET)
  endif()
  set(${result} "${words}" PARENT_SCOPE)
  set(${result}_group "${group}" PARENT_SCOPE)
endfunction()

# Gives the Update.xml of the run the names by which the script submits its other reports.
function(stagelock_name_report site build group)
  set(report "$ENV{STAGELOCK_BUILD_DIR}/Testing/$ENV{STAGELOCK_TAG}/Update.xml")
  if(NOT EXISTS "${report}")
    return()
  endif()
  file(READ "${report}" text)
  foreach(element "Site=${site}" "BuildName=${build}" "BuildStamp=$ENV{STAGELOCK_TAG}-${group}")
    string(REGEX MATCH "^[A-Za-z]+" name "${element}")
    string(REGEX REPLACE "^[A-Za-z]+=" "" value "${element}")
    if(NOT name STREQUAL "Site")
      string(REGEX REPLACE "[\\:*?\"<>|\n\r\t]" "" value "${value}") # as ctest
    endif()
    string(REPLACE "&" "&amp;" value "${value}")
    string(REPLACE "<" "&lt;" value "${value}")
    string(REPLACE ">" "&gt;" value "${value}")
    string(FIND "${text}" "<${name}>" start)
    string(FIND "${text}" "</${name}>" end)
    if(start GREATER -1 AND end GREATER start)
      string(SUBSTRING "${text}" 0 ${start} before)
      string(SUBSTRING "${text}" ${end} -1 after)
      set(text "${before}<${name}>${value}${after}")
    endif()
  endforeach()
  file(WRITE "${report}" "${text}")
endfunction()

# RETURN_VALUE is the number of files that the updates of this run have changed, but at least 1: a run that has nothing to build starts
# no stage, and scripts take 0 for that.
macro(ctest_update)
  stagelock_update_arguments(_stagelock_update ${ARGV})
  if(_stagelock_update_ours)
    foreach(_stagelock_name ${_stagelock_update_RETURN_VALUE})
      set(${_stagelock_name} ${_stagelock_update_count})
    endforeach()
    foreach(_stagelock_name ${_stagelock_update_CAPTURE_CMAKE_ERROR})
      set(${_stagelock_name} 0)
    endforeach()
  else()
    _ctest_update(${ARGV})
  endif()
endmacro()

# Whether a ctest_update() is about the source of the run (PREFIX_ours), its result (PREFIX_count), and where that goes.
function(stagelock_update_arguments prefix)
  cmake_parse_arguments(arg "QUIET" "SOURCE;RETURN_VALUE;CAPTURE_CMAKE_ERROR" "" ${ARGN})
  if(NOT arg_SOURCE)
    set(arg_SOURCE "${CTEST_SOURCE_DIRECTORY}")
  endif()
  stagelock_is_same(is_ours "${arg_SOURCE}" "$ENV{STAGELOCK_SOURCE}")
  set(report "$ENV{STAGELOCK_BUILD_DIR}/Testing/$ENV{STAGELOCK_TAG}/Update.xml")
  set(count 0)
  if(is_ours AND EXISTS "${report}")
    file(STRINGS "${report}" files REGEX "<FullName>")
    list(LENGTH files count)
    message("stagelock has updated the source; files: ${count}")
  endif()
  if(count EQUAL 0)
    set(count 1)
  endif()
  set(${prefix}_ours ${is_ours} PARENT_SCOPE)
  set(${prefix}_count ${count} PARENT_SCOPE)
  foreach(name RETURN_VALUE CAPTURE_CMAKE_ERROR)
    set(${prefix}_${name} "${arg_${name}}" PARENT_SCOPE)
  endforeach()
endfunction()

function(ctest_empty_binary_directory directory)
  stagelock_is_same(is_ours "${directory}" "$ENV{STAGELOCK_BUILD_DIR}")
  if(NOT is_ours)
    _ctest_empty_binary_directory("${directory}")
    return()
  endif()
  file(GLOB entries LIST_DIRECTORIES true "${directory}/*" "${directory}/.*")
  list(REMOVE_ITEM entries "${directory}/Testing" "${directory}/." "${directory}/..")
  if(entries)
    file(REMOVE_RECURSE ${entries})
  endif()
endfunction()

function(stagelock_is_same result one other)
  get_filename_component(one "${one}" REALPATH)
  get_filename_component(other "${other}" REALPATH)
  if(one STREQUAL other)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()
