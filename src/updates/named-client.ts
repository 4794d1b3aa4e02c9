import { commandText } from './tool.js';
import type { Checkout, VersionControl } from './version-control.js';

/** A version control system whose program is not the one that the PATH finds by its usual name. */
export function withClient(system: VersionControl, client: string): VersionControl {
  const at = (checkout: Checkout): Checkout => ({ ...checkout, client });
  return {
    type: system.type,
    command: system.command.replace(new RegExp(`^"${system.type}"`), () => commandText([client])),
    currentRevision: (checkout) => system.currentRevision(at(checkout)),
    fetch: (checkout, asOf) => system.fetch(at(checkout), asOf),
    move: (checkout, fetched, begin) => system.move(at(checkout), fetched, begin),
    repair: (checkout, broken) => system.repair(at(checkout), broken),
    proveTree: (checkout, revision) => system.proveTree(at(checkout), revision),
    signOf: (checkout) => system.signOf(at(checkout)),
    changesBetween: (checkout, prior, revision) => system.changesBetween(at(checkout), prior, revision),
    localChanges: (checkout) => system.localChanges(at(checkout)),
    tidy: (checkout) => system.tidy(at(checkout)),
  };
}
