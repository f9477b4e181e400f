import { type RolloutSummary, rolloutTitle } from '../features/rollouts';
import type { IconName } from '../ui/icon';

const PAGES = [
  { to: '/', word: 'overview', icon: 'overview' },
  { to: '/devices', word: 'devices', icon: 'devices' },
  { to: '/rollouts', word: 'rollouts', icon: 'rollouts' },
] as const satisfies readonly { to: string; word: string; icon: IconName }[];

function has(text: string, query: string): boolean {
  return text.toLocaleLowerCase().includes(query.toLocaleLowerCase());
}

export function matchingPages(names: { overview: string; devices: string; rollouts: string }, query: string) {
  return PAGES.map((page) => ({ ...page, label: names[page.word] })).filter((page) => has(page.label, query));
}

/** Rollouts whose title or id holds every word of the query, newest first as the server gave them. */
export function matchingRollouts(rollouts: readonly RolloutSummary[], query: string, most: number) {
  const words = query.split(/\s+/).filter((word) => word !== '');
  return rollouts
    .map((rollout) => ({
      id: rollout.id,
      state: rollout.state,
      title: rolloutTitle(rollout),
      release: rollout.release,
    }))
    .filter(({ id, title, release }) =>
      words.every((word) => has(`${title} ${release.model} ${release.version} ${id}`, word)),
    )
    .slice(0, most);
}
