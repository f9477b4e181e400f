export { Loaded } from './loaded';
export { Page } from './page';
export { PathLink } from './path-link';
export { ProblemNotice } from './problem-notice';
export { Ago, Clock } from './time';
