/** One report on its way. */
export interface Report {
  /** Absolute path of a regular file that no longer changes. */
  readonly path: string;
  /** `Build.xml` */
  readonly name: string;
  readonly site: string;
  /** What dashboards call the build. */
  readonly build: string;
  /** `20020131-1121-Nightly` */
  readonly stamp: string;
}

/** What came of one attempt to deliver a report. */
export type Sent =
  /** The other side has confirmed it. */
  | { readonly kind: 'delivered'; readonly buildId?: string; readonly warning?: string }
  /** Nothing that this report could help: another attempt may work, and the reports behind it would fare no better. */
  | {
      readonly kind: 'unavailable';
      readonly message: string;
      /** What the server has asked for. */
      readonly retryAfterMs?: number;
      /** No use in trying again in some seconds: a person has to mend it. */
      readonly lasting?: true;
    }
  /** The server has looked at this very report and does not want it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Told to stop. */
  | { readonly kind: 'aborted' };

/** Where reports go. */
export interface Destination {
  /** For messages. */
  readonly name: string;
  send(report: Report, signal: AbortSignal): Promise<Sent>;
  close(): Promise<void>;
}

/** The name that Dart and CTest give a report at its destination. */
export function remoteName({ site, build, stamp, name }: Report): string {
  return `${site}___${build}___${stamp}___XML___${name}`;
}
