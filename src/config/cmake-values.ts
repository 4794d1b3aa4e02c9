/** The entry of a `DartConfiguration.tcl`; empty when it has none. */
export type Entries = (key: string) => string;

/** Whether CMake calls a value true. */
export function isOn(value: string): boolean {
  return /^(on|true|yes|y|0*[1-9]\d*)$/i.test(value);
}

/** The items of a list of CMake's, without empty ones. */
export function itemsOf(list: string): string[] {
  return list.split(';').filter((item) => item !== '');
}
