import { z } from 'zod';

/**
 * The notice file, in the shape of the instance metadata's `spot/instance-action`:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 * `rebalance` stands for a rebalance recommendation, whose `time` is when it was given.
 */
export const noticeSchema = z.object({
  action: z.enum(['terminate', 'stop', 'hibernate', 'rebalance']),
  time: z.iso.datetime(),
});

export type Notice = z.output<typeof noticeSchema>;
