import { resolve } from 'node:path';
import { getuid } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';
import { isLoopback } from '../secrets/in-the-clear.js';
import { readSecretFile } from '../secrets/secret-file.js';
import { errorText } from '../text/error-text.js';
import { VERSION } from '../version.js';
import type { Access } from '../web/access.js';
import { appOf } from '../web/app.js';
import type { ObjectPlaces } from '../web/pages/objects.js';
import { ServedProjects } from '../web/served-projects.js';
import { type RunningServer, startServer } from '../web/server.js';
import { EXIT, Refusal } from './exit.js';
import { configFileOf, type GlobalOptions } from './project-of.js';
import { stopSignal } from './stop-signal.js';
import { loadTrusted } from './trusted-configuration.js';

export interface WebOptions {
  readonly listen: string;
  readonly port: string;
  readonly passwordFile?: string;
  readonly proxyUser?: string;
  readonly proxyAddress: string;
  readonly objdir?: readonly string[];
  readonly lockLog?: string;
}

/** `stagelock web [CONFIG...]` */
export async function webCommand(options: GlobalOptions, files: readonly string[], web: WebOptions): Promise<void> {
  useLittleMemory();
  const port = Number(web.port);
  if (!/^\d{1,5}$/.test(web.port) || port > 65_535) throw new Refusal(EXIT.usage, `--port ${web.port} is not a port`);
  const access = accessOf(web);
  const projects = projectsOf(files.length > 0 ? files : [configFileOf(options)]);
  const stop = stopSignal();
  const app = appOf({
    projects,
    host: thisHost(),
    access,
    objects: objectsOf(web),
    environment: process.env,
    version: VERSION,
  });
  const server = await listen(() => startServer(app, web.listen, port), web);
  process.stdout.write(`${server.url}\n`);
  await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  await server.close();
  process.exitCode = stop.exitCode();
}

/**
 * Pages are many short-lived strings, for which V8 would take 200 MB before it looks for what it can free. Both flags only say when it does;
 * set before there is anything to free, they count from its next decision on.
 */
function useLittleMemory(): void {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--max-semi-space-size=1');
}

function accessOf({ listen, passwordFile, proxyUser, proxyAddress }: WebOptions): Access {
  if (passwordFile !== undefined && proxyUser !== undefined) {
    throw new Refusal(EXIT.usage, 'give either --password-file or --proxy-user');
  }
  if (passwordFile !== undefined) return { kind: 'password', password: passwordIn(passwordFile) };
  if (proxyUser !== undefined) {
    if (!/^[A-Za-z0-9-]+$/.test(proxyUser))
      throw new Refusal(EXIT.usage, `--proxy-user ${proxyUser} is not the name of a header`);
    return { kind: 'proxy', address: proxyAddress, header: proxyUser };
  }
  if (isLoopback(listen)) return { kind: 'loopback' };
  throw new Refusal(
    EXIT.usage,
    `--listen ${listen} can be reached from other machines: give --password-file, or put a proxy in front and give --proxy-user`,
  );
}

function objectsOf({ objdir = [], lockLog }: WebOptions): ObjectPlaces | undefined {
  if (objdir.length === 0 && lockLog === undefined) return undefined;
  return {
    directories: objdir.map((directory) => resolve(directory)),
    lockLog: lockLog === undefined ? undefined : resolve(lockLog),
  };
}

function passwordIn(file: string): string {
  const secret = readSecretFile(file, getuid?.() ?? 0);
  switch (secret.kind) {
    case 'text': {
      const password = secret.text.replace(/\r?\n$/, '');
      if (password === '') throw new Refusal(EXIT.usage, `${file} is empty: write the password into it`);
      return password;
    }
    case 'missing':
      throw new Refusal(EXIT.usage, `there is no ${file}: write the password into it, with mode 600`);
    case 'forbidden':
      throw new Refusal(EXIT.usage, `the password cannot be read: ${secret.why}`);
    case 'refused':
      throw new Refusal(
        EXIT.usage,
        `the password is not used: ${secret.why}${secret.remedy === undefined ? '' : `; ${secret.remedy}`}`,
      );
  }
}

function projectsOf(files: readonly string[]): ServedProjects {
  try {
    return new ServedProjects(files, loadTrusted);
  } catch (error) {
    throw new Refusal(EXIT.usage, errorText(error));
  }
}

async function listen(
  start: () => Promise<RunningServer>,
  { listen: address, port }: WebOptions,
): Promise<RunningServer> {
  try {
    return await start();
  } catch (error) {
    const why =
      errorCode(error) === 'EADDRINUSE' ? 'another program listens there; choose another --port' : errorText(error);
    throw new Refusal(EXIT.failed, `cannot listen on port ${port} of ${address}: ${why}`);
  }
}
