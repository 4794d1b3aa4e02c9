# For dashboard scripts (ctest -S) that run as a stage of stagelock. In the script, before ctest_start():
#
#   if(DEFINED ENV{STAGELOCK_CTEST})
#     include("$ENV{STAGELOCK_CTEST}")
#   endif()
#
# The source has been updated then and must not be moved under other builds, the locks of the run are in its build directory, and
# Testing/TAG and Update.xml are there. So:
#
# - ctest_start() goes on with that TAG, under the model of the run. Where the script has a build directory of its own it starts there as
#   it always did, and takes a copy of Update.xml. The report gets the script's site, name and group, by which a dashboard knows
#   whose update it is;
# - ctest_update() leaves the source alone, and ctest_submit() submits what stagelock has recorded;
# - ctest_configure(), ctest_build() and ctest_test() that fail make the script fail in its end, so that the run fails and is mailed:
#   ctest -S exits with 0 after tests that failed;
# - ctest_empty_binary_directory() leaves Testing/ of the run, which has the locks and the journal of updates.
#
# Another source than that of the run is treated as without this file.

macro(ctest_start)
  stagelock_start_arguments(_stagelock_start ${ARGV})
  _ctest_start(${_stagelock_start})
  if(_stagelock_start_source)
    stagelock_take_report("${_stagelock_start_directory}" "${_stagelock_start_group}" "${CTEST_SITE}" "${CTEST_BUILD_NAME}")
  endif()
endmacro()

# The arguments of a ctest_start(), with the model of the run and APPEND where its build directory is meant; then (RESULT_directory) the
# build directory, (RESULT_group) the group, and (RESULT_source) whether the source is that of the run.
function(stagelock_start_arguments result)
  cmake_parse_arguments(arg "APPEND;QUIET" "TRACK;GROUP" "" ${ARGN})
  set(places ${arg_UNPARSED_ARGUMENTS})
  list(LENGTH places count)
  set(model $ENV{STAGELOCK_MODEL})
  if(count GREATER 0)
    list(GET places 0 model)
    list(REMOVE_AT places 0)
  endif()
  set(source "${CTEST_SOURCE_DIRECTORY}")
  set(directory "${CTEST_BINARY_DIRECTORY}")
  if(count GREATER 1)
    list(GET places 0 source)
  endif()
  if(count GREATER 2)
    list(GET places 1 directory)
  endif()
  stagelock_is_same(is_ours "${directory}" "$ENV{STAGELOCK_BUILD_DIR}")
  if(is_ours)
    set(model $ENV{STAGELOCK_MODEL})
  endif()
  set(group ${model})
  foreach(given "${arg_GROUP}" "${arg_TRACK}")
    if(given)
      set(group "${given}")
    endif()
  endforeach()
  set(words ${ARGN})
  if(is_ours)
    set(words ${model} ${places} APPEND)
    if(NOT group STREQUAL model)
      list(APPEND words TRACK "${group}") # GROUP is younger
    endif()
    if(arg_QUIET)
      list(APPEND words QUIET)
    endif()
  endif()
  stagelock_is_same(is_source "${source}" "$ENV{STAGELOCK_SOURCE}")
  set(${result} "${words}" PARENT_SCOPE)
  set(${result}_directory "${directory}" PARENT_SCOPE)
  set(${result}_group "${group}" PARENT_SCOPE)
  set(${result}_source ${is_source} PARENT_SCOPE)
endfunction()

# Writes the Update.xml of the run where ctest_submit() takes it, with the names by which the script submits its other reports.
function(stagelock_take_report directory group site build)
  set(report "$ENV{STAGELOCK_BUILD_DIR}/Testing/$ENV{STAGELOCK_TAG}/Update.xml")
  if(NOT EXISTS "${report}" OR NOT EXISTS "${directory}/Testing/TAG")
    return()
  endif()
  file(STRINGS "${directory}/Testing/TAG" tag LIMIT_COUNT 1)
  foreach(field build group)
    string(REGEX REPLACE "[\\:*?\"<>|\n\r\t]" "" ${field} "${${field}}") # as ctest
  endforeach()
  file(READ "${report}" text)
  stagelock_set_element(text Site "${site}")
  stagelock_set_element(text BuildName "${build}")
  stagelock_set_element(text BuildStamp "${tag}-${group}")
  file(WRITE "${directory}/Testing/${tag}/Update.xml" "${text}")
