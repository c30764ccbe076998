export type { ImageBuild, ImageEngine, ImageTarget } from '../image/build-arguments.ts';
export { imageBuildArguments, imageEngines } from '../image/build-arguments.ts';
export type { SourceState } from '../image/image-tag.ts';
export { checkImageTag, imageTag } from '../image/image-tag.ts';
export { administratorClients } from './clients.ts';
export type { EnvironmentDocument } from './environment-file.ts';
export { readEnvironmentFile, writeEnvironmentFile } from './environment-file.ts';
export type { EnvironmentOutputs } from './environment-outputs.ts';
export { environmentOutputs, requireAllGroups } from './environment-outputs.ts';
export type { Inventory, InventoryRequest } from './inventory.ts';
export { removeRemains, takeInventory } from './inventory.ts';
export type { NextStep } from './next-steps.ts';
export { nextSteps } from './next-steps.ts';
export type {
  AdministratorClients,
  BucketsApi,
  DefinitionsApi,
  RegistryApi,
  RegistryLogin,
  SecretStoreApi,
} from './ports.ts';
export type { PromotedDefinition, PromotionRequest } from './promote-image.ts';
export { promoteImage, revisionWithImage } from './promote-image.ts';
export { secretWithKeys } from './provider-key.ts';
export { isPushed } from './pushed-image.ts';
export { addUser, removeUser } from './users.ts';
