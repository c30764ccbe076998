import { expect, it } from 'vitest';
import { splitVcpus } from './vcpus.ts';

it.each([
  [256, { spot: 192, onDemand: 64 }],
  [17, { spot: 9, onDemand: 8 }],
])('shares %d vCPUs, a job of the default size on either side', (maxVcpus, shares) => {
  expect(splitVcpus(maxVcpus)).toEqual(shares);
});
