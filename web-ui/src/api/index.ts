export { api, onSignedOut, read, signIn, signOut } from './client';
export { parse } from './parse';
export { asProblem, NETWORK, ProblemError, UNREADABLE, worthRetrying } from './problem';
