/*
 * What has to be known of the options of gcc, clang, gfortran and the linker to find the output of a command, by the tables that
 * native/compiler_options.c has, too.
 */
import {
  ASSEMBLY_ENDINGS,
  HASHED_WITH_NAME,
  HEADER_ENDINGS,
  LINKER_FILES,
  LINKER_PLUGIN,
  LINKER_PLUGIN_FILES,
  MEANINGFUL_ENDINGS,
  OPTIONS_WITH_ARGUMENT,
  RECORDING_OPTIONS,
  SOURCE_ENDINGS,
  UNPROCESSED_ENDINGS,
} from '../tables/compiler-options.js';
import { matches } from '../tables/pattern.js';

export const takesNext = (option: string): boolean => matches(option, OPTIONS_WITH_ARGUMENT);
export const isHashedWithName = (option: string): boolean => matches(option, HASHED_WITH_NAME);
export const isRecorded = (option: string): boolean => matches(option, RECORDING_OPTIONS);

export type InputKind = 'source' | 'header' | 'other';

/** What the driver takes an input for by its name. */
export function inputKind(path: string): InputKind {
  const ending = endingOf(path);
  if (matches(ending, HEADER_ENDINGS)) return 'header';
  return matches(ending, SOURCE_ENDINGS) ? 'source' : 'other';
}

/** Whether a preprocessor reads a source of this name, and whether it is for the assembler. */
export const isPreprocessed = (path: string): boolean => !matches(endingOf(path), UNPROCESSED_ENDINGS);
export const isAssembly = (path: string): boolean => matches(endingOf(path), ASSEMBLY_ENDINGS);

export const hasMeaningfulEnding = (path: string): boolean => matches(endingOf(path), MEANINGFUL_ENDINGS);

/**
 * Whether the linker, given this argument, writes the name of the output into another file: a map, a dependency file,
 * a program database, an import library, or files named after it.
 */
export function namesOutputElsewhere(argument: string): boolean {
  const name = argument.replace(/^--?/, '');
  if (name === argument) return false;
  return matches(name, LINKER_FILES) || (matches(name, LINKER_PLUGIN) && matches(name, LINKER_PLUGIN_FILES));
}

/** Everything after the last dot of the name, empty without one. */
export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}
