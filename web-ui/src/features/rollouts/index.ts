export { RolloutSummary, rolloutMark, rolloutTitle } from './model';
export { rolloutListQuery } from './queries';
export { RolloutCard } from './rollout-card';
