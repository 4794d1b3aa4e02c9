import type { Mail } from '../config/project.js';
import { LIMITS, type Limits, type Transport } from './transport.js';

/** What the configuration says. What it needs is loaded only here: most runs have nothing to send. */
export async function transportOf(
  settings: Mail['transport'],
  environment: NodeJS.ProcessEnv,
  limits: Limits = LIMITS,
): Promise<Transport> {
  if (settings.type === 'smtp') {
    const { Smtp } = await import('./smtp.js');
    return new Smtp(settings, environment, limits);
  }
  const { Sendmail } = await import('./sendmail.js');
  return new Sendmail(settings, environment, limits);
}