endfunction()

# Replaces what the first element of that name has in an XML text.
function(stagelock_set_element variable name value)
  string(REPLACE "&" "&amp;" value "${value}")
  string(REPLACE "<" "&lt;" value "${value}")
  string(REPLACE ">" "&gt;" value "${value}")
  set(text "${${variable}}")
  string(FIND "${text}" "<${name}>" start)
  string(FIND "${text}" "</${name}>" end)
  if(start GREATER -1 AND end GREATER start)
    string(SUBSTRING "${text}" 0 ${start} before)
    string(SUBSTRING "${text}" ${end} -1 after)
    set(${variable} "${before}<${name}>${value}${after}" PARENT_SCOPE)
  endif()
endfunction()

# RETURN_VALUE is the number of files that the updates of this run have changed, but at least 1: a run that has nothing to build starts
# no stage, and scripts take 0 for that.
macro(ctest_update)
  stagelock_update_arguments(_stagelock_update ${ARGV})
  if(_stagelock_update_ours)
    if(_stagelock_update_RETURN_VALUE)
      set(${_stagelock_update_RETURN_VALUE} ${_stagelock_update_count})
    endif()
    if(_stagelock_update_CAPTURE_CMAKE_ERROR)
      set(${_stagelock_update_CAPTURE_CMAKE_ERROR} 0)
    endif()
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

macro(ctest_configure)
  stagelock_ask_for(RETURN_VALUE ${ARGV})
  _ctest_configure(${_stagelock_words})
  stagelock_fail_unless_zero("${${_stagelock_variable}}" "ctest_configure: result")
endmacro()

macro(ctest_build)
  stagelock_ask_for(NUMBER_ERRORS ${ARGV})
  _ctest_build(${_stagelock_words})
  stagelock_fail_unless_zero("${${_stagelock_variable}}" "ctest_build: errors")
endmacro()

macro(ctest_test)
  stagelock_ask_for(RETURN_VALUE ${ARGV})
  _ctest_test(${_stagelock_words})
  stagelock_fail_unless_zero("${${_stagelock_variable}}" "ctest_test: result")
endmacro()

# The arguments of a command of ctest, with such a result asked for (_stagelock_words), and the variable that gets it (_stagelock_variable).
macro(stagelock_ask_for key)
  cmake_parse_arguments(_stagelock "" "${key}" "" ${ARGN})
  set(_stagelock_words ${ARGN})
  set(_stagelock_variable "${_stagelock_${key}}")
  if(NOT _stagelock_variable)
    set(_stagelock_variable _stagelock_result)
    list(APPEND _stagelock_words ${key} _stagelock_result)
  endif()
endmacro()

# The script goes on, and ctest exits with another code than 0 in the end.
function(stagelock_fail_unless_zero result what)
  if(NOT "${result}" STREQUAL "" AND NOT "${result}" STREQUAL "0")
    message(SEND_ERROR "${what} ${result}")
  endif()
endfunction()

function(ctest_empty_binary_directory directory)
  stagelock_is_same(is_ours "${directory}" "$ENV{STAGELOCK_BUILD_DIR}")
  if(NOT is_ours)
    _ctest_empty_binary_directory("${directory}")
    return()
  endif()
  # Not by file(GLOB), which takes brackets in the name of the directory for a pattern.
  execute_process(
    COMMAND find "${directory}/" -mindepth 1 -maxdepth 1 ! -name Testing -exec rm -rf "{}" "+"
    RESULT_VARIABLE result
  )
  if(result)
    message(SEND_ERROR "ctest_empty_binary_directory: find ended with ${result} in ${directory}")
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
