import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from './event-log.js';
import type { RunPlan, Strike, Target } from './schedule.js';
import { type CampaignWorld, signal } from './world.js';

/** A run that goes on, and what the log has said of its processes. */
interface Victim {
  readonly plan: RunPlan;
  readonly pids: Map<Target, number>;
  commands: number;
  stages: number;
  struck: boolean;
}

/** Has the strikes of a schedule happen, each at its moment. */
export class Accidents {
  /** How many signals hit whom. */
  readonly counts = new Map<string, number>();
  readonly #world: CampaignWorld;
  readonly #victims = new Map<string, Victim>();
  readonly #note: (text: string) => void;

  constructor(world: CampaignWorld, note: (text: string) => void) {
    this.#world = world;
    this.#note = note;
  }

  /** From now on the strike of a run's plan may hit it. */
  expect(run: number, plan: RunPlan, child: ChildProcess): void {
    const pids = new Map<Target, number>(child.pid === undefined ? [] : [['run', child.pid]]);
    const victim: Victim = { plan, pids, commands: 0, stages: 0, struck: false };
    this.#victims.set(String(run), victim);
    this.#consider(victim, 'start', 1);
  }

  /** Another accident. */
  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** A line of the log may be the moment. */
  see({ word, values }: Event): void {
    const victim = this.#victims.get(values.get('run') ?? '');
    const pid = Number(values.get('pid'));
    if (victim === undefined || !Number.isSafeInteger(pid)) return;
    if (word === 'command') {
      victim.pids.set('command', pid);
      victim.commands += 1;
      this.#consider(victim, 'command', victim.commands);
    } else if (word === 'halted') {
      victim.pids.set('command', pid);
      this.#consider(victim, 'halt', Number(values.get('change')));
      writeFileSync(join(this.#world.root, `go.${pid}`), '');
    } else if (word === 'begin') {
      victim.pids.set('top', pid);
      victim.stages += 1;
      this.#consider(victim, 'stage', victim.stages);
    } else if (word === 'reads') {
      victim.pids.set('reader', pid);
      this.#consider(victim, 'reader', victim.stages);
    }
  }

  #consider(victim: Victim, on: Strike['on'], nth: number): void {
    const { strike } = victim.plan;
    if (strike === undefined || victim.struck || strike.on !== on || strike.nth !== nth) return;
    victim.struck = true;
    if (strike.afterMs === 0) this.#strike(victim, strike);
    else setTimeout(() => this.#strike(victim, strike), strike.afterMs);
  }

  #strike({ pids, plan }: Victim, strike: Strike): void {
    const hit = strike.targets.flatMap((target) => {
      const pid = pids.get(target === 'group' ? 'top' : target);
      if (pid === undefined || !this.#world.owns(pid)) return [];
      if (!signal(target === 'group' ? -pid : pid, strike.signal)) return [];
      return [{ target, pid: target === 'group' ? -pid : pid }];
    });
    if (hit.length === 0) return;
    const whom = hit.map(({ target, pid }) => `${target} ${pid}`).join(', ');
    this.#note(`${strike.signal} build=${plan.build} to ${whom} (${strike.on} ${strike.nth} + ${strike.afterMs} ms)`);
    const kind = `${strike.signal} ${strike.targets.join('+')} at ${strike.on}`;
    this.count(kind);
    if (strike.signal !== 'SIGSTOP') return;
    setTimeout(() => {
      for (const { pid } of hit) if (this.#world.owns(Math.abs(pid))) signal(pid, 'SIGCONT');
    }, strike.resumeMs);
  }
}
