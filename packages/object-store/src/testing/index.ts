export { collect } from './collect.ts';
export type { Differences } from './contract/define-cases.ts';
export { objectStoreContract } from './contract.ts';
export type { Fault, FaultPlan, StoreCall, StoreMethod } from './fault-store.ts';
export { FaultStore, randomFaults } from './fault-store.ts';
export { seededRandom } from './seeded-random.ts';
