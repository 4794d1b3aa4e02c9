import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem, type, version } from 'node:os';

/** What CTest says about the machine in the head of every report but `Update.xml`, in its order. */
export type Machine = readonly (readonly [attribute: string, value: string])[];

/** This machine. What cannot be found out is empty, as in CTest's reports. */
export function thisMachine(): Machine {
  const processor = processorFacts();
  const [first] = cpus();
  const logical = cpus().length;
  const perPhysical = Number(processor('siblings')) / Number(processor('cpu cores'));
  const physical = Number.isFinite(perPhysical) && perPhysical > 0 ? Math.max(1, logical / perPhysical) : logical;
  const bits = /64|s390x/.test(arch());
  return [
    ['OSName', type()],
    ['Hostname', hostname()],
    ['OSRelease', release()],
    ['OSVersion', version()],
    ['OSPlatform', arch() === 'x64' ? 'x86_64' : arch() === 'arm64' ? 'aarch64' : arch()],
    ['Is64Bits', bits ? '1' : '0'],
    ['VendorString', processor('vendor_id')],
    ['VendorID', processor('model name')],
    ['FamilyID', processor('cpu family')],
    ['ModelID', processor('model')],
    ['ProcessorCacheSize', processor('cache size').replace(/ KB$/, '')],
    ['NumberOfLogicalCPU', String(logical)],
    ['NumberOfPhysicalCPU', String(Math.round(physical))],
    ['TotalVirtualMemory', '0'],
    ['TotalPhysicalMemory', String(Math.floor(totalmem() / 1024 / 1024))],
    ['LogicalProcessorsPerPhysical', String(Math.max(1, Math.round(logical / physical)))],
    ['ProcessorClockFrequency', String(first?.speed ?? 0)],
  ];
}

/** The facts of the first processor in /proc/cpuinfo. */
function processorFacts(): (name: string) => string {
  let text = '';
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    // Not Linux.
  }
  return (name) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
}
