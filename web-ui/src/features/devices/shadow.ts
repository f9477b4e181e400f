import { queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { api, read } from '../../api';

const Wanted = z.object({
  slot: z.string(),
  attemptId: z.string(),
  model: z.string(),
  version: z.string(),
  artifactSha256: z.string(),
  share: z.number(),
  maxInputs: z.optional(z.number()),
  maxSeconds: z.optional(z.number()),
  startedAt: z.string(),
  startedBy: z.string(),
});
export type WantedShadow = z.infer<typeof Wanted>;
const WantedShadows = z.object({ items: z.array(Wanted) });

const Agreement = z.object({
  measure: z.string(),
  compared: z.number(),
  agreed: z.number(),
  agreeAt: z.number(),
  mean: z.optional(z.number()),
  agreedShare: z.optional(z.number()),
});

const Comparison = z.object({
  slot: z.string(),
  attemptId: z.string(),
  activeSha256: z.string(),
  compared: z.number(),
  dropped: z.number(),
  warmUp: z.number(),
  notComparable: z.number(),
  failed: z.number(),
  latencyP50Millis: z.optional(z.number()),
  latencyP95Millis: z.optional(z.number()),
  lastAt: z.string(),
  agreements: z.array(Agreement),
});
export type Comparison = z.infer<typeof Comparison>;
const Comparisons = z.object({ items: z.array(Comparison) });

/** What is asked for and what came of it, in one answer: one without the other says little. */
export function shadowsQuery(id: string) {
  return queryOptions({
    queryKey: ['devices', 'shadows', id],
    queryFn: async ({ signal }) => {
      const [wanted, comparisons] = await Promise.all([
        read(WantedShadows, api.GET('/api/v1/devices/{id}/shadows', { params: { path: { id } }, signal })),
        read(
          Comparisons,
          api.GET('/api/v1/telemetry/shadows', { params: { query: { device: id } }, signal }),
        ),
      ]);
      return { wanted: wanted.items, comparisons: comparisons.items };
    },
  });
}

export async function stopShadow(id: string, slot: string): Promise<void> {
  await read(
    z.unknown(),
    api.DELETE('/api/v1/devices/{id}/slots/{slot}/shadow', { params: { path: { id, slot } } }),
  );
}

/** The newest comparison of this very shadow; the one with another active model before it is history. */
export function newestOf(comparisons: readonly Comparison[], shadow: WantedShadow): Comparison | undefined {
  return comparisons
    .filter((one) => one.slot === shadow.slot && one.attemptId === shadow.attemptId)
    .reduce<Comparison | undefined>(
      (newest, one) => (newest === undefined || one.lastAt > newest.lastAt ? one : newest),
      undefined,
    );
}
