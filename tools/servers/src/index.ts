export { startInstanceMetadata, startMicroburst, startMinistack, startMoto } from './emulators.ts';
export { TestServerError } from './errors.ts';
export type {
  FaultProxy,
  ProxiedRequest,
  ProxyFault,
  ProxyPlan,
  S3Refusal,
} from './fault-proxy.ts';
export { startFaultProxy } from './fault-proxy.ts';
export { type GoProgram, goProgram, isBuilt, pythonProgram } from './places.ts';
export { type FileServer, startMinio, startVersitygw } from './s3-servers.ts';
export type { Server } from './server.ts';
