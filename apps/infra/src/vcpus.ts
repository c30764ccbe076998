import { DEFAULT_VCPUS } from '@openevolve-aws/job-spec';

/**
 * Shares a limit over both compute environments: a quarter for On-Demand machines, which only run
 * what Spot has no room for, but never less than one job of the default size.
 *
 * @param maxVcpus at least 16.
 * @example
 * splitVcpus(256); // { spot: 192, onDemand: 64 }
 */
export function splitVcpus(maxVcpus: number): { spot: number; onDemand: number } {
  const onDemand = Math.max(DEFAULT_VCPUS, Math.floor(maxVcpus / 4));
  return { spot: maxVcpus - onDemand, onDemand };
}
