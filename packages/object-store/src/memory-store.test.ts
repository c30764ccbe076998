import { MemoryStore } from './memory-store.ts';
import { objectStoreContract } from './testing/contract.ts';

objectStoreContract('MemoryStore', async () => new MemoryStore());
